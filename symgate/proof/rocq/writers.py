"""Which results over time certificates state, and what writes each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import ScalarSignal, Signal, T
from symgate.language.sequences import ORDER, J, K
from symgate.proof.plain import plain
from symgate.proof.rocq import expansions
from symgate.proof.rocq.analogies import adam, schedule
from symgate.proof.rocq.bounds import remainder
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.over_time import Base, Trajectory
from symgate.proof.rocq.printed import total
from symgate.proof.rocq.rates import preconditioner, rate
from symgate.proof.rocq.several import Several
from symgate.proof.rocq.steps import Steps
from symgate.records import Derivation, Kind, Relation

WRITERS = {
    Kind.EXPANSION: expansions.expansion,
    Kind.REMAINDER: remainder,
    Kind.RATE: rate,
    Kind.PRECONDITIONER: preconditioner,
    Kind.SCHEDULE: schedule,
    Kind.ADAM: adam,
}
KINDS = tuple(WRITERS)
#: Further equations of a kind that its theorems, or the library, state as well.
COVERED = {
    Kind.EXPANSION: {"recursion", "frechet"},
    Kind.REMAINDER: {"recursion", "start"},
    Kind.RATE: {"leak", "own", "factored", "order_0", "order_1"},
    Kind.PRECONDITIONER: {"condition"},
    Kind.SCHEDULE: {"gate", "telescopes", *(f"gate_{name}" for name in ("exponential", "step", "cosine", "warm_up"))},
    Kind.ADAM: {"gate"},
}


def over_time(text: CellText, derivations: Sequence[Derivation], base: Base | None = None) -> Trajectory:
    """The claims over time of one cell, beside those of ``base`` where a certificate has them.

    Raises:
        UnsupportedNodeError: a form of formula that certificates do not state.
    """
    own = Trajectory(text, base or (Several(text) if len(text.cell.states) > 1 else Steps(text)))
    for item in derivations:
        write(own, item)
    return own


def ends(derivation: Derivation) -> bool:
    """Whether it is an expansion that is exact although B is not zero, for which the library has a module."""
    return derivation.kind is Kind.EXPANSION and expansions.ends(derivation)


def write(own: Trajectory, derivation: Derivation) -> None:
    """The claims of one result.

    Raises:
        UnsupportedNodeError: a claim has another left side, or another relation, than the theorem that it stands for.
    """
    size = total(own.text.cell)
    for item in derivation.claims:
        symbol = isinstance(item.left, (Signal, ScalarSignal))
        expected = LEFT.get(item.key)
        right = expected is None or item.left == expected(size)
        if derivation.kind is Kind.REMAINDER and item.key == "recursion":
            right = item.left == ScalarSignal("r", sympy.Tuple(T, K))
        if (item.key != "telescopes" and not (symbol and right)) or item.relation is not Relation.EQUAL:
            raise UnsupportedNodeError(
                f"Certificates state the claim {item.key} of {derivation.name} about a symbol of its own, as an "
                f"equation; "
                f"found {plain(item.left)} {item.relation.value} ..."
            )
    WRITERS[derivation.kind](own, derivation)


#: The left side that a claim must have, from the size of all states.
LEFT: dict[str, Callable[[Expr], Expr]] = {
    "frechet": lambda size: Signal("M", size, size, sympy.Tuple(T, K, sympy.S.One)),
    "order_0": lambda size: Signal("M", size, size, sympy.Tuple(T, K, sympy.S.Zero)),
    "order_1": lambda size: Signal("M", size, size, sympy.Tuple(T, K, sympy.S.One)),
    "factored": lambda size: Signal("A", size, size, J),
    "condition": lambda _: ScalarSignal("kappa", sympy.Tuple(T, K)),
    "recursion": lambda size: Signal("M", size, size, sympy.Tuple(T, K, ORDER)),
    "start": lambda _: ScalarSignal("r", sympy.Tuple(K, K)),
}


@dataclass(frozen=True)
class Stated:
    """A claim of a result: the name of its theorem, the script of its proof, and what it says in known names alone."""

    name: str
    script: str
    meaning: str


def claims(own: Trajectory, derivation: Derivation) -> list[Stated]:
    """What a result claims; its definitions and statements stay with the trajectory, its proofs do not."""
    known, defined, stated = len(own.proofs), len(own.definitions), len(own.statements)
    write(own, derivation)
    parts = [_THEOREM.fullmatch(proof) for proof in own.proofs[known:]]
    del own.proofs[known:]
    new = dict(map(named, (*(text for _, text in own.definitions[defined:]), *own.statements[stated:])))
    return [
        Stated(part.group(1), part.group(2), in_known_names(new, new[f"{part.group(1)}_claim"]))
        for part in parts
        if part
    ]


def named(definition: str) -> tuple[str, str]:
    """The name that a definition gives, and the text behind it."""
    name, meaning = definition.removeprefix("Definition ").split(" ", 1)
    return name, meaning


def in_known_names(new: Mapping[str, str], text: str) -> str:
    """A text with every new name written out."""
    return _NAME.sub(lambda found: f"({in_known_names(new, new[found[0]])})" if found[0] in new else found[0], text)


def at_once(stated: Sequence[Stated]) -> tuple[str, str]:
    """Claims as one goal, and the tactic of their proofs."""
    goal = " /\\ ".join(f"{item.name}_claim" for item in stated)
    steps = [
        f"assert ({item.name} : {item.name}_claim) by "
        f"({'; '.join(_SENTENCE.split(item.script.strip().removesuffix('.')))})"
        for item in stated
    ]
    whole = stated[-1].name
    for item in reversed(stated[:-1]):
        whole = f"(conj {item.name} {whole})"
    return goal, "; ".join([*steps, f"exact {whole}"])


_THEOREM = re.compile(r"Theorem ([\w']+) : \1_claim\.\nProof\.\n(.*)\nQed\.", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w']*")
#: Where a sentence of a proof ends.
_SENTENCE = re.compile(r"\.\s+")
