"""Products over time of a dense A_j that is one product itself, written out with its scalars in front.

    A_j = s_j C_j      A_t ... A_{k+1} = (prod_j s_j) C_t ... C_{k+1},      s^{t-k} where s is constant

So the drive split of the leaky integrator reads alpha^{t-k} prod_j diag(phi'(a_j)) W_r.  A sum of several products,
a block matrix of several states and the action on a matrix state keep the name A_j.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, Identity, KroneckerProduct, MatAdd, MatrixExpr

from symgate.calculus.display import scaled
from symgate.derive.runs import DENSE, Kept, sum_over
from symgate.language import T
from symgate.language.matrices import parted
from symgate.language.sequences import I, K, OrderedProduct, at, depends_on_time
from symgate.language.sequences import J as INDEX
from symgate.records import add_up


@dataclass(frozen=True)
class Written(Kept):
    """A dense kept part A_j = s_j C_j.

    Attributes:
        body: C at time t; ``value`` is the scalar s.
    """

    body: MatrixExpr | None = None

    def run(self, lower: Expr, upper: Expr) -> tuple[Expr, list[MatrixExpr]]:
        """The product of the scalars, and the ordered product of the C_j."""
        return self.scalar_run(lower, upper), [OrderedProduct(at(self.body, INDEX), INDEX, lower, upper)]


def written(part: Kept, A: MatrixExpr) -> Kept:
    """The kept part with its products written out, where A is one product that changes from step to step."""
    if part.kind != DENSE or isinstance(A, (MatAdd, BlockMatrix)) or A.has(KroneckerProduct):
        return part
    scalar, matrices = parted(A)
    body = scaled(sympy.S.One, *matrices)
    return Written(DENSE, scalar, part.size, body=body) if depends_on_time(body) else part


def first_order(part: Written, B: MatrixExpr) -> MatrixExpr:
    """sum_i (prod_{j>i} A_j) B_i (prod_{j<i} A_j), one sum for each term of B, its scalars in front."""
    found = []
    (later, after), (earlier, before) = part.run(I + 1, T), part.run(K + 1, I - 1)
    for term in B.args if isinstance(B, MatAdd) else (B,):
        scalar, matrices = parted(at(term, I))
        inner = [item for item in matrices if not isinstance(item, Identity)]
        found.append(sum_over(scaled(later * scalar * earlier, *after, *inner, *before), I, K + 1, T))
    return add_up(found)
