"""Loaded functions and exported files."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from symgate.cells import CELLS, cell
from symgate.codegen import source
from symgate.derive import jacobian, objects
from symgate.errors import OutputError, UnknownNameError
from symgate.numeric.load import GeneratedFunction, export, lambdify, term_functions
from tests.oracles import draw_point

CELL = cell("scalar_gate")
J = jacobian(CELL)
POINT = draw_point(CELL, n=3, m=2)


def test_a_function_knows_its_source_name_and_arguments() -> None:
    f = lambdify(J)
    assert isinstance(f, GeneratedFunction)
    assert f.source == source(J)
    assert f.name == f.__name__ == J.name
    assert f.arguments == tuple(CELL.symbols)
    assert repr(f) == f"<generated function {J.name}(x, u, W_r, W_i, b, w_g, v_g, b_g)>"
    assert list(inspect.signature(f).parameters) == [*CELL.symbols, "out"]
    assert "dx/dx_prev" in (f.__doc__ or "")


def test_the_same_object_gives_the_same_function() -> None:
    assert lambdify(J) is lambdify(jacobian(cell("scalar_gate")))
    assert lambdify(J) is not lambdify(jacobian(cell("scalar_gate", phi="relu")))
    assert lambdify(CELL).name == "scalar_gate_step"


def test_terms_are_separate_and_a_step_has_none() -> None:
    assert list(lambdify(J).terms(**POINT, out=None)) == ["retention", "drive", "gate"]
    assert_array_equal(term_functions(J)(**POINT)["gate"], lambdify(J).terms(**POINT)["gate"])
    with pytest.raises(UnknownNameError, match="no named terms"):
        lambdify(CELL).terms(**POINT)


def test_functions_pickle_by_their_source() -> None:
    f = lambdify(J)
    again = pickle.loads(pickle.dumps(f))  # noqa: S301 - our own bytes
    assert_array_equal(again(**POINT), f(**POINT))
    assert again.source == f.source


def test_tracebacks_show_the_generated_line() -> None:
    with pytest.raises(ValueError, match="W_r must have shape") as caught:
        lambdify(J)(**{**POINT, "W_r": np.ones((2, 2))})
    shown = "".join(traceback.format_exception(caught.value))
    assert '_checked("scalar_gate_jacobian_x", x, u, W_r, W_i, b, w_g, v_g, b_g)' in shown
    assert f"<symgate {J.name} " in shown


def test_an_exported_module_stands_alone(tmp_path: Path) -> None:
    """Run in a fresh interpreter from the folder of the file, isolated from this project."""
    for derivation in objects(CELL):
        export(derivation, "numpy", tmp_path / f"{derivation.name}.py")
    export(CELL, "numpy", tmp_path / "scalar_gate_step.py")
    np.savez(tmp_path / "point.npz", **POINT)
    script = (
        "import sys, numpy as np; sys.path.insert(0, '.');"
        "from scalar_gate_jacobian_x import scalar_gate_jacobian_x as f, scalar_gate_jacobian_x_terms as terms;"
        "import scalar_gate_step, scalar_gate_vjp_W_r;"
        "point = dict(np.load('point.npz')); np.save('J.npy', f(**point));"
        "assert np.allclose(sum(terms(**point).values()), f(**point));"
        "assert not any(name.split('.')[0] in ('symgate', 'sympy') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-I", "-c", script], cwd=tmp_path, check=True)
    assert_array_equal(np.load(tmp_path / "J.npy"), lambdify(J)(**POINT))


def test_export_returns_the_path_and_writes_the_source(tmp_path: Path) -> None:
    path = export(J, "numpy", str(tmp_path / "jacobian.py"))
    assert path == tmp_path / "jacobian.py"
    assert path.read_bytes() == source(J).encode()
    assert [item.name for item in tmp_path.iterdir()] == ["jacobian.py"]


def test_an_unknown_target_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Known: numpy"):
        export(J, "fortran", tmp_path / "jacobian.f90")
    with pytest.raises(UnknownNameError):
        lambdify(J, "fortran")
    assert list(tmp_path.iterdir()) == []


def test_paths_that_cannot_be_written_say_so(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    for path, reason in (
        (tmp_path / "missing" / "J.py", "does not exist"),
        (file / "J.py", "is not a folder"),
        (tmp_path, "it is a folder"),
    ):
        with pytest.raises(OutputError, match=reason):
            export(J, "numpy", path)
    assert file.read_text() == "kept"


@pytest.mark.sweep(25)
@pytest.mark.parametrize("case", [item for one in CELLS for item in (one, *objects(one))], ids=lambda item: item.name)
def test_every_source_compiles_to_a_function(case: object) -> None:
    assert callable(lambdify(case))


@pytest.mark.skipif(os.name != "posix", reason="needs /dev/full")
def test_a_full_disk_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "J.py"
    path.write_text("earlier")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"No space left on device.*earlier file is intact"):
        export(J, "numpy", path)
    assert path.read_text() == "earlier"
    assert [item.name for item in tmp_path.iterdir()] == ["J.py"]
