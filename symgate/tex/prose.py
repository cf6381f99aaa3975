"""Running text in LaTeX: escaped, ASCII only, so that nothing a user wrote acts as markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from symgate.tex.spelling import greek

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
} | {sign: f"\\{sign}" for sign in "$&#_%"}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}
_LETTERS = {
    "\u00df": r"{\ss}",
    "\u00f8": r"{\o}",
    "\u00d8": r"{\O}",
    "\u00e6": r"{\ae}",
    "\u00c6": r"{\AE}",
    "\u0142": r"{\l}",
    "\u0141": r"{\L}",
    "\u0131": r"{\i}",
    "\u2013": "--",
    "\u2014": "---",
    "\u2018": "`",
    "\u2019": "'",
    "\u201c": "``",
    "\u201d": "''",
    "\u00a0": "~",
}


def escape(words: str) -> str:
    """Free text for a LaTeX document; a letter that LaTeX has no plain way to write becomes ``[U+....]``."""
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", words))


def _letter(letter: str) -> str:
    if letter in _ESCAPES or letter in _LETTERS:
        return _ESCAPES.get(letter) or _LETTERS[letter]
    if letter.isascii():
        return letter if letter.isprintable() else " "
    parts = unicodedata.normalize("NFD", letter)
    base, mark = parts[0], parts[1:]
    if base.isascii() and base.isalpha() and mark in _ACCENTS:
        return f"{{\\{_ACCENTS[mark]}{{{chr(92) + base + ' ' if base in 'ij' else base}}}}}"
    return f"[U+{ord(letter):04X}]"


#: Formulas in a claim: a letter or word with an index or a power, and a few signs and phrases.
_SCRIPTED = r"[A-Za-z]+[_^](?:\((?:[^()]|\([^()]*\))*\)|\d+|[A-Za-z])(?![A-Za-z0-9_^])"
_FORMULA = re.compile(rf"\b{_SCRIPTED}|\bt - k\b|\beps\b|[<>]=?")
_SIGNS = {"<=": r"\le", ">=": r"\ge", "<": "<", ">": ">", "t - k": "t-k", "eps": r"\epsilon"}


def sentence(words: str, names: Mapping[str, str] | None = None, plain: Callable[[str], str] | None = None) -> str:
    """Free text in which indices, powers and relations are set as formulas: ``M_(t,k)``, ``eps^2``, ``<=``.

    Args:
        words: the text.
        names: names of a result, each as its formula shows it; a capital letter alone is one of them.
        plain: what is done with the words between the formulas; by default they are escaped for LaTeX.
    """
    names, plain = names or {}, plain or escape
    words = re.sub(r"(?<=\. )order_(?=\d)", "Order ", words).replace("order_", "order ")
    words = words[:1].upper() + words[1:]
    parts, place = [], 0
    for match in _FORMULA.finditer(words):
        parts += [_with_names(words[place : match.start()], names, plain), f"${_formula(match[0], names)}$"]
        place = match.end()
    return "".join([*parts, _with_names(words[place:], names, plain)])


def _with_names(words: str, names: Mapping[str, str], plain: Callable[[str], str]) -> str:
    """Text in which a capital letter that is a name, and arguments such as (a, b), are set as formulas."""
    found, place = [], 0
    for match in re.finditer(
        r"(?<![A-Za-z'])[A-Zb-z](?![A-Za-z'])|(?<=\()[a-z](?=, [a-z]\))|(?<=\([a-z], )[a-z](?=\))", words
    ):
        if match[0] in names:
            found += [plain(words[place : match.start()]), f"${names[match[0]]}$"]
            place = match.end()
    return "".join([*found, plain(words[place:])])


def _formula(words: str, names: Mapping[str, str]) -> str:
    if words in _SIGNS:
        return _SIGNS[words]
    base, sign, script = re.fullmatch(r"([A-Za-z]+)([_^])(.*)", words).groups()  # type: ignore[union-attr]
    letter = greek({"eps": "epsilon"}.get(base, base))
    word = rf"\mathbf{{{base}}}" if base.isupper() else rf"\mathrm{{{base}}}"
    shown = (
        names[base]
        if base in names
        else f"\\{letter}"
        if letter
        else base
        if len(base) == 1 and base.islower()
        else word
    )
    return f"{shown}{sign}{{{script[1:-1] if script.startswith('(') else script}}}"
