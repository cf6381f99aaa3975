"""Expansions of the product of the Jacobians, order by order as they are printed, and what they leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, MatMul, ZeroMatrix

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import Signal, T
from symgate.language.sequences import ORDER, K
from symgate.proof.plain import plain
from symgate.proof.rocq.over_time import Split, Trajectory
from symgate.records import Derivation, Relation, add_up


def ends(derivation: Derivation) -> bool:
    """Whether an expansion is said to be exact although B is not zero."""
    return derivation.relation is Relation.EQUAL and not isinstance(derivation.equation("B").right, ZeroMatrix)


def expansion(own: Trajectory, derivation: Derivation) -> None:
    """The printed orders are those of the product of A_j + eps B_j, and with the rest they are all of it."""
    parted = own.split(derivation)
    k, t, q, m = map(own.letter, ("k", "t", "q", "m"))
    printed = printed_orders(own, derivation, parted)
    order = f"order {own.n} {parted.A} {parted.B}"
    names = own.text.names
    theorems = list(parted.tied)
    levels = _levelled(own, derivation, parted) if ends(derivation) else None
    theorems += levels.theorems if levels else ()
    for place, (name, (_, term)) in enumerate(zip(printed, derivation.named_terms, strict=True)):
        theorem = names.fresh(f"{name}_true")
        own.claimed(
            derivation,
            theorem,
            f"forall {k} {t}, ({k} <= {t})%nat ->\n  same {own.n} {own.n} ({order} {place} (S {k}) ({t} - {k})) ({name} {k} {t})",
            levels.no_order(place, name)
            if levels and levels.top < place and isinstance(term, ZeroMatrix)
            else written_out(own, parted, name, term, "written_ending" if levels else "written_blocks"),
        )
        theorems.append(theorem)
    theorems += _further(own, derivation, parted)
    whole = names.fresh(f"{names.fresh(f'expansion_{len(own.theorems)}')}_true")
    sides = f"{own.n} {parted.A} {parted.B}"
    own.claimed(
        derivation,
        whole,
        f"forall {k} {t} {q} i j, (i < {own.n})%nat ->\n"
        f"  product {own.n} (whole {parted.A} {parted.B} {own.eps}) (S {k}) ({t} - {k}) i j =\n"
        f"  sum (S {q}) (fun {m} => {own.eps} ^ {m} * {order} {m} (S {k}) ({t} - {k}) i j) + rest {sides} {own.eps} {q} (S {k}) ({t} - {k}) i j",
        f"intros {k} {t} {q} i j Hi. exact (expansion {sides} {own.eps} {q} (S {k}) ({t} - {k}) i j Hi).",
    )
    theorems.append(whole)
    if derivation.relation is Relation.EQUAL:
        theorems.append(levels.all_orders(derivation, printed) if levels else _exact(own, derivation, parted, printed))
    own.theorems[derivation.name] = tuple(theorems)


def printed_orders(own: Trajectory, derivation: Derivation, parted: Split) -> list[str]:
    """The definitions of the orders as they are printed, from k to t."""
    reader = own.reader(derivation, parted.introduced)
    k, t = own.letter("k"), own.letter("t")
    names = []
    for key, term in derivation.named_terms:
        names.append(own.text.names.fresh(f"{key}_{len(own.theorems)}"))
        own.formula(derivation, names[-1], f"({k} {t} : nat) ", reader.matrix(term))
    return names


def written_out(own: Trajectory, parted: Split, name: str, term: Expr, blocks: str = "written_blocks") -> str:
    """The tactics that compare a general order with its printed form."""
    k, t = own.letter("k"), own.letter("t")
    start = f"intros {k} {t} Hkt. unfold {name}"
    named = {str(node.name) for node in sympy.preorder_traversal(term) if isinstance(node, Signal)}
    if not own.several:
        # Where B_j is printed by its name its summands need not be multiplied out: seconds, not minutes.
        named_alone, whole = f"unfold {parted.A}; written_over", f"unfold {parted.A}, {parted.B}; written_over"
        if "B" not in named:
            return f"{start}, {whole.removeprefix('unfold ')}."
        return f"{start}; {named_alone}." if own.once else f"{start}. first [solve [{named_alone}] | {whole}]."
    if not term.has(BlockMatrix):
        return f"{start}. written_over."
    if named & {"A", "B"}:
        mixed = f"{_TAKEN_MIXED} cbv beta; {parted.units}close_mixed]" if parted.units else "written_mixed"
        return f"{start}, {parted.A}. {mixed}."
    lemma = f"(takes_same_{len(own.sizes)} {' '.join([own.n, *own.sizes])})"
    zeros = isinstance(term, BlockMatrix) and any(
        all(isinstance(part, ZeroMatrix) for part in term.blocks[row, :]) for row in range(term.blockshape[0])
    )
    written = f"eapply {lemma}; {_ROW_BY_ROW}" if zeros and blocks == "written_blocks" else f"{blocks} {lemma}"
    return f"{start}, {parted.A}, {parted.B}. {written}."


_TAKEN_MIXED = "eapply takes_same; [intros ?; taken_mixed | intros ?; taken_mixed | intros ? ? ?;"
#: Where a row of blocks is printed as 0, a sum over time of zeros is to be 0.
_ROW_BY_ROW = (
    "[intros; taken_blocks | intros; taken_blocks | intros; cbv beta; "
    "repeat (eapply stacked_at; [| | eassumption]; intros ? ?); first [close_blocks | close_over]]"
)


def _further(own: Trajectory, derivation: Derivation, parted: Split) -> list[str]:
    """The recursion of the orders, and the general form of the first one.

    Raises:
        UnsupportedNodeError: the recursion is another one.
    """
    k, t, m, place = own.letter("k"), own.letter("t"), own.letter("m"), len(own.theorems)
    reader = own.reader(derivation, parted.introduced)
    order = f"order {own.n} {parted.A} {parted.B}"
    found = []
    for item in derivation.claims:
        name = own.text.names.fresh(f"{item.key}_{place}")
        if item.key == "frechet":
            own.formula(derivation, name, f"({k} {t} : nat) ", reader.matrix(item.right))
            statement = f"({k} <= {t})%nat -> same {own.n} {own.n} ({order} 1 (S {k}) ({t} - {k})) ({name} {k} {t})"
            own.claimed(
                derivation, f"{name}_true", f"forall {k} {t}, {statement}", written_out(own, parted, name, item.right)
            )
            found.append(f"{name}_true")
        elif item.key == "recursion":
            if item.right != _recursion(derivation):
                raise UnsupportedNodeError(
                    f"Certificates state the recursion of the orders as A M + B M; found {plain(item.right)}."
                )
            before = f"(S {k}) ({t} - 1 - {k})"
            step = (
                f"{parted.A} {t} *[{own.n}] {order} (S {m}) {before} + {parted.B} {t} *[{own.n}] {order} {m} {before}"
            )
            own.claimed(
                derivation,
                name,
                f"forall {m} {k} {t}, ({k} < {t})%nat -> same {own.n} {own.n} ({order} (S {m}) (S {k}) ({t} - {k}))\n  ({step})",
                f"intros {m} {k} {t} Hkt i j Hi Hj. replace ({t} - {k})%nat with (S ({t} - 1 - {k})) by lia. rewrite (order_step {own.n}) by exact Hi.\n"
                f"  replace (S {k} + ({t} - 1 - {k}))%nat with {t} by lia. reflexivity.",
            )
            found.append(name)
    return found


def _order(derivation: Derivation, later: Expr, m: Expr) -> Signal:
    rows, cols = derivation.shape
    return Signal("M", rows, cols, sympy.Tuple(later, K, m))


def _recursion(derivation: Derivation) -> Expr:
    """A_t M^(m)_{t-1,k} + B_t M^(m-1)_{t-1,k}."""
    rows, cols = derivation.shape
    A, B = (Signal(name, rows, cols, T) for name in "AB")
    return add_up([MatMul(A, _order(derivation, T - 1, ORDER)), MatMul(B, _order(derivation, T - 1, ORDER - 1))])


def _exact(own: Trajectory, derivation: Derivation, parted: Split, printed: Sequence[str]) -> str:
    """Where B is zero the product is its zeroth order."""
    k, t = own.letter("k"), own.letter("t")
    others = ", ".join(printed[1:])
    name = own.text.names.fresh(f"exact_{len(own.theorems)}")
    own.claimed(
        derivation,
        name,
        f"forall {k} {t}, ({k} <= {t})%nat -> same {own.n} {own.n} (Product {own.n} ({k} + 1) {t} (fun j => ({parted.A} j + {parted.B} j)%M))\n"
        f"  ({' + '.join(f'{one} {k} {t}' for one in printed)})",
        f"intros {k} {t} Hkt. rewrite (Product_ext {own.n} ({k} + 1) {t} _ {parted.A}) by (intros; unfold {parted.B}; apply madd_zero_r).\n"
        f"  {f'unfold {others}. rewrite ?madd_zero_r. ' if others else ''}rewrite <- (order_first {own.n} {parted.A} {parted.B} {k} {t} Hkt). apply {printed[0]}_true. exact Hkt.",
    )
    return name


@dataclass(frozen=True)
class _Levels:
    """A level of every index that B lowers and A does not raise: more factors B than there are levels make zero.

    Attributes:
        own, parted: the trajectory, and A and B along it.
        name: of the level as a function of the index.
        top: the highest level.
        theorems: what is proved of it: its bound, then what A and B do.
    """

    own: Trajectory
    parted: Split
    name: str
    top: int
    theorems: tuple[str, str, str]

    @property
    def known(self) -> str:
        """What the theorems of ``exact.v`` take."""
        return f"{self.own.n} {self.parted.A} {self.parted.B} {self.name} {self.top} {' '.join(self.theorems)}"

    def no_order(self, order: int, printed: str) -> str:
        """The proof that an order above all levels is zero."""
        k, t = self.own.letter("k"), self.own.letter("t")
        return f"intros {k} {t} Hkt. unfold {printed}. exact (order_ends {self.known} {order} (S {k}) ({t} - {k}) ltac:(lia))."

    def all_orders(self, derivation: Derivation, printed: Sequence[str]) -> str:
        """The theorem that the product is the sum of the printed orders."""
        own, A, B = self.own, self.parted.A, self.parted.B
        k, t = own.letter("k"), own.letter("t")
        name = own.text.names.fresh(f"exact_{len(own.theorems)}")
        whole = f"(fun j => ({A} j + {B} j)%M)"
        read = ", ".join(f"({one}_true {k} {t} Hkt i j Hi Hj)" for one in printed)
        own.claimed(
            derivation,
            name,
            f"forall {k} {t}, ({k} <= {t})%nat -> same {own.n} {own.n} (Product {own.n} ({k} + 1) {t} {whole})\n"
            f"  ({' + '.join(f'{one} {k} {t}' for one in printed)})",
            f"intros {k} {t} Hkt i j Hi Hj. rewrite <- (order_first {own.n} {whole} {B} {k} {t} Hkt). cbn [order].\n"
            f"  rewrite (orders_are_all {self.known} {len(printed) - 1} (S {k}) ({t} - {k}) ltac:(lia) i j Hi Hj). cbn [sum].\n"
            f"  rewrite {read}. unfold madd; ring.",
        )
        return name


def _levelled(own: Trajectory, derivation: Derivation, parted: Split) -> _Levels:
    """The levels of an expansion that ends, as the zero blocks of A and B show them.

    Raises:
        UnsupportedNodeError: it is exact for another reason.
    """
    found = _levels(*(derivation.equation(key).right for key in "AB"))
    if found is None or max(found) >= len(derivation.named_terms):
        raise UnsupportedNodeError(
            f"{derivation.name} is exact from order {derivation.exact_from}; a certificate states that where the zero "
            "blocks of B leave no further order."
        )
    place, names, i = len(own.theorems), own.text.names, own.letter("i")
    level, top = names.fresh(f"level_{place}"), max(found)
    *upper, body = map(str, found)
    for state, one in reversed([*enumerate(upper)]):
        inside = " - ".join([i, *own.sizes[:state]])
        body = f"if Nat.ltb ({inside}) {own.sizes[state]} then {one} else {body}"
    own.definitions.append((derivation.name, f"Definition {level} ({i} : nat) : nat :=\n  ({body})%nat."))
    j, h = own.letter("j"), own.letter("h")
    cases = f"unfold {{}}{level}, above, beside; split_index; intros; first [lia | reflexivity]"
    claims = {
        "bounded": (f"forall {i}, ({level} {i} <= {top})%nat", f"intros {i}; unfold {level}; split_index; lia."),
        "kept": (
            f"forall {j} {i} {h}, ({level} {i} < {level} {h})%nat -> {parted.A} {j} {i} {h} = 0",
            f"intros {j} {i} {h}; {cases.format(f'{parted.A}, ')}.",
        ),
        "lowered": (
            f"forall {j} {i} {h}, ({level} {i} <= {level} {h})%nat -> {parted.B} {j} {i} {h} = 0",
            f"intros {j} {i} {h}; {cases.format(f'{parted.B}, ')}.",
        ),
    }
    theorems = [names.fresh(f"{level}_{word}") for word in claims]
    for theorem, (statement, proof) in zip(theorems, claims.values(), strict=True):
        own.claimed(derivation, theorem, statement, proof)
    return _Levels(own, parted, level, top, (theorems[0], theorems[1], theorems[2]))


def _levels(A: Expr, B: Expr) -> list[int] | None:
    """The lowest levels of the states for which A raises none and B lowers every one; None where there are none."""
    if not (isinstance(A, BlockMatrix) and isinstance(B, BlockMatrix)):
        return None
    count = range(A.blocks.shape[0])
    found = [0 for _ in count]
    for _ in range(len(count) ** 2 + 1):
        before = list(found)
        for a in count:
            kept = [found[b] for b in count if not isinstance(A.blocks[a, b], ZeroMatrix)]
            lowered = [found[b] + 1 for b in count if not isinstance(B.blocks[a, b], ZeroMatrix)]
            found[a] = max([found[a], *kept, *lowered])
        if found == before:
            return found
    return None
