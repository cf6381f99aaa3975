"""Functions applied, also where the argument is left out; diag, kron, norm and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from symgate.claims.reading import operations as ops
from symgate.claims.reading.calls import CALLS, RESERVED
from symgate.claims.reading.limits import OpenNameError, UnreadableError
from symgate.claims.reading.moments import moment
from symgate.claims.reading.shapes import Value
from symgate.claims.reading.surface import Node
from symgate.language import Map, ScalarMap, T

if TYPE_CHECKING:
    from symgate.claims.reading.meaning import Meaning

#: The highest derivative of a nonlinearity that a claim may hold.
_ORDER = 4
#: Letters that stand for whatever nonlinearity a recurrence has.
_LETTERS = frozenset({"phi", "psi", "f"})


def _elided(meaning: Meaning, node: Node) -> Value:
    """The argument of a function whose argument is left out, or is a name that nothing introduces."""
    name, _ = _function(meaning, node)
    look = node.args[0].value if node.args else f"{name}(.)"
    if look in meaning.names.guesses:
        guess = meaning.names.guesses[look]
        return Value(tuple(getattr(guess, "shape", ())), lambda: guess, node.at)
    options = meaning.names.arguments.get(name, ())
    if len(options) != 1:
        known = "; ".join(f"{name}({item}) in {where}" for where, item in options) or f"{name} is not in it"
        reason = f"the argument {look!r} is not defined here, and the recurrence does not decide: {known}"
        raise OpenNameError(look, UnreadableError(reason, node.at), options)
    where, found = options[0]
    found = found.xreplace({T: _step_of(meaning, node)})
    what = f"{look} is read as" if node.args else f"the argument left out of {node.value} is"
    meaning.note(f"{what} what the recurrence applies {name} to, in {where}")
    return Value(tuple(getattr(found, "shape", ())), lambda: found, node.at)


def _step_of(meaning: Meaning, node: Node) -> sympy.Expr:
    """The step whose argument is left out: that of the name in its place, or of the sum or product around it."""
    index = node.args[0].index if node.args else None
    if index and len(index) == 1:
        return moment(index[0], meaning.names.times)
    return T if meaning.bound is None else meaning.bound


def call(meaning: Meaning, node: Node) -> Value:
    """A function, or diag, kron, norm and the like."""
    acts = node.value not in CALLS or node.value in meaning.names.functions or node.primes
    if acts and (not node.args or (node.args[0].kind == "unknown" and len(node.args) == 1)):
        arguments = [_elided(meaning, node)]
    else:
        arguments = [meaning.of(part) for part in node.args]
    if node.value in CALLS and node.value not in meaning.names.functions and not node.primes:
        count, build = CALLS[node.value]
        if count and len(arguments) != count:
            raise UnreadableError(f"{node.value} takes {count} argument{'s' * (count > 1)}", node.at)
        if meaning.names.rows and node.value == "diag" and meaning.sizes.row(arguments[0]):
            arguments = [ops.transpose(arguments[0])]
        found = build(meaning.sizes, arguments, node.at)
        return ops.transpose(found) if meaning.names.rows and node.value == "diagonal" else found
    name, order = _function(meaning, node)
    if len(arguments) != 1:
        raise UnreadableError(f"{node.value} takes one argument", node.at)
    inner = arguments[0]
    if meaning.is_matrix(inner):
        meaning.note(f"{node.value} of a matrix is read entry by entry")
    elif meaning.sizes.row(inner) and meaning.names.rows:
        column = ops.transpose(inner)
        return ops.transpose(Value(column.shape, lambda: Map(name, order, column.make()), node.at))
    elif meaning.sizes.row(inner):
        raise UnreadableError(f"{node.value} acts on columns; found {meaning.sizes.words(inner)}", node.at)
    make = ScalarMap if inner.scalar else Map
    return Value(inner.shape, lambda: make(name, order, inner.make()), node.at)


def _function(meaning: Meaning, node: Node) -> tuple[str, int]:
    """The nonlinearity and the order of its derivative: dphi, d2phi, phi'."""
    name, order, functions = node.value, node.primes, meaning.names.functions
    if name not in functions and name.startswith("d"):
        digits = name[1:2] if name[1:2].isdigit() else ""
        rest = name[1 + len(digits) :]
        if rest in functions:
            name, order = rest, order + int(digits or 1)
    if name not in functions:
        if name in meaning.names.signals or name in meaning.names.constants or name in RESERVED:
            raise UnreadableError(f"{name} is not a function; a product is written {name}*(...)", node.at)
        raise meaning.names.unknown(node.value, node.at)
    if order > _ORDER:
        raise UnreadableError(f"derivatives go up to order {_ORDER}", node.at)
    return _used(meaning, functions[name]), order


def _used(meaning: Meaning, name: str) -> str:
    """The function of the recurrence that a general letter such as phi stands for."""
    used = meaning.names.arguments
    others = [other for other in used if other not in ("sigma", "exp", "sqrt", "expm1")]
    if name not in _LETTERS or name in used or len(others) != 1 or name in meaning.names.opaque:
        return name
    meaning.note(f"{name} is read as {others[0]}, the nonlinearity of the recurrence")
    return others[0]
