"""What leaves the package as text: standalone modules of every target, and certificates for Coq.

No array library is needed to write them; ``symgate.numeric`` loads and runs what is written here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul

from symgate.cells import as_cell, renamed
from symgate.codegen import TRAINED, source, suite
from symgate.codegen.training.pieces import WORDS
from symgate.codegen.training.plan import Names, Training, planned
from symgate.codegen.writer.program import fresh
from symgate.derive import jacobian, kronecker, results, state_jacobian, vjp
from symgate.derive.layers import chain, is_deep, reached
from symgate.derive.reverse import cotangents
from symgate.derive.whole_steps import along_states, back_to_parameters, back_to_states
from symgate.errors import NotDerivedError
from symgate.files import write_atomic
from symgate.language import Signal
from symgate.proof.rocq import ROUTE, certificate, with_adjoint
from symgate.records import ONE_STEP, Cell, Derivation, Kind, add_up
from symgate.tex import latex


def export(obj: Derivation | Cell | str, target: str, path: str | os.PathLike[str]) -> Path:
    """Write a standalone module; the file is written whole or not at all.

    Args:
        obj: a derivation; or a cell, or its name, for a complete module: step, Jacobian (sum and terms), J v, J'
            lambda, the gradient with respect to each parameter, all cotangents of a step (``step_backward``), training
            through time (``forward``, ``backward``), and a self-test that ``python module.py`` runs; for several states
            each block, as jacobian_h_c(...), jacobian_times_h_c(tangent_c=...), gradient_h_U_f(lam_h=...); for a stack
            of three or more layers ``jacobian`` of all states in one function, J v and J' lambda of all states
            (``jacobian_times``, ``transposed_times``), and ``step_backward`` for every gradient.
        target: "numpy", "array_api" or "numba" (without the functions through time); "torch" and "jax" write a
            module for training, which runs a sequence with the derived adjoint; "rocq" writes, instead of code, a
            certificate that Coq checks.
        path: the file to write.

    Raises:
        UnknownNameError: there is no such target, or it writes only whole cells; the message lists the targets.
        OutputError: the file cannot be written; an earlier file is intact.
    """
    return write_atomic(path, exported(obj if isinstance(obj, Derivation) else as_cell(obj), target))


def exported(obj: Derivation | Cell, target: str) -> str:
    """The text that :func:`export` writes."""
    if target == ROUTE:
        return _certified(obj)
    if target in TRAINED and isinstance(obj, Cell):
        return trained(obj, target)
    return whole(obj, target) if isinstance(obj, Cell) else written(obj, target)


def _certified(obj: Derivation | Cell) -> str:
    """The certificate of a derivation, or of every derivative of one step of a cell."""
    if isinstance(obj, Derivation):
        wanted = with_adjoint(obj, results(obj.cell))
    else:
        wanted = [item for item in results(obj).values() if item.kind in ONE_STEP]
    wanted = [_multiplied_out(item) for item in wanted]
    return certificate(wanted, {item.name: latex(item) for item in wanted}, name=obj.name).text


def _multiplied_out(item: Derivation) -> Derivation:
    """A derivative by named parts as it is without them; one that is not as derived stays as it is."""
    if item.kind not in {Kind.JACOBIAN, Kind.KRONECKER, Kind.VJP} or not item.definitions:
        return item
    derive = vjp if item.kind is Kind.VJP else jacobian
    names = (item.cell, str(item.wrt.name), str(item.of.name))
    return derive(*names, written_out=True) if item == derive(*names) else item


@lru_cache(maxsize=512)
def written(obj: Derivation | Cell, target: str) -> str:
    """The text of the module: of a derivation, or of the step of a cell; one object has one text."""
    return source(obj, target)


@lru_cache(maxsize=64)
def whole(cell: Cell, target: str = "numpy") -> str:
    """Everything of a cell as one module; of several states by their names, such as jacobian_h_c.

    Of a stack of three layers and more the Jacobian of all states is one function, ``jacobian``, in which each block is
    written once; ``jacobian_times`` and ``transposed_times`` take a tangent or a cotangent of every state, and the
    gradients by all parameters are those of ``step_backward``.  Loops for numba have no place for named parts that are
    matrices: there the blocks that pass one layer, and ``gradients``, those by every parameter at once.
    """
    parts: list[tuple[str, Derivation | Cell]] = [("step", cell)]
    if is_deep(cell):
        products = [("jacobian_times", along_states(cell)), ("transposed_times", back_to_states(cell))]
        if target == "numba":
            return suite([*parts, *products, ("gradients", back_to_parameters(cell)), *_factored(cell)], target)
        return suite([*parts, ("jacobian", state_jacobian(cell)), *products], target, training(cell))
    several = len(cell.states) > 1
    for of in cell.states:
        for by in cell.states:
            mark = f"_{of.name}_{by.name}" if several else ""
            parts += _products(cell, by.name, of.name, mark)
            parts += [(f"transposed_times{mark}", _pull(cell, by.name, of.name))]
        mark = f"_{of.name}" if several else ""
        parts += [(f"gradient{mark}_{p.name}", _pull(cell, str(p.name), of.name)) for p in cell.parameters]
    return suite(parts, target, training(cell))


def _factored(cell: Cell) -> Iterator[tuple[str, Derivation]]:
    """Of a stack the blocks that pass one layer at most, which have no named parts but vectors."""
    for of in cell.states:
        below = reached(cell, of.update)
        for by in cell.states:
            if by.before in below and chain(cell, of.after, of.update, by.before) is None:
                J = jacobian(cell, by.name, of.name)
                if "none" not in J.terms:
                    yield f"jacobian_{of.name}_{by.name}", J


def _products(cell: Cell, by: str, of: str, mark: str) -> Iterator[tuple[str, Derivation]]:
    """The Jacobian of one state by one, and its product with a tangent.

    Of a matrix state the Jacobian is that of its stacked columns, where there is one in the notation, and the product
    takes a tangent of the shape of the variable; the product of a vector by a matrix is left out.
    """
    several, matrices = len(cell.states) > 1, {state.name for state in cell.matrix_states}
    own = by if several else ""
    if not {by, of} & matrices:
        J = jacobian(cell, by, of, written_out=True)
        yield from ((f"jacobian{mark}", J), (f"jacobian_times{mark}", times(J, own)))
        return
    with suppress(NotDerivedError):
        yield f"jacobian{mark}", kronecker(cell, by, of)
    if of in matrices:
        yield f"jacobian_times{mark}", _along(jacobian(cell, by, of), own)


def _along(J: Derivation, mark: str) -> Derivation:
    """The action of a Jacobian under the name that its tangent has elsewhere."""
    assert J.cotangent is not None, "an action is on a change"
    tangent = Signal(unused(J.cell, f"tangent_{mark}" if mark else "tangent"), *J.cotangent.shape)
    terms = tuple((term, expr.xreplace({J.cotangent: tangent})) for term, expr in J.named_terms)
    return replace(J, name=f"{J.name}_times", cotangent=tangent, named_terms=terms)


@lru_cache(maxsize=64)
def trained(cell: Cell, target: str) -> str:
    """The module that trains a cell, for "torch" or "jax"."""
    return TRAINED[target](cell, training(_beside_words(cell), slopes=True))


def _beside_words(cell: Cell) -> Cell:
    """The cell for private functions, whose own words, such as t, are not those of its symbols."""
    known = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments), *map(str, cell.dimensions)}
    own = {name: fresh(f"{name}_value", known) for name in sorted(known & WORDS - set(map(str, cell.dimensions)))}
    return renamed(cell, **own) if own else cell


@lru_cache(maxsize=128)
def training(cell: Cell, *, slopes: bool = False) -> Training:
    """What a whole step backward of a cell needs; the cotangents have the names that they have in ``whole``."""
    pulls = {state.name: _pull(cell, state.name, state.name).cotangent for state in cell.states}
    names = Names(cell, pulls)
    return planned(cell, names, cotangents(names.flat, names.lams), slopes=slopes)


def _pull(cell: Cell, wrt: str, of: str) -> Derivation:
    """The vector-Jacobian product; of several states each has a cotangent of its own, such as lam_h."""
    found = vjp(cell, wrt, of, written_out=True)
    if len(cell.states) == 1 or found.cotangent is None:
        return found
    own = Signal(unused(cell, f"lam_{of}"), *found.cotangent.shape)
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
