"""Gradients over any number of steps of a matrix state: over the adjoint, as a double sum, and by lag.

What a step contributes is a vector-Jacobian product of it with a matrix for cotangent; the kernel proves that of every
step.
"""

from __future__ import annotations

from dataclasses import dataclass

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq.cell import Symbol
from symgate.proof.rocq.matrix_adjoints import MatrixSteps
from symgate.proof.rocq.matrix_forms import body, closed_form, closes, of_recursion
from symgate.proof.rocq.state_sums import SUMS
from symgate.records import Derivation


@dataclass(frozen=True)
class MovedMatrix:
    """One parameter that moves while the loss runs over many steps: the texts of claims about it, from z0 at time 0.

    Attributes:
        steps: the many-step part of the certificate.
        item: the parameter.
    """

    steps: MatrixSteps
    item: Symbol

    def __post_init__(self) -> None:
        self.steps.moving(self.item)

    @property
    def now(self) -> str:
        """The parameters at the time s."""
        return f"(with_{self.item.name} {self.steps.theta} (@Th @s))"

    def state(self, theta: str, time: str) -> str:
        """The state after so many steps."""
        return f"(runS mat {self.steps.run(theta)} 0 {time} @z0)"

    def point(self, theta: str) -> str:
        """The point that step c + 1 meets."""
        return self.steps.here(theta, "(S @c)", self.state(theta, "@c"))

    def adjoint(self, theta: str) -> str:
        """The adjoint of step c + 1."""
        return self.steps.adjoint(theta, "(S @c)", "(@T - S @c)", self.state(theta, "(S @c)"))

    def seen(self, theta: str, lag: str) -> str:
        """A later loss as it is seen from step c + 1."""
        return self.steps.seen(theta, "(S @c)", lag, self.state(theta, "(S @c)"))

    def slope(self, theta: str) -> str:
        """The velocity that the parameter alone gives to a step, as a function of time and state."""
        return f"(fun @t @z => {self.steps.tangent} {self.steps.here(theta)} (with_{self.item.name} still @W))"

    @property
    def stepe(self) -> str:
        """The step as a function of e."""
        moved = f"(with_{self.item.name} {self.steps.theta} (@Th @e))"
        return f"(fun @t @e @z => {self.steps.step} {moved} @t @z)"

    @property
    def loss(self) -> str:
        """The loss of T steps as a function of e."""
        return f"(fun @e => losseS mat {self.stepe} {self.steps.loss} 0 @T @e @z0)"

    @property
    def given(self) -> str:
        """What every claim about a moving parameter supposes."""
        sort = self.item.sort.value
        return (
            f"forall ({self.steps.theta} : point) (@Th : R -> {sort}) (@W : {sort}) (@s : R) (@T : nat) (@z0 : mat),\n"
            f"  {self.item.along('@Th', '@s', '@W')} -> {self.steps.fine(self.now, '0', '@T', '@z0')}\n  "
        )

    @property
    def intros(self) -> str:
        """The names under which a proof knows them."""
        return f"intros {self.steps.theta} @Th @W @s @T @z0 HW{self.steps.hyp}."

    @property
    def by_adjoint(self) -> str:
        """The tactic that leaves the derivative of the loss to be compared with the sum over the adjoint."""
        known = f"losses_{self.item.name} {self.steps.theta} @Th @W @s @T @z0 HW{self.steps.hyp}"
        return f"eapply D_eq; [exact ({known})|]."

    def sums(self, theta: str) -> str:
        """The arguments of the theorems of ``lags_states.v`` about double sums."""
        own = self.steps
        return (
            f"mat madd (frobenius {own.sizes}) (frobenius_add {own.sizes}) {own.pulls(theta)} {self.slope(theta)} "
            f"@T @z0 {own.held}"
        )

    @property
    def summing(self) -> tuple[str, str, str]:
        """How values of the parameter are summed, paired with W, and the rewriting that moves a sum out."""
        summed, _, pairing, out, _ = SUMS[self.item.sort]
        return summed, pairing.replace("{sizes}", " ".join(self.item.sizes)).replace("{{}}", "{}"), out

    def pulled(self, part: str) -> str:
        """The tactic that turns what step c + 1 contributes into the pairing of the cotangent with the velocity."""
        return f"apply {part}_pulls{'; apply (HF @c); lia' if self.steps.F else ''}"


def _part(steps: MatrixSteps, derivation: Derivation) -> tuple[MovedMatrix, str]:
    """The parameter of a gradient, and the name of what one step contributes, defined and proved where it is new.

    Raises:
        UnsupportedNodeError: the result stands on another adjoint than the one beside it.
    """
    formula = body(derivation)
    keys = {item.key for item in derivation.claims}
    if "recursion" in keys and of_recursion(derivation).expr != steps.written:
        raise UnsupportedNodeError(f"The recursion beside {derivation.name} is not that of the adjoint.")
    if closes(derivation) and closed_form(derivation).body != steps.closed:
        raise UnsupportedNodeError(f"The closed form beside {derivation.name} is not that of the adjoint.")
    item = next(item for item in steps.text.fields if item.symbol == formula.wrt)
    key = (formula.wrt, formula.expr)
    if key not in steps.parts:
        steps.parts[key] = steps.text.names.fresh(f"part_{item.name}")
        steps.defined(derivation, formula, steps.parts[key], "pulls")
    return MovedMatrix(steps, item), steps.parts[key]


def gradient(steps: MatrixSteps, derivation: Derivation) -> None:
    """The gradient over the adjoint, and as a double sum where that is printed."""
    own, part = _part(steps, derivation)
    summed, pairing, out = own.summing
    now, name = own.now, steps.text.names.fresh(f"gradient_{own.item.name}_true")
    steps.add(
        f"Definition {name}_claim : Prop := {own.given}is_derive {own.loss} @s\n"
        f"    {pairing.format(f'({summed} @T (fun @c => {part} {own.point(now)} {own.adjoint(now)}))')}.",
        f"Theorem {name} : {name}_claim.\nProof.\n  {own.intros} {own.by_adjoint}\n"
        f"  symmetry. {out}. apply sum_ext. intros @c Hc. {own.pulled(part)}.\nQed.",
    )
    steps.theorems[derivation.name] = (name,)
    if not any(item.key == "double_sum" for item in derivation.claims):
        return
    double = steps.text.names.fresh(f"gradient_{own.item.name}_double")
    carried = f"({steps.carried} {now} {own.state(now, '(S @c)')} (S @c) (S @t))"
    inner = f"{summed} (S @t) (fun @c => {part} {own.point(now)} {carried})"
    later = ""
    if steps.F:
        later = (
            " intros @q Hq. rewrite runS_runS. replace (S @c + S @q)%nat with (S (S @c + @q)) by lia. apply HF. lia."
        )
    steps.add(
        f"Definition {double}_claim : Prop := {own.given}is_derive {own.loss} @s\n"
        f"    {pairing.format(f'({summed} @T (fun @t => {inner}))')}.",
        f"Theorem {double} : {double}_claim.\nProof.\n  {own.intros} {own.by_adjoint}\n"
        f"  etransitivity; [exact (by_timeS {own.sums(now)})|].\n"
        f"  symmetry. {out}. apply sum_ext. intros @t Ht. {out}. apply sum_ext. intros @c Hc.\n"
        f"  etransitivity; [{own.pulled(part)}|]. apply frobenius_agree, agree_sym.\n"
        f"  replace (S @t) with (S @c + (@t - @c))%nat at 1 by lia. apply {steps.carried}_is.{later}\nQed.",
    )
    steps.theorems[derivation.name] = (name, double)


def lag(steps: MatrixSteps, derivation: Derivation) -> None:
    """What comes from lag q; all lags sum to the gradient; what a loss says of earlier steps, by a recursion."""
    own, part = _part(steps, derivation)
    summed, pairing, out = own.summing
    th, names, sort, sizes = steps.theta, steps.text.names, own.item.sort.value, steps.sizes
    gamma, name, back, carried = (
        names.fresh(f"{word}_{own.item.name}") for word in ("lag", "all_lags", "lag_back", "lag_carried")
    )
    seen, adjoint, slope = own.seen(th, "@q"), own.adjoint(th), own.slope(th)
    left = pairing.format(f"({summed} @T (fun @q => {gamma} {th} @z0 @T @q))")
    right = pairing.format(f"({summed} @T (fun @c => {part} {own.point(th)} {adjoint}))")
    middle = f"sum @T (fun @c => frobenius {sizes} {adjoint} ({slope} (S @c) {own.state(th, '@c')}))"
    steps.add(
        f"Definition {gamma} ({th} : point) (@z0 : mat) (@T @q : nat) : {sort} :=\n  {summed} (@T - @q) (fun @c => {part} {own.point(th)} {seen}).\n"
        f"Definition {name}_claim : Prop := forall ({th} : point) (@W : {sort}) (@T : nat) (@z0 : mat), {steps.fine(th, '0', '@T', '@z0')}\n"
        f"  {left} =\n  {right}.",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} @W @T @z0{steps.hyp}. transitivity ({middle}).\n"
        f"  - etransitivity; [|symmetry; exact (by_lagS {own.sums(th)})]. {out}. apply sum_ext. intros @q Hq. unfold {gamma}. {out}. "
        f"apply sum_ext. intros @c Hc. {own.pulled(part)}.\n"
        f"  - symmetry. {out}. apply sum_ext. intros @c Hc. {own.pulled(part)}.\nQed.",
    )
    first, next_ = steps.seen(th, "@k", "0", "@z"), steps.seen(th, "@k", "(S @q)", "@z")
    after = f"({steps.step} {th} (S @k) @z)"
    steps.add(
        f"Definition {back}_claim : Prop := forall ({th} : point) (@k @q : nat) (@z : mat),\n"
        f"  {first} = {steps.slope} @k @z /\\\n"
        f"  {next_} = {steps.back} {steps.here(th, '(S @k)')} {steps.seen(th, '(S @k)', '@q', after)}.",
        f"Theorem {back} : {back}_claim.\nProof. intros {th} @k @q @z. split; reflexivity. Qed.",
    )
    run = steps.run(th)
    steps.add(
        f"Definition {carried}_claim : Prop := forall ({th} : point) (@k @q : nat) (@X : R -> mat) (@s : R) (@V : mat), along2 {sizes} @X @s @V ->\n"
        f"  {steps.fine(th, '@k', '@q', '(@X @s)')}is_derive (fun @e => {steps.loss} (@k + @q)%nat (runS mat {run} @k @q (@X @e))) @s\n"
        f"    (frobenius {sizes} {steps.seen(th, '@k', '@q', '(@X @s)')} @V).",
        f"Theorem {carried} : {carried}_claim.\nProof.\n  intros {th} @k @q @X @s @V HX{steps.hyp}. eapply D_eq.\n"
        f"  - apply {steps.hypothesis}. exact (transportS mat (along2 {sizes}) {run} {steps.velocity(th)} {steps.allowed(th)} (mat_step_moves {th}) @k @q @X @V @s HX {steps.held}).\n"
        f"  - symmetry. exact (seenS_is mat (frobenius {sizes}) {steps.pulls(th)} @q @k (@X @s) @V {steps.held}).\nQed.",
    )
    steps.theorems[derivation.name] = (name, back, carried)
