"""The slips that people make in such formulas, as rewrites of one term: what the diagnosis looks for.

Most are those that the proof is tested with; more are added here that only a reader of papers meets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.claims.reading.build import hadamard, negated, times_scalar
from symgate.language import Map, ScalarMap, ScalarSignal, Signal
from symgate.proof.slips import SLIPS as PLANTED
from symgate.proof.slips import written
from symgate.records import Derivation

Rewrite = tuple[str, Expr]
Slips = Callable[[Expr, str, Derivation], Iterator[Rewrite]]

#: Each slip in words; {place} says where.
WORDS = {
    "gate_term_missing": "the gate term is missing",
    "term_missing": "the {place} term is missing",
    "state_after": "the state after the step stands where the one before belongs ({place})",
    "transposed_weight": "a weight is transposed ({place})",
    "swapped_factors": "factors are swapped ({place})",
    "value_for_slope": "a function stands where its derivative belongs ({place})",
    "slope_for_value": "a derivative stands where the function belongs ({place})",
    "wrong_sign": "the sign is wrong ({place})",
    "factor_missing": "a factor is missing ({place})",
    "complement": "a gate and one minus the gate are exchanged ({place})",
    "wrong_weight": "another weight stands there ({place})",
    "wrong_argument": "a function is taken at another argument ({place})",
    "wrong_number": "a number is wrong ({place})",
    "slope_without_square": "1 - f stands for 1 - f^2 ({place})",
    "layout": "the layout is the other one ({place})",
    "reversed_order": "the product runs in reversed order ({place})",
    "one_step_too_many": "a sum or product runs over one step too many ({place})",
    "one_step_too_few": "a sum or product runs over one step too few ({place})",
    "one_step_beyond": "a sum or product ends one step too late ({place})",
    "one_step_short": "a sum or product ends one step too early ({place})",
    "one_step_early": "a time is one step too early ({place})",
    "one_step_late": "a time is one step too late ({place})",
    "path_missing": "the path through {place} is left out",
    "gate_for_gate": "one gate stands in place of another ({place})",
    "exchanged": "{place} and 1 - {place} are exchanged throughout",
    "other_reset": "the reset gate is applied {place} the matrix, as in the other gated recurrent unit",
    "state_for_value": "a state stands for a value that it is made of ({place})",
    "off_by_one_step": "the stack is shifted by one step ({place})",
}
#: Under which names the slips of the proof appear here; people do not make one_percent.
_NAMES = {"dropped_gate": "gate_term_missing", "sigma_for_slope": "value_for_slope"}


def rewrites(term: Expr, name: str, truth: Derivation) -> Iterator[tuple[str, str, Expr]]:
    """Every slip in one term: (kind, place, the wrong term)."""
    for kind, find in SLIPS.items():
        for place, wrong in find(term, name, truth):
            yield kind.removesuffix("_once"), place, wrong


def term_missing(term: Expr, name: str, truth: Derivation) -> Iterator[Rewrite]:
    """A term left out."""
    if name != "gate" and len(truth.named_terms) > 1:
        yield name, ZeroMatrix(*term.shape) if isinstance(term, MatrixExpr) else sympy.S.Zero


def state_after_once(term: Expr, name: str, truth: Derivation) -> Iterator[Rewrite]:
    """x_t for x_{t-1} in the row that a product ends or begins with, or everywhere but there."""
    for state in truth.cell.states:
        row, other = Transpose(state.before), Transpose(state.after)
        if term.has(row):
            once = _swap(term, row, other)
            yield f"{state.after} for {state.before} in the row of {name}", once
            yield (
                f"{state.after} for {state.before} but in the row of {name}",
                _swap(_swap(term, state.before, state.after), other, row),
            )


def slope_for_value(term: Expr, name: str, _: Derivation) -> Iterator[Rewrite]:
    """f' for f."""
    for node in _inside(term, (Map, ScalarMap)):
        if node.order == 0:
            yield f"{written(node)} in {name}", _swap(term, node, node.func(node.function, 1, node.argument))


def factor_missing(term: Expr, name: str, _: Derivation) -> Iterator[Rewrite]:
    """One factor of a product left out."""
    for node in _inside(term, (HadamardProduct, MatMul, sympy.Mul)):
        for k, arg in enumerate(node.args):
            rest = [*node.args[:k], *node.args[k + 1 :]]
            if arg.is_Number or not rest:
                continue
            matrix = isinstance(node, MatMul) and isinstance(arg, MatrixExpr)
            if matrix and not (arg.shape[0] == arg.shape[1] and any(isinstance(item, MatrixExpr) for item in rest)):
                continue
            short = _joined(node, rest)
            if getattr(short, "shape", ()) == getattr(node, "shape", ()):
                yield f"{written(arg)} in {name}", _swap(term, node, short)


def complement(term: Expr, name: str, truth: Derivation) -> Iterator[Rewrite]:
    """g for 1 - g, and 1 - g for g."""
    gates = [symbol for symbol in truth.cell.definitions if term.has(symbol)]
    gates += [symbol for symbol in truth.cell.parameters if getattr(symbol, "shape", (0, 1))[-1] == 1]
    for gate in gates:
        if not term.has(gate):
            continue
        if isinstance(gate, MatrixExpr):
            other: Expr = MatAdd(OneMatrix(*gate.shape), negated(gate))
        elif isinstance(gate, (ScalarSignal, sympy.Symbol)):
            other = 1 - gate
        else:
            continue
        yield f"{written(gate)} in {name}", _swap(term, gate, other)


def wrong_weight(term: Expr, name: str, truth: Derivation) -> Iterator[Rewrite]:
    """Another parameter of the same shape."""
    weights = [symbol for symbol in truth.cell.parameters if isinstance(symbol, MatrixSymbol)]
    for weight in weights:
        for other in weights:
            if other != weight and term.has(weight) and other.shape == weight.shape:
                yield f"{written(other)} for {written(weight)} in {name}", _swap(term, weight, other)


def wrong_argument(term: Expr, name: str, truth: Derivation) -> Iterator[Rewrite]:
    """A function at another named intermediate."""
    for node in _inside(term, (Map, ScalarMap)):
        for other in truth.cell.definitions:
            same = getattr(other, "shape", ()) == getattr(node.argument, "shape", ())
            if same and other != node.argument:
                wrong = node.func(node.function, node.order, other)
                yield f"{written(other)} for {written(node.argument)} in {name}", _swap(term, node, wrong)


def slope_without_square(term: Expr, name: str, _: Derivation) -> Iterator[Rewrite]:
    """1 - f(a) for f'(a), where 1 - f(a)^2 is right for tanh."""
    for node in _inside(term, (Map, ScalarMap)):
        if node.order == 1:
            value = node.func(node.function, 0, node.argument)
            scalar = isinstance(node, ScalarMap)
            wrong = 1 - value if scalar else MatAdd(OneMatrix(*node.shape), negated(value))
            yield f"{written(node)} in {name}", _swap(term, node, wrong)


def wrong_number(term: Expr, name: str, _: Derivation) -> Iterator[Rewrite]:
    """The whole term doubled or halved."""
    for number, word in ((sympy.Integer(2), "doubled"), (sympy.Rational(1, 2), "halved")):
        yield f"{name} {word}", times_scalar(number, term)


SLIPS: dict[str, Slips] = {
    **{_NAMES.get(kind, kind): find for kind, find in PLANTED.items() if kind != "one_percent"},
    "state_after_once": state_after_once,
    "term_missing": term_missing,
    "factor_missing": factor_missing,
    "complement": complement,
    "slope_for_value": slope_for_value,
    "wrong_weight": wrong_weight,
    "wrong_argument": wrong_argument,
    "slope_without_square": slope_without_square,
    "wrong_number": wrong_number,
}


def _joined(node: Expr, rest: list[Expr]) -> Expr:
    if isinstance(node, HadamardProduct):
        return hadamard(*rest)
    if isinstance(node, MatMul):
        return rest[0] if len(rest) == 1 else MatMul(*rest)
    return sympy.Mul(*rest)


def _inside(expr: Any, kinds: tuple[type, ...]) -> list[Any]:
    """The nodes of some kinds, each once, in order of appearance."""
    found: dict[Any, None] = {}
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, kinds):
            found[node] = None
        if isinstance(node, sympy.Basic) and not isinstance(node, (Signal, ScalarSignal, MatrixSymbol)):
            stack.extend(reversed(node.args))
    return list(found)


def _swap(expr: Any, old: Any, new: Any) -> Any:
    """The expression with one node exchanged everywhere; built anew, nothing evaluated."""
    if expr == old:
        return new
    if not isinstance(expr, sympy.Basic) or isinstance(expr, (MatrixSymbol, ScalarSignal)) or not expr.has(old):
        return expr
    parts = [_swap(arg, old, new) for arg in expr.args]
    return expr.func(*parts) if not isinstance(expr, DiagMatrix) else DiagMatrix(parts[0])
