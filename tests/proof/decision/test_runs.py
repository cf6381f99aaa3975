"""Sums that are multiplied over time: which one was met before, and what it costs to meet it again."""

from __future__ import annotations

import pytest

from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import FREE, HOLE, TIME, Form, Kind, at_time
from symgate.proof.decision.runs import Bases


def base(algebra: Algebra, other: str, factor: int = 1, steps: int = 0) -> Form:
    """factor (a_j + other_{j-1}), so many steps later."""
    hole = algebra.letter(TIME, *HOLE)
    names = (("a", steps), (other, steps - 1))
    atoms = [algebra.atom(Kind.ENTRY, ("scalar signal", name), times=(at_time(hole, at),)) for name, at in names]
    return algebra.scaled(algebra.add(*map(algebra.of, atoms)), factor)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("steps", range(-3, 4))
@pytest.mark.parametrize("later", [0, 2])
def test_a_sum_is_known_up_to_its_sign_and_two_steps(steps: int, sign: int, later: int) -> None:
    """It is sign known(j + steps) for the sum met first, however many are met after it; any other sum is new."""
    algebra, bases = Algebra(), Bases()
    known = base(algebra, "b")
    for own in (known, *(base(algebra, f"c{q}") for q in range(later))):
        assert bases.known(algebra, own) is None
    moved = base(algebra, "b", sign, steps)

    found = bases.again().known(algebra, moved)

    assert found == ((known, steps, sign) if abs(steps) < 3 and (steps, sign) != (0, 1) else None)
    assert bases.known(algebra, base(algebra, "b", 2, steps)) is None
    assert bases.known(algebra, known) is None


def test_a_run_counts_the_same_work_however_often_it_is_met() -> None:
    """From the second time on; from the third on nothing is made anew."""
    algebra = Algebra()
    atom = algebra.atom(Kind.RUN, times=(at_time(algebra.letter(TIME, FREE, 0)),), args=(base(algebra, "b", 6),))
    forms, spent = [], []
    for _ in range(5):
        before = algebra.meter.work
        forms.append(algebra.of(atom))
        spent.append(algebra.meter.work - before)

    assert len(set(forms)) == 1
    assert spent[0] > spent[1]
    assert spent[1:] == [spent[1]] * 4


@pytest.mark.parametrize("factors", range(-3, 3))
@pytest.mark.parametrize("blocks", ["one", "equal", "different"])
def test_a_product_of_no_matrices_is_the_identity(factors: int, blocks: str) -> None:
    """From a time to the one before; off its diagonal blocks it is 0, and a product of fewer than none is not there."""
    algebra = Algebra()
    row, col = (algebra.letter("n", FREE, number) for number in (1, 2))
    time = algebra.letter(TIME, FREE, 0)
    places = {"one": ((None,), (None,)), "equal": ((0, None), (0, None)), "different": ((0, None), (1, None))}[blocks]
    atom = algebra.atom(Kind.ORDERED, ("W", "W", places), (row, col), (at_time(time, factors - 1), at_time(time)))

    form = algebra.of(atom)

    if factors > 0:
        assert [found for term, _ in form.terms for found, _ in term.factors] == [atom]
    elif factors < 0 or blocks == "different":
        assert not form.terms
    else:
        assert form is algebra.of(algebra.atom(Kind.DELTA, letters=(row, col)))
