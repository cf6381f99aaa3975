r"""What the symbols of transports, expansions and learning rates mean, for the notation table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sympy
from sympy.matrices.expressions import DiagonalOf, HadamardPower

from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import (
    EPS,
    ETA,
    LAST,
    STEP,
    HadamardRun,
    I,
    J,
    K,
    Largest,
    MatrixSum,
    Norm,
    OrderedProduct,
    Smallest,
)
from symgate.records import Derivation
from symgate.tex.letters import LAG

_INDEX = {T: "step", K: "earlier step, $0$ to $t$", J: "running index of a product", I: "running index of a sum"}
_INDEX |= {LAG: "lag, a number of steps", LAST: "the last step", STEP: "steps before the last one"}
_SCALARS = {EPS: "size of the perturbation; 1 is the cell itself", ETA: "the one global learning rate"}
_SCALARS |= {sympy.Symbol("L", real=True): "loss, a sum over the steps"}
#: Name and number of indices, with the meaning.
_SIGNALS = {
    ("M", 2): "transport: the sensitivity of the state at the first step to that at the second",
    ("M", 3): "its part of the order in parentheses",
    ("J", 1): "Jacobian of a step",
    ("A", 1): "the kept part of the Jacobian",
    ("B", 1): "the perturbation, the rest of it",
    ("U", 1): "the kept part without its gates",
    ("lam", 1): "gradient of the loss by the state, through all later steps",
    ("delta", 1): "gradient of the loss of one step by the state",
    ("eta", 2): "effective learning rate",
    ("P", 2): "preconditioner of the update",
    ("kappa", 2): "its condition number",
    ("f", 1): "envelope: mean size of the rates of a lag",
    ("leak", 1): "what a unit keeps of itself directly",
    ("s", 1): "schedule",
    ("beta", 1): "momentum",
    ("pi", 2): "partial product from after the second step to the first",
    ("v", 1): "momentum buffer",
}
_VECTOR_R, _SCALAR_R = "own sensitivity of each unit beyond the leak", "bound of the remainder"
#: Type of node, how it is shown, what it says.
_SIGNS: tuple[tuple[tuple[type, ...], str, str], ...] = (
    (
        (OrderedProduct,),
        r"\cdots",
        "product of matrices, later factors left; the identity where empty",
    ),
    ((sympy.Product, HadamardRun), r"\prod,\ \bigodot", "product of numbers; product entry by entry; 1 where empty"),
    ((MatrixSum, sympy.Sum), r"\sum", "sum over time; 0 where empty"),
    ((HadamardPower,), r"(\cdot)^{\odot l}", "power entry by entry"),
    ((DiagonalOf,), r"\operatorname{dg}(\cdot)", "the diagonal of a matrix, as a vector"),
    ((Norm,), r"\lVert\,\cdot\,\rVert", "any submultiplicative norm"),
    ((Largest, Smallest), r"\max(\cdot),\ \min(\cdot)", "largest and smallest entry"),
)


def our_nodes(items: Iterable[Derivation]) -> list[Any]:
    """Every node of every equation of the derivations, time indices included, in order of appearance."""
    exprs: list[Any] = []
    for item in items:
        exprs += [item.of, *(term for _, term in item.named_terms)]
        ordered = (*item.definitions, *item.claims)
        exprs += [side for equation in ordered for side in (equation.left, equation.right)]
    return list(dict.fromkeys(node for expr in exprs for node in sympy.preorder_traversal(expr)))


def meanings(
    items: Iterable[Derivation], shown: Callable[[Any], str], present: Iterable[Any] = (), own: Iterable[str] = ()
) -> list[tuple[str, str, Any]]:
    """Rows of symbol, meaning and the symbol itself (None for a sign) for derivations of many steps.

    Args:
        items: the derivations.
        shown: how a symbol is printed.
        own: the names of the cell, which mean what it says.
        present: the nodes that are printed; default: all of the derivations.
    """
    nodes = list(present) or our_nodes(items)
    rows = [(shown(symbol), meaning, None) for symbol, meaning in _INDEX.items() if symbol in nodes]
    rows += [(shown(symbol), meaning, None) for symbol, meaning in _SCALARS.items() if symbol in nodes]
    found: dict[str, tuple[str, str, Any]] = {}
    for node in nodes:
        meaning = None if str(getattr(node, "name", "")) in own else _meaning(node)
        if meaning and meaning not in found:
            found[meaning] = (shown(node), meaning, node)
    order = [*_SIGNALS.values(), _VECTOR_R, _SCALAR_R]
    rows += sorted(found.values(), key=lambda row: order.index(row[1]))
    present = {type(node) for node in nodes}
    rows += [(sign, meaning, None) for kinds, sign, meaning in _SIGNS if present & set(kinds)]
    return rows


def _meaning(node: Any) -> str | None:
    if not isinstance(node, (Signal, ScalarSignal)):
        return None
    count = len(node.index) if isinstance(node.index, sympy.Tuple) else 1
    if str(node.name) == "r":
        return {2: _SCALAR_R}.get(count) or (_VECTOR_R if node.index == I else None)
    return _SIGNALS.get((str(node.name), count)) or _of_states(str(node.name), count)


def _of_states(name: str, count: int) -> str | None:
    """What belongs to one of several states, such as delta_h, under the name of the whole."""
    stem, mark, _ = name.partition("_")
    return _SIGNALS.get((stem, count)) if mark and stem in {"lam", "delta"} else None
