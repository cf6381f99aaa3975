"""Claims about entries: read over letters, judged right, with slips beside them; products are their einsums."""

from __future__ import annotations

import random
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgate as sg
from symgate.claims import read_recurrence
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.network import Factor, Network
from symgate.claims.reading.surface import Node
from symgate.notation import Layout, Notation, Vectors

AUTHORS = Path(__file__).parent / "authors"


def collected(name: str) -> list[Any]:
    """Every formula of a collection with its recurrence, the verdict it should have, and the words of a proposal."""
    found = []
    for group in tomllib.loads((AUTHORS / f"{name}.toml").read_text(encoding="utf-8"))["group"]:
        rows = [(claim, "proved", "") for claim in group["holds"]] + [(item, "refuted", "") for item in group["fails"]]
        rows += [(claim, "unreadable", "") for claim in group.get("senseless", ())]
        rows += [(claim, "refuted", words) for claim, words in group.get("proposed", ())]
        for place, (claim, verdict, words) in enumerate(rows):
            found.append(pytest.param(group["recurrence"], claim, verdict, words, id=f"{group['id']}-{place}"))
    return found


@pytest.mark.sweep(15)
@pytest.mark.parametrize(("recurrence", "claim", "verdict", "words"), collected("entries"))
def test_entries_as_authors_write_them(recurrence: str, claim: str, verdict: str, words: str) -> None:
    found = sg.check(read_recurrence(recurrence), claim)
    assert found.verdict == verdict, found
    assert words in "; ".join(item.words for item in found.proposals)


def value(node: Node, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """A tree over vectors (columns) and matrices in numbers."""
    if node.kind == "number":
        return np.array(float(node.value))
    if node.kind == "name":
        return {"eye": np.eye(3), "ones": np.ones((3, 1)), **arrays}[node.value]
    parts = [value(part, arrays) for part in node.args]
    if node.kind == "transpose":
        return parts[0].T
    if node.kind == "call":
        flat = {"diag": lambda v: np.diag(v[:, 0]), "diagonal": lambda m: np.diag(m)[:, None]}
        return {**flat, "vec": lambda m: m.T.reshape(-1, 1)}[node.value](parts[0])
    if node.kind == "kron":
        return np.kron(*parts)
    if node.kind == "matmul":
        found = parts[0]
        for part in parts[1:]:
            found = found @ part
        return found
    assert node.kind in ("odot", "star"), node.kind
    return parts[0] * parts[1]


@pytest.mark.parametrize("seed", range(60))
def test_a_product_over_letters_is_its_einsum(seed: int) -> None:
    """Vectors, matrices and deltas on letters that stay and letters that are summed, over every choice of those."""
    draw, numbers = random.Random(seed), np.random.default_rng(seed)
    kept = draw.choice([(), ("i",), ("i", "j"), ("i", "j", "k")])
    bound = ("p", "q", "r")[: draw.randint(0, 3)]
    arrays: dict[str, np.ndarray] = {}
    factors, operands = [], []
    for place in range(draw.randint(1, 6)):
        letters = tuple(draw.choice((*kept, *bound)) for _ in range(draw.choice((1, 2, 2)))) if (*kept, *bound) else ()
        delta = len(letters) == 2 and letters[0] != letters[1] and draw.random() < 0.25
        array = np.eye(3) if delta else numbers.normal(size=(3,) * len(letters))
        name = "eye" if delta else f"a{place}"
        arrays[name] = array[:, None] if array.ndim == 1 else array
        factors.append(Factor(Node("name", 0, name), letters))
        operands += [array, [ord(letter) - 97 for letter in letters]]
    for letter in kept:
        operands += [np.ones(3), [ord(letter) - 97]]
    used = [letter for letter in bound if any(letter in item.letters for item in factors)]
    expected = np.einsum(*operands, [ord(letter) - 97 for letter in kept])
    try:
        network = Network(factors, used, 0)
        tree = network.over_pair(kept[:1], *kept[1:]) if len(kept) == 3 else network.over(kept)
    except UnreadableError:
        pytest.skip("it is not a product of matrices")
    found = value(tree, arrays)
    if len(kept) == 3:
        expected = expected.transpose(0, 2, 1).reshape(3, 9)
    np.testing.assert_allclose(found, expected.reshape(found.shape), atol=1e-9)


ELMAN = read_recurrence(r"h_t = \tanh(W h_{t-1} + U x_t)")
JACOBIAN = r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,i}^2) %s"


@pytest.mark.parametrize("notation", [Notation(), Notation(layout=Layout.DENOMINATOR)])
def test_letters_say_which_entry_is_meant_in_every_layout(notation: Notation) -> None:
    assert sg.check(ELMAN, JACOBIAN % "W_{ij}", notation=notation).proved
    found = sg.check(ELMAN, JACOBIAN % "W_{ji}", notation=notation)
    assert found.verdict == "refuted"
    assert not any("layout" in item.words for item in found.proposals)


def test_of_a_matrix_as_a_whole_the_layout_counts() -> None:
    whole = r"\left(\frac{\partial h_t}{\partial h_{t-1}}\right)_{ij} = (1-h_{t,%s}^2) W_{%s}"
    other = Notation(layout=Layout.DENOMINATOR)
    assert sg.check(ELMAN, whole % ("j", "ji"), notation=other).proved
    assert sg.check(ELMAN, whole % ("i", "ij"), notation=other).verdict == "refuted"


def test_where_vectors_are_rows_entries_have_the_letters_of_the_author() -> None:
    """With row vectors the matrices of a cell that has columns are transposes, and W_{ji} is its author's."""
    rows = Notation(vectors=Vectors.ROW)
    assert sg.check(ELMAN.cell, JACOBIAN % "W_{ji}", notation=rows).proved
    assert sg.check(ELMAN.cell, JACOBIAN % "W_{ij}", notation=rows).verdict == "refuted"
    gradient = (
        r"\frac{\partial L}{\partial W_{ij}} = \sum_t \frac{\partial L}{\partial h_{t,%s}} (1-h_{t,%s}^2) h_{t-1,%s}"
    )
    assert sg.check(ELMAN.cell, gradient % ("j", "j", "i"), notation=rows).proved
    assert sg.check(ELMAN.cell, gradient % ("i", "i", "j"), notation=rows).verdict == "refuted"


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        (r"\sum_k (1-h_{t,k}^2) \delta_{ki} W_{kj}", "proved"),
        (r"\sum_k (1-h_{t,k}^2) \delta_{ik} W_{kj}", "proved"),
        (r"\sum_k (1-h_{t,i}^2) W_{ik} \delta_{jk}", "proved"),
        (r"\sum_k (1-h_{t,i}^2) W_{ik} \delta_{kj}", "proved"),
        (r"\sum_k (1-h_{t,k}^2) \delta_{ik} W_{jk}", "refuted"),
        (r"\sum_k (1-h_{t,k}^2) \delta_{jk} W_{ij}", "refuted"),
    ],
)
def test_a_delta_joins_the_letter_that_is_summed_over_on_either_side(right: str, verdict: str) -> None:
    assert sg.check(ELMAN, r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = " + right).verdict == verdict


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (r"\frac{\partial h_{t,i}}{\partial h_{t-1}} = (1-h_{t,i}^2) W_{ij}", "write all of them"),
        (r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_t^2) W_{ij}", "a vector has 1 letters"),
        (r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,i}^2) \sum_k W_{ij}", "a sum runs over the letter k"),
        (
            r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,i}^2) \sum_{k \neq i} W_{ik} \delta_{kj}",
            "all of them",
        ),
        (r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,i}^2) \sum_{k=2}^n W_{ik} \delta_{kj}", "all of them"),
        (
            r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,i}^2) \sum_{k=1}^{n-1} W_{ik} \delta_{kj}",
            "all of them",
        ),
        (r"\frac{\partial h_{t,i}}{\partial x_{t,i}} = (1-h_{t,i}^2) U_{ii}", ""),
    ],
)
def test_what_has_no_meaning_is_refused(claim: str, words: str) -> None:
    found = sg.check(ELMAN, claim)
    assert found.verdict == "unreadable"
    assert words in found.statement


def test_a_definition_counts_at_every_time_and_transposed() -> None:
    """Also of a letter that is otherwise the gradient of the loss, and in entries."""
    own = r", \quad \delta_t = \frac{\partial L}{\partial h_t} \odot (1-h_t^2)"
    for right in (r"\sum_{k=1}^T \delta_k h_{k-1}^\top", r"\sum_{k=1}^T (h_{k-1} \delta_k^\top)^\top"):
        assert sg.check(ELMAN, rf"\frac{{\partial L}}{{\partial W}} = {right}{own}").proved
    assert (
        sg.check(ELMAN, rf"\frac{{\partial L}}{{\partial W}} = \sum_k h_{{k-1}} \delta_k^\top{own}").verdict != "proved"
    )
    own = r", \quad \delta_{t,i} = \frac{\partial L}{\partial h_{t,i}} (1-h_{t,%s}^2)"
    claim = r"\frac{\partial L}{\partial W_{ij}} = \sum_{s=1}^T \delta_{s,i} h_{s-1,j}"
    assert sg.check(ELMAN, claim + own % "i").proved
    assert sg.check(ELMAN, claim + own % "j").verdict != "proved"


def test_influence_of_a_state_that_is_dated_later() -> None:
    later = read_recurrence(r"x_{t+1} = \tanh(W x_t + U u_t)")
    claim = r"\frac{\partial x_{t+1}}{\partial W} = \operatorname{diag}(1-x_{t+1}^2)(x_t^\top \otimes I + %s)"
    assert sg.check(later, claim % r"W \frac{\partial x_t}{\partial W}").proved
    for wrong in (r"W^\top \frac{\partial x_t}{\partial W}", r"W \frac{\partial x_{t-1}}{\partial W}"):
        assert sg.check(later, claim % wrong).verdict == "refuted"


SIZE = 3
#: A left side, a right side with blanks for letters, its value, the letters that fill blanks, and those under a sum.
PATTERNS = {
    "jacobian": (r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = (1-h_{t,%s}^2) W_{%s%s}", "ij", ""),
    "parameter": (r"\frac{\partial h_{t,i}}{\partial W_{jk}} = \delta_{%s%s} (1-h_{t,%s}^2) h_{t-1,%s}", "ijk", ""),
    "loss": (
        r"\frac{\partial L}{\partial h_{t-1,j}} = \sum_i \frac{\partial L}{\partial h_{t,%s}} (1-h_{t,%s}^2) W_{%s%s}",
        "ij",
        "i",
    ),
    "chain": (
        r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}} = \sum_k \delta_{%s%s} (1-h_{t,%s}^2) W_{%s%s}",
        "ijk",
        "k",
    ),
}


class Numbers:
    """One step of the recurrence at a random point, and what the patterns say there."""

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self.weight, self.before, self.drive = draw.normal(size=(SIZE, SIZE)), *draw.normal(size=(2, SIZE))
        self.loss, self.after = draw.normal(size=SIZE), self.step(self.weight, self.before)

    def step(self, weight: np.ndarray, before: np.ndarray) -> np.ndarray:
        return np.tanh(weight @ before + self.drive)

    def truth(self, pattern: str) -> np.ndarray:
        """The left side, by complex steps through the recurrence."""
        if pattern == "parameter":
            units = np.eye(SIZE * SIZE).reshape(SIZE, SIZE, SIZE, SIZE)
            steps = [[self.step(self.weight + 1e-30j * unit, self.before) for unit in row] for row in units]
            return np.moveaxis(np.imag(steps) / 1e-30, 2, 0)
        found = np.imag([self.step(self.weight, self.before + 1e-30j * unit) for unit in np.eye(SIZE)]).T / 1e-30
        return self.loss @ found if pattern == "loss" else found

    def claimed(self, pattern: str, letters: str) -> np.ndarray:
        """The right side, by loops over every letter."""
        slope, eye = 1 - self.after**2, np.eye(SIZE)
        kept = {"jacobian": "ij", "parameter": "ijk", "loss": "j", "chain": "ij"}[pattern]
        found = np.zeros((SIZE,) * len(kept))
        every = kept + PATTERNS[pattern][2]
        for place in np.ndindex(*(SIZE,) * len(every)):
            at = [dict(zip(every, place, strict=True))[letter] for letter in letters]
            if pattern == "jacobian":
                term = slope[at[0]] * self.weight[at[1], at[2]]
            elif pattern == "parameter":
                term = eye[at[0], at[1]] * slope[at[2]] * self.before[at[3]]
            elif pattern == "loss":
                term = self.loss[at[0]] * slope[at[1]] * self.weight[at[2], at[3]]
            else:
                term = eye[at[0], at[1]] * slope[at[2]] * self.weight[at[3], at[4]]
            found[place[: len(kept)]] += term
        return found


FILLED = [
    (pattern, "".join(letters))
    for pattern, (text, choice, _) in PATTERNS.items()
    for letters in product(choice, repeat=text.count("%s"))
]


@pytest.mark.sweep(15)
@pytest.mark.parametrize(("pattern", "letters"), FILLED)
def test_other_letters_are_judged_as_numbers_say(pattern: str, letters: str) -> None:
    """Every choice of letters: proved where the numbers agree, never where they differ."""
    text, _, bound = PATTERNS[pattern]
    points = [Numbers(seed) for seed in (1, 2)]
    holds = all(np.allclose(point.claimed(pattern, letters), point.truth(pattern)) for point in points)
    found = sg.check(ELMAN, text % tuple(letters))
    if set(bound) <= set(letters):
        assert found.verdict == "proved" if holds else found.verdict in ("refuted", "unreadable"), found
    else:
        assert found.verdict in ("refuted", "unreadable"), found
