"""The step of a cell with several states as the general theorems of ``states.v`` know it, and the texts about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sympy import Expr

from symgate.proof.rocq import one_step
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.given import Given
from symgate.records import Derivation

#: Variables that the texts below bind; where a cell has a name like that, the variable gets another one.
BOUND = ("s", "e", "V", "i", "X", "W", "Th", "T", "z", "z0", "th", "t", "v", "k", "d", "r", "c", "q", "S")


@dataclass
class Several:
    """The many-step part of a certificate of a cell with several states, as it grows."""

    text: CellText
    definitions: list[tuple[str, str]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    theorems: dict[str, tuple[str, ...]] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)
    jacobians: dict[tuple[int, int], str] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    parts: dict[tuple[Expr, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text, cell, names = self.text, self.text.cell, self.text.names
        count = len(cell.states)
        self.states = text.fields[:count]
        self.after = [text.after[state.name] for state in cell.states]
        self.inputs = text.fields[count : count + len(cell.inputs)]
        self.feeds = {item.name: names.fresh(f"{item.name}_at") for item in self.inputs}
        self.theta, self.at, self.step = names.fresh("theta", "params"), names.fresh("at_step"), names.fresh("step_at")
        self.loss, self.slope, self.hypothesis = names.several(("l", "dl", "D_l"))
        self.classes = names.several(("inputs_over_time", "losses_over_time"))
        self.moves, self.pairing = names.fresh("moves_states"), names.fresh("pairing")
        self.jacobian, self.back = names.fresh("J_apply"), names.fresh("back")
        used = {item.name for item in text.fields} | set(text.value_names)
        self.bound = {name: names.fresh(f"{name}1") for name in BOUND if name in used}
        self.fields = " ".join(item.name for item in text.fields)
        self.withs = " ".join(f"with_{item.name}" for item in text.fields)
        self.known = f"cbn [{self.fields} still {self.withs}]"
        self.written: Expr = None
        self.F = " F" if text.supposed else ""

    def clear(self, text: str) -> str:
        """A text in which no bound variable hides a symbol of the cell: ``@name`` is bound, everything else stands."""
        return re.sub(r"@(\w+)", lambda found: self.bound.get(found.group(1), found.group(1)), text)

    def joined(self, parts: Sequence[str], rest: str = "still") -> str:
        """The point whose states are these."""
        for item, part in zip(self.states, parts, strict=True):
            rest = f"(with_{item.name} {rest} ({part}))"
        return rest

    def fine(self, theta: str, k: str, count: str, x: str) -> str:
        """What the steps after time k need, as a hypothesis; empty where they need nothing."""
        if not self.text.supposed:
            return ""
        return f"(forall @c, (@c < {count})%nat -> domain ({self.at} {theta} ({k} + Datatypes.S @c) (runS point ({self.step} {theta}) {k} @c {x}))) -> "

    def allowed(self, theta: str) -> str:
        """The same as the predicate that the general theorems take."""
        return f"(fun @t @z => {f'domain ({self.at} {theta} @t @z)' if self.text.supposed else 'True'})"

    @property
    def fed(self) -> Given:
        """The inputs over time."""
        return Given(self.classes[0], tuple((feed, "nat -> vec") for feed in self.feeds.values()))

    @property
    def losses(self) -> Given:
        """The losses over time, of which only the slope is known."""
        slope = (
            f"forall @t @X @V @s, {self.moves} @X @s @V -> "
            f"is_derive (fun @e => {self.loss} @t (@X @e)) @s ({self.pairing} ({self.slope} @t (@X @s)) @V)"
        )
        variables = ((self.loss, "nat -> point -> R"), (self.slope, "nat -> point -> point"))
        return Given(self.classes[1], variables, ((self.hypothesis, slope),))

    def setting(self, *, classed: bool = False) -> str:
        """Trajectories, pairings and losses."""
        th = self.theta
        point = self.joined([f"{item.name} @z" for item in self.states], th)
        for item in self.inputs:
            point = f"(with_{item.name} {point} ({self.feeds[item.name]} @t))"
        after = self.joined([f"{name} ({self.at} {th} @t @z)" for name in self.after])
        alongs = " /\\ ".join(
            f"along {item.length} (fun @e => {item.name} (@X @e)) @s ({item.name} @V)" for item in self.states
        )
        dots = " + ".join(f"dot {item.length} ({item.name} @v) ({item.name} @z)" for item in self.states)
        lines = [
            self.fed.text(classed=classed),
            f"Definition {self.at} ({th} : point) (@t : nat) (@z : point) : point := {point}.",
            f"Definition {self.step} ({th} : point) (@t : nat) (@z : point) : point := {after}.",
            f"Definition {self.moves} (@X : R -> point) (@s : R) (@V : point) : Prop := {alongs}.",
            f"Definition {self.pairing} (@v @z : point) : R := {dots}.",
            *self.applied,
            self.losses.text(classed=classed),
        ]
        return self.clear("\n".join(line for line in lines if line))

    def parted(self, velocity: str, parts: Sequence[str]) -> str:
        """The tactics that split a joint velocity into those of single symbols."""
        nested = parts[-1]
        for part in reversed(parts[:-1]):
            nested = f"({self.text.together} {part} {nested})"
        return (
            f"replace {velocity} with {nested} by (cbv [{self.text.together} {self.fields} still {self.withs}]; "
            "autorewrite with still; reflexivity)"
        )

    def defined(self, derivation: Derivation, formula: Derivation, name: str, property_: str) -> None:
        """The definition of a formula of one step and the lemma that it is one."""
        self.definitions.append((derivation.name, one_step.definition(self.text, formula, name)))
        statement, script = one_step.identity(self.text, formula, name)
        self.proofs.append(f"Lemma {name}_{property_} {statement}.\nProof. {script}. Qed.")

    def add(self, statement: str, proof: str) -> None:
        """Add a statement and its proof."""
        self.statements += [self.clear(statement)] if statement else []
        self.proofs.append(self.clear(proof))
