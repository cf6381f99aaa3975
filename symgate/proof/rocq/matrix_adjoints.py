"""The step of a cell whose one state is a matrix as the theorems of ``states.v`` and ``adjoints.v`` know it.

The state, its velocity and the adjoint are matrices; they are paired entry by entry.  In: such a cell.  Out: what it
says over many steps, which grows with every result.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, final

from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import T
from symgate.language.sequences import J, K
from symgate.proof.rocq.cell import Symbol
from symgate.proof.rocq.given import Given
from symgate.proof.rocq.growing import USUAL, Growing
from symgate.proof.rocq.matrix_forms import Carried, Factor, Run
from symgate.proof.rocq.terms import Op, Sort, Term, lined, spelled
from symgate.proof.rocq.times import TimeReader
from symgate.records import Derivation


@final
@dataclass
class MatrixSteps(Growing):
    """The many-step part of a certificate of a cell whose one state is a matrix.

    Attributes:
        backs: the names of the formulas that carry the adjoint back, by derivation.
        parts: the names of the formulas of one step by a parameter.
        back, written: that of the adjoint, and its formula.
        carried, closed: the name of what the closed form of the adjoint sums, and how it is printed.
    """

    BOUND: ClassVar = (*USUAL, "j", "z", "z0")

    backs: dict[str, str] = field(default_factory=dict)
    parts: dict[tuple[Expr, Expr], str] = field(default_factory=dict)
    back: str = ""
    carried: str = ""
    closed: Expr | None = None

    def __post_init__(self) -> None:
        cell = self.text.cell
        if len(cell.states) != 1 or not cell.matrix_states:
            raise UnsupportedNodeError(f"Cell {cell.name!r} has not one matrix state.")
        super().__post_init__()
        (self.state,) = self.states
        self.rows, self.cols = self.state.sizes
        self.sizes = f"{self.rows} {self.cols}"
        self.after = self.text.after[cell.states[0].name]
        self.tangent, self.lemma = self.text.tangent[self.after], self.text.lemma[self.after]
        self.met, self.slope_on = self.text.names.several(("met", "slope_on"))
        self.bound = self.other_names()
        self.F, self.hyp = (" F", " HF") if self.text.supposed else ("", "")
        self.held = "HF" if self.text.supposed else "(fun _ _ => I)"

    def clear(self, text: str) -> str:
        """A text in which no bound variable hides a symbol of the cell: ``@name`` is bound, everything else stands."""
        return re.sub(r"@(\w+)", lambda found: self.bound.get(found.group(1), found.group(1)), text)

    @property
    def losses(self) -> Given:
        """The losses over time, of which only the slope is known."""
        slope = (
            f"forall t X V s, along2 {self.sizes} X s V -> "
            f"is_derive (fun e => {self.loss} t (X e)) s (frobenius {self.sizes} ({self.slope} t (X s)) V)"
        )
        variables = ((self.loss, "nat -> mat -> R"), (self.slope, "nat -> mat -> mat"))
        return Given(self.classes[1], variables, ((self.hypothesis, slope),))

    def setting(self, *, classed: bool = False) -> str:
        """Trajectories and losses: what the theorems quantify over."""
        th, point = self.theta, f"with_{self.state.name} {self.theta} @z"
        for item in self.inputs:
            point = f"with_{item.name} ({point}) ({self.feeds[item.name]} @t)"
        lines = [
            self.fed.text(classed=classed),
            f"Definition {self.at} ({th} : point) (@t : nat) (@z : mat) : point := {point}.",
            f"Definition {self.step} ({th} : point) (@t : nat) (@z : mat) : mat := {self.after} ({self.at} {th} @t @z).",
            self.losses.text(classed=classed),
            "(* the point that step j meets, and the slope of the loss of time t, where the state is z at time k *)",
            f"Definition {self.met} ({th} : point) (@z : mat) (@k @j : nat) : point := {self.at} {th} @j (runS mat ({self.step} {th}) @k (@j - S @k) @z).",
            f"Definition {self.slope_on} ({th} : point) (@z : mat) (@k @t : nat) : mat := {self.slope} @t (runS mat ({self.step} {th}) @k (@t - @k) @z).",
        ]
        return self.clear("\n".join(line for line in lines if line))

    # Texts that many claims share.

    def here(self, theta: str, time: str = "@t", state: str = "@z") -> str:
        """The point that a step meets."""
        return f"({self.at} {theta} {time} {state})"

    def run(self, theta: str) -> str:
        """The step."""
        return f"({self.step} {theta})"

    def backward(self, theta: str, back: str = "") -> str:
        """What carries the adjoint back, as a function of time and state."""
        return f"(fun @t @z => {back or self.back} {self.here(theta)})"

    def velocity(self, theta: str) -> str:
        """The velocity of a step on which the state alone moves."""
        return f"(fun @t @z @V => {self.tangent} {self.here(theta)} (with_{self.state.name} still @V))"

    def adjoint(self, theta: str, k: str, r: str, z: str, back: str = "") -> str:
        """The adjoint of time k, r steps before the end."""
        return f"(adjointS mat madd {self.run(theta)} {self.slope} {self.backward(theta, back)} {k} {r} {z})"

    def seen(self, theta: str, k: str, lag: str, z: str) -> str:
        """The loss so many steps later, as it is seen from time k."""
        return f"(seenS mat {self.run(theta)} {self.slope} {self.backward(theta)} {k} {lag} {z})"

    def fine(self, theta: str, k: str, count: str, z: str) -> str:
        """What the steps after time k need, as a hypothesis; empty where they need nothing."""
        if not self.text.supposed:
            return ""
        met = self.here(theta, f"({k} + S @c)", f"(runS mat {self.run(theta)} {k} @c {z})")
        return f"(forall @c, (@c < {count})%nat -> domain {met}) -> "

    def allowed(self, theta: str) -> str:
        """The same as the predicate that the general theorems take."""
        return f"(fun @t @z => {f'domain {self.here(theta)}' if self.text.supposed else 'True'})"

    def pulls(self, theta: str, back: str = "") -> str:
        """The arguments of the theorems about pairings: the step, its velocity, what it needs, losses and way back."""
        return (
            f"{self.run(theta)} {self.velocity(theta)} {self.allowed(theta)} {self.slope} {self.backward(theta, back)} "
            f"(step_{back or self.back} {theta})"
        )

    # Proofs.

    def general(self) -> str:
        """The step as the general theorems know it."""
        curve = f"(fun @e => {self.here('@th', '@t', '(@X @e)')})"
        return self.clear(
            f"Ltac mat_moves := unfold moves, {self.at}; {self.known}; each_part; given_or_still.\n"
            f"Lemma mat_step_moves @th @t @X @V @s : along2 {self.sizes} @X @s @V -> {self.allowed('@th')} @t (@X @s) ->\n"
            f"  along2 {self.sizes} (fun @e => {self.step} @th @t (@X @e)) @s ({self.velocity('@th')} @t (@X @s) @V).\n"
            f"Proof. intros HX F. apply ({self.lemma} {curve} @s (with_{self.state.name} still @V)); "
            f"[mat_moves{' | exact F' if self.F else ''}]. Qed."
        )

    def returning(self, back: str) -> str:
        """A formula that carries the adjoint back, as the general theorems know it."""
        return self.clear(
            f"Lemma step_{back} @th @t @z lam @V : {self.allowed('@th')} @t @z ->\n"
            f"  frobenius {self.sizes} ({back} {self.here('@th')} lam) @V = frobenius {self.sizes} lam ({self.velocity('@th')} @t @z @V).\n"
            f"Proof. intros F. exact ({back}_pulls {self.here('@th')} lam @V{self.F}). Qed."
        )

    def carrying(self, derivation: Derivation, found: Carried) -> None:
        """What the closed form sums, and that it is what a later loss says of C_k."""
        self.carried, self.closed = self.text.names.fresh("carried_back"), found.body
        th, n, m, z = self.theta, self.rows, self.cols, self.here("@th")
        body = lined(spelled(self._over_time().matrix(found.body)))
        self.definitions.append(
            (
                derivation.name,
                self.clear(
                    f"(* what the closed form of the adjoint sums over t = k, ..., T *)\nDefinition {self.carried} ({th} : point) (@z : mat) (@k @t : nat) : mat :=\n  {body}."
                ),
            )
        )
        c, L, Q = (
            self._of_step(found.number, "1", z),
            self._of_step(found.left, "eye", z),
            self._of_step(found.right, "eye", z),
        )
        factors = " ".join(f"(fun @t @z => {text})" for text in (c, L, Q))
        run, back = self.run("@th"), self.backward("@th")
        lemma, seen = f"{self.carried}_is", self.seen("@th", "@k", "@r", "@z")
        self.proofs.append(
            self.clear(
                f"Lemma {self.back}_sides @th @t @z lam : {self.allowed('@th')} @t @z ->\n"
                f"  agree {self.sizes} ({self.back} {z} lam) ({c} *: (tr {L} *[{n}] (lam *[{m}] {Q})))%M.\n"
                f"Proof. intros F. unfold {self.back}. apply agree_by; intro {self.text.applied}; eapply takes_both; [taken_up | taken_up | intros; settled]. Qed.\n"
                f"Lemma {lemma} @th @k @r @z : {self.fine('@th', '@k', '@r', '@z')}agree {self.sizes} {seen} ({self.carried} @th @z @k (@k + @r)).\n"
                f"Proof.\n  {f'intros{self.hyp}. ' if self.hyp else ''}eapply agree_trans;\n"
                f"    [exact (seen_sides {self.sizes} {run} {self.allowed('@th')} {self.slope} {back} {factors} ({self.back}_sides @th) @r @k @z {self.held})|].\n"
                f"  apply agree_sym. unfold {self.carried}, carried_sides, {self.met}, {self.slope_on}. cbv beta. {_bridge(found)}\nQed."
            )
        )

    def _of_step(self, factor: Factor, none: str, point: str) -> str:
        """A factor at the point that the step meets."""
        if factor.of_step is None:
            return none
        at_step = factor.of_step.xreplace({J: T})
        if factor.run in (Run.NUMBERS, Run.POWER):
            return f"({spelled(self.text.reader.number(at_step), point)})"
        return f"({spelled(self.text.reader.matrix(at_step), point)})%M"

    def _over_time(self) -> TimeReader:
        """What reads formulas over time on the trajectory that is at z at time k."""
        own, count = self.text.reader, len(self.states) + len(self.inputs)
        fixed = {
            item.symbol: Term(Op.FIELD, item.sort, words=(item.name, self.theta)) for item in self.text.fields[count:]
        }
        return TimeReader(
            own.symbols,
            own.sizes,
            own.functions,
            f"{self.met} {self.theta} @z @k",
            fixed,
            {"delta": (f"{self.slope_on} {self.theta} @z @k", Sort.MATRIX)},
            {K: "@k", T: "@t", J: "@j"},
            columns=own.columns,
        )

    def moving(self, item: Symbol) -> None:
        """A parameter moves with the state: the velocity of a step, and of the losses of many; once for each."""
        if item.name in self.moved:
            return
        self.moved.add(item.name)
        th, d, sizes = self.theta, self.tangent, self.sizes
        now, own = f"(with_{item.name} {th} (@Th @s))", f"(with_{item.name} still @W)"
        velocity = f"(with_{self.state.name} {own} @V)"
        stepe = f"(fun @t @e @z => {self.step} (with_{item.name} {th} (@Th @e)) @t @z)"
        slope = f"(fun @t @z => {d} {self.here(now)} {own})"
        curve = f"(fun @e => {self.at} (with_{item.name} {th} (@Th @e)) @t (@X @e))"
        along = item.along("@Th", "@s", "@W")
        states = [f"(runS mat {self.run(now)} 0 {time} @z0)" for time in ("(S @c)", "@c")]
        adjoint = self.adjoint(now, "(S @c)", "(@T - S @c)", states[0])
        self.add(
            "",
            f"Lemma moving_{item.name} {th} @Th @W @s : {along} -> forall @t @X @V, along2 {sizes} @X @s @V -> {self.allowed(now)} @t (@X @s) ->\n"
            f"  along2 {sizes} (fun @e => {stepe} @t @e (@X @e)) @s (madd ({self.velocity(now)} @t (@X @s) @V) ({slope} @t (@X @s))).\n"
            f"Proof.\n  intros HW @t @X @V HX F. eapply along2_eq; [apply ({self.lemma} {curve} @s {velocity}); [mat_moves{' | exact F' if self.F else ''}]|].\n"
            f"  intros i j Hi Hj. replace {velocity} with ({self.text.together} (with_{self.state.name} still @V) {own})\n"
            f"    by (cbv [{self.text.together} {self.fields} still {self.withs}]; autorewrite with still; reflexivity).\n"
            f"  rewrite add_{d}. reflexivity.\nQed.\n"
            f"Lemma losses_{item.name} {th} @Th @W @s @T @z0 : {along} -> {self.fine(now, '0', '@T', '@z0')}\n"
            f"  is_derive (fun @e => losseS mat {stepe} {self.loss} 0 @T @e @z0) @s (sum @T (fun @c => frobenius {sizes} {adjoint} ({slope} (S @c) {states[1]}))).\n"
            f"Proof.\n  intros HW{self.hyp}. eapply D_eq.\n"
            f"  - apply (total_gradientS mat madd (frobenius {sizes}) (along2 {sizes}) (frobenius_add {sizes}) (frobenius_sum_r {sizes}) {stepe} @s\n"
            f"      {self.velocity(now)} {slope} {self.allowed(now)}) with (V := mzero) (X := fun _ => @z0) (dl := {self.slope}) (G := {self.backward(now)}).\n"
            f"    + intros @t @X @V HX F. exact (moving_{item.name} {th} @Th @W @s HW @t @X @V HX F).\n"
            f"    + exact {self.hypothesis}.\n    + exact (step_{self.back} {now}).\n    + apply along2_const.\n"
            f"    + {'exact HF' if self.F else 'intros; exact I'}.\n"
            f"  - rewrite frobenius_nought_r, Rplus_0_l. reflexivity.\nQed.",
        )


def _bridge(found: Carried) -> str:
    """The tactics that compare the printed factors with those of the general theorem."""
    number = {Run.NONE: "no_number", Run.NUMBERS: "agree_scal", Run.POWER: "power_number"}[found.number.run]
    left = {Run.NONE: "no_left", Run.DIAGONAL: "diagonal_left", Run.ORDERED: "ordered_left"}[found.left.run]
    right = {Run.NONE: "no_right", Run.DIAGONAL: "diagonal_right", Run.ORDERED: "agree_refl"}[found.right.run]
    return f"apply {number}, {left}, {right}."
