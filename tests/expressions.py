"""Random expressions of the language of recurrences: one function for each way of making a vector or a number.

A way is a function of the writer and of what it starts from; a name in ``VECTORS`` or ``NUMBERS`` is all that a new
one needs.  ``LANGUAGE`` says which ways the tests have to have drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from symgate.cells import layer_norm, rms_norm, softmax, unit_norm
from symgate.language import (
    CellBuilder,
    Quantity,
    exp,
    function,
    maximum,
    minimum,
    relu,
    sigma,
    softplus,
    tanh,
    where,
)
from symgate.nonlinearities import nonlinearity, registered_nonlinearities

#: Functions of every number, with derivatives of every order; of every number, with kinks; of positive numbers alone.
SMOOTH = (
    *("sigma", "tanh", "softplus", "identity", "sin", "cos", "erf", "exp", "expm1"),
    *("square", "silu", "gelu", "gelu_tanh", "mish", "log_sigmoid"),
)
KINKED = (*("relu", "abs", "step", "softsign", "elu", "selu", "leaky_relu", "relu6", "hard_tanh", "hard_sigmoid"),)
POSITIVE = ("log", "reciprocal", "sqrt")
#: Small whole numbers and a half; and powers of what is positive.
CONSTANTS = (1, 2, -1, 0.5, 3)
POWERS = tuple(map(Fraction, ("1/2", "-1/2", "1/3", "3/2", "-2/3", "-1")))

Way = Callable[["Writer", Quantity, int], Quantity]


class Writer:
    """Writes random scalars and vectors over the symbols of one builder."""

    def __init__(self, draw: st.DrawFn, builder: CellBuilder) -> None:
        self.draw, self.builder = draw, builder
        self.x, self.u = builder.state("x", "n"), builder.input("u", "m")
        self.square = [builder.matrix("A", "n", "n"), builder.matrix("C", "n", "n")]
        self.wide, self.r = builder.matrix("B", "n", "m"), builder.vector("r", "m")
        self.vectors = [self.x, builder.vector("v", "n"), builder.vector("w", "n")]
        self.scalars = [builder.scalar("s")]
        self.phi = builder.function("phi", default="tanh")
        self.normalised = 0

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def applied(self, to: Quantity) -> Quantity:
        """A registered function of a quantity, inside its domain."""
        kind = self.pick(["smooth", "smooth", "opaque", "kinked", "positive"])
        if kind == "opaque":
            return self.phi(to)
        if kind == "positive":
            return function(self.pick(POSITIVE))(self.positive(to))
        return function(self.pick(SMOOTH if kind == "smooth" else KINKED))(to)

    def positive(self, to: Quantity) -> Quantity:
        """Something positive made of a quantity."""
        return self.pick([lambda z: 1 + z**2, lambda z: softplus(z) + 0.5, exp, lambda z: 1 + abs(z)])(to)

    def vector(self, depth: int) -> Quantity:
        """A random vector expression of size n."""
        if depth == 0:
            return self.pick(self.vectors)
        way = self.pick(VECTORS)
        return VECTORS[way](self, self.vector(depth - 1), depth - 1)

    def scalar(self, depth: int) -> Quantity:
        """A random scalar expression."""
        if depth == 0:
            return self.pick(self.scalars)
        return NUMBERS[self.pick(NUMBERS)](self, self.scalar(depth - 1), depth - 1)


def _chosen(w: Writer, v: Quantity, depth: int) -> Quantity:
    other, number = w.vector(depth), w.scalar(0)
    return w.pick(
        [
            where(v > other, other, v**2),
            where(other <= 0.5, v, 0),
            maximum(v, other),
            minimum(v, other),
            maximum(v, w.pick(CONSTANTS)),
            abs(v),
            v * where(number > 0, number, 1),
        ]
    )


def _normalised(w: Writer, v: Quantity, _depth: int) -> Quantity:
    """One over the whole vector; its parts are named, twice at most in a cell."""
    if w.normalised == 2:
        return v
    w.normalised += 1
    name, c = f"z{w.normalised}", w.builder
    gain, shift = w.pick(w.vectors), w.pick(w.vectors)
    return w.pick(
        [
            lambda: layer_norm(c, name, v, gain, shift),
            lambda: rms_norm(c, name, v, gain),
            lambda: unit_norm(c, name, v),
            lambda: softmax(c, name, tanh(v)),
        ]
    )()


def _written(w: Writer, v: Quantity, _depth: int) -> Quantity:
    """A product with a matrix that is made entry by entry: masks, functions of weights, u v', differences of units."""
    A, C = w.square
    left, right, ones = w.pick(w.vectors), w.pick(w.vectors), w.builder.ones("n")
    matrix = w.pick(
        [
            lambda: A * C.T + 1,
            lambda: relu(A),
            lambda: softplus(A) * C,
            lambda: w.pick([tanh, sigma])(A * w.scalar(0)) / (1 + C**2),
            lambda: (left @ right.T) * A + left @ right.T,
            lambda: sigma(A * (ones @ right.T - C)),
            lambda: (1 + A**2) ** w.pick(POWERS),
            lambda: (A @ C.T + w.scalar(0) * C).T,
        ]
    )()
    return w.pick([matrix, matrix.T]) @ v


VECTORS: dict[str, Way] = {
    "leaf": lambda w, _v, _depth: w.vector(0),
    "function": lambda w, v, _depth: w.applied(v),
    "another function": lambda w, v, _depth: w.applied(v),
    "product": lambda w, v, depth: v * w.vector(depth),
    "scaled": lambda w, v, depth: w.scalar(depth) * v,
    "sum": lambda w, v, depth: v + w.vector(depth),
    "number": lambda w, v, _depth: w.pick(CONSTANTS) - v,
    "matrix": lambda w, v, _depth: w.pick([*w.square, w.square[0].T, w.square[1].T]) @ v,
    "input": lambda w, _v, _depth: w.wide @ w.u,
    "power": lambda w, v, _depth: v ** w.pick([2, 3]),
    "power of what is positive": lambda w, v, _depth: w.positive(v) ** w.pick(POWERS),
    "quotient": lambda w, v, depth: v / w.positive(w.vector(depth)),
    "branch": _chosen,
    "normalisation": _normalised,
    "written matrix": _written,
    "another written matrix": _written,
}
NUMBERS: dict[str, Way] = {
    "leaf": lambda w, _s, _depth: w.scalar(0),
    "dot": lambda w, _s, depth: w.vector(depth).T @ w.vector(depth),
    "another dot": lambda w, _s, depth: w.vector(depth).T @ w.vector(depth),
    "input": lambda w, _s, _depth: w.r.T @ w.u,
    "function": lambda w, s, _depth: w.applied(s),
    "product": lambda w, s, depth: s * w.scalar(depth),
    "sum": lambda w, s, depth: s + w.scalar(depth),
    "number": lambda w, s, _depth: w.pick(CONSTANTS) - s,
    "power of what is positive": lambda w, s, _depth: w.positive(s) ** w.pick(POWERS),
    "quotient": lambda w, s, _depth: s / w.positive(w.scalar(0)),
    "branch": lambda w, s, _depth: w.pick([where(s > w.scalar(0), s, 2), maximum(s, 0), minimum(s, w.scalar(0))]),
}


#: What is registered with the package, before any test registers more.
OWN = registered_nonlinearities()


def left_out() -> set[str]:
    """The registered functions that no drawn cell can hold."""
    drawn = {*SMOOTH, *KINKED, *POSITIVE}
    known = {name for name in OWN if not nonlinearity(name).opaque}
    return {name for name in known - drawn if not name.startswith("root_")}
