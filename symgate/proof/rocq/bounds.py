"""Bounds on what an expansion leaves out, in every submultiplicative norm, with the recursion that proves them."""

from __future__ import annotations

import sympy

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import ScalarSignal, T
from symgate.language.sequences import K
from symgate.proof.rocq.over_time import Trajectory
from symgate.proof.rocq.terms import Op, Sort, Term, spelled
from symgate.records import Derivation, Order, Relation


def remainder(own: Trajectory, derivation: Derivation) -> None:
    """The norm of the product less its orders up to p is at most the printed bound."""
    if not isinstance(derivation.parameters, Order):
        raise UnsupportedNodeError(
            f"{derivation.name} bounds what an expansion to some order leaves out; it has no order."
        )
    if derivation.relation is not Relation.AT_MOST:
        raise UnsupportedNodeError(
            f"Certificates state a bound as one; {derivation.name} calls it {derivation.relation.value}."
        )
    parted, p = own.split(derivation), derivation.parameters.order
    own.theorems[derivation.name] = parted.tied
    names, place, k, t = own.text.names, len(own.theorems), own.letter("k"), own.letter("t")
    norm = own.norm
    before = ScalarSignal("r", sympy.Tuple(T - 1, K))
    bound = names.fresh(f"bound_{place}")
    reader = own.reader(derivation, parted.introduced)
    earlier = Term(Op.NAME, Sort.NUMBER, words=(bound, f"{norm} {k} ({t} - 1)"))
    reader = reader.knowing({before: earlier}, norm)
    sides = f"{parted.A} {parted.B}"
    own.formula(derivation, bound, f"({norm} : mat -> R) ({k} {t} : nat) ", reader.number(derivation.expr))
    given = f"forall {norm}, matrix_norm {own.n} {norm} -> forall {k} {t}"
    own.claimed(
        derivation,
        f"{bound}_true",
        f"{given}, ({k} <= {t})%nat -> 0 <= {own.eps} ->\n"
        f"  {norm} (product {own.n} (whole {sides} {own.eps}) (S {k}) ({t} - {k}) - orders {own.n} {sides} {own.eps} {p} (S {k}) ({t} - {k}))%M <= {bound} {norm} {k} {t}",
        f"intros {norm} N {k} {t} Hkt He. replace ({bound} {norm} {k} {t}) with (bounded {norm} {sides} {own.eps} {p} {k} {t});\n"
        f"    [now apply (remainder_bounded {own.n}) | unfold {bound}; bound_written].",
    )
    for item in derivation.claims:
        if item.key == "recursion":
            own.claimed(
                derivation,
                f"{bound}_recursion",
                f"forall {norm} {k} {t}, ({k} < {t})%nat -> {bound} {norm} {k} {t} =\n  {spelled(reader.number(item.right))}",
                f"intros {norm} {k} {t} Hkt. replace ({bound} {norm} {k} {t}) with (bounded {norm} {sides} {own.eps} {p} {k} {t}) by (unfold {bound}; bound_written).\n"
                f"  replace ({bound} {norm} {k} ({t} - 1)) with (bounded {norm} {sides} {own.eps} {p} {k} ({t} - 1)) by (unfold {bound}; bound_written).\n"
                f"  rewrite bounded_step by exact Hkt. cbn [pow]. elementaries. ring.",
            )
        elif item.key == "start":
            own.claimed(
                derivation,
                f"{bound}_start",
                f"forall {norm} {k}, {bound} {norm} {k} {k} = {spelled(reader.number(item.right))}",
                f"intros {norm} {k}. replace ({bound} {norm} {k} {k}) with (bounded {norm} {sides} {own.eps} {p} {k} {k}) by (unfold {bound}; bound_written).\n"
                f"  apply bounded_start.",
            )
