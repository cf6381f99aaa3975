"""How the text of a certificate is laid out: its head, the titles of its parts, and comments."""

from __future__ import annotations

from collections.abc import Sequence

from symgate.proof.rocq import many_steps, writers
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.matrix_forms import on_columns
from symgate.records import Derivation

#: Further equations of a kind that its theorems, or the library, state as well.
COVERED = many_steps.COVERED | writers.COVERED
ALONE = (
    "Check it with coqc 8.16 and Coquelicot 3.2; nothing else is needed.",
    "First comes a small library (sums, matrices, rules); then, from 'Symbols' on, what is proved and the proof.",
)
BESIDE = (
    "Check it with coqc 8.16 and Coquelicot 3.2, after the files beside it that it requires.",
    "The order of all files stands in _CoqProject.",
)


def head(text: CellText, derivations: Sequence[Derivation], *, beside: bool = False) -> str:
    """The comment at the top: what is proved, what is printed and not stated, and what is renamed.

    Args:
        text: the cell.
        derivations: the results.
        beside: the file stands on others.
    """
    cell = text.cell
    lines = [f"Certificate for the cell {cell.name}" + (f" ({cell.source})." if cell.source else ".")]
    lines += BESIDE if beside else ALONE
    lines += [f"Proved: {', '.join(item.name for item in derivations)}."] if derivations else []
    for item in derivations:
        known = COVERED.get(item.kind, ())
        left = [equation.key for equation in item.claims if equation.key not in known or on_columns(equation)]
        if left:
            lines.append(f"Printed with {item.name} and not stated here: {', '.join(left)}.")
    lines += [
        f"Renamed, for Coq or a theorem has a {old} of its own: {old} is {new}." for old, new in text.names.renamed
    ]
    return "(* " + "\n   ".join(plain(line) for line in lines) + " *)"


def titled(title: str, text: str) -> str:
    """A part under its title; nothing where the part is empty."""
    return f"\n(* ---- {title} ---- *)\n{text}" if text else ""


def commented(latex: str, definition: str) -> str:
    """A definition below the LaTeX that it is to be compared with."""
    return f"(* {plain(latex)} *)\n{definition}" if latex else definition


def plain(text: str) -> str:
    """Text that may stand in a comment: no quotes, no ends of comments."""
    return text.replace('"', "''").replace("(*", "( *").replace("*)", "* )").strip()
