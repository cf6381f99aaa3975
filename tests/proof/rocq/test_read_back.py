"""The statements are those that were meant: what a certificate defines is read back and compared with the papers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.testing import assert_allclose

from symgate.cells import LIBRARY, MATRIX
from symgate.derive import objects, result
from symgate.proof.rocq import certificate
from symgate.proof.rocq.names import library
from symgate.proof.rocq.one_step import parts
from symgate.records import Cell, Derivation, Kind
from tests.oracles import FUNCTIONS, draw_point, sizes_of
from tests.proof.rocq.reader import DEFINED, Certificate, Vec, as_value
from tests.reference import REFERENCE
from tests.reference.matrix import MATRIX_REFERENCE

SIZES = {"n": 3, "m": 2}
#: Of matrix states; the stabiliser of mLSTM is one number.
MATRIX_SIZES = {"n": 3, "d": 2, "m": 2, "p": 2, "r": 2, "s": 1}


def _point(cell: Cell) -> dict[str, np.ndarray]:
    known = {str(size) for size in cell.dimensions}
    return draw_point(cell, seed=3, **{name: size for name, size in SIZES.items() if name in known})


def _after(cell: Cell, point: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    found = MATRIX_REFERENCE[cell.name](np, **point) if cell.matrix_states else REFERENCE[cell.name](**point)
    return dict(found) if isinstance(found, dict) else {cell.states[0].name: found}


def _slopes(cell: Cell, point: Mapping[str, np.ndarray], wrt: str, of: str) -> np.ndarray:
    """The derivative of the published recurrence by complex step, rows and columns as the column-major vec of both."""
    base = np.asarray(point[wrt], dtype=complex)
    columns = []
    for index in np.ndindex(base.T.shape):
        moved = base.copy()
        moved[index[::-1]] += 1e-30j
        columns.append(np.asarray(_after(cell, {**point, wrt: moved})[of]).imag.reshape(-1, order="F") / 1e-30)
    return np.stack(columns, axis=1)


def test_the_library_means_what_the_reader_takes_it_to_mean() -> None:
    missing = [line for line in DEFINED.strip().splitlines() if line not in library().splitlines()]
    assert missing == []


@pytest.mark.sweep(15)
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_definitions_are_the_recurrence_and_formulas_its_derivatives(cell: Cell) -> None:
    """Recurrence against plain NumPy, formulas against complex step through plain NumPy, at a random point."""
    derivations = objects(cell)
    source = certificate(derivations)
    point = _point(cell)
    opaque = {name: FUNCTIONS["tanh"] for name, _ in cell.functions}
    functions = {name: pair[0] for name, pair in opaque.items()} | {
        f"{name}'": pair[1] for name, pair in opaque.items()
    }
    renamed = dict(source.renamed)
    sizes = {renamed.get(str(size), str(size)): number for size, number in sizes_of(cell, **SIZES).items()}
    fields = {renamed.get(name, name): value for name, value in point.items()}
    read = Certificate(source.text, fields, sizes, functions)

    after = _after(cell, point)
    for state in cell.states:
        value = read.value(f"{state.name}_next")
        assert_allclose([value(i) for i in range(len(after[state.name]))], after[state.name], rtol=1e-12)

    for item in derivations:
        of, wrt = str(item.of.name), str(item.wrt.name)
        expected = _slopes(cell, point, wrt, of)
        lam = np.random.default_rng(1).standard_normal(len(expected))
        letter = "G" if item.kind is Kind.VJP else "J"
        mark = f"{of}_" if len(cell.states) > 1 else ""
        name = f"{letter}_{mark}{renamed.get(wrt, wrt)}"
        shape = np.shape(point[wrt])
        if item.kind is Kind.VJP:
            found = _array(read.value(name, as_value(lam)), shape)
            assert_allclose(found, (expected.T @ lam).reshape(shape, order="F"), rtol=1e-9, atol=1e-12, err_msg=name)
        else:
            own = expected[:, 0] if shape == () else expected
            assert_allclose(_array(read.value(name), own.shape), own, rtol=1e-9, atol=1e-12, err_msg=name)


def _definitions(cell: Cell, text: str, renamed: Mapping[str, str], point: Mapping[str, np.ndarray]) -> Certificate:
    """The definitions of a text about a matrix state at a point; phi is the hyperbolic tangent."""
    functions = {}
    for function, _ in cell.functions:
        functions |= {function: FUNCTIONS["tanh"][0], f"{function}'": FUNCTIONS["tanh"][1]}
    numbers = sizes_of(cell, **MATRIX_SIZES).items()
    sizes = {renamed.get(str(size), str(size)): number for size, number in numbers}
    return Certificate(text, {renamed.get(key, key): value for key, value in point.items()}, sizes, functions)


def _read_matrix_state(cell: Cell, text: str, renamed: Mapping[str, str], derivations: list[Derivation]) -> None:
    """Compare the recurrence and every formula of a text with the published recurrence.

    A formula that is applied to a change has the change as an argument, a vector-Jacobian product the cotangent.
    """
    point = draw_point(cell, seed=3, **MATRIX_SIZES)
    after, rng = _after(cell, point), np.random.default_rng(1)
    for state in cell.states:
        value = _definitions(cell, text, renamed, point).value(f"{renamed.get(state.name, state.name)}_next")
        assert_allclose(_array(value, after[state.name].shape), after[state.name], rtol=1e-12)
    for item in derivations:
        of, wrt, read = str(item.of.name), str(item.wrt.name), _definitions(cell, text, renamed, point)
        slope, out, into = _slopes(cell, point, wrt, of), after[of].shape, np.shape(point[wrt])
        mark = f"{of}_" if len(cell.states) > 1 else ""
        letter = {Kind.VJP: "G", Kind.JVP: "J"}.get(item.kind, "K" if len(out) == 2 else "J")
        name = f"{letter}_{mark}{renamed.get(wrt, wrt)}"
        match item.kind:
            case Kind.JVP:
                change = rng.standard_normal(into)
                value, wanted = read.value(name, as_value(change)), slope @ change.reshape(-1, order="F")
                wanted = wanted.reshape(out, order="F")
            case Kind.VJP:
                lam = rng.standard_normal(out)
                value, wanted = read.value(name, as_value(lam)), slope.T @ lam.reshape(-1, order="F")
                wanted = wanted.reshape(into, order="F")
            case _:
                value, wanted = read.value(name), slope[:, 0] if into == () else slope
        assert_allclose(_array(value, wanted.shape), wanted, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.sweep(3)
@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
def test_formulas_of_a_matrix_state_are_derivatives_of_the_published_recurrence(cell: Cell) -> None:
    """Applied to a change, in a cotangent that is a matrix, and on the stacked columns."""
    whole = result(cell, "jacobian" if len(cell.states) > 1 else "split:retention")
    for derivations in (objects(cell), parts(whole)):
        source = certificate([whole] if derivations[0].kind is Kind.JACOBIAN else derivations)
        _read_matrix_state(cell, source.text, dict(source.renamed), derivations)


@pytest.mark.parametrize("name", ["plain", "scalar_gate", "low_rank", "leaky_norm"])
def test_what_results_over_many_steps_say_of_one_step(name: str) -> None:
    """J_j, the way back, what a step adds to a gradient or a lag, and S_t of an influence, against a complex step."""
    cell = next(cell for cell in LIBRARY if cell.name == name)
    adjoint = result(cell, "adjoint")
    asked = [
        result(cell, f"{word}:{item.name}") for item in cell.parameters for word in ("gradient", "lag", "influence")
    ]
    source = certificate([adjoint, *asked])
    point, renamed = _point(cell), dict(source.renamed)
    sizes = {renamed.get(str(size), str(size)): number for size, number in sizes_of(cell, **SIZES).items()}
    functions = {}
    for function, _ in cell.functions:
        functions |= {function: FUNCTIONS["tanh"][0], f"{function}'": FUNCTIONS["tanh"][1]}
    read = Certificate(source.text, {renamed.get(key, key): value for key, value in point.items()}, sizes, functions)
    state = cell.states[0].name
    J = _slopes(cell, point, state, state)
    lam = np.random.default_rng(1).standard_normal(len(J))
    close = {"rtol": 1e-9, "atol": 1e-12}

    assert_allclose(_array(read.value("J"), J.shape), J, **close)
    assert_allclose(_array(read.value("back", as_value(lam)), lam.shape), J.T @ lam, **close)
    for item in cell.parameters:
        slope, shape = _slopes(cell, point, item.name, state), np.shape(point[item.name])
        name = renamed.get(str(item.name), item.name)
        part = read.value(f"part_{name}", as_value(lam))
        assert_allclose(_array(part, shape), (slope.T @ lam).reshape(shape, order="F"), err_msg=item.name, **close)
        own = slope[:, 0] if shape == () else slope
        assert_allclose(_array(read.value(f"S_{name}"), own.shape), own, err_msg=item.name, **close)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("cell", [cell for cell in MATRIX if len(cell.states) == 1], ids=lambda cell: cell.name)
def test_what_results_over_many_steps_of_a_matrix_state_say_of_one_step(cell: Cell) -> None:
    """The way back, what a step adds to a gradient or a lag, and J and S_t of an influence, against a complex step."""
    words = ("gradient", "lag", "influence")
    asked = [result(cell, f"{word}:{item.name}") for item in cell.parameters for word in words]
    source = certificate([result(cell, "adjoint"), *asked])
    point, renamed = draw_point(cell, seed=3, **MATRIX_SIZES), dict(source.renamed)
    read = _definitions(cell, source.text, renamed, point)
    (state,) = cell.states
    out = _after(cell, point)[state.name].shape
    lam = np.random.default_rng(1).standard_normal(out)
    close = {"rtol": 1e-9, "atol": 1e-12}

    def pulled(name: str, slope: np.ndarray, shape: tuple[int, ...]) -> None:
        found, wanted = read.value(name, as_value(lam)), slope.T @ lam.reshape(-1, order="F")
        assert_allclose(_array(found, shape), wanted.reshape(shape, order="F"), err_msg=name, **close)

    J = _slopes(cell, point, state.name, state.name)
    pulled("back", J, out)
    for item in cell.parameters:
        slope, name = _slopes(cell, point, item.name, state.name), renamed.get(str(item.name), item.name)
        pulled(f"part_{name}", slope, np.shape(point[item.name]))
        assert_allclose(_array(read.value(f"J_{name}"), J.shape), J, err_msg=item.name, **close)
        assert_allclose(_array(read.value(f"S_{name}"), slope.shape), slope, err_msg=item.name, **close)


@pytest.mark.parametrize(("name", "parameters"), [("lru", ("nu", "B_x")), ("lstm", ("b_f",)), ("stp", ("dt", "W_r"))])
def test_what_an_influence_on_several_states_says_of_one_step(name: str, parameters: tuple[str, ...]) -> None:
    """J and S_t of the states one below the other, against a complex step through the published recurrence."""
    cell = next(cell for cell in LIBRARY if cell.name == name)
    source = certificate([result(cell, "adjoint"), *(result(cell, f"influence:{item}") for item in parameters)])
    point, renamed = _point(cell), dict(source.renamed)
    sizes = {renamed.get(str(size), str(size)): number for size, number in sizes_of(cell, **SIZES).items()}
    functions = {}
    for function, _ in cell.functions:
        functions |= {function: FUNCTIONS["tanh"][0], f"{function}'": FUNCTIONS["tanh"][1]}
    read = Certificate(source.text, {renamed.get(key, key): value for key, value in point.items()}, sizes, functions)

    def stacked(wrt: str) -> np.ndarray:
        return np.concatenate([_slopes(cell, point, wrt, state.name) for state in cell.states])

    J = np.concatenate([stacked(state.name) for state in cell.states], axis=1)
    assert_allclose(_array(read.value("J_stacked"), J.shape), J, rtol=1e-9, atol=1e-12)
    for item in parameters:
        S, found = stacked(item), read.value(f"S_stacked_{renamed.get(item, item)}")
        assert_allclose(_array(found, S.shape), S, rtol=1e-9, atol=1e-12, err_msg=item)


@pytest.mark.parametrize("parameter", ["b_f", "w_i", "W_k"])
def test_what_results_over_many_steps_of_a_matrix_beside_other_states_say_of_one_step(parameter: str) -> None:
    """Every block of J and of the way back, what a step adds to a gradient, J and S_t of an influence."""
    cell = next(cell for cell in MATRIX if cell.name == "mlstm")
    words = ("gradient", "lag", "influence")
    source = certificate([result(cell, "adjoint"), *(result(cell, f"{word}:{parameter}") for word in words)])
    point, renamed, rng = draw_point(cell, seed=3, **MATRIX_SIZES), dict(source.renamed), np.random.default_rng(1)
    read, after = _definitions(cell, source.text, renamed, point), _after(cell, point)
    names = {state.name: renamed.get(state.name, state.name) for state in cell.states}
    lams = {name: rng.standard_normal(np.shape(after[name])) for name in names}
    own, close = renamed.get(parameter, parameter), {"rtol": 1e-9, "atol": 1e-12}

    def pulled(name: str, of: str, wrt: str) -> None:
        slope, shape = _slopes(cell, point, wrt, of), np.shape(point[wrt])
        found, wanted = read.value(name, as_value(lams[of])), slope.T @ lams[of].reshape(-1, order="F")
        assert_allclose(_array(found, shape), wanted.reshape(shape, order="F"), err_msg=name, **close)

    def stacked(wrt: str) -> np.ndarray:
        return np.concatenate([_slopes(cell, point, wrt, of) for of in names])

    for of, of_name in names.items():
        pulled(f"part_{of_name}_{own}", of, parameter)
        for by, by_name in names.items():
            slope = _slopes(cell, point, by, of)
            assert_allclose(
                _array(read.value(f"J_{of_name}_{by_name}"), slope.shape), slope, err_msg=f"{of}/{by}", **close
            )
            pulled(f"back_{of_name}_{by_name}", of, by)
    J, S = np.concatenate([stacked(by) for by in names], axis=1), stacked(parameter)
    assert_allclose(_array(read.value("J_stacked"), J.shape), J, **close)
    assert_allclose(_array(read.value(f"S_stacked_{own}"), S.shape), S, **close)


def _array(value: object, shape: tuple[int, ...]) -> np.ndarray:
    if shape == ():
        return np.asarray(value)
    if isinstance(value, Vec):
        return np.array([value(i) for i in range(shape[0])])
    return np.array([[value(i, j) for j in range(shape[1])] for i in range(shape[0])])


def test_a_wrong_statement_is_noticed() -> None:
    """The read-back itself can fail: a formula with one word exchanged gives another number."""
    cell = next(cell for cell in LIBRARY if cell.name == "multi_gate")
    text = certificate(objects(cell)).text
    point = _point(cell)
    functions = {"phi": FUNCTIONS["tanh"][0], "phi'": FUNCTIONS["tanh"][1]}
    right = Certificate(text, point, SIZES, functions)
    wrong = Certificate(
        text.replace(
            "Definition J_x (p : point) : mat :=\n  diag (ones - g p)",
            "Definition J_x (p : point) : mat :=\n  diag (g p)",
        ),
        point,
        SIZES,
        functions,
    )

    assert abs(right.value("J_x")(0, 0) - wrong.value("J_x")(0, 0)) > 1e-3
