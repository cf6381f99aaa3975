"""What attacks on the judges of rates, analogies and windows found, each as the smallest case that shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sympy
from sympy import Piecewise, Symbol

import symgate as sg
from symgate.derive.analogies import LOW, SWITCH
from symgate.derive.results import result
from symgate.language import Dot, ScalarSignal, tanh
from symgate.language.sequences import LAG, K
from symgate.language.sequences import J as INDEX
from symgate.records import Cell, Derivation, Equation, Standing
from tests.truth import api

_EXACT = ("decision", "modular")


def _verdict(derivation: Derivation) -> str:
    return str(sg.verify(derivation, routes=_EXACT).verdict.value)


def _with(derivation: Derivation, key: str, right: Any) -> Derivation:
    """The result with another right side of one of its equations."""
    equations = tuple(replace(item, right=right) if item.key == key else item for item in derivation.equations)
    return replace(derivation, equations=equations)


def _schedule() -> Derivation:
    return result(sg.cell("leaky"), "analogy:schedule")


@pytest.mark.parametrize("most", [3, 5, 8])
def test_a_gate_of_a_step_schedule_is_compared_far_from_the_step(most: int) -> None:
    """What is added is 0 at all j - c up to a number, and nowhere else."""
    own, far = _schedule(), INDEX - SWITCH
    added = sympy.expand(far * sympy.prod(far**2 - q**2 for q in range(1, most + 1)))
    assert _verdict(_with(own, "gate_step", own.equation("gate_step").right + added)) != api.PROVED


def test_a_gate_of_a_step_schedule_may_be_written_otherwise() -> None:
    """A condition with a square, and a piece that is written as a fraction."""
    right = Piecewise((1 - LOW, (INDEX - SWITCH) ** 2 < 1), (1 - INDEX / INDEX, INDEX < SWITCH), (0, True))
    assert _verdict(_with(_schedule(), "gate_step", right)) == api.PROVED


@pytest.mark.parametrize(
    "condition",
    [
        sympy.And(INDEX >= SWITCH, INDEX < SWITCH + 1),
        sympy.Eq(sympy.Mod(INDEX - SWITCH, 7), 0),
        sympy.Abs(INDEX - SWITCH) < 1,
        sympy.cos(INDEX - SWITCH) > 1,
    ],
    ids=str,
)
def test_a_condition_of_another_form_is_not_compared(condition: Any) -> None:
    """A condition that is not one comparison of j - c with a number ended in a traceback."""
    assert _verdict(_with(_schedule(), "gate_step", Piecewise((1 - LOW, condition), (0, True)))) != api.PROVED


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("analogy:schedule", ScalarSignal("s", K)),
        ("envelope:beta", ScalarSignal("f", K)),
        ("transport", ScalarSignal("a", K)),
        ("gradient:b", ScalarSignal("x", K)),
    ],
)
def test_a_name_with_a_meaning_is_not_defined_again(name: str, extra: ScalarSignal) -> None:
    """The schedule of the examples, the envelope itself, and a number called like a vector of the cell."""
    own = result(sg.cell("leaky"), name)
    again = Equation("extra", extra, sympy.Integer(7), standing=Standing.DEFINITION)
    assert _verdict(replace(own, equations=(*own.equations, again))) != api.PROVED


def _letters() -> tuple[Symbol, ...]:
    return sympy.symbols("a b kappa tau", positive=True)


def _signs() -> dict[str, Any]:
    """What is 1 where a - b is positive, and is not or has no value elsewhere."""
    a, b, kappa, _ = _letters()
    return {
        "a root of a square": sympy.sqrt((a - b) ** 2) / (a - b),
        "a root of a power": ((a - b) ** kappa) ** (1 / kappa) / (a - b),
        "the logarithm of a square": sympy.log((a - b) ** 2) / (2 * sympy.log(a - b)),
        "a root far from a lag": sympy.sqrt((LAG - 30) ** 2) / (LAG - 30),
    }


@pytest.mark.parametrize("law", ["window:power", "window:exponential", "envelope:beta", "envelope:annealed"])
@pytest.mark.parametrize("why", list(_signs()))
def test_only_what_is_positive_has_a_logarithm(law: str, why: str) -> None:
    """Windows are compared by logarithms; some of these were proved, and others ended in a traceback."""
    own, factor = result(sg.cell("leaky"), law), _signs()[why]
    ((name, term),) = own.named_terms
    assert _verdict(replace(own, named_terms=((name, term * factor),))) != api.PROVED
    for item in own.claims:
        assert _verdict(_with(own, item.key, item.right * factor)) != api.PROVED, item.key


def _of_size(size: str | int) -> Cell:
    builder = sg.CellBuilder("sized", source="an attack")
    x, W, g = builder.state("x", size), builder.matrix("W", size, size), builder.scalar("g")
    builder.next(x, (1 - g) * x + g * tanh(W @ x))
    return builder.build()


@pytest.mark.parametrize("size", ["m", "k", "d", 3])
def test_a_condition_number_of_1_is_proved_whatever_the_size_is_called(size: str | int) -> None:
    """The size was compared with the letter n."""
    cell = _of_size(size)
    assert _verdict(result(cell, "preconditioner")) == api.PROVED
    assert api.verdict(cell, "preconditioner", "(1-g)**(t-k)*eye") == api.PROVED


def test_a_size_that_the_cell_does_not_have_ends_in_no_traceback() -> None:
    """Vectors of ones of another size, as a SymPy expression."""
    ones = sympy.OneMatrix(Symbol("q", integer=True, positive=True), 1)
    for name in ("jacobian", "transport", "preconditioner"):
        true = result(sg.cell("leaky"), name).expr
        assert sg.check("leaky", Dot(ones, ones) * true, name).verdict == api.UNDECIDED


def test_certificates_say_of_which_letters_a_sign_is_needed() -> None:
    """A bound on a remainder is one where epsilon is not negative; d has real roots where it is positive."""
    bound = sg.verify(result(sg.cell("leaky"), "remainder:retention:0"), routes=_EXACT)
    assert "epsilon is not negative" in bound.statement
    for cell, words in (("leaky", "d is positive"), ("multi_gate", "every entry of d is positive")):
        assert words in sg.verify(result(sg.cell(cell), "analogy:adam"), routes=_EXACT).statement
