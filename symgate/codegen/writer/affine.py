"""The intermediates W v + V u + b over what is given: with fixed weights, one product gives all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, MatrixSymbol

from symgate.codegen.writer.layout import listed, quote
from symgate.codegen.writer.program import HANDED, Program
from symgate.language import is_vector
from symgate.records import Cell


@dataclass(frozen=True)
class Affine:
    """One sum W v + ... + b.

    Attributes:
        symbol: the intermediate.
        products: (parameter matrix, state, input or what a layer below hands on) of each product, by name.
        vectors: the parameter vectors that are added, by name.
    """

    symbol: Expr
    products: tuple[tuple[str, str], ...]
    vectors: tuple[str, ...]


def affine_sums(program: Program) -> tuple[Affine, ...]:
    """The intermediates of that form that are as long as the first one, in declaration order."""
    found = [(symbol, _parts(definition, program)) for symbol, definition, _ in program.intermediates]
    sums = [Affine(symbol, *parts) for symbol, parts in found if parts is not None and symbol.shape[0] != 1]
    return tuple(item for item in sums if item.symbol.shape[0] == sums[0].symbol.shape[0])


def table(sums: tuple[Affine, ...]) -> str:
    """The products and the vectors of every sum, as ``_fold`` of a generated module takes them."""
    pairs = [", ".join(f"({quote(matrix)}, {quote(vector)})" for matrix, vector in item.products) for item in sums]
    return ", ".join(f"([{of}], {listed(list(item.vectors))})" for of, item in zip(pairs, sums, strict=True))


def _parts(expr: Expr, program: Program) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]] | None:
    """The products and the vectors of a sum; None where there is another summand, or no product."""
    cell = program.cell
    moving = {str(symbol.name) for symbol in (*(state.before for state in cell.states), *cell.inputs)}
    moving |= {item.name for item in program.arguments if item.meaning == HANDED}
    products, vectors = [], []
    for part in expr.args if isinstance(expr, MatAdd) else (expr,):
        if _is_product(part, cell) and isinstance(part.args[1], MatrixSymbol) and str(part.args[1].name) in moving:
            products.append((str(part.args[0].name), str(part.args[1].name)))
        elif part in cell.parameters and isinstance(part, MatrixSymbol) and is_vector(part):
            vectors.append(str(part.name))
        else:
            return None
    return (tuple(products), tuple(vectors)) if products else None


def _is_product(expr: Expr, cell: Cell) -> bool:
    """Whether this is a parameter with two axes times something."""
    return isinstance(expr, MatMul) and len(expr.args) == 2 and expr.args[0] in cell.parameters
