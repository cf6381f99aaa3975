"""What the tests of the page need: Node.js with its modules, Chromium, the page built once and served."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from symgate.page.build import Page, build_page

MODULES = "SYMGATE_NODE_MODULES"
Drive = Callable[[list[dict[str, Any]]], dict[str, Any]]


def modules(*names: str) -> Path:
    """The folder with the modules of npm; without them the test is skipped, and says which are missing."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is missing")
    folder = Path(os.environ.get(MODULES, "node_modules")).resolve()
    missing = [name for name in names if not (folder / name).is_dir()]
    if missing:
        pytest.skip(f"{' and '.join(missing)} missing: npm install them, and name the folder in {MODULES}")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("Chromium is missing")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page as the command makes it, bytecode included."""
    folder = modules("pyodide")
    return build_page(tmp_path_factory.mktemp("page") / "try-it", pyodide=folder / "pyodide")


class _Listed(SimpleHTTPRequestHandler):
    """Serves files as ``python -m http.server`` does, and writes down what is asked for."""

    def __init__(self, *args: Any, asked: list[str], **more: Any) -> None:
        self.asked = asked
        super().__init__(*args, **more)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name of the base class
        self.asked.append(self.requestline)


@dataclass(frozen=True)
class Served:
    """The page on a server: its address, and every line with which something was asked of it."""

    address: str
    asked: list[str]


@pytest.fixture(scope="session")
def served(built: Page) -> Iterator[Served]:
    """The page as ``python -m http.server`` serves it."""
    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Listed, directory=str(built.folder), asked=asked)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Served(f"http://127.0.0.1:{server.server_port}/", asked)
        server.shutdown()
        thread.join()


@pytest.fixture
def drive(served: Served, chromium: str, tmp_path: Path) -> Drive:
    """Takes steps in a fresh browser and returns what was seen."""
    folder = modules("playwright-core")

    def driven(steps: list[dict[str, Any]]) -> dict[str, Any]:
        plan = tmp_path / "plan.json"
        plan.write_text(json.dumps(steps))
        script = Path(__file__).with_name("drive.mjs")
        done = subprocess.run(
            ["node", str(script), str(folder), chromium, served.address, str(plan), str(tmp_path / "profile")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        seen = json.loads(done.stdout)
        assert "failed" not in seen, f"{seen['last']}: {seen['failed']}; the page reports {seen['faults']}"
        assert isinstance(seen, dict)
        return seen

    return driven
