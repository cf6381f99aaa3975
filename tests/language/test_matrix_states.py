"""Matrix states in the builder: what is written, what is refused, the step and trajectories in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.errors import DefinitionError, ShapeError
from symgate.language import CellBuilder, diag, sigma, tanh
from symgate.numeric import rollout
from symgate.records import Cell


class Symbols:
    """A matrix state with what meets it."""

    def __init__(self) -> None:
        self.c = CellBuilder("test")
        self.C, self.h, self.u = self.c.state("C", ("n", "k")), self.c.state("h", "n"), self.c.input("u", "m")
        self.q, self.v, self.s = self.c.vector("q", "k"), self.c.vector("v", "n"), self.c.scalar("s")


REFUSED = {
    "sizes do not meet": (lambda q: q.C @ q.v, r"columns of A to match the rows of v.*A\.T @ v"),
    "neither side fits": (lambda q: q.C @ q.u, "k is not m"),
    "a transposed outer product": (lambda q: q.c.next(q.C, q.q @ q.v.T), r"must be n x k; found a k x n.*v @ k\.T"),
    "an outer product that does not fit": (lambda q: q.C + q.q @ q.v.T, "needs equal shapes"),
    "a vector where a matrix is meant": (lambda q: q.c.next(q.C, q.v), r"add the outer product v @ k\.T"),
    "a matrix where a vector is meant": (lambda q: q.c.next(q.h, q.s * q.C), "must be a vector of size n"),
    "a matrix times a vector entry by entry": (lambda q: q.C * q.v, "Write A @ v"),
    "a name for a matrix": (lambda q: q.c.let("a", q.s * q.C), "Name its factors"),
    "a row as a diagonal": (lambda q: diag(q.v.T) @ q.C, "takes a column vector"),
    "a number as a diagonal": (lambda q: diag(q.s) @ q.C, r"s \* C"),
    "a function of a product": (lambda q: tanh(q.C @ q.C.T), "is a product of matrices"),
    "three sizes": (lambda q: q.c.state("D", ("n", "k", "m")), "two sizes, rows and columns"),
    "one column": (lambda q: q.c.state("D", ("n", 1)), "A vector has one size"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_misfits_are_refused(case: str) -> None:
    write, message = REFUSED[case]

    with pytest.raises((ShapeError, DefinitionError), match=message):
        write(Symbols())


def cell() -> Cell:
    """Every kind of term, and a vector state that reads the matrix after the step."""
    c = CellBuilder("memory")
    C, h, u = c.state("C", ("n", "k")), c.state("h", "n"), c.input("u", "m")
    W_k, W_v, W_f, W_g = (c.matrix(f"W_{name}", size, "m") for name, size in zip("kvfg", "knnk", strict=True))
    w, s = c.vector("w", "m"), c.scalar("s")
    key, v = c.let("key", W_k @ u), c.let("v", W_v @ u)
    f, g = c.let("f", sigma(W_f @ u + h), role="gate"), c.let("g", sigma(W_g @ u), role="gate")
    b = c.let("b", sigma(w.T @ u), role="rate")
    new = c.next(C, diag(f) @ C @ diag(g) @ (c.eye("k") - b * key @ key.T) + s * tanh(C) + (v - C @ key) @ key.T)
    c.next(h, h + new @ key)
    return c.build()


def stepped(**now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same, typed in NumPy for one sample."""
    C, h, u, W_k, W_v, W_f, W_g, w, s = (now[name] for name in ["C", "h", "u", "W_k", "W_v", "W_f", "W_g", "w", "s"])
    key, v, b = W_k @ u, W_v @ u, 1 / (1 + np.exp(-w @ u))
    f, g = 1 / (1 + np.exp(-W_f @ u - h)), 1 / (1 + np.exp(-W_g @ u))
    kept = np.diag(f) @ C @ np.diag(g) @ (np.eye(len(key)) - b * np.outer(key, key))
    new = kept + s * np.tanh(C) + np.outer(v - C @ key, key)
    return new, h + new @ key


@pytest.mark.parametrize(("n", "k"), [(1, 1), (3, 2), (2, 4)])
@pytest.mark.parametrize("target", ["numpy", "array_api"])
def test_step_and_trajectory_are_those_typed_in_numpy(n: int, k: int, target: str) -> None:
    own, rng, sizes = cell(), np.random.default_rng(n), {"n": n, "k": k, "m": 3}
    point = {
        name: 0.5 * rng.standard_normal([sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1])
        for name, symbol in own.symbols.items()
    }
    new, h = sg.lambdify(own, target)(**point)
    wanted = stepped(**point)

    assert_allclose(new, wanted[0], rtol=1e-13, atol=1e-14)
    assert_allclose(h, wanted[1], rtol=1e-13, atol=1e-14)

    params = {name: point[name] for name in point if name not in {"C", "h", "u"}}
    inputs = rng.standard_normal((2, 5, 3))
    run = rollout(own, params, inputs, {"C": point["C"]})
    for sample in range(2):
        C, h = point["C"], np.zeros(n)
        for t in range(5):
            C, h = stepped(C=C, h=h, u=inputs[sample, t], **params)
        assert_allclose(run.state("C")[sample, -1], C, rtol=1e-11)
        assert_allclose(run.state("h")[sample, -1], h, rtol=1e-11)
        assert_allclose(run.x[sample, -1, : n * k], C.reshape(-1, order="F"), rtol=1e-11)


def test_its_transport_is_proved() -> None:
    assert sg.verify(sg.transport(cell())).proved
