"""Gradients over time of matrix states: lambda is a matrix, what the step does to it is proved, slips are refuted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, Identity, MatAdd, MatMul, MatrixSymbol, Transpose

import symgate as sg
from symgate.cells import MATRIX
from symgate.errors import ShapeError
from symgate.language import CellBuilder, Signal, T, diag, sigma, tanh
from symgate.language.sequences import LAST, K, MatrixSum, OrderedProduct, at, moved
from symgate.language.sequences import J as INDEX
from symgate.proof.certificate import Verdict
from symgate.proof.decision.truth import StepPullback
from symgate.records import Derivation
from tests.matrix_cells import MATRIX_CELLS

NAMES = [(cell.name, "adjoint") for cell in MATRIX]
NAMES += [(cell.name, f"gradient:{item.name}") for cell in MATRIX for item in cell.parameters]


@pytest.mark.sweep(8)
@pytest.mark.parametrize(("cell", "name"), NAMES)
def test_adjoint_and_gradients_are_proved(cell: str, name: str) -> None:
    """For every number of steps and all sizes; every claim that is printed is judged."""
    certificate = sg.verify(sg.result(sg.cell(cell), name))

    assert certificate.verdict is Verdict.PROVED, certificate.statement


def square(form: str) -> sg.Cell:
    """A square state, so that a transpose has the right shape."""
    c = CellBuilder(form)
    C, u = c.state("C", ("n", "n")), c.input("u", "m")
    W, M, V, q = c.matrix("W", "n", "n"), c.matrix("M", "n", "n"), c.matrix("V", "n", "m"), c.vector("q", "n")
    g = c.let("g", sigma(V @ u), role="gate")
    updates = {
        "left": lambda: W @ C,
        "both": lambda: diag(g) @ W @ C @ M.T,
        "turned": lambda: C.T,
        "mask": lambda: M * C,
        "two products": lambda: W @ C + C @ M,
        "function": lambda: tanh(C),
        "sandwich": lambda: (c.eye("n") - g @ q.T) @ C @ (c.eye("n") - q @ g.T),
    }
    c.next(C, updates[form.replace("_", " ")]() + g @ q.T)
    return c.build()


#: Each way in which a state is multiplied, with the claims beside the recursion.
FORMS = {
    "left": ("start", "closed_form"),
    "both": ("start", "closed_form"),
    "turned": ("start",),
    "mask": ("start", "closed_form"),
    "two_products": ("start", "closed_form"),
    "function": ("start", "closed_form"),
    "sandwich": ("start", "closed_form"),
}


@pytest.mark.sweep(3)
@pytest.mark.parametrize("form", FORMS)
def test_every_way_to_multiply_a_state(form: str) -> None:
    """A closed form where the notation has one: in matrices, or on stacked columns."""
    cell = square(form)
    found = sg.result(cell, "adjoint")

    assert tuple(item.key for item in found.claims) == FORMS[form]
    assert sg.verify(found).verdict is Verdict.PROVED
    assert sg.verify(sg.result(cell, "gradient:V")).verdict is Verdict.PROVED


@pytest.mark.sweep(1)
@pytest.mark.parametrize("cell", MATRIX_CELLS, ids=lambda cell: cell.name)
def test_matrices_beside_vectors(cell: sg.Cell) -> None:
    for name in ("adjoint", *(f"gradient:{item.name}" for item in cell.parameters[:2])):
        assert sg.verify(sg.result(cell, name)).verdict is Verdict.PROVED


def symbols(cell: sg.Cell) -> dict[str, Expr]:
    """The names of a cell, lambda and delta."""
    shape = cell.states[0].after.shape
    own = {str(item.symbol.name): item.symbol for item in cell.assignments}
    return own | {"lam": Signal("lam", *shape, K), "delta": Signal("delta", *shape, K)}


def with_main(found: Derivation, right: Expr) -> Derivation:
    return replace(found, named_terms=(("retention", right),))


def with_claim(found: Derivation, key: str, right: Expr) -> Derivation:
    items = (replace(item, right=right) if item.key == key else item for item in found.equations)
    return replace(found, equations=tuple(items))


def slips() -> dict[str, Callable[[], Derivation]]:
    """One error each; where the state is square, a transpose has the right shape."""

    def recursion(change: Callable[[Expr, Expr, dict[str, Expr]], Expr], form: str = "") -> Derivation:
        cell = square(form) if form else sg.cell("delta_net")
        own = symbols(cell)
        later = own["lam"].xreplace({K: K + 1})
        return with_main(sg.result(cell, "adjoint"), MatAdd(own["delta"], change(later, own["lam"], own)))

    def closed(body: Callable[[Expr, Expr], Expr], form: str) -> Derivation:
        found = sg.result(square(form), "adjoint")
        W, delta = found.cell.symbols["W"], symbols(found.cell)["delta"].xreplace({K: T})
        return with_claim(found, "closed_form", MatrixSum(body(W, delta), T, K, LAST))

    def of_delta(change: Callable[[Expr], Expr], key: str = "closed_form", name: str = "adjoint") -> Derivation:
        found = sg.result(sg.cell("delta_net"), name)
        return with_claim(found, key, change(found.equation(key).right))

    def outer(own: dict[str, Expr]) -> Expr:
        return MatMul(own["k"], Transpose(own["k"]))

    def gradient(name: str, change: Callable[[Expr], Expr]) -> Derivation:
        found = sg.result(square("both"), f"gradient:{name}")
        return replace(found, named_terms=tuple((term, change(value)) for term, value in found.named_terms))

    def product(body: Expr) -> Expr:
        return OrderedProduct(body, INDEX, K + 1, T)

    return {
        "the rate is lost": lambda: recursion(
            lambda later, _, own: MatMul(later, MatAdd(Identity(later.shape[1]), MatMul(-1, at(outer(own), K + 1))))
        ),
        "the error of another step": lambda: recursion(
            lambda later, _, own: MatAdd(later, MatMul(-at(own["b"], K), later, at(outer(own), K)))
        ),
        "lambda of the step itself": lambda: recursion(
            lambda _, now, own: MatAdd(now, MatMul(-at(own["b"], K + 1), now, at(outer(own), K + 1)))
        ),
        "lambda transposed": lambda: recursion(lambda later, *_: Transpose(later), "function"),
        "a weight that is not transposed": lambda: recursion(
            lambda later, *_: MatMul(MatrixSymbol("W", *later.shape), later), "left"
        ),
        "a weight on the other side": lambda: recursion(
            lambda later, *_: MatMul(later, MatrixSymbol("W", *later.shape)), "left"
        ),
        "a state that is transposed, taken as it is": lambda: recursion(lambda later, *_: later, "turned"),
        "a closed form without the transpose": lambda: closed(lambda W, delta: MatMul(product(W), delta), "left"),
        "a closed form from the other side": lambda: closed(
            lambda W, delta: MatMul(delta, Transpose(product(W))), "left"
        ),
        "a closed form with the gradient transposed": lambda: closed(
            lambda W, delta: MatMul(Transpose(product(W)), Transpose(delta)), "left"
        ),
        "a product that begins too early": lambda: of_delta(
            lambda right: right.replace(
                lambda node: isinstance(node, OrderedProduct), lambda node: node.func(*node.args[:2], K, T)
            )
        ),
        "a sum that begins too late": lambda: of_delta(lambda right: right.func(*right.args[:2], K + 1, LAST)),
        "a double sum beyond the loss": lambda: of_delta(
            lambda right: right.xreplace({right.body: right.body.func(*right.body.args[:3], LAST)}),
            "double_sum",
            "gradient:W_v",
        ),
        "the recursion beside a gradient": lambda: of_delta(
            lambda right: moved(right, {K: K + 1}), "recursion", "gradient:W_v"
        ),
        "a gradient without its sign": lambda: gradient("W", lambda value: MatMul(-1, value)),
        "a gradient that is transposed": lambda: gradient("W", Transpose),
        "a gradient at the state after": lambda: gradient("W", lambda value: value.xreplace({K - 1: K})),
    }


SLIPS = slips()


@pytest.mark.sweep(9)
@pytest.mark.parametrize("slip", SLIPS)
def test_slips_are_refuted(slip: str) -> None:
    certificate = sg.verify(SLIPS[slip]())

    assert certificate.verdict is Verdict.REFUTED, certificate.statement
    assert certificate.witness is not None


def test_a_matrix_that_knows_the_step_of_the_loss_has_no_name_of_its_own() -> None:
    """In prod_j (I - b_j k_j k_t') the factor is not one of j alone: what holds for a name R_j does not hold for it."""
    found = sg.result(sg.cell("delta_net"), "adjoint")
    own = symbols(found.cell)
    k, b = own["k"], at(own["b"], INDEX)
    body = MatAdd(Identity(k.shape[0]), MatMul(-b, at(k, INDEX), Transpose(k)))
    delta = own["delta"].xreplace({K: T})
    wrong = MatrixSum(MatMul(delta, OrderedProduct(body, INDEX, K + 1, T)), T, K, LAST)
    certificate = sg.verify(with_claim(found, "closed_form", wrong), routes=("decision",))

    assert certificate.verdict is not Verdict.PROVED
    assert sg.verify(with_claim(found, "closed_form", wrong)).verdict is Verdict.REFUTED


def test_a_closed_form_on_columns_stands_on_the_jacobian() -> None:
    """Without a definition of J, M would be any product."""
    found = sg.result(square("mask"), "adjoint")
    bare = replace(found, equations=tuple(item for item in found.equations if item.key != "J"))

    assert sg.verify(bare).verdict is not Verdict.PROVED
    J = found.equation("J")
    wrong = replace(J, right=DiagMatrix(MatMul(2, *J.right.args)))
    assert sg.verify(replace(found, equations=(wrong, *found.equations[1:]))).verdict is Verdict.REFUTED


def test_a_double_sum_stands_on_the_closed_form() -> None:
    found = sg.result(sg.cell("delta_net"), "gradient:W_v")
    bare = replace(found, equations=tuple(item for item in found.equations if item.key == "double_sum"))
    certificate = sg.verify(bare)

    assert certificate.verdict is Verdict.UNDECIDED
    assert "closed form of lambda" in certificate.statement


def test_a_cotangent_of_another_shape_is_refused() -> None:
    state = sg.cell("delta_net").states[0]
    n, d = state.after.shape
    with pytest.raises(ShapeError, match="the shape of what is differentiated"):
        StepPullback(state.after, state.before, Signal("lam", d, n, K), K)


def test_what_is_printed() -> None:
    """As a paper writes it: the action on a matrix, of several states row by row."""
    cell = sg.cell("gated_delta_net")
    adjoint = sg.result(cell, "adjoint")

    assert sg.text(adjoint) == "lam[k] = delta[k] + f[k+1]*lam[k+1] @ (eye - b[k+1]*k[k+1] @ k[k+1].T)"
    assert sg.text(adjoint.equation("closed_form").right) == (
        "sum(prod(f[j] for j in range(k+1, t+1))*delta[t] @ matprod(eye - b[j]*k[j] @ k[j].T for j in range(t, k, -1)) "
        "for t in range(k, T+1))"
    )
    assert sg.text(sg.result(sg.cell("fast_weights"), "gradient:W_v").equation("double_sum").right) == (
        "sum(sum(delta[t] @ k[k] @ u[k].T for k in range(1, t+1)) for t in range(1, T+1))"
    )
    rows = sg.text(sg.result(sg.cell("mlstm"), "adjoint")).splitlines()
    assert rows[:2] == ["lam_C[k] = delta_C[k] + f[k+1]*lam_C[k+1]", "lam_q[k] = delta_q[k] + f[k+1]*lam_q[k+1]"]
    assert r"\boldsymbol{\lambda}_{q+1}(\mathbf{I}-b_{q+1}" in sg.latex(adjoint)
