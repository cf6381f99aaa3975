"""Claims about any number of steps of a cell with one state: transport, adjoint, gradients of the loss.

The theorems about steps in general stand in ``steps.v`` and are proved by induction there; here they meet the cell: its
step, its Jacobian, and the formula that carries the adjoint back, which is a vector-Jacobian product of one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, MatrixExpr

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import ScalarSignal, Signal, T
from symgate.language.sequences import LAST, STEP, K, OrderedProduct
from symgate.proof.plain import plain
from symgate.proof.rocq import claimed, forward, printed, sums
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.steps import Steps, about
from symgate.proof.rocq.terms import spelled
from symgate.records import Derivation, Kind, Relation, add_up

#: Further equations of a kind that its theorems, or the library, state as well.
COVERED = {
    Kind.TRANSPORT: {"in_t", "in_k", "empty"},
    Kind.ADJOINT: {"start", "closed_form"},
    Kind.MOMENTUM: {"heavy_ball"},
    Kind.GRADIENT: {"recursion", "closed_form", "double_sum"},
    Kind.LAG: {"all", "carried", "start", "recursion"},
    Kind.INFLUENCE: {"start", "closed_form", "forward", "backward"},
}
#: Results that sum over the adjoint: a certificate of one of them holds it too.
SUMMED = (Kind.GRADIENT, Kind.LAG, Kind.INFLUENCE)
KINDS = (Kind.TRANSPORT, Kind.ADJOINT, Kind.MOMENTUM, *SUMMED)
#: Results that are a recursion of the adjoint.
BACKWARD = (Kind.ADJOINT, Kind.MOMENTUM)


def many(text: CellText, derivations: Sequence[Derivation]) -> Steps:
    """The claims over many steps of one cell.

    Raises:
        UnsupportedNodeError: a kind or a form of formula that certificates do not state, or a gradient without an adjoint.
    """
    steps = Steps(text)
    by_kind = {item.kind: item for item in derivations if item.kind not in SUMMED}
    for item in derivations:
        check(item)
    backward = sorted(
        (by_kind[kind] for kind in BACKWARD if kind in by_kind), key=lambda item: BACKWARD.index(item.kind)
    )
    source = next((by_kind[kind] for kind in (Kind.TRANSPORT, *BACKWARD) if kind in by_kind), None)
    if not backward and any(item.kind in SUMMED for item in derivations):
        raise UnsupportedNodeError(
            "A certificate of a gradient needs the adjoint beside it: certificate([adjoint, gradient])."
        )
    if source is not None:
        steps.jacobian, steps.written = text.names.fresh("J"), source.equation("J").right
        steps.defined(source, _one_step(source), steps.jacobian, "takes")
    for item in backward:
        steps.backs[item.name] = text.names.fresh("back")
        steps.defined(item, _way_back(item), steps.backs[item.name], "pulls")
    steps.back = next(iter(steps.backs.values()), "")
    if source is not None:
        steps.proofs += map(steps.clear, steps.general())
    for back in steps.backs.values():
        steps.proofs += map(steps.clear, steps.returning(back))
    for item in derivations:
        WRITERS[item.kind](steps, item)
    return steps


def formulas(derivation: Derivation) -> list[Derivation]:
    """The formulas of one step that a result contains."""
    match derivation.kind:
        case Kind.TRANSPORT:
            return [_one_step(derivation)]
        case Kind.ADJOINT | Kind.MOMENTUM:
            return [_one_step(derivation), _way_back(derivation)]
        case _:
            return [FORMS[derivation.kind](derivation)]


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
            printed.of_transport(derivation)
            symbol = derivation.definitions[0].left
            if derivation.expr != OrderedProduct(symbol, symbol.index, K + 1, T):
                raise UnsupportedNodeError(
                    f"Certificates state the transport as a product of Jacobians; found {plain(derivation.expr)}."
                )
        case Kind.ADJOINT | Kind.MOMENTUM:
            _one_step(derivation)
            _way_back(derivation)
            _is_ball(derivation) if derivation.kind is Kind.MOMENTUM else printed.of_adjoint(derivation)
        case kind if kind in SUMMED:
            FORMS[kind](derivation)
        case _:
            raise UnsupportedNodeError(f"Certificates do not state results of the kind {derivation.kind.value}.")


def _one_step(derivation: Derivation) -> Derivation:
    """The Jacobian J_j that a result over many steps introduces, as a claim about one step."""
    state = derivation.cell.states[0]
    for item in derivation.definitions:
        if item.key == "J":
            expr = item.right.xreplace({item.left.index: T})
            return about(derivation, Kind.JACOBIAN, state.before, expr)
    raise UnsupportedNodeError(f"{derivation.name} defines no J.")


def _way_back(derivation: Derivation) -> Derivation:
    """The adjoint less the slope of the loss: a vector-Jacobian product of the step after time k."""
    state = derivation.cell.states[0]
    delta = Signal("delta", state.after.shape[0], 1, K)
    terms = [term for _, term in derivation.named_terms if term != delta]
    if len(terms) != len(derivation.named_terms) - 1 or not terms:
        raise UnsupportedNodeError(f"An adjoint is delta_k and what comes back; found {plain(derivation.expr)}.")
    return _carried_back(derivation, terms)


def _carried_back(derivation: Derivation, terms: Sequence[Expr]) -> Derivation:
    """Terms of an adjoint at k as a vector-Jacobian product of the step after k."""
    state, moved = derivation.cell.states[0], add_up(list(terms)).xreplace({K: T - 1})
    return replace(about(derivation, Kind.VJP, state.before, moved), cotangent=Signal("lam", state.after.shape[0]))


def _transport(steps: Steps, derivation: Derivation) -> None:
    n, step, at, J = steps.n, steps.step, steps.at, steps.jacobian
    run, th = f"({step} {steps.theta})", steps.theta
    name = steps.text.names.fresh("transport_true")
    steps.add(
        f"Definition {name}_claim : Prop := forall ({th} : point) (k d : nat) (X : R -> vec) (s : R) (V : vec), along {n} X s V ->\n"
        f"  {steps.fine(th, 'k', 'd', '(X s)')}along {n} (fun e => run {run} k d (X e)) s\n"
        f"    (product {n} (on_run {run} (fun t v => {J} ({at} {th} t v)) k (X s)) (S k) d *[{n}] V)."
    )
    steps.add(
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
    steps.add(
        f"Definition {name}_claim : Prop := forall ({th} : point) (k r : nat) (X : R -> vec) (s : R) (V : vec), along {n} X s V ->\n"
        f"  {steps.fine(th, 'k', 'r', '(X s)')}is_derive (fun e => loss {run} {steps.loss} k r (X e)) s\n"
        f"    (dot {n} (adjoint {run} {steps.slope} {back} k r (X s)) V)."
    )
    steps.add(
        f"Definition {closed}_claim : Prop := forall ({th} : point) (k r : nat) (x0 v : vec), {steps.fine(th, 'k', 'r', 'x0')}\n"
        f"  dot {n} (adjoint {run} {steps.slope} {back} k r x0) v =\n"
        f"  sum (S r) (fun c => dot {n} ({steps.slope} (k + c)%nat (run {run} k c x0)) (product {n} (on_run {run} {jac} k x0) (S k) c *[{n}] v))."
    )
    general = f"{n} {run} {jac} {steps.allowed(th)}"
    pulls = f"(fun t v lam V F => step_{own} {th} t v lam V F)"
    hyp = " HF" if steps.text.supposed else ""
    steps.add(
        "",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} k r X s V HX{hyp}.\n"
        f"  exact (adjoint_true {general} (step_moves {th}) {steps.loss} {steps.slope} {steps.hypothesis} {back} {pulls} r k X V s HX {steps.held()}).\nQed.",
    )
    steps.add(
        "",
        f"Theorem {closed} : {closed}_claim.\nProof.\n  intros {th} k r x0 v{hyp}.\n"
        f"  exact (adjoint_closed {general} {steps.slope} {back} {pulls} r k x0 v {steps.held()}).\nQed.",
    )
    steps.theorems[derivation.name] = (name, closed)


def _momentum(steps: Steps, derivation: Derivation) -> None:
    """The adjoint in the parts of the analogy: the heavy ball, read from the end, and what it leaves out, exactly."""
    _adjoint(steps, derivation)
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
    later, unfolded, rest = f"{lam} (S k) r ({run} (S k) x0)", [steps.backs[derivation.name], name], ""
    others = [term for key, term in derivation.named_terms if key not in {"loss", "order_0"}]
    if others:
        left_out = text.names.fresh("left_out")
        steps.definitions.append(
            (derivation.name, claimed.definition(text, _carried_back(derivation, others), left_out))
        )
        unfolded.append(left_out)
        rest = f" + {left_out} ({at} {th} (S k) x0) ({later})"
    steps.add(
        f"Definition {ball_name}_claim : Prop := forall ({th} : point) (k r : nat) (x0 : vec),\n"
        f"  {lam} k (S r) x0 = ({name} ({at} {th} (S k) x0) {'*:' if number else '*'} {later} + {steps.slope} k x0{rest})%V.",
        f"Theorem {ball_name} : {ball_name}_claim.\nProof.\n  intros {th} k r x0. cbn [adjoint]. unfold {', '.join(unfolded)}.\n"
        f"  extensionality i. pointwise. {'first [ring | unfold mv; ring]' if others else 'ring'}.\nQed.",
    )
    steps.theorems[derivation.name] = (*steps.theorems[derivation.name], ball_name)


def _is_ball(derivation: Derivation) -> None:
    """Return where the claim is v_s = beta_s v_{s-1} + delta_{T-s}, v the adjoint read from the end.

    Raises:
        UnsupportedNodeError: it is another one, or it is called exact where something is left out.
    """
    ball, size = derivation.equation("heavy_ball"), derivation.cell.states[0].after.shape[0]
    momentum, buffer = derivation.equation("momentum"), derivation.equation("buffer")
    beta = momentum.left
    if not (isinstance(ball.left, Signal) and isinstance(beta, (Signal, ScalarSignal))):
        raise UnsupportedNodeError(
            f"Certificates state a heavy ball of a buffer v_s; found {plain(ball.left)}, {plain(beta)}."
        )
    v, before = (Signal(ball.left.name, size, 1, time) for time in (STEP, STEP - 1))
    vector = isinstance(momentum.right, MatrixExpr)
    named = Signal(beta.name, size, 1, STEP) if vector else ScalarSignal(beta.name, STEP)
    damped = HadamardProduct(named, before) if vector else MatMul(named, before)
    expected = MatAdd(damped, Signal("delta", size, 1, LAST - STEP))
    exact = {key for key, _ in derivation.named_terms} <= {"loss", "order_0"}
    said = (ball.left, ball.right, buffer.left, buffer.right, beta, ball.relation)
    relation = Relation.EQUAL if exact else Relation.APPROXIMATELY
    if said != (v, expected, v, Signal("lam", size, 1, LAST - STEP), named, relation):
        raise UnsupportedNodeError(f"Certificates state a heavy ball as {expected}; found {plain(ball.right)}.")


WRITERS = {
    Kind.TRANSPORT: _transport,
    Kind.ADJOINT: _adjoint,
    Kind.MOMENTUM: _momentum,
    Kind.GRADIENT: sums.gradient,
    Kind.LAG: sums.lag,
    Kind.INFLUENCE: forward.influence,
}
#: What reads the formula of one step that a result sums, and refuses every other form.
FORMS = {Kind.GRADIENT: sums.body, Kind.LAG: sums.of_lag, Kind.INFLUENCE: forward.local}


def needs_sum(derivations: Sequence[Derivation]) -> bool:
    """Whether a proof adds velocities."""
    return any(item.kind in SUMMED for item in derivations)
