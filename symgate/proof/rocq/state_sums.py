"""Gradients over any number of steps of several states: over the adjoint, as a double sum over k and t, and by lag."""

from __future__ import annotations

from dataclasses import dataclass

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq.cell import Symbol
from symgate.proof.rocq.printed import same_jacobian
from symgate.proof.rocq.several import Several
from symgate.proof.rocq.state_blocks import bodies, recursions
from symgate.proof.rocq.terms import Sort
from symgate.records import Derivation

#: How a parameter is summed over steps and paired with a velocity; the rewritings that move sums over steps and states out.
SUMS = {
    Sort.NUMBER: ("sum", "", "({} * @W)", "rewrite sum_scal_r", "rewrite ?Rmult_plus_distr_r"),
    Sort.VECTOR: ("vsum", "%V", "(dot {sizes} {{}} @W)", "rewrite dot_vsum", "rewrite ?dot_add_l"),
    Sort.MATRIX: ("msum", "%M", "(frobenius {sizes} {{}} @W)", "rewrite frobenius_msum", "rewrite ?frobenius_add"),
}


@dataclass(frozen=True)
class MovedStates:
    """One parameter that moves while the loss runs over many steps, from the states z0 at time 0."""

    own: Several
    item: Symbol
    parts: tuple[str, ...]

    @property
    def now(self) -> str:
        """The parameters at the time s."""
        return f"(with_{self.item.name} {self.own.theta} (@Th @s))"

    def run(self, theta: str) -> str:
        """The step."""
        return f"({self.own.step} {theta})"

    def states(self, theta: str, time: str) -> str:
        """The states after so many steps."""
        return f"(runS point {self.run(theta)} 0 {time} @z0)"

    def point(self, theta: str) -> str:
        """The point that step c + 1 meets."""
        return f"({self.own.at} {theta} (Datatypes.S @c) {self.states(theta, '@c')})"

    def back(self, theta: str) -> str:
        """The way back of the adjoint."""
        return f"(fun @t @z => {self.own.back} ({self.own.at} {theta} @t @z))"

    def jacobian(self, theta: str) -> str:
        """What J does to velocities of the states."""
        return f"(fun @t @z => {self.own.jacobian} ({self.own.at} {theta} @t @z))"

    def adjoint(self, theta: str) -> str:
        """The adjoint of step c + 1."""
        after = self.states(theta, "(Datatypes.S @c)")
        return (
            f"(adjointS point {self.own.text.together} {self.run(theta)} {self.own.slope} {self.back(theta)} "
            f"(Datatypes.S @c) (@T - Datatypes.S @c) {after})"
        )

    def seen(self, theta: str, lag: str) -> str:
        """A later loss as it is seen from step c + 1."""
        after = self.states(theta, "(Datatypes.S @c)")
        return f"(seenS point {self.run(theta)} {self.own.slope} {self.back(theta)} (Datatypes.S @c) {lag} {after})"

    def slope(self, theta: str) -> str:
        """The velocity that the parameter alone gives to a step, as a function of time and states."""
        d = [self.own.text.tangent[after] for after in self.own.after]
        alone = f"(with_{self.item.name} still @W)"
        return f"(fun @t @z => {self.own.joined([f'{one} ({self.own.at} {theta} @t @z) {alone}' for one in d])})"

    def body(self, theta: str, cotangent: str) -> str:
        """What step c + 1 contributes: a summand for every state."""
        found = " + ".join(
            f"{part} {self.point(theta)} ({state.name} {cotangent})"
            for part, state in zip(self.parts, self.own.states, strict=True)
        )
        return f"({found}){SUMS[self.item.sort][1]}"

    @property
    def pairing(self) -> str:
        """The pairing of a value of the parameter with its velocity."""
        return SUMS[self.item.sort][2].replace("{sizes}", " ".join(self.item.sizes)).replace("{{}}", "{}")

    @property
    def hyp(self) -> str:
        """The hypothesis about the steps, where there is one."""
        return " HF" if self.own.F else ""

    @property
    def loss(self) -> str:
        """The loss of T steps as a function of e."""
        return f"(fun @e => losseS point {self.stepe} {self.own.loss} 0 @T @e @z0)"

    @property
    def stepe(self) -> str:
        """The step as a function of e."""
        return f"(fun @t @e @z => {self.own.step} (with_{self.item.name} {self.own.theta} (@Th @e)) @t @z)"

    def sums(self, theta: str) -> str:
        """The arguments of the theorems about double sums."""
        own = self.own
        return (
            f"point {own.text.together} {own.pairing} pairing_add_l {self.run(theta)} {self.jacobian(theta)} {own.allowed(theta)} "
            f"{own.slope} {self.back(theta)} (step_pulls {theta}) {self.slope(theta)} @T @z0 {'HF' if own.F else '(fun _ _ => I)'}"
        )

    def pulled(self, theta: str, cotangent: str) -> str:
        """The tactics that turn what step c + 1 contributes into the pairing of the cotangent with the velocity."""
        d = [self.own.text.tangent[after] for after in self.own.after]
        here, found = self.point(theta), [SUMS[self.item.sort][4] + "."]
        for part, state, one in zip(self.parts, self.own.states, d, strict=True):
            left = self.pairing.format(f"({part} {here} ({state.name} {cotangent}))")
            right = (
                f"({state.paired(f'({state.name} {cotangent})', f'({one} {here} (with_{self.item.name} still @W))')})"
            )
            holds = "; apply (HF @c); lia" if self.own.F else ""
            found.append(f"replace {left} with {right} by (symmetry; apply {part}_pulls{holds}).")
        found.append(f"unfold {self.own.pairing}. {self.own.known}. cbn [Nat.add]. reflexivity.")
        return "\n    ".join(found)


def _moved(own: Several, derivation: Derivation) -> MovedStates:
    """The parameter of a gradient, with what it contributes at each step defined and proved."""
    formulas = bodies(derivation)
    item = next(item for item in own.text.fields if item.symbol == formulas[0].wrt)
    parts = []
    for state, formula in zip(own.states, formulas, strict=True):
        key = (formula.of, formula.wrt, formula.expr)
        if key not in own.parts:
            own.parts[key] = own.text.names.fresh(f"part_{state.name}_{item.name}")
            own.defined(derivation, formula, own.parts[key], "pulls")
        parts.append(own.parts[key])
    moved = MovedStates(own, item, tuple(parts))
    losses(moved)
    return moved


def step_moves(moved: MovedStates, indent: str) -> str:
    """The tactics that prove the velocity of a step on which states and parameter move, one line for each state."""
    own, item, th, now, text = moved.own, moved.item, moved.own.theta, moved.now, moved.own.text
    velocity = own.joined([f"{state.name} @V" for state in own.states], f"(with_{item.name} still @W)")
    alone = [*(f"(with_{state.name} still ({state.name} @V))" for state in own.states), f"(with_{item.name} still @W)"]
    point = f"({own.at} {now} @t (@X @s))"
    lines = [
        f"intros @t @X @V HX F. unfold {own.moves} in *. each_hypothesis. unfold {own.step}, {own.jacobian}, {text.together}. {own.known}. each_part."
    ]
    curve = f"(fun @e => {own.at} (with_{item.name} {th} (@Th @e)) @t (@X @e))"
    for a in range(len(own.states)):
        lines += own.velocity_of(a, curve, velocity, alone, point, f"{indent}*")
    return "\n".join(lines)


def losses(moved: MovedStates, known: str = "") -> None:
    """The lemma that the loss has the adjoint, paired with the velocity of each step, as its derivative; once for each.

    Args:
        moved: the parameter.
        known: the tactic that proves the velocity of a step, where there is a lemma.
    """
    own, item, th, now, text = moved.own, moved.item, moved.own.theta, moved.now, moved.own.text
    if item.name in own.moved:
        return
    own.moved.add(item.name)
    own.add(
        "",
        f"Lemma losses_{item.name} {th} @Th @W @s @T @z0 : {item.along('@Th', '@s', '@W')} -> {own.fine(now, '0', '@T', '@z0')}\n"
        f"  is_derive {moved.loss} @s (sum @T (fun @c => {own.pairing} {moved.adjoint(now)} ({moved.slope(now)} (Datatypes.S @c) {moved.states(now, '@c')}))).\n"
        f"Proof.\n  intros HW{moved.hyp}. eapply D_eq.\n"
        f"  - apply (total_gradientS point {text.together} {own.pairing} {own.moves} pairing_add_l pairing_add_r {moved.stepe} @s\n"
        f"      {moved.jacobian(now)} {moved.slope(now)} {own.allowed(now)}) with (V := still) (X := fun _ => @z0) (dl := {own.slope}) (G := {moved.back(now)}).\n"
        f"    + {known or step_moves(moved, '      ')}\n"
        f"    + exact {own.hypothesis}.\n    + exact (step_pulls {now}).\n"
        f"    + unfold {own.moves}. {own.known}. each_part; {own.at_rest}.\n"
        f"    + {'exact HF' if own.F else 'intros; exact I'}.\n"
        f"  - replace ({own.pairing} _ still) with 0 by (unfold {own.pairing}; {own.known}; rewrite {own.nothing}; ring). rewrite Rplus_0_l. reflexivity.\nQed.",
    )


def gradient(own: Several, derivation: Derivation) -> None:
    """The gradient over the adjoint, and as a double sum where that is printed."""
    moved = _moved(own, derivation)
    item, th, now, sort = moved.item, own.theta, moved.now, moved.item.sort.value
    summed, _, _, out, _ = SUMS[item.sort]
    name = own.text.names.fresh(f"gradient_{item.name}_true")
    given = (
        f"forall ({th} : point) (@Th : R -> {sort}) (@W : {sort}) (@s : R) (@T : nat) (@z0 : point),\n"
        f"  {item.along('@Th', '@s', '@W')} -> {own.fine(now, '0', '@T', '@z0')}\n  is_derive {moved.loss} @s "
    )
    start = f"intros {th} @Th @W @s @T @z0 HW{moved.hyp}. eapply D_eq; [exact (losses_{item.name} {th} @Th @W @s @T @z0 HW{moved.hyp})|]."
    one = moved.pairing.format(f"({summed} @T (fun @c => {moved.body(now, moved.adjoint(now))}))")
    own.add(
        f"Definition {name}_claim : Prop := {given}{one}.",
        f"Theorem {name} : {name}_claim.\nProof.\n  {start}\n  symmetry. {out}. apply sum_ext. intros @c Hc. "
        f"{moved.pulled(now, moved.adjoint(now))}\nQed.",
    )
    own.theorems[derivation.name] = (name,)
    if not any(claim.key == "double_sum" for claim in derivation.claims):
        return
    double, seen = own.text.names.fresh(f"gradient_{item.name}_double"), moved.seen(now, "(@t - @c)")
    inner = f"{summed} (Datatypes.S @t) (fun @c => {moved.body(now, seen)})"
    own.add(
        f"Definition {double}_claim : Prop := {given}{moved.pairing.format(f'({summed} @T (fun @t => {inner}))')}.",
        f"Theorem {double} : {double}_claim.\nProof.\n  {start}\n  etransitivity; [exact (by_timeS {moved.sums(now)})|].\n"
        f"  symmetry. {out}. apply sum_ext. intros @t Ht. {out}. apply sum_ext. intros @c Hc. {moved.pulled(now, seen)}\nQed.",
    )
    own.theorems[derivation.name] = (name, double)


def lag(own: Several, derivation: Derivation) -> None:
    """What comes from lag q; all lags sum to the gradient; what a loss says of earlier steps, by a recursion."""
    _same_recursion(own, derivation)
    moved = _moved(own, derivation)
    item, th, names, sort = moved.item, own.theta, own.text.names, moved.item.sort.value
    summed, _, _, out, _ = SUMS[item.sort]
    gamma, name, back, carried = (
        names.fresh(f"{word}_{item.name}") for word in ("lag", "all_lags", "lag_back", "lag_carried")
    )
    seen, adjoint = moved.seen(th, "@q"), moved.adjoint(th)
    left = moved.pairing.format(f"({summed} @T (fun @q => {gamma} {th} @z0 @T @q))")
    right = moved.pairing.format(f"({summed} @T (fun @c => {moved.body(th, adjoint)}))")
    middle = f"sum @T (fun @c => {own.pairing} {adjoint} ({moved.slope(th)} (Datatypes.S @c) {moved.states(th, '@c')}))"
    own.add(
        f"Definition {gamma} ({th} : point) (@z0 : point) (@T @q : nat) : {sort} :=\n  {summed} (@T - @q) (fun @c => {moved.body(th, seen)}).\n"
        f"Definition {name}_claim : Prop := forall ({th} : point) (@W : {sort}) (@T : nat) (@z0 : point), {own.fine(th, '0', '@T', '@z0')}\n"
        f"  {left} =\n  {right}.",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} @W @T @z0{moved.hyp}. transitivity ({middle}).\n"
        f"  - etransitivity; [|symmetry; exact (by_lagS {moved.sums(th)})]. {out}. apply sum_ext. intros @q Hq. unfold {gamma}. {out}. "
        f"apply sum_ext. intros @c Hc. {moved.pulled(th, seen)}\n"
        f"  - symmetry. {out}. apply sum_ext. intros @c Hc. {moved.pulled(th, adjoint)}\nQed.",
    )
    run, way = moved.run(th), moved.back(th)
    general = f"seenS point {run} {own.slope} {way}"
    own.add(
        f"Definition {back}_claim : Prop := forall ({th} : point) (@k @q : nat) (@z : point),\n"
        f"  {general} @k (Datatypes.S @q) @z = {own.back} ({own.at} {th} (Datatypes.S @k) @z) ({general} (Datatypes.S @k) @q ({own.step} {th} (Datatypes.S @k) @z)).",
        f"Theorem {back} : {back}_claim.\nProof. intros {th} @k @q @z. reflexivity. Qed.",
    )
    jac = moved.jacobian(th)
    held = "HF" if own.F else "(fun _ _ => I)"
    own.add(
        f"Definition {carried}_claim : Prop := forall ({th} : point) (@k @q : nat) (@z @v : point), {own.fine(th, '@k', '@q', '@z')}\n"
        f"  {own.pairing} ({general} @k @q @z) @v = {own.pairing} ({own.slope} (@k + @q)%nat (runS point {run} @k @q @z)) (carry point {run} {jac} @k @q @z @v).",
        f"Theorem {carried} : {carried}_claim.\nProof.\n  intros {th} @k @q @z @v{moved.hyp}.\n"
        f"  exact (seenS_is point {own.pairing} {run} {jac} {own.allowed(th)} {own.slope} {way} (step_pulls {th}) @q @k @z @v {held}).\nQed.",
    )
    own.theorems[derivation.name] = (name, back, carried)


def _same_recursion(own: Several, derivation: Derivation) -> None:
    """Return where the recursion beside lags is the one of the adjoint beside them.

    Raises:
        UnsupportedNodeError: it is another one.
    """
    if not own.text.matrices:
        same_jacobian(derivation, own.written)
        return
    for place, formula in recursions(derivation).items():
        if formula.expr != own.returned[place]:
            state = own.states[place[1]].name
            raise UnsupportedNodeError(
                f"The recursion of v_{state} beside {derivation.name} is not that of the adjoint."
            )
