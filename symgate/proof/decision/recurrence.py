"""A cell on forms: its names with their definitions, and the derivative of its step by the scalar rules.

    d(c f g) = c (df) g + c f (dg)      df(z) = f'(z) dz      d(F^e) = e F^{e-1} dF      dx_p/dx_q = delta_{pq}

A named intermediate stays an atom; its derivative is taken once and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr
from sympy.matrices.expressions import MatrixExpr

from symgate.errors import UnsupportedNodeError, unknown
from symgate.language.nodes import T
from symgate.proof.decision.axes import Index, axes, finest, keyed
from symgate.proof.decision.build import Builder
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import Atom, Form, Kind, Letter, Raw, Time, apart, at_time, later
from symgate.proof.decision.functions import NORM
from symgate.proof.decision.passes import Pass
from symgate.proof.decision.ranges import offsets_in
from symgate.proof.decision.stacks import parted, split_axis, stacks_of
from symgate.proof.decision.truth import StepPullback
from symgate.records import Cell


@dataclass(frozen=True)
class Name:
    """A name with a meaning: at letters ``letters`` and times ``times`` its entry is ``form``.

    Attributes:
        head: of its atoms.
        letters, times: the free letters of ``form`` that stand for those of an atom.
        form: the definition.
        heavy: whether a matrix product defines it.
        fixed: whether it is defined at its own times only, as the state after the step is: put in at every time it
            would never end.
        rank: names of rank 0 are put in first, those of rank 2 last.
    """

    head: Any
    letters: Index
    times: tuple[Time, ...]
    form: Form
    heavy: bool
    fixed: bool = False
    rank: int = 1

    def mapping(self, atom: Atom) -> dict[Letter, Any] | None:
        """Which letters and times of ``form`` stand for which of the atom; None where the shapes differ."""
        if atom.kind is Kind.ORDERED:
            if atom.times[0] != atom.times[1]:
                return None
            return self._mapping(atom.letters, atom.times[:1])
        return self._mapping(atom.letters, atom.times)

    def _mapping(self, letters: tuple[Letter, ...], times: tuple[Time, ...]) -> dict[Letter, Any] | None:
        if len(letters) != len(self.letters) or len(times) != len(self.times):
            return None
        if self.fixed and times != self.times:
            return None
        found: dict[Letter, Any] = dict(zip(self.letters, letters, strict=True))
        for own, other in zip(self.times, times, strict=True):
            offset, pairs = own
            if len(pairs) > 1:
                return None
            if not pairs:
                if own != other:
                    return None
                continue
            found[pairs[0][0]] = later(other, -offset)
        return found


class Recurrence:
    """The step of a cell in one algebra."""

    def __init__(self, cell: Cell, builder: Builder, known: Recurrence | None = None) -> None:
        """Build every definition of the cell; not where the builder goes on from that of a ``known`` recurrence."""
        self.cell, self.builder, self.known = cell, builder, known
        self.told: dict[Any, Any] = {}  # by what is known of the functions, which of the names are units
        self.algebra: Algebra = builder.algebra
        self.stacks = stacks_of(cell)
        self.names: dict[Any, Name] = {}
        self.updates: dict[Any, Name] = {}
        self._slopes: dict[Any, Form] = {}
        self._held: dict[str, str] = {}
        builder.extra[StepPullback] = self._pullback
        if known is not None:
            self.names, self.updates = dict(known.names), dict(known.updates)
            return
        for item in cell.assignments:
            name = self.named(item.symbol, item.expr)
            self.names[name.head] = name
            self._reach(name)
        for state in cell.states:
            name = replace(self.named(state.after, state.update), fixed=True)
            self.updates[name.head] = name

    def _reach(self, name: Name) -> None:
        """Say how much earlier than the name itself the earliest thing that it is made of stands."""
        if len(name.times) == 1 and len(name.times[0][1]) == 1:
            offset, ((letter, _),) = name.times[0]
            found = offsets_in(name.form, letter, self.algebra.reach)
            self.algebra.reach[name.head] = min([0, *(place - offset for place in found)])

    def named(self, symbol: Expr, expr: Expr) -> Name:
        """A name with its definition, built at letters and times of its own."""
        (name,) = self.every_named(symbol, expr)
        return name

    def every_named(self, symbol: Expr, expr: Expr) -> list[Name]:
        """The same for a definition in blocks: one name for each of them."""
        builder = self.builder
        rows, cols = axes(symbol) if isinstance(symbol, MatrixExpr) else ((), ())
        if isinstance(expr, MatrixExpr):
            own = axes(expr)
            rows, cols = parted([finest([rows, own[0]]), finest([cols, own[1]])], self.stacks)
        found = [self._named(symbol, expr, row, col) for row in builder.free(rows, 1) for col in builder.free(cols, 2)]
        split = split_axis(rows, self.stacks), split_axis(cols, self.stacks)
        if split != (rows, cols):
            found += [
                self._named(symbol, expr, row, col)
                for row in builder.free(split[0], 1)
                for col in builder.free(split[1], 2)
            ]
        return found

    def _named(self, symbol: Expr, expr: Expr, row: Index, col: Index) -> Name:
        builder = self.builder
        times = builder.times_of(symbol.index) if hasattr(symbol, "index") else ()
        if any(len(pairs) > 1 or any(factor != 1 for _, factor in pairs) for _, pairs in times):
            raise UnsupportedNodeError(f"a definition is at one time letter; found {symbol}")
        (term, _), *_ = builder.at(symbol, row, col).terms
        form = builder.at(expr, row, col)
        letters = keyed(row, col)[1]
        heavy = any(
            atom.kind is Kind.ENTRY and len(atom.letters) == 2 for term, _ in form.terms for atom, _ in term.factors
        )
        return Name(term.factors[0][0].head, letters, times, form, heavy)

    def named_body(self, head: Any, form: Form) -> Name:
        """The matrix that a product over time multiplies, as a name."""
        rows = self.builder.body_axes[head]
        return Name(head, rows, (at_time(self.builder.mark),), form, heavy=True)

    def derivative(self, of: Expr, wrt: Expr, row: Index, variable: tuple[Index, Index], col: Index = ()) -> Form:
        """The derivative of entry ``row`` of an expression by entry ``variable`` of a symbol of the cell.

        Of a matrix it is the entry in column ``col``.

        Raises:
            UnknownNameError: ``wrt`` is neither a symbol nor a name of the cell.
        """
        known = [*self.cell.symbols.values(), *(item.symbol for item in self.cell.assignments)]
        if wrt not in known:
            raise unknown(f"symbol of cell {self.cell.name!r}", wrt, map(str, known))
        (term, _), *_ = self.builder.at(wrt, *variable).terms
        slope = self.slope_of(self.builder.at(of, row, col), term.factors[0][0])
        return self._released.apply(slope) if self._held else slope

    def hold(self, copies: Mapping[Expr, Expr]) -> None:
        """Names that have the value of a symbol of the step and do not vary: once a derivative is taken they are it."""
        self._held = {str(copy.name): str(symbol.name) for copy, symbol in copies.items()}

    @property
    def _released(self) -> Pass:
        """Held copies replaced by what they are copies of."""
        algebra = self.algebra

        def exchange(atom: Atom) -> Form:
            kind, name, *rest = atom.head
            own = algebra.atom(atom.kind, (kind, self._held[name], *rest), atom.letters, atom.times)
            return algebra.of(own)

        def is_held(atom: Atom) -> bool:
            return atom.kind is Kind.ENTRY and str(atom.head[1]) in self._held

        return Pass(algebra, is_held, exchange)

    def _pullback(self, builder: Builder, node: Any, row: Index, col: Index) -> Form:
        """Entry (row, col) of (d x_k / d v)' lambda_k: the derivative of step t, moved to step k, along lambda_k.

        It is the sum over the entries of x_k, of a matrix over its rows and columns.
        """
        of, wrt, cotangent, index = node.args
        moment = {builder.clock(T): builder.time(index)}
        rows, cols = axes(of) if isinstance(of, MatrixExpr) else ((), ())

        def along(at: Index) -> Form:
            high, wide = at[: len(rows)], at[len(rows) :]
            slope = self.algebra.moved_form(self.derivative(of, wrt, high, (row, col), wide), moment)
            return self.algebra.times(slope, builder.at(cotangent, high, wide))

        return builder.summed(rows + cols, along)

    def slope_of(self, form: Form, target: Atom) -> Form:
        """The derivative of a form by an entry.

        Raises:
            UnsupportedNodeError: it may depend on the entry in a way that has no rule.
        """
        raws: list[Raw] = []
        for term, value in form.terms:
            factors, bound = self.algebra.opened(term)
            for q, (atom, power) in enumerate(factors):
                slope = self._slope(atom, target)
                if not slope.terms:
                    continue
                rest = [*factors[:q], *factors[q + 1 :]]
                if power != 1:
                    rest.append((atom, power - 1))
                raws += [(value * power * c, [*rest, *t.factors], bound + t.bound) for t, c in slope.terms]
                self.algebra.meter.expect(len(raws))
        return self.algebra.sum(raws)

    def _slope(self, atom: Atom, target: Atom) -> Form:
        algebra = self.algebra
        if atom.kind is Kind.ENTRY:
            if atom.head == target.head and atom.times == target.times:
                pairs = zip(atom.letters, target.letters, strict=True)
                return algebra.sum([(1, [(algebra.atom(Kind.DELTA, letters=pair), 1) for pair in pairs], ())])
            name = self._name(atom.head)
            if name is not None and atom.times == name.times:
                key = (name, target)
                if key not in self._slopes:
                    self._slopes[key] = self.slope_of(name.form, target)
                return algebra.moved_form(self._slopes[key], name.mapping(atom) or {})
            varies = self._varies(atom.head[1][1] if atom.head[0] == NORM else atom.head, atom.times, target)
        else:
            inner = self.slope_of(atom.args[0], target) if atom.args else algebra.zero
            if atom.kind is Kind.POWER or (atom.kind is Kind.FUN and not inner.terms):
                return inner
            if atom.kind is Kind.FUN and atom.head[0].origin != NORM:
                function, order = atom.head
                outer = algebra.of(algebra.atom(Kind.FUN, (function, order + 1), args=atom.args))
                return algebra.times(outer, inner)
            varies = bool(inner.terms) or atom.kind is Kind.ORDERED
        if varies:
            raise UnsupportedNodeError("the decision has no rule for the derivative of what is no function of one step")
        return algebra.zero

    def _name(self, head: Any) -> Name | None:
        return self.names.get(head) or self.updates.get(head)

    def _varies(self, head: Any, times: tuple[Time, ...], target: Atom) -> bool:
        """Whether entries at such times may depend on the target: those of it, or of a name, that are not earlier.

        A part of one of these, in blocks that no definition knows, always may.
        """
        name = self._name(head)
        if head != target.head and name is None:
            return any(head[:2] == other[:2] for other in (target.head, *self.names, *self.updates))
        own = target.times if name is None or head == target.head else name.times
        gaps = [apart(one, other) for one, other in zip(times, own, strict=True)]
        return not gaps or any(pairs or offset >= 0 for offset, pairs in gaps)
