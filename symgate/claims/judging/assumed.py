r"""Outputs that the recurrence does not give: from an equation beside the claim, or from the claim alone, and told.

``W_{hh}^\top \frac{\partial L}{\partial h_{t+1}} + W_{qh}^\top \frac{\partial L}{\partial o_t}`` speaks of an o and a
W_qh that the recurrence has not.  One thing that it can mean is an output layer, o_t = W_qh h_t.  The claim is judged
with it, and the verdict begins with it: whoever meant something else sees so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from symgate.claims.judging.introduced import Beside
from symgate.claims.judging.record import Finding
from symgate.claims.judging.stated import Statement
from symgate.claims.reading.derivatives import behind_sign, inner_word, is_loss
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.left import Says
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import MARKS, is_time, items_of, match_scripts, unwrapped
from symgate.claims.recurrence.looks import plain_name
from symgate.claims.recurrence.outputs import spelled
from symgate.proof import REFUTED, UNDECIDED
from symgate.proof.certificate import Line, Settled, Verdict
from symgate.records import Cell, Output

_NOT_GIVEN = "which the recurrence does not give"


@dataclass(frozen=True)
class Brought:
    """An output that a claim brings with it.

    Attributes:
        output: the output.
        item: the equation beside the claim that gives it; None where the claim only uses it.
    """

    output: Output
    item: Beside | None = None

    @property
    def shown(self) -> str:
        """Its equation."""
        own = self.output
        return f"{own.name}_t = {own.matrix} {own.state}_t" + (f" + {own.bias}" if own.bias else "")

    @property
    def words(self) -> str:
        """What is told of it."""
        if self.item is not None:
            return f"{self.shown} is taken as the claim gives it: an output, on which no later step depends"
        return f"{self.shown} is assumed, {_NOT_GIVEN}: an output, on which no later step depends"


def brought(known: Statement, rights: Sequence[str], equations: tuple[Beside, ...]) -> tuple[Brought, ...]:
    """The outputs that a claim brings, each of a name and a matrix that nothing else introduces."""
    cell = known.truth.cell
    taken, own = {*known.names.known(), *known.names.own, *dict(cell.aside)}, cell.outputs
    given = [Brought(found, item) for item in equations if (found := output_of(item, known)) is not None]
    given = [item for item in given if item.output in own or not taken.intersection(item.output.names)]
    given = [item for item in given if item.item is None or item.item.own or _uses(rights, item.output)]
    if given:
        return tuple(given)
    state = _state(known)
    pairs = [pair for right in rights for pair in _pairs(right, known.names)] if state else []
    pairs = [pair for pair in dict.fromkeys(pairs) if not taken.intersection(pair)]
    beside = {_dated(item.left, known.names) for item in equations}
    alone = len({name for _, name in pairs}) == len({matrix for matrix, _ in pairs}) == len(pairs)
    if not alone or any({*pair} & beside for pair in pairs):
        return ()
    return tuple(Brought(Output(name, state, matrix)) for matrix, name in pairs)


def otherwise(equations: tuple[Beside, ...], known: Statement) -> tuple[Beside, ...]:
    """The equations of a claim about what the recurrence computes in another way, and the cell has not."""
    aside = dict(known.truth.cell.aside)
    named = [(item, _dated(item.left, known.names)) for item in equations if item.own and aside]
    return tuple(item for item, name in named if name in aside and _spelled(item.right) != aside[name])


def _spelled(right: str) -> str:
    try:
        return spelled(read_latex(right))
    except UnreadableError:
        return ""


def with_outputs(
    items: tuple[Brought, ...],
    cell: Cell,
    equations: tuple[Beside, ...],
    judged: Callable[[Cell, tuple[Beside, ...]], Finding],
) -> Finding:
    """The verdict with these outputs, which it tells."""
    kept = tuple(item for item in equations if item not in [own.item for own in items])
    more = tuple(item.output for item in items if item.output not in cell.outputs)
    try:
        return _told(judged(replace(cell, outputs=(*cell.outputs, *more)), kept), items)
    except UnreadableError as error:
        raise _refused(error, items) from None


def _told(finding: Finding, items: tuple[Brought, ...]) -> Finding:
    """A finding that says, in front of all else, with which outputs it was judged.

    What is wrong with an output that is no more than assumed may hold with what the author means.
    """
    assumed = [item for item in items if item.item is None]
    words = " and ".join(item.shown for item in assumed)
    front, behind, verdict = "", "", finding.verdict
    if assumed:
        front = f"With {words}, {_NOT_GIVEN} and the claim needs: "
    if assumed and verdict == REFUTED:
        verdict, behind = (
            UNDECIDED,
            f" Add the equation to the recurrence, or write it behind the claim: where {words}.",
        )
    statement = front + finding.statement + behind
    found = replace(
        finding,
        verdict=verdict,
        statement=statement,
        assumed=tuple(item.shown for item in assumed),
        notes=(*finding.notes, *(item.words for item in items if item.item is not None)),
    )
    if finding.certificate is None:
        return found
    lines = tuple(
        Line(f"output_{place}", item.shown, Settled.DEFINITION, (item.words,))
        for place, item in enumerate(items, start=1)
    )
    own = finding.certificate
    own = replace(
        own,
        verdict=Verdict(verdict),
        statement=statement,
        ledger=(*own.ledger, *lines),
        witness=own.witness if verdict == REFUTED else None,
    )
    return replace(found, certificate=own)


def _refused(error: UnreadableError, items: tuple[Brought, ...]) -> UnreadableError:
    """The refusal of a claim with outputs of its own, which it says."""
    words = " and ".join(item.shown for item in items)
    return UnreadableError(f"{error.reason} (read with {words}, the output that the claim speaks of)", error.position)


def _uses(rights: Sequence[str], output: Output) -> bool:
    """Whether a right side holds the letter of an output."""
    letter = output.name.split("_")[0]
    return any(letter in re.findall(r"[A-Za-z]+", right) for right in rights)


def output_of(item: Beside, known: Statement) -> Output | None:
    """The output that an equation beside a claim is, such as o_t = V h_t + c; None where it is something else."""
    if item.relation != "=":
        return None
    try:
        left, right = read_latex(item.left), read_latex(item.right)
    except UnreadableError:
        return None
    terms = right.args if right.kind == "sum" and set(right.value) <= {"+"} else (right,)
    words = [_words(term, known.names) for term in terms]
    name, products = word_of(left, known.names), [term for term in words if len(term) == 2]
    rest = [term for term in words if len(term) == 1]
    if name is None or not name[1] or len(products) != 1 or len(products) + len(rest) != len(terms) or len(rest) > 1:
        return None
    (matrix, dated), (state, time) = products[0]
    bias, late = rest[0][0] if rest else ("", "")
    states = {own.name for own in known.truth.cell.states}
    if dated or late or time != name[1] or state not in states:
        return None
    return Output(name[0], state, matrix, bias)


def _words(term: Raw, names: Names) -> list[tuple[str, str]]:
    """The names in a product, each with its time; [] where it is not a product of names."""
    parts = term.args if term.kind == "chain" else (term,)
    found = [word_of(part, names) for part in parts]
    return [item for item in found if item is not None] if None not in found else []


def word_of(raw: Raw, names: Names, *, turned: bool = False) -> tuple[str, str] | None:
    """The plain name of a letter, known or not, and its time as written; transposed or not, as is asked."""
    while raw.kind in ("group", "sum", "term") and len(raw.args) == 1 and not raw.scripts:
        raw = raw.args[0]
    if raw.kind == "group" and turned and len(raw.args) == 1:
        mark = len(raw.scripts) == 1 and raw.scripts[0].place == "^" and raw.scripts[0].joined in MARKS
        return word_of(raw.args[0], names) if mark else None
    if raw.kind != "word":
        return None
    below, above = items_of(raw)
    marks = [item for item in above if item.joined in MARKS]
    if len(marks) != int(turned):
        return None
    match = match_scripts(raw.without(marks), names)
    if match is not None:
        name, dates, rest = match
        return None if rest or len(dates) > 1 else (name, dates[0].joined if dates else "")
    rest = [item for item in (*below, *above) if item not in marks]
    times = [item for item in rest if is_time(unwrapped(item), names, numbers=False)]
    parts = [item.joined for item in rest if item not in times]
    if len(times) > 1 or not all(part.isalnum() for part in parts):
        return None
    name = plain_name(raw.value, parts)
    return (name, unwrapped(times[0]).joined if times else "") if name else None


def _dated(left: str, names: Names) -> str:
    """The name on the left of an equation; "" for none."""
    try:
        found = word_of(read_latex(left), names)
    except UnreadableError:
        return ""
    return found[0] if found is not None else ""


def _state(known: Statement) -> str:
    """The state whose output it is: the one by which the left side is a gradient, or the only one; "" for none."""
    states = [state.name for state in known.truth.cell.states]
    said = known.said
    if said is not None and said.says is Says.LOSS and said.below is not None and said.below.name in states:
        return said.below.name
    return states[0] if len(states) == 1 else ""


def _pairs(right: str, names: Names) -> Iterator[tuple[str, str]]:
    """(matrix, output) wherever a transposed matrix stands in front of a gradient by an output, or behind a row."""
    try:
        stack = [read_latex(right)]
    except UnreadableError:
        return
    while stack:
        raw = stack.pop()
        stack += reversed(raw.args)
        factors = list(raw.args) if raw.kind == "chain" else []
        for first, second in pairwise(factors):
            if first.value == "nabla":  # behind it stands the loss
                continue
            for matrix, loss, turned in ((first, second, True), (second, first, False)):
                name = _by(loss, factors, names)
                word = word_of(matrix, names, turned=turned)
                if name and word is not None and not word[1]:
                    yield word[0], name


def _by(raw: Raw, factors: list[Raw], names: Names) -> str:
    r"""The o, with a time, by which ``\frac{\partial L}{\partial o_t}`` or ``\nabla_{o_t} L`` differentiates."""
    while raw.kind in ("group", "sum", "term") and len(raw.args) == 1 and not raw.scripts:
        raw = raw.args[0]
    factors = list(raw.args) if raw.kind == "chain" else factors
    raw = factors[0] if raw.kind == "chain" else raw
    found: Raw | None = None
    if raw.kind == "frac":
        above, under = (behind_sign(part) for part in raw.args)
        found = under if above is not None and is_loss(above) else None
    elif raw.kind == "word" and raw.value == "nabla":
        follows = [second for first, second in pairwise(factors) if first is raw]
        below = [script for script in raw.scripts if script.place == "_"]
        found = inner_word(below[0]) if len(below) == 1 and follows and is_loss(follows[0]) else None
    word = None if found is None else word_of(found, names)
    return word[0] if word is not None and word[1] else ""
