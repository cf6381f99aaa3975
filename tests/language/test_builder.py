"""A cell that makes no sense is refused where it is written, and the message says where."""

from __future__ import annotations

import pickle

import pytest

import symgate as sg
from symgate.errors import DefinitionError, NameRefusedError, ShapeError, UnknownNameError
from symgate.language import CellBuilder, sigma, tanh

HOSTILE = [
    "__import__('os')",
    "x;y",
    r"\write18{ls}",
    "a b",
    "a__b",
    "_a",
    "a_",
    "",
    "1a",
    "lambda",
    "match",
    "x" * 41,
    "x\n",
    "x\x00",
    "\u03b1",
    "W$r",
    "out",
    "np",
    "lam",
    None,
    7,
]


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_names_that_are_not_plain_are_refused(name: object) -> None:
    c = CellBuilder("mine")

    with pytest.raises(NameRefusedError):
        c.vector(name, "n")
    with pytest.raises(NameRefusedError):
        CellBuilder(name)


@pytest.mark.parametrize("again", ["x", "W", "phi", "n", "g"])
def test_a_name_is_used_once(again: str) -> None:
    c = CellBuilder("mine")
    x, W, phi = c.state("x"), c.matrix("W", "n", "n"), c.function("phi")
    c.let("g", phi(W @ x))

    with pytest.raises(NameRefusedError, match=f"{again!r} is already the name"):
        c.let(again, x)
    with pytest.raises(NameRefusedError, match=f"{again!r} is already the name"):
        c.scalar(again)


def test_a_gate_of_another_size_is_refused_where_it_is_used() -> None:
    c = CellBuilder("mine")
    x, u = c.state("x"), c.input("u")
    g = c.let("g", sigma(u), role="gate")

    with pytest.raises(ShapeError, match="scalar gate"):
        c.next(x, g * x)


def test_an_update_without_its_state_is_no_recurrence() -> None:
    c = CellBuilder("mine")
    x, b = c.state("x"), c.vector("b", "n")
    c.next(x, tanh(b))

    with pytest.raises(DefinitionError, match="never mentions a state"):
        c.build()


def test_messages_say_which_line_of_which_cell() -> None:
    c = CellBuilder("mine")
    x, u, W = c.state("x"), c.input("u"), c.matrix("W", "n", "n")

    with pytest.raises(DefinitionError, match=r"while defining the update of state 'x' of cell 'mine'"):
        c.next(x, u)
    with pytest.raises(DefinitionError, match=r"while defining 'h', an intermediate of cell 'mine'"):
        c.let("h", W)


def test_missing_and_double_updates() -> None:
    c = CellBuilder("mine")
    with pytest.raises(DefinitionError, match="needs a state"):
        c.build()
    x = c.state("x")
    with pytest.raises(DefinitionError, match="has no update"):
        c.build()
    c.next(x, 0.5 * x)
    with pytest.raises(DefinitionError, match="already written"):
        c.next(x, x)
    with pytest.raises(DefinitionError, match="Only a state"):
        c.next(c.vector("b", "n"), x)


def test_symbols_of_another_builder_are_refused() -> None:
    c, other = CellBuilder("mine"), CellBuilder("other")
    x = c.state("x")
    foreign = other.vector("b", "n")

    with pytest.raises(DefinitionError, match="b was not declared on this cell"):
        c.next(x, x + foreign)


def test_unknown_functions_and_sizes() -> None:
    c = CellBuilder("mine")
    with pytest.raises(UnknownNameError, match="Did you mean 'tanh'"):
        c.function("psi", default="tanhh")
    with pytest.raises(DefinitionError, match="at least 2"):
        c.state("x", 1)


def test_a_users_cell_is_like_a_built_in_one() -> None:
    """Written, derived, pickled, rebound: nothing is privileged."""
    c = CellBuilder("mine", source="this test")
    x, u, psi = c.state("x"), c.input("u"), c.function("psi", default="relu")
    W, V = c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
    c.next(x, 0.5 * x + psi(W @ x + V @ u))
    mine = c.build()
    J = sg.jacobian(mine)

    assert list(J.terms) == ["retention", "drive"]
    assert "psi is differentiable" in J.assumptions
    assert any("relu" in text for text in J.assumptions)
    assert pickle.loads(pickle.dumps(J)) == J  # noqa: S301
    assert dict(mine.bind(psi="sin").functions) == {"psi": "sin"}
    with pytest.raises(UnknownNameError, match="function of cell 'mine'"):
        mine.bind(phi="sin")


def test_unknown_cell_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'multi_gate'"):
        sg.cell("multigate")
