"""Differentials of matrix expressions of symbolic size, and their normal form.  Knows node types, no models."""

from symgate.calculus.display import matrix_expr
from symgate.calculus.normal import IDENTITY, NOTHING, Words, add, equal, normal_form
from symgate.calculus.pullback import pulled_back
from symgate.calculus.rules import Variable, differential

__all__ = [
    "IDENTITY",
    "NOTHING",
    "Variable",
    "Words",
    "add",
    "differential",
    "equal",
    "matrix_expr",
    "normal_form",
    "pulled_back",
]
