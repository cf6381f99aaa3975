r"""What the symbols of our own mean, of transports, expansions, learning rates and the like, for the notation table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sympy
from sympy.matrices.expressions import DiagonalOf, HadamardPower, MatrixSymbol

from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import (
    EPS,
    ETA,
    LAST,
    ORDER,
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
from symgate.records import Derivation, Kind

#: Times, and symbols that need no other to be explained.
_INDEX = {T: "step", K: "earlier step, $0$ to $t$", J: "running index", I: "running index"}
_INDEX |= {LAST: "the last step", STEP: "number of steps before the last one", ORDER: "order in the perturbation"}
_SCALARS = {EPS: "size of the perturbation; 1 is the cell itself", ETA: "the one global learning rate"}
_SCALARS |= {sympy.Symbol("L", real=True): "loss, a sum over the steps"}
#: Name and number of indices, with the meaning; where kinds differ, the kind stands in front.
_SIGNALS: dict[tuple[Any, ...], str] = {
    ("l", 0): "lag, a number of steps",
    ("M", 2): "transport: the sensitivity of the state at the first step to that at the second",
    ("M", 3): "its part of the order in parentheses",
    ("J", 1): "Jacobian of a step",
    ("A", 1): "the kept part of the Jacobian",
    ("B", 1): "the perturbation, the rest of it",
    ("U", 1): "the kept part without its gates",
    ("E", 2): "what the expansion leaves out",
    ("P", 1): "influence: the derivative of the state by the parameter, all earlier steps included",
    ("P order", 1): "its part of the order in parentheses",
    ("E", 1): "what the truncation leaves out",
    ("S", 1): "the part of a single step: the derivative by the parameter, the state before the step held fixed",
    ("G", 1): "gradient of the loss by the parameter, up to that step",
    ("e", 1): "eligibility trace",
    ("Gamma", 1): "the part of the gradient that comes from one lag",
    ("lam", 1): "gradient of the loss by the state, through all later steps",
    ("delta", 1): "gradient of the loss of one step by the state",
    (Kind.LAG, "v", 2): "gradient of the loss of the first step, pulled back by that number of steps",
    ("eta", 2): "effective learning rate",
    ("P", 2): "preconditioner of the update",
    ("kappa", 2): "its condition number",
    ("f", 1): "envelope: mean size of the rates of a lag",
    ("leak", 1): "what a unit keeps of itself directly",
    ("s", 1): "schedule",
    (Kind.SCHEDULE, "g", 1): "gate that realises the schedule",
    ("c", 0): "step at which the schedule jumps",
    ("gamma", 0): "rate of the schedule",
    ("rho", 0): "where the schedule starts",
    ("beta", 1): "momentum",
    (Kind.MOMENTUM, "v", 1): "momentum buffer",
    (Kind.ADAM, "g", 1): "gate that realises the diagonal",
    ("d", 0): "a diagonal, entries above 0 and at most 1",
    ("H", 1): "learnability window: the longest lag that this many samples reach",
    ("N", 0): "number of samples",
    ("N", 1): "samples that a lag needs",
    ("C", 0): "scale of the envelope",
    ("tau", 0): "time constant of its decay",
    ("beta", 0): "exponent of its decay",
    ("kappa", 0): "exponent with which the mean of samples concentrates",
    ("varsigma", 0): "standard deviation of one sample",
    ("epsilon", 0): "margin of detection",
    ("a", 0): "first parameter of the law of time scales",
    ("b", 0): "second parameter of the law of time scales",
    ("theta", 0): "scale of the law of time scales",
    ("r", 0): "end of the range of rates",
    ("pi", 2): "partial product, from the step after the second one to the first one",
    ("r", 1): "own sensitivity of each unit beyond the leak",
    ("r", 2): "bound of the remainder",
    ("block", 1): "block of a matrix over the states: rows of the first state, columns of the second",
    ("block", 2): "block of a matrix over the states: rows of the first state, columns of the second",
    ("block", 3): "block of a matrix over the states: rows of the first state, columns of the second",
}
_ORDER = list(dict.fromkeys(_SIGNALS.values()))
#: What is said of our own symbols.
OURS = frozenset(_ORDER)
#: Names that stand for another where a cell has that one.
OTHERWISE = {"envelope": "f", "schedule": "s", "ungated": "U", "own": "r"}
#: Names of the whole that states have a part of, and matrices over states, which have blocks.
_PARTS, _MATRICES = {"lam", "delta", "eta", "v", "beta"}, {"J", "A", "B", "M", "P", "E"}
#: Type of node, how it is shown, what it says.
_SIGNS: tuple[tuple[tuple[type, ...], str, str], ...] = (
    (
        (OrderedProduct,),
        r"\cdots",
        "product of matrices, later factors left; the identity where empty",
    ),
    ((sympy.Product, HadamardRun), r"\prod,\ \bigodot", "product of numbers; product entry by entry; 1 where empty"),
    ((MatrixSum, sympy.Sum), r"\sum", "sum over time; 0 where empty"),
    ((HadamardPower,), r"(\cdot)^{\odot}", "power entry by entry"),
    ((DiagonalOf,), r"\operatorname{dg}(\cdot)", "the diagonal of a matrix, as a vector"),
    ((Norm,), r"\lVert\,\cdot\,\rVert", "any submultiplicative norm"),
    ((Largest, Smallest), r"\max(\cdot),\ \min(\cdot)", "largest and smallest entry"),
    ((sympy.gamma,), r"\operatorname{\Gamma}(\cdot)", "the Gamma function"),
    ((sympy.expint,), r"\operatorname{E}(\cdot)", "the exponential integral of order 1"),
)
#: The kinds that are made of named parts, layer by layer, where the recurrence is a stack.
_OF_PARTS = frozenset({Kind.JACOBIAN, Kind.KRONECKER, Kind.VJP, Kind.STATE_JACOBIAN})
#: What is said of a symbol that the table does not know.
UNKNOWN = "a name of this result"


def meanings(
    item: Derivation, nodes: Iterable[Any], shown: Callable[[Any], str], of_cell: Callable[[Any], bool]
) -> list[tuple[str, str, Any]]:
    """Rows of symbol, meaning and the symbol itself (None for a sign or a time) for what is printed of a derivation.

    Args:
        item: the derivation.
        nodes: what is printed.
        shown: how a symbol is printed.
        of_cell: whether a symbol is one of the recurrence, which means what that says.
    """
    nodes = list(nodes)
    rows = [(shown(symbol), meaning, None) for symbol, meaning in _INDEX.items() if symbol in nodes]
    nested = [node for node in nodes if isinstance(node, sympy.Symbol) and node.name.startswith("i_")]
    if nested:
        rows.append((",".join(shown(node) for node in sorted(nested, key=str)), "running indices", None))
    rows += [(shown(symbol), meaning, None) for symbol, meaning in _SCALARS.items() if symbol in nodes]
    told = {*_INDEX, *_SCALARS, *nested, *item.cell.dimensions}
    found: dict[tuple[str, str], tuple[str, str, Any]] = {}
    for node in nodes:
        if not isinstance(node, (Signal, ScalarSignal, sympy.Symbol, MatrixSymbol)) or node in told or of_cell(node):
            continue
        if item.one_step and node == item.cotangent:  # its row is among those of the left side
            continue
        meaning = meaning_of(node, item)
        found.setdefault((_whole(node), meaning), (shown(node), meaning, node))
    rows += sorted(found.values(), key=lambda row: _ORDER.index(row[1]) if row[1] in _ORDER else len(_ORDER))
    present = {type(node) for node in nodes}
    return rows + [(sign, meaning, None) for kinds, sign, meaning in _SIGNS if present & set(kinds)]


def meaning_of(node: Any, item: Derivation) -> str:
    """What one of our symbols means in a derivation."""
    own = next((part for part in item.definitions if part.left == node), None)
    if own is not None and item.kind in _OF_PARTS and node.name.partition("_")[0] != "J":
        of, _, by = own.key.partition("/")
        return (
            f"the part of the cotangent that reaches {by}" if item.kind is Kind.VJP else f"derivative of {of} by {by}"
        )
    index = getattr(node, "index", None)
    count = len(index) if isinstance(index, sympy.Tuple) else int(index is not None)
    stem, _, rest = str(node.name).partition("_")
    stem = stem.rstrip("0123456789")
    stem = OTHERWISE.get(stem, stem)
    if rest.isdigit() and stem == "P":
        stem = "P order"
    elif rest and stem in _MATRICES:
        stem = "block"
    return _SIGNALS.get((item.kind, stem, count)) or _SIGNALS.get((stem, count)) or UNKNOWN


def _whole(node: Any) -> str:
    """The name without the state that it belongs to."""
    stem, mark, _ = str(node.name).partition("_")
    return stem if mark and stem in _PARTS | _MATRICES else str(node.name)
