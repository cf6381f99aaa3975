"""What equations say: kinds of results, relations between two sides, and whether an equation is to be proved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sympy import Expr


class Kind(Enum):
    """What a derivation is: what its left side stands for, and so what its right side must equal."""

    JACOBIAN = "jacobian"  # dx_t/dv of one step, v a vector or a scalar, numerator layout
    KRONECKER = "kronecker"  # dx_t/dvec(V) of one step, on the column-major vec of a matrix
    VJP = "vjp"  # (dx_t/dv)' lambda, of the shape of v
    JVP = "jvp"  # (dx_t/dv) tangent
    DIAGONAL = "diagonal"  # the entries dx_i/dv_i of one step, v of the size of x
    STATE_JACOBIAN = "state jacobian"  # dz_t/dz_{t-1} of all states z, in blocks
    SPLIT = "split"  # J = A + B
    TRANSPORT = "transport"  # M_{t,k} = dx_t/dx_k
    ADJOINT = "adjoint"  # lambda_k = dL/dx_k
    GRADIENT = "gradient"  # dL/dtheta
    EXPANSION = "expansion"  # M_{t,k} by orders of B
    REMAINDER = "remainder"  # a bound on what an expansion leaves out
    REST = "rest"  # what an expansion leaves out, exactly
    INFLUENCE = "influence"  # P_t = dx_t/dtheta, forward in time
    TRUNCATION = "truncation"  # the influence by orders of B
    LAG = "lag"  # Gamma_l, the part of dL/dtheta from lag l
    RATE = "rate"  # eta_{t,k}
    PRECONDITIONER = "preconditioner"  # P_{t,k}
    SCHEDULE = "schedule"  # gates as a schedule of the learning rate
    MOMENTUM = "momentum"  # gates as a heavy ball
    ADAM = "adam"  # gates as a diagonal preconditioner
    WINDOW = "learnability window"  # H_N, the lag that N samples reach
    ENVELOPE = "envelope"  # f(l), from a law of time scales


#: The kinds that are derivatives of one step with respect to one symbol.
ONE_STEP = frozenset({Kind.JACOBIAN, Kind.KRONECKER, Kind.VJP, Kind.JVP, Kind.DIAGONAL})


class Relation(Enum):
    """How the two sides of an equation are related."""

    EQUAL = "="
    APPROXIMATELY = "~"  # equal up to the error term that the derivation names
    AT_MOST = "<="


class Standing(Enum):
    """What an equation is: something to be proved, the introduction of a name, or a choice made to illustrate."""

    CLAIM = "claim"
    DEFINITION = "definition"
    EXAMPLE = "example"


@dataclass(frozen=True)
class Equation:
    """One equation that is printed with a result.

    Attributes:
        key: which equation of the result it is; a plain word that readers do not see.
        left, right: the two sides.
        relation: the relation between them.
        standing: a CLAIM is judged; a DEFINITION introduces the symbol on its left; an EXAMPLE chooses a value
            for that symbol, and other equations may say what follows.
        label: for readers only.
    """

    key: str
    left: Expr
    right: Expr
    relation: Relation = Relation.EQUAL
    standing: Standing = Standing.CLAIM
    label: str = ""


def definition(left: Expr, right: Expr) -> Equation:
    """left := right, under the name of what it defines."""
    return Equation(str(getattr(left, "name", left)), left, right, standing=Standing.DEFINITION)
