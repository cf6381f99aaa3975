"""Random claims about random cells: true rewritings of what symgate derives, and slips; the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy.matrices.expressions import ZeroMatrix

from symgate.errors import SymgateError
from symgate.records import Cell
from tests.truth import api
from tests.truth.cells import drawn_cell
from tests.truth.judged import Answer, Target, answer, sizes_for, trajectory
from tests.truth.rewritings import END, RULES, Context, T
from tests.truth.slips import FIRST_ADVERSARIAL, SLIPS, K, Slip
from tests.truth.trees import mentions, places, put, shape
from tests.truth.values import OutsideError, UnknownError

#: Forms of one step and of many, with how often each is drawn.
ONE_STEP = {"jacobian": 3, "input": 1, "parameter": 2, "vjp": 3, "kronecker": 2}
MANY = {"transport": 3, "adjoint": 2, "gradient": 5, "expansion": 4, "rate": 1, "preconditioner": 1, "analogy": 1}
_MOST = 400


@dataclass(frozen=True)
class Drawn:
    """A claim, how it came about, and what the oracle says of it.

    Attributes:
        seed: which draws it again.
        target: the object.
        form: which kind of object, for counting.
        claim: the expression.
        kind: "rewritten", or the name of the slip.
        steps: the names of what was done, in order.
        sizes: sizes at which the oracle is to look besides the usual ones.
    """

    seed: str
    target: Target
    form: str
    claim: Any
    kind: str
    steps: tuple[str, ...]
    sizes: tuple[int, ...] = ()

    def answer(self) -> Answer:
        """What the oracle says."""
        if self.kind == "rewritten":
            return answer(self.target, self.claim, steps=(4, 1), places=(0,))
        return answer(self.target, self.claim, steps=(4, 1, 7), sizes=self.sizes)

    def closer(self) -> Answer:
        """A second look, at more sizes and longer trajectories, other numbers."""
        return answer(self.target, self.claim, (4, 1, 9), (0, 1, 2, 3), seed=1, sizes=(*self.sizes, 5, 6, 7))


@lru_cache(maxsize=256)
def known(cell: Cell) -> bool:
    """Whether the oracle has a rule for all that a cell holds."""
    try:
        _ = trajectory(cell, sizes_for(cell, 0), 1, 0).path
    except (UnknownError, OutsideError):
        return False
    return True


@lru_cache(maxsize=64)
def cell_for(seed: int) -> Cell:
    """A cell: drawn, or at times a built-in one."""
    rng = random.Random(f"which|{seed}")
    if rng.random() < 0.3:
        return rng.choice([cell for cell in api.library() if known(cell)])
    return drawn_cell(seed)


def _names(cell: Cell, form: str) -> list[str]:
    """The objects of that form, by name."""
    several = len(cell.states) > 1
    front = [f"{state.name}/" if several else "" for state in cell.states]
    parameters = [str(p.name) for p in cell.parameters]
    matrices = [str(p.name) for p in cell.parameters if shape(p) and p.shape[1] != 1]
    arguments = [*(state.name for state in cell.states), *(str(u.name) for u in cell.inputs), *parameters]
    if form == "jacobian":
        return ["jacobian", *(f"{f}{state.name}" for f in front for state in cell.states)]
    if form == "input":
        return [f"{f}{u.name}" for f in front for u in cell.inputs]
    if form == "parameter":
        return [f"{f}{p}" for f in front for p in parameters if p not in matrices]
    if form == "kronecker":
        return [f"{f}{p}" for f in front for p in matrices]
    if form == "vjp":
        return [f"vjp:{f}{name}" for f in front for name in arguments]
    if form == "gradient":
        return [f"gradient:{p}" for p in parameters]
    if form == "expansion":
        return [f"expansion:{keep}:{p}" for keep in ("retention", "retention", "drive", "gate") for p in (0, 1, 1, 2)]
    if form == "rate":
        return ["rate:retention"]
    if form == "analogy":
        return ["analogy:schedule", "analogy:momentum", "analogy:adam"]
    return [form]


def _object(cell: Cell, form: str, rng: random.Random) -> tuple[str, Any] | None:
    """An object of that form and symgate's closed form of it; None where the cell has none."""
    names = _names(cell, form)
    for name in rng.sample(names, min(3, len(names))):
        try:
            found = api.closed_form(cell, name)
            zero = found == 0 or found.has(ZeroMatrix) or any(node.args[0] == 0 for node in found.atoms(sympy.Sum))
            if not zero or rng.random() < 0.05:
                return name, found
        except SymgateError:
            continue
    return None


def _context(cell: Cell, name: str, claim: Any, free: tuple[Any, ...], rng: random.Random) -> Context:
    spare = [p.expr for p in places(claim) if not any(mentions(p.expr, r.index) for r in p.ranges)]
    small = [expr for expr in spare if sum(1 for _ in places(expr)) < 40]
    return Context(rng, cell, api.meanings(cell, name), free, small)


def _changed(claim: Any, rules: list[Any], ctx: Context, tries: int = 12) -> tuple[Any, Any] | None:
    """The claim with one of the rules applied somewhere, and the rule; None where none fits."""
    spots = list(places(claim))
    for made in ctx.rng.sample(rules, min(tries, len(rules))):
        for place in ctx.rng.sample(spots, min(40, len(spots))):
            new = (made.make if isinstance(made, Slip) else made)(place, ctx)
            if new is None or new == place.expr or shape(new) != shape(place.expr):
                continue
            found = put(claim, place.path, new)
            if found != claim:
                return found, made
    return None


def _times(target: Target) -> tuple[Any, ...]:
    """The time indices that are free in claims about an object of many steps."""
    if target.one_step:
        return ()
    if target.parts[0] == "gradient":
        return (END,)
    return (K, END) if target.parts[0] == "adjoint" or target.name == "analogy:momentum" else (T, K)


def drawn(seed: int, form: str, cell_seed: int, *, slip: bool) -> Drawn | None:
    """A random claim; None where the cell has no object of that form, or nothing could be done to it."""
    rng = random.Random(f"claim|{seed}|{form}|{cell_seed}|{slip}")
    cell = cell_for(cell_seed)
    picked = _object(cell, form, rng)
    if picked is None:
        return None
    name, claim = picked
    target = Target(cell, name)
    did: list[str] = []
    kind, sizes = "rewritten", ()
    rounds = rng.choice([0, 1, 2, 3]) if slip else rng.choice([1, 2, 3, 5, 8])
    at = rng.randrange(rounds + 1) if slip else -1
    for step in range(rounds + 1):
        wrong = step == at
        if not slip and step == rounds:
            break
        ctx = _context(cell, name, claim, _times(target), rng)
        usual = SLIPS[:FIRST_ADVERSARIAL] if rng.random() < 0.75 else SLIPS[FIRST_ADVERSARIAL:]
        found = _changed(claim, usual if wrong else RULES, ctx)
        if found is None or sum(1 for _ in places(found[0])) > _MOST:
            if wrong:
                return None
            continue
        claim, made = found
        did.append(made.name if wrong else made.__name__)
        if wrong:
            kind, sizes = made.name, made.sizes
    if not did:
        return None
    return Drawn(f"{seed}|{form}|{cell_seed}|{slip}", target, form, claim, kind, tuple(did), sizes)


def again(seed: str) -> Drawn | None:
    """The claim that bears this seed."""
    number, form, cell_seed, slip = seed.split("|")
    return drawn(int(number), form, int(cell_seed), slip=slip == "True")


def stream(forms: dict[str, int], first: int, count: int, per_cell: int = 8) -> Iterator[Drawn]:
    """Claims one after another, half of them slips."""
    made, number = 0, first
    while made < count:
        rng = random.Random(f"stream|{number}")
        form = rng.choices(list(forms), list(forms.values()))[0]
        found = drawn(number, form, number // per_cell, slip=rng.random() < 0.5)
        number += 1
        if found is not None:
            made += 1
            yield found
