"""Modules of the numba target with loops that run in Python: tested also where numba is not installed."""

from __future__ import annotations

import sys
from types import ModuleType
from unittest.mock import patch

from symgate.numeric.load import load_module


def uncompiled(text: str, name: str) -> ModuleType:
    """The module, ``njit`` replaced by what changes nothing."""
    stand_in = ModuleType("numba")
    stand_in.njit = lambda **_options: lambda function: function  # type: ignore[attr-defined]
    with patch.dict(sys.modules, {"numba": stand_in}):
        return load_module(text, name)
