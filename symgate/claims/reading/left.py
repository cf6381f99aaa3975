r"""What a left side states: which derivative, of what, by what, at which times, transposed or multiplied or not.

In: the left side of a claim.  Out: ``Left``.  Nothing is decided here about truth: ``judging/statements.py`` finds the
object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

import sympy

from symgate.claims.reading.derivatives import Spot, cotangent, is_loss, nabla, quotient, spelled, step_of
from symgate.claims.reading.indexed import INDICES, Entries, entry_of, letters_of
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.moments import from_tokens, is_moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import MARKS, is_time, items_of, match_scripts, pieces_of, unwrapped
from symgate.claims.reading.surface import Node


class Says(Enum):
    """What kind of left side it is."""

    PARTIAL = "a derivative"
    LOSS = "a gradient of the loss"
    NAMED = "a name of the recurrence"
    FREE = "a name that the claim introduces"


@dataclass(frozen=True)
class Left:
    """A left side as understood.

    Attributes:
        says: which kind.
        above: what is differentiated (PARTIAL), or the name itself (NAMED).
        below: by what (PARTIAL, LOSS).
        turned: whether the whole is transposed.
        multiple: the number in front.
        entries: the letters under which entries are stated; None where the whole is.
        time: the time of a free name.
        pulled: whether a cotangent follows, as in (dx/dW)' lambda.
        step: the time of the loss, where it is that of one step.
        straight: whether its sign is d and not \\partial.
        moved, moved_of: by how many steps the times of what it is by, and of what it is of, were moved to ours.
        direct: whether it is marked as the part of its own step alone.
        shown: as written.
    """

    says: Says
    above: Spot | None = None
    below: Spot | None = None
    turned: bool = False
    multiple: sympy.Rational = sympy.S.One
    entries: Entries | None = None
    time: Node | None = None
    pulled: bool = False
    step: Node | None = None
    direct: bool = False
    straight: bool = False
    moved: int = 0
    moved_of: int = 0
    shown: str = ""


_TEXT = re.compile(
    r"\(?\s*d\+?\s*(?P<of>[A-Za-z]\w*)\s*(?:\[(?P<at>[^\]]*)\])?"
    r"\s*/\s*d\s*(?:vec\()?\s*(?P<wrt>[A-Za-z]\w*)\s*(?:\[(?P<by>[^\]]*)\])?\s*\)?"
    r"\s*(?P<turn>\)?\.T)?\s*(?P<lam>@\s*lam(?:bda)?\w*(?:\[\s*t\s*\])?)?\s*\Z"
)


_FORM = "a left side is a derivative or a name, perhaps transposed or multiplied by a number"
#: What measures a matrix, and so is not one.
_MEASURES = frozenset({"rho", "det", "tr", "trace", "abs", "spr", "radius", "rank", "log", "max", "min", "lim", "sup"})


def read_left(text: str, names: Names) -> Left:
    """What a left side states.

    Raises:
        UnreadableError: it is neither a derivative nor a name.
    """
    match = _TEXT.match(text.strip())
    if match and "\\" not in text:
        return _from_text(match, text)
    raw = read_latex(text)
    return replace(_left(raw, names), shown=text.strip())


def _from_text(match: re.Match[str], text: str) -> Left:
    of, wrt = match["of"], match["wrt"]
    below = Spot(wrt, _index(match, "by"), "", match.start("wrt"), wrt)
    if of in ("L", "loss", "E"):
        return Left(Says.LOSS, below=below, shown=text)
    above = Spot(of, _index(match, "at"), "", match.start("of"), of)
    pulled = match["lam"] is not None
    return Left(Says.PARTIAL, above, below, turned=match["turn"] is not None and not pulled, pulled=pulled, shown=text)


def _index(match: re.Match[str], group: str) -> Node | None:
    """The time in brackets, such as x[t - 1]."""
    start = match.start(group)
    pieces = [(item[0], start + item.start()) for item in re.finditer(r"\w+|[^\w\s]", match[group] or "")]
    return from_tokens(pieces, start) if is_moment(pieces) else None  # of a matrix state, a direction


def _left(raw: Raw, names: Names) -> Left:
    if raw.kind == "sum" and len(raw.args) == 1 and raw.value == "-":
        inner = _left(raw.args[0], names)
        return replace(inner, multiple=-inner.multiple)
    if raw.kind == "group":
        inner = _left(raw.args[0], names)
        letters = tuple(letter for item in items_of(raw)[0] for letter in letters_of(item, INDICES))
        if letters and inner.entries is None:
            raw = raw.without([item for item in raw.scripts if item.place == "_"])
            entries = _of_loss("".join(letters)) if inner.says is Says.LOSS else Entries(letters[:1], letters[1:])
            inner = replace(inner, entries=entries and replace(entries, of_whole=True))
        marks = [item.joined for item in raw.scripts]
        if any(mark not in MARKS for mark in marks):
            raise UnreadableError(_FORM, raw.at)
        return replace(inner, turned=inner.turned ^ bool(len(marks) % 2))
    if raw.kind == "frac":
        return _fraction(raw, names)
    measured = raw.kind == "norm" or (raw.kind == "chain" and raw.args[0].value in _MEASURES and len(raw.args) > 1)
    if measured:
        raise UnreadableError(
            "a norm, determinant, trace or radius of a derivative is not judged; claim the derivative itself, such as "
            r"\frac{\partial h_t}{\partial h_{t-1}} = ...",
            raw.at,
        )
    if raw.kind == "chain":
        return _product(raw, names)
    if raw.kind == "word":
        return _name(raw, names)
    raise UnreadableError(_FORM, raw.at)


def _fraction(raw: Raw, names: Names) -> Left:
    found = quotient(raw.bare, names)
    turned = sum(script.joined in MARKS for script in raw.scripts) % 2 == 1
    if found is None:
        raise UnreadableError("this quotient is not a derivative", raw.at)
    if found.above is None:
        return Left(Says.LOSS, below=found.below, turned=turned, step=found.step, entries=_of_loss(found.below.entry))
    entry = Entries(tuple(found.above.entry), tuple(found.below.entry))
    return Left(
        Says.PARTIAL,
        found.above,
        found.below,
        turned=turned,
        entries=entry if entry.letters else None,
        direct=found.direct,
        straight=found.straight,
    )


def _of_loss(letters: str) -> Entries | None:
    """The letters of an entry of a gradient of the loss."""
    return Entries(tuple(letters[:1]), tuple(letters[1:]), of_loss=True) if letters else None


def _product(raw: Raw, names: Names) -> Left:
    r"""A number in front, \nabla_W L, a transposed derivative times a cotangent, a name with its time behind it."""
    first, *rest = raw.args
    if first.kind == "number" or (first.kind == "frac" and all(part.kind == "number" for part in first.args)):
        inner = _left(rest[0] if len(rest) == 1 else Raw("chain", rest[0].at, args=tuple(rest)), names)
        values = [_number(part) for part in (first.args or (first,))]
        factor = values[0] if len(values) == 1 else values[0] / values[1]
        return replace(inner, multiple=inner.multiple * factor)
    if len(rest) == 1:
        below = nabla(first, names)
        if below is not None and is_loss(rest[0]):
            return Left(Says.LOSS, below=below, step=step_of(rest[0], names), entries=_of_loss(below.entry))
        if (rest[0].kind == "word" and cotangent(rest[0], names, names.cotangents) is not None) or rest[0].value in (
            "lambda",
            "lam",
        ):
            inner = _left(first, names)
            if inner.says is Says.PARTIAL and (inner.turned or names.denominator):
                return replace(inner, turned=False, pulled=True)
        if first.kind == "word" and cotangent(first, names) is not None and rest[0].kind in ("frac", "group"):
            inner = _left(rest[0], names)  # of rows: the cotangent in front
            if inner.says is Says.PARTIAL and not inner.turned:
                return replace(inner, pulled=True)
        if (
            first.kind == "word"
            and first.value in ("delta", "Delta", "d", "partial")
            and rest[0].kind == "word"
            and not first.scripts
        ):
            return Left(Says.LOSS, below=_spot_or_free(rest[0], names))
        if first.kind == "word" and rest[0].kind in ("group", "list"):
            inner = _name(first, names)
            time = _time_of(rest[0])
            return replace(inner, time=time, above=inner.above and replace(inner.above, time=time))
    raise UnreadableError(_FORM, raw.at)


def _number(raw: Raw) -> sympy.Rational:
    whole, _, decimals = raw.value.partition(".")
    if not raw.value or len(raw.value) > 12:
        raise UnreadableError("a number has at most 12 digits", raw.at)
    return sympy.Rational(int(whole + decimals), 10 ** len(decimals))


def _time_of(group: Raw) -> Node | None:
    tokens = pieces_of(group.args[0]) if len(group.args) == 1 else ()
    return from_tokens(tokens, group.at) if tokens else None


def _spot_or_free(raw: Raw, names: Names) -> Spot:
    found = match_scripts(raw, names)
    shown = raw.shown
    if found is None:
        refusal = names.unknown(shown, raw.at)
        raise UnreadableError(f"{refusal.reason}; of what stacks several, write the gradient by one of them", raw.at)
    name, below, _ = found
    return Spot(name, from_tokens(below[0].bare, below[0].at) if below else None, "", raw.at, shown)


def _name(raw: Raw, names: Names) -> Left:
    """A name of the recurrence, a gradient spelled as a name, or a name that the claim introduces."""
    turned = sum(item.joined in MARKS for item in items_of(raw)[1]) % 2 == 1
    shown = "_".join([raw.value, *(item.joined for item in raw.scripts if item.joined not in MARKS)])
    found = match_scripts(raw, names)
    loss = cotangent(raw, names, names.cotangents)
    if found is not None and loss is None:
        name, below, _ = found
        time = from_tokens(below[0].bare, below[0].at) if below else None
        return Left(Says.NAMED, above=Spot(name, time, "", raw.at, shown), time=time, turned=turned)
    loss = loss or spelled(raw, names)
    if loss is not None:
        return Left(Says.LOSS, below=loss)
    bare, letters = entry_of(raw, names)
    loss = cotangent(bare, names, names.cotangents) if letters else None
    if loss is not None:
        return Left(Says.LOSS, below=replace(loss, entry=letters), entries=_of_loss(letters))
    below, above = items_of(raw)
    times = [item for item in [*below, *above] if is_time(unwrapped(item), names, numbers=False)]
    pairs = [item.joined for item in below if len(item.joined) == 2 and item.joined.isalpha() and item.joined.islower()]
    entries = Entries((pairs[0][0],), (pairs[0][1],), of_whole=True) if pairs else None
    time = from_tokens(unwrapped(times[0]).bare, times[0].at) if len(times) == 1 else None
    return Left(Says.FREE, turned=turned, entries=entries, time=time)
