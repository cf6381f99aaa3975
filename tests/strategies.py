"""Hypothesis strategies: whole cells, drawn as random expression trees over the notation."""

from __future__ import annotations

from hypothesis import strategies as st

from symgate.errors import DefinitionError
from symgate.language import CellBuilder, Quantity, erf, maximum, sigma, sin, softplus, tanh, where
from symgate.records import Cell

SMOOTH = (sigma, tanh, softplus, sin, erf)
NUMBERS = (1, 2, -1, 0.5, 3)


class _Writer:
    """Writes random scalars and vectors over the symbols of one builder."""

    def __init__(self, draw: st.DrawFn, builder: CellBuilder) -> None:
        self.draw = draw
        self.x, self.u = builder.state("x", "n"), builder.input("u", "m")
        self.square = [builder.matrix("A", "n", "n"), builder.matrix("C", "n", "n")]
        self.wide, self.r, self.s = builder.matrix("B", "n", "m"), builder.vector("r", "m"), builder.scalar("s")
        self.vectors = [self.x, builder.vector("v", "n"), builder.vector("w", "n")]
        self.scalars = [self.s]
        self.functions = [*SMOOTH, builder.function("phi", default="tanh")]

    def pick(self, options: list) -> object:
        return self.draw(st.sampled_from(options))

    def vector(self, depth: int) -> Quantity:
        """A random vector expression of size n."""
        if depth == 0:
            return self.pick(self.vectors)
        kinds = [
            "leaf",
            "map",
            "map",
            "product",
            "scaled",
            "sum",
            "shifted",
            "square",
            "turned",
            "input",
            "power",
            "mix",
            "divided",
            "masked",
            "mapped",
            "outer",
            "chosen",
        ]
        kind = self.pick(kinds)
        if kind == "leaf":
            return self.pick(self.vectors)
        if kind == "input":
            return self.wide @ self.u
        inner = self.vector(depth - 1)
        if kind == "map":
            return self.pick(self.functions)(inner)
        if kind == "product":
            return inner * self.vector(depth - 1)
        if kind == "scaled":
            return self.scalar(depth - 1) * inner
        if kind == "sum":
            return inner + self.vector(depth - 1)
        if kind == "shifted":
            return self.pick(list(NUMBERS)) - inner
        if kind == "power":
            return inner ** self.pick([2, 3])
        if kind == "divided":
            return inner / (1 + self.vector(depth - 1) ** 2)
        if kind == "chosen":
            other = self.vector(depth - 1)
            return self.pick([where(inner > other, other, inner**2), maximum(inner, other), abs(inner)])
        if kind == "outer":
            left, right = self.pick(self.vectors), self.pick(self.vectors)
            return ((left @ right.T) * self.pick(self.square) + left @ right.T) @ inner
        if kind == "masked":
            return (self.square[0] * self.pick(self.square).T + 1) @ inner
        if kind == "mapped":
            return (self.pick([tanh, sigma])(self.square[0] * self.scalar(0)) / (1 + self.square[1] ** 2)) @ inner
        matrix = self.pick(self.square)
        if kind == "mix":
            return (matrix @ self.square[0].T + self.scalar(0) * self.square[1]).T @ inner
        return (matrix if kind == "square" else matrix.T) @ inner

    def scalar(self, depth: int) -> Quantity:
        """A random scalar expression."""
        if depth == 0:
            return self.pick(self.scalars)
        kind = self.pick(["leaf", "dot", "dot", "input", "map", "product", "sum", "shifted"])
        if kind == "leaf":
            return self.pick(self.scalars)
        if kind == "dot":
            return self.vector(depth - 1).T @ self.vector(depth - 1)
        if kind == "input":
            return self.r.T @ self.u
        inner = self.scalar(depth - 1)
        if kind == "map":
            return self.pick(self.functions)(inner)
        if kind == "product":
            return inner * self.scalar(depth - 1)
        return inner + self.scalar(depth - 1) if kind == "sum" else self.pick(list(NUMBERS)) - inner


@st.composite
def cells(draw: st.DrawFn, depth: int = 3, intermediates: int = 3) -> Cell:
    """A random cell: up to ``intermediates`` named scalars and vectors, nested and shared, then the update."""
    builder = CellBuilder("drawn", source="drawn at random")
    writer = _Writer(draw, builder)
    for index in range(draw(st.integers(0, intermediates))):
        role = draw(st.sampled_from(["drive", "gate"]))
        if draw(st.booleans()):
            writer.vectors.append(builder.let(f"p{index}", writer.vector(draw(st.integers(1, depth))), role=role))
        else:
            writer.scalars.append(builder.let(f"q{index}", writer.scalar(draw(st.integers(1, depth))), role=role))
    update = writer.vector(draw(st.integers(1, depth)))
    builder.next(writer.x, update)
    try:
        return builder.build()
    except DefinitionError:
        leak = writer.pick(writer.scalars) if draw(st.booleans()) else writer.pick(writer.vectors)
        again = CellBuilder("drawn", source="drawn at random")
        second = _Writer(draw, again)
        gate = again.let("g", sigma(leak if leak in second.vectors else second.vector(1)), role="gate")
        again.next(second.x, (1 - gate) * second.x + gate * second.vector(depth))
        return again.build()
