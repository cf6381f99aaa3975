"""What is printed, generated, proved or kept does not depend on the order of a set: one text under every hash seed.

One program for all of it, since each start of an interpreter imports SymPy anew; of what it tells a part is told, and
all of it in a run of the full sweeps.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
import hashlib
import os
import symgate as sg
from symgate.codegen import TARGETS, source
from symgate.derive.results import result
from symgate.experiments import ProfileSpec
from symgate.experiments.jobs import key
from symgate.experiments.profile_runs import ProfileJob
from symgate.numeric.load import whole
from symgate.proof import slips
from symgate.proof.digest import digest
from symgate.tex import Style, document, equation, further, latex, mathml, text
from tests.tex.many import MANY

def told(name, texts):
    print(name, hashlib.sha256("".join(texts).encode()).hexdigest())

step = 1 if os.environ.get('SYMGATE_FULL') else 4
items = [item for cell in sg.CELLS for item in (cell, *sg.objects(cell))][::step]
J, routes = sg.jacobian(sg.cell("multi_gate")), ("decision", "modular", "numeric", "limits")
proofs = [J, *(slip.derivation for slip in list(slips(J))[::5 * step])]
told("functions", (source(item) for item in items))
cells = [sg.cell(name) for name in ("scalar_gate", "gru_original", "lstm_1997")]
told("modules", (whole(cell, target) for cell in cells for target in TARGETS))
for style in (Style(), Style(derivatives="value", macros=True)):
    told("formulas", (show(item, style) for item in items for show in (latex, mathml, text, equation)))
    told("document", [document(items, style)])
told("many steps", (str(show(item)) for item in MANY[::step] for show in (equation, mathml, text, further)))
told("digest", [digest(result(sg.cell("lstm"), "expansion:retention:2"))])
told("certificates", (sg.verify(item, routes=routes).to_json(seconds=False) for item in proofs))
told("key of a job", [key(ProfileJob(sg.cell("multi_gate"), 3, ProfileSpec(seeds=1)))])
"""
#: What the program tells of; another program would tell of something else.
TOLD = 10


def told(seed: str, program: str = PROGRAM) -> list[str]:
    """The lines of the program in a process with that hash seed."""
    path = os.pathsep.join([str(ROOT), *sys.path])
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_same_bytes_under_every_hash_seed() -> None:
    first, second = told("1"), told("424242")

    assert first == second
    assert len(first) == TOLD


def test_an_order_of_a_set_would_be_seen() -> None:
    program = "print(list({'retention', 'drive', 'gate', 'sum', 'loss', 'product'}))"

    assert len({*told("1", program)[0:1], *told("2", program)[0:1], *told("3", program)[0:1]}) > 1
