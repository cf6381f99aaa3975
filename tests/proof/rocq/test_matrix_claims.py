"""What stands beside the adjoint and the gradients of a matrix state is compared: an error in a claim is not stated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sympy.matrices.expressions import ZeroMatrix

from symgate.cells import MATRIX
from symgate.derive.results import result
from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import T
from symgate.language.sequences import K, MatrixSum
from symgate.proof.rocq import certificate
from symgate.records import Derivation, Equation, Relation

CELLS = {cell.name: cell for cell in MATRIX if len(cell.states) == 1}
Change = Callable[[Equation], Equation]


def _of_bounds(first: int, last: int) -> Change:
    """A sum that begins and ends elsewhere."""

    def changed(item: Equation) -> Equation:
        run = item.right
        return replace(item, right=MatrixSum(run.body, run.index, run.lower + first, run.upper + last))

    return changed


def _twice(item: Equation) -> Equation:
    return replace(item, right=2 * item.right)


def _nothing(item: Equation) -> Equation:
    return replace(item, right=ZeroMatrix(*item.right.shape))


def _at_most(item: Equation) -> Equation:
    return replace(item, relation=Relation.AT_MOST)


def _wrong(derivation: Derivation, key: str, change: Change) -> Derivation:
    right = derivation.equation(key)
    return replace(derivation, equations=tuple(change(x) if x is right else x for x in derivation.equations))


def _beside(name: str) -> Sequence[Derivation]:
    """The adjoint of a cell, and the gradient and the lags of its first parameter."""
    cell = CELLS[name]
    parameter = cell.parameters[0].name
    return [result(cell, key) for key in ("adjoint", f"gradient:{parameter}", f"lag:{parameter}")]


@pytest.mark.parametrize("name", ["fast_weights", "gated_delta_net", "hgrn2"])
def test_what_is_true_is_stated(name: str) -> None:
    assert set(certificate(_beside(name)).theorems)


@pytest.mark.parametrize("name", ["fast_weights", "gated_delta_net", "hgrn2"])
@pytest.mark.parametrize(
    ("place", "key", "change"),
    [
        *(
            (place, "closed_form", change)
            for place in (0, 1)
            for change in (_of_bounds(0, -1), _of_bounds(1, 0), _twice, _at_most)
        ),
        (1, "recursion", _twice),
        (1, "double_sum", _twice),
        (1, "double_sum", _at_most),
        (2, "recursion", _twice),
        (2, "start", _twice),
        (2, "all", _twice),
    ],
)
def test_an_error_in_a_claim_is_not_stated(name: str, place: int, key: str, change: Change) -> None:
    """Whichever claim it is, also one of a gradient that repeats one of the adjoint."""
    own = list(_beside(name))
    own[place] = _wrong(own[place], key, change)

    with pytest.raises(UnsupportedNodeError):
        certificate(own)


@pytest.mark.parametrize(
    ("place", "key", "change"),
    [
        (0, "closed_form", _twice),
        (0, "closed_form", _at_most),
        (0, "start", _twice),
        (0, "lam", _twice),
        (1, "delta", _twice),
        (2, "start_C", _twice),
        (2, "recursion_C", _twice),
        (2, "recursion_m", _nothing),
        (2, "all", _twice),
        (3, "forward", _twice),
        (3, "closed_form", _at_most),
        (3, "J", _nothing),
        (3, "S", _nothing),
    ],
)
def test_an_error_beside_a_matrix_among_other_states_is_not_stated(place: int, key: str, change: Change) -> None:
    """The states stand one below the other, the matrix as its columns; each has a recursion beside lags."""
    cell = next(cell for cell in MATRIX if cell.name == "mlstm")
    own = [result(cell, one) for one in ("adjoint", "gradient:b_f", "lag:b_f", "influence:b_f")]
    assert certificate(own).theorems
    own[place] = _wrong(own[place], key, change)

    with pytest.raises(UnsupportedNodeError):
        certificate(own)


def test_a_double_sum_beside_a_matrix_among_other_states_is_not_stated() -> None:
    """Its adjoint stands in no product with M: one that sums what the gradient sums, once more over t, is refused."""
    cell = next(cell for cell in MATRIX if cell.name == "mlstm")
    gradient = result(cell, "gradient:b_v")
    ((_, run),) = gradient.named_terms
    twice = MatrixSum(MatrixSum(run.body, K, 1, T), T, 1, run.upper)
    claim = Equation(key="double_sum", left=gradient.of, right=twice)

    with pytest.raises(UnsupportedNodeError, match="double sum"):
        certificate([result(cell, "adjoint"), replace(gradient, equations=(*gradient.equations, claim))])
