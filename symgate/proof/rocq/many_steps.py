"""Claims about any number of steps of a cell with one state: transport, adjoint, gradients of the loss.

The theorems about steps in general stand in ``steps.v`` and are proved by induction there; here they meet the cell: its
step, its Jacobian, and the formula that carries the adjoint back, which is a vector-Jacobian product of one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, MatrixExpr

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import Signal, T
from symgate.language.sequences import LAST, STEP, K, MatrixSum, OrderedProduct
from symgate.proof.rocq import one_step
from symgate.proof.rocq.cell import CellText, Symbol
from symgate.proof.rocq.steps import Steps
from symgate.proof.rocq.terms import Sort, spelled
from symgate.records import ByParameter, Derivation, Kind, Relation, add_up

#: Further equations of a kind that its theorems, or the library, state as well.
COVERED = {
    Kind.TRANSPORT: {"in_t", "in_k", "empty"},
    Kind.ADJOINT: {"start", "closed_form"},
    Kind.MOMENTUM: {"heavy_ball"},
}
KINDS = (Kind.TRANSPORT, Kind.ADJOINT, Kind.GRADIENT, Kind.MOMENTUM)
#: Results that are a recursion of the adjoint.
BACKWARD = (Kind.ADJOINT, Kind.MOMENTUM)


def many(text: CellText, derivations: Sequence[Derivation]) -> Steps:
    """The claims over many steps of one cell.

    Raises:
        UnsupportedNodeError: a kind or a form of formula that certificates do not state, or a gradient without an adjoint.
    """
    steps = Steps(text)
    by_kind = {item.kind: item for item in derivations if item.kind is not Kind.GRADIENT}
    for item in derivations:
        check(item)
    backward = sorted(
        (by_kind[kind] for kind in BACKWARD if kind in by_kind), key=lambda item: BACKWARD.index(item.kind)
    )
    source = next((by_kind[kind] for kind in (Kind.TRANSPORT, *BACKWARD) if kind in by_kind), None)
    if not backward and any(item.kind is Kind.GRADIENT for item in derivations):
        raise UnsupportedNodeError(
            "A certificate of a gradient needs the adjoint beside it: certificate([adjoint, gradient])."
        )
    if source is not None:
        steps.jacobian = text.names.fresh("J")
        _defined(steps, source, _one_step(source), steps.jacobian, "takes")
    for item in backward:
        steps.backs[item.name] = text.names.fresh("back")
        _defined(steps, item, _way_back(item), steps.backs[item.name], "pulls")
    steps.back = next(iter(steps.backs.values()), "")
    if source is not None:
        steps.proofs += map(steps.clear, steps.general())
    for back in steps.backs.values():
        steps.proofs += map(steps.clear, steps.returning(back))
    writers = {Kind.TRANSPORT: _transport, Kind.ADJOINT: _adjoint, Kind.GRADIENT: _gradient, Kind.MOMENTUM: _momentum}
    for item in derivations:
        writers[item.kind](steps, item)
    return steps


def check(derivation: Derivation) -> None:
    """Return where certificates state such a formula.

    Raises:
        UnsupportedNodeError: they do not.
    """
    if len(derivation.cell.states) != 1:
        raise UnsupportedNodeError(
            f"Certificates over many steps are for cells with one state; {derivation.cell.name} has several."
        )
    match derivation.kind:
        case Kind.TRANSPORT:
            _one_step(derivation)
            symbol = derivation.definitions[0].left
            if derivation.expr != OrderedProduct(symbol, symbol.index, K + 1, T):
                raise UnsupportedNodeError(
                    f"Certificates state the transport as a product of Jacobians; found {derivation.expr}."
                )
        case Kind.ADJOINT | Kind.MOMENTUM:
            _one_step(derivation)
            _way_back(derivation)
        case Kind.GRADIENT:
            _body(derivation)
        case _:
            raise UnsupportedNodeError(f"Certificates do not state results of the kind {derivation.kind.value}.")


def _one_step(derivation: Derivation) -> Derivation:
    """The Jacobian J_j that a result over many steps introduces, as a claim about one step."""
    state = derivation.cell.states[0]
    for item in derivation.definitions:
        if item.key == "J":
            expr = item.right.xreplace({item.left.index: T})
            return _about(derivation, Kind.JACOBIAN, state.before, expr)
    raise UnsupportedNodeError(f"{derivation.name} defines no J.")


def _way_back(derivation: Derivation) -> Derivation:
    """The adjoint less the slope of the loss: a vector-Jacobian product of the step after time k."""
    state = derivation.cell.states[0]
    delta = Signal("delta", state.after.shape[0], 1, K)
    terms = [term for _, term in derivation.named_terms if term != delta]
    if len(terms) != len(derivation.named_terms) - 1 or not terms:
        raise UnsupportedNodeError(f"An adjoint is delta_k and what comes back; found {derivation.expr}.")
    moved = add_up(terms).xreplace({K: T - 1})
    return replace(_about(derivation, Kind.VJP, state.before, moved), cotangent=Signal("lam", state.after.shape[0]))


def _body(derivation: Derivation) -> Derivation:
    """What a gradient sums over k = 1, ..., T: a vector-Jacobian product of step k."""
    assert isinstance(derivation.parameters, ByParameter)
    bodies = []
    for _, term in derivation.named_terms:
        if isinstance(term, MatrixSum) and (term.index, term.lower, term.upper) == (K, 1, LAST):
            bodies.append(term.body)
        elif isinstance(term, sympy.Sum) and term.limits == (sympy.Tuple(K, sympy.S.One, LAST),):
            bodies.append(term.function)
        elif isinstance(term, sympy.matrices.expressions.ZeroMatrix) or term == 0:
            bodies.append(term)
        else:
            raise UnsupportedNodeError(f"A gradient is a sum over k = 1, ..., T; found {term}.")
    symbol = derivation.cell.symbols[derivation.parameters.parameter]
    size = derivation.cell.states[0].after.shape[0]
    return replace(_about(derivation, Kind.VJP, symbol, add_up(bodies).xreplace({K: T})), cotangent=Signal("lam", size))


def _about(derivation: Derivation, kind: Kind, wrt: Expr, expr: Expr) -> Derivation:
    """A formula of one step that a result over many steps contains."""
    state = derivation.cell.states[0]
    return replace(derivation, kind=kind, of=state.after, wrt=wrt, named_terms=(("step", expr),), equations=())


def _defined(steps: Steps, derivation: Derivation, formula: Derivation, name: str, property_: str) -> None:
    """The definition of a formula of one step and the lemma that it is one."""
    steps.definitions.append((derivation.name, one_step.definition(steps.text, formula, name)))
    statement, script = one_step.identity(steps.text, formula, name)
    steps.proofs.append(f"Lemma {name}_{property_} {statement}.\nProof. {script}. Qed.")


def _transport(steps: Steps, derivation: Derivation) -> None:
    n, step, at, J = steps.n, steps.step, steps.at, steps.jacobian
    run, th = f"({step} {steps.theta})", steps.theta
    name = steps.text.names.fresh("transport_true")
    steps.state_of(
        f"Definition {name}_claim : Prop := forall ({th} : point) (k d : nat) (X : R -> vec) (s : R) (V : vec), along {n} X s V ->\n"
        f"  {steps.fine(th, 'k', 'd', '(X s)')}along {n} (fun e => run {run} k d (X e)) s\n"
        f"    (product {n} (on_run {run} (fun t v => {J} ({at} {th} t v)) k (X s)) (S k) d *[{n}] V)."
    )
    steps.state_of(
        "",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} k d X s V HX{' HF' if steps.text.supposed else ''}.\n"
        f"  apply (transport {n} {run} (fun t v => {J} ({at} {th} t v)) {steps.allowed(th)} (step_moves {th}) k d X V s HX {steps.held()}).\nQed.",
    )
    steps.theorems[derivation.name] = (name,)


def _adjoint(steps: Steps, derivation: Derivation) -> None:
    n, step, at, J, th = steps.n, steps.step, steps.at, steps.jacobian, steps.theta
    own = steps.backs[derivation.name]
    run, back = f"({step} {th})", f"(fun t v => {own} ({at} {th} t v))"
    name, closed = steps.text.names.fresh("adjoint_true_here"), steps.text.names.fresh("adjoint_closed_here")
    jac = f"(fun t v => {J} ({at} {th} t v))"
    steps.state_of(
        f"Definition {name}_claim : Prop := forall ({th} : point) (k r : nat) (X : R -> vec) (s : R) (V : vec), along {n} X s V ->\n"
        f"  {steps.fine(th, 'k', 'r', '(X s)')}is_derive (fun e => loss {run} {steps.loss} k r (X e)) s\n"
        f"    (dot {n} (adjoint {run} {steps.slope} {back} k r (X s)) V)."
    )
    steps.state_of(
        f"Definition {closed}_claim : Prop := forall ({th} : point) (k r : nat) (x0 v : vec), {steps.fine(th, 'k', 'r', 'x0')}\n"
        f"  dot {n} (adjoint {run} {steps.slope} {back} k r x0) v =\n"
        f"  sum (S r) (fun c => dot {n} ({steps.slope} (k + c)%nat (run {run} k c x0)) (product {n} (on_run {run} {jac} k x0) (S k) c *[{n}] v))."
    )
    general = f"{n} {run} {jac} {steps.allowed(th)}"
    pulls = f"(fun t v lam V F => step_{own} {th} t v lam V F)"
    hyp = " HF" if steps.text.supposed else ""
    steps.state_of(
        "",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} k r X s V HX{hyp}.\n"
        f"  exact (adjoint_true {general} (step_moves {th}) {steps.loss} {steps.slope} {steps.hypothesis} {back} {pulls} r k X V s HX {steps.held()}).\nQed.",
    )
    steps.state_of(
        "",
        f"Theorem {closed} : {closed}_claim.\nProof.\n  intros {th} k r x0 v{hyp}.\n"
        f"  exact (adjoint_closed {general} {steps.slope} {back} {pulls} r k x0 v {steps.held()}).\nQed.",
    )
    steps.theorems[derivation.name] = (name, closed)


def _momentum(steps: Steps, derivation: Derivation) -> None:
    """The adjoint in the parts of the analogy; where nothing else is left it is the heavy ball, read from the end."""
    _adjoint(steps, derivation)
    ball = derivation.equation("heavy_ball")
    if ball.relation is not Relation.EQUAL:
        return
    _is_ball(derivation)
    text, th, at = steps.text, steps.theta, steps.at
    beta = derivation.equation("momentum").right.xreplace({STEP: LAST + 1 - T})
    number = not isinstance(beta, MatrixExpr)
    read = text.reader.number(beta) if number else text.reader.vector(beta)
    name, ball_name = text.names.fresh("momentum"), text.names.fresh("heavy_ball")
    steps.definitions.append(
        (
            derivation.name,
            f"Definition {name} ({text.point} : point) : {read.sort.value} := {spelled(read, text.point)}.",
        )
    )
    run, back = f"({steps.step} {th})", f"(fun t v => {steps.backs[derivation.name]} ({at} {th} t v))"
    lam = f"adjoint {run} {steps.slope} {back}"
    steps.state_of(
        f"Definition {ball_name}_claim : Prop := forall ({th} : point) (k r : nat) (x0 : vec),\n"
        f"  {lam} k (S r) x0 = ({name} ({at} {th} (S k) x0) {'*:' if number else '*'} {lam} (S k) r ({run} (S k) x0) + {steps.slope} k x0)%V.",
        f"Theorem {ball_name} : {ball_name}_claim.\nProof.\n  intros {th} k r x0. cbn [adjoint]. unfold {steps.backs[derivation.name]}, {name}.\n"
        f"  extensionality i. pointwise. ring.\nQed.",
    )
    steps.theorems[derivation.name] = (*steps.theorems[derivation.name], ball_name)


def _is_ball(derivation: Derivation) -> None:
    """Return where the claim is v_s = beta_s v_{s-1} + delta_{T-s}, v the adjoint read from the end.

    Raises:
        UnsupportedNodeError: it is another one.
    """
    ball, size = derivation.equation("heavy_ball"), derivation.cell.states[0].after.shape[0]
    beta, v, buffer = derivation.equation("momentum").left, ball.left, derivation.equation("buffer")
    before = v.xreplace({STEP: STEP - 1})
    damped = HadamardProduct(beta, before) if isinstance(beta, MatrixExpr) else MatMul(beta, before)
    expected = MatAdd(damped, Signal("delta", size, 1, LAST - STEP))
    if ball.right != expected or (buffer.left, buffer.right) != (v, Signal("lam", size, 1, LAST - STEP)):
        raise UnsupportedNodeError(f"Certificates state a heavy ball as {expected}; found {ball.right}.")


def _gradient(steps: Steps, derivation: Derivation) -> None:
    text, n, th, step, at, J = steps.text, steps.n, steps.theta, steps.step, steps.at, steps.jacobian
    formula = _body(derivation)
    item: Symbol = next(item for item in text.fields if item.symbol == formula.wrt)
    body, name = text.names.fresh(f"part_{item.name}"), text.names.fresh(f"gradient_{item.name}_true")
    _defined(steps, derivation, formula, body, "pulls")
    now = f"(with_{item.name} {th} (Th s))"
    run = f"({step} {now})"
    back = f"(fun t v => {steps.back} ({at} {now} t v))"
    one = f"({body} ({at} {now} (S c) (run {run} 0 c x0)) (adjoint {run} {steps.slope} {back} (S c) (T - S c) (run {run} 0 (S c) x0)))"
    summed, pairing, rewrite_ = {
        Sort.NUMBER: ("sum", "({} * W)", "rewrite sum_scal_r"),
        Sort.VECTOR: ("vsum", f"(dot {' '.join(item.sizes)} {{}} W)", "rewrite dot_vsum"),
        Sort.MATRIX: ("msum", f"(frobenius {' '.join(item.sizes)} {{}} W)", "rewrite frobenius_msum"),
    }[item.sort]
    moving = f"(fun t e v => {step} (with_{item.name} {th} (Th e)) t v)"
    steps.state_of(
        f"Definition {name}_claim : Prop := forall ({th} : point) (Th : R -> {item.sort.value}) (W : {item.sort.value}) (s : R) (T : nat) (x0 : vec),\n"
        f"  {item.along('Th', 's', 'W')} -> {steps.fine(now, '0', 'T', 'x0')}\n"
        f"  is_derive (fun e => losse {moving} {steps.loss} 0 T e x0) s\n"
        f"    {pairing.format(f'({summed} T (fun c => {one}))')}."
    )
    d = text.tangent[steps.after]
    velocity = f"(with_{steps.state.name} (with_{item.name} still W) V)"
    hyp = " HF" if text.supposed else ""
    fields = " ".join(other.name for other in text.fields)
    withs = " ".join(f"with_{other.name}" for other in text.fields)
    steps.state_of(
        "",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} Th W s T x0 HW{hyp}. eapply D_eq.\n"
        f"  - apply (total_gradient {n} {moving} s (fun t v => {J} ({at} {now} t v)) (fun t v => {d} ({at} {now} t v) (with_{item.name} still W)) {steps.allowed(now)}) with (V := zeros) (X := fun _ => x0) (dl := {steps.slope}) (G := {back}).\n"
        f"    + intros t X V HX F. eapply along_eq; [apply ({text.lemma[steps.after]} (fun e => {at} (with_{item.name} {th} (Th e)) t (X e)) s {velocity}); [run_moves{' | exact F' if text.supposed else ''}]|].\n"
        f"      intros i Hi. replace {velocity} with ({text.together} (with_{steps.state.name} still V) (with_{item.name} still W))\n"
        f"        by (cbv [{text.together} {fields} still {withs}]; autorewrite with still; reflexivity).\n"
        f"      rewrite add_{d}. unfold vadd. rewrite <- ({J}_takes ({at} {now} t (X s)) V{' F' if text.supposed else ''} i Hi). reflexivity.\n"
        f"    + exact {steps.hypothesis}.\n"
        f"    + intros t v lam V F. exact (step_{steps.back} {now} t v lam V F).\n"
        f"    + apply along_const.\n"
        f"    + {'exact HF' if text.supposed else 'intros; exact I'}.\n"
        f"  - rewrite dot_zero_r, Rplus_0_l. {rewrite_}. apply sum_ext. intros c Hc. symmetry. apply {body}_pulls{'; apply (HF c Hc)' if text.supposed else ''}.\nQed.",
    )
    steps.theorems[derivation.name] = (name,)


def needs_sum(derivations: Sequence[Derivation]) -> bool:
    """Whether a proof adds velocities."""
    return any(item.kind is Kind.GRADIENT for item in derivations)
