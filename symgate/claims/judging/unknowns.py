"""Names that nothing introduces: what each may stand for, tried, and what to write where none of it fits."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, product

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix

from symgate.claims.judging.case import Case
from symgate.claims.judging.proposals import agrees
from symgate.claims.judging.record import Finding
from symgate.claims.reading.convention import Convention
from symgate.claims.reading.limits import OpenNameError, UnreadableError
from symgate.claims.reading.reader import How, Reading
from symgate.language import Map, T
from symgate.proof import PROVED
from symgate.records import Cell

#: How many readings of names that nothing introduces are tried.
READINGS = 64
#: Names that nothing introduces and what they may stand for: how many of them, and how many trials.
MOST_UNKNOWN, TRIALS = 3, 400


def with_names(case: Case, how: How) -> tuple[Finding, Reading]:
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


def _options(case: Case, how: How) -> dict[str, tuple[tuple[str, Expr], ...]]:
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


def _slopes(case: Case, look: str) -> tuple[tuple[str, Expr], ...]:
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


def _shifted(case: Case, how: How) -> tuple[Finding, Reading]:
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


def what_to_write(case: Case, error: OpenNameError) -> UnreadableError:
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
    advice = f"; say what it is: behind the claim, where {error.look} = ..., or with [notation] names"
    return UnreadableError(error.reason + advice, error.position)


def _vectors(cell: Cell) -> dict[str, Expr]:
    """What a vector without a definition may stand for: names of the recurrence at this step, and states before it."""
    found = {str(item.symbol.name): item.symbol for item in cell.assignments if getattr(item.symbol, "shape", ())}
    found |= {f"{state.name}_prev": state.before for state in cell.states}
    return found | {state.name: state.after for state in cell.states}


def _meant(case: Case, looks: tuple[str, ...], options: dict[str, Expr]) -> dict[str, str]:
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
