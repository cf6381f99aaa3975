"""A cell from its equations is the cell that the builder makes: built-in ones, drawn ones, every spelling of time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import symgate as sg
from symgate.cells import LIBRARY
from symgate.claims import UnreadableError, read_cell, read_recurrence
from symgate.claims.judging.diagnosis import Point
from symgate.claims.reading.limits import LONGEST
from symgate.errors import DefinitionError, SymgateError
from symgate.notation import Notation
from tests.drawn import examples
from tests.strategies import cells

ELMAN = sg.text(read_cell(r"h_t = \tanh(W h_{t-1} + U x_t + b)"))
ELMAN_TEX = r"h_t = \tanh(W h_{t-1} + U x_t + b)"


def sizes_of(cell: sg.Cell) -> dict[str, object]:
    """The sizes of every symbol, as ``read_cell`` takes them."""
    found: dict[str, object] = {}
    for symbol in cell.symbols.values():
        shape = [int(size) if size.is_Integer else str(size) for size in getattr(symbol, "shape", ()) if size != 1]
        found[str(symbol.name)] = tuple(shape) if shape else "scalar"
    return found


def same(read: sg.Cell, cell: sg.Cell) -> bool:
    """Whether every equation that was read is that of the cell, as written or by its value at a random point."""
    point = None
    for symbol, expr in read.definitions.items():
        wanted = cell.definitions.get(symbol)
        if wanted is None:
            return False
        if wanted != expr:
            point = point or Point(sg.objects(cell)[0])
            if point.residue(wanted) != point.residue(expr):
                return False
    return all(state.after in read.definitions for state in cell.states)


@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_every_built_in_cell_is_read_from_the_latex_that_it_prints(cell: sg.Cell) -> None:
    names = [state.name for state in cell.states]
    usual = {str(size) for size in cell.dimensions} <= {"n", "m"}
    alike = len({state.after.shape[0] for state in cell.states}) == 1
    sizes = {} if usual and alike else sizes_of(cell)
    own = Notation(names=tuple((shown, name) for name, shown in cell.written))
    read = read_cell(sg.latex(cell), cell.name, sizes, states=names, notation=own)
    assert same(read, cell)
    assert set(read.symbols) == set(cell.symbols)


@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_every_built_in_cell_is_read_from_its_plain_text(cell: sg.Cell) -> None:
    names, inputs = [state.name for state in cell.states], [str(item.name) for item in cell.inputs]
    assert same(read_cell(sg.text(cell), cell.name, sizes_of(cell), states=names, inputs=inputs), cell)


@given(cell=cells())
@settings(max_examples=examples(60), deadline=None)
def test_drawn_cells_are_read_from_the_latex_that_they_print(cell: sg.Cell) -> None:
    if len(sg.latex(cell)) > LONGEST:
        return
    read = read_cell(sg.latex(cell), cell.name, sizes_of(cell), states=["x"])
    assert same(read, cell)


def test_a_wrong_equation_is_not_taken_for_the_cell() -> None:
    """The comparison of these tests sees an error that is planted."""
    cell = sg.cell("gru")
    wrong = sg.latex(cell).replace(r"\mathbf{U}_{z}\mathbf{x}_{t-1}", r"\mathbf{U}_{r}\mathbf{x}_{t-1}")
    assert wrong != sg.latex(cell)
    assert not same(read_cell(wrong, "gru", sizes_of(cell) | {}), cell)


SPELLINGS = [
    r"h^{(t)} = \tanh(W h^{(t-1)} + U x^{(t)} + b)",
    r"h^{t} = \tanh(W h^{t-1} + U x^{t} + b)",
    r"h^{\langle t\rangle} = \tanh(W h^{\langle t-1\rangle} + U x^{\langle t\rangle} + b)",
    r"h(t) = \tanh(W h(t-1) + U x(t) + b)",
    r"h[t] = \tanh(W h[t-1] + U x[t] + b)",
    r"h_{t+1} = \tanh(W h_t + U x_t + b)",
    r"h_{k} = \tanh(W h_{k-1} + U x_{k} + b)",
    r"\begin{align*} h_t &= \tanh(a_t), \\ a_t &= W h_{t-1} + U x_t + b. \end{align*}",
    r"\mathbf{h}_t = \tanh\left(\mathbf{W}\mathbf{h}_{t-1} + \mathbf{U}\mathbf{x}_t + \mathbf{b}\right)",
    r"h_t = \tanh(W \cdot h_{t-1} + U \times x_t + b)",
    "h_t = tanh(W h_{t-1} + U x_t + b)",
    "h[t] = tanh(W @ h[t-1] + U @ x[t] + b)",
    "h = tanh(W @ h_prev + U @ x + b)",
    r"$$h_t = \mathrm{tanh}(W h_{t-1} + U x_t + b),$$",
    r"h_t = \tanh(W h_{t-1} + U x_t + b), \quad \text{where } h_0 \text{ is given}",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_spellings_of_time_give_the_same_cell(text: str) -> None:
    found = sg.text(read_cell(text))
    assert found in (ELMAN, "a = W @ h_prev + U @ x + b\nh = tanh(a)")


def test_concatenations_are_split_into_blocks_with_names() -> None:
    for stack in (
        r"[h_{t-1}, x_t]",
        r"[h_{t-1}; x_t]",
        r"\begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix}",
        r"\left[h_{t-1}, x_t\right]",
    ):
        found = read_recurrence(rf"h_t = \tanh(W_h {stack} + b)")
        assert sg.text(found.cell) == "h = tanh(U_h @ h_prev + V_h @ x + b)"
        assert "W_h [h, x] is read as U_h h + V_h x" in found.notes


def test_blocks_get_other_names_where_theirs_are_taken() -> None:
    found = read_recurrence(r"h_t = \tanh(W [h_{t-1}, x_t] + U c_t + V d_t)")
    assert sg.text(found.cell) == "h = tanh(W_h @ h_prev + W_x @ x + U @ c + V @ d)"


def test_a_state_that_is_used_after_the_step_is_an_intermediate() -> None:
    found = read_recurrence(r"c_t = f_t \odot c_{t-1},\ f_t = \sigma(W h_{t-1} + U x_t),\ h_t = \tanh(c_t)")
    assert [state.name for state in found.cell.states] == ["c", "h"]
    assert "c_new = f*c_prev" in sg.text(found.cell)
    assert any("c_new" in note for note in found.notes)
    assert sg.verify(sg.jacobian(found.cell, "c", "h")).proved


@pytest.mark.parametrize("scheme", ["euler", "exponential"])
@pytest.mark.parametrize(
    "left", [r"\tau \dot h", r"\tau \frac{dh}{dt}", r"\tau \frac{\mathrm{d} h}{\mathrm{d} t}", r"\tau \dot{h}(t)"]
)
def test_differential_equations_are_made_discrete(left: str, scheme: str) -> None:
    found = read_recurrence(rf"{left} = -h + J \phi(h) + B u", discretisation=scheme)
    rate = {"euler": "(dt/tau)", "exponential": "(1 - exp(-dt/tau))"}[scheme]
    assert sg.text(found.cell) == f"h = h_prev + {rate}*(-h_prev + J @ phi(h_prev) + B @ u)"
    assert scheme in found.notes[0]


def test_a_differential_equation_needs_a_scheme() -> None:
    with pytest.raises(UnreadableError, match=r"discretisation= one of euler, exponential"):
        read_cell(r"\dot h = -h + W \phi(h)")


def test_a_diagonal_matrix_scales_what_stands_behind_it() -> None:
    cell = read_cell(r"h_t = \tanh(\operatorname{diag}(w) h_{t-1} + \operatorname{diag}(v) U x_t)")
    assert sg.text(cell) == "h = tanh(w*h_prev + v*(U @ x))"


def test_unknown_letters_are_opaque_functions() -> None:
    assert dict(read_cell(r"h_t = f(W h_{t-1} + U x_t)").functions) == {"f": "tanh"}
    assert dict(read_cell(r"h_t = \psi(W h_{t-1}) + \sigma(U x_t)").functions) == {"psi": "tanh"}
    assert read_cell(r"h_t = \tanh(W h_{t-1})").functions == ()


def test_shapes_follow_from_what_fits() -> None:
    cell = read_cell(r"h_t = (1-\alpha) h_{t-1} + \alpha w \odot \tanh(A h_{t-1} + B x_t)")
    shapes = {name: tuple(map(str, getattr(symbol, "shape", ()))) for name, symbol in cell.symbols.items()}
    assert shapes == {"h": ("n", "1"), "x": ("m", "1"), "alpha": (), "w": ("n", "1"), "A": ("n", "n"), "B": ("n", "m")}
    given = read_cell(r"h_t = W h_{t-1} + x_t", sizes={"h": "d"})
    assert [str(size) for size in given.dimensions] == ["d"]


def test_readings_that_fit_equally_well_are_listed_with_the_line_that_decides() -> None:
    with pytest.raises(UnreadableError, match=r"in 2 ways: sizes=\{'w': \(\)\}; or sizes=\{'w': \('n', 'n'\)\}"):
        read_cell(r"h_t = \tanh(w h_{t-1} + U x_t)")
    assert "w*h_prev" in sg.text(read_cell(r"h_t = \tanh(w h_{t-1} + U x_t)", sizes={"w": "scalar"}))
    assert "w @ h_prev" in sg.text(read_cell(r"h_t = \tanh(w h_{t-1} + U x_t)", sizes={"w": ("n", "n")}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (r"h_t = \tanh(W x_t)", "not a recurrence"),
        (r"h_t = h_{t-1} + h_{t-2}", "one step back"),
        (r"h_t = W h_{t-1}, h_t = U h_{t-1}", "defined twice"),
        (r"W h_t = h_{t-1}", "left side of a recurrence is one name"),
        (r"h_t = W h_{t-1} + x_t + x_{t-1}", "several times"),
        (r"h_t = a_t + h_{t-1}, a_t = b_t, b_t = a_t", "defined by one another"),
        (r"h_t \le W h_{t-1}", "another relation"),
        (r"h_t = W [h_{t-1}, x_t", "never closed"),
        (r"h_t = h_{t-1}^\top h_{t-1}", "in the equation of h"),
        ("", "empty"),
        (r"h_n = h_{n-1} + \frac{1}{n} (x_n - h_{n-1})", "n counts the steps here"),
        (r"x_t = W x_{t-1} + x_{t-1}/t + U u_t", "t counts the steps here"),
    ],
)
def test_what_is_not_a_recurrence_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(SymgateError, match=reason):
        read_cell(text)


def test_sizes_of_the_wrong_form_are_told() -> None:
    with pytest.raises(DefinitionError, match="two sizes or 'scalar'"):
        read_cell(r"h_t = W h_{t-1}", sizes={"W": ("n", "n", "n")})


def test_macros_are_expanded_and_capped() -> None:
    own = sg.Notation().with_preamble(r"\newcommand{\st}[1]{h_{#1}} \newcommand{\W}{\mathbf{W}} \def\V#1{U_{#1}}")
    assert (
        sg.text(read_cell(r"\st{t} = \tanh(\W \st{t-1} + \V{x} x_t)", notation=own)) == "h = tanh(W @ h_prev + U_x @ x)"
    )
    loop = sg.Notation().with_preamble(r"\newcommand{\a}{\b\b} \newcommand{\b}{\a\a}")
    with pytest.raises(UnreadableError, match="macros expand"):
        read_cell(r"h_t = \a h_{t-1}", notation=loop)


@pytest.mark.parametrize(
    "text",
    [
        "h_t = tanh(W h_{t-1} + U x_t)\nsome stray words here\n",
        "h_t = \\tanh(W h_{t-1} + U x_t)\n b\n",
        r"h_t = \tanh(W h_{t-1} + U x_t) \\ b",
        r"h_t = \tanh(W h_{t-1} + U x_t), b",
        "b\nh_t = \\tanh(W h_{t-1} + U x_t)",
        r"h_t = a \odot h_{t-1} \\ W x_t",
        r"i_t, f_t = \sigma(W h_{t-1})",
    ],
)
def test_what_is_not_an_equation_is_not_multiplied_onto_one(text: str) -> None:
    with pytest.raises(UnreadableError, match="no equals sign"):
        read_cell(text)


@pytest.mark.parametrize(
    "remark",
    [
        r", \quad t = 1, 2, \ldots, T",
        r", \quad \forall t \ge 1",
        r", \quad 0 \le t < T",
        r" \text{ for all } t",
        r", \text{ where } W \in \mathbb{R}^{n \times n}, U \in \mathbb{R}^{n \times m}",
        r", \quad W, U \in \mathcal{M}",
        r", \text{ where } h_0 \text{ is given}",
        "\n% a comment",
    ],
)
def test_remarks_beside_equations_are_left_out(remark: str) -> None:
    assert sg.text(read_cell(ELMAN_TEX + remark)) == ELMAN


@pytest.mark.parametrize("rest", ["\n + b)", " +\n b)", r" \\ + b)", r" + \\ & b)", "\n\n {}+ b)"])
def test_a_line_goes_on_where_a_sign_stands_at_the_break(rest: str) -> None:
    assert sg.text(read_cell(ELMAN_TEX.removesuffix(" + b)").replace(r"\tanh(", "") + rest.removesuffix(")"))) == (
        "h = W @ h_prev + U @ x + b"
    )


def _sigma(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("z/sqrt(z.T @ z)", lambda p: p.z / np.sqrt(p.z @ p.z)),
        (r"\tanh(z_t)/2", lambda p: np.tanh(p.z) / 2),
        (r"\frac{1}{2}\tanh(z_t)", lambda p: np.tanh(p.z) / 2),
        ("2*tanh(z)/2", lambda p: np.tanh(p.z)),
        ("W @ tanh(z)/s/s", lambda p: p.W @ np.tanh(p.z) / p.s / p.s),
        ("1/(1 + exp(-z))", lambda p: _sigma(p.z)),
        ("z/sigma(z)", lambda p: p.z / _sigma(p.z)),
        (r"W z_t / \sigma(z_t)", lambda p: (p.W @ p.z) / _sigma(p.z)),
    ],
)
def test_a_slash_divides_what_stands_before_it_by_a_whole_factor(text: str, wanted: Any) -> None:
    """From left to right, as in Python: a function and its brackets are one factor on either side."""
    point = {name: 0.3 + np.abs(np.random.default_rng(0).standard_normal(shape)) for name, shape in _SHAPES.items()}
    latex = "_t" in text
    first, end = ("z_t = V u_t", r" \\ ") if latex else ("z = V @ u", "\n")
    update = f"x_t = {text} + s x_{{t-1}} + W x_{{t-1}}" if latex else f"x = {text} + s*x_prev + W @ x_prev"
    cell = sg.read_cell(first + end + update, sizes={"s": ()})
    given = {name: point[name] for name in {str(item.name) for item in cell.parameters} | {"x", "u"}}
    value = wanted(SimpleNamespace(**point, z=point["V"] @ point["u"]))
    assert np.allclose(sg.lambdify(cell)(**given), value + point["s"] * point["x"] + point["W"] @ point["x"])


_SHAPES = {"V": (3, 2), "W": (3, 3), "x": (3,), "u": (2,), "s": ()}


@pytest.mark.parametrize("text", [r"\tanh z_t / 2", "1/a(z_t)"])
def test_a_slash_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="two ways"):
        sg.read_cell(rf"z_t = V u_t \\ x_t = {text} + W x_{{t-1}}")


@pytest.mark.parametrize("word", ["mean", "norm", "softmax", "std", "LayerNorm"])
def test_functions_that_do_not_act_entry_by_entry_are_not_taken_for_such(word: str) -> None:
    with pytest.raises(UnreadableError, match="entry by entry"):
        sg.read_cell(f"z = W @ u\nx = {word}(z)*z + W_r @ x_prev")


@pytest.mark.parametrize("space", [r"\quad", r"\qquad"])
def test_a_space_that_runs_into_a_name_does_not_make_another_name(space: str) -> None:
    r"""``\quadg_t`` defined a name of its own, so that g was an input."""
    text = rf"f_t = \sigma(W x_t), {space}g_t = \tanh(V x_t), {space} h_t = f_t \odot h_{{t-1}} + g_t"
    with pytest.raises(UnreadableError, match="put a space after"):
        read_cell(text)
    assert [str(item.name) for item in read_cell(text.replace(f"{space}g", f"{space} g")).inputs] == ["x"]
