"""The step of a cell with several states as the general theorems of ``states.v`` know it, and the texts about it.

In: a cell with several states.  Out: what it says over many steps, which grows with every result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, final

from sympy import Expr

from symgate.proof.rocq.given import Given
from symgate.proof.rocq.growing import USUAL, Growing
from symgate.proof.rocq.terms import Sort


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
        returned: the formulas of the way back of the adjoint, by (state whose cotangent comes in, state).
        stacked: the names of the states one below the other and of J in blocks, once they are stated.
    """

    BOUND: ClassVar = (*USUAL, "j", "z", "z0", "S")

    applied: list[str] = field(default_factory=list)
    jacobians: dict[tuple[int, int], str] = field(default_factory=dict)
    parts: dict[tuple[Expr, ...], str] = field(default_factory=dict)
    returned: dict[tuple[int, int], Expr] = field(default_factory=dict)
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

    @property
    def sums_apart(self) -> str:
        """The rewritings that take the pairing with a sum apart."""
        more = ", ?frobenius_add, ?frobenius_unstacked_add, ?frobenius_sum_r" if self.text.matrices else ""
        return f"?dot_add_l, ?dot_add_r{more}"

    @property
    def nothing(self) -> str:
        """The rewritings that take away the pairing with nothing."""
        return f"?dot_zero_r{', ?frobenius_nought_r' if self.text.matrices else ''}"

    @property
    def at_rest(self) -> str:
        """The tactic that proves that a state at rest has no velocity."""
        return "first [apply along_const | apply along2_const]" if self.text.matrices else "apply along_const"

    def setting(self, *, classed: bool = False) -> str:
        """Trajectories, pairings and losses."""
        th = self.theta
        point = self.joined([f"{item.name} @z" for item in self.states], th)
        for item in self.inputs:
            point = f"(with_{item.name} {point} ({self.feeds[item.name]} @t))"
        after = self.joined([f"{name} ({self.at} {th} @t @z)" for name in self.after])
        alongs = " /\\ ".join(
            item.along(f"(fun @e => {item.name} (@X @e))", "@s", f"({item.name} @V)") for item in self.states
        )
        dots = " + ".join(item.paired(f"({item.name} @v)", f"({item.name} @z)") for item in self.states)
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

    def velocity_of(
        self, a: int, curve: str, velocity: str, alone: Sequence[str], point: str, bullet: str
    ) -> Iterator[str]:
        """The tactics that prove the velocity of one state after a step to be what J makes of the others.

        Args:
            a: the place of the state.
            curve: of all that moves.
            velocity: of all that moves.
            alone: its parts, one symbol each.
            point: where the step is.
            bullet: what stands before the first line.
        """
        after, of, indent = self.after[a], self.states[a], " " * len(bullet)
        matrix = of.sort is Sort.MATRIX
        moved = f"apply ({self.text.lemma[after]} {curve} @s {velocity}); [run_moves{' | exact F' if self.F else ''}]"
        yield f"{bullet} eapply along{'2' if matrix else ''}_eq; [{moved}|]."
        apart = f"{self.parted(velocity, alone)}. rewrite !add_{self.text.tangent[after]}. unfold"
        taken = [f"{self.jacobians[a, b]}_takes {point} ({by.name} @V){self.F}" for b, by in enumerate(self.states)]
        if matrix:
            rows, cols = of.sizes
            entry = [f"({one} _ (in_columns {rows} {cols} @i @j Hi Hj))" for one in taken]
            yield f"{indent} intros @i @j Hi Hj. {apart} madd, unstacked, vadd."
            yield f"{indent} rewrite {', '.join(entry)}, !vectorised_entry by exact Hi. ring."
        else:
            yield f"{indent} intros @i Hi. {apart} vadd."
            yield f"{indent} rewrite {', '.join(f'<- ({one} @i Hi)' for one in taken)}. ring."
