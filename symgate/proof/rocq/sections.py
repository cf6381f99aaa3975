"""The sections of a certificate that state a cell: symbols, recurrence, what the step needs, motion, velocities.

In: a cell as certificates name it.  Out: Coq text, section by section.
"""

from __future__ import annotations

from symgate.proof.rocq.cell import CellText, moves, sort_of_size
from symgate.proof.rocq.layout import titled
from symgate.proof.rocq.terms import SCOPES, ZEROS, Sort, spelled


def symbols(text: CellText, *, classed: bool = False) -> str:
    """Sizes, functions and the record of points."""
    lines = [given for given in [text.given.text(classed=classed)] if given]
    lines.append("Record point := Point {")
    rows = [f"  {item.name} : {item.sort.value}" for item in text.fields]
    notes = [" x ".join(item.sizes) or "a number" for item in text.fields]
    roles = [*["before the step"] * len(text.cell.states), *["input"] * len(text.cell.inputs)]
    for place, (row, note) in enumerate(zip(rows, notes, strict=True)):
        role = f", {roles[place]}" if place < len(roles) else ""
        lines.append(f"{row}{';' if place < len(rows) - 1 else ' }.'}  (* {note}{role} *)")
    return "\n".join(lines)


def recurrence(text: CellText) -> str:
    """One definition for each assignment."""
    return "\n".join(
        f"Definition {name} ({text.point} : point) : {sort_of_size(size).value} := {spelled(term, text.point)}."
        for name, term, size in text.terms
    )


def domain(text: CellText) -> str:
    """What the step needs of a point, a proposition; empty where it needs nothing."""
    if not text.supposed:
        return ""
    joined = " /\\ ".join(text.supposed)
    return f"Definition domain ({text.point} : point) : Prop := {joined}."


def motion(text: CellText) -> str:
    """What it means that a point moves, the points in which one field differs, and sums of points."""
    p, P, s, V, e = text.point, text.curve, text.time, text.velocity, text.moment
    parts = [item.along(f"(fun {e} => {item.name} ({P} {e}))", s, f"({item.name} {V})") for item in text.fields]
    lines = [
        f"Definition moves ({P} : R -> point) ({s} : R) ({V} : point) : Prop :=\n  " + "\n  /\\ ".join(parts) + "."
    ]
    blank = " ".join(spelled(ZEROS[item.sort]) for item in text.fields)
    lines.append(f"Definition still : point := Point {blank}.")
    for item in text.fields:
        values = " ".join(text.value if other is item else f"({other.name} {p})" for other in text.fields)
        lines.append(f"Definition with_{item.name} ({p} : point) {text.value} : point := Point {values}.")
    W = text.second
    plus = {
        Sort.NUMBER: "{0} {1} + {0} {2}",
        Sort.VECTOR: "({0} {1} + {0} {2})%V",
        Sort.MATRIX: "({0} {1} + {0} {2})%M",
    }
    values = " ".join(f"({plus[item.sort].format(item.name, V, W)})" for item in text.fields)
    lines.append(f"Definition {text.together} ({V} {W} : point) : point := Point {values}.")
    return "\n".join(lines)


def of_cell(text: CellText, *, classed: bool = False) -> list[str]:
    """The sections that say what the cell is, each under its title."""
    return [
        titled("Symbols", symbols(text, classed=classed)),
        titled("The recurrence", recurrence(text)),
        titled("What the step needs of a point", domain(text)),
        titled("Points in motion", motion(text)),
    ]


def velocities(text: CellText, *, briefly: bool = False) -> str:
    """The velocity of every name, and the proof that it is one; then the closing tactic.

    The tactic compares the names as they stand, and, unless ``briefly``, once more with all of them written out, for
    claims that somebody else wrote.
    """
    p, P, s, V, e = text.point, text.curve, text.time, text.velocity, text.moment
    lines = []
    for item in text.fields:
        along = item.along(f"(fun {e} => {item.name} ({P} {e}))", s, f"({item.name} {V})")
        lines.append(f"Lemma M_{item.name} {P} {s} {V} : moves {P} {s} {V} -> {along}. Proof. intros H; apply H. Qed.")
    for name, condition, script in text.proved:
        lines.append(f"Lemma {name} {p} : {text.if_allowed(p)}{text.condition(condition)}.")
        lines.append(f"Proof. {'unfold domain; intros; each_hypothesis; ' if text.supposed else ''}{script} Qed.")
    allowed = text.if_allowed(f"({P} {s})")
    for name, velocity, size, proof in text.moving:
        sort = sort_of_size(size)
        lines.append(f"Definition {text.tangent[name]} ({p} {V} : point) : {sort.value} := {spelled(velocity, p)}.")
        along = moves(
            sort,
            [size],
            f"(fun {e} => {name} ({P} {e}))",
            s,
            f"({text.tangent[name]} ({P} {s}) {V})",
        )
        lines.append(f"Lemma {text.lemma[name]} {P} {s} {V} : moves {P} {s} {V} -> {allowed}{along}.")
        lines.append(f"Proof. intros H; intros; unfold {name}, {text.tangent[name]}. {proof}. Qed.")
    fields = " ".join(item.name for item in text.fields)
    withs = " ".join(f"with_{item.name}" for item in text.fields)
    unfolded = ", ".join(text.tangent[name] for name, _, _, _ in reversed(text.moving))
    lines.append(f"Ltac velocities := unfold {unfolded}; cbn [{fields} still {withs}].")
    lines.append(f"Ltac values := unfold {', '.join(reversed(text.value_names))}.")
    lines.append(closing_tactic(briefly=briefly))
    lines.append(f"Ltac one_moves := unfold moves; cbn [{fields} still {withs}]; each_part; given_or_still.")
    return "\n".join(lines)


def closing_tactic(*, briefly: bool) -> str:
    """The tactic that closes a comparison."""
    again = "close" if briefly else "first [close | values; close_written_out]"
    return f"Ltac settled := velocities; {again}."


def sums_of_velocities(text: CellText) -> str:
    """Velocities add up: a joint motion is the sum of motions in which one symbol moves."""
    p, V, W, together = text.point, text.velocity, text.second, text.together
    fields = " ".join(item.name for item in text.fields)
    withs = " ".join(f"with_{item.name}" for item in text.fields)
    lines = []
    for name, velocity, size, _ in text.moving:
        d = text.tangent[name]
        sort = sort_of_size(size)
        total = f"{d} {p} {V} + {d} {p} {W}" if sort is Sort.NUMBER else f"({d} {p} {V} + {d} {p} {W}){SCOPES[sort]}"
        tactic = "added_matrix" if sort is Sort.MATRIX else "added"
        known = ", ".join(f"?add_{used.words[0]}" for used in velocity.names() if used.words[0].startswith("d_"))
        rewritten = f" rewrite {known}." if known else ""
        lines.append(f"Lemma add_{d} {p} {V} {W} : {d} {p} ({together} {V} {W}) = {total}.")
        lines.append(f"Proof. unfold {d}.{rewritten} unfold {together}; cbn [{fields}]. {tactic}. Qed.")
    for item in text.fields[:-1]:
        zero = spelled(ZEROS[item.sort])
        one, rest = f"(with_{item.name} still ({item.name} {V}))", f"(with_{item.name} {V} {zero})"
        lines.append(f"Lemma peel_{item.name} {V} : {V} = {together} {one} {rest}.")
        lines.append(
            f"Proof. destruct {V}; cbv [{together} {fields} still {withs}]; autorewrite with still; reflexivity. Qed."
        )
    lines.append(f"Ltac parted := unfold vadd; cbv [{fields} still {withs}]; reflexivity.")
    if text.matrices:
        lines.append(f"Ltac parted_matrix := unfold madd; cbv [{fields} still {withs}]; reflexivity.")
    return "\n".join(lines)
