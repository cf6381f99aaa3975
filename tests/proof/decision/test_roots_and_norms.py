"""Roots of products over time are not taken apart, and norms depend on the shape of what they measure."""

from __future__ import annotations

import pytest
import sympy
from sympy import Expr

import symgate as sg
from symgate.language import CellBuilder, T
from symgate.language.nodes import ScalarMap, ScalarSignal
from symgate.language.sequences import J, K
from symgate.proof.decision import Decision, Outcome, decide
from symgate.records import Cell

S, P = ScalarSignal("s", J), ScalarSignal("p", J)


def _cell(*, squared: bool = False) -> Cell:
    """A cell with two scalars p and s of the input; or with s = 1/p^2."""
    c = CellBuilder("rooted")
    x, u = c.state("x", "n"), c.input("u", "m")
    p = c.let("p", c.vector("v", "m").T @ u)
    c.next(x, c.let("s", 1 / p**2 if squared else c.vector("w", "m").T @ u) * p * x)
    return c.build()


def _root(inner: Expr) -> Expr:
    return ScalarMap("sqrt", 0, inner)


def _over(body: Expr) -> Expr:
    return sympy.Product(body, (J, K + 1, T))


def _decided(left: Expr, right: Expr, cell: Cell | None = None) -> Decision:
    return decide(cell or _cell(), left, right, given=((K, T),))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (_over(_root(S**2)), _over(S)),
        (_over(_root((S * P) ** 2)), _over(S * P)),
        (_over(_root(S * P)), _over(_root(S)) * _over(_root(P))),
        (_over(_root(S - P) * _root(P - S)), _over(S - P)),
        (_over(_root(S**2 * P + S**3)), _over(S * _root(P + S))),
    ],
)
def test_the_root_of_a_product_is_no_product_of_roots(left: Expr, right: Expr) -> None:
    """The root of s s is |s|: each of these is false where a factor is below 0."""
    assert _decided(left, right).outcome is Outcome.DIFFERENT


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (_over(_root(S) ** 2), _over(S)),
        (_over(_root(S * P)) ** 2, _over(S * P)),
        (_over(S / _root(S**2 + P)), _over(S) / _over(_root(S**2 + P))),
        (_over(_root(4 * S)), _over(2 * _root(S))),
    ],
)
def test_roots_are_multiplied_over_time(left: Expr, right: Expr) -> None:
    """What holds of roots is still found."""
    assert _decided(left, right).equal


def test_one_over_a_square_does_not_tell_its_root() -> None:
    """With s = 1/p^2 the product of the roots of s is that of 1/|p|."""
    cell = _cell(squared=True)
    assert _decided(_over(S), _over(P**-2), cell).equal
    assert not _decided(_over(_root(S)), _over(1 / P), cell).equal


@pytest.mark.parametrize(
    "norms",
    [
        "norm(0*b + ones) - norm(0*u + ones)",
        "norm(2*b) - norm(2*b @ (ones + 0*u).T)",
        "norm(2*u) - norm(kron(2*u, ones + 0*b))",
    ],
)
def test_a_norm_depends_on_the_shape(norms: str) -> None:
    """The norm of n ones is not that of m ones, and that of b 1' is not that of b."""
    truth = "diag(dphi(a)) @ W_r"
    assert sg.check("plain", f"{truth} + ({norms})*W_r", "jacobian").verdict != "proved"
    assert sg.check("plain", f"{truth} + (norm(2*b) - norm(b + b))*W_r", "jacobian").verdict == "proved"
