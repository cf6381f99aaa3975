"""Random cells of one and two states: gated ones, and trees of all that the language has."""

from __future__ import annotations

import random

from symgate.errors import SymgateError
from symgate.language import CellBuilder, Quantity, cos, erf, exp, identity, sigma, sin, softplus, tanh
from symgate.records import Cell

_SMOOTH = (sigma, sigma, tanh, tanh, softplus, sin, cos, erf, exp, identity)


class Writer:
    """Writes random scalars and vectors over the symbols of one builder."""

    def __init__(self, rng: random.Random, states: int) -> None:
        self.rng = rng
        builder = self.builder = CellBuilder(f"drawn_{rng.randrange(10**9)}", source="drawn at random")
        self.states = [builder.state(name, "n") for name in ("x", "y")[:states]]
        self.u = builder.input("u", "m")
        self.square = [builder.matrix(name, "n", "n") for name in ("W_a", "W_g", "C")]
        self.wide = [builder.matrix("V_a", "n", "m"), builder.matrix("V_g", "n", "m")]
        self.rows, self.scalars = builder.vector("r", "m"), [builder.scalar("s"), builder.scalar("alpha")]
        self.vectors = [*self.states, builder.vector("b", "n"), builder.vector("w", "n")]
        self.functions = [*_SMOOTH, *(builder.function(name, default=bound) for name, bound in self._opaque())]
        self.named = 0

    def _opaque(self) -> list[tuple[str, str | None]]:
        return [("phi", self.rng.choice(["tanh", "tanh", "sin", None])), ("psi", self.rng.choice(["sigma", "tanh"]))]

    def vector(self, depth: int) -> Quantity:
        """A random vector of size n."""
        pick, rng = self.rng.choice, self.rng
        if depth <= 0:
            return pick(self.vectors)
        kind = rng.choice(
            [
                "leaf",
                "map",
                "map",
                "had",
                "scaled",
                "sum",
                "minus",
                "square",
                "square",
                "turned",
                "input",
                "power",
                "pre",
                "pre",
            ]
        )
        if kind == "leaf":
            return pick(self.vectors)
        if kind == "input":
            return pick(self.wide) @ self.u
        if kind == "pre":
            return pick(self.square) @ self.vector(depth - 2) + pick(self.wide) @ self.u + self.vector(0)
        inner = self.vector(depth - 1)
        if kind == "map":
            return pick(self.functions)(inner)
        if kind == "had":
            return inner * self.vector(depth - 1)
        if kind == "scaled":
            return self.scalar(depth - 1) * inner
        if kind == "sum":
            return inner + self.vector(depth - 1)
        if kind == "minus":
            return pick([1, 2, -1, 0.5]) - inner
        if kind == "power":
            return inner ** pick([2, 2, 3])
        matrix = pick(self.square)
        return (matrix if kind == "square" else matrix.T) @ inner

    def scalar(self, depth: int) -> Quantity:
        """A random scalar."""
        pick = self.rng.choice
        if depth <= 0:
            return pick(self.scalars)
        kind = pick(["leaf", "dot", "dot", "input", "map", "product", "sum", "minus"])
        if kind == "leaf":
            return pick(self.scalars)
        if kind == "dot":
            return self.vector(depth - 1).T @ self.vector(depth - 1)
        if kind == "input":
            return self.rows.T @ self.u
        inner = self.scalar(depth - 1)
        if kind == "map":
            return pick(self.functions)(inner)
        if kind == "product":
            return inner * self.scalar(depth - 1)
        return inner + self.scalar(depth - 1) if kind == "sum" else pick([1, 2, 0.5]) - inner

    def let(self, value: Quantity, role: str, stem: str) -> Quantity:
        """Name a value; it may be used afterwards."""
        self.named += 1
        found = self.builder.let(f"{stem}{self.named}", value, role=role)
        (self.vectors if found.is_vector else self.scalars).append(found)
        return found

    def gate(self) -> Quantity:
        """A gate, a vector or a number, with or without a named pre-activation; a constant at times."""
        pick, rng = self.rng.choice, self.rng
        if rng.random() < 0.15:
            return pick([self.builder_alpha, self.vectors[-1]])
        x = pick(self.states)
        if rng.random() < 0.3:
            inner = self.rng.choice(self.vectors).T @ x + self.rows.T @ self.u
        else:
            inner = pick(self.square) @ x + pick(self.wide) @ self.u + self.vector(0)
        if rng.random() < 0.7:
            inner = self.let(inner, "gate", "p")
        return self.let(sigma(inner), "gate", "g")

    @property
    def builder_alpha(self) -> Quantity:
        """A constant leak."""
        return self.scalars[1]

    def update(self, state: Quantity, depth: int) -> Quantity:
        """What a state becomes."""
        rng = self.rng
        if rng.random() < 0.3:
            return self.vector(depth)
        gate = self.gate()
        drive = self.vector(depth)
        if rng.random() < 0.5:
            drive = self.let(drive, "drive", "d")
        if rng.random() < 0.6:
            drive = rng.choice(self.functions)(drive)
        form = rng.random()
        if form < 0.6:
            return (1 - gate) * state + gate * drive
        return gate * state + drive if form < 0.8 else gate * state + (1 - gate) * drive


def drawn_cell(seed: int) -> Cell:
    """A random cell; the same for the same seed."""
    rng = random.Random(f"cell|{seed}")
    while True:
        writer = Writer(rng, 1 if rng.random() < 0.75 else 2)
        try:
            for state in writer.states:
                writer.builder.next(state, writer.update(state, rng.choice([1, 1, 2, 2, 3])))
            return writer.builder.build()
        except SymgateError:
            continue
