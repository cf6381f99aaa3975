"""Claims about any number of steps of a cell whose one state is a matrix: adjoint, gradients, lags, influences.

The adjoint is a matrix, and its closed form has products on both sides of the slope of a loss.  Its transport is on the
stacked columns and stands in ``many_steps.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy.matrices.expressions import DiagMatrix, MatAdd, MatMul, MatrixExpr

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import ScalarSignal, Signal, T
from symgate.language.sequences import LAST, STEP
from symgate.proof.plain import plain
from symgate.proof.rocq import claimed, matrix_forms, matrix_influences, printed
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.matrix_adjoints import MatrixSteps
from symgate.proof.rocq.matrix_forms import carried_back, closed_form, closes, signal, way_back
from symgate.proof.rocq.matrix_sums import gradient, lag
from symgate.proof.rocq.terms import spelled
from symgate.records import Derivation, Kind, Relation

#: Results that sum over the adjoint: a certificate of one of them holds it too.
SUMMED = (Kind.GRADIENT, Kind.LAG, Kind.INFLUENCE)
#: Results that are a recursion of the adjoint.
BACKWARD = (Kind.ADJOINT, Kind.MOMENTUM)
KINDS = (*BACKWARD, *SUMMED)


def many(text: CellText, derivations: Sequence[Derivation]) -> MatrixSteps:
    """The claims over many steps of one cell.

    Raises:
        UnsupportedNodeError: a form of formula that certificates do not state, or a gradient without an adjoint.
    """
    steps = MatrixSteps(text)
    for item in derivations:
        check(item)
    backward = sorted((item for item in derivations if item.kind in BACKWARD), key=lambda it: BACKWARD.index(it.kind))
    if not backward:
        raise UnsupportedNodeError(
            "A certificate of a gradient needs the adjoint beside it: certificate([adjoint, gradient])."
        )
    for item in backward:
        steps.backs[item.name] = text.names.fresh("back")
        steps.defined(item, way_back(item), steps.backs[item.name], "pulls")
    steps.back, steps.written = steps.backs[backward[0].name], way_back(backward[0]).expr
    steps.proofs.append(steps.general())
    steps.proofs += map(steps.returning, steps.backs.values())
    for item in backward:
        if closes(item):
            steps.carrying(item, closed_form(item))
    for item in derivations:
        WRITERS[item.kind](steps, item)
    return steps


def formulas(derivation: Derivation) -> list[Derivation]:
    """The formulas of one step that a result contains."""
    if derivation.kind is Kind.INFLUENCE:
        return matrix_influences.formulas(derivation)
    return matrix_forms.formulas(derivation)


def check(derivation: Derivation) -> None:
    """Return where certificates state such a formula.

    Raises:
        UnsupportedNodeError: they do not.
    """
    if derivation.kind not in KINDS:
        raise UnsupportedNodeError(f"Certificates do not state results of the kind {derivation.kind.value}.")
    formulas(derivation)
    if derivation.kind is Kind.ADJOINT:
        start = {"start": (signal(derivation, "lam", LAST), signal(derivation, "delta", LAST))}
        closed = {item.key: (item.left, item.right) for item in derivation.claims if item.key == "closed_form"}
        printed.compare(derivation, start | closed)
    elif derivation.kind is Kind.MOMENTUM:
        _is_ball(derivation)


def _adjoint(steps: MatrixSteps, derivation: Derivation) -> None:
    """The adjoint is the derivative of the loss by an earlier state, and has the closed form that is printed."""
    th, sizes, back = steps.theta, steps.sizes, steps.backs[derivation.name]
    name = steps.text.names.fresh("adjoint_true_here")
    adjoint = steps.adjoint(th, "@k", "@r", "(@X @s)", back)
    steps.add(
        f"Definition {name}_claim : Prop := forall ({th} : point) (@k @r : nat) (@X : R -> mat) (@s : R) (@V : mat), along2 {sizes} @X @s @V ->\n"
        f"  {steps.fine(th, '@k', '@r', '(@X @s)')}is_derive (fun @e => lossS mat {steps.run(th)} {steps.loss} @k @r (@X @e)) @s\n"
        f"    (frobenius {sizes} {adjoint} @V).",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} @k @r @X @s @V HX{steps.hyp}.\n"
        f"  exact (adjointS_true mat madd (frobenius {sizes}) (along2 {sizes}) (frobenius_add {sizes}) {steps.run(th)} {steps.velocity(th)} {steps.allowed(th)} (mat_step_moves {th})\n"
        f"    {steps.loss} {steps.slope} {steps.hypothesis} {steps.backward(th, back)} (step_{back} {th}) @r @k @X @V @s HX {steps.held}).\nQed.",
    )
    steps.theorems[derivation.name] = (name,)
    if not closes(derivation):
        return
    closed, adjoint = steps.text.names.fresh("adjoint_closed_here"), steps.adjoint(th, "@k", "@r", "@z")
    rest = f"intros @c Hc; apply {steps.hyp.strip()}; lia" if steps.hyp else ""
    steps.add(
        f"Definition {closed}_claim : Prop := forall ({th} : point) (@k @r : nat) (@z : mat), {steps.fine(th, '@k', '@r', '@z')}\n"
        f"  agree {sizes} {adjoint}\n    (Msum @k (@k + @r) (fun @t => {steps.carried} {th} @z @k @t)).",
        f"Theorem {closed} : {closed}_claim.\nProof.\n  intros {th} @k @r @z{steps.hyp}. eapply agree_trans;\n"
        f"    [exact (adjoint_by_loss {sizes} {steps.run(th)} {steps.allowed(th)} {steps.slope} {steps.backward(th)} {steps.velocity(th)} (step_{back} {th}) @r @k @z {steps.held})|].\n"
        f"  apply Msum_agree. intros @t Ht. replace @t with (@k + (@t - @k))%nat at 2 by lia.\n"
        f"  apply {steps.carried}_is.{f' {rest}.' if rest else ''}\nQed.",
    )
    steps.theorems[derivation.name] = (name, closed)


def _momentum(steps: MatrixSteps, derivation: Derivation) -> None:
    """The adjoint in the parts of the analogy: the heavy ball, read from the end, and what it leaves out, exactly."""
    _adjoint(steps, derivation)
    text, th, sizes = steps.text, steps.theta, steps.sizes
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
    back, after = steps.backs[derivation.name], f"({steps.run(th)[1:-1]} (S @k) @z)"
    later, here = steps.adjoint(th, "(S @k)", "@r", after, back), steps.here(th, "(S @k)")
    unfolded, rest = [back, name], ""
    others = [term for key, term in derivation.named_terms if key not in {"loss", "order_0"}]
    if others:
        left_out = text.names.fresh("left_out")
        formula = carried_back(derivation, others)
        steps.definitions.append((derivation.name, claimed.definition(text, formula, left_out)))
        unfolded.append(left_out)
        rest = f" + {left_out} {here} {later}"
    factor = f"({name} {here})"
    damped = {
        "number": f"{factor} *: {later}",
        "left": f"diag {factor} *[{steps.rows}] {later}",
        "right": f"{later} *[{steps.cols}] diag {factor}",
    }[_damping(derivation)]
    steps.add(
        f"Definition {ball_name}_claim : Prop := forall ({th} : point) (@k @r : nat) (@z : mat),\n"
        f"  agree {sizes} {steps.adjoint(th, '@k', '(S @r)', '@z', back)}\n    ({damped} + {steps.slope} @k @z{rest})%M.",
        f"Theorem {ball_name} : {ball_name}_claim.\nProof.\n  intros {th} @k @r @z. cbn [adjointS]. unfold {', '.join(unfolded)}.\n"
        f"  apply agree_by; intro {text.applied}; eapply takes_both; [taken_up | taken_up | intros; settled].\nQed.",
    )
    steps.theorems[derivation.name] = (*steps.theorems[derivation.name], ball_name)


def _damping(derivation: Derivation) -> str:
    """Where beta_s stands in the heavy ball v_s = beta_s v_{s-1} + delta_{T-s}, v the adjoint read from the end.

    Raises:
        UnsupportedNodeError: it is another recursion, or it is called exact where something is left out.
    """
    ball, momentum, buffer = (derivation.equation(key) for key in ("heavy_ball", "momentum", "buffer"))
    beta = momentum.left
    if isinstance(ball.left, Signal) and isinstance(beta, (Signal, ScalarSignal)):
        v, before = (signal(derivation, str(ball.left.name), time) for time in (STEP, STEP - 1))
        rows, cols = v.shape
        size = momentum.right.shape[0] if isinstance(momentum.right, MatrixExpr) else None
        named = ScalarSignal(beta.name, STEP) if size is None else Signal(beta.name, size, 1, STEP)
        places = (
            {}
            if size is None
            else {"left": (rows, DiagMatrix(named), before), "right": (cols, before, DiagMatrix(named))}
        )
        forms = {"number": MatMul(named, before)} if size is None else {}
        forms |= {place: MatMul(*factors) for place, (own, *factors) in places.items() if own == size}
        delta = signal(derivation, "delta", LAST - STEP)
        exact = {key for key, _ in derivation.named_terms} <= {"loss", "order_0"}
        relation = Relation.EQUAL if exact else Relation.APPROXIMATELY
        said = (ball.left, buffer.left, buffer.right, beta, ball.relation)
        if said == (v, v, signal(derivation, "lam", LAST - STEP), named, relation):
            for place, damped in forms.items():
                if ball.right == MatAdd(damped, delta).doit(deep=False) or ball.right == MatAdd(damped, delta):
                    return place
    raise UnsupportedNodeError(
        f"Certificates state a heavy ball v_s = beta_s v_(s-1) + delta_(T-s); found {plain(ball.left)} = {plain(ball.right)}."
    )


def _is_ball(derivation: Derivation) -> None:
    _damping(derivation)


WRITERS = {
    Kind.ADJOINT: _adjoint,
    Kind.MOMENTUM: _momentum,
    Kind.GRADIENT: gradient,
    Kind.LAG: lag,
    Kind.INFLUENCE: matrix_influences.influence,
}
