"""Metadata that the build computes: the README for a package index, where relative links would lead nowhere.

In the repository a link is ``docs/proof.md`` and leads to the file.  On a package index it becomes an address of the
documentation, ``.../proof.html``, and a picture one of its ``_static`` folder; its address is in ``[project.urls]``.
Who reads it there has no copy of the source: ``pip install .`` becomes ``pip install symgate``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(\]\()([^)\s]+)(\))")


class ReadmeHook(MetadataHookInterface):
    """Sets the README of the distribution."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Put in the README with absolute links."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        site = metadata["urls"]["Documentation"]
        readme = installed(absolute(text, site), metadata["name"])
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}


def absolute(text: str, site: str) -> str:
    """The text with every relative link as an address of the documentation at ``site``."""

    def address(match: re.Match[str]) -> str:
        target = match[2]
        if "://" in target or target.startswith("#"):
            return match[0]
        return f"{match[1]}{site.rstrip('/')}/{_page(target)}{match[3]}"

    return _LINK.sub(address, text)


def installed(text: str, name: str) -> str:
    """The text with the package installed from the index, where README installs the folder in which it lies."""
    return re.sub(r"(pip install )\.(?=\s)", rf"\g<1>{name}", text)


def _page(target: str) -> str:
    """Where the documentation shows a file of the repository."""
    path, hash_, place = target.partition("#")
    if path.startswith("docs/"):
        return re.sub(r"\.md\Z", ".html", path.removeprefix("docs/")) + hash_ + place
    return f"_static/{path}"
