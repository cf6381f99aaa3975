"""A claimed formula about a step whose outcome is a matrix, as Coq text: read, defined, and with what it must satisfy.

A Jacobian of a matrix is printed as what it does to a change of the variable, and so it is stated: a definition in the
point and the change.  On the stacked columns it is a matrix.  A vector-Jacobian product has a matrix for cotangent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sympy.matrices.expressions import MatrixExpr, ZeroMatrix

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq.cell import CellText, Symbol
from symgate.proof.rocq.terms import COTANGENT, Op, Sort, Term, const, lined, spelled
from symgate.records import Derivation, Kind, add_up

#: The tactics that compare two matrices: what both do to any vector is the same.
ACTION = "apply agree_by; intro {y}; eapply takes_both; [taken_up | velocities; taken_up | intros; settled]"


@dataclass(frozen=True)
class Place:
    """What moves, and what is differentiated: a matrix.

    Attributes:
        item: the symbol that moves.
        after: the name of what is differentiated.
        rows, cols: its sizes.
    """

    item: Symbol
    after: str
    rows: str
    cols: str

    @property
    def length(self) -> str:
        """The number of its entries."""
        return f"({self.cols} * {self.rows})"


def is_about(text: CellText, derivation: Derivation) -> bool:
    """Whether what is differentiated is a matrix of the cell."""
    term = text.reader.symbols.get(derivation.of)
    return text.matrices and term is not None and term.op is Op.NAME and term.sort is Sort.MATRIX


def place_of(text: CellText, derivation: Derivation) -> Place:
    """The symbol that moves, and the matrix that is differentiated.

    Raises:
        UnsupportedNodeError: it is differentiated by a name of the cell.
    """
    item = next((item for item in text.fields if item.symbol == derivation.wrt), None)
    if item is None:
        raise UnsupportedNodeError(
            f"Certificates differentiate by a state before the step, an input or a parameter; {derivation.wrt} is a "
            f"name of the cell {text.cell.name}."
        )
    rows, cols = map(text.reader.size, derivation.of.shape)
    return Place(item, text.reader.symbols[derivation.of].words[0], rows, cols)


def read(text: CellText, derivation: Derivation) -> Term:
    """The right side as a term; a named term of the derivation is a summand."""
    item = place_of(text, derivation).item
    kept = [term for _, term in derivation.named_terms if not _is_zero(term)]
    expr = add_up(kept or [derivation.named_terms[0][1]])
    match derivation.kind:
        case Kind.VJP:
            known = {derivation.cotangent: const(COTANGENT, Sort.MATRIX)}
            return replace(text.reader, symbols={**text.reader.symbols, **known}).of_sort(item.sort, expr)
        case Kind.JVP:
            known = {derivation.cotangent: const(text.velocity, item.sort)}
            return replace(text.reader, symbols={**text.reader.symbols, **known}).matrix(expr)
        case _:
            if item.sort is Sort.NUMBER and derivation.kind is not Kind.INFLUENCE:
                raise UnsupportedNodeError(
                    f"On the stacked columns certificates state a Jacobian by a matrix or a vector; {item.name} is a "
                    "number. They state it as what it does to a change."
                )
            return text.reader.matrix(expr)


def _is_zero(term: object) -> bool:
    return isinstance(term, ZeroMatrix) or (not isinstance(term, MatrixExpr) and term == 0)


def definition(text: CellText, derivation: Derivation, name: str) -> str:
    """The claimed formula, one summand a line."""
    term, item = read(text, derivation), place_of(text, derivation).item
    known = {Kind.VJP: f" ({COTANGENT} : mat)", Kind.JVP: f" ({text.velocity} : {item.sort.value})"}
    bound = known.get(derivation.kind, "")
    return (
        f"Definition {name} ({text.point} : point){bound} : {term.sort.value} :=\n  {lined(spelled(term, text.point))}."
    )


def identity(text: CellText, derivation: Derivation, name: str) -> tuple[str, str]:
    """What the formula ``name`` must satisfy, with its bound variables in front, and the tactics that prove it."""
    place = place_of(text, derivation)
    item, rows, cols = place.item, place.rows, place.cols
    p, V, lam = text.point, text.velocity, COTANGENT
    velocity = f"({text.tangent[place.after]} {p} (with_{item.name} still {V}))"
    allowed, compared = text.if_allowed(p), ACTION.format(y=text.applied)
    match derivation.kind:
        case Kind.JVP:
            body = f"agree {rows} {cols} ({name} {p} {V}) {velocity}"
            return f"{p} {V} : {allowed}{body}", f"intros; unfold {name}; {compared}"
        case Kind.VJP:
            head, script = _pulls(item, name)
            sizes = "".join(f" {size}" for size in item.sizes)
            formula = f"({name} {p} {lam} * {V})" if item.sort is Sort.NUMBER else f"({name} {p} {lam}) {V}"
            body = f"{head} {rows} {cols} {lam}{sizes} {formula} {velocity}"
            return f"{p} {lam} {V} : {allowed}{body}", f"intros; eapply {head}_eq; [{script} | {compared}]"
        case _:
            head, tactic = ("acts", "acted") if item.sort is Sort.MATRIX else ("raises", "raised")
            tactic += "_on_parts" if derivation.kind is Kind.INFLUENCE or len(text.cell.states) > 1 else ""
            sizes, change = (" ".join(item.sizes), V) if item.sizes else ("1", f"(fun _ => {V})")
            body = f"{head} {rows} {cols} {sizes} ({name} {p}) {change} {velocity}"
            return f"{p} {V} : {allowed}{body}", f"intros; eapply {head}_eq; [unfold {name}; {tactic} | {compared}]"


def _pulls(item: Symbol, name: str) -> tuple[str, str]:
    """The pairing of a formula in the cotangent with the velocity of that symbol, and the tactics that turn it."""
    if item.sort is Sort.NUMBER:
        return "mpulls0", f"unfold {name}; eapply mpulls0_mul_l; pulled_up"
    return ("mpulls" if item.sort is Sort.VECTOR else "mpulls2"), f"unfold {name}; pulled_up"
