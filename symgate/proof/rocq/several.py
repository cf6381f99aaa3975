"""The step of a cell with several states as the general theorems of ``states.v`` know it, and the texts about it.

In: a cell with several states.  Out: what it says over many steps, which grows with every result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, final

from sympy import Expr

from symgate.proof.rocq.given import Given
from symgate.proof.rocq.growing import USUAL, Growing


def one_below_the_other(sizes: Sequence[str]) -> str:
    """The size of all states together."""
    *first, found = sizes
    for size in reversed(first):
        found = f"({size} + {found})"
    return found


def in_blocks(sizes: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A block matrix from its blocks; the sizes are those of its rows, and where there are several of its columns."""

    def joined(word: str, parts: Sequence[str]) -> str:
        *first, found = parts
        for size, one in reversed([*zip(sizes, first, strict=False)]):
            found = f"({word} {size} {one} {found})"
        return found

    return joined("above", [joined("beside", row) for row in rows])


@final
@dataclass
class Several(Growing):
    """The many-step part of a certificate of a cell with several states.

    Attributes:
        applied: the definitions of the Jacobian as it acts, and of the way back.
        jacobians: the names of the blocks of the Jacobian, by the places of the states.
        parts: the names of the formulas of one step by a parameter.
        stacked: the names of the states one below the other and of J in blocks, once they are stated.
    """

    BOUND: ClassVar = (*USUAL, "j", "z", "z0", "S")

    applied: list[str] = field(default_factory=list)
    jacobians: dict[tuple[int, int], str] = field(default_factory=dict)
    parts: dict[tuple[Expr, ...], str] = field(default_factory=dict)
    stacked: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        super().__post_init__()
        text, names = self.text, self.text.names
        self.after = [text.after[state.name] for state in text.cell.states]
        self.moves, self.pairing = names.fresh("moves_states"), names.fresh("pairing")
        self.jacobian, self.back = names.fresh("J_apply"), names.fresh("back")
        self.bound = self.other_names()
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
