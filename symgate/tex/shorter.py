r"""Results in fewer signs: sums with a Kronecker delta carried out, sums that are zero dropped, partial products named.

    sum_{i=k+1}^{t} delta_{t,i} v_i  =  (1 - delta_{t,k}) v_t                    for t >= k
    sum_{i=k+1}^{t} delta_{i-1,k} delta_{t,i} v_i  =  delta_{t,k+1} v_t
    1'(v - (1'v) / (1'1) 1)  =  0                                                layer normalisation
    pi_{t,i} = (1 - g_{i+1}) (.) ... (.) (1 - g_t)

What comes in is a derivation, what goes out is one with the same meaning.  Zero sums are dropped wherever a result is
printed; the other two belong to displays, which define what they name (``spelled_out`` undoes the naming).
Law: ``tests/tex/test_shorter.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, KroneckerDelta
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal, T, Vec
from symgate.language.sequences import HadamardRun, K, MatrixSum, OrderedProduct
from symgate.records import Cell, Derivation, Equation, definition

#: Letters for partial products, the first that the cell does not use.
_LETTERS = ("pi", "rho", "varpi", "chi")


@lru_cache(maxsize=512)
def shorter(derivation: Derivation) -> Derivation:
    """The derivation with the sums dropped that are zero."""
    zero = centred(derivation.cell)
    return _rewritten(derivation, lambda expr: _without_zero(expr, zero)) if zero else derivation


@lru_cache(maxsize=512)
def carried_out(derivation: Derivation) -> Derivation:
    """The derivation with the sums over i = k+1, ..., t carried out in which a delta fixes i.

    A term whose factor is 0 is 0, whatever stands beside it: at t = k there is no step t between the two.
    """
    return _rewritten(derivation, _carried_out)


def _rewritten(derivation: Derivation, rule: Callable[[Any], Any]) -> Derivation:
    rewrite = _Rewriting(rule).walk
    terms = tuple((name, rewrite(expr)) for name, expr in derivation.named_terms)
    same = all(new == old for (_, new), (_, old) in zip(terms, derivation.named_terms, strict=True))
    return derivation if same else replace(derivation, named_terms=terms)


def centred(cell: Cell) -> frozenset[str]:
    """The named vectors whose entries add up to zero, because they are v - (1'v)/(1'1) 1."""
    return frozenset(str(item.symbol.name) for item in cell.assignments if _is_centred(item.expr))


def _is_centred(expr: Expr) -> bool:
    if not isinstance(expr, MatAdd) or len(expr.args) != 2:
        return False
    for whole, mean in (expr.args, expr.args[::-1]):
        if isinstance(mean, MatMul) and isinstance(mean.args[-1], OneMatrix) and mean.shape[1] == 1:
            *scalars, ones = mean.args
            if any(isinstance(part, MatrixExpr) for part in scalars):
                continue
            factor = sympy.Mul(*scalars)
            size = ones.shape[0]
            sums = {Dot(ones, whole), Dot(whole, ones)}
            counts = {size, Dot(ones, ones)}
            if any(factor == -total / count for total in sums for count in counts):
                return True
    return False


def _without_zero(expr: Any, zero: frozenset[str]) -> Any:
    """1'v = 0 for a centred vector v, at any time."""
    if isinstance(expr, Dot):
        left, right = expr.args
        for one, other in ((left, right), (right, left)):
            if isinstance(one, OneMatrix) and isinstance(other, Signal) and str(other.name) in zero:
                return sympy.S.Zero
    return expr


def _carried_out(expr: Any) -> Any:
    """A sum over i = k+1, ..., t in which a delta fixes i."""
    if not isinstance(expr, MatrixSum) or (expr.lower, expr.upper) != (K + 1, T):
        return expr
    scalar, body = _scalar_of(expr.body)
    for delta in sympy.Mul.make_args(scalar):
        if not isinstance(delta, KroneckerDelta) or expr.index not in delta.free_symbols:
            continue
        value = _solved(delta, expr.index)
        if value is None:
            continue
        rest = sympy.Mul(*[part for part in sympy.Mul.make_args(scalar) if part != delta])
        rest, body = rest.xreplace({expr.index: value}), _moved(body, expr.index, value)
        if value not in (K + 1, T):
            return expr
        adjacent = any(
            isinstance(part, KroneckerDelta) and sympy.expand(part.args[0] - part.args[1]) in (T - K - 1, K + 1 - T)
            for part in sympy.Mul.make_args(rest)
        )
        return _times(rest if adjacent else rest * (1 - KroneckerDelta(T, K)), body)
    return expr


def _solved(delta: KroneckerDelta, index: sympy.Symbol) -> Expr | None:
    """The value of the index at which a delta is 1."""
    difference = sympy.expand(delta.args[0] - delta.args[1])
    slope = difference.coeff(index, 1)
    rest = difference - slope * index
    return sympy.expand(-rest / slope) if slope in (1, -1) and index not in rest.free_symbols else None


def _moved(expr: Any, index: Expr, value: Expr) -> Any:
    """The expression with one time in the place of another; empty products become 1."""
    return _Rewriting(_without_empty).walk(expr.xreplace({index: value}))


def _without_empty(expr: Any) -> Any:
    if isinstance(expr, HadamardRun) and expr.lower - expr.upper == 1:
        return OneMatrix(*expr.shape)
    return expr


def _scalar_of(expr: Any) -> tuple[Expr, Any]:
    """A matrix as a scalar times a matrix."""
    if not isinstance(expr, MatMul):
        return sympy.S.One, expr
    scalars = [part for part in expr.args if not isinstance(part, MatrixExpr)]
    matrices = [part for part in expr.args if isinstance(part, MatrixExpr)]
    return sympy.Mul(*scalars), matrices[0] if len(matrices) == 1 else MatMul(*matrices)


def _times(scalar: Expr, matrix: Any) -> Any:
    own, rest = _scalar_of(matrix)
    scalar = scalar * own
    if scalar == 0:
        return ZeroMatrix(*matrix.shape)
    return rest if scalar == 1 else MatMul(scalar, *(rest.args if isinstance(rest, MatMul) else (rest,)))


class _Rewriting:
    """Rebuilds an expression from its leaves, with one rule at each node; zeros vanish and scalars come out."""

    def __init__(self, rule: Callable[[Any], Any]) -> None:
        self.rule = rule
        self.known: dict[Any, Any] = {}

    def walk(self, expr: Any) -> Any:
        """The expression, rewritten."""
        if expr not in self.known:
            self.known[expr] = self.rule(self._rebuilt(expr))
        return self.known[expr]

    def _rebuilt(self, expr: Any) -> Any:
        if (
            isinstance(expr, (Signal, ScalarSignal, sympy.Symbol, sympy.MatrixSymbol, OneMatrix, ZeroMatrix))
            or not expr.args
        ):
            return expr
        if isinstance(expr, BlockMatrix):
            rows, cols = expr.blockshape
            return BlockMatrix([[self.walk(expr.blocks[i, j]) for j in range(cols)] for i in range(rows)])
        if isinstance(expr, (Map, ScalarMap)):
            inner = self.walk(expr.argument)
            return expr if inner == expr.argument else type(expr)(expr.function, expr.order, inner)
        if not isinstance(expr, (MatrixExpr, Expr)) or isinstance(expr, KroneckerDelta):
            return expr
        old = expr.args
        over_time = isinstance(expr, (MatrixSum, OrderedProduct, HadamardRun, sympy.Sum, sympy.Product))
        new = (self.walk(old[0]), *old[1:]) if over_time else tuple(self.walk(arg) for arg in old)
        return expr if new == old else _joined(expr, new)


def _joined(expr: Any, args: tuple[Any, ...]) -> Any:
    """The node over new parts."""
    zeros = [isinstance(arg, ZeroMatrix) or arg == 0 for arg in args]
    if isinstance(expr, sympy.Add):  # MatAdd is one
        kept = [arg for arg, none in zip(args, zeros, strict=True) if not none]
        if not isinstance(expr, MatAdd):
            return sympy.Add(*kept)
        flat = [part for arg in kept for part in (arg.args if isinstance(arg, MatAdd) else (arg,))]
        return MatAdd(*flat) if len(flat) > 1 else (flat or [ZeroMatrix(*expr.shape)])[0]
    if isinstance(expr, (MatMul, HadamardProduct, Transpose, DiagMatrix, MatrixSum, Vec)) and any(zeros):
        return ZeroMatrix(*expr.shape)
    if isinstance(expr, Dot) and any(zeros):
        return sympy.S.Zero
    if isinstance(expr, MatMul):
        scalar = sympy.Mul(*[_scalar_of(arg)[0] if isinstance(arg, MatrixExpr) else arg for arg in args])
        inner = [_scalar_of(arg)[1] for arg in args if isinstance(arg, MatrixExpr)]
        flat = [part for arg in inner for part in (arg.args if isinstance(arg, MatMul) else (arg,))]
        return _times(scalar, MatMul(*flat) if len(flat) > 1 else flat[0])
    if isinstance(expr, HadamardProduct):
        scalar = sympy.Mul(*[_scalar_of(arg)[0] for arg in args])
        inner = [_scalar_of(arg)[1] for arg in args]
        flat = [part for arg in inner for part in (arg.args if isinstance(arg, HadamardProduct) else (arg,))]
        kept = [part for part in flat if not isinstance(part, OneMatrix)] or flat[:1]
        return _times(scalar, HadamardProduct(*kept) if len(kept) > 1 else kept[0])
    if isinstance(expr, DiagMatrix):
        scalar, inner = _scalar_of(args[0])
        return _times(scalar, DiagMatrix(inner))
    return expr.func(*args)


def named(derivation: Derivation) -> Derivation:
    """The derivation with a name for each partial product that occurs at least twice, defined among its equations."""
    runs = [run for _, term in derivation.named_terms for run in _runs(term)]
    bodies: dict[Any, int] = {}
    for run in runs:
        bodies[_body(run)] = bodies.get(_body(run), 0) + 1
    often = [body for body, count in bodies.items() if count > 1]
    if not often:
        return derivation
    taken = {*derivation.cell.symbols, *(str(item.symbol.name) for item in derivation.cell.assignments)}
    letter = next((one for one in _LETTERS if not any(_same(one, name) for name in taken)), "pi")
    names = {body: letter if len(often) == 1 else f"{letter}_{_mark(body, place)}" for place, body in enumerate(often)}
    naming = _Rewriting(
        lambda expr: _name(names[_body(expr)], expr) if isinstance(expr, HadamardRun) and _body(expr) in names else expr
    ).walk
    terms = tuple((name, naming(expr)) for name, expr in derivation.named_terms)
    i = sympy.Symbol("i", integer=True)
    j = next(run.index for run in runs)
    added: list[Equation] = []
    for body, name in names.items():
        whole = HadamardRun(body.xreplace({_PLACE: j}), j, i + 1, T)
        added.append(definition(_name(name, whole), whole))
    return replace(derivation, named_terms=terms, equations=(*added, *derivation.equations))


def spelled_out(derivation: Derivation, letters: tuple[str, ...] = _LETTERS) -> Derivation:
    """The derivation with the names of partial products replaced by the products again."""
    bodies = {
        str(item.left.name): item.right
        for item in derivation.definitions
        if isinstance(item.right, HadamardRun) and str(item.left.name).split("_")[0] in letters
    }

    def undo(expr: Any) -> Any:
        if isinstance(expr, Signal) and str(expr.name) in bodies:
            run = bodies[str(expr.name)]
            return HadamardRun(run.body, run.index, expr.index[1] + 1, expr.index[0])
        return expr

    terms = tuple((name, _Rewriting(undo).walk(expr)) for name, expr in derivation.named_terms)
    kept = tuple(item for item in derivation.equations if str(getattr(item.left, "name", "")) not in bodies)
    return replace(derivation, named_terms=terms, equations=kept)


_PLACE = sympy.Dummy("place", integer=True)


def _body(run: HadamardRun) -> Any:
    """What is multiplied, whatever the running index is called."""
    return run.body.xreplace({run.index: _PLACE})


def _name(name: str, run: HadamardRun) -> Signal:
    return Signal(name, run.shape[0], 1, sympy.Tuple(run.upper, run.lower - 1))


def _runs(expr: Any) -> list[HadamardRun]:
    """The products over time in an expression, as often as they are printed."""
    found: list[HadamardRun] = []
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, HadamardRun):
            found.append(node)
        elif not isinstance(node, (Signal, ScalarSignal, sympy.MatrixSymbol)):
            stack += list(node.blocks) if isinstance(node, BlockMatrix) else list(getattr(node, "args", ()))
    return found


def _mark(body: Any, place: int) -> str:
    """A script for the product: the name of the one gate in it, else a number."""
    names = sorted(
        {str(node.name) for node in sympy.preorder_traversal(body) if isinstance(node, (Signal, ScalarSignal))}
    )
    return names[0].replace("_", "") if len(names) == 1 else str(place + 1)


def _same(letter: str, name: str) -> bool:
    return name.split("_", maxsplit=1)[0] == letter
