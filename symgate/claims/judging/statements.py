"""From the left side of a claim to the object that it is about, and to how the right side stands to it.

A left side that states something else than the object that was asked for is never proved: it is refused with both
readings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sympy import Expr, Integer, Symbol

from symgate.claims.judging.context import names_for, own_part, paths_through
from symgate.claims.reading.derivatives import Spot
from symgate.claims.reading.frame import AS_IT_STANDS, Block, Frame
from symgate.claims.reading.left import Left, Says, carries_on, read_left
from symgate.claims.reading.limits import UnreadableError, split_chain
from symgate.claims.reading.moments import moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.reader import looks_like_tex, same_left, without_end
from symgate.claims.reading.scripts import aliases
from symgate.claims.reading.surface import Node
from symgate.derive import jacobian, result
from symgate.errors import SymgateError
from symgate.language import T
from symgate.language.sequences import LAST, K
from symgate.notation import PLAIN, Layout, Notation, Vectors
from symgate.records import Cell, Derivation, Kind, Relation
from symgate.tex.context import context_of
from symgate.tex.statement import is_laid_over

_DERIVATIVE = re.compile(r"\s*(?:\\[dt]?frac\s*\{\s*(?:\\partial|d\b|\\mathrm\s*\{?d)|\\nabla|d\+?\w+/d)")
_MANY = (Kind.GRADIENT, Kind.ADJOINT)
_SUMS = re.compile(r"\\sum|\bfor\b|\\cdots|\\ldots")


@dataclass(frozen=True)
class Statement:
    """What a claim is about.

    Attributes:
        name: the object, in the grammar of results, or "h_tilde/h" for a derivative of a named intermediate.
        truth: what it is derived to be.
        names: what the right side may name.
        frame: what the left side says about the right side.
        relation: the sign between them; EQUAL for a bare right side.
        notes: how the left side was read.
        free: whether the left side, where there is one, is a name that the claim introduces.
        said: the left side as understood, where it is not spelled as we print it.
    """

    name: str
    truth: Derivation
    names: Names
    notes: tuple[str, ...] = ()
    frame: Frame = AS_IT_STANDS
    relation: Relation = Relation.EQUAL
    free: bool = False
    said: Left | None = None


#: The Jacobian of the step by its letter.
_STEP = re.compile(r"(?:J|\\math(?:bf|rm|sf)\{J\}|\\(?:bm|boldsymbol)\{J\})(?:\[t\]|_t|_\{t\})")


def statement(cell: Cell, left: str, right: str, asked: str | None, notation: Notation = PLAIN) -> Statement:
    """What a claim is about, in the author's notation; arguments as for :func:`_statement`."""
    known = _statement(cell, left, right, asked, notation)
    frame, notes = known.frame, list(known.notes)
    context = context_of(known.truth, notation)
    if is_laid_over(known.truth, context):
        frame = replace(frame, turned=not frame.turned)
    if notation.layout is Layout.DENOMINATOR:
        notes.append("read in denominator layout, as the notation says")
    if notation.vectors is Vectors.ROW:
        notes.append("vectors are rows, as the notation says: matrices are the transposes of ours")
    letters = known.names.letters(known.names.cotangents | {notation.cotangent})
    frame = replace(frame, rows=notation.vectors is Vectors.ROW, shifts=notation.shifts)
    times = dict(frame.times)
    if notation.time not in (None, "t") and not times:
        letter = Symbol(str(notation.time), integer=True)
        frame = replace(frame, times=((letter, T),))
    names = _written(replace(known.names, cotangents=letters), cell, notation)
    if context.lays_out_otherwise:
        names = replace(names, flips=context.is_flipped, rows=notation.vectors is Vectors.ROW)
    if notation.time and notation.time not in names.times:
        names = replace(names, times={**names.times, notation.time: Symbol(notation.time, integer=True)})
    return replace(known, frame=frame, notes=tuple(notes), names=names)


def _statement(cell: Cell, left: str, right: str, asked: str | None, notation: Notation) -> Statement:
    """What a claim is about: its sides ("" for no left side) and the object that was asked for, if any.

    Raises:
        UnreadableError: the left side is not read, states something else than what was asked for, or does not decide.
        UnknownNameError: the cell has no such object.
    """
    if asked is None and _STEP.fullmatch(left.strip()) and "J" not in _names_of(cell):
        asked = "jacobian"  # J_t is the Jacobian of the step wherever the recurrence has no J
    truth = result(cell, asked) if asked else None
    if truth is not None and (not left or same_left(left, truth)):
        return _times_from_right(Statement(asked or "", truth, *_names(truth, right, notation)), right)
    if not left:
        raise UnreadableError(
            f"a bare right side does not say which object of cell {cell.name!r} it is about; name it, such as "
            "object='jacobian' or 'vjp:W_r', or write the left side"
        )
    names = _written(names_for(truth if truth is not None else _any(cell)), cell, notation)
    names = replace(names, denominator=notation.layout is Layout.DENOMINATOR)
    if notation.time and notation.time not in names.times:
        names = replace(names, times={**names.times, notation.time: Symbol(notation.time, integer=True)})
    try:
        said = read_left(left, names)
    except UnreadableError as error:
        whole = truth is not None and truth.kind in (Kind.VJP, Kind.GRADIENT) and re.search(r"\[[^\]]*[,;]", right)
        if truth is None or not whole:
            raise UnreadableError(f"its left side is not read: {error.reason}", error.position) from None
        note = f"{left} is read as the gradient by a matrix of blocks, of which {truth.wrt} is judged"
        return _times_from_right(Statement(asked or "", truth, names, (note,)), right)
    said = _moved(said, dict(notation.shifts))
    if said.says in (Says.FREE, Says.NAMED) or truth is None:
        return _named(cell, said, truth, asked, right, notation)
    return _checked(cell, said, right, truth, asked or "", notation)


def _written(names: Names, cell: Cell, notation: Notation) -> Names:
    """With what the author, or the cell, writes otherwise, and the author's letter of time."""
    own = tuple((look, name) for look, name in notation.names if name in names.own)  # not h_prev, see texts.py
    others = aliases((*own, *((shown, name) for name, shown in cell.written)))
    letter = notation.time
    times = (
        {**names.times, letter: Symbol(letter, integer=True)} if letter and letter not in names.times else names.times
    )
    return replace(names, aliases=others, times=times)


def _names_of(cell: Cell) -> set[str]:
    return {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)}


def _moved(said: Left, shifts: dict[str, int]) -> Left:
    """A left side with times as ours, where the author dates names otherwise."""

    def moved(spot: Spot | None) -> Spot | None:
        shift = shifts.get(spot.name, 0) if spot is not None else 0
        if spot is None or spot.time is None or not shift:
            return spot
        number = Node("number", spot.at, str(abs(shift)))
        return replace(spot, time=Node("sum", spot.at, "++" if shift > 0 else "+-", (spot.time, number)))

    return replace(said, above=moved(said.above), below=moved(said.below)) if shifts else said


def _any(cell: Cell) -> Derivation:
    state = cell.states[0].name
    return jacobian(cell, state, state)


def _named(
    cell: Cell, said: Left, truth: Derivation | None, asked: str | None, right: str, notation: Notation
) -> Statement:
    """A left side that is a name, or one that alone decides."""
    if said.says is Says.NAMED and said.above is not None:
        raise UnreadableError(
            f"the left side is {said.above.name}, which the recurrence defines; a claim is about a derivative"
        )
    if truth is None and said.says is Says.FREE:
        raise UnreadableError(f"{said.shown!r} is a name that nothing introduces; say which object it is: object=...")
    if truth is None:
        found = _candidates(cell, said, right, notation)
        several = 1 < len(found) == len(cell.states) and all(own.kind is Kind.VJP for _, own in found)
        if several and said.says is Says.LOSS and said.below is not None and not cell.matrix_states:
            stated = Statement(f"vjp:{said.below.name}", found[0][1], *_names(found[0][1], right, notation, said))
            return _framed(replace(stated, names=replace(stated.names, several=True)), said, right)
        if len(found) != 1:
            known = " or ".join(repr(name) for name, _ in found) or "nothing that is derived"
            raise UnreadableError(f"the left side {said.shown!r} can state {known}; say which: object=...")
        name, truth = found[0]
        return _framed(Statement(name, truth, *_names(truth, right, notation, said)), said, right)
    note = f"{said.shown} is a name that the claim introduces; its right side is compared with {asked}"
    named = Statement(asked or "", truth, *_names(truth, right, notation), free=True)
    framed = _framed(replace(named, notes=(*named.notes, note)), said, right)
    return replace(framed, frame=replace(framed.frame, pulled=truth.kind is Kind.VJP))


def _checked(cell: Cell, said: Left, right: str, truth: Derivation, asked: str, notation: Notation) -> Statement:
    """A left side beside an object that was asked for."""
    found = _candidates(cell, said, right, notation, every=True)
    for name, own in found:
        same = (own.kind, own.of, own.wrt) == (truth.kind, truth.of, truth.wrt)
        if same or (own.kind is truth.kind is Kind.ADJOINT):
            return _framed(Statement(name, truth, *_names(truth, right, notation, said)), said, right)
    pre = said.says is Says.LOSS and truth.kind is Kind.VJP and said.below is not None
    if pre and said.below is not None and _feeds(cell, said.below.name, truth):
        known = Statement(asked, truth, *_names(truth, right, notation, said))
        note = f"{said.shown} is read as the gradient by the pre-activation of {said.below.name}"
        framed = _framed(known, said, right)
        return replace(framed, frame=replace(framed.frame, pulled=True), notes=(*framed.notes, note))
    stated = " or ".join(repr(name) for name, _ in found) or "something that is not derived here"
    raise UnreadableError(
        f"its left side {said.shown!r} states {stated}, not {asked!r}; leave out the one that is not meant"
    )


def _feeds(cell: Cell, name: str, truth: Derivation) -> bool:
    """Whether a parameter stands in the definition of that intermediate."""
    return any(str(item.symbol.name) == name and item.expr.has(truth.wrt) for item in cell.assignments)


#: A sum right behind another one, over t and over k <= t: its delta_t is that of step t.
_DOUBLE_SUM = re.compile(r"sum(?:\\limits|\s|\(|[_^]\s*(?:\{[^{}]*\}|\w))*\\?sum")


def _names(
    truth: Derivation, right: str, notation: Notation, said: Left | None = None
) -> tuple[Names, tuple[str, ...]]:
    """The names for a right side, with a note where delta is the whole gradient because nothing else in it is."""
    left = "" if said is None else said.shown
    of_step = said is not None and said.step is not None
    other = re.search(r"lam|M(?![A-Za-z])|nabla|partial|prod", right) or _DOUBLE_SUM.search(right)
    alone = truth.kind in _MANY and "delta" in right and not other and not of_step
    alone = alone and (truth.kind is Kind.GRADIENT or "delta" in left)
    note = "delta is read as the gradient of the loss by the state, all later steps included"
    names = _written(names_for(truth, total_gradient=alone), truth.cell, notation)
    return names, (note,) if alone else ()


def _candidates(
    cell: Cell, said: Left, right: str, notation: Notation, *, every: bool = False
) -> list[tuple[str, Derivation]]:
    """The objects that a left side can state."""
    names = _written(names_for(_any(cell)), cell, notation)
    found: list[tuple[str, Derivation]] = []
    options = (
        _partials(cell, said, right, names)
        if said.says is Says.PARTIAL
        else _losses(cell, said, right, names, every=every)
    )
    for name in options:
        try:
            found.append((name, result(cell, name)))
        except SymgateError:
            continue
    return found


def _partials(cell: Cell, said: Left, right: str, names: Names) -> list[str]:
    """d above / d below; of a state by a parameter all the way back, where the right side goes on with that earlier."""
    above, below = said.above, said.below
    assert above is not None
    assert below is not None
    states = [state.name for state in cell.states]
    wrt = below.name
    if wrt.endswith("_prev") and wrt not in cell.symbols:
        gap: Expr = Integer(1)
        wrt = wrt.removesuffix("_prev")
    else:
        ends = [T if spot.time is None else moment(spot.time, names.times) for spot in (above, below)]
        gap = ends[0] - ends[1]
    one = len(states) == 1 and above.name in states
    shown = wrt if one and wrt in cell.symbols else f"{above.name}/{wrt}"
    pulled = "vjp:" if said.pulled else ""
    if one and wrt in {str(item.name) for item in cell.parameters} and carries_on(said, right, names):
        return [f"influence:{wrt}"]
    if wrt not in states:
        return [pulled + shown] if gap == 0 or wrt in {str(item.name) for item in cell.parameters} else []
    if gap == 1:
        return [pulled + shown]
    if gap == 0:
        return [] if above.name == wrt else [f"{pulled}{above.name}/{wrt}_new"]
    return ["transport"] if not gap.is_Integer and one and above.name == wrt else []


def _losses(cell: Cell, said: Left, right: str, names: Names, *, every: bool) -> list[str]:
    """d L / d below: over many steps, or of one."""
    below = said.below
    assert below is not None
    states = [state.name for state in cell.states]
    if said.step is not None and below.name in states and _gap(said, names) == 0:
        raise UnreadableError(
            "its left side is the gradient of the loss of one step by the state of that step, which is given; the "
            r"gradient of the sum over all steps is written without a time of the loss: \frac{\partial L}{\partial h_t}"
        )
    one_step = [f"vjp:{below.name}" if len(states) == 1 else f"vjp:{state}/{below.name}" for state in states]
    if len(states) == 1 and below.name not in cell.symbols:
        one_step = [f"vjp:{states[0]}/{below.name}"]
    if below.name in {str(item.name) for item in cell.parameters}:
        many = [f"gradient:{below.name}"]
        return [*many, *one_step] if every else many if _SUMS.search(right) else one_step
    if below.name in states or not below.name:
        before = below.time is not None and (T - moment(below.time, names.times)) == 1
        back = [f"vjp:{below.name}"] if len(states) == 1 and below.name else []
        return [*back, "adjoint"] if every else back if before and back else ["adjoint"]
    return one_step


def _gap(said: Left, names: Names) -> Expr | None:
    """How many steps lie between a state and the loss of one step; None where a time is missing."""
    below = said.below
    if said.step is None or below is None or below.time is None:
        return None
    return moment(said.step, names.times) - moment(below.time, names.times)


def _framed(known: Statement, said: Left, right: str) -> Statement:
    """With what the left side says about times, transposes, multiples, entries, and of which loss and state it is."""
    frame = Frame(turned=said.turned, multiple=said.multiple, entries=said.entries, same=_same(known.truth))
    if said.step is not None and known.truth.kind in _MANY:
        note = f"{said.shown} is of the loss of one step; added up over the steps it is compared with that of all"
        frame = replace(frame, first=K if known.truth.kind is Kind.ADJOINT else Integer(1))
        known = replace(known, notes=(*known.notes, note))
    frame = replace(frame, block=_block(known.truth, said))
    known = replace(known, frame=frame, said=said)
    times = left_times(known, said)
    if not times:
        return _times_from_right(known, right)
    return replace(known, frame=replace(frame, times=tuple(times.items())))


def _block(truth: Derivation, said: Left) -> Block | None:
    """Which of several states the gradient is by; None where it is by all of them."""
    order = [state.name for state in truth.cell.states]
    if truth.kind is not Kind.ADJOINT or len(order) == 1 or truth.cell.matrix_states:
        return None
    if said.says is not Says.LOSS or said.below is None or said.below.name not in order:
        return None
    name = said.below.name
    return Block(order.index(name), paths_through(truth.cell, name, "lam", K), own_part(truth.cell, name, K))


def _same(truth: Derivation) -> tuple[tuple[Expr, Expr], ...]:
    """The state after the step by the intermediate that carries its value, where the derivative is by that one."""
    by = str(getattr(truth.wrt, "name", ""))
    return tuple((state.after, truth.wrt) for state in truth.cell.states if by == f"{state.name}_new")


def left_times(known: Statement, said: Left, named: int = 0, own: int = 0) -> dict[Expr, Expr]:
    """The author's letters as ours, as far as the left side decides.

    ``named`` and ``own`` are added to the times of names of the recurrence, and of letters of ours.
    """
    kind = known.truth.kind
    spots = [spot for spot in (said.above, said.below) if spot is not None]
    shifts = [named if spot.name else own for spot in spots]
    dates = [spot.time for spot in spots]
    if said.says is Says.FREE:
        dates, shifts = [said.time], [own]
    times = [
        None if date is None else moment(date, known.names.times) + by for date, by in zip(dates, shifts, strict=True)
    ]
    if kind is Kind.TRANSPORT and len(times) == 2 and None not in times:
        return _solved(times[0], T) | _solved(times[1], K)
    if kind in _MANY:
        of_loss = {} if said.step is None else _solved(moment(said.step, known.names.times) + own, T)
        by_state = kind is Kind.ADJOINT and times and times[-1] is not None
        return of_loss | (_solved(times[-1], K) if by_state else {})
    if kind is Kind.VJP and said.says is Says.LOSS and times and times[0] is not None:
        before = said.below is not None and said.below.name in {state.name for state in known.truth.cell.states}
        return _solved(times[0], T - 1 if before else T)
    if times and times[0] is not None and known.names.now:
        return _solved(times[0], T)
    return {}


def _solved(time: Expr, ours: Expr) -> dict[Expr, Expr]:
    """The letter in a time such as i+1, so that the time becomes ours."""
    letters = sorted(time.free_symbols, key=str)
    if len(letters) != 1:
        return {}
    return {letters[0]: ours - (time - letters[0])}


def _times_from_right(known: Statement, right: str) -> Statement:
    """Where the left side says nothing: the ends of sums and products as ours."""
    times: dict[Expr, Expr] = {}
    if (
        known.truth.kind is Kind.TRANSPORT
        and re.search(r"\^\s*\{?\s*T\b|\bT\b", right)
        and not re.search(r"\^\s*\{?\s*t\b", right)
    ):
        times = {LAST: T}
    if known.truth.kind is Kind.GRADIENT and re.search(r"\^\s*\{?\s*\\tau", right):
        times = {Symbol("tau", integer=True): LAST}
    if not times:
        return known
    return replace(known, frame=replace(known.frame, times=(*known.frame.times, *times.items())))


def sides(claim: str, form: str | None) -> tuple[str, list[tuple[str, int]], str]:
    """The left side ("" for none), every right side of a chain with where it starts, and the relation.

    Raises:
        UnreadableError: brackets that do not match.
    """
    tex = form == "latex" or (form is None and looks_like_tex(claim))
    parts = split_chain(without_end(claim, "latex" if tex else "text"))
    first = parts[0][1]
    if len(parts) == 1:
        return "", [(first, 0)], "="
    if len(parts) > 2 and _DERIVATIVE.match(parts[1][1]) and not _DERIVATIVE.match(first):
        first, parts = parts[1][1], parts[1:]  # J_t := dh_t/dh_{t-1} = ...
    relations = {relation for relation, _, _ in parts[1:]}
    relation = "=" if relations == {"="} else next(item for item in ("<=", "~") if item in relations)
    return first.strip(), [(text, start) for _, text, start in parts[1:]], relation
