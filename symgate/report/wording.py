"""Objects and witnesses in words, the same in the page, the paper and on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from symgate.catalogue import BY_KIND
from symgate.proof import Certificate
from symgate.records import Cell, Derivation, Kind
from symgate.report.gather import Entry
from symgate.report.over_time import of_many_steps
from symgate.report.planted import Planted
from symgate.tex import text

#: The schemes of continuous time, as they are called before "Euler".
SCHEME_NAMES = {"euler": "explicit", "exponential": "exponential"}


def counted(number: int, noun: str) -> str:
    """``3 cells``, ``1 cell``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def kind_in_words(derivation: Derivation) -> str:
    """What a derivation is: "Jacobian by x", "Jacobian by the columns of W_r, stacked", ..."""
    if derivation.kind is Kind.GRADIENT:
        return f"gradient of the loss by {derivation.wrt.name}"
    if of_many_steps(derivation) or derivation.in_blocks:
        return BY_KIND[derivation.kind].meaning
    wrt = derivation.wrt.name
    if derivation.kind is Kind.VJP:
        return f"vector-Jacobian product, {wrt}"
    return f"Jacobian by the columns of {wrt}, stacked" if derivation.kind is Kind.KRONECKER else f"Jacobian by {wrt}"


def shape_in_words(derivation: Derivation) -> str:
    """Its shape: "n x n", "scalar"."""
    return " x ".join(text(size) for size in derivation.shape) or "scalar"


def verdicts(entries: Iterable[Entry]) -> str:
    """How many objects have each verdict, in words."""
    found = [str(entry.certificate.verdict) for entry in entries]
    return (
        ", ".join(f"{found.count(name)} {name}" for name in ("proved", "refuted", "undecided") if name in found)
        or "none"
    )


def counts(cells: Sequence[Cell], entries: Sequence[Entry], planted: Sequence[Planted]) -> dict[str, str]:
    """What the first sentence of a report says, in words."""
    return {
        "objects": counted(len(entries), "object"),
        "cells": counted(len(cells), "cell"),
        "verdicts": verdicts(entries),
        "caught": str(sum(item.refuted for item in planted)),
        "planted": counted(len(planted), "planted error"),
    }


def witness_lines(certificate: Certificate) -> list[str]:
    """The counterexample of a refuted formula, line by line; empty where there is none."""
    witness = certificate.witness
    if witness is None:
        return []
    chosen = {**witness.sizes, **witness.functions}
    row, column = witness.entry
    return [
        "at " + ", ".join(f"{name} = {value}" for name, value in chosen.items()),
        *(f"{name} = {_value(value)}" for name, value in witness.values.items()),
        f"entry ({row}, {column}) of the recurrence: {witness.true}",
        f"entry ({row}, {column}) of the formula:    {witness.claimed}",
    ]


def _value(value: Any) -> str:
    """A number, a vector (a, b) or a matrix [a, b; c, d]."""
    if isinstance(value, str):
        return value
    rows = [", ".join(row) for row in value]
    return f"({', '.join(rows)})" if all(len(row) == 1 for row in value) else f"[{'; '.join(rows)}]"
