"""Claims and proofs as the page shows them: verdict, witness, slips, difference; all by the exact routes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from symgate.derive import result
from symgate.errors import SymgateError
from symgate.page.recurrences import OWN, Read, located
from symgate.proof import Certificate, Witness, verify
from symgate.records import Derivation
from symgate.tex import Style, mathml

EXACT = ("decision", "modular")


def checked(read: Read, claim: str, name: str | None, width: int) -> dict[str, Any]:
    """The verdict on a formula that somebody else wrote.

    Args:
        read: the recurrence.
        claim: the formula, with or without a left side.
        name: what it is about; None to take it from the left side.
        width: how many letters a line has room for.

    Raises:
        SymgateError: the recurrence has no object of that name.
    """
    from symgate.claims import UnreadableError, check

    style = Style(width=max(20, min(width, 200)), notation=read.notation)
    try:
        found = check(read.cell, claim, name or None, notation=read.notation)
    except UnreadableError as error:
        return {"verdict": "unreadable", "error": located(error, claim, "claim")}
    if found.verdict == "unreadable":
        return {"verdict": "unreadable", "error": _unread(found.statement, claim)}
    truth = result(read.cell, found.object) if found.object else None
    return {
        "verdict": str(found.verdict),
        "object": found.object,
        "statement": _brief(found.statement, found.certificate.witness if found.certificate else None),
        "reading": _math(found.reading, truth, style),
        "notes": list(found.notes),
        "truth": {"math": mathml(truth, style), "text": found.truth} if truth is not None else None,
        "difference": _math(found.difference, truth, style),
        "slips": list(found.slips),
        "proposals": [item.words for item in found.proposals],
        "witness": _witness(found.certificate.witness) if found.certificate else [],
        "evidence": _evidence(found.certificate) if found.certificate else [],
    }


def _brief(statement: str, case: Witness | None) -> str:
    """The statement without the counterexample, which stands below it line by line, and without the name of no cell."""
    statement = statement.replace(f" of cell {OWN} ", " ")
    return statement if case is None else f"{statement.removesuffix('.').removesuffix(str(case)).rstrip(': ')}."


def _unread(statement: str, claim: str) -> dict[str, Any]:
    """Where a claim is not read: the reader's words begin with the position."""
    from symgate.claims import UnreadableError

    told = statement.removeprefix("The claim is not read: ")
    if not told.startswith("at position "):
        return located(UnreadableError(told), claim, "claim")
    place, _, reason = told.removeprefix("at position ").partition(": ")
    number, _, _ = place.partition(" ")
    return located(UnreadableError(reason, int(number) if number.isdecimal() else None), claim, "claim")


def _math(formula: str, truth: Derivation | None, style: Style) -> dict[str, str] | None:
    """A formula in the package's own spelling, as text and, where that is read back, as MathML."""
    if not formula:
        return None
    shown = {"text": formula, "math": ""}
    if truth is not None:
        from symgate.claims import read

        with suppress(SymgateError, ValueError, TypeError):  # then the text stands alone
            shown["math"] = mathml(read(formula, truth).expr, style)
    return shown


def proved(read: Read, name: str) -> dict[str, Any]:
    """The certificate of one result.

    Raises:
        SymgateError: there is no such result.
    """
    certificate = verify(result(read.cell, name), routes=EXACT)
    return {
        "object": name,
        "verdict": str(certificate.verdict),
        "statement": _brief(certificate.statement, certificate.witness),
        "conditions": list(certificate.conditions),
        "ledger": [{"statement": line.statement, "settled": str(line.settled)} for line in certificate.ledger],
        "evidence": _evidence(certificate),
        "witness": _witness(certificate.witness),
        "digest": certificate.digest,
    }


def _evidence(certificate: Certificate) -> list[dict[str, Any]]:
    return [{"route": item.route, "passed": item.passed, "detail": item.detail} for item in certificate.evidence]


def _witness(case: Witness | None) -> list[str]:
    """The counterexample, line by line; () where there is none."""
    if case is None:
        return []
    sizes = ", ".join(f"{name} = {value}" for name, value in {**case.sizes, **case.functions}.items())
    row, column = case.entry
    return [
        f"at {sizes}",
        *(f"{name} = {_value(value)}" for name, value in case.values.items()),
        f"entry ({row}, {column}) of the recurrence: {case.true}",
        f"entry ({row}, {column}) of the formula: {case.claimed}",
    ]


def _value(value: Any) -> str:
    """A number, a vector (a, b) or a matrix [a, b; c, d]."""
    if isinstance(value, str):
        return value
    rows = [", ".join(row) for row in value]
    return f"({', '.join(rows)})" if all(len(row) == 1 for row in value) else f"[{'; '.join(rows)}]"
