"""Which objects a left side can state.

In: a left side as understood.  Out: the objects, each with its name, the derived one.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sympy import Expr, Integer, Symbol

from symgate.claims.judging.context import names_for
from symgate.claims.judging.outputs import with_outputs
from symgate.claims.judging.parts import carrier_of
from symgate.claims.judging.stated import few_of, gap
from symgate.claims.reading.frame import Few, names_of_step
from symgate.claims.reading.left import Left, Says
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.moments import moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.on_the_right import carries_on, holds_loss_at, sums_up_to_now
from symgate.claims.reading.scripts import aliases
from symgate.derive import jacobian, result
from symgate.errors import SymgateError
from symgate.language import T
from symgate.notation import Notation
from symgate.records import Cell, Derivation

_LONG = re.compile(r"\\sum|\\prod|\\cdots|\\ldots")
_SUMS = re.compile(r"\\sum|\bfor\b|\\cdots|\\ldots")


def is_long(right: str) -> bool:
    """Whether a right side holds a sum, a product or dots, as what is stated over many steps does."""
    return _LONG.search(right) is not None


def candidates(
    cell: Cell, said: Left, right: str, notation: Notation, *, every: bool = False
) -> list[tuple[str, Derivation]]:
    """The objects that a left side can state."""
    names = written(names_for(some(cell)), cell, notation)
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
    if wrt in {str(item.name) for item in cell.parameters}:
        total = said.straight and "\\partial" in right  # beside \partial, d counts all steps
        if one and (total or carries_on(said, right, names) or sums_up_to_now(said, right, names)):
            return [f"influence:{wrt}"]
        if total:
            return []
    few = few_of(said, names)
    if few is not None and _is_counted(cell, few) and _is_plain(cell, said):
        return ["transport"] if few.gap or few.by not in states else []
    if wrt not in states:
        if gap == 0 or wrt in {str(item.name) for item in cell.parameters}:
            return [pulled + shown]
        return ["transport"] if not gap.is_Integer and one and not pulled and not cell.matrix_states else []
    if gap == 1:
        return [pulled + shown]
    if gap == 0:
        carrier = carrier_of(cell, wrt)
        return [] if above.name == wrt or not carrier else [f"{pulled}{above.name}/{carrier}"]
    block = len(states) > 1 and above.name in states and not cell.matrix_states
    return ["transport"] if not gap.is_Integer and (block or (one and above.name == wrt)) else []


def _is_counted(cell: Cell, few: Few) -> bool:
    """Whether a derivative over a number of steps is more than one of a single step, which has an object of its own."""
    states, named = {state.name for state in cell.states}, names_of_step(cell)
    more = few.gap > 1 or few.top is not None or (few.gap == 1 and few.by not in states)
    return more and few.of in states and few.by in {*states, *named}


def _is_plain(cell: Cell, said: Left) -> bool:
    """Whether a left side is a derivative as it stands, of a cell of vectors."""
    shapes = (getattr(item.symbol, "shape", (1,)) for item in cell.assignments)
    return not (said.pulled or said.turned or said.entries or cell.matrix_states) and all(
        shape[1:] == (1,) for shape in shapes
    )


def _losses(cell: Cell, said: Left, right: str, names: Names, *, every: bool) -> list[str]:
    """d L / d below: over many steps, or of one."""
    below = said.below
    assert below is not None
    beside = [item.name for item in cell.outputs if below.name in item.names]
    if beside:
        raise UnreadableError(
            f"{below.name} belongs to the output {beside[0]}, on which no state depends; keep it as a state: "
            f"read_cell(..., states=({beside[0]!r},))"
        )
    states = [state.name for state in cell.states]
    if said.step is not None and below.name in states and gap(said, names) == 0:
        raise UnreadableError(
            "its left side is the gradient of the loss of one step by the state of that step, which is given; the "
            r"gradient of the sum over all steps is written without a time of the loss: \frac{\partial L}{\partial h_t}"
        )
    one_step = [f"vjp:{below.name}" if len(states) == 1 else f"vjp:{state}/{below.name}" for state in states]
    if len(states) == 1 and below.name not in cell.symbols:
        one_step = [f"vjp:{states[0]}/{below.name}"]
    if below.name in {str(item.name) for item in cell.parameters}:
        many = [f"gradient:{below.name}"]
        return [*many, *one_step] if every else many if said.step or _SUMS.search(right) else one_step
    if below.name in states or not below.name:
        before = below.time is not None and (T - moment(below.time, names.times)) == 1
        back = one_step if below.name else []
        if (len(states) > 1 and every) or holds_loss_at(said, right, names) or is_long(right):
            back = []  # with the loss of the earlier step it is the recursion
        return [*back, "adjoint"] if every else back if before and back else ["adjoint"]
    named = {str(item.symbol.name) for item in cell.assignments}
    carried = (
        len(states) == 1 and not cell.matrix_states and below.name in named and holds_loss_at(said, right, names, 1)
    )
    return ["adjoint"] if carried and said.step is None else one_step


def feeds(cell: Cell, name: str, truth: Derivation) -> bool:
    """Whether a parameter stands in the definition of that intermediate."""
    return any(str(item.symbol.name) == name and item.expr.has(truth.wrt) for item in cell.assignments)


def written(names: Names, cell: Cell, notation: Notation) -> Names:
    """With what the author, or the cell, writes otherwise, and the author's letter of time."""
    own = tuple((look, name) for look, name in notation.names if name in names.own)  # not h_prev, see texts.py
    others = aliases((*own, *((shown, name) for name, shown in cell.written)))
    letter = notation.time
    times = (
        {**names.times, letter: Symbol(letter, integer=True)} if letter and letter not in names.times else names.times
    )
    return with_outputs(replace(names, aliases=others, times=times), cell)


def some(cell: Cell) -> Derivation:
    """The Jacobian of the first state, for the names that any object of the cell has."""
    state = cell.states[0].name
    return jacobian(cell, state, state)
