"""Nonlinearities as written in a recurrence: ``tanh(v)``, ``sigma(s)``."""

from __future__ import annotations

from dataclasses import dataclass

from symgate.errors import ShapeError
from symgate.language.matrices import entrywise, refuse_depth
from symgate.language.nodes import Map, ScalarMap
from symgate.language.quantity import Condition, Quantity, as_quantity, describe
from symgate.nonlinearities import nonlinearity


@dataclass(frozen=True)
class Function:
    """A nonlinearity as written in a recurrence: ``tanh(v)`` acts on every entry of v, ``sigma(s)`` on a scalar."""

    name: str

    def __call__(self, argument: object) -> Quantity:
        """f applied entry by entry.

        Raises:
            ShapeError: the argument is a transposed vector.
            DefinitionError: the argument is a product of matrices.
        """
        inner = as_quantity(argument)
        if inner.row:
            raise ShapeError(
                f"{self.name}(v) acts on a scalar, a vector or a matrix entry by entry; {describe(inner)}."
            )
        if not (inner.is_scalar or inner.is_vector):
            entrywise(inner.expr)
        refuse_depth(inner.expr)
        node = ScalarMap if inner.is_scalar else Map
        return Quantity(node(self.name, 0, inner.expr))


def function(name: str) -> Function:
    """The registered nonlinearity of that name, ready to be applied.

    Raises:
        UnknownNameError: it is not in the registry.
    """
    return Function(nonlinearity(name).name)


sigma, tanh, relu = function("sigma"), function("tanh"), function("relu")
softplus, identity, sin, erf = function("softplus"), function("identity"), function("sin"), function("erf")
exp, expm1, sqrt, cos = function("exp"), function("expm1"), function("sqrt"), function("cos")
log, reciprocal, square, step = function("log"), function("reciprocal"), function("square"), function("step")
silu, gelu, gelu_tanh, mish = function("silu"), function("gelu"), function("gelu_tanh"), function("mish")
swish, elu, selu, leaky_relu = silu, function("elu"), function("selu"), function("leaky_relu")
relu6, hard_tanh, hard_sigmoid = function("relu6"), function("hard_tanh"), function("hard_sigmoid")
softsign, log_sigmoid, absolute = function("softsign"), function("log_sigmoid"), function("abs")


def maximum(left: object, right: object) -> Quantity:
    """The larger one, entry by entry: b + relu(a - b).  Numbers are added to every entry."""
    a, b = as_quantity(left), as_quantity(right)
    _fitting("maximum and minimum", a, b)
    a, b = (b, a) if a.is_scalar and a.expr.is_number else (a, b)
    return relu(a - b) if b.expr == 0 else b + relu(a - b)


def minimum(left: object, right: object) -> Quantity:
    """The smaller one, entry by entry: -max(-a, -b)."""
    return -maximum(-as_quantity(left), -as_quantity(right))


def _fitting(what: str, *quantities: Quantity) -> None:
    """Refuse quantities of different shapes; a plain number fits every one."""
    for quantity in quantities:
        if quantity.row:
            raise ShapeError(
                f"{what}: scalars, columns and matrices are compared entry by entry; {describe(quantity)}."
            )
    arrays = [quantity for quantity in quantities if not (quantity.is_scalar and quantity.expr.is_number)]
    for other in arrays[1:]:
        if other.shape != arrays[0].shape and not (what == "where" and arrays[0].is_scalar):
            raise ShapeError(
                f"{what}: equal shapes are compared entry by entry; {describe(arrays[0])}, {describe(other)}. "
                "For a scalar s write s * ones."
            )


def where(condition: Condition, left: object, right: object) -> Quantity:
    """``left`` where the condition holds, else ``right``, entry by entry: b + H(z) (.) (a - b) for z > 0.

    Raises:
        TypeError: the condition is no comparison of quantities such as ``x > 0``.
        ShapeError: the shapes differ.
    """
    if not isinstance(condition, Condition):
        raise TypeError(f"where takes a condition such as x > 0 first; found {type(condition).__name__}.")
    a, b = as_quantity(left), as_quantity(right)
    _fitting("where", condition.argument, a, b)
    a, b = (b, a) if condition.turned else (a, b)
    chosen = step(condition.argument)
    if not chosen.is_scalar and a.is_scalar and b.is_scalar:
        return chosen * (a - b) + b
    return b + chosen * (a - b) if b.expr != 0 else chosen * a
