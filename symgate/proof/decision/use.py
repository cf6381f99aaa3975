"""Which names are worth putting in: those whose definition can meet something that is there already.

A term of a definition is a mark: the heads of its atoms, and whether they share a summed letter.  A name is put in
where a mark of it, or of a name that it is made of, stands in the form, or is a mark of another name there too.  This
spares work and decides nothing: a form that is not 0 then is called different, never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symgate.proof.decision.forms import Atom, Form, Kind, Letter, Number
from symgate.proof.decision.recurrence import Name

Mark = frozenset[Any]
TIMED = (Kind.ORDERED, Kind.RUN, Kind.RANGE, Kind.CLOCK)
NAMED = (Kind.ENTRY, Kind.ORDERED)


def closed(atom: Atom) -> bool:
    """Functions are compared by their arguments, so nothing is put into these; exp and powers are opened."""
    return atom.kind is Kind.FUN and not atom.head[0].exponential


def is_name(atom: Atom, name: Name) -> bool:
    """Whether the atom is an entry of that name."""
    if atom.kind is Kind.ORDERED:
        return bool(atom.head == name.head)
    return atom.kind is Kind.ENTRY and atom.head == name.head and name.mapping(atom) is not None


def functions_in(form: Form) -> Iterator[Atom]:
    """The functions in a form, those in arguments of other functions aside."""
    for term, _ in form.terms:
        for atom, _ in term.factors:
            if closed(atom):
                yield atom
            else:
                for arg in atom.args:
                    yield from functions_in(arg)


def _head(atom: Atom) -> Any:
    return (atom.kind, atom.head[0] if atom.kind is Kind.FUN else atom.head)


def _marks(form: Form) -> Iterator[Mark]:
    """The marks of the terms of a definition."""
    for term, _ in form.terms:
        summed = [atom for atom, _ in term.factors if any(letter in term.bound for letter in atom.free)]
        if len(summed) > 1:
            yield frozenset(_head(atom) for atom in summed)
        for atom, _ in term.factors:
            if atom not in summed or len(summed) == 1:
                yield frozenset([_head(atom)])
            if not closed(atom):
                for arg in atom.args:
                    yield from _marks(arg)


def _every(name: Name, names: dict[Any, Name], seen: set[Any]) -> Iterator[Mark]:
    """The marks of a name and of the names that it is made of."""
    if name.head in seen:
        return
    seen.add(name.head)
    for mark in _marks(name.form):
        yield mark
        for _, head in mark:
            if head in names and not names[head].fixed:
                yield from _every(names[head], names, seen)


def recursive(name: Name, names: dict[Any, Name]) -> bool:
    """Whether the definition of a name leads back to it: such a name is put in once."""
    todo, seen = [name.form], set()
    while todo:
        for atom in _atoms(todo.pop()):
            if atom.head == name.head:
                return True
            if atom.head in names and atom.head not in seen and atom.kind in NAMED:
                seen.add(atom.head)
                todo.append(names[atom.head].form)
    return False


def reached(form: Form, names: dict[Any, Name]) -> set[Any]:
    """The heads of everything in a form, in arguments too, and in the definitions that can be put into it."""
    found: set[Any] = set()
    todo = [form]
    while todo:
        for term, _ in todo.pop().terms:
            for atom, _ in term.factors:
                todo += atom.args
                if atom.kind in NAMED and atom.head not in found:
                    found.add(atom.head)
                    todo += [name.form for head, name in names.items() if is_one_name(head, atom.head)]
    return found


def is_one_name(head: Any, other: Any) -> bool:
    """Whether two heads are those of one name, in blocks or as a whole."""
    return bool(head == other or (len(head) == len(other) == 3 and head[:2] == other[:2]))


def useful(name: Name, form: Form, names: dict[Any, Name]) -> bool:
    """Whether putting the name in can lead to anything."""
    there = {
        atom.head
        for atom in _atoms(form)
        if atom.kind in NAMED and atom.head in names and is_name(atom, names[atom.head])
    }
    if name.head not in there:
        return False
    if not name.form.terms or any(atom.kind in TIMED for atom in _atoms(name.form)):
        return True
    if any(all(atom.kind is Kind.DELTA for atom, _ in term.factors) for term, _ in name.form.terms):
        return True  # a number, or one on the diagonal, can meet any number
    own = set(_every(name, names, set()))
    others: set[Mark] = set()
    for head in sorted(there):
        if head != name.head:
            others.add(frozenset([(Kind.ENTRY, head)]))
            others.update(_every(names[head], names, set()))
    return bool(own & others) or any(_stands(mark, form) for mark in own)


def _atoms(form: Form) -> list[Atom]:
    """The atoms of a form and of the arguments that are open, each once."""
    found: dict[Atom, None] = {}
    todo = [form]
    while todo:
        for term, _ in todo.pop().terms:
            for atom, _ in term.factors:
                if atom not in found:
                    found[atom] = None
                    if not closed(atom):
                        todo += atom.args
    return list(found)


def _stands(mark: Mark, form: Form) -> bool:
    """Whether the atoms of a mark stand in one term, bound together as they are there."""
    for term, _ in form.terms:
        if _together(mark, term.factors, term.bound):
            return True
        for atom, _ in term.factors:
            if not closed(atom) and any(_stands(mark, arg) for arg in atom.args):
                return True
    return False


def _together(mark: Mark, factors: tuple[tuple[Atom, Number], ...], bound: tuple[Letter, ...]) -> bool:
    found = [atom for atom, _ in factors if _head(atom) in mark]
    if {_head(atom) for atom in found} != mark:
        return False
    if len(mark) == 1:
        return True
    tied = [
        atom
        for atom in found
        if any(letter in bound and any(letter in o.free for o in found if o is not atom) for letter in atom.free)
    ]
    return {_head(atom) for atom in tied} == mark
