"""What a claim may be at all: its length, its characters, how deep it nests, how large it would grow.

Every refusal carries the position and the reason.  Nothing here or after it ever evaluates text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from symgate.errors import SymgateError

#: Characters of one formula.
LONGEST = 10_000
#: How deep brackets may nest.
DEEPEST = 64
#: Digits of a number, and the largest exponent.
DIGITS, EXPONENT = 24, 16
#: How many factors a power or product of equal things may spell out, and how many nodes a claim may have.
FACTORS, NODES = 64, 8000

#: How many calls within one another a claim may need.
CALLS = 1000

#: Words and signs of one formula, and how deep sums over time may nest.
TOKENS, SUMS = 4000, 13

_LIMITS: list[int] = []
_ONE_AT_A_TIME = Lock()
_OPEN, _CLOSE = {"(": ")", "[": "]", "{": "}"}, {")": "(", "]": "[", "}": "{"}
_TOKEN = re.compile(r"\\?[A-Za-z]+|[0-9]+|[^\sA-Za-z0-9]")
_RELATION = re.compile(r":=|<=|=|~|\\(?:approx|leq?|simeq|sim|equiv|leqslant|triangleq|coloneqq)(?![A-Za-z])")
_SIGNS = {
    "<=": "<=",
    "\\le": "<=",
    "\\leq": "<=",
    "\\leqslant": "<=",
    "~": "~",
    "\\approx": "~",
    "\\simeq": "~",
    "\\sim": "~",
}
_SHOWN = 16


@contextmanager
def counted_from_here() -> Iterator[None]:
    """Calls may nest CALLS deep from here on, wherever the caller stands, so that no verdict depends on that.

    The limit is that of the whole process, so it is never lowered: another thread may stand deeper.
    """
    depth, frame = 0, sys._getframe()  # noqa: SLF001
    while frame := frame.f_back:  # type: ignore[assignment]
        depth += 1
    with _ONE_AT_A_TIME:
        now = sys.getrecursionlimit()
        sys.setrecursionlimit(max(now, depth + CALLS))
        _LIMITS.append(_LIMITS[0] if _LIMITS else now)
    try:
        yield
    finally:
        with _ONE_AT_A_TIME:
            before = _LIMITS.pop()
            if not _LIMITS:  # of claims within claims and of threads, the last to leave puts back what the first found
                sys.setrecursionlimit(before)


class UnreadableError(SymgateError, ValueError):
    """A claim that is not a formula of the notation.

    Attributes:
        reason: why it is refused.
        position: where, counted from 0; None where the whole is meant.
    """

    def __init__(self, reason: str, position: int | None = None, near: str = "") -> None:
        self.reason = reason
        self.position = position
        where = "" if position is None else f"at position {position}"
        shown = f" {near!r}" if near else ""
        super().__init__(f"The claim is not read: {where}{shown}{': ' if where else ''}{reason}")

    def __reduce__(self) -> tuple[type[UnreadableError], tuple[str, int | None]]:
        return type(self), (self.reason, self.position)


class SenselessError(UnreadableError):
    """A claim whose shapes fit and that says what cannot be: no other reading of it is tried."""


class FreeLeftError(UnreadableError):
    """A left side that is a name which nothing introduces."""


class OpenNameError(UnreadableError):
    """A name that nothing introduces.

    Attributes:
        look: the name as written.
        options: what it could stand for, each with the name that is defined there; () where nothing says.
    """

    def __init__(self, look: str, refusal: UnreadableError, options: tuple[tuple[str, Any], ...]) -> None:
        super().__init__(refusal.reason, refusal.position)
        self.look = look
        self.options = options

    def __reduce__(self) -> tuple[Any, ...]:
        return UnreadableError, (self.reason, self.position)


class NumberedLossError(UnreadableError):
    """The loss of a step that is a number.

    Attributes:
        number: the step, as written.
    """

    def __init__(self, reason: str, position: int, number: str) -> None:
        super().__init__(reason, position)
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, self.position, self.number)


class LeftSideError(UnreadableError):
    """The left side of a recurrence that is not one name."""


class SeveralReadingsError(UnreadableError):
    """Sizes that can be read in several ways.

    Attributes:
        choices: for each reading, (name, sizes) of the names that decide; () for a scalar.
    """

    def __init__(self, reason: str, choices: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]) -> None:
        super().__init__(reason)
        self.choices = choices

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, self.choices)


def near(text: str, position: int) -> str:
    """A few characters of the text from a position on, printable."""
    return ascii(text[position : position + _SHOWN])[1:-1]


def guard(text: object) -> str:
    """The text itself, if it may be read: a short string of printable ASCII whose brackets nest moderately.

    Raises:
        UnreadableError: anything else.
    """
    if not isinstance(text, str):
        raise UnreadableError(f"a formula is a string; found {type(text).__name__}")
    if len(text) > LONGEST:
        raise UnreadableError(f"it has {len(text)} characters; a formula has at most {LONGEST}", LONGEST)
    for place, letter in enumerate(text):
        if not (" " <= letter <= "~" or letter in "\t\n\r"):
            raise UnreadableError(
                f"the character U+{ord(letter):04X} is not printable ASCII; spell Greek letters by name", place
            )
    if sum(1 for _ in _TOKEN.finditer(text)) > TOKENS:
        raise UnreadableError(f"it has more than {TOKENS} words and signs", 0)
    if not text.strip():
        raise UnreadableError("it is empty", 0)
    return text


def nesting(text: str) -> list[int]:
    """How deep each character stands in brackets.

    Raises:
        UnreadableError: too deep, or brackets that do not match.
    """
    depths: list[int] = []
    stack: list[tuple[str, int]] = []
    for place, letter in enumerate(text):
        if letter in _OPEN:
            stack.append((letter, place))
            if len(stack) > DEEPEST:
                raise UnreadableError(f"brackets nest deeper than {DEEPEST}", place)
        elif letter in _CLOSE:
            if not stack or stack[-1][0] != _CLOSE[letter]:
                raise UnreadableError("this closing bracket has no opening bracket", place, near(text, place))
            stack.pop()
        depths.append(len(stack))
    if stack:
        raise UnreadableError("this bracket is never closed", stack[-1][1], near(text, stack[-1][1]))
    return depths


def split_chain(text: str) -> list[tuple[str, str, int]]:
    """The sides of a chain a = b <= c: (relation before it, text, where it starts); "" before the first.

    Raises:
        UnreadableError: brackets that do not match.
    """
    depths = nesting(text)
    signs = [found for found in _RELATION.finditer(text) if depths[found.start()] == 0]
    if not signs:
        return [("", text, 0)]
    found = [("", text[: signs[0].start()], 0)]
    for place, sign in enumerate(signs):
        end = signs[place + 1].start() if place + 1 < len(signs) else len(text)
        found.append((_SIGNS.get(sign[0], "="), text[sign.end() : end], sign.end()))
    return found


def split_sides(text: str) -> tuple[str, str, int]:
    """Left side ("" for none), right side, and where the right side starts.

    Raises:
        UnreadableError: more than one equals sign outside brackets.
    """
    depths = nesting(text)
    signs = [found for found in _RELATION.finditer(text) if depths[found.start()] == 0]
    if len(signs) > 1:
        raise UnreadableError("a second equals sign; claim one equation at a time", signs[1].start())
    if not signs:
        return "", text, 0
    return text[: signs[0].start()].strip(), text[signs[0].end() :], signs[0].end()
