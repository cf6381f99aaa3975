"""The verdict on a claim: how it was read, what was found, which slip it looks like."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import Any

from symgate.claims.judging.diagnosis import Diagnosis
from symgate.claims.judging.proposals import Proposal
from symgate.errors import NotProvedError
from symgate.proof import PROVED, REFUTED, UNDECIDED, Certificate

UNREADABLE = "unreadable"
#: Exit codes: all is proved; something is refuted; something is undecided or cannot be read.
EXIT = {PROVED: 0, REFUTED: 1, UNDECIDED: 2, UNREADABLE: 2}


@dataclass(frozen=True, repr=False)
class Finding:
    """What was found about one claim.

    Attributes:
        cell, object: what the claim is about.
        claim: the claim as given; "" for a function, an array or a SymPy expression.
        verdict: "proved", "refuted", "undecided" or, for text that is not a formula, "unreadable".
        statement: in words, what was established.
        reading, reading_latex: the claim as it was read; "" if it was not read.
        notes: how ambiguous parts were read.
        truth, truth_latex: the true formula.
        difference, difference_latex: claim minus truth; "" if there is none or it is not written out.
        diagnosis: the nearest known slips, alternatives in order; each alternative may hold several slips.
        proposals: conventions under which the claim would hold; none is applied.
        assumed: what the verdict assumes beyond the recurrence, such as an output, o_t = W_qh h_t.
        certificate: the certificate behind the verdict; None if a claim was not read or is numeric.
        rigorous: for a refuted claim, both numbers of the witness as enclosures, or "" without python-flint.
        points, largest: for a function or array, the number of points compared and the largest relative difference.
        seconds: the time it took.
    """

    cell: str
    object: str
    claim: str
    verdict: str
    statement: str
    reading: str = ""
    reading_latex: str = ""
    notes: tuple[str, ...] = ()
    truth: str = ""
    truth_latex: str = ""
    difference: str = ""
    difference_latex: str = ""
    diagnosis: tuple[Diagnosis, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    assumed: tuple[str, ...] = ()
    certificate: Certificate | None = None
    rigorous: str = ""
    points: int = 0
    largest: float | None = None
    seconds: float = 0.0

    @property
    def proved(self) -> bool:
        """Whether the claim holds for all sizes and values."""
        return self.verdict == PROVED

    @property
    def exit_code(self) -> int:
        """0 proved, 1 refuted, 2 undecided or unreadable."""
        return EXIT[self.verdict]

    @property
    def slips(self) -> tuple[str, ...]:
        """The diagnosis in words, one line for each alternative."""
        return tuple(" and ".join(slip.words for slip in slips) for slips in self.diagnosis)

    def require(self) -> Finding:
        """The finding itself if the claim is proved.

        Raises:
            NotProvedError: it is not; the message carries statement and diagnosis.
        """
        if not self.proved:
            raise NotProvedError(f"{self.cell}, {self.object}: {self.verdict}. {self.statement}{self._like()}")
        return self

    def to_dict(self, *, seconds: bool = True) -> dict[str, Any]:
        """Plain types, ready for JSON; ``seconds=False`` leaves out what is not deterministic."""
        plain = ("cell", "object", "claim", "verdict", "statement", "reading", "reading_latex", "truth", "truth_latex")
        found: dict[str, Any] = {name: getattr(self, name) for name in plain}
        found |= {"notes": list(self.notes), "difference": self.difference, "difference_latex": self.difference_latex}
        found["diagnosis"] = [
            [{"kind": slip.kind, "place": slip.place, "words": slip.words} for slip in slips]
            for slips in self.diagnosis
        ]
        found["proposals"] = [{"words": item.words, "notation": item.notation.to_toml()} for item in self.proposals]
        found["assumed"] = list(self.assumed)
        found["certificate"] = self.certificate.to_dict(seconds=seconds) if self.certificate else None
        found |= {"rigorous": self.rigorous, "points": self.points, "largest_relative_difference": self.largest}
        return found | ({"seconds": round(self.seconds, 4)} if seconds else {})

    def to_json(self, *, seconds: bool = True) -> str:
        """The finding as JSON."""
        return json.dumps(self.to_dict(seconds=seconds), indent=2)

    def _like(self) -> str:
        return f" It looks as if {', or '.join(self.slips)}." if self.slips else ""

    def __str__(self) -> str:
        lines = [f"{self.cell}, {self.object}: {self.verdict}"]
        if self.reading:
            lines.append(f"  read as    {_indented(self.reading)}")
        lines += [f"  assumed    {item}" for item in self.assumed]
        lines += [f"  note       {note}" for note in self.notes]
        if self.verdict != PROVED and self.truth:
            lines.append(f"  truth      {_indented(self.truth)}")
        if self.difference:
            lines.append(f"  difference {_indented(self.difference)}")
        lines += [f"  looks like {words}" for words in self.slips]
        lines += [f"  it is      {item.words}" for item in self.proposals]
        lines.append(f"  {self.statement}")
        return "\n".join([*lines, *([f"  {self.rigorous}"] if self.rigorous else [])])

    def __repr__(self) -> str:
        slips = [f"  It looks as if {words}." for words in self.slips[:1]]
        return "\n".join([f"Finding: {self.cell}, {self.object} is {self.verdict}", f"  {self.statement}", *slips])

    def _repr_html_(self) -> str:
        shown = [("read as", self.reading_latex), ("truth", self.truth_latex), ("difference", self.difference_latex)]
        rows = "".join(f"<tr><td>{name}</td><td>$\\displaystyle {escape(tex)}$</td></tr>" for name, tex in shown if tex)
        rows += "".join(f"<tr><td>looks like</td><td>{escape(words)}</td></tr>" for words in self.slips)
        head = f"<p><b>{escape(self.cell)}, {escape(self.object)}: {escape(self.verdict)}.</b> "
        evidence = self.certificate._repr_html_() if self.certificate else ""
        folded = f"<details><summary>certificate</summary>{evidence}</details>" if evidence else ""
        return f"{head}{escape(self.statement)}</p><table>{rows}</table>{folded}"


def _indented(text: str) -> str:
    return text.replace("\n", "\n" + " " * 13)
