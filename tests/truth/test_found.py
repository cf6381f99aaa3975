"""What attacks on the judges found, each as the smallest case that shows it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
import sympy
from sympy.matrices import expressions as me

import symgate as sg
from symgate.derive.results import result
from symgate.language import Dot, Map, Signal, tanh
from symgate.language.sequences import EPS, LAST, K, MatrixSum, at
from symgate.proof.decision import decide
from symgate.records import Cell, Derivation, Equation, Standing
from tests.truth import api

_PLAIN = sg.cell("plain")
_X, _B, _W = _PLAIN.states[0].before, _PLAIN.symbols["b"], _PLAIN.symbols["W_r"]


def _verdict(derivation: Derivation) -> str:
    """The verdict of the exact routes; "refused" where an error of symgate says why not."""
    try:
        return str(sg.verify(derivation, routes=("decision", "modular")).verdict.value)
    except sg.SymgateError:
        return "refused"


def _zeros() -> dict[str, sympy.Expr]:
    """Scalars that are 0 at every point, each for another reason."""
    x, b = Dot(_X, _X), Dot(_B, _B)
    a = Signal("a", _B.shape[0])
    meaning = _PLAIN.definitions[a]
    half = Map("sigma", 0, me.MatMul(2, _B))
    odd = me.MatAdd(me.MatMul(2, half), me.MatMul(-1, me.OneMatrix(*_B.shape)), me.MatMul(-1, Map("tanh", 0, _B)))
    return {
        "denominators": x / (x + b) + b / (x + b) - 1,
        "a name": Dot(a, _B) - Dot(meaning, _B),
        "an identity": Dot(odd, _X),
    }


@pytest.mark.parametrize("why", ["denominators", "a name", "an identity"])
def test_a_quotient_that_is_0_by_0_everywhere_proves_nothing(why: str) -> None:
    """s/s is not 1 where s is 0 at every point."""
    s = _zeros()[why]
    claim = me.MatAdd(api.closed_form(_PLAIN, "x"), me.MatMul(1000 * s, me.MatMul(1 / s, _W)))
    assert api.verdict(_PLAIN, "x", claim) != api.PROVED


@pytest.mark.parametrize("why", ["denominators", "a name"])
def test_nothing_is_proved_of_a_formula_that_has_a_value_nowhere(why: str) -> None:
    """The truth plus 1/s minus 1/s, where s is 0 at every point."""
    s = _zeros()[why]
    claim = me.MatAdd(api.closed_form(_PLAIN, "x"), me.MatMul(1 / s, _W), me.MatMul(-1 / s, _W))
    assert api.verdict(_PLAIN, "x", claim) != api.PROVED


def test_epsilon_of_an_expansion_is_not_a_parameter_of_that_name() -> None:
    """Over many steps a cell with a parameter epsilon is refused, or told from the epsilon of an expansion."""
    builder = sg.CellBuilder("damped", source="an attack")
    x, W, epsilon = builder.state("x", "n"), builder.matrix("W", "n", "n"), builder.scalar("epsilon")
    builder.next(x, (1 - epsilon) * x + epsilon * (W @ x))
    cell = builder.build()
    with suppress(sg.SymgateError):
        truth = api.closed_form(cell, "expansion:retention:1")
        claim = truth.xreplace({EPS: epsilon.expr})
        assert api.verdict(cell, "expansion:retention:1", claim) != api.PROVED


def test_a_function_bound_to_one_that_bears_the_name_of_another() -> None:
    """phi is bound to a registered function whose name the cell uses for another one."""
    builder = sg.CellBuilder("homonym", source="an attack")
    x, W = builder.state("x", "n"), builder.matrix("W", "n", "n")
    first, phi = builder.function("f_1", default="sin"), builder.function("phi", default="tanh")
    a = builder.let("a", W @ x)
    builder.next(x, first(a) + phi(x))
    cell = builder.build()

    def named(expr: sympy.Expr) -> sympy.Expr:
        return expr.replace(
            lambda e: isinstance(e, Map) and e.function == "f_1", lambda e: Map("tanh", e.order, e.argument)
        )

    states = tuple(replace(state, update=named(state.update)) for state in cell.states)
    homonym: Cell = replace(cell, states=states, functions=(("tanh", "sin"), ("phi", "tanh")))
    assert api.verdict(homonym, "x", "diag(dtanh(a)) @ W + diag(dtanh(x_prev))") != api.PROVED


@pytest.mark.parametrize(
    ("cell", "name", "claim"),
    [
        ("lstm", "c/b_f", "(diag(c_prev).T @ diag(dsigma(-a_f)).T).T"),
        (
            "multi_gate",
            "jacobian",
            "diag(1-g) + diag(g*dphi(-a)) @ W_r + diag(dsigma(a_g)*(phi(a)-x_prev)) @ W_g",
        ),
    ],
)
def test_the_second_route_knows_the_signs_of_functions(cell: str, name: str, claim: str) -> None:
    """sigma' and tanh' are even, for both routes."""
    assert api.verdict(cell, name, claim) == api.PROVED


def test_a_double_sum_over_t_and_k_is_read() -> None:
    """The letter of a sum over t is one that its body does not use."""
    claim = "sum(sum(dphi(a[k])*(M[t,k].T @ delta[t]) for k in range(1,t+1)) for t in range(1,T+1))"
    assert api.verdict("plain", "gradient:b", claim) in {api.PROVED, api.UNDECIDED}


def test_a_wrong_gradient_by_a_number_is_refuted() -> None:
    """The bound k of a scalar sum is not taken for the k of the object."""
    claim = "sum((phi(a[k]) - x[k-1]).T @ lam[k] for k in range(1, T+1)) + alpha"
    assert api.verdict("leaky", "gradient:alpha", claim) == api.REFUTED


def test_a_scaled_kronecker_product_turned_twice_gets_a_verdict() -> None:
    """SymPy evaluates what it prints, and raises on some claims of this form; statements are printed by structure."""
    n, u = _B.shape[0], _PLAIN.inputs[0]
    one = Dot(me.OneMatrix(n, 1), me.OneMatrix(n, 1)) / n
    slope = me.DiagMatrix(Map("phi", 1, Signal("a", n)))
    whole = me.KroneckerProduct(me.MatMul(one, me.Transpose(u)), slope)
    claim = me.MatAdd(me.MatMul(2, me.Transpose(me.Transpose(whole))), me.MatMul(-1, whole))
    assert api.verdict(_PLAIN, "W_i", claim) == api.PROVED


@pytest.mark.parametrize("name", ["transport", "adjoint"])
def test_a_definition_by_itself_is_refused(name: str) -> None:
    """J := 2 J says nothing, and no route follows it without end."""
    derivation = result(sg.cell("leaky"), name)
    own = tuple(
        replace(item, right=me.MatMul(2, item.left)) if item.key == "J" else item for item in derivation.equations
    )
    assert own != derivation.equations
    assert _verdict(replace(derivation, equations=own)) in {"refused", "refuted", "undecided"}


@pytest.mark.parametrize("key", ["in_t", "in_k", "empty"])
@pytest.mark.parametrize("standing", [Standing.EXAMPLE, Standing.DEFINITION])
def test_a_false_claim_does_not_hide_under_another_standing(key: str, standing: Standing) -> None:
    """M_{t,k} has a meaning, so nothing may choose it anew."""
    derivation = result(sg.cell("leaky"), "transport")
    own = tuple(
        replace(item, right=me.MatMul(2, item.right), standing=standing) if item.key == key else item
        for item in derivation.equations
    )
    assert _verdict(replace(derivation, equations=own)) in {"refused", "refuted", "undecided"}


@pytest.mark.parametrize(
    "extra",
    [
        Equation(
            "extra", result(_PLAIN, "transport").of, 2 * result(_PLAIN, "transport").of, standing=Standing.DEFINITION
        ),
        Equation("extra", sympy.Integer(1), sympy.Integer(2), standing=Standing.DEFINITION),
        Equation("extra", sympy.Integer(1), sympy.Integer(2)),
    ],
    ids=["a known name", "one is two", "one is two, claimed"],
)
def test_an_equation_too_many_is_refused(extra: Equation) -> None:
    """What a definition defines is a name of its own."""
    derivation = result(_PLAIN, "transport")
    changed = replace(derivation, equations=(*derivation.equations, extra))
    assert _verdict(changed) in {"refused", "refuted", "undecided"}


def test_a_gradient_does_not_run_beyond_the_last_step() -> None:
    """There is no lambda_{T+1}: that its sum would be empty does not make the claim true."""
    builder = sg.CellBuilder("straight", source="an attack")
    x, W, V = builder.state("x", "n"), builder.matrix("W", "n", "n"), builder.matrix("V", "n", "n")
    builder.next(x, x + V @ (W @ x))
    cell = builder.build()
    assert api.verdict(cell, "gradient:V", "sum(lam[k] @ (W @ x[k-1]).T for k in range(1, T+1))") == api.PROVED
    assert api.verdict(cell, "gradient:V", "sum(lam[k] @ (W @ x[k-1]).T for k in range(1, T+2))") != api.PROVED


@pytest.mark.parametrize(
    "claim",
    [
        "(1-alpha)**(t-k)*eye + epsilon*({first} + epsilon*W_r - epsilon*W_r)",
        "(1-alpha)**(t-k)*(eye + epsilon*W_r) + epsilon*({first} - (1-alpha)**(t-k)*W_r)",
    ],
)
def test_epsilon_inside_an_order_is_no_slip(claim: str) -> None:
    """An expansion is judged as a whole where its orders are not apart."""
    first = "alpha*(1-alpha)**(t-k-1)*diag(sum(dphi(a[i]) for i in range(k+1,t+1))) @ W_r"
    assert api.verdict("leaky", "expansion:retention:1", claim.replace("{first}", first)) in {api.PROVED, api.UNDECIDED}


_GRADIENT = "sum({0}dphi(a[k])*lam[k] for k in range(1, T+1))"


@pytest.mark.parametrize(
    ("cell", "name", "claim"),
    [
        ("plain", "gradient:b", _GRADIENT.format("(k-1)*(k+1)/(k**2-1)*")),
        ("plain", "gradient:b", _GRADIENT.format("(k-1)/(k-1)*")),
        ("plain", "gradient:b", _GRADIENT.format("(k-49)*(k+1)/((k+1)*(k-49))*")),
        ("plain", "gradient:b", _GRADIENT.format("") + "*T*prod(j for j in range(0,T))/prod(j for j in range(0,T+1))"),
        ("plain", "transport", "(J[t] @ ... @ J[k+1])*prod(j for j in range(0,t+1))/prod(j for j in range(0,t+1))"),
    ],
)
def test_what_is_0_by_0_at_a_time_proves_nothing(cell: str, name: str, claim: str) -> None:
    """A term of a sum, or a factor of a product, that has a value at no values of the symbols."""
    assert api.verdict(cell, name, claim) == api.UNDECIDED


@pytest.mark.parametrize("factor", ["k/k*", "k*(k+1)/(k**2+k)*", "(T-k+1)/(T-k+1)*", "k*(1+k)/(k*(1+k))*"])
def test_what_differs_from_0_at_all_times_of_a_sum_may_be_divided_by(factor: str) -> None:
    """The range of the index is known."""
    assert api.verdict("plain", "gradient:b", _GRADIENT.format(factor)) == api.PROVED


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("jacobian", "diag(2*drelu(b-b)*dphi(a)) @ W_r"),
        ("jacobian", "diag(dabs(a - W_r@x_prev - W_i@u - b)**2*dphi(a)) @ W_r"),
        ("jacobian", "diag(dphi(a) + dphi(a)*(2*dphi(b-b) - 1)) @ W_r"),
        ("gradient:b", _GRADIENT.format("2*drelu(b-b)*")),
        ("gradient:b", _GRADIENT.format("dabs((k-1)*b)**2*")),
    ],
)
def test_at_a_kink_nothing_is_proved(name: str, claim: str) -> None:
    """Where the argument of relu is 0 for every value of the symbols, "away from kinks" is nowhere."""
    assert api.verdict(sg.cell("plain", phi="relu"), name, claim) == api.UNDECIDED


@pytest.mark.parametrize(
    "more",
    [
        "sum(dphi(a[i-6]) for i in range(6,T+1)) - sum(dphi(a[i]) for i in range(0,T-5))",
        "sum(lam[i] for i in range(T+1,T+3)) - sum(lam[i+1] for i in range(T,T+2))",
        "sum(delta[i] for i in range(T+1,T+3)) - sum(delta[i+1] for i in range(T,T+2))",
        "sum(lam[i-1] for i in range(0,T)) - sum(lam[i] for i in range(-1,T-1))",
    ],
)
def test_names_have_values_at_all_times_that_a_claim_uses(more: str) -> None:
    """What is added cancels, and uses a_0, lambda_{T+1} or lambda_{-1}, be it on long trajectories alone."""
    assert api.verdict("plain", "gradient:b", f"{_GRADIENT.format('')} + {more}") == api.UNDECIDED


@pytest.mark.parametrize("more", ["sum(J[i-6] for i in range(6,t+1)) - sum(J[i] for i in range(0,t-5))"])
def test_jacobians_have_values_at_all_times_that_a_claim_uses(more: str) -> None:
    """There is no J_0."""
    assert api.verdict("plain", "transport", f"(J[t] @ ... @ J[k+1]) + {more}") == api.UNDECIDED


def test_a_size_of_the_name_of_the_last_step_is_not_that_step() -> None:
    """T entries in T steps."""
    builder = sg.CellBuilder("sized", source="an attack")
    x, W, b = builder.state("x", "T"), builder.matrix("W", "T", "T"), builder.vector("b", "T")
    a = builder.let("a", W @ x + b)
    builder.next(x, tanh(a))
    claim = "sum(dtanh(a[k])*lam[k] for k in range(1,T+1))*T/(ones.T@(0*b+ones))"
    cell = builder.build()
    assert api.verdict(cell, "gradient:b", claim) != api.PROVED
    ones = me.OneMatrix(*cell.symbols["b"].shape)
    states = MatrixSum(at(cell.states[0].after, K), K, 1, LAST)
    assert not decide(cell, me.MatMul(LAST, states), me.MatMul(Dot(ones, ones), states)).equal


def test_large_numbers_are_not_taken_apart() -> None:
    """A power of a number of 184 digits ends at once."""
    number = "*".join(f"(100000000000000000000000-{q})" for q in (23, 1037, 1171, 1299, 98, 77, 5, 1121))
    claim = f"(J[t] @ ... @ J[k+1]) + (({number}+1)*alpha)**(t-k)*eye - ({number}+1)**(t-k)*alpha**(t-k)*eye"
    assert api.verdict("leaky", "transport", claim) == api.PROVED


@pytest.mark.parametrize(
    ("name", "claim", "true"),
    [
        ("transport", r"(c_t - c_k + 1) J_t \cdots J_{k+1}, \quad c_t = t + 1", False),
        ("transport", r"(c_t - c_k + 1) J_t \cdots J_{k+1}, \quad c_k = k + 1", False),
        ("transport", r"(c_{t,k} + c_{k,t} + 1) J_t \cdots J_{k+1}, \quad c_{i,j} = i - j", True),
        ("gradient:b", r"\sum_{k=1}^{T} (c_{k+1} - c_k) \phi'(a_k) \odot \lambda_k, \quad c_t = t + 1", True),
        ("gradient:b", r"\frac{1}{c_T} \sum_{k=1}^{T} c_k \phi'(a_k) \odot \lambda_k, \quad c_t = t + 1", False),
        ("gradient:b", r"\sum_{k=1}^{T} \frac{c_{k+1}}{c_k} \phi'(a_k) \odot \lambda_k, \quad c_t = t + 1", False),
    ],
)
def test_a_definition_at_another_time_counts_with_that_time(name: str, claim: str, *, true: bool) -> None:
    """Of c_t = t + 1 the name c_k is k + 1: the time of a name is moved where it is a number, too."""
    assert api.verdict("plain", name, claim) == (api.PROVED if true else api.REFUTED)
