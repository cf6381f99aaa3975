"""Generated source as callable functions, and as files."""

from __future__ import annotations

import importlib.util
import inspect
import linecache
import os
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, update_wrapper
from hashlib import sha256
from importlib.abc import InspectLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul

from symgate.codegen import source, suite
from symgate.derive import jacobian, results, vjp
from symgate.errors import MissingLibraryError, UnknownNameError
from symgate.files import write_atomic
from symgate.language import Signal
from symgate.proof.rocq import ROUTE, certificate, with_adjoint
from symgate.records import ONE_STEP, Cell, Derivation, Kind, add_up, vectors_only
from symgate.tex import latex


class GeneratedFunction:
    """A function of a generated module.

    Call it with keyword arguments; arguments it does not need are optional, so ``f(**everything)`` works.

    Attributes:
        source: the text of the module.
        name: the name of the function.
        arguments: the names of all arguments, ``out`` aside.
    """

    source: str
    name: str
    arguments: tuple[str, ...]

    def __init__(self, text: str, name: str) -> None:
        """Load ``text``, a generated module, and take the function ``name`` from it."""
        module = load_module(text, name)
        self._call: Callable[..., Any] = getattr(module, name)
        self._terms: Callable[..., dict[str, Any]] | None = getattr(module, f"{name}_terms", None)
        update_wrapper(self, self._call)
        self.source = text
        self.name = name
        self.arguments = tuple(word for word in inspect.signature(self._call).parameters if word != "out")
        self.__doc__ = module.__doc__

    def __call__(self, **arguments: Any) -> Any:
        """The sum of the terms, or the state after the step."""
        return self._call(**arguments)

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


def lambdify(obj: Derivation | Cell, target: str = "numpy") -> GeneratedFunction:
    """The function that a generated module holds: ``f(x=..., u=..., W_r=..., ...)``.

    Args:
        obj: a derivation, or a cell for its step.
        target: "numpy"; "array_api" for arrays of any library that follows the standard; "numba" for compiled loops.

    Returns:
        A function of keyword arguments.  States and inputs may have leading batch axes, parameters may be
        shared or batched too; all batch axes broadcast.  A Jacobian is (..., n, k), a vector-Jacobian product
        has the shape of its parameter, a step is (..., n).  The same object gives the same function.

    Raises:
        UnknownNameError: there is no such target.
        OpaqueFunctionError: a function of the cell is bound to none.
        MissingLibraryError: the target is "numba", which is not installed.
    """
    name = obj.name if isinstance(obj, Derivation) else f"{obj.name}_step"
    return _loaded(_written(obj, target), name)


def term_functions(obj: Derivation, target: str = "numpy") -> Callable[..., dict[str, Any]]:
    """A function that returns each named term by itself: ``lambdify(obj).terms``."""
    return lambdify(obj, target).terms


def export(obj: Derivation | Cell, target: str, path: str | os.PathLike[str]) -> Path:
    """Write a standalone module; the file is written whole or not at all.

    Args:
        obj: a derivation; or a cell, for all there is of it: step, Jacobian (sum and terms), J v, J' lambda, the
            gradient by each parameter, and a check of itself that ``python module.py`` runs; of several states each
            block, as jacobian_h_c(...), jacobian_times_h_c(tangent_c=...), gradient_h_U_f(lam_h=...).
        target: "numpy", "array_api" or "numba"; "rocq" writes no code but a certificate, which Coq checks.
        path: where to.

    Raises:
        UnknownNameError: there is no such target; the message names those there are.
        OutputError: the file cannot be written; an earlier one is intact.
    """
    if target == ROUTE:
        return write_atomic(path, _certified(obj))
    return write_atomic(path, whole(obj, target) if isinstance(obj, Cell) else _written(obj, target))


def _certified(obj: Derivation | Cell) -> str:
    """The certificate of a derivation, or of every derivative of one step of a cell."""
    if isinstance(obj, Derivation):
        wanted = with_adjoint(obj, results(obj.cell))
    else:
        wanted = [item for item in results(obj).values() if item.kind in ONE_STEP]
    return certificate(wanted, {item.name: latex(item) for item in wanted}, name=obj.name).text


@lru_cache(maxsize=512)
def _written(obj: Derivation | Cell, target: str) -> str:
    """The text of the module; records are frozen, so one object has one text."""
    return source(obj, target)


@lru_cache(maxsize=64)
def whole(cell: Cell, target: str = "numpy") -> str:
    """Everything of a cell as one module; of several states by their names, such as jacobian_h_c."""
    vectors_only(cell, "A module of everything of a cell")
    parts: list[tuple[str, Derivation | Cell]] = [("step", cell)]
    several = len(cell.states) > 1
    for of in cell.states:
        for by in cell.states:
            mark = f"_{of.name}_{by.name}" if several else ""
            J, own = jacobian(cell, by.name, of.name), by.name if several else ""
            parts += [(f"jacobian{mark}", J), (f"jacobian_times{mark}", times(J, own))]
            parts += [(f"transposed_times{mark}", _pull(cell, by.name, of.name))]
        mark = f"_{of.name}" if several else ""
        parts += [(f"gradient{mark}_{p.name}", _pull(cell, str(p.name), of.name)) for p in cell.parameters]
    return suite(parts, target)


def _pull(cell: Cell, wrt: str, of: str) -> Derivation:
    """The vector-Jacobian product; of several states each has a cotangent of its own, such as lam_h."""
    found = vjp(cell, wrt, of)
    if len(cell.states) == 1 or found.cotangent is None:
        return found
    own = Signal(unused(cell, f"lam_{of}"), found.cotangent.shape[0])
    terms = tuple((name, expr.xreplace({found.cotangent: own})) for name, expr in found.named_terms)
    return replace(found, cotangent=own, named_terms=terms)


def unused(cell: Cell, name: str) -> str:
    """The name, with underscores behind it where the cell has one of that name."""
    while name in cell.symbols:
        name += "_"
    return name


def times(J: Derivation, mark: str = "") -> Derivation:
    """The product J v of a Jacobian with a vector, without forming J.

    Args:
        J: a Jacobian with respect to a vector .
        mark: what the name of the tangent ends with, where there are several.

    Returns:
        A Jacobian-vector product, shape (n, 1), to generate code from; its function takes ``tangent``, (..., k).
    """
    tangent = Signal(unused(J.cell, f"tangent_{mark}" if mark else "tangent"), J.shape[1])
    terms = tuple((term, add_up([MatMul(word, tangent) for word in words(expr)])) for term, expr in J.named_terms)
    return replace(J, name=f"{J.name}_times", kind=Kind.JVP, cotangent=tangent, named_terms=terms)


def words(expr: Expr) -> tuple[Expr, ...]:
    """The summands of a term."""
    return tuple(expr.args) if isinstance(expr, MatAdd) else (expr,)


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
