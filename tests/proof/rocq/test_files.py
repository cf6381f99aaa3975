"""A cell in many small files says what a single certificate says, and each file stands on those before it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import sympy

from symgate.cells import LIBRARY, MATRIX, cell
from symgate.derive import result, results
from symgate.errors import ProofAssistantError, SymgateError
from symgate.language import CellBuilder, sigma, tanh
from symgate.proof.rocq import (
    ROUTE,
    Assistant,
    Files,
    Source,
    can_state,
    certificate,
    find_assistant,
)
from symgate.proof.rocq.assistant import Runs
from symgate.proof.rocq.many_steps import SUMMED
from symgate.proof.rocq.names import module_text
from symgate.proof.slips import scaled
from symgate.records import Cell, Derivation, Kind
from tests.matrix_cells import memory

SHORT = ("plain", "scalar_gate", "lru", "leaky_norm", "fast_weights")
CELLS = [pytest.param(item.name, marks=() if item.name in SHORT else pytest.mark.full) for item in (*LIBRARY, *MATRIX)]
DEFINITION = re.compile(r"^Definition .*?\.$", re.DOTALL | re.MULTILINE)


def stated(name: str) -> dict[str, Derivation]:
    """What certificates state of a cell, with the influence of its first parameter."""
    found, influence = {}, f"influence:{cell(name).parameters[0].name}"
    for key, item in (results(cell(name)) | {influence: result(cell(name), influence)}).items():
        try:
            can_state(item)
            found[key] = item
        except SymgateError:
            continue
    return found


@pytest.mark.parametrize("name", CELLS)
def test_every_result_stands_in_one_file_behind_those_it_needs(name: str) -> None:
    known, seen, keys = stated(name), set(), []
    for item in Files(cell(name), known):
        assert {other.name for other in item.source.needs} <= seen
        assert item.source.name not in seen
        seen.add(item.source.name)
        keys += item.keys
        for key in item.keys:
            proved = item.source.claims[known[key].name]
            assert proved
            assert set(proved) <= {*item.source.theorems}
    assert sorted(keys) == sorted(known)


@pytest.mark.parametrize("name", CELLS)
def test_the_definitions_are_those_of_a_single_certificate(name: str) -> None:
    """Word for word, so that what is read back of the one holds of the others; over time up to the numbers in names."""
    known, base = stated(name), [Kind.ADJOINT, Kind.MOMENTUM]
    if not cell(name).matrix_states:  # their transport is on the stacked columns, in a file of its own
        base.append(Kind.TRANSPORT)
    first = {key: item for key, item in known.items() if item.kind in base}
    for item in Files(cell(name), known):
        group = {key: known[key] for key in item.keys}
        if any(one.kind in SUMMED for one in group.values()):
            group = first | group
        if group:
            own, alone = definitions(item.source.text), definitions(certificate(list(group.values())).text)
            assert own
            assert own <= alone


def definitions(text: str) -> set[str]:
    found = {" ".join(one.split()) for one in DEFINITION.findall(text)}
    return {re.sub(r"_\d+(_\w+)?", "_#", one) for one in found if not one.startswith("Definition proved")}


def test_the_recurrence_is_that_of_a_single_certificate() -> None:
    root = next(iter(Files(cell("gru"), stated("gru")))).source.text
    alone = certificate([results(cell("gru"))["x"]]).text
    part = alone[alone.index("(* ---- The recurrence") : alone.index("(* ---- The claimed formulas")]
    assert part.strip() in root
    assert "Class sizes := {\n  n : nat;\n  m : nat;" in root
    assert "Variable" not in root


@pytest.fixture(scope="module")
def coq() -> Assistant:
    try:
        return find_assistant()
    except ProofAssistantError as error:
        pytest.skip(f"{ROUTE}: {error}")


@pytest.mark.sweep(1, pool="accepted by Coq")
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("plain", ("x", "vjp:x", "transport", "adjoint", "gradient:b")),
        pytest.param("leaky", ("x", "W_r", "adjoint", "lag:b", "rate:retention"), marks=pytest.mark.full),
        pytest.param("lru", ("x/x", "jacobian", "adjoint", "gradient:nu", "remainder:gate:1"), marks=pytest.mark.full),
        ("fast_weights", ("C", "u", "W_k", "W_v", "vjp:W_k", "split:retention")),
        ("fast_weights", ("transport", "adjoint", "gradient:W_v", "influence:W_k")),
        pytest.param("delta_net", ("C", "w_b", "vjp:W_v", "split:retention"), marks=pytest.mark.full),
        pytest.param("mlstm", ("C/m", "q/C", "vjp:C/W_k", "jacobian"), marks=pytest.mark.full),
        pytest.param("mlstm", ("transport", "adjoint", "gradient:b_k", "influence:W_v"), marks=pytest.mark.full),
    ],
)
def test_files_are_accepted(coq: Assistant, name: str, wanted: tuple[str, ...]) -> None:
    runs, known = Runs(limit=120), stated(name)
    for item in Files(cell(name), {key: known[key] for key in wanted if key in known}):
        outcome = runs.check(item.source, coq)
        assert outcome.accepted, (item.source.name, outcome.detail)


def _of_two() -> Cell:
    """A cell of two units and three inputs."""
    c = CellBuilder("of_two")
    h, u, W, U = c.state("h", 2), c.input("u", 3), c.matrix("W", 2, 2), c.matrix("U", 2, 3)
    g = c.let("g", sigma(U @ u))
    c.next(h, g * h + (1 - g) * tanh(W @ h))
    return c.build()


@pytest.mark.sweep(1, pool="accepted by Coq")
@pytest.mark.parametrize(
    "wanted",
    [
        ("h", "U"),
        pytest.param(("vjp:h", "split:retention"), marks=pytest.mark.full),
        pytest.param(("transport", "adjoint", "gradient:W"), marks=pytest.mark.full),
        pytest.param(("expansion:drive:2", "rate:retention"), marks=pytest.mark.full),
    ],
)
def test_a_size_that_is_a_numeral(coq: Assistant, wanted: tuple[str, ...]) -> None:
    """Coq would write out a sum of two terms, and take a product of matrices for a sum of two."""
    runs, own = Runs(limit=120), _of_two()
    for item in Files(own, {key: result(own, key) for key in wanted}):
        assert "Opaque sum." in item.source.text
        outcome = runs.check(item.source, coq)
        assert outcome.accepted, (item.source.name, outcome.detail)


@pytest.mark.full
def test_a_matrix_beside_a_vector_that_reads_it(coq: Assistant) -> None:
    """Rows and columns gated, the gate of the rows by the vector, an error fed back along a key."""
    runs, own = Runs(limit=200), memory()
    for item in Files(own, {key: result(own, key) for key in ("adjoint", "gradient:w", "lag:s", "influence:s")}):
        outcome = runs.check(item.source, coq)
        assert outcome.accepted, (item.source.name, outcome.detail)


def test_sums_are_kept_where_a_size_is_a_numeral_alone() -> None:
    assert "Opaque" not in "".join(item.source.text for item in Files(cell("stp"), stated("stp")))


@pytest.mark.sweep(1, pool="rejected by Coq")
def test_a_wrong_formula_is_rejected_in_its_file_and_takes_along_what_stands_on_it(coq: Assistant) -> None:
    known = {key: item for key, item in stated("plain").items() if ":" not in key and len(key) < 4}
    wrong = replace(known["x"], named_terms=(("drive", scaled(sympy.Rational(101, 100), known["x"].expr)),))
    runs, said = Runs(limit=120), {}
    for item in Files(cell("plain"), known | {"x": wrong}):
        if item.source.name in {"plain_cell", "plain_by_x", "plain_x_along_any_curve"}:
            said[item.source.name] = runs.check(item.source, coq)
    assert [outcome.accepted for outcome in said.values()] == [True, False, False]
    assert said["plain_by_x"].detail.startswith("J_x_takes")


@pytest.mark.full
def test_coqc_alone_reads_the_files_in_their_order(coq: Assistant, tmp_path: Path) -> None:
    """What the page says: without symgate, one file after the other."""
    known = stated("plain")
    files = [item.source for item in Files(cell("plain"), {key: known[key] for key in ("x", "vjp:x")})]
    for source in [Source("symgate_library", module_text("symgate_library"), (), {}), *files]:
        (tmp_path / f"{source.name}.v").write_text(source.beside)
        command = [coq.program, "-q", "-R", ".", "", f"{source.name}.v"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
