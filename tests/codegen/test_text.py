"""What a generated module looks like: standalone, readable, the same bytes every time."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
import sympy
from sympy.matrices.expressions import MatrixSymbol

from symgate.cells import CELLS, cell
from symgate.codegen import TARGETS, source
from symgate.derive import jacobian, objects, vjp
from symgate.errors import NameRefusedError, OpaqueFunctionError, UnknownNameError, UnsupportedNodeError
from symgate.language import CellBuilder
from symgate.records import Cell, Derivation
from symgate.version import __version__

MULTI = cell("multi_gate")
J = jacobian(MULTI)
EVERY: list[Cell | Derivation] = [item for one in CELLS for item in (one, *objects(one))]


def faults(text: str) -> list[str]:
    """What a standalone module must not hold: other imports, dense diagonals, text that runs."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if (alias.name, alias.asname) != ("numpy", "np")]
        elif isinstance(node, ast.ImportFrom) and node.module != "_thread":  # a part of the interpreter
            found.append(f"from {node.module}")
        elif isinstance(node, ast.Attribute) and node.attr in {"diag", "diagflat", "eye", "identity", "kron"}:
            found.append(node.attr)
        elif isinstance(node, ast.Name) and node.id in {"eval", "exec", "compile", "__import__", "open"}:
            found.append(node.id)
    return found


@pytest.mark.sweep(25)
@pytest.mark.parametrize("subject", EVERY, ids=lambda item: item.name)
def test_a_module_imports_numpy_alone_and_forms_no_dense_diagonal(subject: Cell | Derivation) -> None:
    text = source(subject)

    assert text.isascii()
    assert faults(text) == []
    assert max(map(len, text.splitlines())) <= 140


@pytest.mark.parametrize(
    "planted",
    [
        "import scipy",
        "from numpy import linalg",
        "import numpy",
        "y = np.diag(v) @ W",
        "y = eval('1')",
        "K = np.kron(a, b)",
    ],
)
def test_the_check_of_modules_objects_to(planted: str) -> None:
    assert faults(f"import numpy as np\n{planted}\n")


def test_the_docstring_holds_equation_shapes_source_version_and_digest() -> None:
    doc = ast.get_docstring(ast.parse(source(J))) or ""

    assert "dx/dx_prev = diag(1 - g)    # retention" in doc
    assert "+ diag(g*dphi(a)) @ W_r    # drive" in doc
    assert "a_g = W_g @ x_prev + V_g @ u + b_g" in doc
    assert "W_r     (..., n, n)" in doc
    assert MULTI.source in doc
    assert f"symgate {__version__}" in doc
    assert "digest of the derivation: " in doc


def test_the_digest_follows_the_derivation() -> None:
    def digest(subject: Cell | Derivation) -> str:
        return source(subject).split("digest of the derivation: ")[1].split(".")[0]

    relu = jacobian(cell("multi_gate", phi="relu"))
    changed = replace(J, named_terms=J.named_terms[:-1])
    assert len({digest(J), digest(relu), digest(changed), digest(MULTI), digest(jacobian(MULTI, "u"))}) == 5
    assert digest(J) == digest(jacobian(MULTI))


def test_only_what_is_needed_is_computed_in_declaration_order() -> None:
    text = source(J)
    body = text[text.index("def _words(") : text.index("def multi_gate_jacobian_x_terms(")]
    assert body.index(" a = ") < body.index(" a_g = ") < body.index(" g, one_minus_g, dsigma_a_g = ")
    assert body.count("_matvec(") == 4
    assert " a_g = " not in source(jacobian(cell("plain")))
    retention = replace(J, name="only_retention", named_terms=J.named_terms[:1])
    alone = source(retention)
    assert "_sigma(-a_g)" in alone
    assert " g = " not in alone.split('"""')[2]
    assert "_tanh" not in alone


def test_the_complement_of_a_gate_is_never_a_difference() -> None:
    assert "1 - g" not in source(J).split('"""', 2)[2]
    unnamed = CellBuilder("unnamed")
    x, W = unnamed.state("x", "n"), unnamed.matrix("W", "n", "n")
    from symgate.language import sigma, tanh

    g = unnamed.let("g", sigma(W @ x), role="gate")
    unnamed.next(x, (1 - g) * x + g * tanh(W.T @ x))
    text = source(jacobian(unnamed.build()))
    assert "g, one_minus_g, dsigma = _sigma_family(pre_activation)" in text
    assert text.split("_terms(")[0].count("_matvec(W, x)") == 1


def test_free_text_cannot_leave_the_docstring() -> None:
    hostile = replace(MULTI, source='"""\nimport os; os.abort()\n"""\\ end \u00e9 "')
    text = source(replace(J, cell=hostile, source=""))
    tree = ast.parse(text)

    assert text.isascii()
    assert faults(text) == []
    assert "os.abort()" in (ast.get_docstring(tree) or "")


@pytest.mark.parametrize("name", ["x; import os", "np", "class", "a.b", "x\n", "out"])
def test_hostile_names_are_refused(name: str) -> None:
    symbol = sympy.Symbol(name, real=True)
    broken = replace(MULTI, parameters=(*MULTI.parameters, symbol))
    with pytest.raises(NameRefusedError):
        source(broken)
    with pytest.raises(NameRefusedError):
        source(replace(J, named_terms=((name, J.named_terms[0][1]),)))


def test_symbols_may_have_the_names_of_builtins_and_of_locals() -> None:
    c = CellBuilder("awkward")
    x = c.state("zip", "size")
    W, dtype, given = c.matrix("batch", "size", "size"), c.scalar("dtype"), c.vector("given", "size")
    result = c.let("result", W @ x)
    name = c.let("name", dtype * result, role="gate")
    c.next(x, name * given + x)
    text = source(jacobian(c.build()))

    import numpy as np

    from symgate.numeric.load import lambdify

    arrays = {"zip": np.ones(2), "batch": np.eye(2), "dtype": 3.0, "given": np.array([1.0, 2.0])}
    assert "zip" in text
    assert np.array_equal(lambdify(jacobian(c.build()))(**arrays), np.diag([4.0, 7.0]))


def test_an_unknown_target_names_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"Known: .*numpy"):
        source(J, "nunpy")
    assert list(TARGETS) == ["numpy", "array_api", "numba"]


def test_an_unbound_function_says_what_to_do() -> None:
    c = CellBuilder("open_cell")
    x, f = c.state("x", "n"), c.function("f")
    c.next(x, f(x))
    with pytest.raises(OpaqueFunctionError, match=r"cell\.bind\(f='tanh'\)"):
        source(c.build())
    assert "_sin" in source(c.build().bind(f="sin"))


def test_a_node_without_spelling_is_named() -> None:
    W = MatrixSymbol("W_r", *J.shape)
    with pytest.raises(UnsupportedNodeError, match="Inverse"):
        source(replace(J, named_terms=(("drive", W.I),)))


def test_unused_arguments_are_optional_and_stand_in_the_signature() -> None:
    text = source(vjp(cell("leaky"), "alpha"))
    assert "alpha: Numbers | None = None" in text
    assert "(...)" in text
    assert "not needed" in text
