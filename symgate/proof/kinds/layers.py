"""Judges of results with named parts, as those of a stack have: D_x3_u3, J_x2_x1, lam_u3.

A part is a definition, and its key says what it is the derivative of, and by what.  That is judged: each part is the
derivative that its key names, by the rule

    where y reaches v through q alone,   dy/dv = (dy/dq) (dq/dv),

with dy/dq the part of that key.  Whether y reaches v otherwise is read off the recurrence; what is left is to compare
the part with the derivative of D q by v, D a symbol and q one layer.  So no comparison is larger than a layer, and what
is proved of all of them is proved of the result, by induction from the input upwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, MatrixExpr, MatrixSymbol, ZeroMatrix

from symgate.language import ScalarSignal
from symgate.proof.decision import Budget, Decision, Layout, decide, decide_step
from symgate.proof.kinds.goals import MAIN, Goal, Goals, Unjudged, fact
from symgate.records import Cell, Derivation, Equation, Kind, State


@lru_cache(maxsize=8192)
def symbols_of(expr: Expr) -> frozenset[Expr]:
    """The symbols in an expression, those of sizes that it holds included."""
    if isinstance(expr, (MatrixSymbol, ScalarSignal, sympy.Symbol)):
        return frozenset([expr])
    return frozenset(symbol for arg in expr.args if isinstance(arg, sympy.Basic) for symbol in symbols_of(arg))


@lru_cache(maxsize=4096)
def reached(cell: Cell, expr: Expr, cut: tuple[Expr, ...] = ()) -> frozenset[Expr]:
    """Every symbol that an expression depends on, directly or through definitions, those of the names ``cut`` not."""
    meaning, barred = _definitions(cell), frozenset(cut)
    found: set[Expr] = set()
    todo = [expr]
    while todo:
        new = symbols_of(todo.pop()) - found
        found |= new
        todo += [meaning[symbol] for symbol in new if symbol in meaning and symbol not in barred]
    return frozenset(found)


@lru_cache(maxsize=64)
def _definitions(cell: Cell) -> Mapping[Expr, Expr]:
    return cell.definitions


def needed(cell: Cell, exprs: Iterable[Expr], cut: tuple[Expr, ...] = (), more: tuple[Expr, ...] = ()) -> Cell:
    """The part of a recurrence that expressions depend on: what is cut is an input, ``more`` are parameters.

    The values and all derivatives of the expressions by what is left, the names cut included, are those in the whole
    recurrence with these names held as independent variables.
    """
    barred, used = frozenset(cut), frozenset[Expr]().union(*(reached(cell, expr, cut) for expr in exprs))
    kept = [state for state in cell.states if state.before in used or state.after in used]
    states = [s if s.after in used and s.after not in barred else replace(s, update=s.before) for s in kept]
    inputs = [symbol for symbol in cell.inputs if symbol in used]
    return replace(
        cell,
        states=tuple(states),
        inputs=tuple(dict.fromkeys([*inputs, *(symbol for symbol in cut if symbol in used)])),
        parameters=tuple(dict.fromkeys([*(p for p in cell.parameters if p in used), *more])),
        assignments=tuple(item for item in cell.assignments if item.symbol in used - barred),
    )


class Parts:
    """The parts that a derivation defines, by what they are the derivatives of."""

    def __init__(self, derivation: Derivation) -> None:
        self.derivation, self.cell = derivation, derivation.cell
        self.equations = {item.left: item for item in derivation.definitions}
        cell = self.cell
        self.defined = _definitions(cell)
        self.names: dict[str, Expr] = {str(item.symbol.name): item.symbol for item in cell.assignments}
        self.tops = self.names | {state.name: state.after for state in cell.states}
        self.bottoms = {**cell.symbols, **self.names}
        self.pairs = {left: self._pair(item) for left, item in self.equations.items()}

    def _pair(self, item: Equation) -> tuple[Expr, Expr] | None:
        """What a part is the derivative of, and by what."""
        of, slash, by = item.key.partition("/")
        known = slash and of in self.tops and by in self.bottoms
        return (self.tops[of], self.bottoms[by]) if known else None

    def of_pair(self, of: Expr, by: Expr) -> Expr | None:
        """The part that is the derivative of one name by another; None where there is none, or several."""
        found = [left for left, pair in self.pairs.items() if pair == (of, by)]
        return found[0] if len(found) == 1 else None

    def used(self, expr: Expr) -> list[Expr]:
        """The parts in an expression, in order of definition."""
        here = symbols_of(expr)
        return [left for left in self.equations if left in here]

    def meaning(self, symbol: Expr) -> Expr:
        """The definition of a name of the cell, or of a state after the step."""
        return self.defined.get(symbol, symbol)

    def cut(self, by: Expr) -> tuple[Expr, ...]:
        """A name that is differentiated by is an independent variable."""
        return (by,) if by in self.defined else ()

    def through(self, of: Expr, by: Expr, expr: Expr) -> tuple[Expr, Expr] | None:
        """The part d of/d q in an expression for d of/d by, and q, where ``of`` reaches ``by`` through q alone."""
        top = self.meaning(of)
        for left in self.used(expr):
            pair = self.pairs[left]
            if pair is None or pair[0] != of or pair[1] in {by, of} or pair[1] not in self.defined:
                continue
            if by not in reached(self.cell, top, (pair[1], by)):
                return left, pair[1]
        return None


def plain_symbol(left: Expr) -> Expr:
    """A symbol that stands for a part of that shape, whatever its value; no name of a cell is spelled like it."""
    return MatrixSymbol(f"<{left.name}>", *left.shape)


def written(parts: Parts, expr: Expr, kept: Iterable[Expr] = ()) -> Expr:
    """An expression with its parts written out, but for those kept."""
    for _ in range(len(parts.equations)):
        rule = {left: parts.equations[left].right for left in parts.used(expr) if left not in kept}
        if not rule:
            break
        expr = expr.xreplace(rule)
    return expr


def of_name(parts: Parts, key: str, of: Expr, by: Expr, expr: Expr, layout: Layout, lam: Expr | None = None) -> Goals:
    """An expression is the derivative of one name by another, or its product with a cotangent, in a layout.

    ``lam`` is the cotangent of ``of`` in a vector-Jacobian product.
    """
    if layout is Layout.VJP:
        yield from _of_cotangent(parts, key, of, by, expr, lam)
        return
    found = parts.through(of, by, expr)
    if found is None:
        claim, top = written(parts, expr), parts.meaning(of)
        cell = needed(parts.cell, [top, claim], parts.cut(by))
        yield _step(key, f"it is the derivative of {of} by {by}", cell, top, by, claim, layout)
        return
    left, through = found
    own = plain_symbol(left)
    claim = written(parts, expr, [left]).xreplace({left: own})
    product = MatMul(own, parts.meaning(through))
    cell = needed(parts.cell, [product, claim], parts.cut(by), (own,))
    yield fact(key, f"{of} reaches {by} through {through} alone", holds=True)
    words = f"it is {left} times the derivative of {through} by {by}"
    yield _step(key, words, cell, product, by, claim, layout)


def _of_cotangent(parts: Parts, key: str, of: Expr, by: Expr, expr: Expr, lam: Expr | None) -> Goals:
    """(d of/d by)' lam, in which the part of a name q is (d of/d q)' lam."""
    found, top, last = parts.through(of, by, expr), parts.meaning(of), lam
    if found is not None:
        last, through = found
        top = parts.meaning(through)
        yield fact(key, f"{of} reaches {by} through {through} alone", holds=True)
    own = plain_symbol(last) if found is not None else last
    claim = written(parts, expr, [last]).xreplace({last: own})
    cell = needed(parts.cell, [top, claim], parts.cut(by))
    words = f"it is the product with {last} of the derivative of {of if found is None else found[1]} by {by}"
    yield _step(key, words, cell, top, by, claim, Layout.VJP, own)


def _step(
    key: str, words: str, cell: Cell, of: Expr, by: Expr, claim: Expr, layout: Layout, lam: Expr | None = None
) -> Goal:
    known = {*cell.symbols.values(), *cell.definitions}
    if by not in known:  # nothing depends on it
        return Goal(key, words, partial(_is_zero, cell, claim))
    return Goal(key, words, partial(_decided, cell, of, by, claim, layout, lam))


def _decided(cell: Cell, of: Expr, by: Expr, claim: Expr, layout: Layout, lam: Expr | None, budget: Budget) -> Decision:
    return decide_step(cell, of, by, claim, layout, cotangent=lam, budget=budget)


def _is_zero(cell: Cell, claim: Expr, budget: Budget) -> Decision:
    zero = ZeroMatrix(*claim.shape) if isinstance(claim, MatrixExpr) else sympy.S.Zero
    return decide(cell, claim, zero, budget=budget)


def derivative(derivation: Derivation, layout: Layout) -> Goals:
    """A derivative by one symbol, and every part of it."""
    parts, lam = Parts(derivation), derivation.cotangent
    for left, item in parts.equations.items():
        pair = parts.pairs[left]
        yield fact(item.key, "its key says what it is the derivative of", pair is not None)
        if pair is None:
            return
        yield fact(item.key, "it has the shape of that derivative", left.shape == _shape(*pair, layout))
        if layout is Layout.VJP:
            yield fact(item.key, f"it is of {derivation.of}", pair[0] == derivation.of)
            yield from of_name(parts, item.key, *pair, item.right, layout, lam)
        else:
            yield from of_name(parts, item.key, *pair, item.right, Layout.JACOBIAN)
    yield from of_name(parts, MAIN, derivation.of, derivation.wrt, derivation.expr, layout, lam)


def _shape(of: Expr, by: Expr, layout: Layout) -> tuple[Expr, Expr]:
    return (by.shape[0], sympy.S.One) if layout is Layout.VJP else (of.shape[0], by.shape[0])


def state_jacobian(derivation: Derivation, blocks: Mapping[tuple[int, int], Expr]) -> Goals:
    """Every block of the Jacobian of all states, given its parts; ``blocks`` are those of the right side."""
    parts = Parts(derivation)
    cell = derivation.cell
    named = {
        (state.after, by.before): (i, j) for i, state in enumerate(cell.states) for j, by in enumerate(cell.states)
    }
    for left, item in parts.equations.items():
        pair = parts.pairs[left]
        yield fact(item.key, "its key says what it is the derivative of", pair is not None)
        if pair is None:
            return
        yield fact(item.key, "it has the shape of that derivative", left.shape == _shape(*pair, Layout.JACOBIAN))
        if pair in named:
            same = item.right == blocks[named[pair]]
            yield fact(item.key, f"it is the block of {pair[0]} by {pair[1]}", same, essential=True)
        else:
            yield from of_name(parts, item.key, *pair, item.right, Layout.JACOBIAN)
    for (of, by), (i, j) in named.items():
        yield from _block(parts, of, by, blocks[i, j])


def _block(parts: Parts, of: Expr, by: Expr, expr: Expr) -> Goals:
    """A block is the derivative of a state by one, or D J with D that of the state by q, and J that of q."""
    if isinstance(expr, ZeroMatrix) and by not in reached(parts.cell, parts.meaning(of)):
        yield fact(MAIN, f"{of} does not depend on {by}", holds=True, essential=True)
        return
    if not parts.used(expr):
        yield from of_name(parts, MAIN, of, by, expr, Layout.JACOBIAN)
        return
    found = parts.through(of, by, expr)
    if found is None:
        raise Unjudged(
            f"the block of {of} by {by} is made of parts, and {of} reaches {by} not through one of them alone"
        )
    left, through = found
    below = [parts.of_pair(state.after, by) for state in _handing(parts.cell, through)]
    whole = next((symbol for symbol in below if symbol is not None), None)
    words = f"{of} reaches {by} through {through} alone, whose derivative is {whole}"
    yield fact(MAIN, words, whole is not None and expr == MatMul(left, whole), essential=True)


def _handing(cell: Cell, name: Expr) -> list[State]:
    """The states whose update a name is."""
    return [state for state in cell.states if state.update == _definitions(cell).get(name)]


def has_parts(derivation: Derivation) -> bool:
    """Whether a result of one step is made of named parts."""
    return derivation.kind in _KINDS and bool(derivation.definitions)


_KINDS = frozenset({Kind.JACOBIAN, Kind.KRONECKER, Kind.VJP, Kind.STATE_JACOBIAN})
