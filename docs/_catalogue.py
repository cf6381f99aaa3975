"""Writes the catalogue before the documentation is read: one page for each cell of ``LIBRARY``.

Every object is derived and verified here; an object that a cell does not have is listed with the reason that the
package gives.  Plain pages, written by a few processes, take a fraction of the time that as many notebooks would.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from _headings import titled
from _spectra import INPUTS, STEPS, UNITS, blocks, picture

import symgate as sg
from symgate.cells import LIBRARY, gates_depend_on_state, pre_activations
from symgate.codegen import source
from symgate.records import Cell, Derivation
from symgate.tex import equation, further

#: Formulas over many steps: heading, and how each is asked for.
TRANSPORT, SPLIT = "Transport", "Retention split"
OBJECTS: dict[str, Callable[[Cell], Derivation]] = {
    TRANSPORT: sg.transport,
    SPLIT: lambda cell: sg.split(cell, "retention"),
    "Expansion of the product, first order": lambda cell: sg.expand(sg.split(cell, "retention"), 1),
    "Effective learning rate, retention split": sg.effective_learning_rate,
    "Effective learning rate, drive split": lambda cell: sg.effective_learning_rate(cell, "drive"),
    "Preconditioner": sg.preconditioner,
}
#: Entry by entry its gradients take as long as all other pages together.
SLOW = {"multi_gate_norm"}
ROUTES = ("decision", "modular")
#: Letters of TeX beyond which a term has no place in a table.
WIDEST = 420


def write(folder: Path) -> None:
    """Write every page, every picture and the overview into ``folder``."""
    folder.mkdir(exist_ok=True)
    with ProcessPoolExecutor(2) as pool:
        for cell, (text, picture) in zip(LIBRARY, pool.map(page, [cell.name for cell in LIBRARY]), strict=True):
            (folder / f"{cell.name}.md").write_text(text, encoding="utf-8")
            (folder / f"{cell.name}.svg").write_text(picture, encoding="utf-8")
        rows = pool.map(overview_row, [cell.name for cell in LIBRARY])
        head = (
            "| cell | kept per step | effective learning rate, order 0 | terms of the Jacobian | gates see the state |"
        )
        table = "\n".join([head, "|---" * 5 + "|", *rows])
        pages = "\n".join(["```{toctree}", ":hidden:", *(f"catalogue/{cell.name}" for cell in LIBRARY), "```"])
        (folder / "overview.inc").write_text(f"{table}\n\n{pages}\n", encoding="utf-8")


def overview_row(name: str) -> str:
    """One row: what each state keeps of itself in a step, and the effective learning rate, both derived."""
    cell = sg.cell(name)
    kept = []
    for state in cell.states:
        terms = sg.jacobian(cell, wrt=state.name, of=state.name).terms
        own = f"{state.name}: " if len(cell.states) > 1 else ""
        kept.append(own + (f"${sg.latex(terms['retention'])}$" if "retention" in terms else "nothing"))
    try:
        rate = f"${sg.latex(sg.effective_learning_rate(cell).terms['order_0'])}$"
    except sg.SymgateError:
        rate = "none"
    names = dict.fromkeys(term for block in blocks(cell) for term in block.terms if term != "none")
    seen = "yes" if gates_depend_on_state(cell) else "no, exact" if set(names) <= {"retention"} else "no"
    return f"| [{titled(name)[0]}](catalogue/{name}.md) | {', '.join(kept)} | {rate} | {', '.join(names)} | {seen} |"


def page(name: str) -> tuple[str, str]:
    """The page of a cell and the picture it shows, as text."""
    cell = sg.cell(name)
    title, remark = titled(name)
    parts = [f"# {title}", f"`sg.cell({name!r})`. {remark}", *_recurrence(cell), *_jacobian(cell)]
    parts += [*_many_steps(cell), *_gradients(cell), *_spectrum(cell), *_code(cell)]
    return "\n\n".join(parts) + "\n", picture(cell)


def shown(item: Any) -> str:
    """A formula as a block of the page."""
    rows = equation(item, sg.Style(width=88), label="").splitlines()[1:-1]
    return "\n".join(["\\begin{equation*}", *rows, "\\end{equation*}"])


def _recurrence(cell: Cell) -> Iterator[str]:
    yield "## Recurrence"
    yield shown(cell)
    lines = len(inspect.getsource(sys.modules[f"symgate.cells.{cell.name}"]).splitlines())
    functions = ", ".join(
        f"`{name}` is any differentiable function (numbers use {own})" for name, own in cell.functions
    )
    normal = ", ".join(f"`{name}`" for name in pre_activations(cell))
    yield f"Source: {cell.source}. Its file has {lines} lines. {functions and functions + '.'}"
    if normal:
        yield f"`sg.cell({cell.name!r}, layer_norm=True)` normalises these pre-activations: {normal}."


def _jacobian(cell: Cell) -> Iterator[str]:
    yield "## State Jacobian"
    every = blocks(cell)
    for block in every:
        yield shown(block)
        rows = [f"| {name} | ${sg.latex(term)}$ |" for name, term in block.named_terms if name != "none"]
        if len(rows) > 1 and max(map(len, rows)) < WIDEST:
            yield "\n".join(["| term | |", "|---|---|", *rows])
        certificate = sg.verify(block, routes=ROUTES).require()
        yield f"Verdict: {certificate.verdict}. {_capital(certificate.evidence[0].detail)}."
    if gates_depend_on_state(cell):
        yield "Its gates depend on the state, so freezing them leaves out the gate terms above."
    elif set().union(*(block.terms for block in every)) <= {"retention", "none"}:
        yield (
            "Neither the gates nor the drive depend on the state: the Jacobian is its retention term, and the product "
            "of the retention terms is the transport, with no error."
        )
    else:
        yield "No gate depends on the state, so there is no gate term."


def _many_steps(cell: Cell) -> Iterator[str]:
    yield "## Over many steps"
    absent = []
    for heading, ask in OBJECTS.items():
        try:
            derivation = ask(cell)
            verdict = sg.verify(derivation).verdict
        except sg.SymgateError as error:
            absent.append(f"- {heading}: {_first_sentence(str(error))}")
            continue
        yield f"### {heading}"
        yield from _terms(derivation) if heading == SPLIT else [shown(derivation)]
        if heading == TRANSPORT:
            yield from (
                _formula(f"\\text{{{label.replace('_', ' ')}:}}\\quad {text}") for label, text in further(derivation)
            )
        yield f"Verdict: {verdict}. {_escaped(derivation.remark)}"
    if absent:
        yield "### What this cell does not have"
        yield "\n".join(absent)


def _terms(derivation: Derivation) -> Iterator[str]:
    """A, which is kept, and B, the perturbation of the expansion."""
    for (name, term), role in zip(derivation.named_terms, ("is kept whole", "is the perturbation"), strict=False):
        yield f"$\\mathbf{{{name}}}_t$ {role}:"
        yield shown(term)


def _formula(text: str) -> str:
    return f"\\begin{{equation*}}\n{text}\n\\end{{equation*}}"


def _escaped(words: str) -> str:
    """A sentence of the package as Markdown: the underscores in r_j and M_(t,k) do not mean emphasis."""
    return words.replace("_", "\\_").replace("|", "\\|").replace("*", "\\*")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _gradients(cell: Cell) -> Iterator[str]:
    yield "## Gradients of the parameters"
    yield "Vector-Jacobian products of one step: $\\boldsymbol{\\lambda}_t$ is the cotangent of the state after it."
    verdicts, free = [], []
    for of in cell.states:
        for symbol in cell.parameters:
            derivation = sg.vjp(cell, symbol.name, of.name)
            if list(derivation.terms) == ["none"]:
                free.append(f"${sg.latex(of.after)}$ with respect to ${sg.latex(symbol)}$")
            else:
                yield shown(derivation)
            routes = ("modular",) if cell.name in SLOW else ROUTES
            verdicts.append(sg.verify(derivation, routes=routes).verdict)
    if free:
        yield f"Zero: {', '.join(free)}."
    if cell.name in SLOW:
        yield (
            "These hold exactly at random points modulo random primes of 61 bits. The decision entry by entry would "
            "take minutes, so this page does not call them proved."
        )
    else:
        yield f"Proved as this page was built: {verdicts.count('proved')} of {len(verdicts)}."


def _spectrum(cell: Cell) -> Iterator[str]:
    yield "## Spectrum along a trajectory"
    yield f"![Eigenvalues and singular values of the Jacobian along a trajectory]({cell.name}.svg)"
    several = "" if len(cell.states) == 1 else " The Jacobian is the one of all states together."
    yield (
        f"{UNITS} units per state, {INPUTS if cell.inputs[0].shape[0] != cell.states[0].before.shape[0] else UNITS} "
        f"inputs, {STEPS} steps of normal noise from a zero state; the weights are random, nothing is trained."
        f"{several} Left: one point per eigenvalue and step. Right: every singular value, in grey."
    )


def _code(cell: Cell) -> Iterator[str]:
    yield "## Code"
    yield _measured(cell)
    for block in blocks(cell):
        text = source(block)
        yield f"<details><summary>{block.name}.py, {len(text.splitlines())} generated lines</summary>"
        yield f"```python\n{text.rstrip()}\n```"
        yield "</details>"


def _measured(cell: Cell) -> str:
    """What ``benchmarks/cells.py`` found for this cell."""
    file = Path(__file__).resolve().parents[1] / "benchmarks" / "cells.json"
    entry = next((row for row in json.loads(file.read_text())["table"] if row["cell"] == cell.name), None)
    if entry is None:
        return "Not measured yet: `python benchmarks/cells.py`."
    times = entry["jacobian"]["128"]
    own, *others = times.values()
    names = [name.removeprefix("symgate, ") for name in times][1:]
    beside = ", ".join(f"{name} {other:.3g} ms" for name, other in zip(names, others, strict=True))
    return (
        f"Derived in {entry['derivation_ms']:.2g} ms; {entry['words']} words. At n = 128, batch 64, the whole Jacobian "
        f"takes {own:.3g} ms of CPU time ({beside}): `benchmarks/cells.py`."
    )


def _first_sentence(text: str) -> str:
    return _escaped(text.partition(". ")[0].rstrip(".") + ".")
