"""Effective learning rates and preconditioners: which entries of which product they are.

In the retention split a rate of order m is eta times the diagonal of M^(m); a scalar rate of the drive split moves next
to eta.  A rate per unit in the drive split is a proxy: its equations are stated, the rate itself is a definition.
"""

from __future__ import annotations

import re

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, MatMul, MatrixExpr, ZeroMatrix

from symgate.errors import UnsupportedNodeError
from symgate.language.sequences import Largest, Smallest
from symgate.proof.plain import plain
from symgate.proof.rocq.expansions import written_out
from symgate.proof.rocq.over_time import Split, Trajectory
from symgate.proof.rocq.terms import Op, Sort, Term, spelled
from symgate.proof.rocq.times import TimeReader
from symgate.records import Derivation, Relation


def rate(own: Trajectory, derivation: Derivation) -> None:
    """The rates of the retention or of the drive split."""
    parted = own.split(derivation)
    own.theorems[derivation.name] = parted.tied
    keys = {item.key for item in derivation.equations}
    (_drive if "factored" in keys else _retention)(own, derivation, parted)


def _retention(own: Trajectory, derivation: Derivation, parted: Split) -> None:
    reader = own.reader(derivation, parted.introduced)
    place, k, t, q = len(own.theorems), *map(own.letter, ("k", "t", "q"))
    close = f"{parted.units}close_entries" if own.several else "close_over"
    sides = f"{own.n} {parted.A} {parted.B}"
    names = {}
    for key in ("leak", "own"):
        item = derivation.equation(key)
        letter = reader.letters[item.left.index]
        names[key] = own.text.names.fresh(f"{key}_{place}")
        own.formula(derivation, names[key], f"({letter} : nat) ", reader.vector(item.right))
        part, right = {"leak": (parted.A, "A"), "own": (parted.B, "B")}[key]
        written = _own_entries(own, derivation.equation(right).right)
        own.claimed(
            derivation,
            f"{names[key]}_true",
            f"forall {letter}, own_entries {own.n} ({part} {letter}) ({names[key]} {letter})",
            f"intros {letter}. unfold {part}, {names[key]}. {written}.",
        )
    for m, (_, term) in enumerate(derivation.named_terms):
        name = own.text.names.fresh(f"rate_{m}_{place}")
        own.formula(derivation, name, f"({k} {t} : nat) ", reader.vector(term))
        given = f"[{parted.kept} | " + (f"intros ?; unfold {parted.B}, {names['own']}; {written} | " if m else "")
        own.claimed(
            derivation,
            f"{name}_true",
            f"forall {k} {t}, ({k} <= {t})%nat -> forall {q}, ({q} < {own.n})%nat ->\n"
            f"  {name} {k} {t} {q} = {own.rate} * order {sides} {m} (S {k}) ({t} - {k}) {q} {q}",
            f"intros {k} {t} Hkt. eapply (rate_from_order_{m} {sides} _{' ' + names['own'] if m else ''}); {given}exact Hkt | intros {q} Hq; unfold {name}, {names['own']}; cbv beta; {close}].",
        )
    if derivation.relation is Relation.EQUAL:
        first = own.text.names.fresh(f"rate_exact_{place}")
        own.claimed(
            derivation,
            first,
            f"forall {k} {t}, ({k} <= {t})%nat -> forall {q}, ({q} < {own.n})%nat ->\n"
            f"  rate_0_{place} {k} {t} {q} = {own.rate} * Product {own.n} ({k} + 1) {t} (fun j => ({parted.A} j + {parted.B} j)%M) {q} {q}",
            f"intros {k} {t} Hkt {q} Hq. rewrite (Product_ext {own.n} ({k} + 1) {t} _ {parted.A}) by (intros; unfold {parted.B}; apply madd_zero_r).\n"
            f"  rewrite <- (order_first {sides} {k} {t} Hkt). now apply rate_0_{place}_true.",
        )


#: The diagonal of a scaled outer product, entry by entry.
_OUTER = (
    "repeat match goal with |- context [diagonal_of (mscal ?c (outer ?u ?v))] => "
    "change (diagonal_of (mscal c (outer u v))) with (vscal c (had u v)) end; "
)


def _own_entries(own: Trajectory, part: Expr) -> str:
    """What proves that the vector defined last holds the entries on the diagonal of a part of the Jacobian."""
    if own.several and isinstance(part, ZeroMatrix):
        return "intros ? ?. unfold mzero, zeros, stacked. split_index; reflexivity"
    _, formula = own.definitions[-1]
    outer = _OUTER if re.search(r"diagonal_of \(.* outer ", formula) else ""
    grouped = _GROUPED if own.several and any(map(_scales_columns, part.atoms(MatMul))) else ""
    return f"{outer}{grouped}own_written{'_blocks' if own.several else ''}"


#: Columns that a diagonal scales go behind all of U diag(s) W.
_GROUPED = (
    "repeat match goal with |- context [mm ?p ?U (mm ?p (diag ?s) (mm ?n ?W (diag ?d)))] => "
    "rewrite <- (mm_assoc n p (diag s) W (diag d)), <- (mm_assoc n p U (mm p (diag s) W) (diag d)) end; "
)


def _scales_columns(product: MatMul) -> bool:
    """Whether a product is one of two matrices, with a diagonal between them and one behind."""
    diagonal = [isinstance(factor, DiagMatrix) for factor in product.args if isinstance(factor, MatrixExpr)]
    return diagonal[-4:] == [False, True, False, True]


def _drive(own: Trajectory, derivation: Derivation, parted: Split) -> None:
    place, k, t = len(own.theorems), own.letter("k"), own.letter("t")
    names = own.text.names
    ungated = derivation.equations[2]
    U = names.fresh(f"U_{place}")
    reader = own.reader(derivation, parted.introduced)
    letter = reader.letters[ungated.left.index]
    own.formula(derivation, U, f"({letter} : nat) ", reader.matrix(ungated.right))
    reader = own.reader(derivation, {**parted.introduced, str(ungated.left.name): (U, Sort.MATRIX)})
    factored = names.fresh(f"factored_{place}")
    own.claimed(
        derivation,
        factored,
        f"forall {letter}, same {own.n} {own.n} ({parted.A} {letter}) ({spelled(reader.matrix(derivation.equation('factored').right))})",
        f"intros {letter}. unfold {parted.A}, {U}. written_over.",
    )
    for m in (0, 1):
        name = names.fresh(f"order_{m}_{place}")
        own.formula(derivation, name, f"({k} {t} : nat) ", reader.matrix(derivation.equation(f"order_{m}").right))
        own.claimed(
            derivation,
            f"{name}_true",
            f"forall {k} {t}, ({k} <= {t})%nat -> same {own.n} {own.n} (order {own.n} {parted.A} {parted.B} {m} (S {k}) ({t} - {k})) ({name} {k} {t})",
            written_out(own, parted, name, derivation.equation(f"order_{m}").right),
        )
    term = derivation.named_terms[0][1]
    name = names.fresh(f"rate_0_{place}")
    scalar = not derivation.shape
    own.formula(derivation, name, f"({k} {t} : nat) ", reader.number(term) if scalar else reader.vector(term))
    if not scalar and derivation.relation is Relation.EQUAL:
        raise UnsupportedNodeError(f"A rate per unit in the drive split is a proxy; {derivation.name} calls it exact.")
    if scalar:
        own.claimed(
            derivation,
            f"{name}_true",
            f"forall {k} {t}, ({k} <= {t})%nat ->\n"
            f"  same {own.n} {own.n} ({own.rate} *: Product {own.n} ({k} + 1) {t} {parted.A}) ({name} {k} {t} *: Product {own.n} ({k} + 1) {t} {U})",
            f"intros {k} {t} Hkt. unfold {name}, {parted.A}, {U}. written_over.",
        )
        return
    diagonal = derivation.equation("factored").right.args[0]
    if not isinstance(diagonal, DiagMatrix):
        raise UnsupportedNodeError(
            f"A rate per unit in the drive split is of A_j = diag(g_j) U_j; found {plain(diagonal)}."
        )
    q, at = own.letter("q"), f"Vprod ({k} + 1) {t} (fun {letter} => {spelled(reader.vector(diagonal.args[0]))})"
    own.claimed(
        derivation,
        f"{name}_proxy",
        f"forall {k} {t}, ({k} <= {t})%nat -> forall {q}, ({q} < {own.n})%nat ->\n"
        f"  {name} {k} {t} {q} = ({own.rate} *: {at})%V {q}",
        f"intros {k} {t} Hkt {q} Hq. unfold {name}. cbv beta. close_over.",
    )


def preconditioner(own: Trajectory, derivation: Derivation) -> None:
    """The transposed zeroth order of the product, and its condition number where its entries are positive."""
    parted = own.split(derivation)
    own.theorems[derivation.name] = parted.tied
    place, k, t = len(own.theorems), own.letter("k"), own.letter("t")
    close = f"{parted.units}close_entries" if own.several else "close_over"
    reader = own.reader(derivation, parted.introduced)
    name = own.text.names.fresh(f"P_{place}")
    own.formula(derivation, name, f"({k} {t} : nat) ", reader.matrix(derivation.named_terms[0][1]))
    own.claimed(
        derivation,
        f"{name}_true",
        f"forall {k} {t}, ({k} <= {t})%nat -> same {own.n} {own.n} ({name} {k} {t}) (tr (order {own.n} {parted.A} {parted.B} 0 (S {k}) ({t} - {k})))",
        f"intros {k} {t} Hkt. rewrite order_first by exact Hkt. eapply transposed; [apply Product_diagonal; {parted.kept}|].\n"
        f"  unfold {name}. eapply takes_same; [intros ?; taken_over | intros ?; taken_over | intros ? ? ?; cbv beta; {close}].",
    )
    conditions = [item for item in derivation.claims if item.key == "condition"]
    if conditions:
        _condition(own, derivation, name, reader, conditions[0].right)


def _condition(own: Trajectory, derivation: Derivation, P: str, reader: TimeReader, kappa: object) -> None:
    """The condition number is the largest stretch over the smallest one; the entries of the diagonal are positive."""
    k, t, q = map(own.letter, ("k", "t", "q"))
    theorem = own.text.names.fresh(f"condition_{P}")
    runs = sorted(kappa.atoms(Largest, Smallest), key=str)  # type: ignore[attr-defined]
    expected = Largest(runs[0].args[0]) / Smallest(runs[0].args[0]) if runs else sympy.S.One
    if kappa != expected:
        raise UnsupportedNodeError(f"Certificates state a condition number as {expected}; found {plain(kappa)}.")
    if not runs:
        own.claimed(
            derivation,
            theorem,
            f"forall {k} {t}, (0 < {own.n})%nat -> {P} {k} {t} 0%nat 0%nat <> 0 -> condition {own.n} ({P} {k} {t}) 1",
            f"intros {k} {t} Hn. unfold {P}. first [apply condition_multiple; exact Hn | "
            "replace eye with (mscal 1 eye) by (extensionality a; extensionality b; unfold mscal; ring); "
            "apply condition_multiple; exact Hn].",
        )
        return
    run = spelled(reader.vector(runs[0].args[0]))
    own.claimed(
        derivation,
        theorem,
        f"forall {k} {t}, (0 < {own.n})%nat -> (forall {q}, ({q} < {own.n})%nat -> 0 < ({run})%V {q}) ->\n"
        f"  condition {own.n} ({P} {k} {t}) ({spelled(_extremes(reader, own.n, kappa))})",
        f"intros {k} {t} Hn Hq. apply condition_diagonal; [exact Hn | unfold {P}; apply diagonal_diag | exact Hq].",
    )


def _extremes(reader: TimeReader, n: str, kappa: object) -> Term:
    """Largest over smallest."""
    found = {}
    for kind, op in ((Largest, "largest"), (Smallest, "smallest")):
        (node,) = kappa.atoms(kind)  # type: ignore[attr-defined]
        found[op] = f"{op} {n} ({spelled(reader.vector(node.args[0]))})"
    return Term(Op.CONST, Sort.NUMBER, words=(f"{found['largest']} / {found['smallest']}",))
