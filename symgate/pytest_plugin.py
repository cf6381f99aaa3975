"""Keeps a paper's equations proved in its own CI: every claim of a ``claims.toml`` becomes a test.

Switch it on in ``conftest.py`` with ``pytest_plugins = ["symgate.pytest_plugin"]``, or with ``-p``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symgate.claims import Claim, load_claims
from symgate.errors import NotProvedError

#: The files that are collected.
ENDING = "claims.toml"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect ``claims.toml`` and ``*.claims.toml``."""
    if file_path.name == ENDING or file_path.name.endswith("." + ENDING):
        return ClaimsFile.from_parent(parent, path=file_path)
    return None


class ClaimsFile(pytest.File):
    """A file of claims."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test for each claim."""
        for claim in load_claims(self.path):
            yield ClaimItem.from_parent(self, name=claim.name, claim=claim)


class ClaimItem(pytest.Item):
    """One claim as a test."""

    def __init__(self, *, claim: Claim, **rest: Any) -> None:
        super().__init__(**rest)
        self.claim = claim

    def runtest(self) -> None:
        """Judge the claim.

        Raises:
            NotProvedError: the verdict is not the one that the file records.
        """
        finding = self.claim.check()
        if finding.verdict != self.claim.expect:
            raise NotProvedError(str(finding))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The finding without the traceback through this plugin."""
        if isinstance(excinfo.value, NotProvedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the claim stands."""
        return self.path, None, f"claim {self.name}"
