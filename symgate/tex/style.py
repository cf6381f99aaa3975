"""How formulas are spelled: one frozen record, read by every vocabulary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    r"""Choices of spelling; every field has the default of most papers of the field.

    Attributes:
        bold: vectors and matrices in bold type; False sets them as plain letters.
        transpose: "top" for ``^{\top}``, "T" for an upright sans-serif T.
        macros: spell ``\diag``, ``\vect`` and so on, to be defined by ``macro_definitions(style)``.
        derivatives: "prime" for f'(v); "value" writes f' by the value of f where f' = p(f), such as
            g (.) (1 - g) for sigma'(a) where g = sigma(a) is a named intermediate.
        width: where long sums are broken, in letters of the text; 72 fits a text block of 16 cm at 11 pt.
    """

    bold: bool = True
    transpose: str = "top"
    macros: bool = False
    derivatives: str = "prime"
    width: int = 72

    def __post_init__(self) -> None:
        for field, allowed in (("transpose", ("top", "T")), ("derivatives", ("prime", "value"))):
            if getattr(self, field) not in allowed:
                raise ValueError(f"Style.{field} is one of {allowed}; found {getattr(self, field)!r}.")
        for field in ("bold", "macros"):
            if not isinstance(getattr(self, field), bool):
                raise TypeError(f"Style.{field} is True or False; found {getattr(self, field)!r}.")
        if type(self.width) is not int or self.width < 20:
            raise ValueError(f"Style.width is a whole number of letters, at least 20; found {self.width!r}.")


#: The style used where none is given.
DEFAULT = Style()
