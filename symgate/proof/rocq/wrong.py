"""Files of slips: the tactics that prove true formulas must fail on wrong ones.

A file may stand alone, or on the files of a cell (``files.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from symgate.proof.rocq import claimed, claimed_matrices, sections, writers
from symgate.proof.rocq.beside import Part, mark
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.files import Files
from symgate.proof.rocq.layout import plain, titled
from symgate.proof.rocq.names import library
from symgate.proof.rocq.over_time import Trajectory
from symgate.proof.rocq.source import Source
from symgate.records import Derivation, Kind

#: In words what was planted, and the formula.
Wrong = Sequence[tuple[str, Derivation]]


def one_step_lines(text: CellText, derivations: Sequence[Derivation], wrong: Wrong) -> str:
    """True formulas of one step, each with its proof, then wrong ones, on which the same tactics fail."""
    lines = []
    for item in derivations:
        own = text.names.fresh(f"right_{item.wrt.name}")
        statement, script = claimed.identity(text, item, own)
        lines += [claimed.definition(text, item, own), f"Lemma {own}_holds {statement}.\nProof. {script}. Qed."]
    for place, item in wrong:
        own = text.names.fresh(f"wrong_{item.wrt.name}")
        statement, script = claimed.identity(text, item, own)
        lines += [f"(* {plain(place)} *)", claimed.definition(text, item, own)]
        lines.append(f"Goal forall {statement.replace(' : ', ', ', 1)}.\nProof. Fail ({script}). Abort.")
    return "\n".join(lines)


def over_time_lines(over: Trajectory, derivations: Sequence[Derivation], wrong: Wrong) -> str:
    """The same for results over time: what proves the claims of a true one fails on those that a wrong one changes."""
    lines = []
    true: set[str] = set()
    for item in derivations:
        stated = writers.claims(over, item)
        true |= {claim.meaning for claim in stated}
        goal, tactic = writers.at_once(stated)
        lines.append(f"(* {item.name}, as it is, by one tactic *)\nGoal {goal}.\nProof. {tactic}. Qed.")
    for place, item in wrong:
        stated = writers.claims(over, item)
        goal, tactic = writers.at_once([claim for claim in stated if claim.meaning not in true] or stated)
        lines.append(f"(* {plain(place)} *)\nGoal {goal}.\nProof. Fail ({tactic}). Abort.")
    return "\n".join(lines)


def _needed(definitions: Sequence[str], text: str) -> list[str]:
    """The definitions of which a text speaks, or which they need in turn."""
    kept: list[str] = []
    for definition in reversed(definitions):
        name, _ = writers.named(definition)
        if re.search(rf"(?<![\w']){re.escape(name)}(?![\w'])", "\n".join([text, *kept])):
            kept.append(definition)
    return kept[::-1]


def _alone(text: CellText, name: str, slips: int, library_: tuple[str, ...], body: Sequence[str]) -> Source:
    parts = [
        f"(* Planted slips of the cell {text.cell.name}: what proves the true formula must fail on each of them. *)",
        library(*library_),
        text.kept,
        "\nSection slips.",
        *sections.of_cell(text),
        *body,
        "End slips.\n",
    ]
    joined = "\n".join(part for part in parts if part)
    return Source(name, joined, (), {}, tuple(text.names.renamed), slips=slips, library=library_)


def slips_source(derivations: Sequence[Derivation], wrong: Wrong, name: str) -> Source:
    """A file that stands alone, of formulas of one step.

    Args:
        derivations: true results of one step of one cell.
        wrong: what was planted, each of the kind and by the symbol of one of the others.
        name: of the file.
    """
    text = CellText(derivations[0].cell)
    lines = one_step_lines(text, derivations, wrong)
    body = [
        titled("The velocity of every name", sections.velocities(text, briefly=True)),
        titled("Right, then wrong", lines),
    ]
    return _alone(text, name, len(wrong), text.library(), body)


def time_slips_source(derivations: Sequence[Derivation], wrong: Wrong, name: str) -> Source:
    """The same of results over time of one cell."""
    text = CellText(derivations[0].cell)
    over = writers.over_time(text, derivations)
    right = list(over.proofs)
    lines = over_time_lines(over, derivations, wrong)
    definitions = [over.setting(), *(item for _, item in over.definitions), *over.statements]
    body = [
        titled("Trajectories", over.base.setting()),
        titled("Formulas over time", "\n".join(definitions)),
        titled("The velocity of every name", sections.velocities(text, briefly=True)),
        titled("Right, then wrong", "\n".join([*right, lines])),
    ]
    exact = any(map(writers.ends, derivations))
    several = len(text.cell.states) > 1
    wanted = text.library(steps=True, states=several, times=True, exact=exact, rows=over.scales_rows)
    return _alone(text, name, len(wrong), wanted, body)


def slips_beside(files: Files, key: str, derivations: Sequence[Derivation], wrong: Wrong) -> Source:
    """Slips of one result, in formulas of one step, as a file beside that of the cell."""
    text = CellText(files.cell)
    lines = one_step_lines(text, derivations, wrong)
    body = [sections.closing_tactic(briefly=True), titled("Right, then wrong", lines)]
    influences = (item for item in derivations if item.kind is Kind.INFLUENCE)
    of_influence = any(claimed_matrices.is_about(text, item) for item in influences)
    wanted = text.library(steps=True, adjoints=True) if of_influence else files.root.library
    part = Part(text, f"slips_{mark(key)}", (files.root,), (text.given.context,), wanted)
    return replace(part.source(body), slips=len(wrong))


def time_slips_beside(files: Files, key: str, derivation: Derivation, wrong: Wrong) -> Source:
    """Slips of one result over time, beside the files of the cell and of its trajectory."""
    own = files.trajectory
    own.once = True
    known = len(own.definitions), len(own.statements)
    lines = over_time_lines(own, [derivation], wrong)
    stated = [*(item for _, item in own.definitions[known[0] :]), *own.statements[known[1] :]]
    definitions = _needed(stated, lines)
    given = (own.text.given.context, own.base.fed.context, own.given.context)
    part = Part(
        own.text,
        f"slips_{mark(key)}",
        (files.root, files.parts),
        given,
        files.library_over_time(derivation, rows=own.scales_rows),
    )
    body = [titled("Formulas over time", "\n".join(definitions)), titled("Right, then wrong", lines)]
    return replace(part.source(body), slips=len(wrong))
