"""From the left side of a claim to the object that it is about, and to how the right side stands to it.

A left side that states something else than the object that was asked for is never proved: it is refused with both
readings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sympy import Symbol

from symgate.claims.judging.closed import object_of
from symgate.claims.judging.context import names_for
from symgate.claims.judging.objects import candidates, feeds, some, written
from symgate.claims.judging.outputs import size_of
from symgate.claims.judging.stated import MANY, Statement, framed, times_from_right
from symgate.claims.reading.derivatives import Spot
from symgate.claims.reading.left import Left, Says, read_left
from symgate.claims.reading.limits import FreeLeftError, NumberedLossError, UnreadableError, split_chain
from symgate.claims.reading.names import Names
from symgate.claims.reading.reader import looks_like_tex, same_left, without_end
from symgate.claims.reading.rows import spellings
from symgate.claims.reading.running_letters import without_sums_over_entries
from symgate.claims.reading.senses import Sense
from symgate.claims.reading.surface import Node
from symgate.derive import result
from symgate.language import T
from symgate.notation import PLAIN, Layout, Notation, Vectors
from symgate.records import Cell, Derivation, Kind, Output
from symgate.tex.authored import is_laid_over
from symgate.tex.context import Context, context_of

DERIVATIVE = re.compile(r"\s*(?:\\[dt]?frac\s*\{\s*(?:\\partial|d\b|\\mathrm\s*\{?d)|\\nabla|d\+?\w+/d)")


#: The Jacobian of the step by its letter.
_STEP = re.compile(r"(?:J|\\math(?:bf|rm|sf)\{J\}|\\(?:bm|boldsymbol)\{J\})(?:\[t\]|_t|_\{t\})")


_OF_ROWS = "vectors are rows, as in the recurrence"
_J, _LETTERS = re.compile(r"J[a-z]*"), re.compile(r"\\(?:math\w\w|bm|boldsymbol|left|right)(?![a-z])|[^A-Za-z]")


def statement(cell: Cell, left: str, right: str, asked: str | None, notation: Notation = PLAIN) -> Statement:
    """What a claim is about, in the author's notation; arguments as for :func:`_statement`."""
    known = _statement(cell, left, right, asked, notation)
    frame, notes = known.frame, list(known.notes)
    context = context_of(known.truth, notation)
    if is_laid_over(known.truth, context) and not _says_which(known):
        frame = replace(frame, turned=not frame.turned)
    if notation.layout is Layout.DENOMINATOR:
        notes.append("read in denominator layout, as the notation says")
    if notation.vectors is Vectors.ROW:
        notes.append(
            _OF_ROWS if cell.in_rows else "vectors are rows, as the notation says: matrices are the transposes of ours"
        )
    letters = known.names.letters(known.names.cotangents | {notation.cotangent})
    cotangent, dated = known.truth.cotangent, dict(notation.shifts)
    by_state = dated.get(str(getattr(known.truth.of, "name", "")), 0) if cotangent is not None else 0
    own = ((str(cotangent.name), by_state),) if by_state and cotangent is not None else ()
    rows = notation.vectors is Vectors.ROW and frame.entries is None
    frame = replace(frame, rows=rows, shifts=(*notation.shifts, *own))
    times = dict(frame.times)
    if notation.time not in (None, "t") and not times:
        letter = Symbol(str(notation.time), integer=True)
        frame = replace(frame, times=((letter, T),))
    names = written(replace(known.names, cotangents=letters), cell, notation)
    if context.lays_out_otherwise:
        flips = context.is_flipped if frame.entries is None else _flips_matrices(context)
        names = replace(names, flips=flips, rows=rows)
    if notation.time and notation.time not in names.times:
        names = replace(names, times={**names.times, notation.time: Symbol(notation.time, integer=True)})
    return replace(known, frame=frame, notes=tuple(notes), names=names)


def _flips_matrices(context: Context) -> Callable[[Any], bool]:
    """Whether the author's symbol is the transpose of ours, where vectors have letters and are no rows or columns."""
    return lambda symbol: 1 not in symbol.shape and context.is_flipped(symbol)


def _says_which(known: Statement) -> bool:
    """Whether letters say which entry is meant, so that no layout is in it: of all but a matrix as a whole."""
    entries = known.frame.entries
    if entries is None or entries.of_whole:
        return False
    return not entries.of_loss or not entries.columns


def _statement(cell: Cell, left: str, right: str, asked: str | None, notation: Notation) -> Statement:
    """What a claim is about: its sides ("" for no left side) and the object that was asked for, if any.

    Raises:
        UnreadableError: the left side is not read, states something else than what was asked for, or does not decide.
        UnknownNameError: the cell has no such object.
    """
    if asked is None and _STEP.fullmatch(left.strip()) and "J" not in _names_of(cell):
        asked = "jacobian"  # J_t is the Jacobian of the step wherever the recurrence has no J
    truth = result(cell, asked) if asked else None
    if truth is not None and (not left or (same_left(left, truth) and not _of_one_state(left, truth))):
        return times_from_right(Statement(asked or "", truth, *_names(truth, right, notation)), right)
    if not left:
        raise UnreadableError(
            f"a bare right side does not say which object of cell {cell.name!r} it is about; name it, such as "
            "object='jacobian' or 'vjp:W_r', or write the left side"
        )
    names = written(names_for(truth if truth is not None else some(cell)), cell, notation)
    names = replace(names, denominator=notation.layout is Layout.DENOMINATOR)
    if notation.time and notation.time not in names.times:
        names = replace(names, times={**names.times, notation.time: Symbol(notation.time, integer=True)})
    try:
        said = read_left(left, names)
    except UnreadableError as error:
        whole = truth is not None and truth.kind in (Kind.VJP, Kind.GRADIENT) and re.search(r"\[[^\]]*[,;]", right)
        if truth is None or not whole:
            if isinstance(error, NumberedLossError):
                raise
            raise UnreadableError(f"its left side is not read: {error.reason}", error.position) from None
        note = f"{left} is read as the gradient by a matrix of blocks, of which {truth.wrt} is judged"
        return times_from_right(Statement(asked or "", truth, names, (note,)), right)
    said = _moved(said, dict(notation.shifts))
    output = next((item for item in cell.outputs if said.above is not None and said.above.name == item.name), None)
    if output is not None and truth is None and _is_of_output(cell, output, said):
        assert said.above is not None
        of_state = replace(said, above=replace(said.above, name=output.state))
        stated = _named(cell, of_state, None, None, right, notation)
        if stated.frame.start is not None:
            raise UnreadableError(
                f"state a derivative of {output.name}_t with respect to a quantity at time k, not at a numbered step"
            )
        note = f"{output.name}_t is {output.matrix} {output.state}_t: what {output.matrix} stands in front of is judged"
        frame = replace(stated.frame, rows_of=size_of(output))
        return replace(stated, output=output, frame=frame, notes=(*stated.notes, note))
    if said.entries is not None:
        right = without_sums_over_entries(right, names, said.entries.letters)
        if asked is None and said.says is Says.FREE and _J.fullmatch(_LETTERS.sub("", said.shown)):
            asked, truth = "jacobian", result(cell, "jacobian")
    if said.says in (Says.FREE, Says.NAMED) or truth is None:
        return _named(cell, said, truth, asked, right, notation)
    return _checked(cell, said, right, truth, asked or "", notation)


def _is_of_output(cell: Cell, output: Output, said: Left) -> bool:
    """Whether a left side is an output, or its derivative by what is earlier, as it stands."""
    if said.turned or said.multiple != 1 or said.entries is not None or said.pulled or len(cell.states) > 1:
        return False
    return said.says is Says.NAMED or (said.below is not None and said.below.name != output.name)


def _of_one_state(left: str, truth: Derivation) -> bool:
    """Whether a left side is the gradient by one of several states, such as lam_C[k]."""
    order = [state.name for state in truth.cell.states]
    spelled = re.sub(r"\\math(?:rm|sf|bf)|[{}]", "", left.replace("\\_", "_"))
    named = [name for name in order if re.search(rf"[_^](?:{spellings(name)})(?![A-Za-z0-9])", spelled)]
    return truth.kind is Kind.ADJOINT and len(order) > 1 and len(named) == 1


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

    by = shifts.get(said.below.name, 0) if said.below is not None else 0
    of = shifts.get(said.above.name, 0) if said.above is not None else 0
    return replace(said, above=moved(said.above), below=moved(said.below), moved=by, moved_of=of) if shifts else said


def _named(
    cell: Cell, said: Left, truth: Derivation | None, asked: str | None, right: str, notation: Notation
) -> Statement:
    """A left side that is a name, or one that alone decides."""
    if said.says is Says.NAMED and said.above is not None:
        name = said.above.name
        if truth is not None or name not in {state.name for state in cell.states}:
            raise UnreadableError(
                f"the left side is {name}, which the recurrence defines; a claim is about a derivative, or it is a "
                f"closed form of a state"
            )
        beside = object_of(cell)
        return framed(Statement(f"closed form of {name}", beside, *_names(beside, right, notation)), said, right)
    if truth is None and said.says is Says.FREE:
        raise FreeLeftError(f"{said.shown!r} is a name that nothing introduces; say which object it is: object=...")
    if truth is None:
        found = candidates(cell, said, right, notation)
        several = 1 < len(found) == len(cell.states) and all(own.kind is Kind.VJP for _, own in found)
        if several and said.says is Says.LOSS and said.below is not None and not cell.matrix_states:
            stated = Statement(f"vjp:{said.below.name}", found[0][1], *_names(found[0][1], right, notation, said))
            return framed(replace(stated, names=replace(stated.names, several=True)), said, right)
        if len(found) != 1:
            known = " or ".join(repr(name) for name, _ in found) or "nothing that is derived"
            raise UnreadableError(f"the left side {said.shown!r} can state {known}; say which: object=...")
        name, truth = found[0]
        return framed(Statement(name, truth, *_names(truth, right, notation, said)), said, right)
    note = f"{said.shown} is a name that the claim introduces; its right side is compared with {asked}"
    named = Statement(asked or "", truth, *_names(truth, right, notation), free=True)
    read_so = framed(replace(named, notes=(*named.notes, note)), said, right)
    return replace(read_so, frame=replace(read_so.frame, pulled=truth.kind is Kind.VJP))


def _checked(cell: Cell, said: Left, right: str, truth: Derivation, asked: str, notation: Notation) -> Statement:
    """A left side beside an object that was asked for."""
    found = candidates(cell, said, right, notation, every=True)
    for name, own in found:
        same = (own.kind, own.of, own.wrt) == (truth.kind, truth.of, truth.wrt)
        if same or (own.kind is truth.kind is Kind.ADJOINT):
            return framed(Statement(name, truth, *_names(truth, right, notation, said)), said, right)
    pre = said.says is Says.LOSS and truth.kind is Kind.VJP and said.below is not None
    if pre and said.below is not None and feeds(cell, said.below.name, truth):
        known = Statement(asked, truth, *_names(truth, right, notation, said))
        note = f"{said.shown} is read as the gradient by the pre-activation of {said.below.name}"
        read_so = framed(known, said, right)
        return replace(read_so, frame=replace(read_so.frame, pulled=True), notes=(*read_so.notes, note))
    stated = " or ".join(repr(name) for name, _ in found) or "something that is not derived here"
    raise UnreadableError(
        f"its left side {said.shown!r} states {stated}, not {asked!r}; leave out the one that you do not mean"
    )


#: A derivative with d in place of \\partial.
_STRAIGHT = re.compile(r"frac\s*\{\s*(?:d|\\mathrm\s*\{\s*d\s*\})(?![A-Za-z])")
#: A sum right behind another one, over t and over k <= t: its delta_t is that of step t.
_DOUBLE_SUM = re.compile(r"sum(?:\\limits|\s|\(|[_^]\s*(?:\{[^{}]*\}|\w))*\\?sum")


def _names(
    truth: Derivation, right: str, notation: Notation, said: Left | None = None
) -> tuple[Names, tuple[str, ...]]:
    """The names for a right side, with a note where delta is the whole gradient because nothing else in it is."""
    left = "" if said is None else said.shown
    of_step = said is not None and said.step is not None
    other = re.search(r"lam|M(?![A-Za-z])|nabla|partial|prod", right) or _DOUBLE_SUM.search(right)
    alone = truth.kind in MANY and "delta" in right and not other and not of_step
    alone = alone and (truth.kind is Kind.GRADIENT or "delta" in left)
    alone = alone or (truth.kind is Kind.ADJOINT and "delta" in left and "delta" in right)
    names = written(names_for(truth, total_gradient=alone), truth.cell, notation)
    signs = left + right
    mixed = "\\partial" in signs and _STRAIGHT.search(signs) is not None
    of_loss = said is not None and said.says is Says.LOSS
    return replace(names, mixed=mixed, of_step=of_step if of_loss else None), (Sense.ALL_STEPS.value,) if alone else ()


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
    if len(parts) > 2 and DERIVATIVE.match(parts[1][1]) and not DERIVATIVE.match(first):
        first, parts = parts[1][1], parts[1:]  # J_t := dh_t/dh_{t-1} = ...
    relations = {relation for relation, _, _ in parts[1:]}
    relation = "=" if relations == {"="} else next(item for item in ("<=", "~") if item in relations)
    return first.strip(), [(text, start) for _, text, start in parts[1:]], relation
