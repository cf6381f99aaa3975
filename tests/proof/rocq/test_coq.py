"""Coq itself on a few certificates; skipped where it is not installed.  All of them: ``symgate certify``."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sympy
from sympy.matrices.expressions import MatMul

from symgate.cells import cell, stack
from symgate.derive import objects, result, results
from symgate.errors import ProofAssistantError
from symgate.language import CellBuilder, Dot, T, diag, exp, relu, sigma, sqrt, tanh
from symgate.language.sequences import LAST, J, K, MatrixSum
from symgate.proof.rocq import (
    ROUTE,
    Assistant,
    Outcome,
    Source,
    certificate,
    find_assistant,
    planted,
    slips_source,
    time_slips_source,
    with_adjoint,
)
from symgate.proof.rocq.assistant import Runs
from symgate.proof.rocq.files import Files
from symgate.proof.rocq.wrong import time_slips_beside
from symgate.proof.sequences.slips import sequence_slips
from symgate.proof.slips import scaled, slips
from symgate.records import Cell, Derivation

#: What Coq accepts and what it rejects: a part of each is drawn, since a run of Coq takes seconds.
ACCEPTED, REJECTED = "accepted by Coq", "rejected by Coq"


@pytest.fixture(scope="module")
def coq() -> Assistant:
    try:
        return find_assistant()
    except ProofAssistantError as error:
        pytest.skip(f"{ROUTE}: {error}")


def checked(source: Source, coq: Assistant) -> Outcome:
    return Runs().check(source, coq)


@pytest.mark.sweep(1, pool=ACCEPTED)
def test_every_derivative_of_the_multi_gate_is_accepted(coq: Assistant) -> None:
    outcome = checked(certificate(objects(cell("multi_gate"))), coq)
    assert outcome.accepted, outcome.detail
    assert "Classical_Prop.classic" in outcome.axioms


@pytest.mark.full
def test_states_that_feed_one_another(coq: Assistant) -> None:
    outcome = checked(certificate([results(cell("lstm"))["jacobian"]]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
def test_layer_normalisation_from_the_size_alone(coq: Assistant) -> None:
    known = results(cell("leaky_norm"))
    outcome = checked(certificate([known["x"], known["vjp:W_r"]]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
def test_layers_on_top_of_one_another(coq: Assistant) -> None:
    both = stack("two", cell("plain"), cell("scalar_gate"))
    known = results(both)
    outcome = checked(certificate([known["x_2/x_1"], known["x_2/W_r_1"], known["vjp:x_2/x_1"]]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("scalar_gate", ("transport", "adjoint", "gradient:b_g")),
        pytest.param(
            "scalar_gate",
            ("transport", "adjoint", "gradient:w_g", "gradient:b_g", "analogy:momentum", "expansion:gate:2"),
            marks=pytest.mark.full,
        ),
    ],
)
def test_any_number_of_steps(coq: Assistant, name: str, wanted: tuple[str, ...]) -> None:
    known = results(cell(name))
    outcome = checked(certificate([known[item] for item in wanted]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("plain", ("influence:W_r", "lag:W_r", "gradient:W_r")),
        ("multi_gate", ("influence:b_g", "lag:W_g", "analogy:momentum")),
        ("low_rank", ("influence:P", "lag:Q", "gradient:P")),
        ("lru", ("lag:nu", "gradient:nu")),
    ],
)
def test_influences_lags_and_double_sums(coq: Assistant, name: str, wanted: tuple[str, ...]) -> None:
    known = [results(cell(name))["adjoint"], *(result(cell(name), key) for key in wanted)]
    outcome = checked(certificate(known), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=REJECTED)
def test_a_planted_assumption_is_found_in_what_coq_prints(coq: Assistant) -> None:
    """Outside of a section a hypothesis is an axiom; only the printed assumptions tell."""
    text = "Hypothesis cheat : 0 = 1.\nTheorem t : 0 = 1.\nProof. exact cheat. Qed.\nPrint Assumptions t.\n"
    outcome = checked(Source("cheat", text, ("t",), {}), coq)
    assert not outcome.accepted
    assert "cheat" in outcome.detail


@pytest.mark.full
def test_slips_inside_results_over_many_steps_fail(coq: Assistant) -> None:
    """J_j and the way back, each with slips of its own; what only changes the sum around them is refused before."""
    known = results(cell("leaky"))
    found = planted(cell("leaky"), {"adjoint": known["adjoint"]})["leaky_slips_adjoint"]()
    assert found is not None
    assert found.source.slips > 5
    assert found.refused > 10
    outcome = checked(found.source, coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
def test_any_number_of_steps_of_several_states(coq: Assistant) -> None:
    known = results(cell("lru"))
    outcome = checked(
        certificate([known[name] for name in ("transport", "adjoint", "gradient:nu", "gradient:B_x")]), coq
    )
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("lru", ("influence:nu", "influence:B_x")),
        pytest.param("lstm", ("influence:W_f", "gradient:W_f"), marks=pytest.mark.full),
        pytest.param("stp", ("influence:dt",), marks=pytest.mark.full),
        pytest.param("gru_d", ("influence:w_u",), marks=pytest.mark.full),
    ],
)
def test_influences_on_several_states(coq: Assistant, name: str, wanted: tuple[str, ...]) -> None:
    outcome = checked(certificate([result(cell(name), key) for key in ("adjoint", *wanted)]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=REJECTED)
def test_slips_in_an_influence_on_several_states_fail(coq: Assistant) -> None:
    """In the blocks of J_j and of S_t, each with the tactic that proves the true one; in what joins them, refused."""
    found = planted(cell("lru"), {"influence:nu": result(cell("lru"), "influence:nu")})["lru_slips_influence_nu"]()
    assert found is not None
    assert found.source.slips == 8
    assert found.refused > 30
    outcome = checked(found.source, coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("fast_weights", ("C", "u", "W_k", "W_v", "vjp:W_k", "split:retention")),
        *(
            pytest.param(name, wanted, marks=pytest.mark.full)
            for name, wanted in (
                ("linear_attention", ("C", "W_g", "vjp:C", "vjp:b_g", "split:gate")),
                ("linear_attention", ("transport", "expansion:retention:2", "rate:retention", "preconditioner")),
                ("delta_net", ("transport", "expansion:gate:2", "remainder:gate:1")),
                ("delta_net", ("C", "w_b", "vjp:W_v", "split:retention")),
                ("gated_delta_net", ("C", "s", "vjp:C", "vjp:s")),
                ("hgrn2", ("gamma", "W_v", "vjp:W_v")),
                ("rwkv6", ("V_d", "vjp:V_d")),
                ("mlstm", ("C/m", "vjp:C/m", "q/C", "jacobian")),
            )
        ),
    ],
)
def test_a_state_that_is_a_matrix(coq: Assistant, name: str, wanted: tuple[str, ...]) -> None:
    """What it does to a change, in a cotangent that is a matrix, on the stacked columns."""
    outcome = checked(certificate([result(cell(name), key) for key in wanted]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("fast_weights", ("adjoint", "gradient:W_k", "lag:W_v", "analogy:momentum")),
        *(
            pytest.param(name, wanted, marks=pytest.mark.full)
            for name, wanted in (
                ("fast_weights", ("transport", "adjoint", "influence:W_k", "analogy:adam")),
                ("delta_net", ("adjoint", "gradient:w_b", "influence:W_k")),
                ("gated_delta_net", ("adjoint", "gradient:s", "lag:b_f", "influence:s")),
                ("hgrn2", ("adjoint", "gradient:gamma", "influence:W_f", "analogy:momentum", "analogy:adam")),
                ("hgrn2", ("adjoint", "influence:b_v")),
                ("mlstm", ("transport", "adjoint", "gradient:W_v", "lag:b_i", "influence:w_f")),
                ("mlstm", ("expansion:gate:2", "remainder:drive:1", "rate:retention", "preconditioner")),
            )
        ),
    ],
)
def test_the_adjoint_of_a_matrix_state(coq: Assistant, name: str, wanted: tuple[str, ...]) -> None:
    """A matrix, with its closed form; gradients over it, as double sums and by lag; influences on the columns."""
    outcome = checked(certificate([result(cell(name), key) for key in wanted]), coq)
    assert outcome.accepted, outcome.detail


def _on_sides(form: str) -> Cell:
    """A matrix state with factors on its sides: matrices and a number that stay the same, and a gate of the rows."""
    c = CellBuilder("own")
    C, u = c.state("C", ("n", "d")), c.input("u", "m")
    A, B, V, s = c.matrix("A", "n", "n"), c.matrix("B", "d", "d"), c.matrix("V", "n", "m"), c.scalar("s")
    if form == "both":
        c.next(C, s * (A @ C @ B))
    else:
        f = c.let("f", sigma(V @ u), role="gate")
        c.next(C, diag(f) @ C)
    return c.build()


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize(("form", "key"), [("both", "gradient:A"), ("rows", "gradient:V")])
def test_factors_on_both_sides_of_a_matrix_state(coq: Assistant, form: str, key: str) -> None:
    own = _on_sides(form)
    source = certificate([result(own, "adjoint"), result(own, key)])
    printed = {
        "both": "((s theta) ^ (t - k)%nat) *: (tr (Product n ",
        "rows": "diag (Vprod (k + 1)%nat t (fun j => f (met",
    }
    assert printed[form] in source.text
    outcome = checked(source, coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=REJECTED)
@pytest.mark.parametrize("name", ["fast_weights", "linear_attention"])
def test_a_wrong_closed_form_of_a_matrix_adjoint_is_rejected_in_its_proof(coq: Assistant, name: str) -> None:
    """One per cent too much in what a step makes of lambda: it is stated, and the kernel objects."""
    adjoint = result(cell(name), "adjoint")
    closed = adjoint.equation("closed_form")
    factors = closed.right.body.args if isinstance(closed.right.body, MatMul) else (closed.right.body,)
    body = MatMul(sympy.Product(sympy.Rational(101, 100), (J, K + 1, T)), *factors)
    wrong = replace(closed, right=MatrixSum(body, T, K, LAST))
    other = replace(adjoint, equations=tuple(wrong if one is closed else one for one in adjoint.equations))
    outcome = checked(certificate([other]), coq)
    assert not outcome.accepted
    assert outcome.detail.startswith("back_sides")


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize("form", ["of an outer product", "beside one", "of a product with one"])
def test_a_function_of_a_matrix_that_is_an_outer_product(coq: Assistant, form: str) -> None:
    """Its slope weighs an outer product, turned or not, and sums of them."""
    c = CellBuilder("own")
    C, u, w = c.state("C", ("n", "d")), c.input("u", "d"), c.vector("w", "n")
    update = {
        "of an outer product": lambda: tanh(w @ u.T),
        "beside one": lambda: tanh(C) * (w @ u.T),
        "of a product with one": lambda: tanh(C @ u @ u.T),
    }
    c.next(C, C + update[form]())
    own = c.build()
    keys = {"of an outer product": ("w", "vjp:u"), "beside one": ("vjp:u",), "of a product with one": ("C", "vjp:C")}
    outcome = checked(certificate([result(own, key) for key in keys[form]]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=REJECTED)
@pytest.mark.parametrize(
    ("name", "key", "count"),
    [
        ("fast_weights", "u", 5),
        ("fast_weights", "vjp:u", 5),
        pytest.param("linear_attention", "W_g", 5, marks=pytest.mark.full),
        pytest.param("linear_attention", "vjp:b_g", 5, marks=pytest.mark.full),
        ("linear_attention", "adjoint", 2),
        pytest.param("linear_attention", "lag:W_v", 2, marks=pytest.mark.full),
        pytest.param("fast_weights", "analogy:momentum", 2, marks=pytest.mark.full),
    ],
)
def test_slips_of_a_matrix_state_fail_where_the_truth_holds(coq: Assistant, name: str, key: str, count: int) -> None:
    """The others have no certificate: they change what is compared with the theorems."""
    known = {key: result(cell(name), key)}
    (write,) = planted(cell(name), known).values()
    found = write()
    assert found is not None
    assert (found.source.slips, found.refused) == (
        count,
        {"adjoint": 12, "lag:W_v": 17, "analogy:momentum": 9}.get(key, 0),
    )
    runs = Runs()
    for source in (*found.source.needs, found.source):
        outcome = runs.check(source, coq)
        assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=REJECTED)
def test_a_wrong_matrix_on_the_stacked_columns_is_rejected_in_its_proof(coq: Assistant) -> None:
    K = result(cell("linear_attention"), "split:retention")
    terms = tuple((name, scaled(sympy.Rational(101, 100), term)) for name, term in K.named_terms if name == "A")
    outcome = checked(certificate([replace(K, named_terms=terms)]), coq)
    assert not outcome.accepted
    assert outcome.detail.startswith("K_C_acts")


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("square", ("W", "vjp:W")),
        ("tied", ("W", "vjp:W", "x")),
        ("gated", ("Q", "rate:retention")),
        pytest.param("tied", ("expansion:drive:2",), marks=pytest.mark.full),
        pytest.param("tied", ("adjoint", "gradient:W", "influence:V", "analogy:momentum"), marks=pytest.mark.full),
    ],
)
def test_a_matrix_that_the_recurrence_transposes(coq: Assistant, form: str, wanted: tuple[str, ...]) -> None:
    """Alone, beside itself with a minus, and scaled from both sides; V is a letter that the theorems bind."""
    outcome = checked(certificate([result(_transposing(form), key) for key in wanted]), coq)
    assert outcome.accepted, outcome.detail


def _transposing(form: str) -> Cell:
    c = CellBuilder(form)
    x, phi, W = c.state("x", "n"), c.function("phi", default="tanh"), c.matrix("W", *("kn" if form == "tied" else "nn"))
    if form == "square":
        c.next(x, phi(W.T @ x))
    elif form == "tied":
        u, V = c.input("u", "m"), c.matrix("V", "n", "m")
        c.next(x, x - W.T @ phi(W @ x) + V @ u)
    else:
        P, Q, g = c.matrix("P", "n", "k"), c.matrix("Q", "n", "k"), c.vector("g", "n")
        c.next(x, (1 - g) * x + g * (P @ (Q.T @ phi(x))) + P @ (P.T @ x))
    return c.build()


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize(
    "wanted",
    [
        ("rate:retention",),
        ("preconditioner",),
        pytest.param(("expansion:retention:2", "remainder:retention:1"), marks=pytest.mark.full),
    ],
)
def test_a_state_that_is_carried_on_beside_one_of_scaled_columns(coq: Assistant, wanted: tuple[str, ...]) -> None:
    """A_j has a block I, B_j a row of zeros and U diag(s) W diag(d)."""
    c = CellBuilder("carried")
    x, l, u = c.state("x", "n"), c.state("l", "n"), c.input("u", "n")
    W, U, V = (c.matrix(name, "n", "n") for name in "WUV")
    d, z = c.vector("d", "n"), c.vector("z", "n")
    s = c.let("s", d * x)
    r = c.let("r", sigma(W @ s))
    c.next(x, (1 - z) * s + z * tanh(U @ (r * s) + V @ l))
    c.next(l, l + u)
    outcome = checked(certificate([result(c.build(), key) for key in wanted]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
def test_names_inside_a_cell(coq: Assistant) -> None:
    J = results(cell("plain"))["x"]
    own = J.cell
    inside = replace(J, of=own.assignments[0].symbol, named_terms=(("drive", own.symbols["W_r"]),))
    outcome = checked(certificate([inside]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
def test_kinks_and_names_that_coq_has(coq: Assistant) -> None:
    c = CellBuilder("odd")
    x, at, match_ = c.state("x", "n"), c.vector("at", "n"), c.scalar("forall")
    e = c.let("e", sigma(at * x))
    s = c.let("s", sqrt(exp(match_) + (x.T @ x)))
    p = c.let("p", relu(x) / s)
    c.next(x, e * tanh(p) + match_ * x)
    outcome = checked(certificate(objects(c.build())), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
def test_absolute_values_have_the_slope_of_the_library(coq: Assistant) -> None:
    c = CellBuilder("sized")
    x, q = c.state("x", "n"), c.scalar("q")
    c.next(x, x * abs(x) + abs(q) * x)
    outcome = checked(certificate(objects(c.build())), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
def test_numbers_are_reckoned_with(coq: Assistant) -> None:
    """2 times 1/2 is 1, and so is a power of 1."""
    c = CellBuilder("halves")
    x, v = c.state("x", "n"), c.vector("v", "n")
    g = c.let("g", sigma(x), role="gate")
    c.next(x, (1 - g) * x + g * (v + c.ones("n") / 2))
    outcome = checked(certificate([results(c.build())["x"]]), coq)
    assert outcome.accepted, outcome.detail
    c = CellBuilder("still")
    x = c.state("x", "n")
    c.next(x, 1 * x)
    known = results(c.build())
    outcome = checked(certificate([known["expansion:retention:2"], known["preconditioner"]]), coq)
    assert outcome.accepted, outcome.detail


def with_terms(derivation: Derivation, expr: sympy.Expr) -> Derivation:
    return replace(derivation, named_terms=(("whole", expr),))


@pytest.mark.full
def test_true_claims_written_in_another_way_are_accepted(coq: Assistant) -> None:
    """Value rules, names written out, factors in another order, sums multiplied out or not."""
    J = results(cell("scalar_gate"))["x"]
    own = J.cell
    g, a_g = own.assignments[2].symbol, own.assignments[1].symbol
    slope = next(node for node in sympy.preorder_traversal(J.term("gate")) if getattr(node, "order", 0) == 1)
    swapped = J.term("gate").xreplace({slope: g * (1 - g)})
    inlined = J.term("gate").xreplace({a_g: own.assignments[1].expr})
    turned = J.expr.replace(lambda node: isinstance(node, Dot), lambda node: Dot(node.args[1], node.args[0]))
    for name, expr in (("value", swapped), ("inlined", inlined), ("turned", turned)):
        terms = tuple((key, expr if key == "gate" else term) for key, term in J.named_terms)
        claim = with_terms(J, expr) if name == "turned" else replace(J, named_terms=terms)
        outcome = checked(certificate([claim]), coq)
        assert outcome.accepted, (name, outcome.detail)


@pytest.mark.sweep(1, pool=REJECTED)
def test_a_wrong_formula_is_rejected_in_its_proof(coq: Assistant) -> None:
    J = results(cell("plain"))["x"]
    outcome = checked(certificate([with_terms(J, scaled(sympy.Rational(101, 100), J.expr))]), coq)
    assert not outcome.accepted
    assert outcome.detail.startswith("J_x_takes")


@pytest.mark.sweep(1, pool=REJECTED)
@pytest.mark.parametrize("name", ["plain", pytest.param("scalar_gate", marks=pytest.mark.full)])
def test_every_slip_fails_where_the_truth_holds(name: str, coq: Assistant) -> None:
    own: Cell = cell(name)
    wrong = [(f"{slip.kind}: {slip.place}", slip.derivation) for item in objects(own) for slip in slips(item)]
    source = slips_source(objects(own), wrong, f"{name}_slips")
    assert source.slips == len(wrong) > 30
    outcome = checked(source, coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
def test_a_slip_that_is_none_breaks_the_file(coq: Assistant) -> None:
    """The check of slips can fail: a true formula among the wrong ones makes ``Fail`` fail."""
    J = results(cell("plain"))["x"]
    outcome = checked(slips_source([J], [("none", J)], "plain_slips"), coq)
    assert not outcome.accepted


@pytest.mark.full
def test_gradients_alone_carry_their_adjoint(coq: Assistant) -> None:
    known = results(cell("indrnn"))
    outcome = checked(certificate(with_adjoint(known["gradient:w_r"], known)), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("leaky", ("expansion:retention:2", "rate:retention", "remainder:retention:1", "preconditioner")),
        *(
            pytest.param(name, wanted, marks=pytest.mark.full)
            for name, wanted in (
                ("multi_gate", ("expansion:drive:2", "rate:drive", "analogy:schedule", "analogy:adam")),
                ("mingru", ("expansion:retention:2", "analogy:momentum")),
                ("lstm", ("expansion:retention:2", "expansion:gate:2")),
                ("lstm", ("rate:retention", "preconditioner", "remainder:retention:1")),
                ("dale", ("x", "W_r", "C", "vjp:W_r", "vjp:s")),
                ("multi_gate_norm", ("expansion:retention:2",)),
                ("scalar_gate_norm", ("rate:retention",)),
                ("s6", ("rate:retention",)),
                ("cfc", ("transport", "adjoint", "gradient:W_f")),
            )
        ),
    ],
)
def test_formulas_over_time(coq: Assistant, name: str, wanted: tuple[str, ...]) -> None:
    outcome = checked(certificate([results(cell(name))[key] for key in wanted]), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.sweep(1, pool=ACCEPTED)
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("qrnn", "expansion:retention:2"),
        pytest.param("qrnn", "expansion:gate:2", marks=pytest.mark.full),
        pytest.param("rwkv4", "expansion:gate:2", marks=pytest.mark.full),
        pytest.param("rwkv4", "expansion:retention:2", marks=pytest.mark.full),
    ],
)
def test_expansions_that_end(coq: Assistant, name: str, key: str) -> None:
    outcome = checked(certificate([results(cell(name))[key]]), coq)
    assert outcome.accepted, outcome.detail


def _wrong(derivation: Derivation, kinds: tuple[str, ...]) -> list[tuple[str, Derivation]]:
    found = [(f"{slip.kind}: {slip.place}", slip.derivation) for slip in sequence_slips(derivation)]
    return [(place, item) for place, item in found if place in kinds]


@pytest.mark.sweep(1, pool=REJECTED)
def test_slips_in_an_expansion_that_ends_fail(coq: Assistant) -> None:
    """One per cent, a sign, blocks in another place: what is printed is no longer the whole product."""
    item = results(cell("qrnn"))["expansion:retention:2"]
    wrong = _wrong(item, ("one_percent: term order_1", "wrong_sign: term order_0", "blocks_transposed: term order_1"))
    assert len(wrong) == 3
    outcome = checked(time_slips_source([item], wrong, "qrnn_time_slips"), coq)
    assert outcome.accepted, outcome.detail


@pytest.mark.full
def test_slips_over_time_fail_where_the_truth_holds(coq: Assistant) -> None:
    known = results(cell("leaky"))
    order, rate = result(cell("leaky"), "expansion:retention:1"), known["rate:retention"]
    wrong = _wrong(order, ("one_percent: factor A", "one_percent: term order_1", "wrong_sign: claim frechet"))
    wrong += _wrong(rate, ("one_step_too_few: term order_1", "wrong_sign: factor A"))
    assert len(wrong) == 5
    outcome = checked(time_slips_source([order, rate], wrong, "leaky_time_slips"), coq)
    assert outcome.accepted, outcome.detail
    outcome = checked(time_slips_source([rate], [("none", rate)], "leaky_time_slips"), coq)
    assert not outcome.accepted


@pytest.mark.full
def test_of_slips_over_time_beside_a_cell_none_is_true(coq: Assistant) -> None:
    """Only what a slip changes is sent, tried once; a result without a slip changes nothing, and breaks the file."""
    own = cell("leaky")
    item = result(own, "expansion:retention:1")
    files = Files(own, {"expansion:retention:1": item})
    (wrong,) = _wrong(item, ("one_percent: term order_1",))
    found = time_slips_beside(files, "kept", item, [wrong])
    right, changed = re.findall(r"^Goal (.*)\.$", found.beside, re.MULTILINE)
    assert len(right.split(" /\\ ")) > 2
    assert re.fullmatch(r"order_1_\w+_claim", changed)
    assert _judged(coq, found).accepted
    assert not _judged(coq, time_slips_beside(files, "none", item, [("none", item)])).accepted


def _judged(coq: Assistant, source: Source) -> Outcome:
    runs = Runs()
    for needed in source.needs:
        assert runs.check(needed, coq).accepted
    return runs.check(source, coq)
