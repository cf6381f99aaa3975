"""Analogies with schedules and Adam: weights of the zeroth order, and the gates that realise what is wished for."""

from __future__ import annotations

from symgate.errors import UnsupportedNodeError
from symgate.language.sequences import LAST
from symgate.proof.rocq.expansions import printed_orders, written_out
from symgate.proof.rocq.over_time import Trajectory
from symgate.proof.rocq.terms import Op, Sort, Term, spelled
from symgate.proof.rocq.times import TimeReader
from symgate.records import Derivation, Equation, Relation, Standing


def schedule(own: Trajectory, derivation: Derivation) -> None:
    """The weight of step k is eta times the zeroth order; every gate realises the schedule that stands beside it."""
    parted = own.split(derivation)
    own.theorems[derivation.name] = parted.tied
    place, k, t, q = len(own.theorems), *map(own.letter, ("k", "t", "q"))
    wish = derivation.equation("telescopes").right.atoms(type(derivation.equation("gate").left))
    s = own.text.names.fresh(f"s_{place}", f"sched_{place}")
    introduced = {str(node.name): (s, Sort.NUMBER) for node in wish}
    reader = own.reader(derivation, parted.introduced | introduced)
    weight = own.text.names.fresh(f"weight_{place}")
    scalar = not derivation.shape
    term = derivation.named_terms[0][1]
    own.formula(derivation, weight, f"({k} {t} : nat) ", reader.number(term) if scalar else reader.vector(term))
    value = f"(fun _ => {weight} {k} {t})" if scalar else f"({weight} {k} {t})"
    own.claimed(
        derivation,
        f"{weight}_true",
        f"forall {k} {t}, ({k} <= {t})%nat -> forall {q}, ({q} < {own.n})%nat ->\n"
        f"  {value} {q} = {own.rate} * order {own.n} {parted.A} {parted.B} 0 (S {k}) ({t} - {k}) {q} {q}",
        f"intros {k} {t} Hkt. eapply (rate_from_order_0 {own.n} {parted.A} {parted.B} _ {k} {t} {own.rate} {value});\n"
        f"    [{parted.kept} | exact Hkt | intros {q} Hq; unfold {weight}; cbv beta; {'scalar_rate' if scalar else 'close_over'}].",
    )
    fine = f"(forall j, ({k} <= j <= {t})%nat -> {s} j <> 0)"
    gate, telescopes = derivation.equation("gate"), derivation.equation("telescopes")
    letter = reader.letters[gate.left.index]
    own.claimed(
        derivation,
        own.text.names.fresh(f"telescopes_{place}"),
        f"forall ({s} : nat -> R) {k} {t}, ({k} <= {t})%nat -> {fine} ->\n"
        f"  {spelled(reader.number(telescopes.left))} = {spelled(reader.number(telescopes.right))}",
        f"intros {s} {k} {t} Hkt Hs. realised {s} {k} {t} Hkt Hs.",
    )
    own.claimed(
        derivation,
        own.text.names.fresh(f"gate_{place}"),
        f"forall ({s} : nat -> R) {k} {t}, ({k} <= {t})%nat -> {fine} ->\n"
        f"  Prod ({k} + 1) {t} (fun {letter} => 1 - ({spelled(reader.number(gate.right))})) = {spelled(reader.number(telescopes.right))}",
        f"intros {s} {k} {t} Hkt Hs. realised {s} {k} {t} Hkt Hs.",
    )
    for item in derivation.equations:
        if item.standing is Standing.EXAMPLE:
            _example(own, derivation, item, reader, place)


def _example(own: Trajectory, derivation: Derivation, chosen: Equation, reader: TimeReader, place: int) -> None:
    """A schedule with a formula, and the gate that is said to realise it: 1 - s_{j-1}/s_j at every step 1 <= j <= T."""
    key = chosen.key.removeprefix("schedule_")
    gate = derivation.equation(f"gate_{key}")
    fixed, chosen_time = own.letter("T"), reader.letters[chosen.left.index]
    letter = reader.letters[gate.left.index]
    others = sorted(chosen.right.free_symbols - {chosen.left.index, LAST}, key=str)
    reals = " ".join(reader.letters[node] for node in others if not node.is_integer)
    whole = " ".join([*(reader.letters[node] for node in others if node.is_integer), fixed])
    given = f"({reals} : R) ({whole} : nat)"
    arguments = f"{reals} {whole}".strip()
    name = own.text.names.fresh(f"{key}_{place}")
    own.formula(derivation, name, f"{given} ({chosen_time} : nat) ", reader.number(chosen.right))
    at, before = f"{name} {arguments} {letter}", f"{name} {arguments} ({letter} - 1)"
    own.claimed(
        derivation,
        f"{name}_gate",
        f"forall {given} {letter}, (1 <= {letter} <= {fixed})%nat -> {at} <> 0 -> {before} <> 0 ->\n"
        f"  1 - {before} * / {at} = {spelled(reader.number(gate.right))}",
        f"unfold {name}_gate_claim, {name}. example_gate.",
    )


def adam(own: Trajectory, derivation: Derivation) -> None:
    """Orders 0 and 1 of the product, and the constant gate under which order 0 is a given diagonal."""
    if derivation.relation is not Relation.APPROXIMATELY:
        raise UnsupportedNodeError(f"Certificates state {derivation.name} as an approximation by orders 0 and 1.")
    parted = own.split(derivation)
    own.theorems[derivation.name] = parted.tied
    names, k, t, q = own.text.names, *map(own.letter, ("k", "t", "q"))
    for m, name in enumerate(printed_orders(own, derivation, parted)):
        term = derivation.named_terms[m][1]
        own.claimed(
            derivation,
            names.fresh(f"{name}_true"),
            f"forall {k} {t}, ({k} <= {t})%nat -> same {own.n} {own.n} (order {own.n} {parted.A} {parted.B} {m} (S {k}) ({t} - {k})) ({name} {k} {t})",
            written_out(own, parted, name, term),
        )
    gate = derivation.equation("gate")
    d = own.letter("d")
    vector = hasattr(gate.right, "shape")
    sizes = derivation.cell.dimensions
    (wished,) = [node for node in gate.right.free_symbols if str(node) == "d" and node not in sizes]
    reader = own.reader(derivation, parted.introduced)
    reader = reader.knowing({wished: Term(Op.CONST, Sort.VECTOR if vector else Sort.NUMBER, words=(d,))})
    theorem = names.fresh(f"realised_{len(own.theorems)}")
    if vector:
        own.claimed(
            derivation,
            theorem,
            f"forall ({d} : vec) {k} {t}, ({k} < {t})%nat -> forall {q}, 0 < {d} {q} ->\n"
            f"  Vprod ({k} + 1) {t} (fun _ => (ones - ({spelled(reader.vector(gate.right))}))%V) {q} = {d} {q}",
            f"intros {d} {k} {t} Hkt {q} Hq. unfold Vprod. rewrite <- (rooted ({d} {q}) {k} {t} Hkt Hq). apply Prod_ext. intros. pointwise. ring.",
        )
    else:
        own.claimed(
            derivation,
            theorem,
            f"forall ({d} : R) {k} {t}, ({k} < {t})%nat -> 0 < {d} ->\n"
            f"  Prod ({k} + 1) {t} (fun _ => 1 - ({spelled(reader.number(gate.right))})) = {d}",
            f"intros {d} {k} {t} Hkt Hd. transitivity (Prod ({k} + 1) {t} (fun _ => Rpower {d} (/ INR ({t} - {k})))); [apply Prod_ext; intros; ring | now apply rooted].",
        )
