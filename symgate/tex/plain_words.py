"""Plain text spelled as in Python: ``diag(1 - g) + diag(g*dphi(a)) @ W_r``; x_prev is x_{t-1}."""

from __future__ import annotations

from collections.abc import Sequence

from symgate.tex.spelling import Spelling
from symgate.tex.words import ATOM, PRODUCT, SCALED, SUM, Piece, Span, Term, Words


class PlainWords(Words):
    """Writes one line of text: ``*`` is the product entry by entry or with a scalar, ``@`` the matrix product."""

    ones_are_numbers = True
    notation = None  # what is written is read back by its plain names
    fractions_group = False
    running_calls = True

    def name(self, spelling: Spelling, kind: str, index: str | None, order: str | None = None) -> Piece:
        if index is None or (index == "t" and not spelling.indexed):
            return Piece(spelling.name, ATOM)
        if spelling.indexed:
            return Piece(f"{spelling.name}[{index}{f', {order}' if order else ''}]", ATOM)
        previous = index == "t-1" and not spelling.prev_taken
        return Piece(f"{spelling.name}_prev" if previous else f"{spelling.name}[{index}]", ATOM)

    def number(self, numerator: int, denominator: int) -> Piece:
        if denominator == 1:
            return Piece(str(numerator), ATOM)
        return Piece(f"{numerator}/{denominator}", SCALED)

    def constant(self, which: str) -> Piece:
        return Piece({"identity": "eye", "ones": "ones", "zeros": "0", "pi": "pi", "e": "e"}[which], ATOM)

    def operator(self, which: str, inner: Piece) -> str:
        return f"{which}({inner.text})"

    def apply(self, function: str, order: int, inner: Piece) -> str:
        return f"{'d' if order else ''}{order if order > 1 else ''}{function}({inner.text})"

    def group(self, inner: Piece) -> str:
        return f"({inner.text})"

    def transpose(self, base: Piece) -> str:
        return f"{base.text}.T"

    def power(self, base: Piece, exponent: Piece, *, entrywise: bool) -> str:
        return f"{base.text}**{exponent.text if exponent.level == ATOM else f'({exponent.text})'}"

    def slash(self, numerator: Piece, denominator: Piece) -> str:
        return f"{numerator.text}/{denominator.text}"

    def running(self, which: str, span: Span, body: Piece) -> str:
        if which == "ordered":
            return f"matprod({body.text} for {span.index} in range({span.upper}, {span.before}, -1))"
        call = "sum" if which == "sum" else "prod"
        return f"{call}({body.text} for {span.index} in range({span.lower}, {span.after}))"

    def chain(self, first: Sequence[Piece], last: Piece) -> str:
        return " @ ".join([*(piece.text for piece in first), "...", last.text])

    def fence(self, which: str, inner: Piece) -> str:
        return f"{which}({inner.text})"

    def cases(self, cases: Sequence[tuple[Piece, str | None]]) -> Piece:
        return Piece(" else ".join(value.text + (f" if {when}" if when else "") for value, when in cases), SUM)

    def blocks(self, rows: Sequence[Sequence[Piece]]) -> Piece:
        inside = ", ".join(f"[{', '.join(piece.text for piece in row)}]" for row in rows)
        return Piece(f"block([{inside}])", ATOM)

    def relation(self, sign: str) -> str:
        return sign

    def compare(self, left: Piece, sign: str, right: Piece) -> str:
        return f"{left.text} {'==' if sign == '=' else sign} {right.text}"

    def indices(self, parts: Sequence[str]) -> str:
        return ", ".join(parts)

    def fraction(self, numerator: Piece, denominator: Piece) -> Piece:
        return Piece(f"{numerator.text}/{denominator.text}", SCALED)

    def total(self, terms: Sequence[Term]) -> str:
        head = ("-" if terms[0][0] else "") + terms[0][1].text
        return head + "".join(f" {'-' if negative else '+'} {piece.text}" for negative, piece in terms[1:])

    def index(self, terms: Sequence[Term]) -> str:
        return self.total(terms).replace(" ", "")

    def product(self, scalars: Sequence[Piece], factors: Sequence[Piece]) -> str:
        matrices = " @ ".join(piece.text for piece in factors)
        return "*".join([*(piece.text for piece in scalars), *([matrices] if matrices else [])])

    def hadamard(self, factors: Sequence[Piece]) -> str:
        return "*".join(piece.text for piece in factors)

    def kronecker(self, factors: Sequence[Piece]) -> Piece:
        inside = ", ".join(piece.text for piece in factors)
        return Piece(f"kron({inside})", ATOM)

    def derivative(self, of: Piece, wrt: Piece, *, immediate: bool) -> Piece:
        return Piece(f"d{'+' if immediate else ''}{of.text}/d{wrt.text}", PRODUCT)
