"""The right sides of a claim: each is judged, and one that does not hold is seen under other conventions.

In: a case with what its left side says, and the links of its chain.  Out: the finding of the worst link, with what
would make it true beside it: a convention is proposed, never taken for the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from sympy import Expr
from sympy.matrices.expressions import DiagMatrix

from symgate.claims.judging.case import Case
from symgate.claims.judging.introduced import Beside, defined
from symgate.claims.judging.meant import meant
from symgate.claims.judging.proposals import Proposal, proposals, with_diagonals, with_transposed_parameters
from symgate.claims.judging.record import UNREADABLE, Finding
from symgate.claims.judging.stated import Statement
from symgate.claims.judging.through import counts_paths
from symgate.claims.judging.two_readings import in_both_ways
from symgate.claims.judging.unknowns import what_to_write, with_names
from symgate.claims.reading.convention import Convention
from symgate.claims.reading.limits import OpenNameError, SenselessError, UnreadableError
from symgate.claims.reading.reader import LATEX, How, Reading, told
from symgate.errors import SymgateError
from symgate.notation import Layout, Notation
from symgate.proof import PROVED, REFUTED, UNDECIDED
from symgate.records import Derivation, Kind, Relation
from symgate.tex import text
from symgate.tex.equations import partial_products

_SEVERITY = (PROVED, UNDECIDED, UNREADABLE, REFUTED)
#: Objects whose left side is a derivative of the loss.
_OF_LOSS = (Kind.VJP, Kind.GRADIENT, Kind.ADJOINT)
#: Conventions under which a formula is read that does not fit as it stands; the first ones are no more than spelling.
_SPELLING = (
    Convention(products=True),
    Convention(products=True, entrywise=True),
    Convention(brackets=True, products=True),
)
_ROWS = (
    Convention(gradients=1, products=True),
    Convention(gradients=2, products=True),
    Convention(gradients=1, products=True, entrywise=True),
)
_DIAGONAL = (Convention(diagonal=1, products=True), Convention(diagonal=2, brackets=True, products=True))
_ROW = "derivatives of the loss are rows, in numerator layout as the Jacobians are"
_SPELT = ("* between a matrix and a vector is the matrix product", "", "[v] is read as diag(v)", *[_ROW] * len(_ROWS))


def judge_links(base: Case, left: str, rights: list[tuple[str, int]]) -> Finding:
    """The verdict on every right side of a chain: that of the worst."""
    findings: list[Finding] = []
    for right, start in rights:
        case = replace(base, claim=" " * start + right)
        findings.append(_related(meant(case, partial(in_both_ways, judged=_judge_link)), base.known, left))
    worst = max(findings, key=lambda item: _SEVERITY.index(item.verdict))
    if len(findings) > 1 and worst.verdict != PROVED:
        place = findings.index(worst) + 1
        return replace(worst, statement=f"Of the {len(findings)} right sides, number {place} fails. {worst.statement}")
    if len(findings) > 1:
        return replace(worst, statement=f"All {len(findings)} right sides hold. {worst.statement}")
    return worst


def _judge_link(case: Case) -> Finding:
    """The verdict on one right side, with proposals where it does not hold."""
    try:
        finding, reading = with_names(case, How())
    except OpenNameError as error:
        again = _as_printed(case)
        if again is not None:
            return _judge_link(again)
        raise what_to_write(case, error) from None
    except UnreadableError as error:
        return _through(case) or _misfit(case, error)
    frame = case.known.frame
    if finding.verdict == PROVED or frame.closed is not None or frame.pair is not None:
        return finding
    return replace(finding, proposals=tuple(_proposed(case, reading)))


def _through(case: Case) -> Finding | None:
    """The verdict where the right side goes on to the step before, through the states that a state is carried by."""
    if case.known.frame.through or not counts_paths(case.known.truth):
        return None
    frame = replace(case.known.frame, through=True)
    try:
        finding, _ = with_names(replace(case, known=replace(case.known, frame=frame)), How())
    except UnreadableError:
        return None
    return finding


def _as_printed(case: Case) -> Case | None:
    """The case with the names of partial products as the object is printed with them; None where there are none new."""
    truth, names = case.known.truth, case.known.names
    pairs = partial_products(truth)
    printed = tuple(Beside(left, right) for left, right in pairs)
    known, _ = defined(replace(case.known, names=replace(names, defined={}, rules={})), printed, LATEX)
    rules = {stem: rule for stem, rule in known.names.rules.items() if stem not in names.rules}
    if not rules:
        return None
    note = "; ".join(f"{left} is read as it is printed with this result, {right}" for left, right in pairs)
    names = replace(names, rules=names.rules | rules, defined=known.names.defined | names.defined)
    return replace(case, known=replace(case.known, names=names, notes=(*case.known.notes, note)))


def _misfit(case: Case, error: UnreadableError) -> Finding:
    """A formula whose shapes do not fit as it stands: spelled otherwise, or true under a convention, or unreadable."""
    fits: list[Finding] = []
    ways = (*_SPELLING, *_ROWS) if case.known.truth.kind in _OF_LOSS else _SPELLING
    for convention, note in zip(ways, _SPELT, strict=False):
        try:
            finding, reading = with_names(case, How(convention))
        except OpenNameError as unknown:
            raise what_to_write(case, unknown) from None
        except SenselessError:
            raise
        except UnreadableError:
            continue
        finding = replace(finding, notes=(*finding.notes, *([note] if note else [])))
        if finding.verdict == PROVED:
            return finding
        told = tuple(_proposed(case, reading)) if case.known.truth.one_step and not fits else ()
        fits.append(replace(finding, proposals=told))
    if fits:
        return fits[0]
    for convention in _DIAGONAL:
        try:
            finding, reading = with_names(case, How(convention))
        except UnreadableError:
            continue
        offers = [with_diagonals(Proposal("true"))] if finding.verdict == PROVED else []
        offers += [with_diagonals(item) for item in _proposed(case, reading)] if not offers else []
        words = f"As it stands its shapes do not fit: {error.reason}."
        if not offers:
            words += " With vectors in front of matrices as their diagonal matrices it is " + finding.verdict + "."
        verdict = REFUTED if offers or finding.verdict == REFUTED else finding.verdict
        return replace(
            finding,
            verdict=verdict,
            statement=words,
            certificate=None,
            rigorous="",
            proposals=tuple(offers),
            difference="",
            difference_latex="",
            diagnosis=() if offers else finding.diagnosis,
        )
    raise error


def _proposed(case: Case, reading: Reading) -> Iterator[Proposal]:
    """At most three conventions under which a reading is proved."""
    truth = case.known.truth
    changes = proposals if truth.one_step else _over_time
    entries = case.known.frame.entries
    for proposal, expr in islice(changes(reading.expr, truth), 3):
        if entries is not None and not entries.of_whole and proposal.notation.layout is Layout.DENOMINATOR:
            continue  # letters say which entry is meant, whatever the layout
        try:
            seen = told(expr, truth, case.claim, reading.form, [])
        except SymgateError:
            continue
        if case.judge(case.base, seen, truth).verdict == PROVED:
            yield proposal
            return


def _over_time(expr: Expr, truth: Derivation) -> Iterator[tuple[Proposal, Expr]]:
    """Conventions that are tried on products of Jacobians."""
    if truth.kind is not Kind.TRANSPORT:
        return
    if tuple(getattr(expr, "shape", ())) == (truth.shape[0], 1):
        shown = text(expr)
        yield Proposal(f"true if {shown} stands for diag({shown})", Notation(diagonal=True)), DiagMatrix(expr)
    yield from with_transposed_parameters(expr, truth.cell)


def _related(finding: Finding, known: Statement, left: str) -> Finding:
    """What a sign other than the object's own means for the verdict."""
    if not left or known.relation is known.truth.relation or finding.verdict == UNREADABLE:
        return finding
    ours = known.truth.relation
    if ours is Relation.EQUAL and known.relation is Relation.APPROXIMATELY:
        if finding.verdict == PROVED:
            return replace(finding, notes=(*finding.notes, "the claim says approximately; it holds exactly"))
        words = f"An approximation without an error term is not judged. As an equation: {finding.statement}"
        return replace(finding, verdict=UNDECIDED, statement=words)
    words = f"The claim says {known.relation.value}, the object {ours.value}; with that sign it is {finding.verdict}."
    return replace(finding, verdict=UNDECIDED, statement=f"{words} {finding.statement}")
