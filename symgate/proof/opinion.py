"""What the modular route says: evidence, and what became of every statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symgate.proof.certificate import Evidence


@dataclass(frozen=True)
class Compared:
    """One statement of a derivation.

    Attributes:
        key: "main", or the key of the equation.
        agrees: True at everything that was compared; False where it differs; None where nothing could be compared.
        checks: how many entries were compared.
        why: what differs, or what was not compared and why; empty where everything was compared and agrees.
    """

    key: str
    agrees: bool | None
    checks: int
    why: str = ""


@dataclass(frozen=True)
class Opinion(Evidence):
    """Evidence that tells statement by statement what was compared.

    Attributes:
        statements: every claim, "main" first; a definition has no line, but for parts of lambda and delta.
        needed: how many operations it would need, where the budget did not cover them.
    """

    statements: tuple[Compared, ...] = ()
    needed: int | None = None

    def agrees(self, key: str) -> bool | None:
        """What became of the statement with that key; None too where there is none."""
        return next((item.agrees for item in self.statements if item.key == key), None)

    def to_dict(self, *, seconds: bool = True) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        rows = [{"key": s.key, "agrees": s.agrees, "checks": s.checks, "why": s.why} for s in self.statements]
        return super().to_dict(seconds=seconds) | {"statements": rows}


@dataclass(frozen=True)
class Difference:
    """Where the two sides first differ.

    Attributes:
        key, times, entry: which statement, at which times, at which entry, counted from 1.
        steps, sizes: T, None for one step, and the sizes.
        soft: a difference that does not refute by itself.
    """

    key: str
    times: Mapping[str, int]
    entry: tuple[int, int]
    steps: int | None
    sizes: Mapping[Any, int]
    soft: bool

    def __str__(self) -> str:
        times = "".join(f", {name} = {value}" for name, value in self.times.items() if name != "T")
        steps = "" if self.steps is None else f", T = {self.steps}"
        sizes = ", ".join(f"{name} = {size}" for name, size in self.sizes.items())
        what = "entry" if self.key == "main" else f"{self.key}: entry"
        return f"{what} {self.entry} differs at a random point, {sizes}{steps}{times}"
