r"""How an author writes a name, such as ``\tilde{h}`` or ``W_{hh}``, taken apart into what every markup can show.

What comes in is a short piece of LaTeX; it is read by one pattern and never passed on unread, so it carries no markup
of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from symgate.errors import NameRefusedError

ACCENTS: tuple[str, ...] = (
    "tilde",
    "hat",
    "bar",
    "dot",
    "ddot",
    "vec",
    "check",
    "breve",
    "acute",
    "grave",
    "mathring",
    "widetilde",
)
ACCENTS += ("widehat", "overline")
FONTS = {"mathbf": "bold", "boldsymbol": "bold", "bm": "bold", "mathrm": "roman", "mathit": "italic", "mathsf": "sans"}
FONTS |= {"mathcal": "script", "text": "roman", "textrm": "roman", "mathbb": "double", "operatorname": "roman"}
_SMALL = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi"
_SMALL += " pi rho sigma tau upsilon phi chi psi omega"
_VARIANTS = "varepsilon vartheta varphi varrho varsigma varpi ell"
_CAPITALS = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
GREEK = frozenset(f"{_SMALL} {_VARIANTS} {_CAPITALS}".split())
#: The longest name.
LONGEST = 80
_TOKEN = re.compile(r"\\([A-Za-z]+)|([A-Za-z0-9]+)|([_^{}',])|(\s+)|(\\[,;!])")


@dataclass(frozen=True)
class Lettering:
    """A name as it is written.

    Attributes:
        stem: its letters, or a Greek letter by its name.
        greek: whether it is one.
        accents: what stands above it, the outermost first.
        face: "bold", "roman", "italic", "sans", "script", "double"; "" where the style chooses.
        macro: the author's own command in the place of the stem, without its backslash.
        down, up: its own subscripts and superscripts, each (text, face); text may be a Greek letter by its name with
            the face "greek".
        dated_above: whether its scripts stand above where a time stands below, as those of plain names do.
    """

    stem: str
    greek: bool = False
    accents: tuple[str, ...] = ()
    face: str = ""
    macro: str = ""
    down: tuple[tuple[str, str], ...] = ()
    up: tuple[tuple[str, str], ...] = ()
    dated_above: bool = False


def lettering(latex: str, macros: Mapping[str, str] | None = None) -> Lettering:
    r"""Read how an author writes a name.

    Args:
        latex: such as ``\tilde{h}``, ``\mathbf{W}_{hh}``, ``\theta^{\mathrm{old}}``.
        macros: commands of the author with what they stand for, such as "bh" with ``\mathbf{h}``.

    Raises:
        NameRefusedError: anything else.
    """
    if not latex or type(latex) is not str or len(latex) > LONGEST:
        raise NameRefusedError(f"The LaTeX of a name is a short text such as r'\\tilde{{h}}'; found {latex!r:.60}.")
    tokens: list[tuple[str, str]] = []
    place = 0
    while place < len(latex):
        match = _TOKEN.match(latex, place)
        if match is None:
            raise _refused(latex, latex[place])
        place = match.end()
        if match[1] or match[2] or match[3]:
            tokens.append(
                ("command", match[1]) if match[1] else ("letters", match[2]) if match[2] else ("sign", match[3])
            )
    reader = _Reader(latex, tokens, macros or {})
    found = reader.name()
    if reader.tokens:
        raise _refused(latex, reader.tokens[0][1])
    return found


def _refused(latex: str, at: str) -> NameRefusedError:
    return NameRefusedError(
        f"{latex!r} is not read as a name (at {at!r}). A name is a letter, a word in a font or a Greek letter, with "
        r"accents, subscripts and superscripts, such as r'\tilde{h}' or r'W_{hh}'; your own commands are read if "
        "the notation defines them."
    )


class _Reader:
    def __init__(self, latex: str, tokens: list[tuple[str, str]], macros: Mapping[str, str]) -> None:
        self.latex, self.tokens, self.macros = latex, tokens, macros

    def take(self, text: str | None = None) -> tuple[str, str]:
        if not self.tokens or (text is not None and self.tokens[0][1] != text):
            raise _refused(self.latex, self.tokens[0][1] if self.tokens else "the end")
        return self.tokens.pop(0)

    def sees(self, *signs: str) -> bool:
        return bool(self.tokens) and self.tokens[0][0] == "sign" and self.tokens[0][1] in signs

    def name(self) -> Lettering:
        core = self.core()
        down, up = core.down, core.up
        while self.sees("_", "^", "'"):
            _, sign = self.take()
            if sign == "'":
                up += (("prime", "prime"),)
            elif sign == "_":
                down += self.script()
            else:
                up += self.script()
        return Lettering(core.stem, core.greek, core.accents, core.face, core.macro, down, up)

    def core(self) -> Lettering:
        """A letter with its accents and its font."""
        if self.sees("{"):
            self.take()
            found = self.name()
            self.take("}")
            return found
        kind, text = self.take()
        if kind == "letters":
            if len(text) > 1:
                self.tokens.insert(0, ("letters", text[1:]))
                if not text[1:].isdigit():
                    raise _refused(self.latex, text[1:])
                self.tokens.pop(0)
                return Lettering(text[0], down=((text[1:], "roman"),))
            return Lettering(text)
        if kind == "sign":
            raise _refused(self.latex, text)
        if text in ACCENTS:
            inner = self.core()
            return replace(inner, accents=(text, *inner.accents))
        if text in FONTS:
            word, greek = self.word()
            return Lettering(word, greek, face=FONTS[text])
        if text in GREEK:
            return Lettering(text, greek=True)
        if text in self.macros:
            return replace(lettering(self.macros[text]), macro=text)
        raise _refused(self.latex, f"\\{text}")

    def word(self) -> tuple[str, bool]:
        """What a font applies to."""
        braced = self.sees("{")
        if braced:
            self.take()
        kind, text = self.take()
        if kind == "sign" or (kind == "command" and text not in GREEK):
            raise _refused(self.latex, text)
        if braced:
            self.take("}")
        return text, kind == "command"

    def script(self) -> tuple[tuple[str, str], ...]:
        """A subscript or superscript: letters, Greek, words in a font, with commas between them."""
        if not self.sees("{"):
            return (self.part(),)
        self.take()
        found = []
        while not self.sees("}"):
            if self.sees(","):
                self.take()
                continue
            found.append(self.part())
        self.take("}")
        return tuple(found)

    def part(self) -> tuple[str, str]:
        kind, text = self.take()
        if kind == "letters":
            return text, "roman" if text.isdigit() else "italic"
        if kind == "command" and text in GREEK:
            return text, "greek"
        if kind == "command" and text in FONTS:
            word, greek = self.word()
            return word, "greek" if greek else FONTS[text]
        raise _refused(self.latex, text)
