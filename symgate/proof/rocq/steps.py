"""The step of a cell with one state as the general theorems of ``steps.v`` know it, and the texts about it, as they grow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq.cell import CellText

#: Variables that the texts below bind; where a cell has a name like that, the variable gets another one.
BOUND = ("s", "e", "V", "i", "j", "X", "W", "Th", "T", "x0", "th", "t", "v", "k", "d", "r", "c", "q", "m", "eps")


@dataclass
class Steps:
    """The many-step part of a certificate, as it grows.

    Attributes:
        definitions: the claimed formulas, with the name of the derivation they belong to.
        statements, proofs: Coq text.
        theorems: (name of the derivation, names of its theorems).
    """

    text: CellText
    definitions: list[tuple[str, str]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    theorems: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names, cell = self.text.names, self.text.cell
        if len(cell.states) != 1:
            raise UnsupportedNodeError(
                f"Cell {cell.name!r} has several states; certificates over many steps are for one."
            )
        self.state = self.text.fields[0]
        self.after = self.text.after[cell.states[0].name]
        self.n = self.text.reader.size(cell.states[0].after.shape[0])
        self.inputs = self.text.fields[1 : 1 + len(cell.inputs)]
        self.feeds = {item.name: names.fresh(f"{item.name}_at") for item in self.inputs}
        self.theta, self.at, self.step = names.fresh("theta", "params"), names.fresh("at_step"), names.fresh("step_at")
        self.loss, self.slope, self.hypothesis = names.several(("l", "dl", "D_l"))
        self.jacobian = self.back = ""
        self.backs: dict[str, str] = {}
        used = {item.name for item in self.text.fields} | set(self.text.value_names)
        self.bound = {name: names.fresh(f"{name}1") for name in BOUND if name in used}

    def clear(self, text: str) -> str:
        """A text in which no bound variable has the name of a symbol of the cell; lists of names to unfold stay."""
        pieces = re.split(r"((?:cbn|cbv) \[[^\]]*\])", text)
        for name, other in self.bound.items():
            pieces[::2] = [re.sub(r"(?<![\w'])" + name + r"(?![\w'])", other, piece) for piece in pieces[::2]]
        return "".join(pieces)

    def state_of(self, statement: str, proof: str = "") -> None:
        """Add a statement, a proof, or both."""
        self.statements += [self.clear(statement)] if statement else []
        self.proofs += [self.clear(proof)] if proof else []

    def setting(self) -> str:
        """Trajectories and losses: what the theorems quantify over."""
        point = f"with_{self.state.name} {self.theta} v"
        for item in self.inputs:
            point = f"with_{item.name} ({point}) ({self.feeds[item.name]} t)"
        lines = [f"Variable {feed} : nat -> vec." for feed in self.feeds.values()]
        lines += [
            f"Definition {self.at} ({self.theta} : point) (t : nat) (v : vec) : point := {point}.",
            f"Definition {self.step} ({self.theta} : point) (t : nat) (v : vec) : vec := {self.after} ({self.at} {self.theta} t v).",
            f"Variable {self.loss} : nat -> vec -> R.",
            f"Variable {self.slope} : nat -> vec -> vec.",
            f"Hypothesis {self.hypothesis} : forall t X V s, along {self.n} X s V -> "
            f"is_derive (fun e => {self.loss} t (X e)) s (dot {self.n} ({self.slope} t (X s)) V).",
        ]
        return self.clear("\n".join(lines))

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
        fields = " ".join(item.name for item in self.text.fields)
        withs = " ".join(f"with_{item.name}" for item in self.text.fields)
        yield f"Ltac run_moves := unfold moves, {self.at}; cbn [{fields} still {withs}]; each_part; given_or_still."
        curve = f"(fun e => {self.at} th t (X e))"
        yield f"Lemma step_moves th t X V s : along {n} X s V -> {self.allowed('th')[1:-1].replace('fun t v => ', '').replace(' v)', ' (X s))')} ->"
        yield f"  along {n} (fun e => {self.step} th t (X e)) s ({self.jacobian} ({self.at} th t (X s)) *[{n}] V)."
        yield "Proof."
        yield f"  intros HX F. eapply along_eq; [apply ({self.text.lemma[after]} {curve} s (with_{self.state.name} still V)); [run_moves{' | exact F' if dom else ''}]|]."
        yield f"  intros i Hi. symmetry. apply {self.jacobian}_takes; assumption.\nQed."

    def returning(self, back: str) -> Iterator[str]:
        """A formula that carries the adjoint back, as the general theorems know it."""
        n = self.n
        dom = "F" if self.text.supposed else ""
        yield f"Lemma step_{back} th t v lam V : {self.allowed('th')[1:-1].replace('fun t v => ', '')} ->"
        yield f"  pulls {n} lam {n} ({back} ({self.at} th t v) lam) V ({self.jacobian} ({self.at} th t v) *[{n}] V)."
        yield "Proof."
        yield f"  intros F. unfold pulls. rewrite ({back}_pulls ({self.at} th t v) lam V{' F' if dom else ''})."
        yield f"  apply dot_cong. intros i Hi. now rewrite ({self.jacobian}_takes ({self.at} th t v) V{' F' if dom else ''} i Hi).\nQed."
