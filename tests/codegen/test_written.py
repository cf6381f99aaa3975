"""What generated modules hold beside their formulas, tested as the modules that these files are."""

from __future__ import annotations

import ast
from itertools import product

import array_api_strict
import numpy as np
import pytest

import symgate as sg
from symgate.codegen import source
from symgate.codegen.writer.parts import parts, text
from symgate.codegen.written import array_api_module, numpy_module, plans, sequences

RNG = np.random.default_rng(0)
A, B, W = RNG.standard_normal((2, 3)), RNG.standard_normal((3, 2)), RNG.standard_normal((5, 2, 3))
U, V = RNG.standard_normal(2), RNG.standard_normal(3)
FILES = ("numpy_module", "plans", "numba_module", "array_api_module", "training", "sequences", "torch_module")
FILES += ("jax_module", "self_check")


@pytest.mark.parametrize("name", FILES)
def test_parts_are_whole_definitions(name: str) -> None:
    """Each is one definition of that name."""
    for part, lines in parts(name).items():
        found = [node for node in ast.parse(lines).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        assert [node.name for node in found] == [part]
    assert "_stand_in" not in text(name).split()


@pytest.mark.parametrize(("matrix", "vector"), list(product((A, W), (V, RNG.standard_normal((5, 3))))))
def test_products(matrix: np.ndarray, vector: np.ndarray) -> None:
    wanted = np.einsum("...ij,...j->...i", matrix, vector)
    assert np.allclose(numpy_module._matvec(matrix, vector), wanted)
    assert np.allclose(numpy_module._vecmat(vector, np.swapaxes(matrix, -1, -2)), wanted)
    strict = [array_api_strict.asarray(value) for value in (matrix, vector)]
    assert np.allclose(np.asarray(array_api_module._matvec(array_api_strict, *strict)), wanted)


def test_kronecker_products_and_their_parts() -> None:
    def strict(function: object, *arrays: np.ndarray) -> np.ndarray:
        given = [array_api_strict.asarray(array) for array in arrays]
        return np.asarray(function(array_api_strict, *given))  # type: ignore[operator]

    assert np.array_equal(numpy_module._kron(A, B), np.kron(A, B))
    assert np.array_equal(strict(array_api_module._kron, A, B), np.kron(A, B))
    assert np.array_equal(numpy_module._flat_outer(U, V), np.kron(U, V))
    assert np.array_equal(strict(array_api_module._flat_outer, U, V), np.kron(U, V))
    assert np.array_equal(numpy_module._vec(A), A.ravel(order="F"))
    entries = RNG.standard_normal((2, 3))  # rows of v, entries of b
    for of, whole in (
        ("_block_diagonals", lambda b, v: np.kron(b[None], np.diag(v))),
        ("_diagonal_blocks", lambda b, v: np.kron(np.diag(v), b[None])),
    ):
        made = np.zeros((2, 6))
        getattr(numpy_module, of)(made)[...] = entries
        wanted = sum(whole(np.eye(3)[k], entries[:, k]) for k in range(3))
        assert np.array_equal(made, wanted)
        turned = {"_block_diagonals": "_row_diagonal", "_diagonal_blocks": "_diagonal_row"}[of]
        assert np.array_equal(strict(getattr(array_api_module, turned), entries, np.eye(2)), wanted)


def test_a_number_of_numpy_that_does_not_tell_its_library_is_taken_as_an_array() -> None:
    """So are the numbers of NumPy 2.0; ``.ci/versions`` runs all tests with it."""

    class Silent(np.ndarray):
        __module__ = "numpy"
        __array_namespace__ = property()  # type: ignore[assignment]  # hasattr says no

        def __getitem__(self, at: object) -> np.ndarray:  # type: ignore[override]
            return np.asarray(self)[at]  # type: ignore[index]

    silent = np.asarray(2.0).view(Silent)
    assert not hasattr(silent, "__array_namespace__")
    taken = array_api_module._array(silent)
    assert array_api_module._namespace({"s": taken, "x": np.ones(2)}) is np
    value = np.ones(2)
    assert array_api_module._array(value) is value


def test_arguments_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(numpy_module._CALLS, "f", ({"x": ("n",), "W": ("n", "n"), "g": ()}, ("x", "W")))
    arrays, sizes, batch, dtype = numpy_module._checked("f", np.ones((4, 2)), np.eye(2), None)
    assert (set(arrays), sizes, batch, dtype) == ({"x", "W"}, {"n": 2}, (4,), np.float64)
    with pytest.raises(ValueError, match="W must have shape"):
        numpy_module._checked("f", np.ones(3), np.eye(2), None)
    with pytest.raises(TypeError, match="real numbers"):
        numpy_module._checked("f", np.ones(2) * 1j, np.eye(2), None)


def test_sequences_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "_SHAPES", {"x": ("n",), "u": ("m",), "W": ("n", "m")})
    monkeypatch.setattr(sequences, "_KINDS", {"x": "state", "u": "input", "W": "parameter"})
    named = {"x": np.ones((4, 2)), "u": np.ones((7, 4, 3)), "W": np.ones((2, 3))}
    assert sequences._fitted(named, np.broadcast_shapes)[:3] == (7, (4,), 4)
    for name, bad, word in (("W", np.ones((4, 2, 3)), "no batch"), ("u", np.ones((0, 4, 3)), "time"), ("u", V, "time")):
        with pytest.raises(ValueError, match=word):
            sequences._fitted({**named, name: bad}, np.broadcast_shapes)


def test_sums_of_fixed_weights() -> None:
    kept, shapes = {"W": A, "U": RNG.standard_normal((2, 4)), "b": U}, {"v": (3,), "u": (4,)}
    affine = [([("W", "v"), ("U", "u")], ["b"]), ([("W", "v")], [])]
    places, rows, weights, sums = plans._fold(affine, kept, shapes, 2, np.dtype(float))
    given = {"v": RNG.standard_normal((2, 3)), "u": RNG.standard_normal((2, 4))}
    for name, place in places.items():
        rows[:, place] = given[name]
    np.matmul(rows, weights, out=sums)
    assert np.allclose(sums[0], given["v"] @ A.T + given["u"] @ kept["U"].T + U)
    assert np.allclose(sums[1], given["v"] @ A.T)
    assert sums.__array_interface__["data"][0] % 64 == 0


@pytest.mark.parametrize("target", ["numpy", "array_api", "numba"])
def test_generated_modules_hold_these_texts_as_they_stand(target: str) -> None:
    resource = {"numba": "numpy_module"}.get(target, f"{target}_module")
    assert parts(resource)["_checked"] in source(sg.jacobian(sg.cell("multi_gate")), target)
