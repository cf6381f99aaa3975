"""Claims about any number of steps of a cell with several states; a point holds the states, the theorems are ``states.v``."""

from __future__ import annotations

from collections.abc import Sequence

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import T
from symgate.language.sequences import K, OrderedProduct
from symgate.proof.plain import plain
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.printed import of_adjoint, of_transport
from symgate.proof.rocq.several import Several
from symgate.proof.rocq.state_blocks import blocks, bodies, returns, sources
from symgate.proof.rocq.state_influences import influence
from symgate.proof.rocq.state_sums import gradient, lag
from symgate.proof.rocq.terms import Sort
from symgate.records import Derivation, Kind

#: Results that sum over the adjoint: a certificate of one of them holds it too.
SUMMED = (Kind.GRADIENT, Kind.LAG, Kind.INFLUENCE)
KINDS = (Kind.TRANSPORT, Kind.ADJOINT, *SUMMED)


def many(text: CellText, derivations: Sequence[Derivation]) -> Several:
    """The claims over many steps of a cell with several states.

    Raises:
        UnsupportedNodeError: a form of formula that certificates do not state, or a gradient without an adjoint.
    """
    own = Several(text)
    for item in derivations:
        check(item)
    source = next((item for item in derivations if item.kind not in SUMMED), None)
    adjoint = next((item for item in derivations if item.kind is Kind.ADJOINT), None)
    if source is None or (adjoint is None and any(item.kind in SUMMED for item in derivations)):
        raise UnsupportedNodeError(
            "A certificate of a gradient needs the adjoint beside it: certificate([adjoint, gradient])."
        )
    own.written = source.equation("J").right
    jacobians = own.jacobians = _jacobians(own, source)
    backs = _backs(own, adjoint) if adjoint is not None else {}
    _general(own, jacobians, backs)
    for item in derivations:
        WRITERS[item.kind](own, item)
    return own


def formulas(derivation: Derivation) -> list[Derivation]:
    """The formulas of one step that a result contains."""
    if derivation.kind in (Kind.GRADIENT, Kind.LAG):
        return bodies(derivation)
    found = list(blocks(derivation).values())
    if derivation.kind is Kind.INFLUENCE:
        return [*found, *sources(derivation)]
    return found if derivation.kind is Kind.TRANSPORT else [*found, *returns(derivation).values()]


def check(derivation: Derivation) -> None:
    """Return where certificates state such a formula.

    Raises:
        UnsupportedNodeError: they do not.
    """
    match derivation.kind:
        case Kind.TRANSPORT:
            blocks(derivation)
            of_transport(derivation)
            symbol = derivation.equation("J").left
            if derivation.expr != OrderedProduct(symbol, symbol.index, K + 1, T):
                raise UnsupportedNodeError(
                    f"Certificates state the transport as a product of Jacobians; found {plain(derivation.expr)}."
                )
        case Kind.ADJOINT:
            blocks(derivation)
            returns(derivation)
            of_adjoint(derivation)
        case Kind.GRADIENT | Kind.LAG:
            bodies(derivation)
        case Kind.INFLUENCE:
            blocks(derivation)
            sources(derivation)
        case _:
            raise UnsupportedNodeError(
                f"Over many steps of several states certificates do not state results of the kind {derivation.kind.value}."
            )


def _jacobians(own: Several, source: Derivation) -> dict[tuple[int, int], str]:
    found = {}
    for (a, b), formula in blocks(source).items():
        found[a, b] = own.text.names.fresh(f"J_{own.states[a].name}_{own.states[b].name}")
        own.defined(source, formula, found[a, b], "takes")
    p = own.text.point
    rows = []
    for a, of in enumerate(own.states):
        row = " + ".join(
            f"{found[a, b]} {p} *[{by.length}] {by.stacked(f'{by.name} @V')}" for b, by in enumerate(own.states)
        )
        rows.append(f"unstacked {of.sizes[0]} ({row})" if of.sort is Sort.MATRIX else row)
    own.applied.append(f"Definition {own.jacobian} ({p} : point) (@V : point) : point := {own.joined(rows)}.")
    return found


def _backs(own: Several, adjoint: Derivation) -> dict[tuple[int, int], str]:
    found = {}
    for (a, b), formula in returns(adjoint).items():
        found[a, b] = own.text.names.fresh(f"back_{own.states[a].name}_{own.states[b].name}")
        own.defined(adjoint, formula, found[a, b], "pulls")
        own.returned[a, b] = formula.expr
    p = own.text.point
    rows = [
        " + ".join(f"{found[a, b]} {p} ({of.name} lam)" for a, of in enumerate(own.states))
        for b in range(len(own.states))
    ]
    own.applied.append(f"Definition {own.back} ({p} : point) (lam : point) : point := {own.joined(rows)}.")
    return found


def _general(own: Several, jacobians: dict[tuple[int, int], str], backs: dict[tuple[int, int], str]) -> None:
    """The step and the way back as the general theorems know them."""
    text, at, d = own.text, own.at, [own.text.tangent[after] for after in own.after]
    point = f"({at} @th @t (@X @s))"
    velocity = own.joined([f"{item.name} @V" for item in own.states])
    alone = [f"(with_{item.name} still ({item.name} @V))" for item in own.states]
    lines = [f"Ltac run_moves := unfold moves, {at}; {own.known}; each_part; given_or_still."]
    lines.append(f"Lemma step_moves @th @t @X @V @s : {own.moves} @X @s @V -> {own.allowed('@th')} @t (@X @s) ->")
    lines.append(f"  {own.moves} (fun @e => {own.step} @th @t (@X @e)) @s ({own.jacobian} {point} @V).")
    lines.append(
        f"Proof.\n  intros HX F. unfold {own.moves} in *. each_hypothesis. unfold {own.step}, {own.jacobian}. {own.known}. each_part."
    )
    for a in range(len(own.states)):
        lines += own.velocity_of(a, f"(fun @e => {at} @th @t (@X @e))", velocity, alone, point, "  -")
    lines.append("Qed.")
    together = text.together
    for side, statement in (
        ("l", f"{own.pairing} ({together} @v @z) @t = {own.pairing} @v @t + {own.pairing} @z @t"),
        ("r", f"{own.pairing} @t ({together} @v @z) = {own.pairing} @t @v + {own.pairing} @t @z"),
    ):
        order = "@v @z @t" if side == "l" else "@t @v @z"
        lines.append(f"Lemma pairing_add_{side} : forall {order}, {statement}.")
        lines.append(
            f"Proof. intros; unfold {own.pairing}, {together}; {own.known}; rewrite {own.sums_apart}; ring. Qed."
        )
    if backs:
        here = f"({at} @th @t @z)"
        lines.append(f"Lemma step_pulls @th @t @z lam @V : {own.allowed('@th')} @t @z ->")
        lines.append(f"  {own.pairing} ({own.back} {here} lam) @V = {own.pairing} lam ({own.jacobian} {here} @V).")
        lines.append(
            f"Proof.\n  intros F. unfold {own.pairing}, {own.back}, {own.jacobian}. {own.known}. rewrite {own.sums_apart}."
        )
        for (a, b), name in backs.items():
            of, by = own.states[a], own.states[b]
            lam, V = f"({of.name} lam)", f"({by.name} @V)"
            slope = f"({of.paired(lam, f'({d[a]} {here} (with_{by.name} still {V}))')})"
            lines.append(
                f"  replace ({by.paired(f'({name} {here} {lam})', V)}) with {slope} by (symmetry; apply {name}_pulls{'; exact F' if own.F else ''})."
            )
            taken = f"{jacobians[a, b]} {here} *[{by.length}] {by.stacked(f'{by.name} @V')}"
            if of.sort is Sort.MATRIX:
                taken = f"unstacked {of.sizes[0]} ({taken})"
                same = f"symmetry; apply frobenius_unstacked; exact ({jacobians[a, b]}_takes {here} {V}{own.F})"
            else:
                same = f"apply dot_cong; intros @i Hi; rewrite ({jacobians[a, b]}_takes {here} {V}{own.F} @i Hi); reflexivity"
            lines.append(f"  replace ({of.paired(lam, f'({taken})')}) with {slope}")
            lines.append(f"    by ({same}).")
        lines.append("  ring.\nQed.")
    own.proofs.append(own.clear("\n".join(lines)))


def _transport(own: Several, derivation: Derivation) -> None:
    th, name = own.theta, own.text.names.fresh("transport_true")
    run, jac = f"({own.step} {th})", f"(fun @t @z => {own.jacobian} ({own.at} {th} @t @z))"
    own.add(
        f"Definition {name}_claim : Prop := forall ({th} : point) (@k @d : nat) (@X : R -> point) (@s : R) (@V : point), {own.moves} @X @s @V ->\n"
        f"  {own.fine(th, '@k', '@d', '(@X @s)')}{own.moves} (fun @e => runS point {run} @k @d (@X @e)) @s (carry point {run} {jac} @k @d (@X @s) @V).",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} @k @d @X @s @V HX{' HF' if own.F else ''}.\n"
        f"  apply (transportS point {own.moves} {run} {jac} {own.allowed(th)} (step_moves {th}) @k @d @X @V @s HX {'HF' if own.F else '(fun _ _ => I)'}).\nQed.",
    )
    own.theorems[derivation.name] = (name,)


def _adjoint(own: Several, derivation: Derivation) -> None:
    th, names = own.theta, own.text.names
    name, closed = names.fresh("adjoint_true_here"), names.fresh("adjoint_closed_here")
    run, jac = f"({own.step} {th})", f"(fun @t @z => {own.jacobian} ({own.at} {th} @t @z))"
    back, together = f"(fun @t @z => {own.back} ({own.at} {th} @t @z))", own.text.together
    lam = f"(adjointS point {together} {run} {own.slope} {back} @k @r"
    held, hyp = ("HF", " HF") if own.F else ("(fun _ _ => I)", "")
    own.add(
        f"Definition {name}_claim : Prop := forall ({th} : point) (@k @r : nat) (@X : R -> point) (@s : R) (@V : point), {own.moves} @X @s @V ->\n"
        f"  {own.fine(th, '@k', '@r', '(@X @s)')}is_derive (fun @e => lossS point {run} {own.loss} @k @r (@X @e)) @s ({own.pairing} {lam} (@X @s)) @V).",
        f"Theorem {name} : {name}_claim.\nProof.\n  intros {th} @k @r @X @s @V HX{hyp}.\n"
        f"  exact (adjointS_true point {together} {own.pairing} {own.moves} pairing_add_l {run} {jac} {own.allowed(th)} (step_moves {th}) "
        f"{own.loss} {own.slope} {own.hypothesis} {back} (step_pulls {th}) @r @k @X @V @s HX {held}).\nQed.",
    )
    own.add(
        f"Definition {closed}_claim : Prop := forall ({th} : point) (@k @r : nat) (@z @v : point), {own.fine(th, '@k', '@r', '@z')}\n"
        f"  {own.pairing} {lam} @z) @v = sum (Datatypes.S @r) (fun @c => {own.pairing} ({own.slope} (@k + @c)%nat (runS point {run} @k @c @z)) (carry point {run} {jac} @k @c @z @v)).",
        f"Theorem {closed} : {closed}_claim.\nProof.\n  intros {th} @k @r @z @v{hyp}.\n"
        f"  exact (adjointS_closed point {together} {own.pairing} pairing_add_l {run} {jac} {own.allowed(th)} {own.slope} {back} (step_pulls {th}) @r @k @z @v {held}).\nQed.",
    )
    own.theorems[derivation.name] = (name, closed)


WRITERS = {
    Kind.TRANSPORT: _transport,
    Kind.ADJOINT: _adjoint,
    Kind.GRADIENT: gradient,
    Kind.LAG: lag,
    Kind.INFLUENCE: influence,
}
