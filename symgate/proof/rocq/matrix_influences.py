"""The influence of a parameter on a matrix state, P_t = J_t P_{t-1} + S_t, on the stacked columns.

In come J_t and S_t, each proved to be a derivative of one step; out go the theorems that P_t is the derivative of the
columns, its closed form, and the gradient from it.  The general theorems stand in ``influences_states.v``.
"""

from __future__ import annotations

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import T
from symgate.language.sequences import J
from symgate.proof.plain import plain
from symgate.proof.rocq.forward import product_before
from symgate.proof.rocq.matrix_adjoints import MatrixSteps
from symgate.proof.rocq.matrix_sums import MovedMatrix
from symgate.proof.rocq.printed import of_influence
from symgate.proof.rocq.steps import about, columns_of
from symgate.proof.rocq.terms import Sort
from symgate.records import ByParameter, Derivation, Kind


def formulas(derivation: Derivation) -> list[Derivation]:
    """J_t and S_t as claims about one step.

    Raises:
        UnsupportedNodeError: the recursion, or a claim beside it, has another form than the theorems.
    """
    assert isinstance(derivation.parameters, ByParameter)
    symbol = derivation.cell.symbols[derivation.parameters.parameter]
    source, factor = of_influence(derivation), derivation.equation("J").right.xreplace({J: T})
    last = derivation.named_terms[-1][1]
    if product_before(derivation) != factor or last != source:
        raise UnsupportedNodeError(f"Certificates state an influence as J P + S; found {plain(derivation.expr)}.")
    state = derivation.cell.states[0]
    return [about(derivation, Kind.JACOBIAN, state.before, factor), about(derivation, Kind.INFLUENCE, symbol, source)]


def influence(steps: MatrixSteps, derivation: Derivation) -> None:
    """P_t is the derivative of the columns, has the closed form, and gives the gradient that the adjoint gives."""
    factor, source = formulas(derivation)
    columns_of(steps.text)
    item = next(item for item in steps.text.fields if item.symbol == source.wrt)
    own, names, th, n, m = MovedMatrix(steps, item), steps.text.names, steps.theta, steps.rows, steps.cols
    K, S_, P, moves, closed, ahead, back = (
        names.fresh(f"{word}_{item.name}")
        for word in ("J", "S", "P", "influence", "influence_closed", "influence_forward", "influence_backward")
    )
    steps.defined(derivation, factor, K, "acts")
    steps.defined(derivation, source, S_, "acts")
    N, width, now = f"({m} * {n})", item.length, own.now
    W = {Sort.NUMBER: "(fun _ => @W)", Sort.VECTOR: "@W"}.get(item.sort, f"(vectorised {' '.join(item.sizes[:1])} @W)")

    def of(matrix: str, theta: str) -> str:
        return f"(fun @t @z => {matrix} {steps.here(theta)})"

    def met(matrix: str, theta: str) -> str:
        return f"(metS mat {steps.run(theta)} @z0 {of(matrix, theta)})"

    def acted(theta: str) -> str:
        return f"(fun @t @z @V => acted_on {n} {m} ({K} {steps.here(theta)}) @V)"

    columns, zero = f"(vectorised {n})", "(fun _ _ => eq_refl) eq_refl"
    F = steps.F
    steps.add(
        f"Definition {P} ({th} : point) (@z0 : mat) (@t : nat) : mat :=\n  influence {N} {met(K, th)}\n    {met(S_, th)} @t."
    )
    here = steps.here(th)
    steps.add(
        "",
        f"Lemma {K}_velocity {th} @t @z @V : {steps.allowed(th)} @t @z -> agree {steps.sizes} ({acted(th)} @t @z @V) ({steps.velocity(th)} @t @z @V).\n"
        f"Proof. intros F. apply acted_on_is. exact ({K}_acts {here} @V{F}). Qed.\n"
        f"Lemma {K}_pulls {th} @t @z lam @V : {steps.allowed(th)} @t @z ->\n"
        f"  frobenius {steps.sizes} ({steps.back} {here} lam) @V = frobenius {steps.sizes} lam ({acted(th)} @t @z @V).\n"
        f"Proof.\n  intros F. rewrite (step_{steps.back} {th} @t @z lam @V F), !(frobenius_comm {steps.sizes} lam).\n"
        f"  apply frobenius_agree, agree_sym. exact ({K}_velocity {th} @t @z @V F).\nQed.\n"
        f"Lemma {moves}_step {th} @Th @W @s : {item.along('@Th', '@s', '@W')} -> forall @t @X @V, along2 {steps.sizes} @X @s @V -> {steps.allowed(now)} @t (@X @s) ->\n"
        f"  along2 {steps.sizes} (fun @e => {own.stepe} @t @e (@X @e)) @s (madd ({acted(now)} @t (@X @s) @V) ({own.slope(now)} @t (@X @s))).\n"
        f"Proof.\n  intros HW @t @X @V HX F. eapply along2_eq; [exact (moving_{item.name} {th} @Th @W @s HW @t @X @V HX F)|].\n"
        f"  intros i j Hi Hj. unfold madd. apply f_equal2; [|reflexivity]. symmetry. exact ({K}_velocity {now} @t (@X @s) @V F i j Hi Hj).\nQed.\n"
        f"Lemma {S_}_taken {th} @t @z @W : {steps.allowed(th)} @t @z -> takes {N} {width} ({S_} {here}) {W} (vectorised {n} ({own.slope(th)} @t @z)).\n"
        f"Proof. intros F. exact ({S_}_acts {here} @W{F}). Qed.",
    )
    taken = f"(fun @t @z => {S_}_taken {now} @t @z @W)"
    kept = f"(fun @t @z @V => acted_on_columns {n} {m} ({K} {steps.here(now)}) @V)"
    of_all = f"{own.stepe} @s {acted(now)} {own.slope(now)}\n    {of(K, now)} {of(S_, now)} {W} {steps.allowed(now)}"
    pairs = f"(frobenius_vectorised {n} {m})"
    steps.add(
        f"Definition {moves}_claim : Prop := {own.given}along {N} (fun @e => vectorised {n} (runS mat ({steps.step} (with_{item.name} {th} (@Th @e))) 0 @T @z0)) @s ({P} {now} @z0 @T *[{width}] {W}).",
        f"Theorem {moves} : {moves}_claim.\nProof.\n  {own.intros}\n"
        f"  exact (influenceS_moves mat madd mzero (along2 {steps.sizes}) {N} {width} {columns} {zero} (along_vectorised {n} {m}) (along2_const {n} {m}) {of_all}\n"
        f"    ({moves}_step {th} @Th @W @s HW) {kept} {taken} @z0 @T {steps.held}).\nQed.",
    )
    steps.add(
        f"Definition {closed}_claim : Prop := forall ({th} : point) (@z0 : mat) (@t @i @j : nat), (@i < {N})%nat ->\n"
        f"  {P} {th} @z0 @t @i @j = msum @t (fun @c => product {N} {met(K, th)} (S (S @c)) (@t - S @c) *[{N}] {met(S_, th)} (S @c))%M @i @j.",
        f"Theorem {closed} : {closed}_claim.\nProof. intros {th} @z0 @t @i @j Hi. exact (influence_closed {N} {met(K, th)} {met(S_, th)} @t @i @j Hi). Qed.",
    )
    derived = f"{own.given}is_derive {own.loss} @s\n    (dot {width} (vsum @T (fun @c => {{}})%V) {W})"
    after = own.state(now, "(S @c)")
    steps.add(
        f"Definition {ahead}_claim : Prop := {derived.format(f'tr ({P} {now} @z0 (S @c)) *[{N}] vectorised {n} ({steps.slope} (S @c) {after})')}.",
        f"Theorem {ahead} : {ahead}_claim.\nProof.\n  {own.intros} {own.by_adjoint}\n"
        f"  exact (influenceS_forward mat madd mzero (frobenius {steps.sizes}) {N} {width} {columns} {zero} {pairs} {of_all}\n"
        f"    {kept} {taken} @z0 {steps.slope} {steps.backward(now)} ({K}_pulls {now}) @T {steps.held}).\nQed.",
    )
    steps.add(
        f"Definition {back}_claim : Prop := {derived.format(f'tr ({met(S_, now)} (S @c)) *[{N}] vectorised {n} {own.adjoint(now)}')}.",
        f"Theorem {back} : {back}_claim.\nProof.\n  {own.intros} {own.by_adjoint}\n"
        f"  exact (influenceS_back mat madd (frobenius {steps.sizes}) {N} {width} {columns} {pairs} {own.stepe} @s {own.slope(now)}\n"
        f"    {of(S_, now)} {W} {steps.allowed(now)} {taken} @z0 {steps.slope} {steps.backward(now)} @T {steps.held}).\nQed.",
    )
    steps.theorems[derivation.name] = (moves, closed, ahead, back)
