"""A cell that makes no sense is refused where it is written, and the message says where."""

from __future__ import annotations

import pickle

import pytest

import symgate as sg
from symgate.cells import renamed
from symgate.derive.letters import LETTERS
from symgate.errors import DefinitionError, NameRefusedError, ShapeError, UnknownNameError
from symgate.language import CellBuilder, Quantity, Signal, sigma, tanh

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
        c.vector("v", 1)
    with pytest.raises(DefinitionError, match="registered function"):
        c.function("tanh", default="sin")


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


def test_a_final_name_is_looked_through() -> None:
    """Zoneout: what the new state keeps is retention, what its gate does is the gate's, whatever the name between."""
    c = CellBuilder("zoned")
    x, u, d = c.state("x"), c.input("u"), c.vector("d", "n")
    W, V = c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
    g = c.let("g", sigma(W @ x + V @ u), role="gate")
    new = c.let("x_new", (1 - g) * x + g * tanh(V @ u))
    c.next(x, d * x + (1 - d) * new)
    J = sg.jacobian(c.build())

    assert list(J.terms) == ["retention", "gate"]
    assert sg.verify(J).proved


def test_the_state_after_the_step_can_be_used() -> None:
    """Named with let or taken from next, the terms are the same; used before it is written it does not exist."""

    def lstm_like(named: bool) -> sg.Cell:
        c = CellBuilder("mine")
        h, k, u = c.state("h"), c.state("c"), c.input("u")
        W, V = c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
        f = c.let("f", sigma(W @ h + V @ u), role="forget")
        value = f * k + (1 - f) * tanh(V @ u)
        if named:
            new = c.let("c_new", value)
            c.next(k, new)
        else:
            new = c.next(k, value)
        c.next(h, f * tanh(new))
        return c.build()

    first, second = lstm_like(True), lstm_like(False)
    assert {s.name: s.update for s in first.states} == {s.name: s.update for s in second.states}
    assert list(sg.jacobian(first, wrt="c", of="c").terms) == ["retention"]
    assert list(sg.jacobian(second, wrt="h", of="c").terms) == ["forget"]
    c = CellBuilder("mine")
    h = c.state("h")
    with pytest.raises(DefinitionError, match="not declared"):
        c.let("a", tanh(Quantity(Signal("h", h.expr.shape[0]))))


@pytest.mark.parametrize("name", ["t", "delta", "eta", "epsilon", "A", "B", "J", "M", "lam", "T", "k", "E", "P"])
@pytest.mark.parametrize("kind", ["vector", "scalar", "let", "gate"])
def test_names_that_papers_use_are_allowed(name: str, kind: str) -> None:
    """Our own letters give way; over many steps a clash with what has a time itself is refused with what to do."""
    c = CellBuilder("named")
    x, u, W, V = c.state("x"), c.input("u"), c.matrix("W_r", "n", "n"), c.matrix("V_r", "n", "m")
    own = {"vector": lambda: c.vector(name, "n"), "scalar": lambda: c.scalar(name)}.get(kind, lambda: c.ones("n"))()
    a = c.let(name if kind == "let" else "a_own", W @ x + V @ u + (own if kind == "vector" else 0))
    g = c.let(name if kind == "gate" else "g", sigma(own * (W @ x)), role="gate")
    c.next(x, (1 - g) * x + g * tanh(a))
    cell = c.build()
    pull = sg.vjp(cell)

    assert str(pull.cotangent.name) == ("mu" if name == "lam" else "lam")
    for item in (sg.jacobian(cell), pull) if name in {"t", "lam", "J", "T"} else (sg.jacobian(cell),):
        assert sg.verify(item, routes=("decision", "modular")).proved
        assert sg.latex(item)
        assert sg.lambdify(item) is not None
    which = {"J": "transport", "M": "transport", "A": "expansion:retention:1", "B": "expansion:retention:1"}
    which = which.get(name, "adjoint")
    if name in LETTERS and kind in {"let", "gate"}:
        with pytest.raises(NameRefusedError, match="renamed"):
            sg.result(cell, which)
        if kind == "let":
            assert sg.verify(sg.result(renamed(cell, **{name: "own"}), which)).proved
    elif name in LETTERS:
        assert sg.verify(sg.result(cell, which)).proved
