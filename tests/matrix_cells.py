"""Cells with matrix states for the tests: every kind of term that the builder can write."""

from __future__ import annotations

import numpy as np

from symgate.language import CellBuilder, diag, sigma, tanh
from symgate.records import Cell


def memory() -> Cell:
    """Gates on rows and columns, an error fed back along a key, and a vector that reads the matrix after the step."""
    c = CellBuilder("memory")
    C, h, u = c.state("C", ("n", "d")), c.state("h", "n"), c.input("u", "m")
    W_k, W_v, W_f, W_g = (c.matrix(f"W_{name}", size, "m") for name, size in zip("kvfg", "dnnd", strict=True))
    w, s = c.vector("w", "m"), c.scalar("s")
    k, v = c.let("k", W_k @ u), c.let("v", W_v @ u)
    f, g = c.let("f", sigma(W_f @ u + h), role="gate"), c.let("g", sigma(W_g @ u), role="gate")
    b = c.let("b", sigma(w.T @ u), role="rate")
    new = c.next(C, diag(f) @ C @ diag(g) @ (c.eye("d") - b * k @ k.T) + s * tanh(C) + (v - C @ k) @ k.T)
    c.next(h, h + new @ k)
    return c.build()


def delta() -> Cell:
    """An online gradient step."""
    c = CellBuilder("steps")
    C, u = c.state("C", ("n", "d")), c.input("u", "m")
    W_k, W_v, w = c.matrix("W_k", "d", "m"), c.matrix("W_v", "n", "m"), c.vector("w", "m")
    k, v, b = c.let("k", W_k @ u), c.let("v", W_v @ u), c.let("b", sigma(w.T @ u), role="rate")
    c.next(C, C @ (c.eye("d") - b * k @ k.T) + b * v @ k.T)
    return c.build()


def square() -> Cell:
    """A square state with weights on both sides, a mask, its transpose, and a gate that reads it."""
    c = CellBuilder("square")
    C, h, u = c.state("C", ("n", "n")), c.state("h", "n"), c.input("u", "m")
    W, M, V = c.matrix("W", "n", "n"), c.matrix("M", "n", "n"), c.matrix("V", "n", "m")
    q, s = c.vector("q", "n"), c.scalar("s")
    g = c.let("g", sigma(q.T @ (C @ q)), role="gate")
    a = c.let("a", tanh(W @ h + V @ u + C.T @ q))
    kept = g * C + W @ C @ M + M * C + s * tanh(C)
    c.next(C, kept + (1 - g) * a @ q.T + diag(a) @ C.T + (C.T @ a) @ a.T)
    c.next(h, h + C @ a + g * q)
    return c.build()


MATRIX_CELLS = (delta(), memory(), square())


def drawn(cell: Cell, n: int, d: int, seed: int = 0) -> tuple[dict[str, np.ndarray], dict]:
    """Random values by name, and the sizes; there are three inputs."""
    numbers = {"n": n, "d": d, "m": 3}
    sizes = {size: numbers[str(size)] for size in cell.dimensions}
    rng = np.random.default_rng(seed)
    return {name: arrayed(symbol, sizes, rng) for name, symbol in cell.symbols.items()}, sizes


def arrayed(symbol: object, sizes: dict, rng: np.random.Generator) -> np.ndarray:
    """Random values in the shape of a symbol: vectors (n,)."""
    shape = getattr(symbol, "shape", ())
    core = shape[:1] if shape and shape[1] == 1 else shape
    return 0.5 * rng.standard_normal([sizes[size] for size in core])
