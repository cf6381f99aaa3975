"""The influence of a parameter on several states, one below the other: P_t = J_t P_{t-1} + S_t in block matrices.

In come the blocks of J and S_t, each proved to be a derivative of one step; out go the theorems that P_t is the
derivative of all states, its closed form, and the gradient from it.  The general theorems stand in
``influences_states.v``.
"""

from __future__ import annotations

from symgate.proof.rocq.printed import same_jacobian
from symgate.proof.rocq.several import Several, in_blocks, one_below_the_other
from symgate.proof.rocq.state_blocks import sources
from symgate.proof.rocq.state_sums import MovedStates, losses, step_moves
from symgate.proof.rocq.terms import Sort
from symgate.records import Derivation


def _stacked(own: Several) -> tuple[str, str]:
    """The names of the states one below the other and of J in blocks, with what is known of them; once for a cell."""
    if own.stacked != ("", ""):
        return own.stacked
    names, p, sizes = own.text.names, own.text.point, [item.length for item in own.states]
    stack, J = own.stacked = names.fresh("stack_states"), names.fresh("J_stacked")
    whole, together = one_below_the_other(sizes), own.text.together
    *first, column = [item.stacked(f"{item.name} @z") for item in own.states]
    for item, one in reversed([*zip(own.states, first, strict=False)]):
        column = f"stacked {item.length} ({one}) ({column})"
    still = paired = back = ""
    each = "assumption"
    for item in own.states:
        if item.sort is Sort.MATRIX:
            of_both = " ".join(item.sizes)
            still, paired = (
                f"change (vectorised {item.sizes[0]} mzero) with zeros. ",
                f", (frobenius_vectorised {of_both})",
            )
            each = "first [assumption | apply along_vectorised; assumption]"
            back = f"rewrite ?(columns_back {of_both}) by first [assumption | lia]; cbv beta; "
    count = range(len(own.states))
    rows = [[f"({own.jacobians[a, b]} {p})" for b in count] for a in count]
    own.add(
        f"Definition {stack} (@z : point) : vec := {column}.\n"
        f"Definition {J} ({p} : point) : mat := {in_blocks(sizes, rows)[1:-1]}.",
        f"Lemma {stack}_add @v @z : {stack} ({together} @v @z) = vadd ({stack} @v) ({stack} @z).\n"
        f"Proof. unfold {stack}, {together}. {own.known}. rewrite !add_stacked. reflexivity. Qed.\n"
        f"Lemma {stack}_zero : {stack} still = zeros.\n"
        f"Proof. unfold {stack}. {own.known}. {still}rewrite !stacked_zeros. reflexivity. Qed.\n"
        f"Lemma {stack}_pair @v @z : {own.pairing} @v @z = dot {whole} ({stack} @v) ({stack} @z).\n"
        f"Proof. unfold {own.pairing}, {stack}. rewrite !dot_stacked{paired}. ring. Qed.\n"
        f"Lemma {stack}_moves @X @s @V : {own.moves} @X @s @V -> along {whole} (fun @e => {stack} (@X @e)) @s ({stack} @V).\n"
        f"Proof. intros HX. unfold {own.moves} in HX. each_hypothesis. unfold {stack}. repeat apply along_stacked; {each}. Qed.\n"
        f"Lemma {stack}_rest @z @s : {own.moves} (fun _ => @z) @s still.\n"
        f"Proof. unfold {own.moves}. {own.known}. each_part; {own.at_rest}. Qed.\n"
        f"Lemma {J}_taken {p} @V : takes {whole} {whole} ({J} {p}) ({stack} @V) ({stack} ({own.jacobian} {p} @V)).\n"
        f"Proof.\n  unfold {J}, {stack}, {own.jacobian}. {own.known}. eapply takes_eq; [taken_stacked|].\n"
        f"  intros @i Hi. unfold stacked, vadd. split_index; {back}ring.\nQed.",
    )
    return own.stacked


def influence(own: Several, derivation: Derivation) -> None:
    """P_t is the derivative of the states, has the closed form, and gives the gradient that the adjoint gives."""
    same_jacobian(derivation, own.written)
    formulas = sources(derivation)
    item = next(item for item in own.text.fields if item.symbol == formulas[0].wrt)
    moved, th, names, text = MovedStates(own, item, ()), own.theta, own.text.names, own.text
    parts = []
    for state, formula in zip(own.states, formulas, strict=True):
        parts.append(names.fresh(f"S_{state.name}_{item.name}"))
        own.defined(derivation, formula, parts[-1], "takes")
    stack, J = _stacked(own)
    S_, P, moves, closed, ahead, back = (
        names.fresh(f"{word}_{item.name}")
        for word in ("S_stacked", "P", "influence", "influence_closed", "influence_forward", "influence_backward")
    )
    p, now, m = text.point, moved.now, item.length
    sizes = [state.length for state in own.states]
    n = one_below_the_other(sizes)
    W = {Sort.NUMBER: "(fun _ => @W)", Sort.VECTOR: "@W"}.get(item.sort, f"(vectorised {' '.join(item.sizes[:1])} @W)")
    shown = [
        [f"({f'column ({one} {p})' if vector else f'{one} {p}'})"]
        for one, vector in zip(parts, _vectors(moved), strict=True)
    ]

    def along(of: str, theta: str) -> str:
        return f"(metS point {moved.run(theta)} @z0 (fun @t @z => {of} ({own.at} {theta} @t @z)))"

    own.add(
        f"Definition {S_} ({p} : point) : mat := {in_blocks(sizes, shown)[1:-1]}.\n"
        f"Definition {P} ({th} @z0 : point) (@t : nat) : mat :=\n  influence {n} {along(J, th)}\n    {along(S_, th)} @t.",
        _source_taken(moved, S_, parts, stack, W),
    )
    given = (
        f"forall ({th} : point) (@Th : R -> {item.sort.value}) (@W : {item.sort.value}) (@s : R) (@T : nat) (@z0 : point),\n"
        f"  {item.along('@Th', '@s', '@W')} -> {own.fine(now, '0', '@T', '@z0')}\n  "
    )
    start = f"intros {th} @Th @W @s @T @z0 HW{moved.hyp}."
    held = "HF" if own.F else "(fun _ _ => I)"
    slope = moved.slope(now)
    own.add(
        "",
        f"Lemma {moves}_step {th} @Th @W @s : {item.along('@Th', '@s', '@W')} -> forall @t @X @V, {own.moves} @X @s @V -> {own.allowed(now)} @t (@X @s) ->\n"
        f"  {own.moves} (fun @e => {moved.stepe} @t @e (@X @e)) @s ({text.together} ({moved.jacobian(now)} @t (@X @s) @V) ({slope} @t (@X @s))).\n"
        f"Proof.\n  intros HW. {step_moves(moved, '  ')}\nQed.",
    )
    losses(moved, f"exact ({moves}_step {th} @Th @W @s HW).")
    own.add(
        f"Definition {moves}_claim : Prop := {given}along {n} (fun @e => {stack} (runS point ({own.step} (with_{item.name} {th} (@Th @e))) 0 @T @z0)) @s ({P} {now} @z0 @T *[{m}] {W}).",
        f"Theorem {moves} : {moves}_claim.\nProof.\n  {start}\n"
        f"  exact (influenceS_moves point {text.together} still {own.moves} {n} {m} {stack} {stack}_add {stack}_zero {stack}_moves {stack}_rest {moved.stepe} @s {moved.jacobian(now)} {slope}\n"
        f"    (fun @t @z => {J} ({own.at} {now} @t @z)) (fun @t @z => {S_} ({own.at} {now} @t @z)) {W} {own.allowed(now)} ({moves}_step {th} @Th @W @s HW)\n"
        f"    (fun @t @z => {J}_taken ({own.at} {now} @t @z)) (fun @t @z => {S_}_taken {now} @t @z @W) @z0 @T {held}).\nQed.",
    )
    own.add(
        f"Definition {closed}_claim : Prop := forall ({th} @z0 : point) (@t @i @j : nat), (@i < {n})%nat ->\n"
        f"  {P} {th} @z0 @t @i @j = msum @t (fun @c => product {n} {along(J, th)} (Datatypes.S (Datatypes.S @c)) (@t - Datatypes.S @c) *[{n}] {along(S_, th)} (Datatypes.S @c))%M @i @j.",
        f"Theorem {closed} : {closed}_claim.\nProof. intros {th} @z0 @t @i @j Hi. exact (influence_closed {n} {along(J, th)} {along(S_, th)} @t @i @j Hi). Qed.",
    )
    derived = f"{given}is_derive {moved.loss} @s\n    (dot {m} (vsum @T (fun @c => {{}})%V) {W})"
    by_adjoint = f"eapply D_eq; [exact (losses_{item.name} {th} @Th @W @s @T @z0 HW{moved.hyp})|]."
    states = moved.states(now, "(Datatypes.S @c)")
    own.add(
        f"Definition {ahead}_claim : Prop := {derived.format(f'tr ({P} {now} @z0 (Datatypes.S @c)) *[{n}] {stack} ({own.slope} (Datatypes.S @c) {states})')}.",
        f"Theorem {ahead} : {ahead}_claim.\nProof.\n  {start} {by_adjoint}\n"
        f"  exact (influenceS_forward point {text.together} still {own.pairing} {n} {m} {stack} {stack}_add {stack}_zero {stack}_pair {moved.stepe} @s {moved.jacobian(now)} {slope}\n"
        f"    (fun @t @z => {J} ({own.at} {now} @t @z)) (fun @t @z => {S_} ({own.at} {now} @t @z)) {W} {own.allowed(now)} (fun @t @z => {J}_taken ({own.at} {now} @t @z))\n"
        f"    (fun @t @z => {S_}_taken {now} @t @z @W) @z0 {own.slope} {moved.back(now)} (step_pulls {now}) @T {held}).\nQed.",
    )
    own.add(
        f"Definition {back}_claim : Prop := {derived.format(f'tr ({along(S_, now)} (Datatypes.S @c)) *[{n}] {stack} {moved.adjoint(now)}')}.",
        f"Theorem {back} : {back}_claim.\nProof.\n  {start} {by_adjoint}\n"
        f"  exact (influenceS_back point {text.together} {own.pairing} {n} {m} {stack} {stack}_pair {moved.stepe} @s {slope}\n"
        f"    (fun @t @z => {S_} ({own.at} {now} @t @z)) {W} {own.allowed(now)} (fun @t @z => {S_}_taken {now} @t @z @W) @z0 {own.slope} {moved.back(now)} @T {held}).\nQed.",
    )
    own.theorems[derivation.name] = (moves, closed, ahead, back)


def _source_taken(moved: MovedStates, S_: str, parts: list[str], stack: str, W: str) -> str:
    """The lemma that S_t, applied to the velocity of the parameter, is the velocity that it gives to all states."""
    own, item = moved.own, moved.item
    n = one_below_the_other([state.length for state in own.states])
    here = f"({own.at} {own.theta} @t @z)"
    each = "\n".join(
        f"  - intros @i Hi. {'rewrite mv_column. ' if vector else ''}exact ({one}_takes {here} @W{own.F} @i Hi)."
        for one, vector in zip(parts, _vectors(moved), strict=True)
    )
    return (
        f"Lemma {S_}_taken {own.theta} @t @z @W : {own.allowed(own.theta)} @t @z -> takes {n} {item.length} ({S_} {here}) {W} ({stack} ({moved.slope(own.theta)} @t @z)).\n"
        f"Proof.\n  intros F. unfold {S_}, {stack}. {own.known}. repeat apply takes_above.\n{each}\nQed."
    )


def _vectors(moved: MovedStates) -> list[bool]:
    """For each state whether S_t is stated as a vector: by a number, of a state that is none of columns."""
    return [moved.item.sort is Sort.NUMBER and state.sort is not Sort.MATRIX for state in moved.own.states]
