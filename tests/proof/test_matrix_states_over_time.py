"""Results over many steps of a matrix state, on its stacked columns; and what DeltaNet does along its key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sympy.matrices.expressions import (
    BlockMatrix,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Transpose,
    ZeroMatrix,
)

import symgate as sg
from symgate.cells import MATRIX
from symgate.errors import DefinitionError
from symgate.language import Dot, Signal
from symgate.language.sequences import J as INDEX
from symgate.language.sequences import T, at
from symgate.proof.certificate import Verdict
from symgate.proof.decision import Outcome, decide

RESULTS = {
    "fast_weights": ("rate:retention",),
    "linear_attention": ("transport", "rate:retention"),
    "hgrn2": ("preconditioner", "analogy:schedule"),
    "delta_net": ("transport", "split:retention"),
    "gated_delta_net": ("expansion:retention:1", "remainder:retention:1"),
    "mlstm": ("jacobian", "transport", "split:retention", "expansion:retention:1", "rate:retention"),
}
CASES = [(cell, name) for cell, names in RESULTS.items() for name in names]
EVERY = ("transport", "split:retention", "expansion:retention:1", "remainder:retention:1", "rest:retention:1")
FULL = [(cell.name, name) for cell in MATRIX for name in EVERY]


@pytest.mark.sweep(7)
@pytest.mark.parametrize(("cell", "name"), CASES)
def test_results_over_many_steps_are_proved(cell: str, name: str) -> None:
    certificate = sg.verify(sg.derive.result(sg.cell(cell), name))

    assert certificate.verdict is Verdict.PROVED, certificate.statement


@pytest.mark.full
@pytest.mark.parametrize(("cell", "name"), FULL)
def test_every_result_over_many_steps_is_proved(cell: str, name: str) -> None:
    certificate = sg.verify(sg.derive.result(sg.cell(cell), name))

    assert certificate.verdict is Verdict.PROVED, certificate.statement


def test_gates_that_see_the_input_alone_give_exact_expansions() -> None:
    for cell in MATRIX:
        if len(cell.states) == 1:
            parted = sg.split(cell, "retention")
            assert parted.exact_from == 0
            assert "exact" in parted.remark.lower()


def test_the_dense_retention_of_deltanet_gives_no_rate_for_each_unit() -> None:
    with pytest.raises(DefinitionError, match="is not diagonal, so it gives no rate per unit"):
        sg.effective_learning_rate(sg.cell("delta_net"))


def slips() -> dict[str, sg.Derivation]:
    """One error each."""
    transport = sg.transport(sg.cell("gated_delta_net"))
    factor = transport.equation("J")
    n, d = transport.cell.states[0].before.shape
    f = next(item.symbol for item in transport.cell.assignments if str(item.symbol.name) == "f")
    k = next(item.symbol for item in transport.cell.assignments if str(item.symbol.name) == "k")
    rate = sg.effective_learning_rate(sg.cell("rwkv6"))
    wrong = {
        "no decay": KroneckerProduct(MatAdd(Identity(d), MatMul(-1, k, Transpose(k))), Identity(n)),
        "the decay alone": MatMul(f, Identity(n * d)),
    }
    found = {
        name: replace(
            transport,
            equations=tuple(
                replace(item, right=at(right, INDEX)) if item is factor else item for item in transport.equations
            ),
        )
        for name, right in wrong.items()
    }
    found |= of_blocks()
    body = rate.named_terms[0][1]
    found["a step too early"] = replace(rate, named_terms=(("order_0", body.xreplace({T: T - 1})),))
    return found


def of_blocks() -> dict[str, sg.Derivation]:
    """Errors in one block of the Jacobian of mLSTM, that of the matrix by its stabiliser or of the normaliser."""
    cell = sg.cell("mlstm")
    transport = sg.transport(cell)
    factor = transport.equation("J")

    def with_block(i: int, j: int, change: Callable[[MatrixExpr], MatrixExpr]) -> sg.Derivation:
        rows = [[factor.right.blocks[p, q] for q in range(3)] for p in range(3)]
        rows[i][j] = change(rows[i][j])
        wrong = replace(factor, right=BlockMatrix(rows))
        return replace(transport, equations=tuple(wrong if e is factor else e for e in transport.equations))

    def turned(block: MatrixExpr) -> MatrixExpr:
        """The first Kronecker product k (x) v r' as (v r') (x) k: the same size, stacked by rows."""
        keyed = [node for node in block.atoms(KroneckerProduct) if any(s.name == "k" for s in node.atoms(Signal))]
        first = min(keyed, key=str)
        return block.xreplace({first: KroneckerProduct(*first.args[::-1])})

    return {
        "columns stacked as rows": with_block(0, 2, turned),
        "a sign of a block": with_block(0, 2, lambda block: MatMul(-1, block)),
        "a block of the normaliser": with_block(1, 1, lambda block: MatMul(2, block)),
        "a coupling left out": with_block(1, 2, lambda block: ZeroMatrix(*block.shape)),
    }


def test_the_jacobian_of_all_states_is_that_of_its_blocks() -> None:
    """In code for two targets, against the blocks one by one."""
    cell = sg.cell("mlstm")
    sizes, rng = {"n": 3, "d": 2, "p": 4, "s": 1}, np.random.default_rng(0)
    point = {
        name: rng.standard_normal([sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1])
        for name, symbol in cell.symbols.items()
    }
    states = [state.name for state in cell.states]
    wanted = np.block([[sg.lambdify(sg.kronecker(cell, by, of))(**point) for by in states] for of in states])
    for target in ("numpy", "array_api"):
        run = sg.lambdify(sg.state_jacobian(cell), target)
        assert_allclose(run(**point), wanted, rtol=1e-13, atol=1e-15)
        assert_allclose(sum(run.terms(**point).values()), wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.sweep(3)
@pytest.mark.parametrize("slip", slips())
def test_slips_over_many_steps_are_refuted(slip: str) -> None:
    certificate = sg.verify(slips()[slip])

    assert certificate.verdict is Verdict.REFUTED, certificate.statement


def test_the_learning_rate_of_deltanet_along_its_key() -> None:
    """Along k, which has length 1, the change is multiplied by 1 - b k'k, across it by 1; others are told apart."""
    cell = sg.cell("delta_net")
    J = sg.jacobian(cell)
    named = {str(item.symbol.name): item.symbol for item in cell.assignments}
    k, b, (n, d) = named["k"], named["b"], J.shape
    w, z = MatrixSymbol("w", n, 1), MatrixSymbol("z", d, 1)
    square = Dot(k, k)
    across = MatAdd(z, MatMul(-Dot(k, z) / square, k))

    def acting(row: sg.language.Quantity) -> sg.language.Quantity:
        return J.expr.xreplace({J.cotangent: MatMul(w, Transpose(row))})

    assert decide(cell, acting(k), MatMul(1 - b * square, w, Transpose(k))).outcome is Outcome.EQUAL
    assert decide(cell, acting(across), MatMul(w, Transpose(across))).outcome is Outcome.EQUAL
    assert decide(cell, acting(k), MatMul(1 - b, w, Transpose(k))).outcome is Outcome.EQUAL
    assert decide(cell, acting(k), MatMul(1 - 2 * b, w, Transpose(k))).outcome is Outcome.DIFFERENT


def test_deltanet_is_a_gradient_step() -> None:
    """C_t = C - b grad, the gradient of |e|^2/2 with e = v - C k being e'(de/dC) = -e k'."""
    c = sg.CellBuilder("regression")
    C, u = c.state("C", ("n", "d")), c.input("u", "m")
    W_k, W_v, b = c.matrix("W_k", "d", "m"), c.matrix("W_v", "n", "m"), c.scalar("b")
    k, v = c.let("k", W_k @ u), c.let("v", W_v @ u)
    e = c.let("e", v - C @ k)
    c.next(C, C @ (c.eye("d") - b * k @ k.T) + b * v @ k.T)
    cell = c.build()
    pull = sg.vjp(cell, "C", "e")
    gradient = pull.expr.xreplace({pull.cotangent: e.expr})
    update = cell.states[0].update

    assert sg.verify(pull).verdict is Verdict.PROVED
    step = MatAdd(C.expr, MatMul(-b.expr, gradient))
    assert decide(cell, update, step).outcome is Outcome.EQUAL
    assert decide(cell, update, MatAdd(C.expr, MatMul(b.expr, gradient))).outcome is Outcome.DIFFERENT
