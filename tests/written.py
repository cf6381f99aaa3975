"""Cells that use one construct of the language each: what the sweeps run on."""

from __future__ import annotations

from collections.abc import Callable

from symgate.language import (
    CellBuilder,
    Quantity,
    exp,
    maximum,
    minimum,
    sigma,
    softplus,
    sqrt,
    tanh,
    where,
)
from symgate.records import Cell

Start = tuple[CellBuilder, Quantity, Quantity, Quantity, Quantity]


def started(name: str) -> Start:
    """A builder with a state x, an input u, a recurrent matrix W and an input matrix V."""
    c = CellBuilder(name, source="this test")
    x, u = c.state("x", "n"), c.input("u", "m")
    return c, x, u, c.matrix("W", "n", "n"), c.matrix("V", "n", "m")


def masked() -> Cell:
    """A mask on a matrix and on its transpose."""
    c, x, u, W, V = started("masked")
    M, b = c.matrix("M", "n", "n"), c.vector("b", "n")
    a = c.let("a", (W * M) @ x + V @ u + b)
    g = c.let("g", sigma((W.T * M) @ a), role="gate")
    c.next(x, (1 - g) * x + g * tanh(a))
    return c.build()


def rectified() -> Cell:
    """A function on a masked matrix, and signs."""
    c, x, u, W, V = started("rectified")
    M, s = c.matrix("M", "n", "n"), c.vector("s", "n")
    a = c.let("a", (softplus(W) * M) @ (s * x) + V @ u)
    c.next(x, tanh(a))
    return c.build()


def outer() -> Cell:
    """Low rank, by matrices and by vectors."""
    c, x, u, W, V = started("outer")
    P, Q, v, w = c.matrix("P", "n", "k"), c.matrix("Q", "n", "k"), c.vector("v", "n"), c.vector("w", "n")
    c.next(x, (P @ Q.T) @ tanh(x) + V @ u + (v @ w.T) @ x + (W * (v @ w.T)) @ x)
    return c.build()


def synapses() -> Cell:
    """A function of a difference between units for every synapse, elapsed time, and a division by sums."""
    c, x, u, W, V = started("synapses")
    G, M, E = c.matrix("G", "n", "n"), c.matrix("M", "n", "n"), c.matrix("E", "n", "n")
    tau, dt, ones = c.vector("tau", "n"), c.input("dt", 1), c.ones("n")
    S = sigma(G * (ones @ x.T - M))
    f = c.let("f", (softplus(W) * S) @ ones + softplus(V @ u), role="gate")
    k = c.let("k", (softplus(W) * S * E) @ ones)
    c.next(x, (x + dt * k) / (1 + dt * (1 / tau**2 + f)))
    return c.build()


def divided() -> Cell:
    """Division, negative powers and a root."""
    c, x, u, W, V = started("divided")
    b, d, s = c.vector("b", "n"), c.vector("d", "n"), c.scalar("s")
    a = c.let("a", W @ (x / (1 + b**2)) + V @ u)
    c.next(x, x * (2 + d**2) ** -2 + a / (1 + d**2) ** 0.5 + sqrt(d**2 + 1) / (1 + s**2) + a / (1 + b.T @ b))
    return c.build()


def branched() -> Cell:
    """where, maximum, minimum, abs."""
    c, x, u, W, V = started("branched")
    b = c.vector("b", "n")
    a = c.let("a", W @ x + V @ u)
    c.next(x, where(x > b, x, a) + where(a <= 0, b, 2 * a) + maximum(a, b) - minimum(x, 0) + abs(a))
    return c.build()


def looked_through() -> Cell:
    """The update hidden in a name."""
    c, x, u, W, V = started("looked_through")
    d = c.vector("d", "n")
    a = c.let("a", W @ x + V @ u)
    g = c.let("g", sigma(a), role="gate")
    new = c.let("x_new", (1 - g) * x + g * tanh(a))
    c.next(x, d * x + (1 - d) * new)
    return c.build()


def used_after() -> Cell:
    """A state after the step, used by another one."""
    c, x, u, W, V = started("used_after")
    y = c.state("y", "n")
    f = c.let("f", sigma(W @ x + V @ u), role="gate")
    y_new = c.next(y, f * y + (1 - f) * tanh(V @ u))
    c.next(x, f * tanh(y_new))
    return c.build()


def scaled_inside() -> Cell:
    """A named scalar and an outer product of the state inside a function of a matrix."""
    c, x, u, W, V = started("scaled_inside")
    s, v = c.scalar("s"), c.vector("v", "n")
    g = c.let("g", sigma(v.T @ x), role="gate")
    a = c.let("a", tanh(g * W + s * (x @ v.T)) @ x + V @ u)
    c.next(x, (1 - g) * x + g * sigma(a))
    return c.build()


def powers() -> Cell:
    """Powers, quotients and numbers with matrices."""
    c, x, u, W, V = started("powers")
    a = c.let("a", ((W + 2) ** 2 / (1 + W**2)) @ x + (3 - V) @ u + (1 / (1 + exp(W)) * W) @ x)
    c.next(x, tanh(a))
    return c.build()


def delayed() -> Cell:
    """An input three steps ago, and the state two steps ago."""
    from symgate.cells import delay

    c, x, u, W, V = started("delayed")
    late = delay(c, u, 2)
    before = delay(c, x, 1)
    c.next(x, tanh(W @ before + V @ late) + 0.5 * x)
    return c.build()


def spread() -> Cell:
    """Softmax, RMS and unit norm over the units."""
    from symgate.cells import rms_norm, softmax, unit_norm

    c, x, u, W, V = started("spread")
    gamma = c.vector("gamma", "n")
    a = c.let("a", W @ x + V @ u)
    p = softmax(c, "p", a)
    c.next(x, rms_norm(c, "r", x + a, gamma) + unit_norm(c, "w", a) + p * x)
    return c.build()


MAKERS: tuple[Callable[[], Cell], ...] = (
    *(masked, rectified, outer, synapses, divided, branched),
    *(looked_through, used_after, scaled_inside, powers, delayed, spread),
)
WRITTEN: tuple[Cell, ...] = tuple(make() for make in MAKERS)
