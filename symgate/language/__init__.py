"""The language of recurrences: nodes, quantities with a paper's operators, and the cell builder."""

from symgate.language.builder import CellBuilder
from symgate.language.functions import (
    Function,
    cos,
    erf,
    exp,
    expm1,
    function,
    identity,
    relu,
    sigma,
    sin,
    softplus,
    sqrt,
    tanh,
)
from symgate.language.nodes import (
    BEFORE,
    UPDATE,
    Dot,
    Map,
    ScalarMap,
    ScalarSignal,
    Signal,
    T,
    is_scalar,
    is_vector,
)
from symgate.language.quantity import Quantity

__all__ = [
    "BEFORE",
    "UPDATE",
    "CellBuilder",
    "Dot",
    "Function",
    "Map",
    "Quantity",
    "ScalarMap",
    "ScalarSignal",
    "Signal",
    "T",
    "cos",
    "erf",
    "exp",
    "expm1",
    "function",
    "identity",
    "is_scalar",
    "is_vector",
    "relu",
    "sigma",
    "sin",
    "softplus",
    "sqrt",
    "tanh",
]
