"""What was established about a formula: the ledger of its statements, the routes taken, a witness where it is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any

from symgate.errors import NotProvedError


class Verdict(StrEnum):
    """What is known of a formula."""

    PROVED = "proved"  # for all sizes and values, by an exact route
    REFUTED = "refuted"  # by an exact witness
    UNDECIDED = "undecided"
    UNREADABLE = "unreadable"  # a claim that is not a formula


PROVED, REFUTED, UNDECIDED, UNREADABLE = Verdict


class Settled(StrEnum):
    """What became of one statement that is printed with a result."""

    PROVED = "proved"
    DEFINITION = "definition"
    EXAMPLE = "example"
    DIFFERENT = "not proved"  # compared, and the two sides have different canonical forms
    OPEN = "not judged"


@dataclass(frozen=True)
class Line:
    """One line of the ledger: a statement that is printed with the result, and what became of it.

    Attributes:
        key: "main" for the result itself, else the key of the equation.
        statement: the statement in plain text.
        settled: what became of it.
        because: what was compared, in words.
    """

    key: str
    statement: str
    settled: Settled
    because: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return {
            "key": self.key,
            "statement": self.statement,
            "settled": str(self.settled),
            "because": list(self.because),
        }


@dataclass(frozen=True)
class Evidence:
    """What one route found.

    Attributes:
        route: "decision", "modular", "numeric", "autodiff" or "limits".
        passed: True, False, or None where the route could not decide or did not run.
        detail: in words, what was compared and, where it failed, what differed.
        sizes: the sizes at which it was compared, such as ((("n", 2), ("m", 1)), ...).
        checks: how many scalars were compared.
        error_probability: a bound on the probability that a wrong formula passes at one of the sizes;
            None where the question does not arise.
        difference: the largest difference relative to the largest entry; None for exact routes.
        seconds: the time it took, the one thing here that is not deterministic.
    """

    route: str
    passed: bool | None
    detail: str
    sizes: tuple[tuple[tuple[str, int], ...], ...] = ()
    checks: int = 0
    error_probability: float | None = None
    difference: float | None = None
    seconds: float = 0.0

    def to_dict(self, *, seconds: bool = True) -> dict[str, Any]:
        """Plain types, ready for JSON; ``seconds=False`` leaves out what is not deterministic."""
        found = {
            "route": self.route,
            "passed": self.passed,
            "detail": self.detail,
            "sizes": [dict(size) for size in self.sizes],
            "checks": self.checks,
            "error_probability": self.error_probability,
            "difference": self.difference,
        }
        return found | {"seconds": round(self.seconds, 4)} if seconds else found


@dataclass(frozen=True)
class Witness:
    """A concrete case in which a formula is wrong.

    Attributes:
        sizes: the size of each dimension.
        values: every symbol with its value, rationals as text ("1/2"); vectors and matrices as lists of rows.
        functions: which function stood for each opaque one, such as {"phi": "tanh"}.
        entry: row and column in the right side, counted from 1.
        claimed: what the formula gives there.
        true: the derivative of the recurrence there.
        exact: whether both numbers are rationals, computed exactly; otherwise both have 30 correct digits.
    """

    sizes: Mapping[str, int]
    values: Mapping[str, Any]
    functions: Mapping[str, str]
    entry: tuple[int, int]
    claimed: str
    true: str
    exact: bool

    def __str__(self) -> str:
        given = "; ".join(f"{name} = {_shown(value)}" for name, value in self.values.items())
        bound = "".join(f", {name} = {function}" for name, function in self.functions.items())
        sizes = ", ".join(f"{name} = {size}" for name, size in self.sizes.items())
        return f"at {sizes}{bound}, {given}: entry {self.entry} is {self.true}, the formula gives {self.claimed}"

    def to_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return {
            "sizes": dict(self.sizes),
            "values": dict(self.values),
            "functions": dict(self.functions),
            "entry": list(self.entry),
            "claimed": self.claimed,
            "true": self.true,
            "exact": self.exact,
        }


@dataclass(frozen=True, repr=False)
class Certificate:
    """The verdict on a formula and what it rests on.

    Attributes:
        subject: the name of the derivation.
        verdict: "proved", "refuted" or "undecided".
        statement: in words, what was established.
        evidence: what each route found.
        witness: a concrete counterexample where the verdict is "refuted".
        ledger: every statement that is printed with the result, and what became of it.
        conditions: what the statement assumes, such as that a denominator is not 0.
        digest: a digest of the cell and the formula that were judged.
        fault: if two exact routes contradict each other, an error of the program itself, what they say; else "".
    """

    subject: str
    verdict: Verdict
    statement: str
    evidence: tuple[Evidence, ...]
    witness: Witness | None = None
    ledger: tuple[Line, ...] = ()
    conditions: tuple[str, ...] = ()
    digest: str = ""
    fault: str = ""

    @property
    def proved(self) -> bool:
        """Whether the formula holds for all sizes."""
        return self.verdict == PROVED

    @property
    def checks(self) -> int:
        """How many scalars were compared, over all routes."""
        return sum(item.checks for item in self.evidence)

    @property
    def seconds(self) -> float:
        """The time all routes took."""
        return sum(item.seconds for item in self.evidence)

    def route(self, name: str) -> Evidence | None:
        """What the route of that name found; None where it did not run."""
        return next((item for item in self.evidence if item.route == name), None)

    def require(self) -> Certificate:
        """The certificate itself if the verdict is "proved".

        Raises:
            NotProvedError: it is not; the message carries the statement.
        """
        if not self.proved:
            raise NotProvedError(f"{self.subject} is {self.verdict}: {self.statement}")
        return self

    def exact(self) -> dict[str, Any]:
        """What is the same on every machine: no seconds, and of the routes those that use no floating point."""
        found = self.to_dict(seconds=False)
        kept = [item for item in found["evidence"] if item["route"] in EXACT]
        return found | {"evidence": kept}

    def to_dict(self, *, seconds: bool = True) -> dict[str, Any]:
        """Plain types, ready for JSON; ``seconds=False`` leaves out what is not deterministic."""
        return {
            "subject": self.subject,
            "verdict": str(self.verdict),
            "statement": self.statement,
            "conditions": list(self.conditions),
            "ledger": [line.to_dict() for line in self.ledger],
            "digest": self.digest,
            "fault": self.fault,
            "evidence": [item.to_dict(seconds=seconds) for item in self.evidence],
            "witness": self.witness.to_dict() if self.witness else None,
        }

    def to_json(self, *, seconds: bool = True) -> str:
        """The certificate as JSON."""
        return json.dumps(self.to_dict(seconds=seconds), indent=2)

    def __str__(self) -> str:
        lines = [f"{self.subject}: {self.verdict}", f"  {self.statement}"]
        lines += [f"  [{MARKS[item.passed]}] {item.route}: {item.detail}" for item in self.evidence]
        lines += [f"  {line.key}: {line.settled}" for line in self.ledger[1:]]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"Certificate: {self.subject} is {self.verdict}\n  {self.statement}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{MARKS[item.passed]}</td><td>{escape(item.route)}</td><td>{escape(item.detail)}</td></tr>"
            for item in self.evidence
        )
        head = f"<p><b>{escape(self.subject)}: {escape(self.verdict)}.</b> {escape(self.statement)}</p>"
        return f"{head}<details><summary>evidence</summary><table>{rows}</table></details>"


#: The routes that compute exactly, and with nothing but this package and SymPy.
EXACT = ("decision", "modular", "limits")

MARKS = {True: "holds", False: "fails", None: "open"}


def _shown(value: Any) -> str:
    """A value as one line: a column vector without its inner brackets."""
    if isinstance(value, str):
        return value
    rows = [", ".join(row) for row in value]
    return f"({', '.join(rows)})" if all(len(row) == 1 for row in value) else f"[{'; '.join(rows)}]"
