"""What was once accepted and should not have been, or refused and is true: each with three variations.

``{truth}`` in a claim stands for the object as it is printed. A claim may also be a function of the object's
expression.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy.matrices import expressions as me

from symgate.cells import cell, renamed
from symgate.language import CellBuilder, Dot, Map, Signal, exp, identity, sigma, sin, softplus, tanh
from symgate.language.sequences import LAST, MatrixSum
from symgate.records import Cell

PRIME = "(2305843009*1000000000+213693951)"
#: 2^31 - 1, 2^61 - 31 = 2305843009213693921, 2^64 - 59 = 18446744073709551557.
OTHER = "(2147483647*(2305843009*1000000000+213693921)*(18446744073*1000000000+709551557))"
K_ = LAST  # the last step


@dataclass(frozen=True)
class Attack:
    """A claim about an object.

    Attributes:
        kind: the kind of hole.
        cell: a cell, or the name of a built-in one.
        name: the object.
        claim: text, or a function that makes the claim of the object's expression.
        true: whether it is.
        visible: whether the oracle can see it at its usual sizes and times.
        sizes: values of n at which it can be seen.
        light: whether it must end within 5 s of processor time and 500 MB.
    """

    kind: str
    cell: Cell | str
    name: str
    claim: str | Callable[[Any], Any]
    true: bool = False
    visible: bool = True
    sizes: tuple[int, ...] = ()
    light: bool = False

    def __str__(self) -> str:
        cell = self.cell if isinstance(self.cell, str) else self.cell.name
        shown = self.claim if isinstance(self.claim, str) else self.claim.__name__
        return f"{self.kind}: {cell} {self.name}: {shown}"


def _cell(write: Callable[[CellBuilder], None]) -> Cell:
    builder = CellBuilder(write.__name__.strip("_"), source="an attack")
    write(builder)
    return builder.build()


@_cell
def scaled(c: CellBuilder) -> None:
    """x_t = phi(s W x + V u)."""
    x, u, s = c.state("x", "n"), c.input("u", "m"), c.scalar("s")
    W, V, phi = c.matrix("W", "n", "n"), c.matrix("V", "n", "m"), c.function("phi", default="tanh")
    a = c.let("a", s * (W @ x) + V @ u)
    c.next(x, phi(a))


def _misnamed(write: Callable[[CellBuilder], None]) -> Cell:
    """A record whose functions bear the names of registered ones; a builder refuses to make it."""
    cell, names = _cell(write), {"f_1": "tanh", "f_2": "sigma"}

    def under(expr: Any) -> Any:
        return expr.replace(
            lambda node: isinstance(node, Map) and node.function in names,
            lambda node: Map(names[node.function], node.order, node.argument),
        )

    return replace(
        cell,
        assignments=tuple(replace(item, expr=under(item.expr)) for item in cell.assignments),
        states=tuple(replace(state, update=under(state.update)) for state in cell.states),
        functions=tuple((names.get(name, name), bound) for name, bound in cell.functions),
    )


@_misnamed
def renamed_functions(c: CellBuilder) -> None:
    """A function called tanh that is sin, and one called phi that is tanh."""
    x, u, W, V = c.state("x", "n"), c.input("u", "m"), c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
    false_tanh, phi = c.function("f_1", default="sin"), c.function("phi", default="tanh")
    a = c.let("a", W @ x + V @ u)
    c.next(x, false_tanh(a) + phi(x))


@_misnamed
def swapped_functions(c: CellBuilder) -> None:
    """A function called sigma that is tanh, and one called tanh that is sigma."""
    x, u, W, V = c.state("x", "n"), c.input("u", "m"), c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
    false_sigma, false_tanh = c.function("f_2", default="tanh"), c.function("f_1", default="sigma")
    a = c.let("a", W @ x + V @ u)
    g = c.let("g", false_sigma(V @ u + x), role="gate")
    c.next(x, g * x + (1 - g) * false_tanh(a))


@_cell
def with_eta(c: CellBuilder) -> None:
    """Parameters called eta and epsilon."""
    x, u, W, V = c.state("x", "n"), c.input("u", "m"), c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
    eta, epsilon = c.scalar("eta"), c.scalar("epsilon")
    a = c.let("a", W @ x + V @ u)
    c.next(x, (1 - eta) * x + epsilon * tanh(a))


@_cell
def letters(c: CellBuilder) -> None:
    """Intermediates called J, A and B."""
    x, u, W, V = c.state("x", "n"), c.input("u", "m"), c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
    J = c.let("J", W @ x + V @ u)
    A = c.let("A", sigma(J), role="gate")
    B = c.let("B", tanh(J))
    c.next(x, (1 - A) * x + A * B)


#: Over many steps eta, epsilon, J, A and B have a meaning; a cell that uses the names is renamed first.
_OWN = renamed(with_eta, eta="eta_own", epsilon="eps_own")
_LETTERS = renamed(letters, J="j_own", A="a_own", B="b_own")


@_cell
def linear(c: CellBuilder) -> None:
    """x_t = id(W x + V u): plain with the identity."""
    x, u, W, V = c.state("x", "n"), c.input("u", "m"), c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
    a = c.let("a", W @ x + V @ u)
    c.next(x, identity(a))


@_cell
def smooth(c: CellBuilder) -> None:
    """Functions with derivatives that other functions are."""
    x, u, W, V = c.state("x", "n"), c.input("u", "m"), c.matrix("W", "n", "n"), c.matrix("V", "n", "m")
    a = c.let("a", W @ x + V @ u)
    c.next(x, softplus(a) + sin(x) + exp(x))


def _hidden(N: str, roots: tuple[int, ...], what: str = "W_r") -> str:
    return "{truth} + " + "*".join(f"({N}-{root})" for root in roots) + f"*{what}"


def _falling(first: int) -> str:
    return "*".join(f"(t-k-{q})" for q in range(first)).replace("-0)", ")")


def _covariance(a: str, b: str, weight: str, where: str = "range(k+1, t+1)", times: str = "eye") -> str:
    sums = f"(sum({a} for i in {where})*sum({b} for i in {where}) - sum(({a})*({b}) for i in {where})*sum(1 for i in {where}))"  # noqa: E501
    return "{truth} + " + f"{weight}*{sums}*{times}"


def _sum_to(limit: Any, lower: Any = 1) -> Callable[[Any], Any]:
    def bounded(truth: Any) -> Any:
        return MatrixSum(truth.body, truth.index, lower, limit)

    return bounded


N_SYMBOL = sympy.Symbol("n", integer=True, positive=True)
M_SYMBOL = sympy.Symbol("m", integer=True, positive=True)
_S = sympy.Symbol("s", real=True)


def _two_alphabets(f: str, order: int, factor: Any = 1) -> Callable[[Any], Any]:
    """1_n' f(s 1_n) - 1_m' f(s 1_m), which is (n - m) f(s)."""

    def two_alphabets(truth: Any) -> Any:
        one, other = me.OneMatrix(N_SYMBOL, 1), me.OneMatrix(M_SYMBOL, 1)
        gap = Dot(one, Map(f, order, me.MatMul(_S, one))) - Dot(other, Map(f, order, me.MatMul(_S, other)))
        return me.MatAdd(truth, me.MatMul(factor * gap, truth))

    return two_alphabets


def _product_of_sums(truth: Any) -> Any:
    """(n - m)^2 written with dots."""
    one, other = me.OneMatrix(N_SYMBOL, 1), me.OneMatrix(M_SYMBOL, 1)
    return me.MatAdd(truth, me.MatMul((Dot(one, one) - Dot(other, other)) ** 2, truth))


_N = "id(dot(did(b), did(b)))"
_NM = "id(dot(ones+0*kron(u,b), ones))"
_ROOTS = (1, 2, 3, 5, 8, 32)

FALSE: tuple[Attack, ...] = (
    # limits of a gradient's sum
    Attack(
        "limits",
        "mgu",
        "gradient:b_f",
        "{truth} + sum(lam[k] for k in range(6,T+1)) + sum(-lam[k] for k in range(7,T+1))",
    ),
    Attack("limits", "leaky", "gradient:b", _sum_to(sympy.Min(K_, 4))),
    Attack("limits", "leaky", "gradient:W_r", _sum_to(K_, sympy.Max(1, K_ - 4))),
    Attack(
        "limits",
        "plain",
        "gradient:b",
        "{truth} + sum(lam[i] for i in range(5,T+1)) - sum(lam[j] for j in range(4,T)) + lam[4] - lam[T] + lam[5] - lam[6]",  # noqa: E501
    ),
    Attack(
        "limits",
        "multi_gate",
        "gradient:b_g",
        "{truth} + sum(sum(lam[i] for i in range(k+5,T+1)) for k in range(1,T+1)) - sum(sum(lam[i] for i in range(k+6,T+1)) for k in range(1,T+1))",  # noqa: E501
    ),
    Attack(
        "limits",
        "plain",
        "transport",
        "{truth} + sum(J[i] for i in range(k+6,t+1)) - sum(J[i] for i in range(k+7,t+1))",
    ),
    Attack("limits", "plain", "gradient:b", "sum(dphi(a[k])*lam[k] for k in range(1,T)) + 0*lam[T]"),
    # indices of factors that do not fit the range
    Attack("shifted factors", "plain", "transport", "matprod(diag(1-tanh(a[s+1])**2) @ W_r for s in range(t,k,-1))"),
    Attack("shifted factors", "plain", "transport", "matprod(diag(1-x[s+1]**2) @ W_r for s in range(t,k-1,-1))"),
    Attack("shifted factors", "plain", "transport", "matprod(diag(1-x[s]**2) @ W_r for s in range(t-1,k-1,-1))"),
    # one prime
    Attack("one prime", "plain", "transport", f"({PRIME}+1)*(J[t] @ ... @ J[k+1])"),
    Attack("one prime", "plain", "transport", f"J[t] @ ... @ J[k+1] + {PRIME}*eye"),
    Attack("one prime", "leaky", "rate:drive", f"eta*({PRIME}+alpha)**(t-k)"),
    Attack("one prime", "plain", "adjoint", "{truth} + (1152921504*1000000000+606846976 - 1/2)*lam[k+1]"),
    Attack("one prime", "plain", "jacobian", "{truth} + " + f"{PRIME}*W_r"),
    Attack("one prime", "plain", "transport", "{truth} + " + f"{PRIME}*{OTHER}*eye"),
    Attack("one prime", "leaky", "expansion:retention:1", "{truth} + " + f"{PRIME}*{PRIME}*epsilon*W_r"),
    Attack("one prime", "leaky", "gradient:alpha", "{truth} + " + f"{OTHER}*alpha*{PRIME}"),
    Attack("one prime", "leaky", "preconditioner", f"(1 - alpha + {PRIME})**(t-k)*eye"),
    # generic sums
    Attack("generic sums", "plain", "transport", _covariance("a[i].T @ b", "a[i].T @ a[i]", _falling(5)), visible=True),
    Attack("generic sums", "plain", "transport", _covariance("a[i].T @ b", "b.T @ x[i]", "(t-k)"), visible=True),
    Attack(
        "generic sums",
        "leaky",
        "expansion:retention:0",
        _covariance("a[i].T @ b", "x[i].T @ x[i]", _falling(3), "range(k+1, t+1)", "eye"),
    ),
    Attack(
        "generic sums",
        "plain",
        "gradient:W_r",
        _covariance("lam[i].T @ b", "lam[i].T @ a[i]", "(T-1)*(T-2)*(T-3)*(T-4)", "range(1, T+1)", "W_r"),
    ),
    # functions that are evaluated
    Attack("evaluated functions", "plain", "jacobian", _hidden(_N, _ROOTS), sizes=(4, 6)),
    Attack("evaluated functions", "plain", "jacobian", _hidden("dot(did(b), ones)", (*_ROOTS, 4, 6)), sizes=(7,)),
    Attack(
        "evaluated functions", "leaky", "jacobian", _hidden("id(id(dot(did(a), did(id(b)))))", (1, 2, 3, 4)), sizes=(5,)
    ),
    Attack(
        "evaluated functions",
        "plain",
        "vjp:b",
        _hidden("id(id(dot(did(a), ones)))", (1, 2, 3, 4, 5), "lam"),
        sizes=(6,),
    ),
    Attack("evaluated functions", "plain", "transport", _hidden(_N, (1, 2, 3, 4)), sizes=(5,)),
    # composite sizes
    Attack("composite sizes", "plain", "jacobian", _hidden(_NM, _ROOTS), sizes=(4,)),
    Attack(
        "composite sizes",
        "plain",
        "jacobian",
        _hidden("dot(did(kron(u,b)), did(kron(u,b)))", (6, 2, 3, 4, 8)),
        sizes=(5,),
    ),
    Attack(
        "composite sizes",
        "plain",
        "jacobian",
        _hidden("dot(did(kron(b,b)), did(kron(b,b)))", (1, 4, 9, 16)),
        sizes=(5,),
    ),
    Attack(
        "composite sizes",
        "plain",
        "jacobian",
        _hidden("dot(did(kron(u,u,b)), did(kron(b,u,u)))", (12, 18, 16, 4)),
        sizes=(5,),
    ),
    # two alphabets
    Attack("two alphabets", scaled, "jacobian", _two_alphabets("phi", 0)),
    Attack("two alphabets", scaled, "jacobian", _two_alphabets("sigma", 1)),
    Attack("two alphabets", scaled, "vjp:W", _two_alphabets("tanh", 0, N_SYMBOL)),
    Attack("two alphabets", scaled, "jacobian", _product_of_sums),
    Attack("two alphabets", scaled, "transport", _two_alphabets("phi", 0)),
    # names of functions
    Attack("names of functions", renamed_functions, "jacobian", "diag(dphi(a)) @ W + diag(dphi(x_prev))"),
    Attack("names of functions", renamed_functions, "jacobian", "diag(1 - tanh(a)**2) @ W + diag(dphi(x_prev))"),
    Attack("names of functions", renamed_functions, "jacobian", "diag(dtanh(a)) @ W + diag(dtanh(x_prev))"),
    Attack(
        "names of functions",
        swapped_functions,
        "gradient:V",
        lambda truth: truth.replace(
            lambda e: isinstance(e, Map) and e.order == 1 and e.function == "sigma",
            lambda e: me.HadamardProduct(
                Map("sigma", 0, e.argument),
                me.MatAdd(me.OneMatrix(*e.shape), me.MatMul(-1, Map("sigma", 0, e.argument))),
            ),
        ),
    ),
    Attack(
        "names of functions",
        swapped_functions,
        "transport",
        lambda truth: truth.func(Signal("J", N_SYMBOL, N_SYMBOL, truth.index + 1), *truth.args[1:]),
    ),
    # relations and proxies: the rate of a multi gate is no equation
    Attack(
        "times shifted",
        "multi_gate",
        "adjoint",
        "delta[k] + (1 - g[k])*lam[k+1] + W_r.T @ (g[k+1]*dphi(a[k+1])*lam[k+1]) + W_g.T @ (dsigma(a_g[k+1])*(phi(a[k+1]) - x[k])*lam[k+1])",  # noqa: E501
    ),
    Attack("times shifted", "plain", "transport", "J[t] @ J[t-1] @ ... @ J[k+2] @ J[k]"),
    Attack("times shifted", "plain", "transport", "matprod(diag(1-x[j-1]**2) @ W_r for j in range(t,k,-1))"),
    Attack("times shifted", "plain", "transport", "J[t] @ matprod(J[j] for j in range(t-1,k,-1))"),
)

TRUE: tuple[Attack, ...] = (
    Attack("value rules in time", "plain", "transport", "matprod(diag(1-x[j]**2) @ W_r for j in range(t,k,-1))", True),
    Attack(
        "value rules in time", "plain", "transport", "matprod(diag(1-phi(a[i])**2) @ W_r for i in range(t,k,-1))", True
    ),
    Attack(
        "value rules in time",
        "plain",
        "transport",
        "matprod(diag(1-tanh(a[s+1])**2) @ W_r for s in range(t-1,k-1,-1))",
        True,
    ),
    Attack(
        "shifted factors", "plain", "transport", "matprod(diag(1-x[s+2]**2) @ W_r for s in range(t-2,k-2,-1))", True
    ),
    Attack(
        "shifted factors", "plain", "transport", "matprod(diag(dphi(a[s-1])) @ W_r for s in range(t+1,k+1,-1))", True
    ),
    Attack(
        "value rules in time",
        "multi_gate",
        "gradient:b_g",
        "sum(g[k]*(1-g[k])*(phi(a[k]) - x[k-1])*lam[k] for k in range(1,T+1))",
        True,
    ),
    Attack(
        "value rules in time",
        "multi_gate",
        "adjoint",
        "delta[k] + (1 - g[k+1])*lam[k+1] + W_r.T @ (g[k+1]*(1-phi(a[k+1])**2)*lam[k+1]) + W_g.T @ (g[k+1]*(1-g[k+1])*(phi(a[k+1]) - x[k])*lam[k+1])",  # noqa: E501
        True,
    ),
    Attack("index names", "plain", "gradient:W_r", "sum((dphi(a[i])*lam[i]) @ x[i-1].T for i in range(1,T+1))", True),
    Attack("index names", "plain", "gradient:b", "sum(dphi(a[t])*lam[t] for t in range(1,T+1))", True),
    Attack("index names", "plain", "gradient:b", "sum(dphi(a[s+3])*lam[s+3] for s in range(-2,T-2))", True),
    Attack(
        "index names", "plain", "gradient:b", "sum(dphi(a[j])*lam[j] for j in range(1,T)) + dphi(a[T])*lam[T]", True
    ),
    Attack(
        "factors in front",
        "leaky",
        "gradient:W_r",
        "alpha*sum((dphi(a[k])*lam[k]) @ x[k-1].T for k in range(1, T+1))",
        True,
    ),
    Attack("factors in front", "leaky", "gradient:b", "2*alpha*sum(dphi(a[i])*lam[i]/2 for i in range(1, T+1))", True),
    Attack(
        "factors in front",
        "leaky",
        "adjoint",
        "delta[k] + (1 - alpha)*lam[k+1] + W_r.T @ (dphi(a[k+1])*lam[k+1]*1)*alpha",
        True,
    ),
    Attack(
        "factors in front",
        "leaky",
        "expansion:retention:1",
        "(1-alpha)**(t-k)*eye + epsilon*alpha*(1-alpha)**(t-k-1)*sum(diag(dphi(a[i])) for i in range(k+1,t+1)) @ W_r",
        True,
    ),
    Attack(
        "scalar parameters",
        "leaky",
        "gradient:alpha",
        "sum(lam[k].T @ (phi(a[k]) - x[k-1]) for k in range(1, T+1))",
        True,
    ),
    Attack(
        "scalar parameters",
        "leaky",
        "gradient:alpha",
        "sum(lam[i].T @ phi(a[i]) for i in range(1, T+1)) - sum(lam[i+1].T @ x[i] for i in range(0, T))",
        True,
    ),
    Attack(
        "scalar parameters",
        "scalar_gate",
        "gradient:b_g",
        "sum(g[k]*(1-g[k])*(lam[k].T @ (phi(a[k]) - x[k-1])) for k in range(1, T+1))",
        True,
    ),
    Attack(
        "scalar parameters",
        "leaky",
        "gradient:alpha",
        "sum(sum((M[t,k].T @ delta[t]).T @ (phi(a[k]) - x[k-1]) for k in range(1,t+1)) for t in range(1,T+1))",
        True,
    ),
    Attack(
        "triangles",
        "plain",
        "gradient:b",
        "sum(sum(dphi(a[k])*(M[t,k].T @ delta[t]) for k in range(1,t+1)) for t in range(1,T+1))",
        True,
    ),
    Attack(
        "triangles",
        "plain",
        "gradient:b",
        "sum(sum(dphi(a[k])*(M[t,k].T @ delta[t]) for t in range(k,T+1)) for k in range(1,T+1))",
        True,
    ),
    Attack(
        "triangles",
        "plain",
        "gradient:W_r",
        "sum((dphi(a[k])*sum(M[s,k].T @ delta[s] for s in range(k,T+1))) @ x[k-1].T for k in range(1,T+1))",
        True,
    ),
    Attack("adjoints of states", "lstm", "adjoint", "{truth}", True),
    Attack("adjoints of states", "lstm_peephole", "adjoint", "{truth}", True),
    Attack("adjoints of states", renamed(cell("cornn"), epsilon="damping"), "adjoint", "{truth}", True),
    Attack("adjoints of states", "lstm", "gradient:U_f", "{truth}", True),
    Attack("reserved names", with_eta, "jacobian", "{truth}", True),
    Attack("reserved names", _OWN, "transport", "{truth}", True),
    Attack("reserved names", _OWN, "expansion:retention:1", lambda truth: truth, True),
    Attack("reserved names", _OWN, "rate:retention", lambda truth: truth, True),
    Attack("letters", letters, "jacobian", "{truth}", True),
    Attack("letters", letters, "vjp:W", "{truth}", True),
    Attack("letters", _LETTERS, "gradient:W", lambda truth: truth, True),
    Attack("letters", _LETTERS, "adjoint", lambda truth: truth, True),
    Attack("identity", linear, "jacobian", "W", True),
    Attack("identity", linear, "transport", "matprod(W for j in range(t,k,-1))", True),
    Attack("identity", linear, "gradient:V", "sum(lam[k] @ u[k].T for k in range(1,T+1))", True),
    Attack("identity", linear, "vjp:W", "lam @ x_prev.T", True),
    Attack(
        "relations of functions", smooth, "jacobian", "diag(sigma(a)) @ W + diag(cos(x_prev)) + diag(exp(x_prev))", True
    ),
    Attack(
        "relations of functions",
        "multi_gate",
        "jacobian",
        "diag(1-g) + diag(g*(1-tanh(a)**2)) @ W_r + diag(sigma(a_g)*sigma(-a_g)*(tanh(a) - x_prev)) @ W_g",
        True,
    ),
    Attack("relations of functions", "plain", "jacobian", "diag(1-(2*sigma(2*a)-1)**2) @ W_r", True),
    Attack(
        "relations of functions",
        "plain",
        "transport",
        "matprod(diag(1-(2*sigma(2*a[j])-1)**2) @ W_r for j in range(t,k,-1))",
        True,
    ),
)


def _chain(count: int, what: str = "W_r") -> str:
    return "{truth} + " + " @ ".join([what] * count) + " - " + " @ ".join([what] * count)


def _many_terms(truth: Any) -> Any:
    """A sum of a thousand different products, added and subtracted."""
    b = me.MatrixSymbol("b", N_SYMBOL, 1)
    terms = [me.MatMul(sympy.Integer(q), Dot(b, b) ** (q % 7), truth) for q in range(1, 200)]
    return me.MatAdd(truth, *terms, *(me.MatMul(-1, term) for term in terms))


def _power_of_sum(truth: Any) -> Any:
    """(b'b + a'a + 1)^16 - the same."""
    b = me.MatrixSymbol("b", N_SYMBOL, 1)
    a = Signal("a", N_SYMBOL)
    base = Dot(b, b) + Dot(a, a) + Dot(a, b) + 1
    return me.MatAdd(truth, me.MatMul(base**16, truth), me.MatMul(-1, base**16, truth))


_CUBE = "(kron(b,b,b).T @ kron(W_r,W_r,W_r) @ kron(b,b,b) - (b.T@W_r@b)**3)*eye"
LIGHT: tuple[Attack, ...] = (
    Attack("Kronecker powers", "plain", "jacobian", "{truth} + " + _CUBE, True, light=True),
    Attack(
        "Kronecker powers",
        "plain",
        "jacobian",
        "{truth} + kron(b,b,b,b).T @ kron(b,b,b,b)*W_r - (b.T@b)**4*W_r",
        True,
        light=True,
    ),
    Attack(
        "Kronecker powers",
        "plain",
        "jacobian",
        "{truth} + (kron(b,b).T @ kron(W_r,W_r).T @ kron(a,b))*eye - (b.T@W_r.T@a)*(b.T@W_r.T@b)*eye",
        True,
        light=True,
    ),
    Attack(
        "Kronecker powers",
        "plain",
        "jacobian",
        "{truth} + (kron(b,b,b).T @ kron(W_r,W_r,W_r) @ kron(b,b,b) - (b.T@W_r@b)**2)*eye",
        False,
        light=True,
    ),
    Attack(
        "long sums",
        "plain",
        "transport",
        "{truth} + sum(eye for i in range(0,9999)) - sum(eye for i in range(0,9999))",
        True,
        light=True,
    ),
    Attack("long sums", "plain", "transport", "{truth} + sum(eye for i in range(0,9999)) - 9999*eye", True, light=True),
    Attack(
        "long sums",
        "plain",
        "transport",
        "{truth} + sum(sum(eye for i in range(0,9999)) for j in range(0,9999)) - 99980001*eye",
        True,
        light=True,
    ),
    Attack(
        "long sums", "plain", "transport", "{truth} + sum(eye for i in range(0,9999)) - 9998*eye", False, light=True
    ),
    Attack("long chains", "plain", "jacobian", _chain(60), True, light=True),
    Attack("long chains", "plain", "jacobian", _chain(60, "(W_r + W_r.T)"), True, light=True),
    Attack("long chains", "plain", "jacobian", _chain(20, "(W_r + diag(b) @ W_r.T)"), True, light=True),
    Attack(
        "long chains",
        "plain",
        "transport",
        "{truth} + matprod(J[j] for j in range(60,0,-1)) - matprod(J[j] for j in range(60,0,-1))",
        True,
        light=True,
    ),
    Attack("many terms", "plain", "jacobian", _many_terms, True, light=True),
    Attack("many terms", "plain", "jacobian", _power_of_sum, True, light=True),
    Attack("many terms", "lstm", "h/h", _chain(30, "(U_f + U_i + U_g)"), True, light=True),
    Attack(
        "many terms", "plain", "jacobian", "{truth} + (1+b.T@b)**16*(1+a.T@a)**16*(1+a.T@b)**16*W_r", False, light=True
    ),
)
