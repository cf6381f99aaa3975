r"""Equations beside a claim about what has a meaning already: "where g_t = \sigma(a_t)", "J_j = \partial x_j / ...".

They define nothing, so each is judged like the claim itself:

holds            by the recurrence: a line in the ledger
wrong            of a name of the recurrence, with a witness: the claim is refuted
not compared     the claim is undecided, whatever the formula is by itself
another meaning  of a letter of ours (J, A, B, M, lambda, delta): the author's equation wins, and the formula is judged
                 with it; where it cannot be put in, the claim is undecided
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import product
from typing import Any

import sympy
from sympy import Expr

from symgate.claims.judging.beside_sides import sides_of
from symgate.claims.judging.introduced import Beside
from symgate.claims.judging.outputs import spoken_of
from symgate.claims.judging.record import UNREADABLE, Finding
from symgate.claims.judging.sequences import meanings
from symgate.claims.judging.stated import Statement
from symgate.claims.reading.latex_macros import Macro
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.derive import result
from symgate.errors import SymgateError
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import EPS, ETA, LAST, J, moved
from symgate.proof import PROVED, REFUTED, UNDECIDED, modular, witness
from symgate.proof.certificate import Line, Settled, Verdict
from symgate.proof.decision import Budget, decide
from symgate.proof.sequences.slips import OVER
from symgate.records import Derivation, Equation, Kind

_KEY = "beside"


class About(Enum):
    """What an equation says something of."""

    RECURRENCE = "a name that the recurrence defines, or a formula"
    START = "where the trajectory starts, a size, a step: a case of what is claimed for all"
    FREE = "what the recurrence leaves free: a parameter or an input"
    OURS = "a letter of ours"
    NOTHING = "it is not read"


@dataclass(frozen=True)
class Told:
    """What became of an equation beside a claim.

    Attributes:
        item: the equation.
        about: what it is about.
        settled: whether it holds.
        why: in words; of a wrong one its witness.
        name: of a letter of ours, its plain name.
        case: the witness of a wrong one.
    """

    item: Beside
    about: About
    settled: Settled
    why: str
    name: str = ""
    case: Any = None

    @property
    def line(self) -> Line:
        """Its line in a ledger."""
        return Line(_KEY, self.item.shown, self.settled, (self.why,))


def judge_beside(
    items: tuple[Beside, ...],
    known: Statement,
    claim: str,
    form: str | None,
    macros: Mapping[str, Macro],
    budget: Budget,
    seed: int,
) -> tuple[Told, ...]:
    """Every equation that is about what has a meaning; of those before the claim only where it uses the name."""
    meant = (item for item in items if item.own or _used(item.left, claim))
    return tuple(_judged(item, known, form, macros, budget, seed) for item in meant)


def _used(left: str, claim: str) -> bool:
    """Whether the letter on the left of an earlier equation stands in the claim."""
    try:
        raw = read_latex(left)
    except UnreadableError:
        return False
    return raw.kind == "word" and raw.value in re.findall(r"[A-Za-z]+", claim)


def _judged(
    item: Beside, known: Statement, form: str | None, macros: Mapping[str, Macro], budget: Budget, seed: int
) -> Told:
    """One equation."""
    own = bound_function(item, known)
    if own is not None:
        return own
    try:
        left, right, blocks = sides_of(item, known, form, macros)
    except SymgateError as error:
        why = error.reason if isinstance(error, UnreadableError) else str(error)
        return Told(item, About.NOTHING, Settled.OPEN, f"it is not read: {why}")
    about, name = _about(left, known.truth)
    if item.relation != "=":
        return Told(item, about, Settled.OPEN, f"the sign {item.relation} is not compared beside a claim", name)
    by_output = spoken_of(left, known.names.outputs) | spoken_of(right, known.names.outputs)
    if by_output:
        why = f"{', '.join(sorted(by_output))} belongs to an output, and equations of outputs are not compared"
        return Told(item, About.NOTHING, Settled.OPEN, why, name)
    left, right = _dated(left, right)
    host = _host(known.truth, left, right)
    opinion = modular.opinion(host, seed=seed)
    reason, equal = _equal(host, left, right, budget)
    if equal and opinion.passed is not False:
        return Told(item, about, Settled.PROVED, "; ".join((reason, *blocks)), name)
    if blocks:  # the recurrence may have other names for them, so nothing is called wrong
        return Told(item, about, Settled.OPEN, "; ".join((reason, *blocks)), name)
    case = witness.find(host, seed=seed)
    if case is not None and case.key == _KEY and not equal and about in (About.RECURRENCE, About.OURS):
        return Told(item, about, Settled.DIFFERENT, f"{case}".removeprefix(f"in {_KEY} "), name, case)
    if about is About.FREE:
        reason = f"the recurrence leaves {left.name} free, so this is an assumption, which is not judged"
    return Told(item, about, Settled.OPEN, reason if not equal else f"{opinion.route}: {opinion.detail}", name)


def bound_function(item: Beside, known: Statement) -> Told | None:
    r"""What is said of a function of the recurrence, such as \phi = \tanh; None where it is about something else."""
    names = known.names
    left, right = (
        re.sub(r"[\\{}\s]|mathrm|operatorname|\((?:\\?cdot|\w)\)", "", side) for side in (item.left, item.right)
    )
    bound = dict(known.truth.cell.functions)
    if item.relation != "=" or names.functions.get(left, left) not in bound or right not in names.functions:
        return None
    own = bound[names.functions.get(left, left)]
    if own == names.functions[right]:
        return Told(item, About.RECURRENCE, Settled.PROVED, f"the cell binds {left} to {own}")
    why = f"the cell binds {left} to {own}" if own else f"the cell leaves {left} open"
    return Told(item, About.FREE, Settled.OPEN, why)


def _about(left: Any, truth: Derivation) -> tuple[About, str]:
    """What kind of thing a left side is."""
    cell = truth.cell
    name = str(getattr(left, "name", ""))
    if not isinstance(left, (Signal, ScalarSignal, sympy.MatrixSymbol, sympy.Symbol)):
        return About.RECURRENCE, ""
    index = getattr(left, "index", None)
    if isinstance(index, sympy.Tuple):
        return About.OURS, name
    if isinstance(left, (Signal, ScalarSignal)) and name in {str(symbol.name) for symbol in cell.definitions}:
        starts = index is not None and index.is_Integer and name in {state.name for state in cell.states}
        return About.START if starts else About.RECURRENCE, name
    if left in (*cell.dimensions, EPS, ETA) or (isinstance(left, sympy.Symbol) and left not in cell.parameters):
        return About.START, name
    return (About.FREE if name in cell.symbols else About.OURS), name


def _dated(left: Any, right: Any) -> tuple[Any, Any]:
    """With j as the time of a name, or of a formula, on the left, which is a step from 1 on."""
    index = getattr(left, "index", None)
    if not isinstance(left, (Signal, ScalarSignal)) and any(T in item.index.free_symbols for item in _signals(left)):
        index = T
    letters = sorted(index.free_symbols, key=str) if isinstance(index, Expr) else []
    if len(letters) != 1 or letters[0] == LAST:
        return left, right
    moment = {letters[0]: J - (index - letters[0])}
    return moved(left, moment), moved(right, moment)


def _signals(expr: Any) -> list[Any]:
    return [node for node in sympy.preorder_traversal(expr) if isinstance(node, (Signal, ScalarSignal))]


def _host(truth: Derivation, left: Expr, right: Expr) -> Derivation:
    """A result that is right, with the equation as one more claim of it: the gradients for lambda, else the product."""
    names = {str(node.name) for side in (left, right) for node in side.atoms(Signal, ScalarSignal)}
    loss = any(name.split("_")[0] in ("lam", "delta") for name in names)
    steps = result(truth.cell, "transport")
    base = truth if loss and truth.kind in {Kind.GRADIENT, Kind.ADJOINT} else steps
    kept = {str(item.left.name): item for item in (*steps.definitions, *truth.definitions, *base.definitions)}
    return replace(base, name=f"{truth.name}_{_KEY}", equations=(*kept.values(), Equation(_KEY, left, right)))


def _equal(host: Derivation, left: Expr, right: Expr, budget: Budget) -> tuple[str, bool]:
    """Whether both sides have one canonical form, and in words why or why not."""
    every = {item.left: item.right for item in host.definitions}
    opaque = {name: right for name, right in every.items() if str(name.name) != "J"}  # true whatever J is
    reason, given = "the canonical forms differ", _domain(left, right)
    step = {state.after.xreplace({T: J}): state.update.xreplace({T: J}) for state in host.cell.states}
    left, right = left.xreplace(step), right.xreplace(step)
    for names, meaning in product((opaque, every), meanings(host)):
        try:
            decision = decide(host.cell, left, right, definitions=names | meaning, given=given, budget=budget)
        except SymgateError as error:
            reason = str(error)
            continue
        if decision.equal:
            return f"equal in canonical form ({decision.work} operations)", True
        reason = decision.reason or reason
    return reason, False


def _domain(left: Expr, right: Expr) -> tuple[tuple[Expr, Expr], ...]:
    """The times at which the names of an equation have a value: lambda up to the last step, M_{t,k} from k on."""
    found = []
    bound = {node.index for side in (left, right) for node in side.atoms(*OVER)}
    for side in (left, right):
        for node in sorted(side.atoms(Signal), key=str):
            index = node.index
            if index.free_symbols & bound:
                continue
            if isinstance(index, sympy.Tuple):
                found += [(index[1], index[0])] if len(index) > 1 else []
            elif str(node.name).split("_")[0] == "lam" and index != LAST:
                found.append((index, LAST))
    return tuple(dict.fromkeys(found))


def hidden(names: Names, letters: frozenset[str]) -> Names:
    """The names without letters of ours to which the claim gives a meaning of its own."""

    def kept(found: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in found.items() if name.split("_")[0] not in letters or name in names.own}

    cotangents = (
        names.cotangents - letters - {"lambda" if "lam" in letters else "", "lam" if "lambda" in letters else ""}
    )
    return replace(names, signals=kept(names.signals), constants=kept(names.constants), cotangents=cotangents)


def combined(finding: Finding, told: tuple[Told, ...]) -> Finding:
    """The verdict on a claim with the equations beside it."""
    wrong = [item for item in told if item.settled is Settled.DIFFERENT and item.about is About.RECURRENCE]
    stands = finding.verdict == PROVED
    opened = [item for item in told if item not in wrong and item.settled is not Settled.PROVED]
    opened = [item for item in opened if not (item.about is About.START and stands)]
    given = [item for item in told if item.about is About.START and item.settled is not Settled.PROVED and stands]
    notes = [f"{item.item.shown} holds by the recurrence" for item in told if item.settled is Settled.PROVED]
    notes += [f"{item.item.shown} is a case of what is proved for all" for item in given]
    verdict, statement = finding.verdict, finding.statement
    if wrong:
        words = "; ".join(f"the equation {item.item.shown} beside it is wrong, {item.why}" for item in wrong)
        statement = f"{_first(words)}. The formula by itself is {verdict}: {statement}"
        verdict = REFUTED if verdict != UNREADABLE else verdict
    elif opened:
        words = "; ".join(f"the equation {item.item.shown} beside it is not proved: {item.why}" for item in opened)
        unsure = [item for item in opened if item.about is not About.RECURRENCE]
        statement = f"{_first(words)}. The formula by itself is {verdict}: {statement}"
        verdict = UNDECIDED if stands or (verdict == REFUTED and unsure) else verdict
    certificate = finding.certificate
    if certificate is not None:
        lines = tuple(replace(item.line, key=f"{_KEY}_{place}") for place, item in enumerate(told, start=1))
        case = certificate.witness if certificate.witness is not None or not wrong else wrong[0].case
        certificate = replace(
            certificate,
            verdict=Verdict(verdict) if verdict != UNREADABLE else certificate.verdict,
            statement=statement,
            ledger=(*certificate.ledger, *lines),
            witness=case if verdict == REFUTED else None,
        )
    return replace(
        finding, verdict=verdict, statement=statement, notes=(*finding.notes, *notes), certificate=certificate
    )


def _first(words: str) -> str:
    return words[:1].upper() + words[1:]
