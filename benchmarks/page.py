"""Measure the page of ``symgate page`` in Chromium: its size, the time to the first result, each edit, its memory.

python benchmarks/page.py MODULES [FOLDER]   # writes benchmarks/page.json

MODULES is a folder of npm with pyodide and playwright-core; FOLDER is a page that is built already.  An edit
holds the quarter of a second that the page waits for the next key.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import symgate as sg
from symgate.page.build import build_page
from symgate.page.recurrences import declared

HERE = Path(__file__).resolve().parent
#: The cells of the paper: their equations are typed anew.
CELLS = ("plain", "leaky", "unit_leak", "scalar_gate", "multi_gate")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def measured(folder: Path, modules: Path) -> dict[str, object]:
    """What the browser tells of the page in ``folder``."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    texts = {name: {"text": sg.text(sg.cell(name)), "sizes": declared(sg.cell(name))} for name in CELLS}
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        command = ["node", str(HERE / "page.mjs"), str(modules), chromium, address, json.dumps(texts)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        server.shutdown()
    return json.loads(done.stdout)


def main() -> None:
    """Build, measure, write."""
    modules = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(name) / "page"
        if len(sys.argv) <= 2:
            build_page(folder, pyodide=modules / "pyodide")
        sizes = {
            path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()
        }
        found = measured(folder, modules)
    pyodide = json.loads((modules / "pyodide" / "package.json").read_text(encoding="utf-8"))["version"]
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "load": os.getloadavg()[0], "pyodide": pyodide}
    result = {"machine": machine, "bytes": sum(sizes.values()), "files": sizes, **found}
    (HERE / "page.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
