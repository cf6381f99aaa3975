"""A style refuses what it does not know."""

from __future__ import annotations

import dataclasses

import pytest

from symgate.tex import Style


@pytest.mark.parametrize(
    "choice",
    [{"transpose": "prime"}, {"derivatives": "dot"}, {"bold": 1}, {"macros": "yes"}, {"width": 5}, {"width": True}],
)
def test_unknown_choices_are_refused(choice: dict) -> None:
    with pytest.raises((ValueError, TypeError), match=next(iter(choice))):
        Style(**choice)


def test_a_style_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Style().bold = False
