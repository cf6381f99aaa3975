"""The symbolic half needs SymPy and lark alone: nothing that computes, draws or prints to a terminal is imported.

A command of the program imports what it runs, so ``symgate derive`` starts without the half that computes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Runs with the heavy packages out of reach, as where there is none of them (a browser).
BLOCKED = """
import sys
HEAVY = {"numpy", "matplotlib", "rich", "jinja2", "threadpoolctl"}
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in HEAVY:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Refuse())
import pathlib
import symgate as sg
folder = pathlib.Path(sys.argv[1])
"""

SYMBOLIC = """
cell = sg.cell("gru")
J = sg.jacobian(cell)
assert sg.text(J).startswith("dx/dx_prev = ") and "frac" in sg.latex(J) and sg.mathml(J).startswith("<math")
certificate = sg.verify(J).require()
assert [item.route for item in certificate.evidence] == ["decision", "modular"]
assert sg.verify(sg.result(sg.cell("multi_gate"), "expansion:retention:1")).proved
assert sg.check(cell, sg.text(J)).verdict == "proved"
wrong = sg.check("multi_gate", "diag(1-g) + diag(g*dphi(a)) @ W_r", "x")
assert wrong.verdict == "refuted" and wrong.certificate.witness is not None and wrong.slips
mine = sg.read_cell("h_t = (1 - z_t) * h_{t-1} + z_t * tanh(W h_{t-1} + U x_t)\\nz_t = sigma(V h_{t-1})")
assert sg.verify(sg.gradient(mine)["W"]).proved
from symgate.codegen import TARGETS
for target in TARGETS:
    assert "def " in sg.export(J, target, folder / "one.txt").read_text()
    assert "def " in sg.export(sg.cell("leaky"), target, folder / "all.txt").read_text()
assert "Theorem" in sg.export(J, "rocq", folder / "one.v").read_text()
for target in ("torch", "jax"):
    assert "def " in sg.export(sg.cell("leaky"), target, folder / "trained.txt").read_text()
import json
from symgate.page.answers import answer
from symgate.page.bytecode import REQUESTS
assert {request["ask"] for request in REQUESTS} == {"cells", "warm", "derive", "check", "prove", "copy"}
for request in REQUESTS:
    assert json.loads(answer(json.dumps(request)))["ok"], request
import contextlib, io
from symgate.cli import main
claim = sg.text(sg.jacobian(sg.cell("plain")))
for command in (["derive", "plain"], ["export", "plain", "x", "-o", str(folder / "x.py")], ["check", "plain", claim]):
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        assert main(command) == 0 and shown.getvalue(), command
loaded = sorted(name for name in sys.modules if name.split(".")[0] in HEAVY)
assert not loaded, loaded
print("all of it")
"""

BITES = """
try:
    sg.lambdify(sg.jacobian(sg.cell("leaky")))(x=[0.0])
except ModuleNotFoundError as error:
    print("missing", error.name)
"""


def _run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED + code, str(folder)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_deriving_proving_checking_printing_and_exporting_need_no_numpy(tmp_path: Path) -> None:
    assert _run(SYMBOLIC, tmp_path) == "all of it"


def test_numbers_do_and_the_block_bites(tmp_path: Path) -> None:
    """What computes fails there, so the test above would see an import."""
    assert _run(BITES, tmp_path) == "missing numpy"
