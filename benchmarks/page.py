"""Measure the page of ``symgate page`` in Chromium: its size, the time to the first result, each edit, its memory.

python benchmarks/page.py MODULES [FOLDER] [--runs 5] [--add]   # writes benchmarks/page.json

MODULES is a folder of npm with pyodide and playwright-core; FOLDER is a page that is built already.  Each run has a
browser of its own, with nothing kept from another.  An edit holds the quarter of a second for which the page waits for
the next key.  Beside every run stand the load of the machine when it began and the priority it ran at (0 as usual,
15 after ``nice -n -15``); ``--add`` keeps the runs that are there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import symgate as sg
from symgate.page.build import build_page
from symgate.page.recurrences import declared

HERE = Path(__file__).resolve().parent
WRITTEN = HERE / "page.json"
#: The cells of the paper: their equations are typed anew.
CELLS = ("plain", "leaky", "unit_leak", "scalar_gate", "multi_gate")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def measured(folder: Path, modules: Path) -> dict[str, Any]:
    """What one browser tells of the page in ``folder``."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    texts = {name: {"text": sg.text(sg.cell(name)), "sizes": declared(sg.cell(name))} for name in CELLS}
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        command = ["node", str(HERE / "page.mjs"), str(modules), chromium, address, json.dumps(texts)]
        load = os.getloadavg()[0]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        server.shutdown()
    return {"load": round(load, 1), "priority": -os.nice(0), **json.loads(done.stdout)}


def main() -> None:
    """Build, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--add", action="store_true")
    asked = parser.parse_args()
    modules = asked.modules.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = asked.folder or Path(name) / "page"
        if asked.folder is None:
            build_page(folder, pyodide=modules / "pyodide")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
        runs = json.loads(WRITTEN.read_text(encoding="utf-8"))["runs"] if asked.add else []
        pyodide = json.loads((modules / "pyodide" / "package.json").read_text(encoding="utf-8"))["version"]
        machine = {"cores": os.cpu_count(), "machine": platform.machine(), "pyodide": pyodide}
        result = {"machine": machine, "bytes": sum(sizes.values()), "files": sizes, "runs": runs}
        for _ in range(asked.runs):
            runs.append(measured(folder, modules))
            print(json.dumps(runs[-1]), flush=True)
            WRITTEN.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
