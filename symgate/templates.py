"""Documents from templates: what is a value is escaped, what is markup says so.

What comes in is the name of a template and values; what goes out is HTML, LaTeX or Markdown.  The template
"symgate.report:page.html.j2" is ``templates/page.html.j2`` among the resources of that package.  A value is text unless
it is a ``Markup`` (HTML) or a ``Source`` (LaTeX, Markdown): a name that holds ``<b>`` or ``\\input`` is printed, not
obeyed.  Templates of LaTeX and Markdown write ``<< value >>`` and ``<% for ... %>``, since braces are theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["Markup", "Source", "fill", "html"]

#: Delimiters that neither LaTeX nor Markdown uses.
_DELIMITERS: dict[str, Any] = {
    "block_start_string": "<%",
    "block_end_string": "%>",
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "comment_start_string": "<#",
    "comment_end_string": "#>",
}


class Source(str):
    """Text that is LaTeX or Markdown already, so that it is not escaped."""

    __slots__ = ()


def html(name: str, **values: Any) -> str:
    """The HTML of a template."""
    return _html().get_template(name).render(values)


def fill(name: str, escape: Callable[[str], str], **values: Any) -> str:
    """The LaTeX or Markdown of a template, every value that is not a ``Source`` passed through ``escape``."""
    return _plain(escape).get_template(name).render(values)


@cache
def _html() -> Environment:
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_load),
        keep_trailing_newline=True,
    )  # fmt: skip


@cache
def _plain(escape: Callable[[str], str]) -> Environment:
    def finalize(value: Any) -> Any:
        return value if isinstance(value, (Source, StrictUndefined)) else escape(str(value))

    made = Environment(
        autoescape=False,  # noqa: S701 - it knows HTML alone; ``finalize`` escapes every value
        finalize=finalize, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FunctionLoader(_load), keep_trailing_newline=True, **_DELIMITERS,
    )  # fmt: skip
    made.filters["source"] = Source  # for names, which are identifiers
    return made


def _load(name: str) -> str:
    """The text of a template among the resources of a package."""
    package, _, path = name.partition(":")
    return files(package).joinpath("templates", path).read_text(encoding="utf-8")
