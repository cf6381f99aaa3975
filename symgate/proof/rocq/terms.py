"""Expressions as the certificate writes them: scalars, vectors and matrices over a point p, with their Coq text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Sort(Enum):
    """What an expression stands for, under the name of its type in Coq."""

    NUMBER = "R"
    VECTOR = "vec"
    MATRIX = "mat"


class Op(Enum):
    """The operations of the library; the value is the name of the operation there."""

    FIELD = "field"  # a symbol of the cell: the projection of a point
    NAME = "name"  # a named assignment, or the state after the step
    CONST = "const"  # what does not depend on the point: ones, a size, a number
    ADD = "add"
    SUB = "sub"
    OPP = "opp"
    SCALE = "scale"  # number times vector or matrix
    TIMES = "times"  # number times number, vector times vector entry by entry
    INVERSE = "inverse"
    APPLY = "apply"  # a function, to a number or to every entry
    DOT = "dot"
    MV = "mv"
    MM = "mm"
    DIAG = "diag"
    OUTER = "outer"
    TRANSPOSE = "tr"
    ROW = "row"
    KRON = "kron"
    ENTRY = "entry"  # the only entry of a vector of size one
    VECTORISED = "vectorised"  # the columns of a matrix, one below the other; words hold the number of rows
    REPEATED = "repeated"  # every entry of a vector so often as words say
    HADM = "hadm"  # matrix times matrix entry by entry
    OWN = "diagonal_of"
    ABOVE = "above"  # two matrices of one width, the first above the second; words hold the rows of the first
    BESIDE = "beside"
    STACKED = "stacked"  # two vectors, one below the other
    DELTA = "delta"
    POWER = "^"  # words hold the exponent, a natural number; of a vector entry by entry
    ROOT = "Rpower"  # words hold the number of steps of which the base is the power
    IF = "if"  # words hold the condition
    SUM = "Sum"  # over time: words hold the bounds and the index, a product of matrices its size in front
    PRODUCT = "Product"


@dataclass(frozen=True)
class Term:
    """An expression: an operation, its operands, and words such as a name or the sizes that it needs."""

    op: Op
    sort: Sort
    args: tuple[Term, ...] = ()
    words: tuple[str, ...] = ()

    def names(self) -> Iterator[Term]:
        """The fields and names in it, from left to right."""
        if self.op in {Op.FIELD, Op.NAME}:
            yield self
        for arg in self.args:
            yield from arg.names()


#: How tightly each spelling binds: an operand that binds less gets brackets.
_LOOSE, _SUM, _PRODUCT, _SIGN, _POWER, _CALL, _ATOM = 200, 50, 40, 35, 30, 10, 0
#: How a body in a function is told what its signs mean.
SCOPES = {Sort.NUMBER: "%R", Sort.VECTOR: "%V", Sort.MATRIX: "%M"}
#: What joins the steps of a range: a sum, and a product, which for matrices has later factors on the left.
OVER_TIME = {
    (Op.SUM, Sort.NUMBER): "Sum",
    (Op.SUM, Sort.VECTOR): "Vsum",
    (Op.SUM, Sort.MATRIX): "Msum",
    (Op.PRODUCT, Sort.NUMBER): "Prod",
    (Op.PRODUCT, Sort.VECTOR): "Vprod",
    (Op.PRODUCT, Sort.MATRIX): "Product",
}


def spelled(term: Term, point: str = "p") -> str:
    """The Coq text; fields and names are taken at ``point``."""
    return _spell(term, point)[0]


def _spell(term: Term, point: str) -> tuple[str, int]:
    def at(place: int, limit: int) -> str:
        text, level = _spell(term.args[place], point)
        return text if level <= limit else f"({text})"

    match term.op:
        case Op.CONST:
            text = term.words[0]
            return text, _CALL if " " in text else _ATOM
        case Op.FIELD | Op.NAME:
            name, *places = term.words
            return f"{name} {places[0].format(point) if places else point}", _CALL
        case Op.ADD:
            return f"{at(0, _SUM)} + {at(1, _PRODUCT)}", _SUM
        case Op.SUB:
            return f"{at(0, _SUM)} - {at(1, _PRODUCT)}", _SUM
        case Op.OPP:
            return f"- {at(0, _CALL)}", _SIGN
        case Op.TIMES:
            return f"{at(0, _PRODUCT if term.args[0].op is Op.TIMES else _CALL)} * {at(1, _CALL)}", _PRODUCT
        case Op.SCALE:
            return f"{at(0, _CALL)} *: {at(1, _CALL)}", _PRODUCT
        case Op.INVERSE:
            return f"/ {at(0, _CALL)}", _SIGN
        case Op.MV | Op.MM:
            return f"{at(0, _CALL)} *[{term.words[0]}] {at(1, _CALL)}", _PRODUCT
        case Op.APPLY:
            head = {Sort.NUMBER: "", Sort.VECTOR: "vmap ", Sort.MATRIX: "mmap "}[term.sort] + term.words[0]
            scope = "%M" if term.sort is Sort.NUMBER and term.args[0].sort is Sort.MATRIX else ""
            return f"{head} {at(0, _ATOM)}{scope}", _CALL
        case Op.POWER if term.sort is Sort.NUMBER:
            return f"{at(0, _ATOM)} ^ {term.words[0]}", _POWER
        case Op.POWER:
            return f"vpow {at(0, _ATOM)} {term.words[0]}", _CALL
        case Op.ROOT if term.sort is Sort.NUMBER:
            return f"Rpower {at(0, _ATOM)} (/ INR {term.words[0]})", _CALL
        case Op.ROOT:
            return f"vmap (fun z => Rpower z (/ INR {term.words[0]})) {at(0, _ATOM)}", _CALL
        case Op.IF:
            return f"if {term.words[0]} then {at(0, _SUM)} else {at(1, _SUM)}", _LOOSE
        case Op.SUM | Op.PRODUCT:
            head = OVER_TIME[term.op, term.sort]
            *bounds, index = term.words
            if term.sort is Sort.MATRIX and term.op is Op.PRODUCT and term.args[0].words[1:] == (index,):
                return f"{head} {' '.join(bounds)} {term.args[0].words[0]}", _CALL  # the function itself: A for A_j
            text, level = _spell(term.args[0], point)
            scoped = f"({text}){SCOPES[term.sort]}" if level > _CALL else text
            return f"{head} {' '.join(bounds)} (fun {index} => {scoped})", _CALL
        case Op.ENTRY:
            return f"{at(0, _ATOM)} 0%nat", _CALL
        case _:
            words = "".join(f" {word}" for word in term.words)
            return f"{term.op.value}{words} " + " ".join(at(k, _ATOM) for k in range(len(term.args))), _CALL


#: The name of the cotangent in the text.
COTANGENT = "lam"


def lined(formula: str) -> str:
    """A sum with a line for every summand."""
    depth, found = 0, ""
    for place, letter in enumerate(formula):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and formula[place : place + 3] in {" + ", " - "}:
            found += "\n "
        found += letter
    return found


def slope_of(function: str) -> str:
    """The name of the derivative of a function; that of Coq's own Rabs is the library's."""
    return "abs'" if function == "Rabs" else f"{function}'"


def const(text: str, sort: Sort) -> Term:
    """What does not depend on the point."""
    return Term(Op.CONST, sort, words=(text,))


ZEROS = {Sort.NUMBER: const("0", Sort.NUMBER), Sort.VECTOR: const("zeros", Sort.VECTOR)}
ZEROS[Sort.MATRIX] = const("mzero", Sort.MATRIX)
