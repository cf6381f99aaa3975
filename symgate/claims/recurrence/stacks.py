r"""Concatenations: ``W [h_{t-1}, x_t]`` is ``U h_{t-1} + V x_t``, with names of their own for the blocks.

Also ``[h; x]``, ``(h, x)`` and ``\begin{bmatrix} h \\ x \end{bmatrix}``; lists on the left are in ``spread.py``.
"""

from __future__ import annotations

from dataclasses import replace

from symgate.claims.reading.latex_signs import LARGEST
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.recurrence.equations import Equation
from symgate.claims.recurrence.inventory import OPAQUE
from symgate.claims.recurrence.looks import Look, look_of, words_with_next


def unstacked(equations: tuple[Equation, ...], letter: str | None) -> tuple[tuple[Equation, ...], list[str]]:
    """The equations without lists, and how the blocks are called."""
    taken = {look.name for item in equations for side in (item.left, item.right) for look in _looks(side, letter)}
    notes: list[str] = []
    found = tuple(replace(item, right=_without(item.right, letter, taken, notes)) for item in equations)
    return found, list(dict.fromkeys(notes))


def in_blocks(raw: Raw, letter: str | None) -> tuple[Raw, list[str]]:
    """A formula without lists, its blocks called as those of a recurrence are, and how they are called."""
    notes: list[str] = []
    return _without(raw, letter, set(), notes), notes


def _looks(raw: Raw, letter: str | None) -> list[Look]:
    return [look for word, follows in words_with_next(raw) if (look := look_of(word, follows, letter)) is not None]


def _without(raw: Raw, letter: str | None, taken: set[str], notes: list[str]) -> Raw:
    parts = [_without(part, letter, taken, notes) for part in raw.args]
    if raw.kind == "chain":
        joined: list[Raw] = []
        for part in parts:
            before = joined[-1] if joined else part
            if part.kind == "list" and before.kind == "word" and before.value in LARGEST:
                joined[-1] = Raw("chain", before.at, args=(before, part))
            elif part.kind == "list" and not part.scripts and before.kind == "word":
                joined[-1] = _blocks(before, part, letter, taken, notes)
            elif part.kind == "word" and before.kind == "list" and not before.scripts:
                joined[-1] = _blocks(part, before, letter, taken, notes, rows=True)
            else:
                joined.append(part)
        if len(joined) == 1:
            return joined[0].scripted(*raw.scripts)
        parts = joined
    if raw.kind != "list" and any(part.kind == "list" for part in parts):
        raise UnreadableError("a list of vectors is read after a matrix, such as W [h_{t-1}, x_t]", raw.at)
    return Raw(raw.kind, raw.at, raw.value, tuple(parts), raw.scripts, raw.face)


def _blocks(
    matrix: Raw, stack: Raw, letter: str | None, taken: set[str], notes: list[str], *, rows: bool = False
) -> Raw:
    """W [a, b] as W_a a + W_b b; of rows, [a, b] W as a W_a + b W_b.

    Raises:
        UnreadableError: it may as well be a function of several arguments.
    """
    whole = look_of(matrix, None, letter)
    if stack.value == "(" and matrix.value in OPAQUE and not matrix.scripts and not matrix.face:
        raise UnreadableError(
            f"{matrix.value}(.., ..) can be a function of several arguments: write it out, such as "
            f"{matrix.value}(U h + V x); or a matrix times a list: write {matrix.value} [.., ..]",
            matrix.at,
        )
    if whole is None:
        raise UnreadableError("a list of vectors is read after a matrix, such as W [h_{t-1}, x_t]", stack.at)
    terms, shown = [], []
    for place, part in enumerate(stack.args):
        looks = _looks(part, letter)
        before = any(look.offset is not None and look.offset < 0 for look in looks) or any(
            "prev" in s.joined for s in part.scripts
        )
        stem = "U" if before and place < 2 else "V" if place < 2 and len(stack.args) == 2 else ""
        word = replace(matrix, value=stem) if stem else matrix
        named = look_of(word, None, letter)
        inner = looks[0].stem if looks else str(place)
        if not stem or named is None or (named.name in taken and not _ours(named.name, whole.name, notes)):
            word = matrix.scripted(Script("_", ((inner, matrix.at),), matrix.at))
            named = look_of(word, None, letter)
        assert named is not None
        shown.append((named.name, inner))
        inside = part if part.kind == "word" else Raw("group", part.at, "(", (part,))
        terms.append(Raw("chain", part.at, args=(inside, word) if rows else (word, inside)))
        taken.add(named.name)
    listed = ", ".join(name for _, name in shown)
    notes.append(f"{whole.name} [{listed}] is read as " + " + ".join(f"{block} {name}" for block, name in shown))
    return Raw("group", matrix.at, "(", (Raw("sum", matrix.at, "+" * len(terms), tuple(terms)),))


def _ours(name: str, whole: str, notes: list[str]) -> bool:
    """Whether the name was given to a block of the same matrix before."""
    return any(note.startswith(f"{whole} [") and f" {name} " in note for note in notes)
