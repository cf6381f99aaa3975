"""From equations with letters to named steps: which names are states, inputs, parameters and intermediates.

In: equations as raw factors.  Out: ``Steps``: every equation over plain names at time t or t-1, in an order in which
each intermediate is defined before it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from symgate.claims.reading.compound import compound, currents
from symgate.claims.reading.derivatives import LOSSES
from symgate.claims.reading.limits import LeftSideError, UnreadableError
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import PLAIN
from symgate.claims.recurrence.equations import Equation
from symgate.claims.recurrence.inventory import Entry, functions_in, inventory, time_letter
from symgate.claims.recurrence.looks import look_of
from symgate.claims.recurrence.outputs import outputs_of, spelled, without_readouts
from symgate.claims.recurrence.plain_names import dated, moved, over_plain_names, times_in
from symgate.claims.recurrence.primes import primed
from symgate.claims.recurrence.spread import USUAL_INPUTS, spread
from symgate.claims.recurrence.stacks import unstacked
from symgate.records import Output

AFTER = "_new"


@dataclass
class Steps:
    """What a recurrence says.

    Attributes:
        states: by name, the update over names at t-1, and intermediates and inputs at t.
        lets: (name, definition) of the intermediates, in order of use.
        inputs, parameters: their names, in order of appearance.
        functions: the functions, by name; opaque ones are those that the registry does not know.
        entries: what is known of every name.
        shifts: for names whose time the author counts otherwise, by how much ours is later.
        letter: the letter of time; None where there is none.
        new: the author's time of the state after the step, relative to that letter.
        notes: how what is ambiguous was read.
        outputs: what is computed of the states beside them.
        aside: (name, look of its equation) of everything else that no state needs.
        own: the author's time of every left side, relative to the letter.
        written: (plain name, how it is printed) of names with primes.
    """

    states: dict[str, Raw]
    lets: list[tuple[str, Raw]]
    inputs: list[str]
    parameters: list[str]
    functions: dict[str, str]
    entries: dict[str, Entry]
    shifts: dict[str, int] = field(default_factory=dict)
    letter: str | None = None
    new: int = 0
    notes: list[str] = field(default_factory=list)
    outputs: tuple[Output, ...] = ()
    aside: tuple[tuple[str, str], ...] = ()
    own: dict[str, int] = field(default_factory=dict)
    written: tuple[tuple[str, str], ...] = ()


def steps_of(
    equations: tuple[Equation, ...],
    *,
    letter: str | None = None,
    inputs: tuple[str, ...] = (),
    functions: tuple[str, ...] = (),
    states: tuple[str, ...] = (),
    made: bool = False,
) -> Steps:
    """The steps of a recurrence.

    Args:
        equations: as written, or made discrete before.
        letter: the letter of time, where it is given.
        inputs: names that are inputs; needed only where names carry no time.
        functions: letters that are opaque functions.
        made: whether the equations were made from differential ones, where inputs carry no time.
        states: names that are states though no equation looks back at them, such as an output h_t = o_t * c_t.

    Raises:
        UnreadableError: no name stands before itself in time, or one stands at too many times.
    """
    equations = tuple(
        replace(item, left=compound(item.left), right=currents(compound(item.right))) for item in equations
    )
    found = time_letter(equations, letter)
    equations, written = primed(equations, found)
    equations, readouts, aside = without_readouts(equations, found)
    equations, lists = spread(equations, found)
    equations, notes = unstacked(_explicit(equations, found), found)
    notes = aside + lists + notes
    entries = inventory(equations, found)
    used = functions_in(entries, functions)
    steps = Steps({}, [], [], [], used, entries, {}, found, 0, notes, written=written)
    defined = _defined(equations, found, steps)
    rights = {name: over_plain_names(equation.right, found, used) for name, equation in defined.items()}
    if found is not None:
        rights = _at_our_time(rights, defined, steps)
    _sort(rights, steps, inputs, states, dated_text=found is not None and not made)
    _only_a_time(steps)
    kept = {*steps.states, *dict(steps.lets), *(item.name for item in steps.outputs)}
    rest = tuple((name, spelled(item.right)) for name, item in defined.items() if name not in kept)
    steps.aside = tuple(item for item in (*readouts, *rest) if item[0] not in LOSSES)
    return steps


def _only_a_time(steps: Steps) -> None:
    """Refuse a letter of time that also stands by itself, as in h_n = h_{n-1} + (x_n - h_{n-1})/n.

    Raises:
        UnreadableError: it does; as a parameter it would be the same at every step.
    """
    if steps.letter in (*steps.parameters, *steps.inputs):
        raise UnreadableError(
            f"{steps.letter} counts the steps here, and no step may depend on its number; if {steps.letter} is a "
            "parameter too, give it another letter",
            steps.entries[steps.letter].at,
        )


def _explicit(equations: tuple[Equation, ...], letter: str | None) -> tuple[Equation, ...]:
    """Without equations that follow from a chain and define what another one does."""

    def name(item: Equation) -> str:
        look = look_of(item.left, None, letter) if item.left.kind == "word" else None
        return look.name if look else ""

    given = {name(item) for item in equations if not item.implied}
    kept = {name(item): item for item in reversed(equations) if item.implied and name(item) not in given}
    return tuple(item for item in equations if not item.implied or kept.get(name(item)) is item)


def _defined(equations: tuple[Equation, ...], letter: str | None, steps: Steps) -> dict[str, Equation]:
    """Which name each equation defines."""
    found: dict[str, Equation] = {}
    times: dict[str, int] = {}
    for equation in equations:
        head = (
            equation.left.args[0] if equation.left.kind == "chain" and len(equation.left.args) == 2 else equation.left
        )
        follows = equation.left.args[1] if head is not equation.left else None
        look = look_of(head, follows, letter) if head.kind == "word" else None
        if look is None or look.marks or (follows is not None and not look.bracketed):
            raise LeftSideError(
                r"the left side of a recurrence is one name, such as h_t; a word is written \mathrm{out}_t",
                equation.at,
                equation.given[:16],
            )
        if look.name in found:
            raise UnreadableError(f"{look.name} is defined twice", equation.at, equation.given[:16])
        if look.offset is not None:
            times[look.name] = look.offset
        found[look.name] = equation
    steps.new = max(times.values(), default=0)
    steps.own = times
    return found


def _apart(times: dict[str, int], letter: str | None) -> UnreadableError:
    """The refusal of left sides at different times, with both ways to write them at one."""
    latest = max(times.values())
    where = ", ".join(f"{name} at {letter or 't'}{f'{offset:+d}' if offset else ''}" for name, offset in times.items())
    early = next(name for name, offset in times.items() if offset != latest)
    return UnreadableError(
        f"the left sides are at different times ({where}); write all at the same time: put what {early} is in its "
        f"place on the right, or write its equation one step later, so that {early} is a state of its own",
        0,
    )


def _at_our_time(rights: dict[str, Raw], defined: dict[str, Equation], steps: Steps) -> dict[str, Raw]:
    """What is defined at t, states before at t-1, inputs at t."""
    seen: dict[str, set[int]] = {}
    for raw in rights.values():
        for name, there in times_in(raw).items():
            seen.setdefault(name, set()).update(offset for offset in there if offset is not None)
    shifts: dict[str, int] = {}
    for name, offsets in seen.items():
        if name in defined:
            own = steps.own.get(name, steps.new)
            shifts[name] = -own
            late = {offset - own for offset in offsets} - {0, -1}
            if own < steps.new and {offset - own for offset in offsets} != {0}:
                raise _apart(steps.own, steps.letter)  # a state that is dated otherwise than another one
            if late:
                worst = min(late)
                raise UnreadableError(
                    f"{name} occurs at {_time(steps, worst)}; a recurrence goes one step back, so introduce a state "
                    f"that keeps {name}_{{t-1}}",
                    defined[name].at,
                )
        elif offsets:
            if len(offsets) > 1:
                raise UnreadableError(
                    f"the input {name} occurs at several times; introduce a state that keeps the earlier one"
                )
            shifts[name] = -next(iter(offsets))
    apart = {name for name in shifts if name in defined and steps.own.get(name, steps.new) != steps.new}
    steps.shifts = {name: shift for name, shift in shifts.items() if shift or name in apart}
    steps.notes += [f"{name} is dated a step earlier than what it feeds" for name in defined if name in apart]
    return {name: moved(raw, shifts) for name, raw in rights.items()}


def _time(steps: Steps, offset: int) -> str:
    return f"{steps.letter}{offset + steps.new:+d}"


def _sort(
    rights: dict[str, Raw], steps: Steps, inputs: tuple[str, ...], outputs: tuple[str, ...], *, dated_text: bool
) -> None:
    """States, intermediates, inputs and parameters; what the states do not need is left out."""
    before = {name for raw in rights.values() for name, offsets in times_in(raw).items() if -1 in offsets}
    states = [name for name in rights if name in before or name in outputs]
    if not before & rights.keys():
        raise UnreadableError(
            "no name depends on its own earlier value, as in h_t = ... h_{t-1}, so this is not a recurrence", 0
        )
    rename: dict[tuple[str, int], str] = {}
    lets = {name: raw for name, raw in rights.items() if name not in states}
    for name in states:
        users = [other for other, raw in rights.items() if {0, None} & times_in(raw).get(name, set())]
        if users:
            rename[(name, 0)] = name + AFTER
            lets[name + AFTER] = rights[name]
            steps.entries[name + AFTER] = replace(steps.entries[name], name=name + AFTER)
            steps.notes.append(
                f"{name} after the step, where {', '.join(users)} uses it, is the intermediate {name}{AFTER}"
            )
    rights = {name: moved(_undated(raw, states), {}, rename) for name, raw in rights.items()}
    lets = {name: moved(_undated(raw, states), {}, rename) for name, raw in lets.items()}
    order: list[str] = []
    for name in states:
        _visit(name, rights[name], lets, order, ())
    unused = [name for name in lets if name not in order]
    if unused:
        steps.notes.append(f"{', '.join(unused)}: left out, as no state depends on it; states=... keeps it")
    steps.outputs = outputs_of({name: lets[name] for name in unused}, states, AFTER)
    steps.states = {name: rights[name] for name in states}
    steps.lets = [(name, lets[name]) for name in order]
    needed: dict[str, set[int | None]] = {}
    for raw in [*steps.states.values(), *(raw for _, raw in steps.lets)]:
        for name, offsets in times_in(raw).items():
            needed.setdefault(name, set()).update(offsets)
    others = [name for name in needed if name not in states and name not in lets]
    for name in others:
        is_input = name in inputs or any(offset is not None for offset in needed[name])
        if not inputs and not dated_text and name in USUAL_INPUTS:
            is_input = True
            steps.notes.append(f"{name} is read as an input; inputs=... says otherwise")
        (steps.inputs if is_input else steps.parameters).append(name)


def _undated(raw: Raw, states: list[str]) -> Raw:
    """States without a time, where nothing else carries one, are those after the step."""
    if (
        raw.kind == "word"
        and raw.face == PLAIN
        and raw.value in states
        and not any(s.place == "_" for s in raw.scripts)
    ):
        return dated(raw.value, 0, raw.scripts, raw.at)
    args = tuple(_undated(part, states) for part in raw.args)
    return Raw(raw.kind, raw.at, raw.value, args, raw.scripts, raw.face)


def _visit(name: str, raw: Raw, lets: dict[str, Raw], order: list[str], path: tuple[str, ...]) -> None:
    """Intermediates in the order in which they are needed."""
    for other in times_in(raw):
        if other in lets and other not in order:
            if other in path:
                raise UnreadableError(
                    f"{' and '.join(dict.fromkeys((*path, name)))} are defined by one another", raw.at
                )
            _visit(other, lets[other], lets, order, (*path, other))
            order.append(other)
