"""Modules of the numba target with loops that run in Python: tested also where numba is not installed."""

from __future__ import annotations

import sys
from functools import lru_cache
from types import ModuleType
from unittest.mock import patch

from symgate.codegen import source
from symgate.numeric.load import lambdify, load_module
from symgate.records import Cell, Derivation


def uncompiled(text: str, name: str) -> ModuleType:
    """The module, ``njit`` replaced by what changes nothing."""
    stand_in = ModuleType("numba")
    stand_in.njit = lambda **_options: lambda function: function  # type: ignore[attr-defined]
    with patch.dict(sys.modules, {"numba": stand_in}):
        return load_module(text, name)


class InPython:
    """A function of such a module, and its terms."""

    def __init__(self, obj: Derivation | Cell) -> None:
        self.name = obj.name if isinstance(obj, Derivation) else f"{obj.name}_step"
        self.source = source(obj, "numba")
        self.module = uncompiled(self.source, self.name)

    def __call__(self, **arguments: object) -> object:
        return getattr(self.module, self.name)(**arguments)

    def terms(self, **arguments: object) -> object:
        return getattr(self.module, f"{self.name}_terms")(**arguments)


@lru_cache(maxsize=64)
def function(obj: Derivation | Cell, target: str) -> object:
    """What ``lambdify`` gives; for numba, uncompiled."""
    return InPython(obj) if target == "numba" else lambdify(obj, target)
