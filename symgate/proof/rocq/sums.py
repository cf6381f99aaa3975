"""Gradients over any number of steps of one state: over the adjoint, as a double sum over k and t, and by lag t - k.

What a step contributes is a vector-Jacobian product of it, ``part_W``; the kernel proves that of every step, and
``lags.v`` sums: along the adjoint, by the time of the loss, and along the diagonals of the double sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy import Expr

from symgate.language.nodes import Signal, T
from symgate.language.sequences import K
from symgate.proof.rocq import printed
from symgate.proof.rocq.cell import Symbol
from symgate.proof.rocq.printed import of_gradient, total
from symgate.proof.rocq.steps import Steps, about
from symgate.proof.rocq.terms import Sort
from symgate.records import ByParameter, Derivation, Kind, add_up


def _pull(derivation: Derivation, bodies: list[Expr]) -> Derivation:
    """What is summed over k, as a vector-Jacobian product of step k."""
    assert isinstance(derivation.parameters, ByParameter)
    symbol = derivation.cell.symbols[derivation.parameters.parameter]
    formula = about(derivation, Kind.VJP, symbol, add_up(bodies).xreplace({K: T}))
    return replace(formula, cotangent=Signal("lam", total(derivation.cell)))


def body(derivation: Derivation) -> Derivation:
    """What a gradient sums over k = 1, ..., T: a vector-Jacobian product of step k."""
    return _pull(derivation, of_gradient(derivation))


def of_lag(derivation: Derivation) -> Derivation:
    """The same of the gradient to which all lags sum."""
    return _pull(derivation, printed.of_lag(derivation))


#: How a parameter is summed over steps and paired with a velocity, and the rewriting that moves the sum out.
SUMS = {
    Sort.NUMBER: ("sum", "({} * W)", "rewrite sum_scal_r"),
    Sort.VECTOR: ("vsum", "(dot {sizes} {{}} W)", "rewrite dot_vsum"),
    Sort.MATRIX: ("msum", "(frobenius {sizes} {{}} W)", "rewrite frobenius_msum"),
}


@dataclass(frozen=True)
class Moved:
    """One parameter that moves while the loss runs over many steps: the texts of claims about it, from x0 at time 0.

    Attributes:
        steps: the many-step part of the certificate.
        item: the parameter.
    """

    steps: Steps
    item: Symbol

    def __post_init__(self) -> None:
        self.steps.moving(self.item)

    @property
    def now(self) -> str:
        """The parameters at the time s."""
        return f"(with_{self.item.name} {self.steps.theta} (Th s))"

    def run(self, theta: str) -> str:
        """The step."""
        return f"({self.steps.step} {theta})"

    def jacobian(self, theta: str) -> str:
        """J as a function of time and state."""
        return f"(fun t v => {self.steps.jacobian} ({self.steps.at} {theta} t v))"

    def back(self, theta: str) -> str:
        """The way back of the adjoint."""
        return f"(fun t v => {self.steps.back} ({self.steps.at} {theta} t v))"

    def state(self, theta: str, time: str) -> str:
        """The state after so many steps."""
        return f"(run {self.run(theta)} 0 {time} x0)"

    def point(self, theta: str, before: str = "c") -> str:
        """The point that the next step meets."""
        return f"({self.steps.at} {theta} (S {before}) {self.state(theta, before)})"

    def adjoint(self, theta: str) -> str:
        """The adjoint of step c + 1."""
        return f"(adjoint {self.run(theta)} {self.steps.slope} {self.back(theta)} (S c) (T - S c) {self.state(theta, '(S c)')})"

    def seen(self, theta: str, time: str, lag: str) -> str:
        """The loss of a time, seen from so many steps before."""
        return f"(seen {self.steps.n} {self.run(theta)} {self.jacobian(theta)} {self.steps.slope} x0 {time} {lag})"

    @property
    def loss(self) -> str:
        """The loss of T steps as a function of e."""
        moving = f"(fun t e v => {self.steps.step} (with_{self.item.name} {self.steps.theta} (Th e)) t v)"
        return f"(fun e => losse {moving} {self.steps.loss} 0 T e x0)"

    @property
    def given(self) -> str:
        """What every claim about a moving parameter supposes."""
        return (
            f"forall ({self.steps.theta} : point) (Th : R -> {self.item.sort.value}) (W : {self.item.sort.value}) (s : R) (T : nat) (x0 : vec),\n"
            f"  {self.item.along('Th', 's', 'W')} -> {self.steps.fine(self.now, '0', 'T', 'x0')}\n  "
        )

    @property
    def intros(self) -> str:
        """The names under which a proof knows them."""
        return f"intros {self.steps.theta} Th W s T x0 HW{self.hyp}."

    @property
    def hyp(self) -> str:
        """The hypothesis about the steps, where there is one."""
        return " HF" if self.steps.text.supposed else ""

    def sums(self, theta: str) -> str:
        """The arguments of the theorems of ``lags.v`` about double sums."""
        d = self.steps.text.tangent[self.steps.after]
        velocity = f"(fun t v => {d} ({self.steps.at} {theta} t v) (with_{self.item.name} still W))"
        back = f"(fun t v lam V F => step_{self.steps.back} {theta} t v lam V F)"
        return (
            f"{self.steps.n} {self.run(theta)} {self.jacobian(theta)} {self.steps.allowed(theta)} {self.steps.slope} "
            f"{self.back(theta)} {back} {velocity} T x0 {self.steps.held()}"
        )

    @property
    def summing(self) -> tuple[str, str, str]:
        """How values of the parameter are summed, paired with W, and the rewriting that moves a sum out."""
        summed, pairing, out = SUMS[self.item.sort]
        return summed, pairing.replace("{sizes}", " ".join(self.item.sizes)).replace("{{}}", "{}"), out


def _moved(steps: Steps, formula: Derivation) -> Moved:
    return Moved(steps, next(item for item in steps.text.fields if item.symbol == formula.wrt))


def _part(steps: Steps, derivation: Derivation, formula: Derivation, item: Symbol) -> str:
    """The name of what one step contributes, defined and proved where it is new."""
    key = (formula.wrt, formula.expr)
    if key not in steps.parts:
        steps.parts[key] = steps.text.names.fresh(f"part_{item.name}")
        steps.defined(derivation, formula, steps.parts[key], "pulls")
    return steps.parts[key]


def gradient(steps: Steps, derivation: Derivation) -> None:
    """The gradient over the adjoint, and as a double sum where that is printed."""
    formula = body(derivation)
    own = _moved(steps, formula)
    part, now = _part(steps, derivation, formula, own.item), own.now
    summed, pairing, out = own.summing
    name = steps.text.names.fresh(f"gradient_{own.item.name}_true")
    pulled = f"apply {part}_pulls{'; apply (HF c); lia' if own.hyp else ''}"
    steps.add(
        f"Definition {name}_claim : Prop := {own.given}is_derive {own.loss} s\n"
        f"    {pairing.format(f'({summed} T (fun c => {part} {own.point(now)} {own.adjoint(now)}))')}.",
        f"Theorem {name} : {name}_claim.\nProof.\n  {own.intros} eapply D_eq; [exact (losses_{own.item.name} {steps.theta} Th W s T x0 HW{own.hyp})|].\n"
        f"  {out}. apply sum_ext. intros c Hc. symmetry. {pulled}.\nQed.",
    )
    steps.theorems[derivation.name] = (name,)
    if any(item.key == "double_sum" for item in derivation.claims):
        double = steps.text.names.fresh(f"gradient_{own.item.name}_double")
        inner = f"{summed} (S t) (fun c => {part} {own.point(now)} {own.seen(now, '(S t)', '(t - c)')})"
        steps.add(
            f"Definition {double}_claim : Prop := {own.given}is_derive {own.loss} s\n"
            f"    {pairing.format(f'({summed} T (fun t => {inner}))')}.",
            f"Theorem {double} : {double}_claim.\nProof.\n  {own.intros} eapply D_eq; [exact (losses_{own.item.name} {steps.theta} Th W s T x0 HW{own.hyp})|].\n"
            f"  etransitivity; [exact (by_time {own.sums(now)})|].\n"
            f"  {out}. apply sum_ext. intros t Ht. {out}. apply sum_ext. intros c Hc. symmetry. {pulled}.\nQed.",
        )
        steps.theorems[derivation.name] = (name, double)


def lag(steps: Steps, derivation: Derivation) -> None:
    """What comes from lag q; all lags sum to the gradient; what a loss says of earlier steps, by a recursion."""
    formula = of_lag(derivation)
    printed.same_jacobian(derivation, steps.written)
    own = _moved(steps, formula)
    part, th = _part(steps, derivation, formula, own.item), steps.theta
    summed, pairing, out = own.summing
    names, sort = steps.text.names, own.item.sort.value
    gamma, name, carried = (names.fresh(f"{word}_{own.item.name}") for word in ("lag", "all_lags", "lag_carried"))
    body_ = f"{part} {own.point(th)} {own.seen(th, '(S c + q)', 'q')}"
    steps.add(
        f"Definition {gamma} ({th} : point) (x0 : vec) (T q : nat) : {sort} :=\n  {summed} (T - q) (fun c => {body_})."
    )
    pulled = f"apply {part}_pulls{'; apply (HF c); lia' if own.hyp else ''}"
    left = pairing.format(f"({summed} T (fun q => {gamma} {th} x0 T q))")
    right = pairing.format(f"({summed} T (fun c => {part} {own.point(th)} {own.adjoint(th)}))")
    slopes = f"{own.sums(th)}"
    steps.add(
        f"Definition {name}_claim : Prop := forall ({th} : point) (W : {sort}) (T : nat) (x0 : vec), {steps.fine(th, '0', 'T', 'x0')}\n"
        f"  {left} =\n  {right}.",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} W T x0{own.hyp}. pose proof (by_lag {slopes}) as E.\n"
        f"  transitivity (sum T (fun c => dot {steps.n} {own.adjoint(th)} ({steps.text.tangent[steps.after]} {own.point(th)} (with_{own.item.name} still W)))).\n"
        f"  - etransitivity; [|symmetry; exact E]. {out}. apply sum_ext. intros q Hq. unfold {gamma}. {out}. apply sum_ext. intros c Hc. {pulled}.\n"
        f"  - {out}. apply sum_ext. intros c Hc. symmetry. {pulled}.\nQed.",
    )
    earlier = f"({steps.at} {th} (t - q) {own.state(th, '(t - q - 1)')})"
    steps.add(
        f"Definition {carried}_claim : Prop := forall ({th} : point) (x0 : vec) (t q i : nat), (q < t)%nat -> (i < {steps.n})%nat ->\n"
        f"  {own.seen(th, 't', '(S q)')} i =\n  (tr ({steps.jacobian} {earlier}) *[{steps.n}] {own.seen(th, 't', 'q')})%V i.",
        f"Theorem {carried} : {carried}_claim.\nProof.\n  intros {th} x0 t q i Hq Hi. exact (seen_next {steps.n} {own.run(th)} {own.jacobian(th)} {steps.slope} x0 t q i Hq Hi).\nQed.",
    )
    steps.theorems[derivation.name] = (name, carried)
