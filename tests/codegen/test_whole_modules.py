"""Modules of whole cells, for every target: what they hold, what they cost, and that their own check can fail."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import numpy as np
import pytest
from numpy.testing import assert_allclose

from symgate.cells import LIBRARY, cell, stack
from symgate.codegen import TARGETS
from symgate.derive import jacobian, vjp
from symgate.errors import MissingLibraryError
from symgate.language import CellBuilder, sigma
from symgate.numeric.load import export, lambdify, load_module, whole
from symgate.records import Cell
from symgate.version import __version__
from tests.codegen.numba_in_python import uncompiled
from tests.oracles import draw_point

STACKED = stack("two", cell("lstm"), cell("gru"))
FEW = [cell(name) for name in ("plain", "scalar_gate", "multi_gate_norm", "gru_original", "lstm_1997")]


def loaded(one: Cell, target: str, text: str = "") -> ModuleType:
    text = text or whole(one, target)
    return (uncompiled if target == "numba" else load_module)(text, f"{one.name}_{target}")


def two_sizes() -> Cell:
    """A cell whose states have different lengths."""
    c = CellBuilder("two_sizes")
    h, k = c.state("h", "n"), c.state("k", "p")
    W, V, U = c.matrix("W", "n", "p"), c.matrix("V", "p", "n"), c.matrix("U", "n", "n")
    g = c.let("g", sigma(W @ k + U @ h), role="gate")
    c.next(h, g * h)
    c.next(k, k + V @ h)
    return c.build()


@pytest.mark.sweep(10)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "one", [*LIBRARY, two_sizes(), stack("two", cell("lstm"), cell("gru"))], ids=lambda one: one.name
)
def test_every_cell_checks_itself(one: Cell, target: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = loaded(one, target)
    assert module._self_check() == 0
    done, of = capsys.readouterr().out.split(" checks passed")[0].split(" of ")
    held = 3 * len(one.states) ** 2 + len(one.states) * len(one.parameters)
    assert done == of
    assert int(of) >= 2 * held
    names = {name for name in module.__all__ if not name.endswith(("_terms", "_plan", "_factored"))}
    over_time = () if target == "numba" else ("step_backward", "forward", "backward")
    assert names == {"step", *module._HELD, *over_time}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("one", [cell("multi_gate"), cell("lstm_1997")], ids=lambda one: one.name)
def test_the_check_objects_to_each_function(
    one: Cell, target: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each function in turn is wrong by one part in a million."""
    module = loaded(one, target)
    for name in module.__all__:
        honest = getattr(module, name)
        if name.endswith("_plan"):
            slip = lambda honest=honest, **given: _wrong_plan(honest(**given))  # noqa: E731
        elif name == "forward":  # the tape belongs to the states
            slip = lambda honest=honest, **given: (_scaled(honest(**given)[0]), honest(**given)[1])  # noqa: E731
        elif name == "backward":
            slip = lambda tape, honest=honest, **given: _scaled(honest(tape, **given))  # noqa: E731
        elif name.endswith("_factored"):
            slip = lambda honest=honest, **given: [(1.000001 * c, W) for c, W in honest(**given)]  # noqa: E731
        else:
            slip = lambda honest=honest, **given: _scaled(honest(**given))  # noqa: E731
        with monkeypatch.context() as planted:
            planted.setattr(module, name, slip)
            failed = module._self_check()
        shown = capsys.readouterr().out
        zero = np.all(np.asarray(_value(honest, module, name)) == 0)
        assert bool(failed) is not bool(zero), name
        assert zero or name in {"step", "forward"} or name in shown.split("failed: ")[1]


def _scaled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: 1.000001 * item for name, item in value.items()}
    return tuple(1.000001 * item for item in value) if isinstance(value, tuple) else 1.000001 * value


def _wrong_plan(plan: Any) -> Any:
    class Wrong:
        _shapes = plan._shapes

        def __call__(self, **moving: Any) -> Any:
            return 1.000001 * plan(**moving)

    return Wrong()


def _value(function: Any, module: ModuleType, name: str) -> Any:
    """Where a derivative is zero, such as that of a memory by a later gate, no factor shows."""
    if name.endswith(("_plan", "_factored")) or name in {"step", "step_backward", "forward", "backward"}:
        return 1
    rng, sizes = np.random.default_rng(0), {}
    shapes, _ = module._CALLS[name.removesuffix("_terms")]
    drawn = {
        key: rng.standard_normal([sizes.setdefault(axis, 3 + len(sizes)) for axis in axes])
        for key, axes in shapes.items()
    }
    value = function(**drawn)
    return sum(value.values()) if isinstance(value, dict) else value


@pytest.mark.parametrize("target", TARGETS)
def test_the_functions_of_a_whole_cell_are_those_of_its_blocks(target: str) -> None:
    """Named as the states are, each with a cotangent and a tangent of its own."""
    one = cell("lstm")
    names, rng = loaded(one, target), np.random.default_rng(1)
    point = draw_point(one, n=4, m=2) | {state.name: rng.standard_normal((3, 4)) for state in one.states}
    v, lam = rng.standard_normal((2, 3, 4))
    J = lambdify(jacobian(one, "c", "h"))(**point)

    assert_allclose(names.jacobian_h_c(**point), J, rtol=1e-13, atol=1e-15)
    assert_allclose(names.jacobian_times_h_c(**point, tangent_c=v), (J @ v[..., None])[..., 0], rtol=1e-12)
    assert_allclose(names.transposed_times_h_c(**point, lam_h=lam), (lam[..., None, :] @ J)[..., 0, :], rtol=1e-12)
    gradient = lambdify(vjp(one, "U_f", "h"))(**point, lam=lam)
    assert_allclose(names.gradient_h_U_f(**point, lam_h=lam), gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "target", "slip"),
    [
        ("multi_gate", "numpy", ("(g * dtanh_a, W_r)", "(g * dtanh_a, W_g)")),
        ("multi_gate", "array_api", ("_diagonal(xp, one_minus_g", "_diagonal(xp, g")),
        ("plain", "numba", ("c0_ = dtanh_a[i_]", "c0_ = a[i_]")),
    ],
)
def test_run_as_a_program_it_says_so_and_fails(name: str, target: str, slip: tuple[str, str], tmp_path: Path) -> None:
    if target == "numba":
        pytest.importorskip("numba")
    path = export(cell(name), target, tmp_path / "whole.py")
    good = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stderr
    assert "checks passed" in good.stdout
    assert "failed" not in good.stdout
    text = path.read_text()
    at = text.index("def jacobian(")
    assert slip[0] in text[at:]
    path.write_text(text[:at] + text[at:].replace(*slip, 1))
    bad = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert "failed: jacobian" in bad.stdout


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("one", FEW, ids=lambda one: one.name)
def test_every_public_function_has_types_and_a_docstring(one: Cell, target: str) -> None:
    module = loaded(one, target)
    for name in module.__all__:
        function = inspect.unwrap(getattr(module, name))
        hints = get_type_hints(function)
        assert set(hints) == {*inspect.signature(function).parameters, "return"}, name
        assert function.__doc__


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("one", FEW, ids=lambda one: one.name)
def test_the_docstring_holds_equations_shapes_source_version_and_digests(one: Cell, target: str) -> None:
    module = loaded(one, target)
    doc = module.__doc__ or ""
    assert "Shapes, where ... are batch axes" in doc
    assert " ".join(one.source.split()).rstrip(".") in doc
    assert f"Generated by symgate {__version__}; digest of the derivation: " in doc
    for name in module._HELD:
        section = doc.split(f"\n{name}:\n")[1]
        assert "/d" in section.split("digest")[0]
        assert len(section.split("digest: ")[1].split("\n")[0]) == 16


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_else_is_imported(target: str) -> None:
    known = {"numpy": {"numpy", "_thread"}, "array_api": {"typing", "numpy", "array_api_compat"}}
    known["numba"] = {"numpy", "numba", "math", "_thread"}
    for one in FEW:
        text = whole(one, target)
        assert text.isascii()
        for node in ast.walk(ast.parse(text)):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert set(names) <= known[target]
            assert not (isinstance(node, ast.Name) and node.id in {"eval", "exec", "compile", "__import__", "open"})


def test_a_numpy_module_costs_what_numpy_costs(tmp_path: Path) -> None:
    """Importing it loads no module but itself."""
    export(cell("multi_gate"), "numpy", tmp_path / "whole.py")
    script = (
        "import sys, numpy; sys.path.insert(0, '.'); before = set(sys.modules); import whole; "
        "print(sorted(set(sys.modules) - before))"
    )
    shown = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "['whole']"


def test_numba_is_needed_only_to_run(tmp_path: Path) -> None:
    """Generated where numba cannot be imported; loading then says what to install."""
    script = (
        "import sys; sys.modules['numba'] = None\n"
        "import symgate as sg\n"
        "sg.export(sg.cell('leaky'), 'numba', sys.argv[1])\n"
        "sg.export(sg.jacobian(sg.cell('leaky')), 'numba', sys.argv[1] + '2')\n"
        "try: sg.lambdify(sg.jacobian(sg.cell('leaky')), 'numba')\n"
        "except sg.SymgateError as error: print(type(error).__name__, error)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    path = tmp_path / "leaky.py"
    shown = subprocess.run(
        [sys.executable, "-c", script, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    assert "def jacobian(" in path.read_text()
    assert shown.stdout.startswith("MissingLibraryError leaky_jacobian_x was generated for numba")
    assert "python -m pip install numba" in shown.stdout
    assert issubclass(MissingLibraryError, ImportError)


def test_lambdify_of_a_cell_is_its_step() -> None:
    assert lambdify(cell("multi_gate")).name == "multi_gate_step"
    assert "def jacobian(" not in lambdify(cell("multi_gate")).source
