"""What certificates say and what they refuse, without running Coq."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sympy.matrices.expressions import BlockMatrix, HadamardProduct, Identity, MatMul

import symgate as sg
from symgate.cells import LIBRARY, cell
from symgate.derive import objects, result, results
from symgate.errors import DefinitionError, ProofAssistantError, UnsupportedNodeError
from symgate.language import CellBuilder, Signal, erf, relu, sigma
from symgate.proof import verify
from symgate.proof.rocq import (
    Outcome,
    Source,
    Store,
    can_state,
    certificate,
    certify,
    find_assistant,
    planted,
    with_adjoint,
    with_kernel,
)
from symgate.proof.rocq.assistant import Assistant, Runs, judged
from symgate.proof.rocq.names import module_text
from symgate.proof.sequences.slips import sequence_slips
from symgate.records import ONE_STEP, Cell, Kind

COQ = Assistant("/nowhere/coqc", "8.16.1", "3.2.0")
SAID = "Axioms:\nClassicalDedekindReals.sig_not_dec : forall P : Prop, {~ ~ P} + {~ P}\n"
SOURCE = Source("one", "Theorem t : True. Proof. exact I. Qed.\n", ("t",), {})


def own(name: str = "fun") -> sg.Cell:
    c = CellBuilder("own")
    x, w, at = c.state("x", "n"), c.vector(name, "n"), c.vector("at", "n")
    e = c.let("e", sigma(w * x), role="gate")
    c.next(x, e * x + at)
    return c.build()


def test_the_order_is_symbols_recurrence_formula_theorem_proof_assumptions() -> None:
    text = certificate(objects(cell("multi_gate")), {"multi_gate_jacobian_x": r"\mathbf{J}_t = x"}).text
    places = [
        text.index(part)
        for part in (
            "Record point",
            "Definition x_next (p : point) : vec := (ones - g p) * x p + g p * vmap phi (a p).",
            r"(* \mathbf{J}_t = x *)",
            "Definition J_x (p : point) : mat :=\n  diag (ones - g p)",
            "Definition J_x_claim : Prop",
            "Theorem J_x_true : J_x_claim.",
            "Print Assumptions",
        )
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["gru", "multi_gate_norm", "lstm"])
def test_nothing_is_assumed_but_what_the_statement_shows(name: str) -> None:
    text = certificate(objects(cell(name))).text
    assert not [word for word in ("Axiom", "Admitted", "admit", "Parameter ") if word in text]
    assert text.count("Hypothesis") == len(cell(name).functions)


def test_conditions_are_visible_and_only_those_that_do_not_follow() -> None:
    norm = certificate(objects(cell("leaky_norm"))).text
    assert "Definition domain (p : point) : Prop := (0 < n)%nat." in norm
    assert "Definition domain" not in certificate(objects(cell("gru"))).text
    c = CellBuilder("kinked")
    x = c.state("x", "n")
    c.next(x, relu(x))
    assert "vec" in certificate(objects(c.build())).text
    assert "(x p)%V i <> 0" in certificate(objects(c.build())).text


def test_names_that_coq_has_are_renamed_and_the_renaming_is_told() -> None:
    source = certificate(objects(own()))
    assert source.renamed == (("fun", "fun_"), ("at", "at_"))
    assert "fun is fun_" in source.text
    assert "fun_ : vec" in source.text


def test_names_are_the_same_under_every_order_of_the_run() -> None:
    assert certificate(objects(cell("lstm"))).text == certificate(objects(cell("lstm"))).text


def test_functions_of_which_no_derivative_is_known_are_refused_with_advice() -> None:
    sg.register_nonlinearity("unheard_of", lambda z: z * z)
    c = CellBuilder("odd")
    x = c.state("x", "n")
    from symgate.language import function

    c.next(x, function("unheard_of")(x))
    with pytest.raises(UnsupportedNodeError, match=r"does not hold.*c.function"):
        certificate(objects(c.build()))
    assert erf is not None


def test_the_library_stands_in_the_text_or_beside_it() -> None:
    """Without the library a text is its own part and the line that asks for the modules."""
    known = results(cell("leaky"))
    source = certificate([known["transport"], known["expansion:retention:2"]])
    assert source.library == ("symgate_library", "symgate_steps", "symgate_times")
    assert "Require Import symgate_library symgate_steps symgate_times." in source.beside
    own = source.text.index("Section certificate.")
    assert source.beside.endswith(source.text[own:])
    assert len(source.beside) < len(source.text) / 2
    for name in source.library:
        assert "Require Import Reals" in module_text(name)


def test_a_size_that_has_the_name_of_a_time_is_renamed() -> None:
    source = certificate([results(cell("low_rank"))["adjoint"]])
    assert ("k", "k_size") in source.renamed
    assert "k is k_size" in source.text


def test_a_certificate_is_about_one_cell_and_a_gradient_needs_its_adjoint() -> None:
    with pytest.raises(DefinitionError, match="one cell"):
        certificate([*objects(cell("plain")), *objects(cell("leaky"))])
    known = results(cell("plain"))
    with pytest.raises(UnsupportedNodeError, match="adjoint"):
        certificate([known["gradient:W_r"]])
    assert "gradient_W_r_true" in certificate(with_adjoint(known["gradient:W_r"], known)).text


def test_results_that_certificates_do_not_state_say_why() -> None:
    with pytest.raises(UnsupportedNodeError, match=r"derivative"):
        certificate([result(cell("leaky"), "truncation:W_r:retention:0")])
    with pytest.raises(UnsupportedNodeError, match="adjoint beside it"):
        certificate([result(cell("lru"), "influence:nu")])
    c = CellBuilder("two")
    C, D, s = c.state("C", ("n", "d")), c.state("D", ("n", "d")), c.scalar("s")
    c.next(C, s * C + D)
    c.next(D, s * D)
    two = c.build()
    assert certificate([result(two, "C/D")]).text
    with pytest.raises(UnsupportedNodeError, match=r"several states are matrices \(C, D in two\).*one step"):
        certificate([result(two, "transport")])
    with pytest.raises(UnsupportedNodeError, match="adjoint beside it"):
        certificate([result(cell("hgrn2"), "lag:gamma")])


@pytest.mark.parametrize("name", ["delta_net", "gated_delta_net"])
def test_a_slip_that_reaches_for_another_step_is_counted_and_not_sent(name: str) -> None:
    """It has no spelling as a formula of one step; the others of the same result are sent."""
    keys = ("adjoint", "analogy:momentum") if "analogy:momentum" in results(cell(name)) else ("adjoint",)
    for write in planted(cell(name), {key: result(cell(name), key) for key in keys}).values():
        found = write()
        assert found is not None
        assert found.source.slips
        assert found.refused


@pytest.mark.parametrize("sizes", [("n", "d"), ("d", "n"), ("n", 2), (3, "n"), ("n", "n"), (3, 2)])
def test_the_names_of_sizes_make_no_difference(sizes: tuple[str | int, str | int]) -> None:
    """Over many steps too; where both are whole numbers, what is on the stacked columns is refused."""
    c = CellBuilder("own")
    C, u = c.state("C", sizes), c.input("u", sizes[1])
    w, s = c.vector("w", sizes[0]), c.scalar("s")
    c.next(C, s * C + w @ u.T)
    own = c.build()
    for key in ("C", "adjoint", "gradient:w", "lag:s"):
        can_state(result(own, key))
    if sizes == (3, 2):
        for key in ("transport", "influence:w"):
            with pytest.raises(UnsupportedNodeError, match="of which a size is a symbol; C of own is 3 x 2"):
                can_state(result(own, key))
        return
    for key in ("transport", "rate:retention", "expansion:retention:1"):
        can_state(result(own, key))
        assert certificate([result(own, key)]).text


def test_a_matrix_state_is_stated_as_it_is_printed() -> None:
    """Applied to a change, in a cotangent that is a matrix, on the stacked columns; only such a cell has the rules."""
    own = cell("linear_attention")
    source = certificate([result(own, key) for key in ("C", "W_v", "vjp:C", "split:retention")])
    assert source.library == ("symgate_library", "symgate_matrices")
    after, here = "C_next (with_C p (X e))", "(with_C p (X s))"
    for line in (
        "Definition C_next (p : point) : mat := C p *[d_size] diag (g p) + outer (v p) (k p).",
        "Definition J_C (p : point) (V : mat) : mat :=\n  V *[d_size] diag (g p).",
        "Definition J_W_v (p : point) (V : mat) : mat :=\n  outer (V *[m] u p) (k p).",
        "Definition G_C (p : point) (lam : mat) : mat :=\n  lam *[d_size] diag (g p).",
        "Definition K_C (p : point) : mat :=\n  kron n n (diag (g p)) eye.",
        f"along2 n d_size (fun e => {after}) s (J_C {here} V).",
        f"is_derive (fun e => frobenius n d_size lam ({after})) s (frobenius n d_size (G_C {here} lam) V).",
        f"along (d_size * n) (fun e => vectorised n ({after})) s (K_C {here} *[(d_size * n)] vectorised n V).",
    ):
        assert line in source.text
    assert "symgate_matrices" not in certificate([results(cell("gru"))["x"]]).library


def test_many_steps_of_a_matrix_state_are_about_its_columns() -> None:
    own = cell("linear_attention")
    source = certificate([result(own, key) for key in ("transport", "expansion:retention:2", "rate:retention")])
    assert source.library[-2:] == ("symgate_matrices", "symgate_columns")
    for line in (
        "(v1 : vec) : point := with_u (with_C theta (unstacked n v1)) (u_at t).",
        "(v1 : vec) : vec := vectorised n (C_next (at_step theta t v1)).",
        "Definition J (p : point) : mat :=\n  kron n n (diag (g p)) eye.",
        "Definition A_0 (j : nat) : mat :=\n  kron n n (diag (g (here j))) eye.",
        "diag (Vprod (k_ + 1)%nat t (fun j => repeated n (g (here j)))).",
    ):
        assert line in source.text


def test_the_adjoint_of_a_matrix_state_is_a_matrix_with_products_on_its_sides() -> None:
    own = cell("gated_delta_net")
    known = {key: result(own, key) for key in ("adjoint", "gradient:w_b", "lag:w_b", "influence:s")}
    source = certificate(list(known.values()))
    assert source.library[-1] == "symgate_adjoints"
    assert source.claims.keys() == {item.name for item in known.values()}
    assert "not stated here" not in source.text.partition("*)")[0]
    step = "(eye + (- b {0}) *: outer (k {0}) (k {0}))"
    met = "(met theta z1 k1 j)"
    back = "(fun t z1 => back (at_step theta t z1))"
    carried = (
        f"Prod (k1 + 1)%nat t (fun j => f {met}) *: (slope_on theta z1 k1 t *[d_size] "
        f"Product d_size (k1 + 1)%nat t (fun j => {step.format(met)}%M))."
    )
    by_lag = (
        "vsum (T - q) (fun c => part_w_b (at_step theta (S c) (runS mat (step_at theta) 0 c z0)) "
        f"(seenS mat (step_at theta) dl {back} (S c) q (runS mat (step_at theta) 0 (S c) z0)))."
    )
    for line in (
        carried,
        by_lag,
        "Definition step_at (theta : point) (t : nat) (z1 : mat) : mat := C_next (at_step theta t z1).",
        f"Definition back (p : point) (lam : mat) : mat :=\n  f p *: (lam *[d_size] {step.format('p')}).",
        "(z1 : mat) (k1 j : nat) : point := at_step theta j (runS mat (step_at theta) k1 (j - S k1) z1).",
        f"agree n d_size (adjointS mat madd (step_at theta) dl {back} k1 r z1)\n    (Msum k1 (k1 + r) (fun t => carri",
        "Definition P_s (theta : point) (z0 : mat) (t : nat) : mat :=\n  influence (d_size * n) (metS mat",
    ):
        assert line in source.text, line


def test_an_adjoint_whose_closed_form_is_on_the_columns_says_what_is_not_stated() -> None:
    """The recurrence adds two products, so that no product on the sides of delta_t carries it back."""
    c = CellBuilder("own")
    C, A, B = c.state("C", ("n", "d")), c.matrix("A", "n", "n"), c.matrix("B", "d", "d")
    c.next(C, A @ C + C @ B)
    known = {key: result(c.build(), key) for key in ("adjoint", "gradient:A")}
    source = certificate(with_adjoint(known["gradient:A"], known))
    assert "Printed with own_adjoint and not stated here: closed_form." in source.text
    assert "adjoint_true_here" in source.text
    assert "adjoint_closed_here" not in source.text


@pytest.mark.parametrize(
    ("key", "claim", "why"),
    [
        ("gradient:b_f", "double_sum", "Certificates state a double sum with"),
        ("gradient:b_f", "recursion", "recursion beside .* is not that of the adjoint"),
        ("lag:b_f", "recursion", "recursion beside .* is not that of the adjoint"),
        ("lag:b_f", "start", "the claim start of"),
        ("influence:b_f", "forward", "the claim forward of"),
        ("adjoint", "start", "the claim start of"),
    ],
)
def test_what_stands_beside_a_gradient_of_a_matrix_state_is_compared(key: str, claim: str, why: str) -> None:
    """A claim with the square of a gate, or with a factor of 2, is not that of the theorem: it gets no certificate."""
    found = {name: result(cell("hgrn2"), name) for name in ("adjoint", key)}
    item = found[key].equation(claim)
    squared = item.right.replace(_is_gate, lambda node: HadamardProduct(node, node))
    wrong = replace(item, right=2 * item.right if squared == item.right else squared)
    other = replace(found[key], equations=tuple(wrong if one is item else one for one in found[key].equations))
    assert certificate(with_adjoint(found[key], found)).text
    with pytest.raises(UnsupportedNodeError, match=why):
        certificate(with_adjoint(other, found | {key: other}))


def test_the_derivative_of_a_matrix_state_along_any_curve_is_the_sum_of_all() -> None:
    own = cell("fast_weights")
    source = certificate([item for item in results(own).values() if item.kind is Kind.JVP])
    assert "Theorem C_next_total : C_next_total_claim." in source.text
    whole = source.text[source.text.index("Definition C_next_total_claim") :]
    assert all(f"J_{name} (P s) ({name} V)" in whole for name in own.symbols)


def test_an_influence_on_several_states_is_that_of_the_states_one_below_the_other() -> None:
    known = {key: result(cell("lstm"), key) for key in ("adjoint", "influence:W_f", "gradient:W_f")}
    source = certificate(list(known.values()))
    assert source.library[-1] == "symgate_influences"
    assert source.text.count("Lemma losses_W_f ") == 1
    for line in (
        "Definition stack_states (z : point) : vec := stacked n (h z) (c z).",
        "Definition S_stacked_W_f (p : point) : mat := above n (S_h_W_f p) (S_c_W_f p).",
        "mat :=\n  influence (n + n) (metS point (step_at theta) z0 (fun t z => J_stacked (at_step theta t z)))",
    ):
        assert line in source.text
    own = known["influence:W_f"]
    upside_down = replace(own.equation("S"), right=BlockMatrix(own.equation("S").right.blocks[::-1, :]))
    wrong = replace(own, equations=tuple(upside_down if one.key == "S" else one for one in own.equations))
    assert certificate([known["adjoint"], wrong]).text != certificate([known["adjoint"], own]).text
    other = replace(own.equation("J"), right=BlockMatrix(own.equation("J").right.blocks[::-1, :]))
    wrong = replace(own, equations=tuple(other if one.key == "J" else one for one in own.equations))
    with pytest.raises(UnsupportedNodeError, match="defines J otherwise"):
        certificate([known["adjoint"], wrong])


def test_formulas_over_time_stand_as_they_are_printed() -> None:
    text = certificate([results(cell("leaky"))["expansion:retention:2"]]).text
    assert "Definition A_0 (j : nat) : mat :=\n  (1 - alpha params) *: eye." in text
    assert "Definition order_0_0 (k t : nat) : mat :=\n  ((1 - alpha params) ^ (t - k)%nat) *: eye." in text
    assert "same n n (order n A_0 B_0 1 (S k) (t - k)) (order_1_0 k t)" in text


@pytest.mark.parametrize(("name", "top"), [("qrnn", 1), ("rwkv4", 2)])
def test_an_expansion_that_ends_says_by_which_levels(name: str, top: int) -> None:
    """B lowers a level that A does not raise; what is printed is the whole product then."""
    item = results(cell(name))["expansion:retention:2"]
    source = certificate([item])
    assert source.library[-1] == "symgate_exact"
    assert f"Definition level_0_bounded_claim : Prop := forall i, (level_0 i <= {top})%nat." in source.text
    assert re.search(r"\(order_0_0 (k_?) t \+ order_1_0 \1 t \+ order_2_0 \1 t\)", source.text)
    B = item.equation("B")
    full = replace(
        B, right=BlockMatrix([[Identity(block.shape[0]) for block in row] for row in B.right.blocks.tolist()])
    )
    wrong = replace(item, equations=tuple(full if one is B else one for one in item.equations))
    with pytest.raises(UnsupportedNodeError, match="zero blocks of B"):
        certificate([wrong])


@pytest.mark.parametrize(
    ("key", "equation"),
    [("expansion:retention:1", "frechet"), ("expansion:retention:1", "recursion"), ("rate:retention", "leak")],
)
def test_a_claim_about_something_else_is_refused(key: str, equation: str) -> None:
    """A left side that is not read would let a wrong claim count as certified."""
    derivation = result(cell("leaky"), key)
    item = derivation.equation(equation)
    doubled = replace(item, left=MatMul(2, item.left))
    wrong = replace(derivation, equations=tuple(doubled if one is item else one for one in derivation.equations))
    with pytest.raises(UnsupportedNodeError, match="symbol of its own"):
        certificate([wrong])


def test_a_recursion_that_is_another_one_is_refused() -> None:
    derivation = result(cell("leaky"), "expansion:retention:1")
    item = derivation.equation("recursion")
    other = replace(item, right=MatMul(2, item.right))
    wrong = replace(derivation, equations=tuple(other if one is item else one for one in derivation.equations))
    with pytest.raises(UnsupportedNodeError, match="recursion of the orders"):
        certificate([wrong])


@pytest.mark.sweep(1)
@pytest.mark.parametrize("name", ["leaky", "unit_leak", "lru"])
def test_no_slip_over_many_steps_has_the_certificate_of_the_truth(name: str) -> None:
    """What a certificate does not read it compares, or refuses: a wrong claim would count as certified otherwise."""
    own = cell(name)
    parameter = own.parameters[0].name
    found = {key: item for key, item in results(own).items() if item.kind not in (*ONE_STEP, Kind.GRADIENT)}
    for word in ("gradient", "lag", "influence"):
        found[f"{word}:{parameter}"] = result(own, f"{word}:{parameter}")
    for key, truth in found.items():
        right = certificate(with_adjoint(truth, found)).text
        planted_ = list(sequence_slips(truth))
        assert planted_, key
        for slip in planted_:
            try:
                can_state(slip.derivation)
                wrong = certificate(with_adjoint(slip.derivation, found)).text
            except UnsupportedNodeError:
                continue
            assert wrong != right, (key, slip.kind, slip.place)


@pytest.mark.sweep(1)
@pytest.mark.parametrize("name", ["fast_weights", "hgrn2", "gated_delta_net"])
def test_no_slip_of_a_matrix_state_over_many_steps_has_the_certificate_of_the_truth(name: str) -> None:
    """Transports, expansions, bounds and rates on the stacked columns; adjoints, gradients and lags in matrices."""
    own, seen = cell(name), 0
    known = results(own) | {key: result(own, key) for key in _by_first_parameter(own)}
    for key, truth in known.items():
        if truth.kind in ONE_STEP:
            continue
        right = certificate(with_adjoint(truth, known)).text
        for slip in sequence_slips(truth):
            try:
                can_state(slip.derivation)
                wrong = certificate(with_adjoint(slip.derivation, known)).text
            except UnsupportedNodeError:
                continue
            seen += 1
            assert wrong != right, (key, slip.kind, slip.place)
    assert seen > 10


def _is_gate(node: object) -> bool:
    return isinstance(node, Signal) and str(node.name) == "f"


def _by_first_parameter(own: Cell) -> tuple[str, str]:
    return f"lag:{own.parameters[0].name}", f"influence:{own.parameters[0].name}"


@pytest.mark.parametrize("name", ["leaky", "lstm", "low_rank", "mingru", "stp"])
def test_every_result_over_many_steps_is_stated(name: str) -> None:
    """Expansions, bounds, rates, preconditioners and analogies; a size of the cell may be called like a time."""
    long = {key: item for key, item in results(cell(name)).items() if item.kind not in (*ONE_STEP, Kind.GRADIENT)}
    source = certificate(list(long.values()))
    assert source.claims.keys() == {item.name for item in long.values()}
    assert not [word for word in ("Axiom", "Admitted", "admit", "Parameter ") if word in source.text]
    assert "not stated here" not in source.text.partition("*)")[0]


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        (SAID, True),
        ("Closed under the global context\n", True),
        (SAID + "cheating : 0 = 1\n", False),
        ("", False),
    ],
)
def test_only_the_axioms_of_real_analysis_are_allowed(said: str, accepted: bool) -> None:
    assert judged(SOURCE, said).accepted is accepted


@pytest.mark.parametrize(
    "word",
    [
        "Axiom cheat : False.",
        "Lemma l : False. Admitted.",
        "Lemma l : False. admit.",
        "Hypothesis classic : False.",
    ],
)
def test_a_text_that_assumes_what_it_should_prove_is_not_even_run(word: str) -> None:
    outcome = Runs().check(Source("bad", word, (), {}), COQ)
    assert not outcome.accepted
    assert "proves nothing" in outcome.detail


def test_no_coq_another_version_and_no_library_are_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProofAssistantError, match=r"no coqc-that-is-nowhere.*apt-get install"):
        find_assistant("coqc-that-is-nowhere")
    old = tmp_path / "coqc"
    old.write_text("#!/bin/sh\necho 'The Coq Proof Assistant, version 8.4.6'\n")
    old.chmod(0o755)
    with pytest.raises(ProofAssistantError, match=r"8\.4\.6.*8\.16"):
        find_assistant(str(old))
    old.write_text(f"#!/bin/sh\ncase $1 in --version) echo 'version 8.16.1';; *) echo {tmp_path};; esac\n")
    with pytest.raises(ProofAssistantError, match="no Coquelicot"):
        find_assistant(str(old))


def fake(tmp_path: Path, script: str) -> Assistant:
    path = tmp_path / "coqc"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Assistant(str(path), "8.16.1")


def test_acceptances_are_kept_by_digest_and_rejections_are_not(tmp_path: Path) -> None:
    store = Store(tmp_path / "accepted")
    coq = fake(tmp_path, f"echo run >> {tmp_path}/runs\necho 'Closed under the global context'")
    again = [certify([SOURCE], coq, store=store)[0].accepted for _ in range(2)]
    assert again == [True, True]
    assert (tmp_path / "runs").read_text().count("run") == 1

    changed = Source("one", SOURCE.text + "\n", ("t",), {})
    bad = fake(tmp_path, "echo 'line 1, characters 0-1:\nError: no' >&2\nexit 1")
    assert not certify([changed], bad, store=store)[0].accepted
    assert len(list((tmp_path / "accepted").iterdir())) == 1


def test_a_damaged_store_is_run_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "accepted")
    coq = fake(tmp_path, "echo 'Closed under the global context'")
    certify([SOURCE], coq, store=store)
    kept = next((tmp_path / "accepted").iterdir())
    for text in ("", "{}", json.dumps({"source": "one", "accepted": False, "detail": "", "axioms": [], "seconds": 0})):
        kept.write_text(text)
        assert store.get(SOURCE, coq) is None


def test_a_coq_that_is_killed_is_no_rejection(tmp_path: Path) -> None:
    with pytest.raises(ProofAssistantError, match="signal 9"):
        certify([SOURCE], fake(tmp_path, "kill -9 $$"))


def test_on_interruption_processes_end_and_acceptances_stay(tmp_path: Path) -> None:
    store = Store(tmp_path / "accepted")
    coq = fake(tmp_path, "if grep -q slow certificate.v; then sleep 60; fi\necho 'Closed under the global context'")
    slow = Source("slow", "(* slow *)", ("t",), {})

    def interrupt(_: Outcome) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        certify([SOURCE, slow], coq, jobs=2, store=store, done=interrupt)
    assert store.get(SOURCE, coq) is not None


def test_the_certificate_of_a_result_gains_a_route_only_by_acceptance() -> None:
    plain = verify(results(cell("plain"))["x"])
    told = with_kernel(plain, Outcome("x", accepted=True, detail="accepted"), COQ)
    assert told.route("rocq").passed
    assert told.route("rocq").detail == "accepted by Coq 8.16.1 with Coquelicot 3.2.0"
    refused = with_kernel(plain, Outcome("x", accepted=False, detail="J_x_takes: no"), COQ)
    assert refused.route("rocq").passed is None
    assert refused.verdict == plain.verdict


def test_every_cell_has_a_certificate_for_every_derivative_of_one_step() -> None:
    beyond = []
    for item in LIBRARY:
        try:
            source = certificate(objects(item))
        except UnsupportedNodeError:
            beyond.append(item.name)
            continue
        assert source.claims.keys() == {derivation.name for derivation in objects(item)}
        assert source.text.isascii()
    assert beyond == []


def test_a_product_of_outer_products_over_time_has_a_spelling() -> None:
    c = CellBuilder("outer")
    x, v = c.state("x", "n"), c.vector("v", "n")
    c.next(x, (x.T @ x) * (x * v))
    text = certificate([results(c.build())["expansion:drive:2"]]).text
    assert "(2 ^ (t - k)%nat) *: Product n (k + 1)%nat t (fun j => outer (v params * x (here j)) (x (here j)))." in text


def test_a_state_called_p_is_not_the_point() -> None:
    assert "Definition J_apply (q : point)" in certificate([results(cell("rwkv4"))["transport"]]).text
