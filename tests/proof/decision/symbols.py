"""The symbols in which the claims of these tests are written."""

from sympy import Symbol, symbols
from sympy.matrices.expressions import MatrixSymbol, OneMatrix

import symgate as sg
from symgate.language.nodes import ScalarSignal, Signal, T
from symgate.language.sequences import LAST
from symgate.language.sequences import I as i
from symgate.language.sequences import J as j
from symgate.language.sequences import K as k

n, m = (Symbol(name, integer=True, positive=True) for name in "nm")
t, last = T, LAST
i1, i2 = symbols("i_1 i_2", integer=True)
alpha, s = Symbol("alpha", real=True), Symbol("s", real=True)
PLAIN = sg.cell("plain")
W, W_i, b = (PLAIN.symbols[name] for name in ("W_r", "W_i", "b"))
x, u = PLAIN.symbols["x"], PLAIN.symbols["u"]
after = PLAIN.states[0].after
a, v, one = Signal("a", n), MatrixSymbol("v", n, 1), OneMatrix(n, 1)


def matrix(name, time):
    """A square matrix of the step at a time."""
    return Signal(name, n, n, time)


def vector(name, time):
    """A vector of the step at a time."""
    return Signal(name, n, 1, time)


def scalar(name, time):
    """A scalar of the step at a time."""
    return ScalarSignal(name, time)


__all__ = [
    "PLAIN", "W", "W_i", "a", "after", "alpha", "b", "i", "i1", "i2", "j", "k", "last", "m", "matrix", "n", "one", "s",
    "scalar", "t", "u", "v", "vector", "x",
]  # fmt: skip
