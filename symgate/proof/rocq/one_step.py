"""Claims about one step: Jacobians, on vec of a matrix too, vector-Jacobian products, and all of them at once.

A theorem speaks of every differentiable curve of points: the step is differentiable along it, and its velocity is the
formula applied to the velocity of what moves.  The partial derivatives follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Expr
from sympy.matrices.expressions import BlockMatrix

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq import claimed_matrices, matrix_step
from symgate.proof.rocq.cell import CellText, Symbol, moves
from symgate.proof.rocq.claimed import definition, identity, place_of
from symgate.proof.rocq.terms import COTANGENT, ZEROS, Sort, spelled
from symgate.records import Derivation, Kind

KINDS = (Kind.JACOBIAN, Kind.KRONECKER, Kind.VJP)
#: The same where what is differentiated is a matrix: its Jacobian is what it does to a change.
OF_MATRICES = (*KINDS, Kind.JVP)
#: Results that are Jacobians written in another way: of all states at once, or in two parts.
GROUPED = (Kind.STATE_JACOBIAN, Kind.SPLIT)


@dataclass(frozen=True)
class Claim:
    """A formula of one step as a certificate states it.

    Attributes:
        derivation: the formula.
        name: of its definition; ``name_claim`` is the statement, ``name_true`` the theorem.
        definition, statement, proof: Coq text.
        theorems: the names of the theorems, in the order in which their assumptions are printed.
    """

    derivation: Derivation
    name: str
    definition: str
    statement: str
    proof: str
    theorems: tuple[str, ...]


def claim(text: CellText, derivation: Derivation) -> Claim:
    """The claim that a derivation makes, with its proof.

    Raises:
        UnsupportedNodeError: the formula is not of a kind, or holds a node, that certificates have.
    """
    of_matrix = claimed_matrices.is_about(text, derivation)
    if derivation.kind not in (OF_MATRICES if of_matrix else KINDS):
        raise UnsupportedNodeError(f"{derivation.name} is not a derivative of one step.")
    if of_matrix:
        return Claim(derivation, *matrix_step.written(text, derivation))
    return _pulled(text, derivation) if derivation.kind is Kind.VJP else _pushed(text, derivation)


def parts(derivation: Derivation) -> list[Derivation]:
    """The Jacobians that a result consists of: its blocks, state by state; the sum of the parts of a split."""
    if derivation.kind not in GROUPED:
        return [derivation]
    states = derivation.cell.states
    found = []
    for row, of in enumerate(states):
        for col, by in enumerate(states):
            terms = tuple((name, _block(term, row, col)) for name, term in derivation.named_terms)
            found.append(replace(derivation, kind=Kind.JACOBIAN, of=of.after, wrt=by.before, named_terms=terms))
    return found


def _block(term: Expr, row: int, col: int) -> Expr:
    return term.blocks[row, col] if isinstance(term, BlockMatrix) else term


def _parts(text: CellText, derivation: Derivation) -> tuple[Symbol, str, str, str]:
    """The symbol that moves, what is differentiated, its size, and a name."""
    item, after, n = place_of(text, derivation)
    letter = "G" if derivation.kind is Kind.VJP else "J"
    alone = len(text.cell.states) == 1 and derivation.of == text.cell.states[0].after
    mark = "" if alone else f"{derivation.of.name}_"
    return item, after, n, text.names.fresh(f"{letter}_{mark}{item.name}")


def _pushed(text: CellText, derivation: Derivation) -> Claim:
    item, after, n, J = _parts(text, derivation)
    p, s, e, i, V = text.point, text.time, text.moment, text.index, text.velocity
    X = text.path
    here = text.put(item, f"({X} {s})", p)
    k = item.length
    applied = {
        Sort.NUMBER: f"({V} *: {J} {here})",
        Sort.VECTOR: f"({J} {here} *[{k}] {V})",
        Sort.MATRIX: f"({J} {here} *[{k}] vectorised {item.sizes[0] if item.sizes else ''} {V})",
    }[item.sort]
    curve = moves(Sort.VECTOR, [n], f"(fun {e} => {after} {text.put(item, f'({X} {e})', p)})", s, applied)
    statement = (
        f"Definition {J}_claim : Prop := forall ({p} : point) ({X} : R -> {item.sort.value}) ({s} : R) ({V} : {item.sort.value}),\n"
        f"  {item.along(X, s, V)} -> {text.if_allowed(here)}\n  {curve}."
    )
    takes, script = identity(text, derivation, J)
    proof = [
        f"Lemma {J}_takes {takes}.",
        f"Proof. {script}. Qed.",
        f"Theorem {J}_true : {J}_claim.",
        f"Proof.\n  intros {p} {X} {s} {V} H; intros. eapply along_eq.",
        f"  - apply ({text.lemma[after]} (fun {e} => {text.put(item, f'({X} {e})', p)}) {s} (with_{item.name} still {V})); [one_moves | assumption ..].",
        f"  - intros {i} Hi. symmetry. apply {J}_takes; assumption.\nQed.",
        *_partial_pushed(text, item, after, n, J),
    ]
    return Claim(
        derivation, J, definition(text, derivation, J), statement, "\n".join(proof), (f"{J}_true", f"{J}_partial")
    )


def _partial_pushed(text: CellText, item: Symbol, after: str, n: str, J: str) -> Iterator[str]:
    """The partial derivatives: one entry of one symbol moves."""
    p, e, i, j = text.point, text.moment, text.index, text.other
    match item.sort:
        case Sort.NUMBER:
            moved, at, value, letters, bounds = e, f"({item.name} {p})", f"({J} {p} {i})", "", ""
            curve, unit, along = f"(fun {e} => {e})", "1", "(D_id _)"
            finish = "unfold vscal in T; now rewrite Rmult_1_l in T."
            same = ""
        case Sort.VECTOR:
            at, value, letters = f"({item.name} {p} {j})", f"({J} {p} {i} {j})", f" {j}"
            bounds = f"({j} < {item.sizes[0]})%nat -> "
            moved = f"(upd ({item.name} {p}) {j} {e})"
            curve, unit, along = f"(upd ({item.name} {p}) {j})", f"(unit_vector {j})", "(along_upd _ _ _ _)"
            finish, same = "now rewrite mv_unit in T.", "upd_same"
        case _:
            rows, cols = item.sizes
            k = text.row
            at, value, letters = f"({item.name} {p} {k} {j})", f"({J} {p} {i} ({j} * {rows} + {k})%nat)", f" {k} {j}"
            bounds = f"({k} < {rows})%nat -> ({j} < {cols})%nat -> "
            moved = f"(upd2 ({item.name} {p}) {k} {j} {e})"
            curve, unit, along = (
                f"(upd2 ({item.name} {p}) {k} {j})",
                f"(unit_matrix {k} {j})",
                "(along2_upd2 _ _ _ _ _ _)",
            )
            finish, same = "now rewrite mv_unit_matrix in T.", "upd2_same"
    allowed = text.if_allowed(p)
    yield f"Corollary {J}_partial {p} {i}{letters} : ({i} < {n})%nat -> {bounds}{allowed}"
    yield f"  is_derive (fun {e} => {after} {text.put(item, moved, p)} {i}) {at} {value}."
    yield "Proof."
    yield f"  intros Hi; intros. pose proof ({J}_true {p} {curve} {at} {unit} {along}) as T."
    yield f"  {f'rewrite {same} in T. ' if same else 'cbv beta in T. '}replace (with_{item.name} {p} ({item.name} {p})) with {p} in T by (now destruct {p})."
    yield (
        f"  specialize (T{' ltac:(assumption)' if allowed else ''} {i} Hi). {finish.removesuffix('.')} by assumption.\nQed."
        if "mv_unit" in finish
        else f"  specialize (T{' ltac:(assumption)' if allowed else ''} {i} Hi). {finish}\nQed."
    )


def _pulled(text: CellText, derivation: Derivation) -> Claim:
    item, after, n, G = _parts(text, derivation)
    p, s, e, V, lam = text.point, text.time, text.moment, text.velocity, COTANGENT
    X = text.path
    here = text.put(item, f"({X} {s})", p)
    sizes = " ".join(item.sizes)
    pairing = {
        Sort.NUMBER: "({} * {})",
        Sort.VECTOR: f"(dot {sizes} {{}} {{}})",
        Sort.MATRIX: f"(frobenius {sizes} {{}} {{}})",
    }[item.sort]
    loss = f"(fun {e} => dot {n} {lam} ({after} {text.put(item, f'({X} {e})', p)}))"
    statement = (
        f"Definition {G}_claim : Prop := forall ({p} : point) ({lam} : vec) ({X} : R -> {item.sort.value}) ({s} : R) "
        f"({V} : {item.sort.value}),\n"
        f"  {item.along(X, s, V)} -> {text.if_allowed(here)}\n"
        f"  is_derive {loss} {s} {pairing.format(f'({G} {here} {lam})', V)}."
    )
    pulled, script = identity(text, derivation, G)
    curve = f"(fun {e} => {text.put(item, f'({X} {e})', p)})"
    proof = [
        f"Lemma {G}_pulls {pulled}.",
        f"Proof. {script}. Qed.",
        f"Theorem {G}_true : {G}_claim.",
        f"Proof.\n  intros {p} {lam} {X} {s} {V} H; intros. eapply D_eq.",
        "  - apply D_dot; [apply along_const |].",
        f"    apply ({text.lemma[after]} {curve} {s} (with_{item.name} still {V})); [one_moves | assumption ..].",
        f"  - rewrite dot_zero_l, Rplus_0_l. symmetry. apply {G}_pulls; assumption.\nQed.",
    ]
    return Claim(derivation, G, definition(text, derivation, G), statement, "\n".join(proof), (f"{G}_true",))


def total(text: CellText, claims: Sequence[Claim]) -> Iterator[tuple[str, str, str]]:
    """For every state whose Jacobians by all symbols are among the claims: (statement, proof, theorem)."""
    for state in text.cell.states:
        kinds = (Kind.JVP,) if state in text.cell.matrix_states else (Kind.JACOBIAN, Kind.KRONECKER)
        own = [item for item in claims if item.derivation.of == state.after and item.derivation.kind in kinds]
        by = {item.derivation.wrt: item.name for item in reversed(own)}
        if set(by) != {item.symbol for item in text.fields}:
            continue
        rows, cols = (*map(text.reader.size, state.after.shape),)
        if state in text.cell.matrix_states:
            yield matrix_step.total(text, state.name, (rows, cols), by)
        else:
            yield _total(text, state.name, rows, by)


def _total(text: CellText, state: str, n: str, by: dict[object, str]) -> tuple[str, str, str]:
    P, s, V, e, i, p = text.curve, text.time, text.velocity, text.moment, text.index, text.point
    after = text.after[state]
    name = text.names.fresh(f"{after}_total")
    F = f" {text.names.fresh('F')}" if text.supposed else ""

    def term(item: Symbol, at: str) -> str:
        J = f"{by[item.symbol]} {at}"
        moved = f"{item.name} {V}"
        if item.sort is Sort.NUMBER:
            return f"({moved}) *: ({J})"
        return f"({J}) *[{item.length}] " + (
            f"({moved})" if item.sort is Sort.VECTOR else f"(vectorised {item.sizes[0]} ({moved}))"
        )

    summed = "\n    + ".join(term(item, f"({P} {s})") for item in text.fields)
    statement = (
        f"Definition {name}_claim : Prop := forall ({P} : R -> point) ({s} : R) ({V} : point), moves {P} {s} {V} -> "
        f"{text.if_allowed(f'({P} {s})')}\n  along {n} (fun {e} => {after} ({P} {e})) {s} (\n    {summed})."
    )
    alone = [f"{text.tangent[after]} {p} (with_{item.name} still ({item.name} {V}))" for item in text.fields]
    parts = alone[-1] + f" {i}"
    for one in reversed(alone[:-1]):
        parts = f"{one} {i} +\n    ({parts})"
    peeled, rest = [], V
    for item in text.fields[:-1]:
        peeled.append(
            f"rewrite (peel_{item.name} {rest}){' at 1' if rest == V else ''}; rewrite add_{text.tangent[after]}."
        )
        rest = f"(with_{item.name} {rest} {spelled(ZEROS[item.sort])})"
    proof = [
        f"Lemma {name}_parts {p} {V} {i} : {text.tangent[after]} {p} {V} {i} =\n    {parts}.",
        f"Proof. {' '.join(peeled)} parted. Qed.",
        f"Theorem {name} : {name}_claim.",
        f"Proof.\n  intros {P} {s} {V} H{F}. eapply along_eq; [apply ({text.lemma[after]} {P} {s} {V}); assumption|].",
        f"  intros {i} Hi. rewrite {name}_parts.",
        *(f"  rewrite <- ({by[item.symbol]}_takes ({P} {s}) ({item.name} {V}){F} {i} Hi)." for item in text.fields),
        "  pointwise; ring.\nQed.",
    ]
    return statement, "\n".join(proof), name
