"""Sphinx configuration: MyST pages whose code runs at build time, mathematics that needs no network."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import symgate

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "symgate"
author = "The symgate developers"
copyright = f"2025, {author}"  # noqa: A001 - the name Sphinx reads
release = version = symgate.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]

# Pages that show measured results or source find them from here.
os.environ["SYMGATE_ROOT"] = str(Path(__file__).resolve().parents[1])
os.environ["PYTHONPATH"] = os.environ["SYMGATE_ROOT"]

# Every page is executed on every build; a cell that raises fails it.
nb_execution_mode = "force"
nb_render_markdown_format = "myst"  # formulas in sentences that are computed
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_execution_in_temp = True
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # the attribute n of a record is no target of every n in a docstring

html_theme = "furo"
html_title = "symgate"
html_static_path = ["_static", "../LICENSE", "../CITATION.cff"]
html_css_files = ["symgate.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#7a2e1d", "color-brand-content": "#7a2e1d"},
    "dark_css_variables": {"color-brand-primary": "#f0a58f", "color-brand-content": "#f0a58f"},
}

# One bundled file with every extension and SVG output: no network, no font files.
mathjax_path = "tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}, "svg": {"fontCache": "global"}}


def bundle_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Put the bundled MathJax beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if found is None or found.origin is None:
        message = "The documentation needs sphinx-mathjax-offline; install the extra 'docs'."
        raise RuntimeError(message)
    source = Path(found.origin).parent / "static" / "mathjax" / mathjax_path
    shutil.copyfile(source, Path(app.outdir) / "_static" / mathjax_path)


def _pyodide() -> Path | None:
    """The folder of the npm package pyodide, where ``SYMGATE_NODE_MODULES`` has it."""
    folder = Path(os.environ.get("SYMGATE_NODE_MODULES", "")) / "pyodide"
    return folder if folder.is_absolute() and folder.is_dir() else None


def announce_page(app: Sphinx) -> None:
    """Let "Try it" link to the page where there is what it is built from."""
    if _pyodide() is not None and app.builder.format == "html":
        app.tags.add("page")


def build_page(app: Sphinx, error: Exception | None) -> None:
    """Put the page on which one types a recurrence beside the pages."""
    folder = _pyodide()
    if error is None and folder is not None and app.builder.format == "html":
        importlib.import_module("symgate.page.build").build_page(Path(app.outdir) / "page", pyodide=folder)


def write_catalogue(app: Sphinx) -> None:
    """Write one page for each built-in cell, before the pages are looked for."""
    sys.path.insert(0, str(app.srcdir))
    importlib.import_module("_catalogue").write(Path(app.srcdir) / "catalogue")


def remove_catalogue(app: Sphinx, _error: Exception | None) -> None:
    """Leave the tree as it was: the pages are made anew by every build."""
    shutil.rmtree(Path(app.srcdir) / "catalogue", ignore_errors=True)


def keep_norms(_app: Sphinx, _what: str, _name: str, _object: object, _options: object, lines: list[str]) -> None:
    """Keep the bars of |A| in a docstring from being read as a substitution."""
    for number, line in enumerate(lines):
        parts = line.split("``")
        parts[::2] = [part.replace("|", "\\|") for part in parts[::2]]
        lines[number] = "``".join(parts)


def setup(app: Sphinx) -> None:
    """Register the hooks."""
    app.connect("builder-inited", write_catalogue)
    app.connect("builder-inited", announce_page)
    app.connect("build-finished", remove_catalogue)
    app.connect("build-finished", build_page)
    app.connect("build-finished", bundle_mathjax)
    app.connect("autodoc-process-docstring", keep_norms)
