"""What a derivation or a cell asks of any target: arguments, intermediates needed, results."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, OneMatrix, ZeroMatrix

from symgate.codegen.writer.rewrite import Rewriter, leaves
from symgate.codegen.writer.spelling import block
from symgate.errors import NameRefusedError, UnsupportedNodeError
from symgate.language import is_vector
from symgate.names import PATTERN, RESERVED
from symgate.records import Cell, Derivation, Kind, add_up

#: The meaning of an argument that is computed before: what a layer of a stack hands to the next.
HANDED = "handed on by the layer below"


@dataclass(frozen=True)
class Argument:
    """An argument of the generated function: its name, core shape (batch axes aside), meaning, and need."""

    name: str
    shape: tuple[Expr, ...]
    meaning: str
    required: bool


@dataclass(frozen=True)
class Result:
    """One array to compute: the sum of named terms, of a kind ("scalar", "vector", "matrix") and core shape.

    ``at`` is the first row and the first column where the array is a block of ``Program.whole``; ``named`` is the
    name of an intermediate that is the sum.
    """

    name: str
    terms: tuple[tuple[str, Expr], ...]
    kind: str
    shape: tuple[Expr, ...]
    at: tuple[Expr, Expr] | None = None
    named: Expr | None = None

    @property
    def summed(self) -> list[tuple[str, Expr]]:
        """The terms to add up; a sum that has a name is not computed again."""
        return list(self.terms) if self.named is None else [("", self.named)]


@dataclass(frozen=True)
class Program:
    """What is to be generated.

    Attributes:
        name: the name of the function.
        subject: the derivation or the cell.
        arguments: every symbol of the cell, and the cotangent; those not needed are optional.
        intermediates: the named intermediates needed, in declaration order: (symbol, definition, name in code).
        results: one array for a derivation, one for each outcome of a cell, one for each block of ``whole``.
        labels: nodes that stand for something with a name, such as sigma(-a_g) for one_minus_g.
        taken: the names in use in the generated functions.
        given, size, batch, dtype: local names for the checked arrays, the sizes, the batch axes and the dtype.
    """

    name: str
    subject: Derivation | Cell
    arguments: tuple[Argument, ...]
    intermediates: tuple[tuple[Expr, Expr, str], ...]
    results: tuple[Result, ...]
    labels: dict[Expr, str]
    taken: frozenset[str]
    given: str
    size: str
    batch: str
    dtype: str

    @property
    def cell(self) -> Cell:
        """The recurrence."""
        return _cell(self.subject)

    @property
    def whole(self) -> tuple[Expr, Expr] | None:
        """The shape of the matrix that the results are blocks of; None where they are none."""
        last = self.results[-1]
        return (last.at[0] + last.shape[0], last.at[1] + last.shape[1]) if last.at else None

    @property
    def term_names(self) -> tuple[str, ...]:
        """The names of the terms of a derivation, in order."""
        return tuple(self.subject.terms) if isinstance(self.subject, Derivation) else ()

    @property
    def expressions(self) -> list[Expr]:
        """Every expression that is written out, in order."""
        return [definition for _, definition, _ in self.intermediates] + _terms(self.results)


def analyse(subject: Derivation | Cell) -> Program:
    """What a derivation or a cell asks of any target.

    Raises:
        OpaqueFunctionError: a function of the cell is bound to none, so it has no values.
        NameRefusedError: a name that cannot stand in source code.
    """
    cell = _cell(subject)
    name = subject.name if isinstance(subject, Derivation) else f"{cell.name}_step"
    sizes = [str(size) for size in cell.dimensions]
    _check_names(name, *cell.symbols, *sizes, *(str(symbol.name) for symbol in cell.definitions))
    _check_names(*(function for function, _ in cell.functions))
    taken = {*cell.symbols, *sizes, name, *RESERVED}
    rewrite = Rewriter(cell)
    results = _results(subject, rewrite)
    intermediates = _needed(meanings(subject), results, rewrite, taken)
    arguments = _arguments(subject, [definition for _, definition, _ in intermediates] + _terms(results), results)
    given, size, batch, dtype = (fresh(word, taken) for word in ("given", "size", "batch", "dtype"))
    return Program(
        name,
        subject,
        arguments,
        intermediates,
        results,
        rewrite.labels,
        frozenset(taken),
        given=given,
        size=size,
        batch=batch,
        dtype=dtype,
    )


def meanings(subject: Derivation | Cell) -> dict[Expr, Expr]:
    """What the names in an object stand for: those of the cell, then its own named parts, in order of definition."""
    parts = subject.definitions if isinstance(subject, Derivation) else ()
    return _cell(subject).definitions | {item.left: item.right for item in parts}


def fresh(preferred: str, taken: set[str]) -> str:
    """A name not yet taken; symbols never end in an underscore, so adding one is always a way out."""
    while preferred in taken or keyword.iskeyword(preferred):
        preferred += "_"
    taken.add(preferred)
    return preferred


def _results(subject: Derivation | Cell, rewrite: Rewriter) -> tuple[Result, ...]:
    """The arrays to compute; a Jacobian is a matrix even where it has a single column."""
    if isinstance(subject, Cell):
        return tuple(
            Result(name, (("update", rewrite(state.update)),), _kind(core), core)
            for state in subject.outcomes
            for name in [f"{state.name}_next" if state in subject.states else str(state.after.name)]
            for core in [core_of(state.after)]
        )
    for name, _ in subject.named_terms:
        _check_names(name)
    if subject.in_blocks and subject.kind in {Kind.STATE_JACOBIAN, Kind.SPLIT}:
        return tuple(_blocks(subject, rewrite))
    terms = tuple((name, rewrite(expr)) for name, expr in subject.named_terms)
    shape = subject.shape
    if subject.kind is Kind.VJP:
        shape = shape[:1] if shape and shape[1] == 1 and is_vector(subject.wrt) else shape
    elif subject.kind in {Kind.JVP, Kind.DIAGONAL}:
        shape = shape[:1] if shape[1] == 1 else shape
    elif not subject.one_step:
        raise UnsupportedNodeError(
            f"There is code for derivatives of one step and for splits of a Jacobian; found {subject.kind.value!r}."
        )
    return (Result("result", terms, _kind(shape), shape),)


def _kind(core: tuple[Expr, ...]) -> str:
    """What an array of these axes is."""
    return ("scalar", "vector", "matrix")[len(core)]


def _blocks(subject: Derivation, rewrite: Rewriter) -> Iterator[Result]:
    """The blocks of a matrix over several states, row by row; a term that is zero in a block is left out there."""
    states = subject.cell.states
    sizes = [sympy.Mul(*state.after.shape) for state in states]
    known = {item.right: item.left for item in subject.definitions}
    for i, of in enumerate(states):
        for j, by in enumerate(states):
            parts = [(name, block(expr, i, j)) for name, expr in subject.named_terms]
            kept = [(name, part) for name, part in parts if not isinstance(part, ZeroMatrix)]
            own = known.get(add_up([part for _, part in kept])) if kept else None
            terms = tuple((name, rewrite(part)) for name, part in kept)
            if own is not None and len(terms) == 1:
                terms = ((terms[0][0], own),)
            at = (sympy.Add(*sizes[:i]), sympy.Add(*sizes[:j]))
            yield Result(f"{of.name}_by_{by.name}", terms, "matrix", (sizes[i], sizes[j]), at, own)


def _needed(
    meaning: dict[Expr, Expr], results: tuple[Result, ...], rewrite: Rewriter, taken: set[str]
) -> tuple[tuple[Expr, Expr, str], ...]:
    """The named intermediates that the results depend on, in declaration order."""
    used: dict[Expr, Expr] = {}
    stack = [leaf for expr in _terms(results) for leaf in leaves(expr)]
    while stack:
        leaf = stack.pop()
        if leaf in meaning and leaf not in used:
            used[leaf] = rewrite(meaning[leaf])
            stack.extend(leaves(used[leaf]))
    after = {state.after for state in rewrite.cell.states}
    ordered = [symbol for symbol in meaning if symbol in used]
    names = [fresh(f"{symbol.name}_next" if symbol in after else str(symbol.name), taken) for symbol in ordered]
    return tuple((symbol, used[symbol], name) for symbol, name in zip(ordered, names, strict=True))


def _arguments(
    subject: Derivation | Cell, expressions: list[Expr], results: tuple[Result, ...]
) -> tuple[Argument, ...]:
    """Every symbol of the cell, and the cotangent; required are those used, and one that tells each size needed."""
    cell = _cell(subject)
    meaning = {state.before: "state before the step" for state in cell.states}
    meaning |= dict.fromkeys(cell.inputs, "input") | dict.fromkeys(cell.parameters, "parameter")
    symbols = dict(cell.symbols)
    if isinstance(subject, Derivation) and subject.cotangent is not None:
        symbols[str(subject.cotangent.name)] = subject.cotangent
        after = any(subject.of == state.after for state in cell.states)
        what = f"cotangent of {f'the state {subject.of.name} after the step' if after else subject.of.name}"
        meaning[subject.cotangent] = f"tangent, along {subject.wrt.name}" if subject.kind is Kind.JVP else what
    used = {leaf for expr in expressions for leaf in leaves(expr)}
    sizes = [size for result in results for length in result.shape for size in _sizes(length)]
    for expr in expressions:
        ones = [node for node in sympy.preorder_traversal(expr) if isinstance(node, OneMatrix)]
        sizes += [size for node in ones for length in node.shape for size in _sizes(length)]
    for size in dict.fromkeys(sizes):
        tellers = [symbol for symbol in symbols.values() if size in core_of(symbol)]
        if tellers and not used.intersection(tellers):
            used.add(tellers[0])
    return tuple(Argument(name, core_of(symbol), meaning[symbol], symbol in used) for name, symbol in symbols.items())


def _cell(subject: Derivation | Cell) -> Cell:
    return subject if isinstance(subject, Cell) else subject.cell


def _terms(results: tuple[Result, ...]) -> list[Expr]:
    """The expressions of all terms."""
    return [expr for result in results for _, expr in (*result.terms, *result.summed)]


def _sizes(length: Expr) -> list[Expr]:
    """The symbols in a size, in a fixed order."""
    return sorted(length.free_symbols, key=str)


def core_of(symbol: Expr) -> tuple[Expr, ...]:
    """The axes of an argument, batch axes aside: () for a scalar, (n,) for a vector, (p, q) for a matrix."""
    if not isinstance(symbol, MatrixExpr):
        return ()
    return tuple(symbol.shape[:1]) if is_vector(symbol) else tuple(symbol.shape)


def _check_names(*names: str) -> None:
    """Refuse what cannot stand in source code; cells built by CellBuilder always pass."""
    for name in names:
        if not PATTERN.match(name) or keyword.iskeyword(name) or name in RESERVED:
            advice = "Use letters, digits and single underscores."
            raise NameRefusedError(f"{name!r} cannot stand in generated code. {advice}")
