"""Claims about one step whose outcome is a matrix: the derivative applied to a change, pairings, and stacked columns.

In: a derivative of one step of a matrix state.  Out: what ``one_step.py`` gives for vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symgate.proof.rocq.cell import CellText, Symbol, moves
from symgate.proof.rocq.claimed_matrices import Place, definition, identity, place_of
from symgate.proof.rocq.terms import COTANGENT, ZEROS, Sort, spelled
from symgate.records import Derivation, Kind

#: The first letter of the name of a formula: applied to a change, in the cotangent, on the stacked columns.
LETTERS = {Kind.JVP: "J", Kind.VJP: "G"}
ON_COLUMNS = "K"

#: Name, definition, statement, proof and theorems of a claim.
Written = tuple[str, str, str, str, tuple[str, ...]]


def written(text: CellText, derivation: Derivation) -> Written:
    """The claim that a derivation makes, with its proof.

    Raises:
        UnsupportedNodeError: the formula holds a node that certificates do not have.
    """
    place = place_of(text, derivation)
    alone = len(text.cell.states) == 1 and derivation.of == text.cell.states[0].after
    mark = "" if alone else f"{derivation.of.name}_"
    name = text.names.fresh(f"{LETTERS.get(derivation.kind, ON_COLUMNS)}_{mark}{place.item.name}")
    stated = {Kind.JVP: _pushed, Kind.VJP: _pulled}.get(derivation.kind, _on_columns)
    statement, proof, theorems = stated(text, derivation, place, name)
    return name, definition(text, derivation, name), statement, proof, theorems


def _here(text: CellText, item: Symbol) -> tuple[str, str]:
    """The point at which the symbol is X s, and the curve of points."""
    p, X, e = text.point, text.path, text.moment
    return text.put(item, f"({X} {text.time})", p), f"(fun {e} => {text.put(item, f'({X} {e})', p)})"


def _moves(text: CellText, place: Place, points: str) -> str:
    """The tactic that gives the velocity of the outcome where that symbol moves."""
    velocity = f"(with_{place.item.name} still {text.velocity})"
    return f"apply ({text.lemma[place.after]} {points} {text.time} {velocity}); [one_moves | assumption ..]."


def _bound(text: CellText, item: Symbol, more: str = "") -> str:
    """The variables of a statement about a curve on which one symbol moves."""
    sort = item.sort.value
    return f"({text.point} : point){more} ({text.path} : R -> {sort}) ({text.time} : R) ({text.velocity} : {sort})"


def _pushed(text: CellText, derivation: Derivation, place: Place, J: str) -> tuple[str, str, tuple[str, ...]]:
    item, p, s, V, X = place.item, text.point, text.time, text.velocity, text.path
    here, points = _here(text, item)
    moved = f"(fun {text.moment} => {place.after} {text.put(item, f'({X} {text.moment})', p)})"
    curve = moves(Sort.MATRIX, [place.rows, place.cols], moved, s, f"({J} {here} {V})")
    statement = (
        f"Definition {J}_claim : Prop := forall {_bound(text, item)},\n"
        f"  {item.along(X, s, V)} -> {text.if_allowed(here)}\n  {curve}."
    )
    agrees, script = identity(text, derivation, J)
    proof = [
        f"Lemma {J}_agrees {agrees}.",
        f"Proof. {script}. Qed.",
        f"Theorem {J}_true : {J}_claim.",
        f"Proof.\n  intros {p} {X} {s} {V} H; intros. eapply along2_eq.",
        f"  - {_moves(text, place, points)}",
        f"  - intros {text.index} {text.other} Hi Hj. symmetry. apply {J}_agrees; assumption.\nQed.",
        *_partial(text, place, J),
    ]
    return statement, "\n".join(proof), (f"{J}_true", f"{J}_partial")


def _partial(text: CellText, place: Place, J: str) -> Iterator[str]:
    """The partial derivatives: one entry of one symbol moves, and one of the outcome is looked at."""
    item, p, e, i, j, k, c = (
        place.item,
        text.point,
        text.moment,
        text.index,
        text.other,
        text.row,
        text.column,
    )
    field = f"({item.name} {p})"
    letters, curve, unit, at, along = {
        Sort.NUMBER: ("", f"(fun {e} => {e})", "1", field, "(D_id _)"),
        Sort.VECTOR: (
            f" {k}",
            f"(upd {field} {k})",
            f"(unit_vector {k})",
            f"({item.name} {p} {k})",
            "(along_upd _ _ _ _)",
        ),
        Sort.MATRIX: (
            f" {k} {c}",
            f"(upd2 {field} {k} {c})",
            f"(unit_matrix {k} {c})",
            f"({item.name} {p} {k} {c})",
            "(along2_upd2 _ _ _ _ _ _)",
        ),
    }[item.sort]
    same = {Sort.NUMBER: "cbv beta in T", Sort.VECTOR: "rewrite upd_same in T", Sort.MATRIX: "rewrite upd2_same in T"}
    moved = e if item.sort is Sort.NUMBER else f"({curve[1:-1]} {e})"
    allowed = text.if_allowed(p)
    inside = f"({i} < {place.rows})%nat -> ({j} < {place.cols})%nat"
    yield f"Corollary {J}_partial {p} {i} {j}{letters} : {inside} -> {allowed}"
    yield f"  is_derive (fun {e} => {place.after} {text.put(item, moved, p)} {i} {j}) {at} ({J} {p} {unit} {i} {j})."
    yield "Proof."
    yield f"  intros Hi Hj; intros. pose proof ({J}_true {p} {curve} {at} {unit} {along}) as T."
    yield f"  {same[item.sort]}. replace (with_{item.name} {p} {field}) with {p} in T by (now destruct {p})."
    yield f"  exact (T{' ltac:(assumption)' if allowed else ''} {i} {j} Hi Hj).\nQed."


def _pulled(text: CellText, derivation: Derivation, place: Place, G: str) -> tuple[str, str, tuple[str, ...]]:
    item, p, s, V, X, lam = place.item, text.point, text.time, text.velocity, text.path, COTANGENT
    here, points = _here(text, item)
    sizes = " ".join(item.sizes)
    pairing = {
        Sort.NUMBER: f"({G} {here} {lam} * {V})",
        Sort.VECTOR: f"(dot {sizes} ({G} {here} {lam}) {V})",
        Sort.MATRIX: f"(frobenius {sizes} ({G} {here} {lam}) {V})",
    }[item.sort]
    moved = f"({place.after} {text.put(item, f'({X} {text.moment})', p)})"
    loss = f"(fun {text.moment} => frobenius {place.rows} {place.cols} {lam} {moved})"
    statement = (
        f"Definition {G}_claim : Prop := forall {_bound(text, item, f' ({lam} : mat)')},\n"
        f"  {item.along(X, s, V)} -> {text.if_allowed(here)}\n  is_derive {loss} {s} {pairing}."
    )
    pulled, script = identity(text, derivation, G)
    proof = [
        f"Lemma {G}_pulls {pulled}.",
        f"Proof. {script}. Qed.",
        f"Theorem {G}_true : {G}_claim.",
        f"Proof.\n  intros {p} {lam} {X} {s} {V} H; intros. eapply D_eq.",
        f"  - apply D_frobenius. {_moves(text, place, points)}",
        f"  - symmetry. apply {G}_pulls; assumption.\nQed.",
    ]
    return statement, "\n".join(proof), (f"{G}_true",)


def _on_columns(text: CellText, derivation: Derivation, place: Place, K: str) -> tuple[str, str, tuple[str, ...]]:
    item, p, s, V, X = place.item, text.point, text.time, text.velocity, text.path
    here, points = _here(text, item)
    after = f"vectorised {place.rows} ({place.after} {text.put(item, f'({X} {text.moment})', p)})"
    change = f"vectorised {item.sizes[0]} {V}" if item.sort is Sort.MATRIX else V
    applied = f"({K} {here} *[{item.length}] {change})"
    curve = moves(Sort.VECTOR, [place.length], f"(fun {text.moment} => {after})", s, applied)
    statement = (
        f"Definition {K}_claim : Prop := forall {_bound(text, item)},\n"
        f"  {item.along(X, s, V)} -> {text.if_allowed(here)}\n  {curve}."
    )
    acts, script = identity(text, derivation, K)
    proof = [
        f"Lemma {K}_acts {acts}.",
        f"Proof. {script}. Qed.",
        f"Theorem {K}_true : {K}_claim.",
        f"Proof.\n  intros {p} {X} {s} {V} H; intros. eapply along_eq.",
        f"  - apply along_vectorised. {_moves(text, place, points)}",
        f"  - intros {text.index} Hi. symmetry. apply {K}_acts; assumption.\nQed.",
    ]
    return statement, "\n".join(proof), (f"{K}_true",)


def total(text: CellText, state: str, sizes: tuple[str, str], by: Mapping[object, str]) -> tuple[str, str, str]:
    """The derivative of a matrix state along any curve: statement, proof and theorem."""
    P, s, V, e, p = text.curve, text.time, text.velocity, text.moment, text.point
    i, j, after = text.index, text.other, text.after[state]
    d, name = text.tangent[after], text.names.fresh(f"{after}_total")
    F = f" {text.names.fresh('F')}" if text.supposed else ""
    summed = "\n    + ".join(f"{by[item.symbol]} ({P} {s}) ({item.name} {V})" for item in text.fields)
    statement = (
        f"Definition {name}_claim : Prop := forall ({P} : R -> point) ({s} : R) ({V} : point), moves {P} {s} {V} -> "
        f"{text.if_allowed(f'({P} {s})')}\n"
        f"  along2 {' '.join(sizes)} (fun {e} => {after} ({P} {e})) {s} (\n    {summed})."
    )
    alone = [f"{d} {p} (with_{item.name} still ({item.name} {V}))" for item in text.fields]
    parts = f"{alone[-1]} {i} {j}"
    for one in reversed(alone[:-1]):
        parts = f"{one} {i} {j} +\n    ({parts})"
    peeled, rest = [], V
    for item in text.fields[:-1]:
        peeled.append(f"rewrite (peel_{item.name} {rest}){' at 1' if rest == V else ''}; rewrite add_{d}.")
        rest = f"(with_{item.name} {rest} {spelled(ZEROS[item.sort])})"
    proof = [
        f"Lemma {name}_parts {p} {V} {i} {j} : {d} {p} {V} {i} {j} =\n    {parts}.",
        f"Proof. {' '.join(peeled)} parted_matrix. Qed.",
        f"Theorem {name} : {name}_claim.",
        f"Proof.\n  intros {P} {s} {V} H{F}. eapply along2_eq; [apply ({text.lemma[after]} {P} {s} {V}); assumption|].",
        f"  intros {i} {j} Hi Hj. rewrite {name}_parts.",
        *(
            f"  rewrite <- ({by[item.symbol]}_agrees ({P} {s}) ({item.name} {V}){F} {i} {j} Hi Hj)."
            for item in text.fields
        ),
        "  unfold madd; ring.\nQed.",
    ]
    return statement, "\n".join(proof), name
