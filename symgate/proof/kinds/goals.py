"""Goals: what is compared so that a statement is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, MatrixExpr

from symgate.errors import SymgateError
from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import Norm, moved, of_state, stacked_columns
from symgate.proof.decision import Budget, Decision, Outcome, decide
from symgate.proof.decision.outcome import Level
from symgate.proof.nodes import nodes
from symgate.records import Cell, Derivation, Equation, Kind, Relation, Standing

#: The key of the result itself.
MAIN = "main"


class Unjudged(SymgateError):  # noqa: N818  it is not a fault of the input
    """A statement is not of a form that its judge compares; the message says why."""


@dataclass(frozen=True)
class Goal:
    """One comparison.

    Attributes:
        key: of the statement that it serves.
        words: what is compared.
        decide: runs the comparison within a budget.
        essential: whether it compares what the statement says, and not only how it is written; a statement is proved
            only where it has such a goal.
    """

    key: str
    words: str
    decide: Callable[[Budget], Decision]
    essential: bool = True


Goals = Iterator[Goal]
Definitions = Mapping[Expr, Expr]


#: Names of what the results are about; a definition may not give them another meaning.
RESERVED = frozenset(
    {"M", "eta", "P", "kappa", "r", "leak", "g", "t", "k", "T", "epsilon", "G", "Gamma", "E", "e", "v"}
)
#: Names that a result may be about and define as well, by those of each state; that is judged.
OF_ALL_STATES = frozenset({"lam", "delta"})


def reserved(kind: Kind, name: str) -> bool:
    """Whether a name is what results are about, P_0, P_1, ... included; of the momentum v is the buffer."""
    stem, _, order = name.partition("_")
    own = name in RESERVED or (stem == "P" and order.isdigit())
    return own and not (kind is Kind.MOMENTUM and name == "v")


def well_formed(derivation: Derivation) -> Goals:
    """Every key and every name stands for one thing, and nothing changes what the recurrence means."""
    whole = _is_signal(derivation.of) or isinstance(derivation.of, (Norm, sympy.Symbol))
    yield fact(MAIN, "the left side is one name", whole, f"the left side is {derivation.of}")
    keys = [item.key for item in derivation.equations]
    for key in dict.fromkeys(keys):
        yield fact(key, "its key is its own", keys.count(key) == 1 and key not in {MAIN, "exact_from"})
    for item in derivation.equations:
        if item.standing is Standing.CLAIM:
            continue
        yield fact(item.key, "it is an equality", item.relation is Relation.EQUAL)
        yield fact(item.key, "it gives a name that is free a meaning", _names_something(derivation, item))
    yield from _ordered_definitions(derivation)


def _names_something(derivation: Derivation, item: Equation) -> bool:
    """Whether a definition or an example has a name of its own on the left, at bare times; examples are schedules.

    What a cell has at every step is told by its name alone: a name of another shape would be printed like it.
    """
    cell = derivation.cell
    owned = {str(item.name) for item in (*cell.symbols.values(), *cell.definitions) if item not in cell.parameters}
    left = item.left
    if not _is_signal(left) or str(left.name) in owned or reserved(derivation.kind, str(left.name)):
        return False
    if str(left.name) == str(getattr(derivation.of, "name", "")) and str(left.name) not in OF_ALL_STATES:
        return False  # what the result is about
    defined_names = [str(getattr(other.left, "name", "")) for other in derivation.definitions]
    if item.standing is Standing.EXAMPLE:
        fits = derivation.kind is Kind.SCHEDULE and item.key.startswith("schedule_")
        return fits and isinstance(left, ScalarSignal) and str(left.name) not in defined_names
    times = left.index.args if isinstance(left.index, sympy.Tuple) else (left.index,)
    plain = all(isinstance(time, sympy.Symbol) for time in times) and len(set(times)) == len(times)
    return plain and defined_names.count(str(left.name)) == 1


def _ordered_definitions(derivation: Derivation) -> Goals:
    """No definition holds its own name, nor that of one that holds it."""
    heads = {_head(item.left): item for item in derivation.definitions}
    uses = {
        head: {_head(node) for node in nodes(item.right) if _is_signal(node)} & set(heads)
        for head, item in heads.items()
    }
    for head, item in heads.items():
        reached, todo = set[tuple[Any, ...]](), list(uses[head])
        while todo:
            other = todo.pop()
            if other not in reached:
                reached.add(other)
                todo += uses[other]
        yield fact(item.key, "its definition does not hold the name itself", head not in reached)


@lru_cache(maxsize=16384)
def _head(symbol: Any) -> tuple[Any, ...]:
    """A symbol without its time."""
    return (type(symbol).__name__, str(getattr(symbol, "name", symbol)), *map(str, getattr(symbol, "shape", ())))


def same(
    derivation: Derivation,
    key: str,
    words: str,
    sides: tuple[Expr, Expr],
    definitions: Definitions | None = None,
    given: tuple[tuple[Expr, Expr], ...] = (),
) -> Goal:
    """Both sides are equal, for all sizes and at all times of the domain ``given``, pairs (a, b) with a <= b."""
    left, right = sides

    def run(budget: Budget) -> Decision:
        return decide(derivation.cell, left, right, definitions=definitions, given=given, budget=budget)

    return Goal(key, words, run)


def fact(key: str, words: str, holds: bool, why: str = "", *, essential: bool = False) -> Goal:  # noqa: FBT001
    """A comparison of how something is written, which no canonical form is needed for."""
    outcome = Outcome.EQUAL if holds else Outcome.DIFFERENT
    decision = Decision(outcome, Level.OPAQUE, 1, "" if holds else why or f"not so: {words}")
    return Goal(key, words, lambda _: decision, essential)


def left_is(derivation: Derivation, expected: Expr, key: str = MAIN) -> Goal:
    """The left side is what the kind is about."""
    left = derivation.of if key == MAIN else derivation.equation(key).left
    return fact(key, f"the left side is {expected}", left == expected, f"the left side is {left}, not {expected}")


def relation_is(derivation: Derivation, *allowed: Any, key: str = MAIN) -> Goal:
    """The relation is one that the goals of the statement establish."""
    relation = derivation.relation if key == MAIN else derivation.equation(key).relation
    shown = " or ".join(item.value for item in allowed)
    return fact(key, f"the relation is {shown}", relation in allowed, f"the relation {relation.value} is not {shown}")


def defined(derivation: Derivation) -> dict[Expr, Expr]:
    """What the names that a derivation introduces stand for."""
    return {item.left: item.right for item in derivation.definitions}


def written(derivation: Derivation, expr: Expr) -> Expr:
    """An expression with other names than A, B, J and S that the derivation defines written out, such as d_j."""
    meant = {_head(item.left): item for item in derivation.definitions if _is_signal(item.left)}
    meant = {head: item for head, item in meant.items() if head[1] not in {"A", "B", "J", "S"}}
    found = {}
    for node in nodes(expr):
        item = meant.get(_head(node)) if _is_signal(node) else None
        if item is not None and isinstance(item.left.index, sympy.Symbol):
            found[node] = moved(item.right, {item.left.index: node.index})
    return expr.xreplace(found)


def claim(derivation: Derivation, key: str) -> Equation | None:
    """The claim of that key, if the derivation makes it."""
    return next((item for item in derivation.claims if item.key == key), None)


def introduced(derivation: Derivation, name: str) -> Equation | None:
    """The definition of the name A, B, J, lam or delta."""
    found = [item for item in derivation.definitions if _is_signal(item.left) and str(item.left.name) == name]
    return found[0] if len(found) == 1 else None


def _is_signal(symbol: Any) -> bool:
    return isinstance(symbol, (Signal, ScalarSignal))


def total_size(cell: Cell) -> Expr:
    """N, the number of entries of all states."""
    return sympy.Add(*(sympy.Mul(*state.after.shape) for state in cell.states))


def matrix(derivation: Derivation, name: str, index: Any) -> Signal:
    """A square matrix over all states at a time, such as A_t or M_{t,k}."""
    size = total_size(derivation.cell)
    return Signal(name, size, size, index)


def parts(cell: Cell, name: str, index: Expr) -> list[Signal]:
    """delta or lambda of every state, each of the shape of the state, in order of declaration."""
    several = len(cell.states) > 1
    shapes = [(state.name, *state.after.shape) for state in cell.states]
    return [of_state(name, own, rows, index, several=several, cols=cols) for own, rows, cols in shapes]


def stacked(parts: Sequence[MatrixExpr]) -> MatrixExpr:
    """Vectors one below the other, of a matrix its columns; a single part as it is."""
    return parts[0] if len(parts) == 1 else BlockMatrix([[stacked_columns(part)] for part in parts])


def standing(equation: Equation) -> bool:
    """Whether an equation has to be proved."""
    return equation.standing is Standing.CLAIM
