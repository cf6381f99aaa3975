"""The straight formula for few points: the same bits as the schedule that it replaces, and only where it may."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import symgate as sg
from symgate.codegen import source
from symgate.language import CellBuilder, tanh
from symgate.numeric.load import load_module
from symgate.records import Derivation
from tests.oracles import draw_point

OBJECTS = [
    sg.jacobian(sg.cell("plain")),
    sg.jacobian(sg.cell("plain"), "u"),
    sg.jacobian(sg.cell("esn"), "u"),
    sg.jacobian(sg.cell("multi_gate"), "u"),
    sg.jacobian(sg.cell("lstm"), "h", "c"),
]
Given = dict[str, object]


def straight(J: Derivation) -> tuple[Callable, Callable[[Given], bool]]:
    """The function, and whether it goes the straight way for some arguments."""
    module = load_module(source(J), J.name)
    names = list(module._CALLS[J.name][0]) if hasattr(module, "_few") else []
    return getattr(module, J.name), lambda given: bool(names) and bool(module._few(J.name, *map(given.get, names)))


def moved(J: Derivation, batch: tuple[int, ...], kind: type = np.float64) -> Given:
    """A point, its states and inputs with these batch axes."""
    point = draw_point(J.cell, seed=3, **{str(size): 3 + place for place, size in enumerate(J.cell.dimensions)})
    moving = {str(symbol.name) for symbol in (*(state.before for state in J.cell.states), *J.cell.inputs)}
    shift = np.random.default_rng(0).standard_normal((*batch, 1))
    return {name: np.asarray(v + shift if name in moving else v, kind) for name, v in point.items()}


@pytest.mark.parametrize("J", OBJECTS, ids=lambda J: J.name)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_second_call_has_the_bits_of_the_first(J: Derivation, kind: type) -> None:
    """The first goes through the checks and the schedule of words, the second may go the straight way."""
    f, few = straight(J)
    for batch in ((), (1,), (3,), (4,), (0,), (2, 1)):
        given = moved(J, batch, kind)
        first, second = f(**given), f(**given)
        np.testing.assert_array_equal(first, second)
        assert first.shape == second.shape
        assert first.dtype == second.dtype == kind
        np.testing.assert_array_equal(f(**given, out=np.empty_like(first)), first)
        assert second.flags.c_contiguous
        if J.name == "plain_jacobian_x":
            assert few(given) == (batch in {(), (1,), (3,), (0,)})


def test_other_arguments_go_the_long_way() -> None:
    """Weights with a batch of their own, lists, mixtures of dtypes; of vectors some may have the batch axis alone."""
    J = sg.jacobian(sg.cell("plain"))
    f, few = straight(J)
    given = moved(J, (2,))
    others = [
        ({**given, "W_r": np.stack([given["W_r"], given["W_r"]])}, False),
        ({**given, "x": given["x"].tolist()}, False),
        ({**given, "b": given["b"].astype(np.float32)}, False),
        ({**given, "u": given["u"][0]}, True),
        ({**given, "b": given["b"][None]}, True),
    ]
    for other, straightly in others:
        first = f(**other)
        assert few(other) == straightly
        np.testing.assert_array_equal(f(**other), first)


def test_a_batch_axis_of_an_argument_that_is_not_needed() -> None:
    """It is an axis of the result, which the formula alone would not give."""
    c = CellBuilder("fed")
    x, u, V, v = c.state("x", "n"), c.input("u", "m"), c.matrix("V", "n", "m"), c.vector("v", "n")
    c.next(x, v * x + tanh(V @ u))
    J = sg.jacobian(c.build(), "u")
    f, few = straight(J)
    given = moved(J, ())
    for shape, axes in (((3,), ()), ((1, 3), (1,)), ((2, 3), (2,))):
        other = {**given, "x": np.ones(shape)}
        first = f(**other)
        assert few(other) == (axes == ())
        assert f(**other).shape == first.shape == (*axes, 3, 4)
        np.testing.assert_array_equal(f(**other), first)


def test_an_argument_that_does_not_fit_is_refused_after_good_calls() -> None:
    """The straight way has no checks of its own: it is for shapes and dtypes that were checked."""
    J = sg.jacobian(sg.cell("plain"))
    f, _ = straight(J)
    given = moved(J, (1,))
    np.testing.assert_array_equal(f(**given), f(**given))
    for name, value in (("W_i", given["W_i"][:2]), ("W_r", given["W_r"][:, :2]), ("x", given["x"] + 1j)):
        with pytest.raises((ValueError, TypeError), match=name):
            f(**{**given, name: value})


def test_what_has_several_words_has_no_straight_way() -> None:
    """There the schedule is no slower than what textbooks write."""
    assert "_few" not in source(sg.jacobian(sg.cell("multi_gate")))
