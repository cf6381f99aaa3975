r"""Lists on the left: ``[i; f] = \sigma(W [h; x] + b)`` is one equation for each name, with blocks W_i and b_i.

A name that an equation gives to a list, such as ``z = [x; h]``, stands for the list where it is used.
"""

from __future__ import annotations

from dataclasses import replace

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import SPELLED_FUNCTIONS
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.recurrence.equations import Equation, words_of
from symgate.claims.recurrence.inventory import OPAQUE
from symgate.claims.recurrence.looks import look_of
from symgate.nonlinearities import registered_nonlinearities

#: Names that are inputs where nothing carries a time.
USUAL_INPUTS = ("u", "x", "I_ext", "input", "inp")
_Key = tuple[str, tuple[str, ...]]


def spread(equations: tuple[Equation, ...], letter: str | None) -> tuple[tuple[Equation, ...], list[str]]:
    """The equations with one name on each left side, and how lists were read.

    Raises:
        UnreadableError: a right side cannot be cut into the parts of a list.
    """
    notes: list[str] = []
    listed = {_key(part) for item in equations for part in _members(item)}
    equations = tuple(
        replace(item, left=_list(item.left, listed), right=_list(item.right, listed)) for item in equations
    )
    stacks = {_key(item.left): item.right for item in equations if item.left.kind == "word" and _bare(item.right)}
    rest = [item for item in equations if not (item.left.kind == "word" and _bare(item.right))]
    for name, raw in stacks.items():
        notes.append(f"{name[0]} stands for the list of {len(raw.args)} that it is equal to")
    for _ in stacks:  # lists of lists
        rest = [replace(item, right=_put(item.right, stacks)) for item in rest]
    defined = {_key(word) for item in rest for word in words_of(item.left)}
    found: list[Equation] = []
    for item in rest:
        if item.left.kind != "list":
            found.append(item)
            continue
        for place, part in enumerate(item.left.args):
            cut = _Cut(place, len(item.left.args), _suffix(part, letter), letter, defined)
            found.append(replace(item, left=part, right=cut.of(item.right)))
        notes.append(f"the list of {len(item.left.args)} on the left is read as an equation for each of them")
    return tuple(found), notes


def _key(raw: Raw) -> _Key:
    return raw.value, tuple(script.joined for script in raw.scripts)


def _bare(raw: Raw) -> bool:
    return raw.kind == "list" and not raw.scripts


def _members(item: Equation) -> list[Raw]:
    """Names that are parts of a list, or stand on a left side."""
    lists = [side for side in (item.left, item.right) if side.kind == "list"]
    return [part for side in lists for part in side.args if part.kind == "word"] + list(words_of(item.left))


def _list(raw: Raw, listed: set[_Key]) -> Raw:
    """``[a b]`` as a list where a and b are parts of lists or are defined."""
    inner = raw.args[0] if raw.kind == "group" and raw.value == "[" and not raw.scripts else None
    if inner is None or inner.kind != "chain" or not all(part.kind == "word" for part in inner.args):
        return raw
    return Raw("list", raw.at, "[", inner.args) if all(_key(part) in listed for part in inner.args) else raw


def _put(raw: Raw, stacks: dict[_Key, Raw]) -> Raw:
    """With lists in place of their names; a star beside one is a product."""
    if raw.kind == "word":
        return stacks.get(_key(raw), raw)
    args = tuple(_put(part, stacks) for part in raw.args)
    starred = raw.kind == "term" and set(raw.value) == {"s"} and any(part.kind == "list" for part in args)
    if raw.kind == "list":
        args = tuple(inner for part in args for inner in (part.args if _bare(part) else (part,)))
    return replace(raw, kind="chain", value="", args=args) if starred else replace(raw, args=args)


def _suffix(raw: Raw, letter: str | None) -> str:
    look = look_of(raw, None, letter) if raw.kind == "word" else None
    if look is None:
        raise UnreadableError("a list on the left must contain names, such as [i_t; f_t]", raw.at)
    return look.name.replace("_", "")


def _is_function(raw: Raw) -> bool:
    name = SPELLED_FUNCTIONS.get(raw.value, raw.value)
    return raw.kind == "word" and (name in registered_nonlinearities() or name in OPAQUE)


class _Cut:
    """One part of a right side: parameters get the suffix of the name on the left."""

    def __init__(self, place: int, count: int, suffix: str, letter: str | None, defined: set[_Key]) -> None:
        self.place, self.count, self.suffix, self.letter, self.defined = place, count, suffix, letter, defined

    def of(self, raw: Raw) -> Raw:
        """The part of a sum, product or call."""
        if raw.kind == "list":
            if len(raw.args) != self.count:
                raise UnreadableError(f"this list has {len(raw.args)} parts, that on the left {self.count}", raw.at)
            return raw.args[self.place]
        if raw.kind == "chain":
            return self.product(raw)
        if raw.kind == "word":
            return self.named(raw)
        if raw.kind in ("sum", "term", "group"):
            return replace(raw, args=tuple(self.of(part) for part in raw.args))
        raise UnreadableError("this cannot be cut into the parts of the list on the left", raw.at)

    def product(self, raw: Raw) -> Raw:
        """A call, a list of functions before their argument, or a matrix, or blocks, before what it multiplies."""
        first, *rest = raw.args
        if first.kind == "list" and len(first.args) == self.count and all(map(_is_function, first.args)):
            inner = self.of(rest[0] if len(rest) == 1 else replace(raw, args=tuple(rest), scripts=()))
            inner = inner if inner.kind == "group" else Raw("group", raw.at, "(", (inner,))
            return replace(raw, args=(first.args[self.place], inner))
        if _bare(first) and len(first.args) == self.count and rest:  # rows of blocks before what they multiply
            return replace(raw, args=(first.args[self.place], *rest))
        if _is_function(first) and len(rest) == 1 and rest[0].kind == "group":
            return replace(raw, args=(first, self.of(rest[0])))
        place = next((k for k, part in enumerate(raw.args) if part.kind == "word" and self.parameter(part)), None)
        if place is None:
            raise UnreadableError("this cannot be cut into the parts of the list on the left", raw.at)
        args = tuple(self.named(part) if k == place else part for k, part in enumerate(raw.args))
        return replace(raw, args=args)

    def parameter(self, raw: Raw) -> bool:
        """Whether a word carries no time, is not defined and not an input."""
        look = look_of(raw, None, self.letter)
        free = look is not None and look.offset is None and _key(raw) not in self.defined
        return free and raw.value not in USUAL_INPUTS

    def named(self, raw: Raw) -> Raw:
        """A parameter with the suffix."""
        if not self.parameter(raw):
            raise UnreadableError(f"{raw.value} cannot be cut into the parts of the list on the left", raw.at)
        return raw.scripted(Script("_", ((self.suffix, raw.at),), raw.at))
