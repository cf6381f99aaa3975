"""The statements are those that were meant: what a certificate defines is read back and compared with the papers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.testing import assert_allclose

from symgate.cells import LIBRARY
from symgate.derive import objects
from symgate.proof.rocq import certificate
from symgate.proof.rocq.names import library
from symgate.records import Cell, Kind
from tests.oracles import FUNCTIONS, draw_point, sizes_of
from tests.proof.rocq.reader import DEFINED, Certificate, Vec, as_value
from tests.reference import REFERENCE

SIZES = {"n": 3, "m": 2}


def _point(cell: Cell) -> dict[str, np.ndarray]:
    known = {str(size) for size in cell.dimensions}
    return draw_point(cell, seed=3, **{name: size for name, size in SIZES.items() if name in known})


def _after(cell: Cell, point: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    found = REFERENCE[cell.name](**point)
    return dict(found) if isinstance(found, dict) else {cell.states[0].name: found}


def _slopes(cell: Cell, point: Mapping[str, np.ndarray], wrt: str, of: str) -> np.ndarray:
    """The derivative of the published recurrence by complex step, columns as the column-major vec of ``wrt``."""
    base = np.asarray(point[wrt], dtype=complex)
    columns = []
    for index in np.ndindex(base.T.shape):
        moved = base.copy()
        moved[index[::-1]] += 1e-30j
        columns.append(np.asarray(_after(cell, {**point, wrt: moved})[of]).imag / 1e-30)
    return np.stack(columns, axis=1)


def test_the_library_means_what_the_reader_takes_it_to_mean() -> None:
    missing = [line for line in DEFINED.strip().splitlines() if line not in library().splitlines()]
    assert missing == []


@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_definitions_are_the_recurrence_and_formulas_its_derivatives(cell: Cell) -> None:
    """Recurrence against plain NumPy, formulas against complex step through plain NumPy, at a random point."""
    derivations = objects(cell)
    source = certificate(derivations)
    point = _point(cell)
    sizes = {str(size): number for size, number in sizes_of(cell, **SIZES).items()}
    opaque = {name: FUNCTIONS["tanh"] for name, _ in cell.functions}
    functions = {name: pair[0] for name, pair in opaque.items()} | {
        f"{name}'": pair[1] for name, pair in opaque.items()
    }
    renamed = dict(source.renamed)
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
