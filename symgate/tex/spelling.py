"""From a plain name such as ``W_r`` to the parts a formula shows: stem, digits, scripts.

Every name is checked here against the one pattern of ``symgate.names``, so no vocabulary can
emit text that carries markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from symgate.errors import NameRefusedError
from symgate.lettering import Lettering
from symgate.names import LONGEST, PATTERN
from symgate.nonlinearities import nonlinearity, registered_nonlinearities

_FIRST = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu")
_LOWER = (*_FIRST, "xi", "omicron", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega")
_UPPER = {"Gamma": 2, "Delta": 3, "Theta": 7, "Lambda": 10, "Xi": 13, "Pi": 15, "Sigma": 18}
_UPPER |= {"Upsilon": 20, "Phi": 21, "Psi": 23, "Omega": 24}

#: Greek letters that TeX has a command for, with their place in the alphabet.
GREEK = {name: place for place, name in enumerate(_LOWER) if name != "omicron"} | _UPPER
#: Names that Python does not allow, or that are shorter than the letter.
_SHORT = {"lam": "lambda", "Lam": "Lambda"}
#: What the eye sees of a name: its stem and its scripts.
_Look = tuple[str, tuple[str, ...]]
_STEM = re.compile(r"([A-Za-z]+)(\d*)\Z")


@dataclass(frozen=True)
class Spelling:
    """The parts of a name.

    Attributes:
        name: the plain name.
        stem: its letters; a name of ``GREEK`` where ``greek``.
        greek: whether the stem is a Greek letter.
        digits: trailing digits of the stem, shown as a subscript.
        scripts: what follows the underscores.
        whole: show the name in one piece, in a face of its own, because another name looks the same.
        indexed: plain text writes every time index, because several times occur.
        dotted: a derivative in time, a dot above the letter.
        lettering: how the author writes it, where she says so; else None.
        prev_taken: another symbol is called ``name_prev``, so plain text cannot use that for the state before.
    """

    name: str
    stem: str
    greek: bool = False
    digits: str = ""
    scripts: tuple[str, ...] = ()
    whole: bool = False
    prev_taken: bool = False
    indexed: bool = False
    dotted: bool = False
    lettering: Lettering | None = None

    @property
    def long(self) -> bool:
        """Whether the stem is a word and not a letter."""
        if self.lettering is not None:
            return len(self.lettering.stem) > 1 and not self.lettering.greek and not self.lettering.macro
        return self.whole or (len(self.stem) > 1 and not self.greek)


def greek(word: str) -> str | None:
    """The Greek letter that a word names, or None."""
    letter = _SHORT.get(word, word)
    return letter if letter in GREEK else None


def spell(name: object) -> Spelling:
    """The parts of a plain name.

    Raises:
        NameRefusedError: not a plain name; nothing else is ever printed.
    """
    if not isinstance(name, str) or len(name) > LONGEST or not PATTERN.match(name):
        raise NameRefusedError(f"{str(name)[:LONGEST]!r} is not a plain name, so it is not printed.")
    first, *scripts = name.split("_")
    if accented := _accented([first, *scripts]):
        return Spelling(name, first, lettering=accented)
    match = _STEM.match(first)
    stem, digits = match.groups() if match else (first, "")
    dotted = re.fullmatch("[A-Za-z]dot", stem) is not None
    stem = stem[0] if dotted else stem
    letter = greek(stem)
    return Spelling(name, letter or stem, letter is not None, digits, tuple(scripts), dotted=dotted)


#: Parts of a plain name that are set above its letter, as in h_tilde.
_ABOVE = {"tilde", "hat", "bar", "check", "breve", "dot"}


def _accented(parts: list[str]) -> Lettering | None:
    """The lettering of h_tilde, tilde_h or W_h_bar; None without an accent."""
    accents = tuple(part for part in parts if part in _ABOVE)
    stem, *scripts = [part for part in parts if part not in _ABOVE] or [""]
    letter = greek(stem)
    if not accents or not (len(stem) == 1 or letter):
        return None
    down = tuple(_script(part) for part in scripts)
    return Lettering(letter or stem, letter is not None, accents, down=down, dated_above=True)


def _script(part: str) -> tuple[str, str]:
    letter = greek(part)
    return (letter, "greek") if letter else (part, "italic" if len(part) == 1 else "roman")


def spell_all(
    names: Iterable[str],
    functions: Iterable[str] = (),
    *,
    indexed: bool = False,
    written: Mapping[str, Lettering] | None = None,
    timed: Iterable[str] = (),
    times: Iterable[str] = (),
) -> dict[str, Spelling]:
    """The spelling of each name; one that would look like an earlier one, or like a function, is shown whole.

    Args:
        names: plain names.
        functions: the names of functions.
        indexed: whether every time is written.
        written: how the author writes some of them.
        timed: names that bear a time.
        times: the letters of times: a matrix W_t would look like a signal W at t.
    """
    found: dict[str, Spelling] = {}
    seen: dict[_Look, str] = {("I", ()): "the identity"} | {
        _look(spell(name)): f"function {name}" for name in functions
    }
    known = dict.fromkeys(names)
    timed = set(timed)
    for name in timed:
        look = _look(spell(name))
        seen |= {(look[0], (*look[1], time)): f"{name} at {time}" for time in times}
    for name in known:
        own = (written or {}).get(name)
        plain = spell(name)
        spelling = replace(plain, lettering=own or plain.lettering, prev_taken=f"{name}_prev" in known, indexed=indexed)
        if seen.setdefault(_look(spelling), name) != name:
            spelling = Spelling(name, name, whole=True, prev_taken=spelling.prev_taken, indexed=indexed)
        found[name] = spelling
    return found


def _look(spelling: Spelling) -> _Look:
    """What the eye sees of a name, its face aside."""
    if (own := spelling.lettering) is not None:
        scripts = (*own.accents, *(text for text, _ in own.down), *(text for text, _ in own.up))
        return own.macro or own.stem, scripts
    return spelling.stem, tuple(part for part in ("dot" * spelling.dotted, spelling.digits, *spelling.scripts) if part)


def function_word(name: str) -> str:
    r"""The word under which a function is shown: that of the registry (``\operatorname{id}`` is id), else its name."""
    if name not in registered_nonlinearities():
        return spell(name).name
    shown = nonlinearity(name).latex
    match = re.fullmatch(r"\\operatorname\{((?:[A-Za-z0-9]|\\_)+)\}|\\([A-Za-z]+)", shown)
    if not match:
        raise NameRefusedError(f"The TeX of the function {name!r} is not a plain word: {shown!r}.")
    return (match[1] or match[2]).replace(r"\_", "_")
