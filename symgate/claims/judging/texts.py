"""Claims that are text: left sides say what they are about, every link is judged, conventions are proposed.

In: a cell and a formula.  Out: a finding.  A reading that needs a convention is never the verdict: the verdict is
about the
formula as it stands, and what would make it true is told beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, product

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix

from symgate.claims.judging.beside import About, Told, combined, hidden, judge_beside
from symgate.claims.judging.introduced import Beside, defined, without_definitions
from symgate.claims.judging.proposals import Proposal, agrees, proposals, with_diagonals
from symgate.claims.judging.record import UNREADABLE, Finding
from symgate.claims.judging.starts import SECOND, starts
from symgate.claims.judging.statements import Statement, sides, statement
from symgate.claims.judging.systems import joined, rows_of
from symgate.claims.reading.compound import worded
from symgate.claims.reading.convention import Convention
from symgate.claims.reading.latex_tokens import Macro
from symgate.claims.reading.limits import OpenNameError, UnreadableError, guard
from symgate.claims.reading.reader import LATEX, How, Reading, read, told
from symgate.derive import result
from symgate.errors import SymgateError
from symgate.language import Map, T
from symgate.language.sequences import K, MatrixSum, OrderedProduct
from symgate.lettering import GREEK
from symgate.names import is_taken
from symgate.nonlinearities import registered_nonlinearities
from symgate.notation import PLAIN, Notation
from symgate.proof import PROVED, REFUTED, UNDECIDED
from symgate.proof.certificate import Settled
from symgate.proof.decision import Budget
from symgate.records import Cell, Derivation, Kind, Relation
from symgate.tex import latex, text
from symgate.tex.equations import partial_products

#: How many readings of names that nothing introduces are tried.
READINGS = 64
#: How many right sides a chain a = b = c may have.
LINKS = 32
#: Names that nothing introduces and what they may stand for: how many of them, and how many trials.
MOST_UNKNOWN, TRIALS = 3, 400
_SEVERITY = (PROVED, UNDECIDED, UNREADABLE, REFUTED)
_RELATIONS = {"=": Relation.EQUAL, "~": Relation.APPROXIMATELY, "<=": Relation.AT_MOST}
#: Conventions under which a formula is read that does not fit as it stands; the first ones are no more than spelling.
_SPELLING = (
    Convention(products=True),
    Convention(products=True, entrywise=True),
    Convention(brackets=True, products=True),
)
_DIAGONAL = (Convention(diagonal=1, products=True), Convention(diagonal=2, brackets=True, products=True))
_SPELT = ("* between a matrix and a vector is the matrix product", "", "[v] is read as diag(v)")

Judge = Callable[[Finding, Reading, Derivation], Finding]


@dataclass(frozen=True)
class _Case:
    """One right side with what it is about."""

    cell: Cell
    claim: str
    form: str | None
    known: Statement
    judge: Judge
    notation: Notation = PLAIN

    @property
    def base(self) -> Finding:
        """A finding before anything is judged."""
        truth = self.known.truth
        blank = Finding(self.cell.name, self.known.name, self.claim, UNDECIDED, "", notes=self.known.notes)
        return replace(blank, truth=text(truth, lhs=False), truth_latex=latex(truth, lhs=False))

    def read(self, how: How) -> Reading:
        """The right side read in one way."""
        known, author = self.known, self.notation
        macros = {item.name: Macro(item.name, item.arity, item.body) for item in author.macros}
        if author.diagonal or author.brackets:
            given = replace(how.convention, brackets=author.brackets or how.convention.brackets)
            how = replace(how, convention=replace(given, diagonal=max(given.diagonal, int(author.diagonal))))
        before = {f"{state.name}_prev": state.before for state in self.cell.states}
        guesses = tuple((look, before[name]) for look, name in author.names if name in before)
        how = replace(how, guesses=(*guesses, *how.guesses))
        return read(self.claim, known.truth, self.form, names=known.names, frame=known.frame, how=how, macros=macros)

    def judged(self, reading: Reading, *notes: str) -> Finding:
        """The verdict on a reading; states after a step are written out by their equations where that settles it."""
        truth = self.known.truth
        shown = replace(reading, notes=(*self.known.notes, *notes, *reading.notes))
        found = self.judge(self.base, shown, truth)
        if found.verdict != UNDECIDED or truth.one_step:
            return found
        expr = states_written_out(reading.expr, truth)
        if expr == reading.expr:
            return found
        again = self.judge(self.base, replace(shown, expr=expr), truth)
        return again if again.verdict != UNDECIDED else found


def states_written_out(expr: Expr, truth: Derivation) -> Expr:
    """States at the index of a sum or product, or at k+1 of an adjoint, as their equations at that step have them."""
    steps = {node.index for node in sympy.preorder_traversal(expr) if isinstance(node, MatrixSum | OrderedProduct)}
    steps |= {K + 1} if truth.kind is Kind.ADJOINT else set()
    written = {
        state.after.xreplace({T: step}): state.update.xreplace({T: step})
        for step in steps
        for state in truth.cell.states
    }
    return expr.xreplace(written)


def all_known(cell: Cell, names: tuple[tuple[str, str], ...]) -> None:
    """Refuse a notation whose names the recurrence does not have.

    Raises:
        UnreadableError: one of them.
    """
    known = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)}
    known |= {f"{state.name}_prev" for state in cell.states}
    for look, name in names:
        if name not in known:
            raise UnreadableError(f"the notation says that {look} is {name}, which the recurrence does not have")


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
    guard(claim)
    given, claim = claim, _with_words(claim, cell, form)
    all_known(cell, notation.names)
    rows = rows_of(claim, form)
    main, below = joined(rows, result(cell, asked) if asked else None, form) if len(rows) > 1 else (rows[0], ())
    main, own = without_definitions(main) if len(rows) == 1 else (main, ())
    earlier = tuple(Beside(item, right, own=False) for item, right in definitions)
    equations = (*earlier, *own, *(Beside(item, right) for item, right in below))
    left, rights, relation = sides(main, form)
    if len(rights) > LINKS:
        raise UnreadableError(f"a chain has at most {LINKS} right sides", rights[LINKS][1])
    known = statement(cell, left, rights[0][0], asked, notation)
    known = replace(known, relation=_RELATIONS[relation])
    base = _Case(cell, main, form, known, judge, notation)
    if len(ways := starts(known, notation)) > 1:
        found = [_whole(replace(base, known=way), left, rights, equations, budget, seed) for way in ways]
        return replace(_of_both(*found), claim=given)
    return replace(_whole(base, left, rights, equations, budget, seed), claim=given)


def _with_words(claim: str, cell: Cell, form: str | None) -> str:
    """A claim with the recurrence's names of several letters as words, where nothing else of the recurrence fits."""
    if form == "text":
        return claim
    names = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)}
    stems = {name.removesuffix("_0") if is_taken(name.removesuffix("_0")) else name for name in names}
    words = {stem for stem in stems if stem.isalpha() and len(stem) > 1 and stem not in registered_nonlinearities()}
    return worded(claim, (word for word in words - {"dt", *GREEK} if not set(word) <= names))


def _of_both(first: Finding, second: Finding) -> Finding:
    """The verdict where a trajectory may start at time 0 or 1: wrong is what is wrong in both ways."""
    if first.verdict == PROVED or second.verdict != PROVED:
        opened = [item for item in (first, second) if item.verdict == UNDECIDED]
        return first if first.verdict == PROVED or not opened else opened[0]
    return replace(second, notes=(*second.notes, SECOND))


def _whole(
    base: _Case,
    left: str,
    rights: list[tuple[str, int]],
    equations: tuple[Beside, ...],
    budget: Budget | None,
    seed: int,
) -> Finding:
    """The verdict on a claim with the equations beside it."""
    known, stated = defined(base.known, equations, base.form)
    macros = {item.name: Macro(item.name, item.arity, item.body) for item in base.notation.macros}
    told = judge_beside(stated, known, base.claim, base.form, macros, budget or Budget(), seed)
    found, told = _with_own_letters(replace(base, known=known), left, rights, equations, told)
    return combined(found, told)


def _with_own_letters(
    base: _Case, left: str, rights: list[tuple[str, int]], equations: tuple[Beside, ...], told: tuple[Told, ...]
) -> tuple[Finding, tuple[Told, ...]]:
    """The verdict on the right sides; with what the claim itself says of letters of ours, where it says something else.

    A recursion cannot be put in; then its line stays, and the verdict is on the formula with our letters.
    """
    other = [item for item in told if item.about is About.OURS and item.settled is not Settled.PROVED and item.name]
    if not other:
        return _every_link(base, left, rights), told
    letters = frozenset(item.name.split("_")[0] for item in other)
    free = replace(base.known, names=hidden(base.known.names, letters))
    known, _ = defined(free, equations, base.form)
    try:
        found = _every_link(replace(base, known=known), left, rights)
    except UnreadableError:
        return _every_link(base, left, rights), told
    try:
        _every_link(replace(base, known=free), left, rights)
    except UnreadableError:  # the claim uses the letter
        notes = [f"{item.item.shown} is the claim's own meaning of {item.name}: {item.why}" for item in other]
        kept = tuple(item for item in told if item not in other)
        return replace(found, notes=(*found.notes, *notes)), kept
    return found, told


def _every_link(base: _Case, left: str, rights: list[tuple[str, int]]) -> Finding:
    """The verdict on every right side of a chain: that of the worst."""
    found: list[Finding] = []
    for right, start in rights:
        case = replace(base, claim=" " * start + right)
        found.append(_related(_one(case), base.known, left))
    worst = max(found, key=lambda item: _SEVERITY.index(item.verdict))
    if len(found) > 1 and worst.verdict != PROVED:
        place = found.index(worst) + 1
        return replace(worst, statement=f"Of the {len(found)} right sides, number {place} fails. {worst.statement}")
    if len(found) > 1:
        return replace(worst, statement=f"All {len(found)} right sides hold. {worst.statement}")
    return worst


def _one(case: _Case) -> Finding:
    """The verdict on one right side, with proposals where it does not hold."""
    try:
        finding, reading = _with_names(case, How())
    except OpenNameError as error:
        again = _as_printed(case)
        if again is not None:
            return _one(again)
        raise _what_to_write(case, error) from None
    except UnreadableError as error:
        return _misfit(case, error)
    if finding.verdict == PROVED or not case.known.truth.one_step:
        return finding
    return replace(finding, proposals=tuple(_proposed(case, reading)))


def _as_printed(case: _Case) -> _Case | None:
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


def _misfit(case: _Case, error: UnreadableError) -> Finding:
    """A formula whose shapes do not fit as it stands: spelled otherwise, or true under a convention, or unreadable."""
    for convention, note in zip(_SPELLING, _SPELT, strict=True):
        try:
            finding, reading = _with_names(case, How(convention))
        except OpenNameError as unknown:
            raise _what_to_write(case, unknown) from None
        except UnreadableError:
            continue
        finding = replace(finding, notes=(*finding.notes, *([note] if note else [])))
        if finding.verdict != PROVED and case.known.truth.one_step:
            return replace(finding, proposals=tuple(_proposed(case, reading)))
        return finding
    for convention in _DIAGONAL:
        try:
            finding, reading = _with_names(case, How(convention))
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


def _proposed(case: _Case, reading: Reading) -> Iterator[Proposal]:
    """At most three conventions under which a reading is proved."""
    truth = case.known.truth
    if not truth.one_step:
        return
    for proposal, expr in islice(proposals(reading.expr, truth), 3):
        try:
            seen = told(expr, truth, case.claim, reading.form, [])
        except SymgateError:
            continue
        if case.judge(case.base, seen, truth).verdict == PROVED:
            yield proposal
            return


def _with_names(case: _Case, how: How) -> tuple[Finding, Reading]:
    """The verdict, where names that nothing introduces may each stand for several arguments of the recurrence."""
    options = _options(case, how)
    if not options:
        return _shifted(case, how)
    names = list(options)
    tried: list[tuple[Finding, Reading]] = []
    failed: UnreadableError | None = None
    for choice in islice(product(*options.values()), READINGS):
        guesses = tuple((name, expr) for name, (_, expr) in zip(names, choice, strict=True))
        notes = [
            f"{name} is read as the argument of its function in {where}"
            for name, (where, _) in zip(names, choice, strict=True)
        ]
        try:
            reading = case.read(replace(how, guesses=guesses))
        except UnreadableError as error:
            failed = error
            continue
        finding = case.judged(reading, *notes)
        if finding.verdict == PROVED:
            return finding, reading
        tried.append((finding, reading))
    if not tried:
        raise failed or UnreadableError("no reading of its names fits")
    return tried[0]


def _options(case: _Case, how: How) -> dict[str, tuple[tuple[str, Expr], ...]]:
    """Names that nothing introduces, each with the arguments that it may stand for.

    Raises:
        OpenNameError: nothing says what a name may stand for.
    """
    found: dict[str, tuple[tuple[str, Expr], ...]] = {}
    while True:
        guesses = tuple((name, options[0][1]) for name, options in found.items())
        try:
            case.read(replace(how, guesses=guesses))
        except OpenNameError as error:
            options = error.options or _slopes(case, error.look)
            if not options or error.look in found or len(found) >= 6:
                raise
            found[error.look] = options
            continue
        except UnreadableError:
            if not found:
                raise
        return found


def _slopes(case: _Case, look: str) -> tuple[tuple[str, Expr], ...]:
    """D_t as the diagonal matrix of the slope of the nonlinearity, where the recurrence has one besides its gates."""
    if look.split("_", maxsplit=1)[0] not in ("D", "Lambda", "Phi"):
        return ()
    used = case.known.names.arguments
    others = [name for name in used if name not in ("sigma", "exp", "sqrt", "expm1")]
    if len(others) != 1 or len(used[others[0]]) != 1:
        return ()
    (where, argument), name = used[others[0]][0], others[0]
    if not getattr(argument, "shape", ()):
        return ()
    return ((f"{where} (the diagonal of its slope)", DiagMatrix(Map(name, 1, argument))),)


def _shifted(case: _Case, how: How) -> tuple[Finding, Reading]:
    """The verdict; of a name that the claim introduces, the step may be the one that starts at its time."""
    reading = case.read(how)
    finding = case.judged(reading)
    if finding.verdict == PROVED or not case.known.free:
        return finding, reading
    times = {symbol.index for symbol in reading.expr.atoms(sympy.MatrixSymbol) if hasattr(symbol, "index")}
    states = {state.after for state in case.cell.states}
    if times != {T} or not any(reading.expr.has(state) for state in states):
        return finding, reading
    moved = tuple((letter, ours.xreplace({T: T - 1})) for letter, ours in case.known.frame.times)
    frame = replace(case.known.frame, times=moved or ((T, T - 1),))
    earlier = replace(case, known=replace(case.known, frame=frame))
    try:
        again = earlier.read(how)
        other = earlier.judged(again, "its time is that before the step: the derivative of the step from t to t+1")
    except UnreadableError:
        return finding, reading
    return (other, again) if other.verdict == PROVED else (finding, reading)


def _what_to_write(case: _Case, error: OpenNameError) -> UnreadableError:
    """The refusal of names that nothing introduces, with what they could stand for so that the claim holds."""
    looks: dict[str, Expr] = {}
    options = _vectors(case.cell)
    first = next(iter(options.values()))
    while len(looks) <= MOST_UNKNOWN:
        try:
            case.read(How(Convention(products=True), tuple(looks.items())))
        except OpenNameError as again:
            if again.look in looks:
                break
            looks[again.look] = first
            continue
        except UnreadableError:
            break
        found = _meant(case, tuple(looks), options)
        if found:
            table = ", ".join(f'"{look}" = "{name}"' for look, name in found.items())
            reason = f"{error.reason}. It holds with [notation] names = {{ {table} }}"
            return UnreadableError(reason, error.position)
        break
    return UnreadableError(error.reason, error.position)


def _vectors(cell: Cell) -> dict[str, Expr]:
    """What a vector without a definition may stand for: names of the recurrence at this step, and states before it."""
    found = {str(item.symbol.name): item.symbol for item in cell.assignments if getattr(item.symbol, "shape", ())}
    found |= {f"{state.name}_prev": state.before for state in cell.states}
    return found | {state.name: state.after for state in cell.states}


def _meant(case: _Case, looks: tuple[str, ...], options: dict[str, Expr]) -> dict[str, str]:
    """The names under which the claim holds; {} where there are none, or too many to try."""
    truth = case.known.truth
    if len(looks) > MOST_UNKNOWN or not truth.one_step:
        return {}
    bare = [state.name for state in case.cell.states if state.name not in looks]
    for choice in islice(product(options.items(), repeat=len(looks)), TRIALS):
        guesses = tuple((look, symbol) for look, (_, symbol) in zip(looks, choice, strict=True))
        try:
            reading = case.read(How(Convention(products=True), guesses))
        except UnreadableError:
            continue
        named = {look: name for look, (name, _) in zip(looks, choice, strict=True)}
        before = {state.after: state.before for state in case.cell.states}
        for expr, more in (
            (reading.expr, {}),
            (reading.expr.xreplace(before), {name: f"{name}_prev" for name in bare}),
        ):
            if agrees(expr, truth) and case.judged(replace(reading, expr=expr)).verdict == PROVED:
                return named | more
    return {}


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
