"""Nonlinearities as written in a recurrence: ``tanh(v)``, ``sigma(s)``."""

from __future__ import annotations

from dataclasses import dataclass

from symgate.errors import ShapeError
from symgate.language.nodes import Map, ScalarMap
from symgate.language.quantity import Quantity, as_quantity, describe
from symgate.nonlinearities import nonlinearity


@dataclass(frozen=True)
class Function:
    """A nonlinearity as written in a recurrence: ``tanh(v)`` acts on every entry of v, ``sigma(s)`` on a scalar."""

    name: str

    def __call__(self, argument: object) -> Quantity:
        """f applied entry by entry.

        Raises:
            ShapeError: the argument is a matrix or a transposed vector.
        """
        inner = as_quantity(argument)
        if not (inner.is_scalar or inner.is_vector) or inner.row:
            raise ShapeError(f"{self.name}(v) acts on a scalar or on a vector entry by entry; {describe(inner)}.")
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
