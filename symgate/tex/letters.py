"""Letters of our own, for times and arrays, chosen so that none looks like a name of the author's.

An index i beside a gate i, a horizon T beside a matrix T, the parts A_j and B_j beside parameters A and B: ours gives
way.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy
from sympy import Expr

from symgate.language import T
from symgate.language.sequences import EPS, ETA, LAST, ORDER, STEP, I, J, K
from symgate.notation import Notation

#: The lag of the envelope of effective learning rates.
LAG = sympy.Symbol("l", integer=True, positive=True)
#: Our times and scalars, each with the letters that may stand for it, the first by default.
_INDICES: tuple[tuple[Expr, str], ...] = (
    (K, "k l q r"),
    (J, "j p l q r"),
    (I, "i l p q r"),
    (LAG, "l d q r"),
    (LAST, "T N S H"),
    (STEP, "s r q p"),
    (ORDER, "m p q r"),
    (EPS, "epsilon varepsilon zeta"),
    (ETA, "eta alpha mu zeta"),
    (sympy.Symbol("L", real=True), "L E Q"),
)
#: How many numbered running indices an expansion may have.
_NESTED = 12
#: Our arrays, each with the letters that may stand for it.
_ARRAYS = {
    "J": "J G D Q",
    "M": "M S Q H",
    "A": "A K G Q",
    "B": "B E R N",
    "P": "P Q C Y",
    "lam": "lambda mu xi zeta",
    "delta": "delta rho zeta omega",
    "eta": "eta alpha zeta mu",
    "kappa": "kappa chi zeta",
    "pi": "pi rho chi zeta",
}


def _free(letters: Iterable[str], taken: set[str]) -> str:
    every = list(letters)
    return next((letter for letter in every if letter not in taken), every[0])


def free_indices(taken: set[str], notation: Notation) -> dict[Expr, str]:
    """The letter of each of our times and scalars that is not the default one."""
    time = notation.time or "t"
    used = taken | {time}
    found: dict[Expr, str] = {T: time} if time != "t" else {}
    for symbol, letters in _INDICES:
        choices = letters.split()
        if symbol.name == "L" and notation.loss != "L":
            choices = [notation.loss, *choices]
        letter = _free(choices, used)
        used.add(letter)
        if letter != symbol.name:
            found[symbol] = letter
        if symbol in (I, J) and letter != symbol.name:
            for place in range(1, _NESTED + 1):
                found[sympy.Symbol(f"{symbol.name}_{place}", integer=True)] = f"{letter}_{place}"
    return found


def free_letters(taken: set[str], notation: Notation) -> dict[str, str]:
    """The letter of each of our arrays that is not the default one."""
    used = set(taken)
    found: dict[str, str] = {}
    for name, letters in _ARRAYS.items():
        default = "lambda" if name == "lam" else name
        choices = letters.split()
        if name == "lam" and notation.cotangent != "lambda":
            choices = [notation.cotangent, *choices]
        letter = _free(choices, used)
        used.add(letter)
        if letter != default:
            found[name] = letter
    return found
