"""How formulas are spelled: one frozen record, read by every vocabulary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from symgate.notation import Notation

#: The width of a letter in points of a text set at 10 pt: 72 of them fill 16 cm, 54 a column of article, 38 one of two.
LETTER = 6.3


@dataclass(frozen=True)
class Style:
    r"""Choices of spelling; every field has the default of most papers of the field.

    Attributes:
        bold: vectors and matrices in bold type; False sets them as plain letters.
        transpose: "top" for ``^{\top}``, "T" for an upright sans-serif T.
        macros: spell ``\diag``, ``\vect`` and so on, to be defined by ``macro_definitions(style)``.
        derivatives: "prime" for f'(v); "value" writes f' by the value of f where f' = p(f), such as
            g (.) (1 - g) for sigma'(a) where g = sigma(a) is a named intermediate.
        products: "named" gives a name to a partial product over time that occurs more than once in a display, and
            defines the name below it; "written" writes it out everywhere.
        width: where lines are broken, in letters of the text: 72 for a text block of 16 cm (the default), 54 for a
            column of 345 pt (article), 38 for one of two columns of 240 pt; ``Style.for_points`` counts them.
        notation: the author's names and conventions.
    """

    bold: bool = True
    transpose: str = "top"
    macros: bool = False
    derivatives: str = "prime"
    products: str = "named"
    width: int = 72
    notation: Notation = field(default_factory=Notation)

    @classmethod
    def for_points(cls, points: float, **choices: Any) -> Style:
        r"""The style whose lines fit a text block so many points wide, as ``\the\linewidth`` tells it, set at 10 pt."""
        return cls(width=int(points / LETTER), **choices)

    def __post_init__(self) -> None:
        for name, allowed in (
            ("transpose", ("top", "T")),
            ("derivatives", ("prime", "value")),
            ("products", ("named", "written")),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"Style.{name} is one of {allowed}; found {getattr(self, name)!r}.")
        for name in ("bold", "macros"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"Style.{name} is True or False; found {getattr(self, name)!r}.")
        if type(self.width) is not int or self.width < 20:
            raise ValueError(f"Style.width is a whole number of letters, at least 20; found {self.width!r}.")


#: The style used where none is given.
DEFAULT = Style()


def styled(style: Style | None, notation: Notation | None) -> Style:
    """The style, with the author's notation where one is given."""
    style = style or DEFAULT
    return replace(style, notation=notation) if notation is not None else style
