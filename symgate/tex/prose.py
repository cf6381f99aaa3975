"""Running text in LaTeX: escaped, ASCII only, so that nothing a user wrote acts as markup."""

from __future__ import annotations

import unicodedata

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
