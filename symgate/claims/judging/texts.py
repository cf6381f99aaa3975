"""Claims that are text: what the left side says, which equations stand beside the claim, and where each is judged.

In: a cell and a formula.  Out: a finding.  ``links.py`` judges the right sides, ``beside.py`` the equations beside
them; the verdict is about the formula as it stands.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from symgate.claims.judging.assumed import brought, otherwise, with_outputs
from symgate.claims.judging.beside import About, Told, combined, hidden, judge_beside
from symgate.claims.judging.blockwise import judge_layer, proposed, with_proposal
from symgate.claims.judging.case import Case, Judge
from symgate.claims.judging.every import general_parameter, judge_every
from symgate.claims.judging.given import all_known, with_words, without_added
from symgate.claims.judging.instances import of_every_step
from symgate.claims.judging.introduced import (
    Beside,
    defined,
    further,
    is_like_a_gradient,
    unused,
    with_claim_first,
    without_definitions,
)
from symgate.claims.judging.layouts import judge_either_way
from symgate.claims.judging.links import judge_links
from symgate.claims.judging.objects import is_long
from symgate.claims.judging.record import Finding
from symgate.claims.judging.stacked import about_vec
from symgate.claims.judging.starts import SECOND, starts
from symgate.claims.judging.stated import Statement
from symgate.claims.judging.statements import DERIVATIVE, sides, statement
from symgate.claims.judging.systems import joined, rows_of
from symgate.claims.reading.advice import advised
from symgate.claims.reading.compound import without_primed_times
from symgate.claims.reading.einsum import without_einsum
from symgate.claims.reading.latex_macros import Macro
from symgate.claims.reading.limits import NumberedLossError, UnreadableError, counted_from_here, guard
from symgate.claims.reading.reader import TEXT
from symgate.derive import result
from symgate.notation import PLAIN, Notation
from symgate.proof import PROVED, REFUTED, UNDECIDED
from symgate.proof.certificate import Settled
from symgate.proof.decision import Budget
from symgate.records import Cell, Relation

#: How many right sides a chain a = b = c may have.
LINKS = 32
_RELATIONS = {"=": Relation.EQUAL, "~": Relation.APPROXIMATELY, "<=": Relation.AT_MOST}
_IDLE = (
    "nothing else uses it, and it is not a gradient by a name of the recurrence; for a state h, the gradient by the "
    "state before the step is dh_prev"
)
_OTHERWISE = "the recurrence has another equation of it, which was left out as no state depends on it"


def check_text(
    cell: Cell,
    claim: str,
    asked: str | None,
    form: str | None,
    judge: Judge,
    notation: Notation = PLAIN,
    definitions: tuple[tuple[str, str], ...] = (),
    budget: Budget | None = None,
    seed: int = 0,
) -> Finding:
    """The verdict on a formula in text or LaTeX, in the author's notation; arguments as for ``check``.

    ``judge`` gives the verdict on what was read; equations behind "where" are added to the definitions given, and
    those that are about what has a meaning already are judged.

    Raises:
        UnreadableError: it is not of the notation, or does not say what it is about.
        UnknownNameError: the cell has no such object.
    """
    given, told_times = without_primed_times(claim, {name.partition("_")[0] for name in cell.symbols})
    given, told_sums = without_added(given, cell)

    def verdict(under: Notation, by: Judge) -> Finding:
        def judged(text: str) -> Finding:
            return _under(cell, text, asked, form, by, under, definitions, budget, seed)

        try:
            return judged(given)
        except NumberedLossError as error:
            return of_every_step(given, error, judged)
        except UnreadableError as error:
            lines = proposed(cell, given, form, under)
            refusal = with_proposal(error, lines, lambda line: judged(f"{given.rstrip(' .,;')}, {line}"))
            raise advised(refusal, given) from None

    try:
        with counted_from_here():
            found = judge_either_way(cell, notation, judge, verdict)
    except RecursionError:  # such as a sum over a hundred steps, of which each holds the one before
        raise UnreadableError("it goes through more steps within steps than are followed; write fewer") from None
    told_before = (*told_times, *told_sums)
    return replace(found, claim=claim, notes=(*found.notes, *told_before)) if told_before else found


def _under(
    cell: Cell,
    claim: str,
    asked: str | None,
    form: str | None,
    judge: Judge,
    notation: Notation,
    definitions: tuple[tuple[str, str], ...],
    budget: Budget | None,
    seed: int,
) -> Finding:
    """The verdict under one notation."""
    guard(claim)
    letter = "" if asked else general_parameter(claim, cell, notation)
    if letter:
        return judge_every(
            cell,
            letter,
            notation,
            lambda own: _under(cell, claim, None, form, judge, own, definitions, budget, seed),
        )
    given, claim = claim, with_words(without_einsum(claim, _matrices(cell)), cell, form)
    all_known(cell, notation.names)
    rows = rows_of(claim, form)
    main, below = joined(rows, result(cell, asked) if asked else None, form) if len(rows) > 1 else (rows[0], ())
    main, own = without_definitions(main) if len(rows) == 1 else (main, ())
    earlier = tuple(Beside(item, right, own=False) for item, right in definitions)
    equations = (*earlier, *own, *(Beside(item, right) for item, right in below))
    if asked is None and any(item.own for item in equations):
        main, equations = with_claim_first(main, equations, partial(_about, cell, form, notation))
    left, rights, relation = sides(main, form)
    if len(rights) > LINKS:
        raise UnreadableError(f"a chain has at most {LINKS} right sides", rights[LINKS][1])
    left = _as_introduced(left, equations) if asked is None else left
    if len(rights) == 1 and relation == "=":
        each = partial(
            _under, asked=asked, form=TEXT, judge=judge, notation=PLAIN, definitions=(), budget=budget, seed=seed
        )
        blocks = judge_layer(cell, left, rights[0][0], equations, asked, notation, each)
        if blocks is not None:
            return replace(blocks, claim=given)
    longest = next((right for right, _ in rights if is_long(right)), rights[0][0])

    def judged(cell: Cell, equations: tuple[Beside, ...], *, alone: bool = False) -> Finding:
        known = about_vec(statement(cell, left, longest, asked, notation), rights)
        known = replace(known, relation=_RELATIONS[relation])
        more = () if alone else brought(known, [right for right, _ in rights], equations)
        if more:
            return with_outputs(more, cell, equations, partial(judged, alone=True))
        base = Case(cell, main, form, known, judge, notation, budget or Budget())
        ways = starts(known, notation)
        found = [_whole(replace(base, known=way), left, rights, equations, budget, seed) for way in ways]
        return _of_both(*found) if len(found) > 1 else found[0]

    return replace(judged(cell, equations), claim=given)


def _matrices(cell: Cell) -> frozenset[str]:
    """The names that are matrices."""
    return frozenset(name for name, item in cell.symbols.items() if 1 not in getattr(item, "shape", (1,)))


def _about(cell: Cell, form: str | None, notation: Notation, claim: str) -> Statement:
    """What an equation is about."""
    left, rights, _ = sides(claim, form)
    return statement(cell, left, rights[0][0], None, notation)


def _as_introduced(left: str, equations: tuple[Beside, ...]) -> str:
    """A left side, or the derivative that an equation beside the claim says it is, as in "where delta_t = dL/da_t"."""
    bare = re.sub(r"[\s{}]", "", left)
    for item in equations:
        if bare and re.sub(r"[\s{}]", "", item.left) == bare and DERIVATIVE.match(item.right):
            return item.right
    return left


def _of_both(first: Finding, second: Finding) -> Finding:
    """The verdict where a trajectory may start at time 0 or 1: wrong is what is wrong in both ways."""
    if first.verdict == PROVED or second.verdict != PROVED:
        opened = [item for item in (first, second) if item.verdict == UNDECIDED]
        return first if first.verdict == PROVED or not opened else opened[0]
    return replace(second, notes=(*second.notes, SECOND))


def _whole(
    base: Case,
    left: str,
    rights: list[tuple[str, int]],
    equations: tuple[Beside, ...],
    budget: Budget | None,
    seed: int,
) -> Finding:
    """The verdict on a claim with the equations beside it."""
    more = further(equations, [right for right, _ in rights], base.known.names)
    equations = tuple(item for item in equations if item not in more)
    idle = unused(equations, [*(right for right, _ in rights), *(item.right for item in more)], base.known.names)
    known, stated = defined(base.known, equations, base.form)
    macros = {item.name: Macro(item.name, item.arity, item.body) for item in base.notation.macros}
    told = judge_beside(stated, known, base.claim, base.form, macros, budget or Budget(), seed)
    found, told = _with_own_letters(replace(base, known=known), left, rights, equations, told)
    told += tuple(_told(base, item, equations, budget, seed) for item in more)
    told += tuple(Told(item, About.NOTHING, Settled.OPEN, _IDLE) for item in idle if is_like_a_gradient(item.left))
    told += tuple(Told(item, About.NOTHING, Settled.OPEN, _OTHERWISE) for item in otherwise(equations, base.known))
    words = [f"{item.shown} is used nowhere: nothing is said of it" for item in idle]
    found = combined(found, told)
    return replace(found, notes=(*found.notes, *words)) if words else found


def _told(base: Case, item: Beside, equations: tuple[Beside, ...], budget: Budget | None, seed: int) -> Told:
    """A further claim among the lines of one, with what the others define."""
    pairs = tuple((other.left, other.right) for other in equations if other.relation == "=")
    try:
        found = _under(base.cell, item.shown, None, base.form, base.judge, base.notation, pairs, budget, seed)
    except UnreadableError as error:
        return Told(item, About.NOTHING, Settled.OPEN, f"it is not read: {error.reason}")
    case = found.certificate.witness if found.certificate is not None else None
    if found.verdict == PROVED:
        return Told(item, About.RECURRENCE, Settled.PROVED, f"it is {found.object}", found.object)
    if found.verdict == REFUTED:
        return Told(item, About.RECURRENCE, Settled.DIFFERENT, str(case or found.statement), found.object, case)
    return Told(item, About.RECURRENCE, Settled.OPEN, found.statement, found.object)


def _with_own_letters(
    base: Case, left: str, rights: list[tuple[str, int]], equations: tuple[Beside, ...], told: tuple[Told, ...]
) -> tuple[Finding, tuple[Told, ...]]:
    """The verdict on the right sides; with what the claim itself says of letters of ours, where it says something else.

    A recursion cannot be put in; then its line stays, and the verdict is on the formula with our letters.
    """
    other = [item for item in told if item.about is About.OURS and item.settled is not Settled.PROVED and item.name]
    if not other:
        return judge_links(base, left, rights), told
    letters = frozenset(item.name.split("_")[0] for item in other)
    free = replace(base.known, names=hidden(base.known.names, letters))
    known, _ = defined(free, equations, base.form)
    try:
        found = judge_links(replace(base, known=known), left, rights)
    except UnreadableError:
        return judge_links(base, left, rights), told
    try:
        judge_links(replace(base, known=free), left, rights)
    except UnreadableError:  # the claim uses the letter
        notes = [f"{item.item.shown} is the claim's own meaning of {item.name}: {item.why}" for item in other]
        kept = tuple(item for item in told if item not in other)
        return replace(found, notes=(*found.notes, *notes)), kept
    return found, told
