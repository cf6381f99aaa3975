"""What the page shows of a recurrence: itself, its symbols, and one result of each group, as MathML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from symgate.catalogue import BY_KIND, SPLITS, listed, parse
from symgate.derive import result
from symgate.errors import SymgateError
from symgate.page.recurrences import Read
from symgate.records import ONE_STEP, Cell, Derivation, Kind
from symgate.tex import Style, further, introduced, marked, mathml, text
from symgate.tex.inline import html_of
from symgate.tex.symbols import cell_symbols

#: How many colours tell terms apart; they are those of the figures.
COLOURS = 6
#: The orders to which expansions are offered.
ORDERS = (0, 1, 2)


@dataclass(frozen=True)
class Section:
    """A group of results; ``first`` names the ones to begin with, the best first."""

    key: str
    title: str
    kinds: frozenset[Kind]
    first: tuple[str, ...]


SECTIONS = (
    Section("jacobian", "Jacobian of one step", ONE_STEP | {Kind.STATE_JACOBIAN}, ("jacobian",)),
    Section(
        "gradient",
        "Gradient through time",
        frozenset({Kind.GRADIENT, Kind.TRANSPORT, Kind.ADJOINT, Kind.INFLUENCE, Kind.LAG}),
        ("gradient", "transport"),
    ),
    Section(
        "expansion",
        "Splits and expansions",
        frozenset({Kind.SPLIT, Kind.EXPANSION, Kind.REMAINDER, Kind.REST}),
        ("expansion:retention:1", "split:retention", "expansion:drive:1", "expansion:gate:1", "split:drive"),
    ),
    Section(
        "rate",
        "Effective learning rates",
        frozenset({Kind.RATE, Kind.PRECONDITIONER}),
        ("rate:retention", "rate:drive", "preconditioner"),
    ),
    Section(
        "analogy",
        "Analogies with optimisers",
        frozenset({Kind.SCHEDULE, Kind.MOMENTUM, Kind.ADAM}),
        ("analogy:schedule", "analogy:momentum", "analogy:adam"),
    ),
)


def names_of(cell: Cell) -> dict[str, list[str]]:
    """The results that each section offers."""
    found: dict[str, list[str]] = {section.key: [] for section in SECTIONS}
    for name in _names(cell):
        kind = parse(cell, name).kind
        own = next((section.key for section in SECTIONS if kind in section.kinds), None)
        if own is not None and name not in found[own]:
            found[own].append(name)
    return found


def _names(cell: Cell) -> Iterable[str]:
    yield "jacobian"
    yield from listed(cell)
    yield from (f"expansion:{keep}:{order}" for keep in SPLITS for order in ORDERS)
    yield from (f"{word}:{item.name}" for word in ("influence", "lag") for item in cell.parameters)


def overview(read: Read, chosen: Mapping[str, Any], off: Iterable[str], width: int) -> dict[str, Any]:
    """Everything that the page shows of a recurrence.

    Args:
        read: the recurrence.
        chosen: by section, the name of the result that is wanted; what the cell does not have gives way to the first
            that it has.
        off: the names of terms that are switched off.
        width: how many letters a line has room for.
    """
    style = Style(width=max(20, min(width, 200)), notation=read.notation)
    offered = names_of(read.cell)
    sections = []
    for section in SECTIONS:
        wanted = chosen.get(section.key)
        sections.append(_section(section, read, offered[section.key], wanted, frozenset(off), style))
    return {
        "name": read.cell.name if read.library else "",
        "source": read.cell.source,
        "text": text(read.cell) if read.library else "",
        "math": mathml(read.cell, style),
        "symbols": _symbols(read.cell, style),
        "notes": [*_conventions(read), *read.notes],
        "sections": sections,
    }


def _section(
    section: Section, read: Read, names: list[str], wanted: Any, off: frozenset[str], style: Style
) -> dict[str, Any]:
    """One section: what it offers and the result that is shown, or the reason why there is none."""
    found: dict[str, Any] = {"key": section.key, "title": section.title, "names": names}
    why = "This recurrence has no such result."
    for name in _in_order(section, names, wanted):
        try:
            return found | {"shown": name, **shown(result(read.cell, name), name, off, style)}
        except SymgateError as error:
            why = str(error)
            if name == wanted:
                break
    return found | {"shown": wanted if wanted in names else "", "missing": why}


def _in_order(section: Section, names: list[str], wanted: Any) -> list[str]:
    """The result that is wanted, then the ones to begin with."""
    if wanted in names:
        return [wanted]
    best = [name for first in section.first for name in names if name == first or name.startswith(f"{first}:")]
    if section.key == "jacobian":  # of one state, where that of all of them is not derived
        best += [name for name in names if name not in best][:1]
    return best


def shown(derivation: Derivation, name: str, off: frozenset[str], style: Style) -> dict[str, Any]:
    """One result: its formula, its terms, the names that it introduces, its further equations, what is said of it."""
    terms = _terms(derivation, off, style)
    part = without(derivation, off)
    return {
        "object": name,
        "what": BY_KIND[derivation.kind].meaning,
        "shape": " x ".join(map(str, derivation.shape)) or "a number",
        "math": _formula(derivation, part, style),
        "terms": terms,
        "partial": part is not derivation,
        "where": list(introduced(derivation, style, markup="mathml")),
        "further": [{"label": label, "math": math} for label, math in further(derivation, style, markup="mathml")],
        "remark": html_of(derivation.remark) if derivation.remark else "",
        "assuming": list(derivation.assumptions),
        "code": derivation.one_step,
    }


def without(derivation: Derivation, off: Iterable[str]) -> Derivation:
    """The derivation less the terms that are switched off; itself where none or all of them are."""
    gone = set(off) if derivation.kind in ONE_STEP else set()
    kept = tuple((name, term) for name, term in derivation.named_terms if name not in gone)
    if not kept or len(kept) == len(derivation.named_terms):
        return derivation
    return replace(derivation, named_terms=kept)


def classes(derivation: Derivation) -> dict[str, str]:
    """The class of each term, by its place in the derivation."""
    return {name: f"term-{place % COLOURS}" for place, name in enumerate(derivation.terms)}


def _formula(derivation: Derivation, part: Derivation, style: Style) -> str:
    """The formula, its terms marked; a part of it stands without a left side, which it does not equal."""
    if derivation.kind not in ONE_STEP or derivation.in_blocks or len(derivation.terms) < 2:
        return mathml(derivation, style)
    return marked(part, classes(derivation), style, lhs=part is derivation)


def _terms(derivation: Derivation, off: frozenset[str], style: Style) -> list[dict[str, Any]]:
    """The named terms of a derivative of one step, where there are several."""
    if derivation.kind not in ONE_STEP or len(derivation.terms) < 2:
        return []
    colour = classes(derivation)
    return [
        {"name": name, "class": colour[name], "on": name not in off, "math": mathml(term, style)}
        for name, term in derivation.named_terms
    ]


def _symbols(cell: Cell, style: Style) -> list[dict[str, str]]:
    """Every symbol of the cell with its meaning and its size."""
    return [
        {
            "math": mathml(symbol, style).replace(' display="block"', "", 1),
            "name": str(symbol.name),
            "role": meaning.replace("\\", ""),
            "size": " x ".join(map(str, getattr(symbol, "shape", ()))).removesuffix(" x 1") or "scalar",
        }
        for symbol, meaning in cell_symbols(cell)
    ]


def _conventions(read: Read) -> list[str]:
    """The conventions that the equations showed."""
    if read.library:
        return []
    letter = read.notation.time or "t"
    step = f"{letter}+1 from {letter}" if read.notation.new else f"{letter} from {letter}-1"
    return [f"the step goes to {step}"]
