"""The influence of a parameter, P_t = J_t P_{t-1} + S_t: that it is dx_t/dtheta, its closed form, and the gradient from it."""

from __future__ import annotations

from sympy import Expr
from sympy.matrices.expressions import MatMul, MatrixExpr

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import T
from symgate.language.sequences import J
from symgate.proof.plain import plain
from symgate.proof.rocq.printed import of_influence, of_shape, same_jacobian
from symgate.proof.rocq.steps import Steps, about
from symgate.proof.rocq.sums import Moved
from symgate.proof.rocq.terms import Sort
from symgate.records import ByParameter, Derivation, Kind, add_up


def local(derivation: Derivation) -> Derivation:
    """S_t as a claim about one step.

    Raises:
        UnsupportedNodeError: the recursion, or a claim beside it, has another form than the theorems.
    """
    assert isinstance(derivation.parameters, ByParameter)
    symbol = derivation.cell.symbols[derivation.parameters.parameter]
    own, last = of_influence(derivation), derivation.named_terms[-1][1]
    if last != own or product_before(derivation) != derivation.equation("J").right.xreplace({J: T}):
        raise UnsupportedNodeError(f"Certificates state an influence as J P + S; found {plain(derivation.expr)}.")
    kind = Kind.KRONECKER if isinstance(symbol, MatrixExpr) and symbol.shape[1] != 1 else Kind.JACOBIAN
    return about(derivation, kind, symbol, own)


def product_before(derivation: Derivation) -> Expr | None:
    """What stands in front of P_{t-1} in the recursion of an influence; None where it is not in every term but S_t."""
    before = of_shape("P", derivation.shape, T - 1)
    factors = [_before(term, before) for _, term in derivation.named_terms[:-1]]
    return None if None in factors else add_up(factors)


def _before(term: Expr, last: Expr) -> Expr | None:
    """What stands in front of the last factor of a product; None where that is another one."""
    if not isinstance(term, MatMul) or term.args[-1] != last:
        return None
    return term.args[0] if len(term.args) == 2 else MatMul(*term.args[:-1])


def influence(steps: Steps, derivation: Derivation) -> None:
    """P_t is the derivative of the state, has the closed form, and gives the gradient that the adjoint gives."""
    formula = local(derivation)
    same_jacobian(derivation, steps.written)
    item = next(item for item in steps.text.fields if item.symbol == formula.wrt)
    own, n, th, names = Moved(steps, item), steps.n, steps.theta, steps.text.names
    S_, P, moves, closed, ahead, back = (
        names.fresh(f"{word}_{item.name}")
        for word in ("S", "P", "influence", "influence_closed", "influence_forward", "influence_backward")
    )
    steps.defined(derivation, formula, S_, "takes")
    m, scalar = item.length, item.sort is Sort.NUMBER
    W = {Sort.NUMBER: "(fun _ => W)", Sort.VECTOR: "W"}.get(item.sort, f"(vectorised {' '.join(item.sizes[:1])} W)")

    def source(theta: str) -> str:
        value = f"{S_} ({steps.at} {theta} t v)"
        return f"(fun t v => {f'column ({value})' if scalar else value})"

    def along(of: str, theta: str) -> str:
        return f"(on_run {own.run(theta)} {of} 0 x0)"

    now, hyp, F = own.now, own.hyp, " F" if own.hyp else ""
    L = along(source(now), now)
    steps.add(
        f"Definition {P} ({th} : point) (x0 : vec) (t : nat) : mat :=\n  influence {n} {along(own.jacobian(th), th)} {along(source(th), th)} t."
    )
    takes = (
        f"rewrite mv_column; exact ({S_}_takes ({steps.at} {now} t (X s)) W{F} i Hi)"
        if scalar
        else f"exact ({S_}_takes ({steps.at} {now} t (X s)) W{F} i Hi)"
    )
    steps.add(
        f"Definition {moves}_claim : Prop := {own.given}along {n} (fun e => run ({steps.step} (with_{item.name} {th} (Th e))) 0 T x0) s ({P} {now} x0 T *[{m}] {W}).",
        f"Lemma {moves}_step {th} Th W s : {item.along('Th', 's', 'W')} -> forall t X V, along {n} X s V -> {steps.allowed(now)} t (X s) ->\n"
        f"  along {n} (fun e => {steps.step} (with_{item.name} {th} (Th e)) t (X e)) s ({own.jacobian(now)} t (X s) *[{n}] V + {source(now)} t (X s) *[{m}] {W}).\n"
        f"Proof.\n  intros HW t X V HX F. eapply along_eq; [exact (moving_{item.name} {th} Th W s HW t X V HX F)|].\n"
        f"  intros i Hi. unfold vadd. cbv beta. f_equal. symmetry. {takes}.\nQed.",
    )
    stepe = f"(fun t e v => {steps.step} (with_{item.name} {th} (Th e)) t v)"
    general = f"{n} {m} {stepe} s {own.jacobian(now)} {source(now)} {W} {steps.allowed(now)}"
    steps.add(
        "",
        f"Theorem {moves} : {moves}_claim.\nProof.\n  {own.intros}\n"
        f"  exact (influence_moves {general} ({moves}_step {th} Th W s HW) T x0 {steps.held()}).\nQed.",
    )
    J_th, L_th = along(own.jacobian(th), th), along(source(th), th)
    steps.add(
        f"Definition {closed}_claim : Prop := forall ({th} : point) (x0 : vec) (t i j : nat), (i < {n})%nat ->\n"
        f"  {P} {th} x0 t i j = msum t (fun c => product {n} {J_th} (S (S c)) (t - S c) *[{n}] {L_th} (S c))%M i j.",
        f"Theorem {closed} : {closed}_claim.\nProof.\n  intros {th} x0 t i j Hi. exact (influence_closed {n} {J_th} {L_th} t i j Hi).\nQed.",
    )
    steps.add(
        f"Definition {back}_claim : Prop := {own.given}is_derive {own.loss} s\n"
        f"    (dot {m} (vsum T (fun c => tr ({L} (S c)) *[{n}] {own.adjoint(now)})%V) {W}).",
        f"Theorem {back} : {back}_claim.\nProof.\n  {own.intros} eapply D_eq; [exact (losses_{item.name} {th} Th W s T x0 HW{hyp})|].\n"
        f"  rewrite dot_vsum. apply sum_ext. intros c Hc. rewrite dot_tr_l. apply dot_cong. intros i Hi. f_equal. symmetry.\n"
        f"  unfold on_run. replace (S c - 1)%nat with c by lia. {'rewrite mv_column. ' if scalar else ''}exact ({S_}_takes {own.point(now)} W{' (HF c Hc)' if hyp else ''} i Hi).\nQed.",
    )
    pulls = f"(fun t v lam V F => step_{steps.back} {now} t v lam V F)"
    steps.add(
        f"Definition {ahead}_claim : Prop := {own.given}is_derive {own.loss} s\n"
        f"    (dot {m} (vsum T (fun c => tr ({P} {now} x0 (S c)) *[{n}] {steps.slope} (S c) {own.state(now, '(S c)')})%V) {W}).",
        f"Theorem {ahead} : {ahead}_claim.\nProof.\n  {own.intros} eapply D_eq; [exact ({back} {th} Th W s T x0 HW{hyp})|].\n"
        f"  symmetry. exact (forward_backward {general} {steps.slope} {own.back(now)} {pulls} T x0 {steps.held()}).\nQed.",
    )
    steps.theorems[derivation.name] = (moves, closed, ahead, back)
