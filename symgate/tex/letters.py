"""Letters of our own, for times, arrays and numbers, chosen so that none looks like a name of the author's.

An index i beside a gate i, a horizon T beside a matrix T, the parts A_j and B_j beside parameters A and B, the
cotangent v_{t,l} beside an intermediate v_t: ours gives way.  What is free of the author's names keeps its letter, in
every result of a cell alike.
"""

from __future__ import annotations

import sympy
from sympy import Expr

from symgate.language import T
from symgate.language.giving_way import LETTERS
from symgate.language.sequences import LAG as WAIT
from symgate.language.sequences import LAST, ORDER, STEP, I, J, K
from symgate.notation import Notation

#: The lag of the envelope of effective learning rates.
LAG = sympy.Symbol("l", integer=True, positive=True)
#: Our times and scalars, each with the letters that may stand for it, the first by default.
_INDICES: tuple[tuple[Expr, str], ...] = (
    (K, "k q o h"),
    (J, "j p l q r"),
    (I, "i l p q r"),
    (LAG, "l d q r w"),
    (WAIT, "l d q r w"),
    (LAST, "T N S H"),
    (STEP, "s r q p"),
    (ORDER, "m p q r"),
    *LETTERS.items(),
    (sympy.Symbol("L", real=True), "L E Q"),
)
#: How many numbered running indices an expansion may have.
_NESTED = 12
#: Our arrays and numbers by name, each with the letters that may stand for it, the first by default.
_OWN = {
    "J": "J D Q Y",
    "M": "M S Q X",
    "A": "A K Q Y",
    "B": "B R N F",
    "P": "P Q Y X",
    "E": "E R F Y",
    "G": "G D Y X",
    "S": "S Q Y X",
    "Gamma": "Gamma Lambda Xi Upsilon",
    "U": "U V Q Y",
    "ungated": "U V Q Y",
    "H": "H R W D",
    "N": "N S Q R",
    "C": "C K A Q",
    "lam": "lambda mu xi zeta",
    "delta": "delta rho zeta omega",
    "eta": "eta alpha zeta mu",
    "kappa": "kappa chi zeta nu",
    "pi": "pi rho chi zeta",
    "beta": "beta mu theta xi",
    "tau": "tau theta xi upsilon",
    "gamma": "gamma theta xi nu",
    "rho": "rho theta xi nu",
    "theta": "theta xi nu upsilon",
    "varsigma": "varsigma omega xi nu",
    "v": "v w y q",
    "f": "f w y q",
    "envelope": "f w y q",
    "s": "s w y q",
    "schedule": "s w y q",
    "e": "e y w q",
    "r": "r b y w",
    "own": "r b y w",
    "g": "g y w q",
    "d": "d y w q omega",
    "a": "a p y alpha mu",
    "b": "b q w nu omega",
    "c": "c p y omega",
    "leak": "leak",
}
#: What stands where every letter of a list is taken.
_LAST = ["omega", "upsilon", "xi", "nu", "chi", "psi", "zeta", "mu", "rho", "theta"]


def _free(letters: str, taken: set[str], ours: set[str]) -> str:
    """The first letter that neither the author nor we use; failing that, one that the author does not use."""
    every = [*letters.split(), *_LAST]
    free = (letter for letter in every if letter not in taken and letter not in ours)
    return next(free, next((letter for letter in every if letter not in taken), every[0]))


def free_indices(taken: set[str], notation: Notation) -> dict[Expr, str]:
    """The letter of each of our times and scalars that is not the default one."""
    time = notation.time or "t"
    used = taken | {time}
    found: dict[Expr, str] = {T: time} if time != "t" else {}
    for symbol, usual in _INDICES:
        own = symbol.name == "L" and notation.loss != "L"
        letters = f"{notation.loss} {usual}" if own else usual
        same = next((found[other] for other in found if other.name == symbol.name), "")
        letter = same or _free(letters, used - {symbol.name} if symbol is WAIT else used, set())
        used.add(letter)
        if letter != symbol.name:
            found[symbol] = letter
        if symbol in (I, J) and letter != symbol.name:
            for place in range(1, _NESTED + 1):
                found[sympy.Symbol(f"{symbol.name}_{place}", integer=True)] = f"{letter}_{place}"
    return found


def free_letters(taken: set[str], notation: Notation) -> dict[str, str]:
    """The letter of each of our arrays and numbers that is not the default one, by our name."""
    moved = free_indices(taken, notation)
    times = {notation.time or "t", *(moved.get(symbol, str(symbol.name)) for symbol, _ in _INDICES)}
    choices = {
        name: f"{notation.cotangent} {letters}" if name == "lam" and notation.cotangent != "lambda" else letters
        for name, letters in _OWN.items()
    }
    first = {name: letters.split()[0] for name, letters in choices.items()}
    ours = {letter for letter in first.values() if letter not in taken} | times
    found: dict[str, str] = {}
    for name, letters in choices.items():
        letter = first[name]
        if letter in taken:
            same = next((found[other] for other in found if first[other] == first[name]), "")
            letter = same or _free(letters, taken, ours)
            ours.add(letter)
        if letter != ("lambda" if name == "lam" else name):
            found[name] = letter
    return found
