"""Forms as text, for messages and for debugging; nothing is decided by it."""

from __future__ import annotations

from typing import Any

from symgate.proof.decision.forms import CONSTANT, FREE, TIME, Atom, Form, Kind, Letter, Term, Time


def shown(form: Form, most: int = 6) -> str:
    """A form as a sum of terms, the first few of them."""
    parts = [f"{value} {_term(term)}" for term, value in form.terms[:most]]
    more = f" + {len(form.terms) - most} more" if len(form.terms) > most else ""
    return (" + ".join(parts) or "0") + more


def _term(term: Term) -> str:
    total = f"sum[{','.join(map(_letter, term.bound))}] " if term.bound else ""
    return total + " ".join(_atom(atom) + ("" if power == 1 else f"^{power}") for atom, power in term.factors)


def _letter(letter: Letter | None) -> str:
    if letter is None:
        return "0"
    if letter.level == CONSTANT:
        return str(letter.number)
    name = "t" if letter.space == TIME else "i"
    return f"{name}{letter.number}" if letter.level == FREE else f"{name}'{letter.number}"


def _time(time: Time) -> str:
    offset, pairs = time
    parts = [
        ("" if factor == 1 else "-" if factor == -1 else str(factor)) + _letter(letter) for letter, factor in pairs
    ]
    return "+".join([*parts, *([str(offset)] if offset or not parts else [])])


def _atom(atom: Atom) -> str:
    times = ",".join(map(_time, atom.times))
    letters = ",".join(map(_letter, atom.letters))
    if atom.kind is Kind.RANGE:
        return f"[{_time(atom.times[0])}+{atom.head}<={_time(atom.times[1])}]"
    inner = ";".join(shown(form, 3) for form in atom.args)
    return (
        f"{_name(atom)}{f'[{letters}]' if letters else ''}{f'@{times}' if times else ''}{f'({inner})' if inner else ''}"
    )


def _name(atom: Atom) -> str:
    head: Any = atom.head
    if atom.kind is Kind.FUN:
        return f"{head[0].name}{chr(39) * head[1]}"
    if atom.kind is Kind.ENTRY:
        return str(head[1])
    return f"{atom.kind.name}{'' if head == () else head[1] if isinstance(head, tuple) else head}"
