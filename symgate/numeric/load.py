"""Generated source as callable functions."""

from __future__ import annotations

import importlib.util
import inspect
import linecache
from collections.abc import Callable
from functools import lru_cache, partial, update_wrapper
from hashlib import sha256
from importlib.abc import InspectLoader
from types import CodeType, ModuleType
from typing import Any

from symgate.cells import as_cell
from symgate.errors import MissingLibraryError, UnknownNameError
from symgate.exporting import export, times, unused, whole, words, written
from symgate.records import Cell, Derivation


class GeneratedFunction(partial[Any]):
    """A function of a generated module; as a ``partial`` without arguments, its call costs no more than a function's.

    Call it with keyword arguments; arguments it does not need are optional, so ``f(**everything)`` works.

    Attributes:
        source: the text of the module.
        name: the name of the function.
        arguments: the names of all arguments, ``out`` aside.
    """

    source: str
    name: str
    arguments: tuple[str, ...]
    _terms: Callable[..., dict[str, Any]] | None

    def __new__(cls, text: str, name: str) -> GeneratedFunction:
        """Load ``text``, a generated module, and take the function ``name`` from it."""
        module = load_module(text, name)
        self = super().__new__(cls, getattr(module, name))
        self._terms = getattr(module, f"{name}_terms", None)
        update_wrapper(self, self.func)
        self.source = text
        self.name = name
        self.arguments = tuple(word for word in inspect.signature(self.func).parameters if word != "out")
        self.__doc__ = module.__doc__
        return self

    def terms(self, **arguments: Any) -> dict[str, Any]:
        """Each named term by itself, in the shape of the sum.

        Raises:
            UnknownNameError: this is the step of a cell, which has no named terms.
        """
        if self._terms is None:
            raise UnknownNameError(f"{self.name} has no named terms. Derived objects, such as a Jacobian, have them.")
        arguments.pop("out", None)
        return self._terms(**arguments)

    def __reduce__(self) -> tuple[Callable[[str, str], GeneratedFunction], tuple[str, str]]:
        return _loaded, (self.source, self.name)

    def __repr__(self) -> str:
        return f"<generated function {self.name}({', '.join(self.arguments)})>"


class _TextLoader(InspectLoader):
    """Loads a module from text held in memory; tracebacks and debuggers find its lines."""

    def __init__(self, text: str, filename: str) -> None:
        self._text = text
        self._filename = filename

    def get_source(self, fullname: str) -> str:
        """The text."""
        return self._text

    def get_code(self, fullname: str) -> CodeType:
        """The text, compiled under the name that ``linecache`` knows."""
        return self.source_to_code(self._text, self._filename)


def lambdify(obj: Derivation | Cell | str, target: str = "numpy") -> GeneratedFunction:
    """The function that a generated module contains: ``f(x=..., u=..., W_r=..., ...)``.

    Args:
        obj: a derivation; or a cell, or the name of a built-in cell, for its step.
        target: "numpy"; "array_api" for arrays of any library that follows the standard; "numba" for compiled loops.

    Returns:
        A function of keyword arguments.  States and inputs may have leading batch axes, parameters may be
        shared or batched too; all batch axes broadcast.  A Jacobian is (..., n, k), a vector-Jacobian product
        has the shape of its parameter, a step is (..., n).  The same object gives the same function.

    Raises:
        UnknownNameError: there is no such target.
        OpaqueFunctionError: an opaque function of the cell is not bound.
        MissingLibraryError: the target is "numba", which is not installed.
    """
    obj = obj if isinstance(obj, Derivation) else as_cell(obj)
    name = obj.name if isinstance(obj, Derivation) else f"{obj.name}_step"
    return _loaded(written(obj, target), name)


def term_functions(obj: Derivation, target: str = "numpy") -> Callable[..., dict[str, Any]]:
    """A function that returns each named term by itself: ``lambdify(obj).terms``."""
    return lambdify(obj, target).terms


@lru_cache(maxsize=512)
def _loaded(text: str, name: str) -> GeneratedFunction:
    """One function per text."""
    return GeneratedFunction(text, name)


def load_module(text: str, name: str) -> ModuleType:
    """The module of a text, through the import machinery but not in ``sys.modules``.

    Raises:
        MissingLibraryError: the module imports a library that is not installed.
    """
    filename = f"<symgate {name} {sha256(text.encode()).hexdigest()[:16]}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    loader = _TextLoader(text, filename)
    spec = importlib.util.spec_from_loader(f"symgate_generated.{name}", loader, origin=filename)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    try:
        loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise MissingLibraryError(
            f"{name} was generated for {error.name}, which is not installed; python -m pip install {error.name}"
        ) from None
    return module


#: The name under which it was known before.
_module = load_module

__all__ = [
    "GeneratedFunction",
    "export",
    "lambdify",
    "load_module",
    "term_functions",
    "times",
    "unused",
    "whole",
    "words",
]
