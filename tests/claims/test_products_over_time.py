r"""How far a product over time reaches, which way its index runs, and what is told of slips in it."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.claims import read_recurrence
from symgate.claims.reading.limits import UnreadableError

ELMAN = sg.read_cell(r"a_t = W h_{t-1} + U x_t + b \\ h_t = \tanh(a_t)", name="elman")
DECAY = sg.read_cell(r"h_t = \lambda \odot h_{t-1} + (1-\lambda) \odot x_t", name="decay")
GATED = sg.read_cell(r"h_t = a_t \odot h_{t-1} + (1-a_t) \odot x_t", name="gated")


def by(above: str, below: str, right: str) -> str:
    return rf"\frac{{\partial {above}}}{{\partial {below}}} = {right}"


#: Products that end in front of what stands at another step, with parentheses and without.
ENDING = [
    ("h_t", "a_k", r"(\prod_{j=k+1}^t \mathrm{diag}(1-h_j^2) W)", r"\mathrm{diag}(1-h_k^2)"),
    ("h_t", "a_k", r"(\prod_{j=t}^{k+1} \mathrm{diag}(1-h_j^2) W)", r"\mathrm{diag}(\tanh'(a_k))"),
    ("h_t", "x_k", r"(\prod_{j=k+1}^t \frac{\partial h_j}{\partial h_{j-1}})", r"\frac{\partial h_k}{\partial x_k}"),
    ("h_t", "x_k", r"(\prod_{j=k+1}^t \mathrm{diag}(1-h(j)^2) W)", r"\mathrm{diag}(1-h(k)^2) U"),
]


@pytest.mark.parametrize(("of", "wrt", "run", "rest"), ENDING)
def test_a_product_ends_in_front_of_what_stands_at_another_step(of: str, wrt: str, run: str, rest: str) -> None:
    said = "ending in front of"
    apart, bare = sg.check(ELMAN, by(of, wrt, f"{run} {rest}")), sg.check(ELMAN, by(of, wrt, f"{run[1:-1]} {rest}"))
    assert apart.proved
    assert bare.proved
    assert not any(said in note for note in apart.notes)
    assert any(said in note for note in bare.notes)
    assert sg.check(ELMAN, by(of, wrt, f"({run[1:-1]} {rest})")).proved  # the whole right side in parentheses
    earlier = rest.replace("(k)", "(k-1)").replace("_k", "_{k-1}")
    assert sg.check(ELMAN, by(of, wrt, f"{run[1:-1]} {earlier}")).verdict == "refuted"


def test_products_of_vectors_end_too() -> None:
    right = r"\sum_{k=1}^t \prod_{j=k+1}^t a_j \odot (1-a_%s) \odot x_k + \prod_{j=1}^t a_j \odot h_%s"
    assert sg.check(GATED, "h_t = " + right % ("k", "0")).proved
    assert sg.check(GATED, "h_t = " + right % ("t", "0")).verdict == "refuted"
    assert sg.check(GATED, "h_t = " + right % ("k", "1")).verdict == "refuted"
    inside = r"h_t = \sum_{k=1}^t (\prod_{j=k+1}^t (a_j \odot (1-a_k) \odot x_k)) + (\prod_{j=1}^t a_j) \odot h_0"
    assert sg.check(GATED, inside).verdict == "refuted"  # parentheses of the author stand


@pytest.mark.parametrize(("bounds", "right"), [("{j=t}^{k+1}", True), ("{j=t-1}^{k+1}", False), ("{j=t}^{k}", False)])
def test_an_index_may_run_down(bounds: str, right: bool) -> None:
    found = sg.check(ELMAN, by("h_t", "h_k", rf"\prod_{bounds} \mathrm{{diag}}(1-h_j^2) W"))
    assert found.verdict == ("proved" if right else "refuted")
    assert any("runs from the later time down" in note for note in found.notes)


def test_bounds_of_no_step_and_of_one_run_up() -> None:
    run = r"\left(\prod_{j=%s}^{t} \mathrm{diag}(\lambda)\right) \mathrm{diag}(\lambda^{t-k})"
    none, one = (sg.check(DECAY, by("h_t", "h_k", run % first)) for first in ("t+1", "t"))
    assert none.proved
    assert one.verdict == "refuted"
    assert not any("runs from the later time down" in note for note in (*none.notes, *one.notes))


def test_a_parameter_called_lambda_is_not_the_cotangent() -> None:
    right = r"\sum_{k=1}^t \mathrm{diag}(\lambda^{t-k} \odot (h_{k-1} - x_k))"
    assert sg.check(DECAY, by("h_t", r"\lambda", right)).proved
    assert sg.check(DECAY, by("h_t", r"\lambda", right.replace("t-k", "t-k+1"))).verdict == "refuted"


#: What authors write wrong, and what is told of it.
SLIPS = [
    (r"\prod_{j=k+1}^t W^\top \mathrm{diag}(1-h_j^2)", "layout"),
    (r"\prod_{j=k+1}^t \mathrm{diag}(1-h_{j-1}^2) W", "one step too early (h in"),
    (r"\prod_{j=k+1}^t \mathrm{diag}(1-h_j^2) W^\top", "transpose"),
    (r"\prod_{j=k+1}^t W \mathrm{diag}(1-h_j^2)", "factors are swapped"),
    (r"\prod_{j=k}^t \mathrm{diag}(1-h_j^2) W", "one step too many"),
    (r"\prod_{j=k+1}^{t-1} \mathrm{diag}(1-h_j^2) W", "too early"),
]


@pytest.mark.parametrize(("right", "said"), SLIPS)
def test_slips_over_time_are_told(right: str, said: str) -> None:
    found = sg.check(ELMAN, by("h_t", "h_k", right))
    assert found.verdict == "refuted"
    assert said in str(found)


@pytest.mark.parametrize("late", ["t'", r"t^\prime", r"t^{\prime}"])
def test_a_time_may_carry_a_prime(late: str) -> None:
    claim = by(f"h_{{{late}}}", "h_t", rf"\prod_{{k=t+1}}^{{{late}}} \mathrm{{diag}}(1-h_k^2) W")
    found = sg.check(ELMAN, claim)
    assert found.proved
    assert "t' is read as the time s" in found.notes
    assert sg.check(ELMAN, claim.replace("t+1", "t+2")).verdict == "refuted"


def test_a_read_out_by_softmax_is_left_out() -> None:
    text = r"h_t = \tanh(W h_{t-1} + U x_t), o_t = V h_t + c, \hat y_t = \mathrm{softmax}(o_t)"
    found = read_recurrence(text)
    assert any("y_hat: left out, as softmax is of a whole vector" in note for note in found.notes)
    back = r"V^\top \frac{\partial L}{\partial o_t} + W^\top ((1-h_{t+1}^2) \odot \frac{\partial L}{\partial h_{t+1}})"
    assert sg.check(found.cell, by("L", "h_t", back)).proved
    assert sg.check(found.cell, by("L", "h_t", back.replace("V", "W", 1))).verdict != "proved"
    with pytest.raises(UnreadableError, match="softmax does not act entry by entry"):
        sg.read_cell(r"h_t = \mathrm{softmax}(W h_{t-1} + U x_t)")


PLAIN = sg.read_cell(r"h_t = \tanh(W h_{t-1} + U x_t + b)", name="plain_elman")
SUMS = r"\sum_{k=%s}^%s (\prod_{j=k+1}^t \mathrm{diag}(1-h_j^2) W) \mathrm{diag}(1-h_k^2)"


@pytest.mark.parametrize("cell", [PLAIN, ELMAN], ids=["written out", "with a name inside"])
def test_a_derivative_by_a_parameter_that_adds_up_over_steps_counts_them_all(cell: sg.Cell) -> None:
    assert sg.check(cell, by("h_t", "b", SUMS % ("1", "t"))).proved
    assert sg.check(cell, by("h_t", "b", r"\mathrm{diag}(1-h_t^2)")).proved  # of one step
    assert sg.check(cell, by("h_t", "b", SUMS % ("2", "t"))).verdict == "refuted"
    assert sg.check(cell, by("h_t", "b", SUMS % ("1", "{t-1}"))).verdict == "refuted"


PULLED = r"W^\top (\tanh'(a_%s) \odot %s_{t+1}) + \frac{\partial L_t}{\partial h_t}"


@pytest.mark.parametrize("left", [r"\delta_t", r"\frac{\partial L}{\partial h_t}", r"\nabla_{h_t} L"])
def test_a_delta_may_be_the_gradient_of_all_steps_beside_a_derivative(left: str) -> None:
    found = sg.check(ELMAN, f"{left} = " + PULLED % ("{t+1}", r"\delta"))
    assert found.proved
    assert any("all later steps included" in note for note in found.notes)
    assert sg.check(ELMAN, f"{left} = " + PULLED % ("t", r"\delta")).verdict == "refuted"
    assert sg.check(ELMAN, f"{left} = {left} + " + PULLED % ("{t+1}", r"\delta")).verdict == "refuted"


@pytest.mark.parametrize("right", [r"\delta_t", r"1 \delta_t", r"(\delta_t)", r"\delta_t + \delta_{t+1}"])
def test_a_gradient_is_not_the_delta_of_its_step(right: str) -> None:
    assert sg.check(ELMAN, by("L", "h_t", right)).verdict == "refuted"
    assert sg.check(ELMAN, rf"\lambda_t = {right}").verdict == "refuted"


@pytest.mark.parametrize(
    ("of", "by_", "bounds", "factor", "bad"),
    [
        ("h_t", "h_0", "{j=t}^{1}", "a_j", "{j=t}^{0}"),
        ("h_T", "h_0", "{j=T}^{1}", "a_j", "{j=T-1}^{1}"),
        ("h_t", "h_0", "{j=t-1}^{0}", "a_{j+1}", "{j=t-1}^{1}"),
        ("h_t", "h_{t-k}", "{j=t}^{t-k+1}", "a_j", "{j=t}^{t-k}"),
        ("h_t", "h_{t-k}", "{j=k-1}^{0}", "a_{t-j}", "{j=k}^{0}"),
        ("h_{t+k}", "h_t", "{j=k}^{1}", "a_{t+j}", "{j=k}^{0}"),
    ],
)
def test_an_index_may_run_down_to_a_number_or_a_lag(of: str, by_: str, bounds: str, factor: str, bad: str) -> None:
    """No letter of a time is below 0."""
    claim = rf"\prod_%s \mathrm{{diag}}({factor})"
    found = sg.check(GATED, by(of, by_, claim % bounds))
    assert found.proved
    assert any("runs from the later time down" in note for note in found.notes)
    assert sg.check(GATED, by(of, by_, claim % bad)).verdict == "refuted"


def test_a_closed_form_may_run_down() -> None:
    right = r"h_t = \prod_{j=t}^%s a_j \odot h_0 + \sum_{k=1}^t \prod_{j=t}^{k+1} a_j \odot (1-a_k) \odot x_k"
    assert sg.check(GATED, right % "1").proved
    assert sg.check(GATED, right % "2").verdict == "refuted"


@pytest.mark.parametrize("letter", ["J", "M", "H", "A", "B", "E", "D", "T"])
def test_a_matrix_of_the_recurrence_has_powers_whatever_its_letter(letter: str) -> None:
    """J, M and H are letters of this package too, which have times: J^{t-k} was J at a time."""
    cell = sg.read_cell(rf"h_t = {letter} h_{{t-1}} + U x_t", name="linear")
    assert sg.check(cell, by("h_t", "h_k", f"{letter}^{{t-k}}")).proved
    assert sg.check(cell, by("h_t", "h_{t-k}", f"{letter}^k")).proved
    assert sg.check(cell, by("h_t", "h_k", f"{letter}^{{t-k+1}}")).verdict == "refuted"
    closed = rf"h_t = {letter}^{{t-0}} h_0 + \sum_{{k=1}}^t {letter}^{{t-k}} U x_%s"
    assert sg.check(cell, closed % "k").proved
    assert sg.check(cell, closed % "t").verdict == "refuted"


PATHS = sg.read_cell(r"c_t = a_t \odot c_{t-1} + b_t \odot h_{t-1}, \quad h_t = d_t \odot h_{t-1} + x_t", name="paths")


@pytest.mark.parametrize("letter", ["j", "l"])
@pytest.mark.parametrize(
    "form",
    [
        r"\prod_{j=i+1}^t \mathrm{diag}(a_j) \mathrm{diag}(b_i) \prod_{%s=k+1}^{%s} \mathrm{diag}(d_%s)",
        r"\mathrm{diag}(b_i) \prod_{j=i+1}^t \mathrm{diag}(a_j) \prod_{%s=k+1}^{%s} \mathrm{diag}(d_%s)",
        r"\mathrm{diag}(\prod_{j=i+1}^t a_j \odot b_i \odot \prod_{%s=k+1}^{%s} d_%s)",
    ],
)
def test_a_product_ends_in_front_of_another_one(form: str, letter: str) -> None:
    """The second sign has an index of its own, also under the same letter."""
    right = r"\sum_{i=k+1}^t " + form
    found = sg.check(PATHS, by("c_t", "h_k", right % (letter, "i-1", letter)))
    assert found.verdict != "refuted"
    assert "entries agree" in found.statement
    assert sg.check(PATHS, by("c_t", "h_k", right % (letter, "i", letter))).verdict == "refuted"


def test_a_product_within_a_product_stays_where_its_bounds_have_the_index() -> None:
    for letter in ("i", "j"):
        nested = rf"\prod_{{j=k+1}}^t \prod_{{{letter}=j}}^{{j}} \mathrm{{diag}}(a_{letter})"
        assert sg.check(GATED, by("h_t", "h_k", nested)).proved
    assert (
        sg.check(GATED, by("h_t", "h_k", r"\prod_{j=k+1}^t \prod_{i=k+1}^{j} \mathrm{diag}(a_i)")).verdict == "refuted"
    )


@pytest.mark.parametrize(("of", "gate"), [("c", "a"), ("h", "d")])
@pytest.mark.parametrize("top", ["t", "T"])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_of_several_states_the_first_step_may_be_a_number(of: str, gate: str, top: str, first: int) -> None:
    """The block of one state at such a step was compared with the product of whole Jacobians, so all was refuted."""
    claim = rf"\prod_{{j=%d}}^{top} \mathrm{{diag}}({gate}_j)"
    assert sg.check(PATHS, by(f"{of}_{top}", f"{of}_{first}", claim % (first + 1))).proved
    for wrong in (first, first + 2):
        assert sg.check(PATHS, by(f"{of}_{top}", f"{of}_{first}", claim % wrong)).verdict == "refuted"


def test_a_path_that_returns_is_no_direct_one_from_the_start_either() -> None:
    cell = sg.read_cell(r"c_t = A c_{t-1} + B h_{t-1}, \quad h_t = D h_{t-1} + E c_{t-1} + x_t", name="returns")
    for of, matrix in (("c", "A"), ("h", "D")):
        found = sg.check(cell, by(f"{of}_t", f"{of}_0", f"{matrix}^t"))
        assert found.verdict == "refuted"
        assert any("direct path" in item.words for item in found.proposals)


def test_a_claim_that_holds_in_one_order_of_a_product_alone_is_open() -> None:
    right = r"\sum_{t=k}^T %s W^\top \mathrm{diag}(1-h_j^2) \frac{\partial L_t}{\partial h_t}"
    found = sg.check(ELMAN, by("L", "h_k", right % r"\prod_{j=k+1}^t"))
    assert found.verdict == "undecided"
    assert "in which order its factors stand" in found.statement
    assert sg.check(ELMAN, by("L", "h_k", right % r"\prod_{j=t}^{k+1}")).verdict == "refuted"  # says the order
    assert sg.check(ELMAN, by("L", "h_k", right % r"\prod_{j=k}^t")).verdict == "refuted"  # wrong in both
