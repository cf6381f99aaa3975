"""Presentation MathML Core, ASCII only: letters of other faces are numeric character references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symgate.lettering import Lettering
from symgate.notation import Place
from symgate.tex.spelling import GREEK, Spelling, function_word, greek
from symgate.tex.words import ATOM, BINARY, POWERED, Piece, Span, Term, Words

_MINUS, _TIMES, _APPLY = "&#x2212;", "<mo>&#x2062;</mo>", "<mo>&#x2061;</mo>"
_HADAMARD, _KRONECKER, _PARTIAL = "<mo>&#x2299;</mo>", "<mo>&#x2297;</mo>", "<mi>&#x2202;</mi>"
_TRANSPOSES = {"top": "<mo>&#x22A4;</mo>", "T": "<mi>&#x1D5B3;</mi>"}
_RUNNING = {"sum": "&#x2211;", "product": "&#x220F;", "hadamard": "&#x2A00;"}
_ORDERED = '<mover><mo largeop="true" movablelimits="false">&#x220F;</mo><mo stretchy="false">&#x2190;</mo></mover>'
_RELATIONS = {"=": "=", "<=": "&#x2264;", "<": "&lt;", "~": "&#x2248;"}
_FENCES = {"norm": "&#x2016;", "abs": "|"}
#: Heights of parentheses around sums and products over time, by depth.
_HEIGHTS = {3: "1.8em", 4: "2.4em"}
_THIN = '<mspace width="0.167em"></mspace>'
#: First upper-case letter, lower-case letter and digit of a face among the mathematical alphanumerics.
_BOLD, _SANS = (0x1D400, 0x1D41A, 0x1D7CE), (0x1D5A0, 0x1D5BA, 0x1D7E2)
#: TeX's phi and epsilon are the symbol forms; their plain and bold code points.
_VARIANTS = {"phi": (0x3D5, 0x1D753), "epsilon": (0x3F5, 0x1D750)}


def row(*parts: str) -> str:
    """Several elements as one."""
    return parts[0] if len(parts) == 1 and parts[0].count("<") == 2 else f"<mrow>{''.join(parts)}</mrow>"


class MathmlWords(Words):
    """Writes elements of Presentation MathML Core."""

    def name(self, spelling: Spelling, kind: str, index: str | None, order: str | None = None) -> Piece:
        base, place = self._face(spelling, kind), self.style.notation.place
        own = spelling.lettering
        scripts = [_script(part) for part in spelling.scripts] if not (spelling.whole or own) else []
        low = [f"<mn>{spelling.digits}</mn>"] if spelling.digits and not own else []
        high: list[str] = []
        if own:
            low, high = ([_part(part) for part in parts] for parts in (own.down, own.up))
            if own.dated_above and index is not None:
                low, high = high, low
        elif index is None:
            low += scripts
        else:
            number = len(scripts) == 1 and spelling.scripts[0].isdigit()
            high = [_bracketed(scripts[0])] if number else scripts
        if index is not None:
            high += [_bracketed(order)] if order else []
            high += [_bracketed(index)] if place is Place.SUPERSCRIPT else []
            low += [index] if place is Place.SUBSCRIPT else []
        down = _listed(low)
        if high and down:
            text = f"<msubsup>{base}{down}{_listed(high)}</msubsup>"
        else:
            text = f"<msub>{base}{down}</msub>" if down else f"<msup>{base}{_listed(high)}</msup>" if high else base
        if index is not None and place is Place.BRACKETS:
            return Piece(row(text, _bracketed(index)), POWERED if high else ATOM)
        return Piece(text, POWERED if high else ATOM, stack=(base, down) if down and not high else None)

    def _face(self, spelling: Spelling, kind: str) -> str:
        heavy = kind != "scalar" and self.style.bold
        if spelling.lettering is not None and not spelling.whole:
            return _written(spelling.lettering, heavy=heavy)
        if spelling.dotted:
            return f"<mover>{self._face(replace(spelling, dotted=False), kind)}<mo>&#x2D9;</mo></mover>"
        if spelling.whole:
            return f"<mi>{_letters(spelling.name, _SANS)}</mi>"
        if spelling.greek:
            return _greek(spelling.stem, heavy=heavy)
        return f"<mi>{_letters(spelling.stem, _BOLD) if heavy else spelling.stem}</mi>"

    def number(self, numerator: int, denominator: int) -> Piece:
        if denominator == 1:
            return Piece(f"<mn>{numerator}</mn>", ATOM)
        return Piece(f"<mfrac><mn>{numerator}</mn><mn>{denominator}</mn></mfrac>", POWERED, tall=True)

    def constant(self, which: str) -> Piece:
        ones, zeros = (f"<mn>{_letters(digit, _BOLD)}</mn>" for digit in "10")
        identity = f"<mi>{_letters('I', _BOLD) if self.style.bold else 'I'}</mi>"
        e = '<mi mathvariant="normal">e</mi>'
        spelled = {"identity": identity, "ones": ones, "zeros": zeros, "pi": "<mi>&#x3C0;</mi>", "e": e}
        return Piece(spelled[which], ATOM)

    def operator(self, which: str, inner: Piece) -> str:
        if which == "vec":
            held = inner.level == ATOM
            return row(f"<mi>{which}</mi>", _APPLY, *((_THIN, inner.text) if held else (self.group(inner),)))
        return row(f"<mi>{'dg' if which == 'diagonal' else which}</mi>", _APPLY, self.group(inner))

    def apply(self, function: str, order: int, inner: Piece) -> str:
        word = function_word(function)
        letter = greek(word)
        head = _greek(letter, heavy=False) if letter else f"<mi>{word}</mi>"
        if order:
            primes = (
                f"<mo>{'&#x2032;' * order}</mo>" if order < 4 else row("<mo>(</mo>", f"<mn>{order}</mn>", "<mo>)</mo>")
            )
            head = f"<msup>{head}{primes}</msup>"
        return row(head, _APPLY, self.group(inner))

    def group(self, inner: Piece) -> str:
        size = _HEIGHTS.get(min(inner.depth, 4))
        fixed = f' minsize="{size}" maxsize="{size}"' if size else ' stretchy="false"'
        attributes = "" if inner.tall else fixed
        return f"<mrow><mo{attributes}>(</mo>{inner.text}<mo{attributes}>)</mo></mrow>"

    def transpose(self, base: Piece) -> str:
        return _raised(base, _TRANSPOSES[self.style.transpose])

    def power(self, base: Piece, exponent: Piece, *, entrywise: bool) -> str:
        if not entrywise:
            return _raised(base, exponent.text)
        return _raised(base, row(_HADAMARD, exponent.text if exponent.level == ATOM else self.group(exponent)))

    def slash(self, numerator: Piece, denominator: Piece) -> str:
        return row(numerator.text, '<mo lspace="0" rspace="0">/</mo>', denominator.text)

    def running(self, which: str, span: Span, body: Piece) -> str:
        sign = _ORDERED if which == "ordered" else f'<mo largeop="true">{_RUNNING[which]}</mo>'
        return row(f"<munderover>{sign}{row(span.index, '<mo>=</mo>', span.lower)}{span.upper}</munderover>", body.text)

    def chain(self, first: Sequence[Piece], last: Piece) -> str:
        return row(self.product([], first), _THIN, "<mo>&#x22EF;</mo>", _THIN, last.text)

    def fence(self, which: str, inner: Piece) -> str:
        marks = [f'<mo form="{form}" stretchy="false">{_FENCES[which]}</mo>' for form in ("prefix", "postfix")]
        return row(marks[0], inner.text, marks[1])

    def cases(self, cases: Sequence[tuple[Piece, str | None]]) -> Piece:
        rows = []
        for value, when in cases:
            shown = row("<mtext>if&#xA0;</mtext>", when) if when else "<mtext>otherwise</mtext>"
            cells = (f'<mtd style="text-align:left">{cell}</mtd>' for cell in (value.text, shown))
            rows.append(f"<mtr>{''.join(cells)}</mtr>")
        return Piece(row("<mo>{</mo>", f"<mtable>{''.join(rows)}</mtable>"), POWERED, tall=True)

    def blocks(self, rows: Sequence[Sequence[Piece]]) -> Piece:
        lines = (f"<mtr>{''.join(f'<mtd>{row(piece.text)}</mtd>' for piece in line)}</mtr>" for line in rows)
        table = f"<mtable>{''.join(lines)}</mtable>"
        return Piece(row("<mo>[</mo>", table, "<mo>]</mo>"), ATOM, tall=True)

    def relation(self, sign: str) -> str:
        return f"<mo>{_RELATIONS[sign]}</mo>"

    def compare(self, left: Piece, sign: str, right: Piece) -> str:
        return row(left.text, self.relation(sign), right.text)

    def indices(self, parts: Sequence[str]) -> str:
        return _listed(list(parts))

    def fraction(self, numerator: Piece, denominator: Piece) -> Piece:
        depth = max(numerator.depth, denominator.depth)
        return Piece(f"<mfrac>{numerator.text}{denominator.text}</mfrac>", POWERED, depth, tall=True)

    def total(self, terms: Sequence[Term]) -> str:
        parts = []
        for place, (negative, piece) in enumerate(terms):
            form = "infix" if place else "prefix"
            if negative or place:
                parts.append(f'<mo form="{form}">{_MINUS if negative else "+"}</mo>')
            parts.append(piece.text)
        return row(*parts)

    def product(self, scalars: Sequence[Piece], factors: Sequence[Piece]) -> str:
        parts: list[str] = []
        for piece in [*scalars, *factors]:
            parts += [_TIMES, _THIN] if parts else []
            parts.append(piece.text)
        return row(*parts)

    def hadamard(self, factors: Sequence[Piece]) -> str:
        return row(_HADAMARD.join(piece.text for piece in factors))

    def kronecker(self, factors: Sequence[Piece]) -> Piece:
        text = row(_KRONECKER.join(piece.text for piece in factors))
        return Piece(text, BINARY, max(piece.depth for piece in factors), any(piece.tall for piece in factors))

    def derivative(self, of: Piece, wrt: Piece, *, immediate: bool) -> Piece:
        partial = f"<msup>{_PARTIAL}<mo>+</mo></msup>" if immediate else _PARTIAL
        text = f"<mfrac>{row(partial, _THIN, of.text)}{row(_PARTIAL, _THIN, wrt.text)}</mfrac>"
        return Piece(text, POWERED, tall=True)


def _letters(word: str, face: tuple[int, int, int]) -> str:
    """A word in another face."""
    upper, lower, digit = face
    shown = []
    for letter in word:
        first, start = ("A", upper) if letter.isupper() else ("a", lower) if letter.islower() else ("0", digit)
        shown.append(letter if letter == "_" else f"&#x{start + ord(letter) - ord(first):X};")
    return "".join(shown)


def _greek(name: str, *, heavy: bool) -> str:
    """A Greek letter; capitals upright as in TeX, small ones italic."""
    if name in _VARIANTS:
        return f"<mi>&#x{_VARIANTS[name][heavy]:X};</mi>"
    capital = name[0].isupper()
    start = (0x1D6A8 if heavy else 0x391) if capital else (0x1D736 if heavy else 0x3B1)
    upright = ' mathvariant="normal"' if capital and not heavy else ""
    return f"<mi{upright}>&#x{start + GREEK[name]:X};</mi>"


def _script(part: str) -> str:
    letter = greek(part)
    if letter:
        return _greek(letter, heavy=False)
    return f"<mn>{part}</mn>" if part.isdigit() else f"<mi>{part}</mi>"


def _part(part: tuple[str, str]) -> str:
    """A script that the author wrote."""
    text, face = part
    if face == "prime":
        return "<mo>&#x2032;</mo>"
    if face == "roman" and not text.isdigit():
        return f'<mi mathvariant="normal">{text}</mi>'
    if face == "italic" and text.isalpha():
        return row(*(f"<mi>{letter}</mi>" for letter in text))
    return f"<mi>{_letters(text, _BOLD)}</mi>" if face == "bold" else _script(text)


#: Signs above a letter.
_ABOVE = {
    "tilde": "~",
    "hat": "^",
    "bar": "&#xAF;",
    "dot": "&#x2D9;",
    "ddot": "&#xA8;",
    "vec": "&#x2192;",
    "check": "&#x2C7;",
}
_ABOVE |= {"breve": "&#x2D8;", "acute": "&#xB4;", "grave": "`", "mathring": "&#x2DA;", "widetilde": "~", "widehat": "^"}
_ABOVE |= {"overline": "&#xAF;"}


def _written(own: Lettering, *, heavy: bool) -> str:
    """A letter as the author writes it; a command of hers by its name."""
    heavy = (heavy and not own.face) or own.face == "bold"
    if own.greek:
        name = own.stem.removeprefix("var") if own.stem not in GREEK else own.stem
        text = _greek(name, heavy=heavy) if name in GREEK else "<mi>&#x2113;</mi>"
    elif own.face == "sans":
        text = f"<mi>{_letters(own.stem, _SANS)}</mi>"
    else:
        text = f"<mi>{_letters(own.stem, _BOLD) if heavy else own.stem}</mi>"
    for accent in reversed(own.accents):
        text = f"<mover>{text}<mo>{_ABOVE[accent]}</mo></mover>"
    return text


def _bracketed(text: str) -> str:
    return row("<mo>(</mo>", text, "<mo>)</mo>")


def _listed(parts: list[str]) -> str:
    """Scripts with commas between them, as one element; "" for none."""
    return row('<mo separator="true">,</mo>'.join(parts)) if len(parts) > 1 else "".join(parts)


def _raised(base: Piece, script: str) -> str:
    """``base`` with a superscript, above its subscript where it has one."""
    if base.stack:
        return f"<msubsup>{base.stack[0]}{base.stack[1]}{script}</msubsup>"
    return f"<msup>{base.text}{script}</msup>"
