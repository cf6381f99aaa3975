"""Modules of the numba target with loops that run in Python: tested also where numba is not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType

from symgate.codegen import source
from symgate.numeric.load import lambdify, load_module
from symgate.records import Cell, Derivation


@contextmanager
def in_place_of_numba(module: ModuleType | None) -> Iterator[None]:
    """Another module under that name, or none; modules that are imported meanwhile stay, unlike with ``patch.dict``."""
    before = sys.modules.get("numba")
    known = "numba" in sys.modules
    sys.modules["numba"] = module  # type: ignore[assignment]
    try:
        yield
    finally:
        if known:
            sys.modules["numba"] = before  # type: ignore[assignment]
        else:
            del sys.modules["numba"]


def stand_in() -> ModuleType:
    """A module whose ``njit`` changes nothing."""
    module = ModuleType("numba")
    module.njit = lambda **_options: lambda function: function  # type: ignore[attr-defined]
    return module


def uncompiled(text: str, name: str) -> ModuleType:
    """The module, its loops in Python."""
    with in_place_of_numba(stand_in()):
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
