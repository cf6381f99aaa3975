"""What a recurrence names: every name with its times, its sides and the brackets behind it; its letter of time.

In: equations.  Out: an ``Entry`` for each name, and which of them are functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import SPELLED_FUNCTIONS
from symgate.claims.recurrence.equations import Equation
from symgate.claims.recurrence.looks import look_of, words_with_next
from symgate.nonlinearities import registered_nonlinearities

#: Letters that may count steps, in the order in which they are tried.
LETTERS = ("t", "k", "n", "i", "s", "tau", "j", "l", "ell", "m")
#: Letters that are functions where nothing but a bracket ever follows them.
OPAQUE = ("phi", "psi", "varphi", "f", "g", "F", "G", "rho", "Phi", "Psi", "chi", "varrho")
#: Words that are functions also where no bracket follows them, as in ``\\log f_t``.
OPERATORS = frozenset({"log", "ln", "exp", "tanh", "sin", "cos"})
_GREEK_PARAMETERS = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "tau",
        "omega",
    ]
)
#: Functions of a whole vector.
NOT_ENTRYWISE = frozenset(
    {"Linear", "MLP", "LN", "LayerNorm", "BN", "softmax", "Softmax", "Norm", "RMSNorm", "Conv", "Dense"}
    | {
        "mean",
        "Mean",
        "avg",
        "std",
        "var",
        "Var",
        "norm",
        "median",
        "argmax",
        "cumsum",
        "normalize",
        "normalise",
        "dropout",
    }
)


@dataclass
class Entry:
    """All that is known of one name."""

    name: str
    stem: str
    left: set[int | None] = field(default_factory=set)
    right: set[int | None] = field(default_factory=set)
    applied: int = 0
    seen: int = 0
    bold: bool | None = None
    at: int = 0
    kind: str = ""

    @property
    def dated(self) -> bool:
        """Whether it carries a time anywhere."""
        return any(offset is not None for offset in self.left | self.right)


def time_letter(equations: tuple[Equation, ...], given: str | None) -> str | None:
    """The letter that counts the steps: the one under which some name stands at two times, left and right."""
    for letter in [given] if given else LETTERS:
        left: dict[str, set[int]] = {}
        right: dict[str, set[int]] = {}
        for equation in equations:
            for side, seen in ((equation.left, left), (equation.right, right)):
                for raw, follows in words_with_next(side):
                    look = look_of(raw, follows, letter)
                    if look is not None and look.offset is not None:
                        seen.setdefault(look.name, set()).add(look.offset)
        if any(min(right.get(name, {max(offsets)})) < max(offsets) for name, offsets in left.items()):
            return letter
    if given:
        raise UnreadableError(f"no name is at {given} on the left and at an earlier time on the right")
    return None


def inventory(equations: tuple[Equation, ...], letter: str | None) -> dict[str, Entry]:
    """Every name of the equations, functions included, in order of appearance."""
    found: dict[str, Entry] = {}
    for equation in equations:
        for side, is_left in ((equation.left, True), (equation.right, False)):
            for raw, follows in words_with_next(side):
                look = look_of(raw, follows, letter)
                if look is None:
                    continue
                if not look.name:
                    raise UnreadableError("this is not a name", raw.at, raw.value[:16])
                entry = found.setdefault(look.name, Entry(look.name, look.stem, at=raw.at))
                (entry.left if is_left else entry.right).add(look.offset)
                entry.applied += look.applied and not is_left
                entry.seen += 1
                entry.kind = entry.kind or look.kind
                entry.bold = look.bold if entry.bold is None else entry.bold
    return found


def functions_in(entries: dict[str, Entry], given: tuple[str, ...]) -> dict[str, str]:
    """By spelling, the function: registered ones, and letters that nothing but a bracket ever follows."""
    found: dict[str, str] = {}
    bold = any(entry.bold for entry in entries.values())
    for name, entry in entries.items():
        target = SPELLED_FUNCTIONS.get(name, name)
        if name == "H" and bold and not entry.bold and not entry.kind:  # where matrices are bold
            target = "step"
        if entry.applied and entry.stem in NOT_ENTRYWISE:
            raise UnreadableError(
                f"{entry.stem} does not act entry by entry; write it out, such as W x_t + b", entry.at
            )
        letter = entry.stem in OPAQUE or entry.stem == "sigma" or (len(entry.stem) > 2 and entry.stem.islower())
        alone = entry.applied == entry.seen and not entry.dated and not entry.left
        if (
            name in given
            or entry.stem in given
            or (entry.applied and not entry.dated and target in registered_nonlinearities())
            or (entry.stem in OPERATORS and not entry.dated and not entry.left)
            or (alone and letter and entry.stem not in _GREEK_PARAMETERS)
        ):
            found[name] = target
    return found
