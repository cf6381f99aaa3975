"""The step of a cell with one state as the general theorems of ``steps.v`` know it, and the texts about it.

In: a cell with one state.  Out: what it says over many steps, which grows with every result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, final

from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq.cell import CellText, Symbol
from symgate.proof.rocq.given import Given
from symgate.proof.rocq.growing import USUAL, Growing
from symgate.proof.rocq.printed import entries
from symgate.records import Derivation, Kind


@dataclass(frozen=True)
class Columns:
    """The sizes of a state that is a matrix, and the texts that go to its columns and back."""

    rows: str
    cols: str

    @property
    def length(self) -> str:
        """The number of its entries."""
        return f"({self.cols} * {self.rows})"

    def stacked(self, matrix: str) -> str:
        """The columns of a matrix, one below the other."""
        return f"vectorised {self.rows} {matrix}"

    def unstacked(self, vector: str) -> str:
        """The matrix that has these columns."""
        return f"unstacked {self.rows} {vector}"


def columns_of(text: CellText) -> Columns | None:
    """The sizes of the one state that is a matrix; None where none is.

    Raises:
        UnsupportedNodeError: both are whole numbers, so that the number of entries is not their product in the text.
    """
    if not text.cell.matrix_states:
        return None
    (state,) = text.cell.matrix_states
    found = Columns(*map(text.reader.size, state.before.shape))
    if text.reader.size(entries(state)) != found.length:
        raise UnsupportedNodeError(
            f"Certificates over many steps are for matrix states of which a size is a symbol; {state.name} of "
            f"{text.cell.name} is {found.rows} x {found.cols}."
        )
    return found


@final
@dataclass
class Steps(Growing):
    """The many-step part of a certificate of a cell with one state.

    Attributes:
        backs: the names of the formulas that carry the adjoint back, by derivation.
        parts: the names of the formulas of one step by a parameter.
    """

    BOUND: ClassVar = (*USUAL, "j", "x0", "m", "eps")

    backs: dict[str, str] = field(default_factory=dict)
    parts: dict[tuple[Expr, Expr], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        cell = self.text.cell
        if len(cell.states) != 1:
            raise UnsupportedNodeError(
                f"Cell {cell.name!r} has several states; certificates over many steps are for one."
            )
        super().__post_init__()
        (self.state,) = self.states
        self.after = self.text.after[cell.states[0].name]
        self.n = self.text.reader.size(entries(cell.states[0]))
        self.columns = columns_of(self.text)
        self.jacobian = self.back = ""
        self.bound = self.other_names()

    def clear(self, text: str) -> str:
        """A text in which no bound variable has the name of a symbol of the cell; scopes and what is not bound here stay."""
        pieces = re.split(r"((?:cbn|cbv) \[[^\]]*\])", text)
        for name, other in self.bound.items():
            pieces[::2] = [re.sub(r"(?<![\w'%])" + name + r"(?![\w']| :=)", other, piece) for piece in pieces[::2]]
        return "".join(pieces)

    @property
    def losses(self) -> Given:
        """The losses over time, of which only the slope is known."""
        slope = (
            f"forall t X V s, along {self.n} X s V -> "
            f"is_derive (fun e => {self.loss} t (X e)) s (dot {self.n} ({self.slope} t (X s)) V)"
        )
        variables = ((self.loss, "nat -> vec -> R"), (self.slope, "nat -> vec -> vec"))
        return Given(self.classes[1], variables, ((self.hypothesis, slope),))

    def setting(self, *, classed: bool = False) -> str:
        """Trajectories and losses: what the theorems quantify over."""
        value, after = "v", f"{self.after} ({self.at} {self.theta} t v)"
        if self.columns:
            value, after = f"({self.columns.unstacked('v')})", self.columns.stacked(f"({after})")
        point = f"with_{self.state.name} {self.theta} {value}"
        for item in self.inputs:
            point = f"with_{item.name} ({point}) ({self.feeds[item.name]} t)"
        lines = [
            self.fed.text(classed=classed),
            f"Definition {self.at} ({self.theta} : point) (t : nat) (v : vec) : point := {point}.",
            f"Definition {self.step} ({self.theta} : point) (t : nat) (v : vec) : vec := {after}.",
            self.losses.text(classed=classed),
        ]
        return self.clear("\n".join(line for line in lines if line))

    def fine(self, theta: str, k: str, count: str, x: str) -> str:
        """What the steps after time k need, as a hypothesis; empty where they need nothing."""
        if not self.text.supposed:
            return ""
        return f"(forall c, (c < {count})%nat -> domain ({self.at} {theta} ({k} + S c) (run ({self.step} {theta}) {k} c {x}))) -> "

    def allowed(self, theta: str) -> str:
        """The same as the predicate that the general theorems take."""
        return f"(fun t v => {f'domain ({self.at} {theta} t v)' if self.text.supposed else 'True'})"

    def held(self) -> str:
        """The hypothesis about the steps, in a proof."""
        return "HF" if self.text.supposed else "(fun _ _ => I)"

    def general(self) -> Iterator[str]:
        """The step as the general theorems know it; J and the way back must be known."""
        n, after = self.n, self.after
        dom = "F" if self.text.supposed else ""
        yield f"Ltac run_moves := unfold moves, {self.at}; {self.known}; each_part; given_or_still."
        curve = f"(fun e => {self.at} th t (X e))"
        yield f"Lemma step_moves th t X V s : along {n} X s V -> {self.allowed('th')[1:-1].replace('fun t v => ', '').replace(' v)', ' (X s))')} ->"
        yield f"  along {n} (fun e => {self.step} th t (X e)) s ({self.jacobian} ({self.at} th t (X s)) *[{n}] V)."
        yield "Proof."
        if self.columns:
            yield from self._on_columns(curve)
            return
        yield f"  intros HX F. eapply along_eq; [apply ({self.text.lemma[after]} {curve} s (with_{self.state.name} still V)); [run_moves{' | exact F' if dom else ''}]|]."
        yield f"  intros i Hi. symmetry. apply {self.jacobian}_takes; assumption.\nQed."

    def _on_columns(self, curve: str) -> Iterator[str]:
        """The same proof of a matrix, whose columns are the vector that moves."""
        assert self.columns is not None
        rows, cols = self.columns.rows, self.columns.cols
        velocity = f"(with_{self.state.name} still ({self.columns.unstacked('V')}))"
        yield f"  intros HX F. pose proof (along_unstacked {rows} {cols} X s V HX) as HC. eapply along_eq."
        yield f"  - apply along_vectorised. apply ({self.text.lemma[self.after]} {curve} s {velocity}); [run_moves{' | exact F' if self.text.supposed else ''}]."
        yield f"  - intros i Hi. symmetry. refine (takes_columns {rows} {cols} _ V _ _ i Hi). apply {self.jacobian}_takes; assumption.\nQed."

    def returning(self, back: str) -> Iterator[str]:
        """A formula that carries the adjoint back, as the general theorems know it."""
        n = self.n
        dom = "F" if self.text.supposed else ""
        yield f"Lemma step_{back} th t v lam V : {self.allowed('th')[1:-1].replace('fun t v => ', '')} ->"
        yield f"  pulls {n} lam {n} ({back} ({self.at} th t v) lam) V ({self.jacobian} ({self.at} th t v) *[{n}] V)."
        yield "Proof."
        yield f"  intros F. unfold pulls. rewrite ({back}_pulls ({self.at} th t v) lam V{' F' if dom else ''})."
        yield f"  apply dot_cong. intros i Hi. now rewrite ({self.jacobian}_takes ({self.at} th t v) V{' F' if dom else ''} i Hi).\nQed."

    def moving(self, item: Symbol) -> None:
        """A parameter moves with the state: the velocity of a step, and of the losses of many; once for each parameter."""
        if item.name in self.moved:
            return
        self.moved.add(item.name)
        text, n, th, dom = self.text, self.n, self.theta, " F" if self.text.supposed else ""
        now, d = f"(with_{item.name} {th} (Th s))", text.tangent[self.after]
        hyp = " HF" if text.supposed else ""
        velocity, slope = f"(with_{self.state.name} (with_{item.name} still W) V)", f"(with_{item.name} still W)"
        J, back = (
            f"(fun t v => {self.jacobian} ({self.at} {now} t v))",
            f"(fun t v => {self.back} ({self.at} {now} t v))",
        )
        stepe = f"(fun t e v => {self.step} (with_{item.name} {th} (Th e)) t v)"
        D = f"(fun t v => {d} ({self.at} {now} t v) {slope})"
        run = f"({self.step} {now})"
        along = item.along("Th", "s", "W")
        self.add(
            "",
            f"Lemma moving_{item.name} {th} Th W s : {along} -> forall t X V, along {n} X s V -> {self.allowed(now)} t (X s) ->\n"
            f"  along {n} (fun e => {self.step} (with_{item.name} {th} (Th e)) t (X e)) s ({J} t (X s) *[{n}] V + {D} t (X s)).\n"
            f"Proof.\n  intros HW t X V HX F. eapply along_eq; [apply ({text.lemma[self.after]} (fun e => {self.at} (with_{item.name} {th} (Th e)) t (X e)) s {velocity}); [run_moves{' | exact F' if dom else ''}]|].\n"
            f"  intros i Hi. replace {velocity} with ({text.together} (with_{self.state.name} still V) {slope})\n"
            f"    by (cbv [{text.together} {self.fields} still {self.withs}]; autorewrite with still; reflexivity).\n"
            f"  rewrite add_{d}. unfold vadd. rewrite <- ({self.jacobian}_takes ({self.at} {now} t (X s)) V{dom} i Hi). reflexivity.\nQed.\n"
            f"Lemma losses_{item.name} {th} Th W s T x0 : {along} -> {self.fine(now, '0', 'T', 'x0')}\n"
            f"  is_derive (fun e => losse {stepe} {self.loss} 0 T e x0) s (sum T (fun c => dot {n} (adjoint {run} {self.slope} {back} (S c) (T - S c) (run {run} 0 (S c) x0)) ({D} (S c) (run {run} 0 c x0)))).\n"
            f"Proof.\n  intros HW{hyp}. eapply D_eq.\n"
            f"  - apply (total_gradient {n} {stepe} s {J} {D} {self.allowed(now)}) with (V := zeros) (X := fun _ => x0) (dl := {self.slope}) (G := {back}).\n"
            f"    + intros t X V HX F. exact (moving_{item.name} {th} Th W s HW t X V HX F).\n"
            f"    + exact {self.hypothesis}.\n"
            f"    + intros t v lam V F. exact (step_{self.back} {now} t v lam V F).\n"
            f"    + apply along_const.\n"
            f"    + {'exact HF' if dom else 'intros; exact I'}.\n"
            f"  - rewrite dot_zero_r, Rplus_0_l. reflexivity.\nQed.",
        )


def about(derivation: Derivation, kind: Kind, wrt: Expr, expr: Expr) -> Derivation:
    """A formula of one step that a result over many steps contains."""
    state = derivation.cell.states[0]
    return replace(derivation, kind=kind, of=state.after, wrt=wrt, named_terms=(("step", expr),), equations=())
