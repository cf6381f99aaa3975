r"""LaTeX, ASCII only, for amsmath.

``BREAK`` marks where a line may be broken; ``symgate.tex.layout`` uses the marks or strips them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from symgate.lettering import Lettering
from symgate.notation import Place, Scripts
from symgate.tex.metrics import points
from symgate.tex.spelling import Spelling, function_word, greek
from symgate.tex.style import LETTER, Style
from symgate.tex.words import ATOM, BINARY, POWERED, Piece, Span, Term, Words

BREAK = "\x1f"

#: Macro, its definition with its number of arguments in front, and what is written without macros.
MACROS = {
    r"\diag": (0, r"\operatorname{diag}"),
    r"\vecop": (0, r"\operatorname{vec}"),
    r"\vect": (1, r"\mathbf{#1}"),
    r"\mat": (1, r"\mathbf{#1}"),
    r"\had": (0, r"\odot"),
    r"\kron": (0, r"\otimes"),
    r"\transp": (0, r"{\top}"),
    r"\eye": (0, r"\mathbf{I}"),
    r"\ones": (0, r"\mathbf{1}"),
}
#: Signs of sums and products over time, of operators, of relations; fences.
_RUNNING = {"sum": r"\sum", "product": r"\prod", "hadamard": r"\bigodot", "ordered": r"\overleftarrow{\prod}"}
_OPERATORS = {"max": r"\max", "min": r"\min", "diagonal": r"\operatorname{dg}"}
_RELATIONS = {"=": "=", "<=": r"\le", "<": "<", "~": r"\approx"}
_FENCES = {"norm": r"Vert", "abs": "vert"}
_TRANSPOSES = {"top": r"\top", "T": r"\mathsf{T}"}
_FONTS = {"bold": "mathbf", "roman": "mathrm", "italic": "mathit", "sans": "mathsf", "script": "mathcal"}
_FONTS |= {"double": "mathbb"}
#: A quotient wider than this share of a row is written as 1 over its denominator beside the factors of its numerator.
_QUOTIENT = 0.7
_SIZES = ("", "", r"\big", r"\Big", r"\bigg")


def macro_definitions(style: Style) -> str:
    r"""The ``\newcommand`` lines that formulas in a style with macros rely on; "" for a style without."""
    if not style.macros:
        return ""
    bodies = {macro: body for macro, (_, body) in MACROS.items()} | {r"\transp": _TRANSPOSES[style.transpose]}
    if not style.bold:
        bodies |= {macro: bodies[macro].replace(r"\mathbf", "") for macro in (r"\vect", r"\mat", r"\eye")}
    counts = {macro: f"[{count}]" if count else "" for macro, (count, _) in MACROS.items()}
    lines = [rf"\newcommand{{{macro}}}{counts[macro]}{{{body}}}" for macro, body in bodies.items()]
    return "\n".join(lines) + "\n"


class LatexWords(Words):
    r"""Writes LaTeX: ``\operatorname{diag}(\mathbf{1}-\mathbf{g}_{t})``."""

    def _macro(self, macro: str) -> str:
        return macro if self.style.macros else MACROS[macro][1]

    def name(self, spelling: Spelling, kind: str, index: str | None, order: str | None = None) -> Piece:
        base = self._face(spelling, kind)
        place = self.style.notation.place
        own = spelling.lettering
        scripts = [self._script(part) for part in spelling.scripts] if not (spelling.whole or own) else []
        low = [spelling.digits] if spelling.digits and not own else []
        high: list[str] = []
        if own:
            low, high = ([_part(part) for part in parts] for parts in (() if own.macro else own.down, own.up))
            if own.dated_above and index is not None:
                low, high = high, low
        elif index is None:
            low += scripts
        else:
            high = [f"({scripts[0]})"] if len(scripts) == 1 and scripts[0].isdigit() else scripts
        if index is not None:
            high += [f"({order})"] if order else []
            high += [f"({index})"] if place is Place.SUPERSCRIPT else []
            low += [index] if place is Place.SUBSCRIPT else []
        text = base + (f"^{{{','.join(high)}}}" if high else "") + (f"_{{{','.join(low)}}}" if low else "")
        text += f"({index})" if index is not None and place is Place.BRACKETS else ""
        return Piece(text, POWERED if high else ATOM, long=spelling.long)

    def _script(self, part: str) -> str:
        """A script: a Greek letter, a single letter or digits as they are, words as the author sets them."""
        letter = greek(part)
        if letter:
            return rf"\{letter}"
        upright = self.style.notation.scripts is Scripts.UPRIGHT and len(part) > 1 and not part.isdigit()
        return rf"\mathrm{{{part}}}" if upright else part

    def _written(self, own: Lettering, kind: str) -> str:
        """A letter as the author writes it; vectors and matrices in bold where she leaves the face to the style."""
        heavy = kind != "scalar" and self.style.bold and not own.face
        if own.macro:
            return rf"\{own.macro}"
        if own.greek:
            bold = heavy or own.face == "bold"
            text = rf"\boldsymbol{{\{own.stem}}}" if bold else rf"\{own.stem}"
        elif own.face:
            text = rf"\{_FONTS[own.face]}{{{own.stem}}}"
        else:
            text = rf"\mathbf{{{own.stem}}}" if heavy else own.stem
        for accent in reversed(own.accents):
            text = rf"\{accent}{{{text}}}"
        return text

    def _face(self, spelling: Spelling, kind: str) -> str:
        if spelling.lettering is not None and not spelling.whole:
            return self._written(spelling.lettering, kind)
        if spelling.whole:
            return rf"\mathsf{{{spelling.name.replace('_', chr(92) + '_')}}}"
        heavy = kind != "scalar" and self.style.bold
        if spelling.dotted:
            return rf"\dot{{{self._face(replace(spelling, dotted=False), kind)}}}"
        if spelling.greek:
            return rf"\boldsymbol{{\{spelling.stem}}}" if heavy else rf"\{spelling.stem}"
        if self.style.macros and kind != "scalar" and (heavy or not spelling.long):
            return rf"{chr(92)}{'vect' if kind == 'vector' else 'mat'}{{{spelling.stem}}}"
        if heavy:
            return rf"\mathbf{{{spelling.stem}}}"
        return rf"\mathrm{{{spelling.stem}}}" if spelling.long else spelling.stem

    def number(self, numerator: int, denominator: int) -> Piece:
        if denominator == 1:
            return Piece(str(numerator), ATOM)
        return Piece(rf"\frac{{{numerator}}}{{{denominator}}}", POWERED, tall=True)

    def constant(self, which: str) -> Piece:
        plain_identity = "I" if not self.style.bold else r"\mathbf{I}"
        identity = r"\eye" if self.style.macros else plain_identity
        ones = self._macro(r"\ones")
        spelled = {"identity": identity, "ones": ones, "zeros": r"\mathbf{0}", "pi": r"\pi", "e": r"\mathrm{e}"}
        return Piece(spelled[which], ATOM)

    def operator(self, which: str, inner: Piece) -> str:
        if which == "vec":
            head = self._macro(r"\vecop")
            return head + (f"{' ' * self.style.macros}{inner.text}" if inner.level == ATOM else self.group(inner))
        return (self._macro(r"\diag") if which == "diag" else _OPERATORS[which]) + self.group(inner)

    def apply(self, function: str, order: int, inner: Piece) -> str:
        word = function_word(function)
        letter = greek(word)
        if letter or word in ("tanh", "sin", "cos", "exp", "log"):
            head = rf"\{letter or word}"
        else:
            head = word if len(word) == 1 else rf"\operatorname{{{word.replace('_', chr(92) + '_')}}}"
        primes = "'" * order if order < 4 else f"^{{({order})}}"
        return head + primes + self.group(inner)

    def group(self, inner: Piece) -> str:
        if inner.tall:
            return rf"\left({inner.text}\right)"
        size = _SIZES[min(inner.depth, len(_SIZES) - 1)]
        return f"{size}l({inner.text}{size}r)" if size else f"({inner.text})"

    def transpose(self, base: Piece) -> str:
        mark = r"\transp" if self.style.macros else _TRANSPOSES[self.style.transpose]
        return f"{base.text}^{{{mark}}}"

    def power(self, base: Piece, exponent: Piece, *, entrywise: bool) -> str:
        if not entrywise:
            return f"{base.text}^{{{exponent.text}}}"
        script = exponent.text if exponent.level == ATOM else f"({exponent.text})"
        return f"{base.text}^{{{self._macro(chr(92) + 'had')} {script}}}"

    def fraction(self, numerator: Piece, denominator: Piece) -> Piece:
        text = rf"\frac{{{numerator.text}}}{{{denominator.text}}}".replace(BREAK, "")
        return Piece(text, POWERED, max(numerator.depth, denominator.depth), tall=True)

    def fits_a_row(self, piece: Piece) -> bool:
        return points(piece.text) <= _QUOTIENT * self.style.width * LETTER

    def total(self, terms: Sequence[Term]) -> str:
        parts = []
        for place, (negative, piece) in enumerate(terms):
            sign = "-" if negative else "+" if place else ""
            parts.append((BREAK if place else "") + sign + piece.text)
        return "".join(parts)

    def index(self, terms: Sequence[Term]) -> str:
        return self.total(terms).replace(BREAK, "")

    def product(self, scalars: Sequence[Piece], factors: Sequence[Piece]) -> str:
        text = ""
        previous: Piece | None = None
        for piece in [*scalars, *factors]:
            if previous is not None:
                ends_in_command = re.search(r"\\[A-Za-z]+\Z", text) and piece.text[0].isalpha()
                text += BREAK + (r"\," if _needs_space(previous, piece) else " " if ends_in_command else "")
            text += piece.text
            previous = piece
        return text

    def hadamard(self, factors: Sequence[Piece]) -> str:
        return f" {BREAK}{self._macro(chr(92) + 'had')} ".join(piece.text for piece in factors)

    def slash(self, numerator: Piece, denominator: Piece) -> str:
        return f"{numerator.text}/{denominator.text}".replace(BREAK, "")

    def running(self, which: str, span: Span, body: Piece) -> str:
        word = " " if body.text[0].isalnum() else ""
        return f"{_RUNNING[which]}_{{{span.index}={span.lower}}}^{{{span.upper}}}{word}{body.text}"

    def chain(self, first: Sequence[Piece], last: Piece) -> str:
        return (
            self.product([], first).replace(BREAK, "") + r"\cdots" + (" " if last.text[0].isalpha() else "") + last.text
        )

    def fence(self, which: str, inner: Piece) -> str:
        size = _SIZES[min(inner.depth, len(_SIZES) - 1)]
        left, right = (
            rf"{size}{side}\{side}{_FENCES[which]}" if size else rf"\{side}{_FENCES[which]}" for side in "lr"
        )
        return f"{left} {inner.text} {right}"

    def cases(self, cases: Sequence[tuple[Piece, str | None]]) -> Piece:
        rows = [value.text + (rf" & \text{{if }} {when}" if when else r" & \text{otherwise}") for value, when in cases]
        body = r" \\ ".join(rows).replace(BREAK, "")
        return Piece(rf"\begin{{cases}} {body} \end{{cases}}", POWERED, tall=True)

    def blocks(self, rows: Sequence[Sequence[Piece]]) -> Piece:
        body = r" \\ ".join(" & ".join(piece.text for piece in row) for row in rows).replace(BREAK, "")
        return Piece(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", ATOM, tall=True)

    def relation(self, sign: str) -> str:
        return _RELATIONS[sign]

    def compare(self, left: Piece, sign: str, right: Piece) -> str:
        return f"{left.text} {_RELATIONS[sign]} {right.text}"

    def indices(self, parts: Sequence[str]) -> str:
        return ",".join(parts)

    def kronecker(self, factors: Sequence[Piece]) -> Piece:
        joined = f" {BREAK}{self._macro(chr(92) + 'kron')} ".join(piece.text for piece in factors)
        return Piece(joined, BINARY, max(piece.depth for piece in factors), any(piece.tall for piece in factors))

    def derivative(self, of: Piece, wrt: Piece, *, immediate: bool) -> Piece:
        top = r"\partial^{+}" if immediate else r"\partial"
        return Piece(rf"\frac{{{top} {of.text}}}{{\partial {wrt.text}}}", POWERED, tall=True)


def _part(part: tuple[str, str]) -> str:
    """A script that the author wrote."""
    text, face = part
    if face in ("greek", "prime"):
        return rf"\{text}"
    return text if face == "italic" or text.isdigit() else rf"\{_FONTS[face]}{{{text}}}"


def _needs_space(left: Piece, right: Piece) -> bool:
    """Words side by side would run together, and so would diag(v) and what it multiplies."""
    closes = left.text.endswith(")") and not left.text.startswith(("(", r"\big", r"\Big", r"\left"))
    opens = right.text.startswith(("(", r"\big", r"\Big", r"\left", r"\operatorname", r"\diag"))
    digits = left.text[-1].isdigit() and right.text.startswith((r"\mathbf{1}", r"\ones"))
    return (
        left.long or right.long or digits or (closes and not opens) or (left.tall and right.text.startswith(r"\frac"))
    )
