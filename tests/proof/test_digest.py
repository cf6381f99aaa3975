"""The digest of what is claimed, and what is drawn from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sympy
from sympy import Symbol

import symgate as sg
from symgate.derive.results import result
from symgate.proof.digest import Stream, digest, expression_digest, prime, residues
from symgate.records import Derivation, Kind, Order, Relation, Standing

GRADIENT = result(sg.cell("gru"), "gradient:W_r")
EXPANSION = result(sg.cell("multi_gate"), "expansion:retention:1")


def changed(found: Derivation, **fields: object) -> Derivation:
    """The derivation with the fields of its first equation changed."""
    first, *others = found.equations
    return replace(found, equations=(replace(first, **fields), *others))


MEANT: dict[str, Callable[[Derivation], Derivation]] = {
    "term": lambda d: replace(d, named_terms=((d.named_terms[0][0], 2 * d.named_terms[0][1]), *d.named_terms[1:])),
    "kind": lambda d: replace(d, kind=Kind.JACOBIAN),
    "relation": lambda d: replace(d, relation=Relation.AT_MOST),
    "left side": lambda d: replace(d, of=Symbol("other")),
    "variable": lambda d: replace(d, wrt=d.cell.parameters[-1]),
    "parameters": lambda d: replace(d, parameters=Order(("retention",), 7)),
    "right side of an equation": lambda d: changed(d, right=d.equations[0].left),
    "standing of an equation": lambda d: changed(d, standing=Standing.EXAMPLE),
    "relation of an equation": lambda d: changed(d, relation=Relation.APPROXIMATELY),
    "key of an equation": lambda d: changed(d, key="other"),
    "no equation": lambda d: replace(d, equations=d.equations[1:]),
    "recurrence": lambda d: replace(d, cell=replace(d.cell, assignments=d.cell.assignments[::-1])),
}
READ: dict[str, Callable[[Derivation], Derivation]] = {
    "name": lambda d: replace(d, name="other"),
    "remark": lambda d: replace(d, remark="other"),
    "source": lambda d: replace(d, source="other"),
    "names of terms": lambda d: replace(d, named_terms=tuple((f"t{q}", t) for q, (_, t) in enumerate(d.named_terms))),
    "label": lambda d: changed(d, label="other"),
    "name of the cell": lambda d: replace(d, cell=replace(d.cell, name="other")),
}


@pytest.mark.parametrize("found", [GRADIENT, EXPANSION], ids=["gradient", "expansion"])
@pytest.mark.parametrize("what", MEANT)
def test_whatever_is_claimed_changes_the_digest(found: Derivation, what: str) -> None:
    assert digest(MEANT[what](found)) != digest(found)


@pytest.mark.parametrize("found", [GRADIENT, EXPANSION], ids=["gradient", "expansion"])
@pytest.mark.parametrize("what", READ)
def test_what_only_readers_see_does_not(found: Derivation, what: str) -> None:
    assert digest(READ[what](found)) == digest(found)


def test_the_binding_of_a_function_is_part_of_it() -> None:
    cell = sg.cell("plain")

    assert digest(result(cell, "x")) != digest(result(cell.bind(phi="sin"), "x"))


def test_sums_and_products_of_scalars_have_no_order() -> None:
    a, b, c = sympy.symbols("a b c")

    assert expression_digest(a + b * c) == expression_digest(c * b + a)
    assert expression_digest(a + b * c) != expression_digest(b + a * c)
    assert expression_digest(Symbol("a", integer=True)) != expression_digest(a)


def test_primes_have_61_bits_and_follow_from_the_text() -> None:
    found = [prime(f"text {q}") for q in range(20)]

    assert all(sympy.isprime(p) and p.bit_length() == 61 for p in found)
    assert len(set(found)) == 20
    assert found[0] == prime("text 0")


def test_streams_are_uniform_and_follow_from_the_text() -> None:
    source, again = Stream("a"), Stream("a")
    drawn = [source.below(10) for _ in range(2000)]

    assert drawn == [again.below(10) for _ in range(2000)]
    assert drawn != [Stream("b").below(10) for _ in range(2000)]
    assert all(130 < drawn.count(digit) < 270 for digit in range(10))


def test_residues_follow_from_name_and_place() -> None:
    draw, modulus = residues("a", 2**61 - 1), 2**61 - 1
    values = {draw(name, i, j) for name in "xy" for i in range(5) for j in range(5)}

    assert len(values) == 50
    assert all(0 <= value < modulus for value in values)
