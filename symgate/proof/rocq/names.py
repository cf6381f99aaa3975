"""Names in a certificate: those of the cell, unless Coq or the library has them already."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

#: Keywords of Coq's language of terms and commands that a name may not be, and words that the certificate itself uses.
KEYWORDS = frozenset(
    """
    Axiom CoFixpoint Definition Fixpoint Hypothesis IF Parameter Prop SProp Set Theorem Type Variable as at by cofix
    else end exists exists2 fix for forall fun if in lazymatch let match multimatch return then using where with
    Lemma Proof Qed Section End Record Notation Ltac Let Goal Hint Print Require Import Export Module Open Scope
    R nat bool O S INR IZR exp ln sin cos tan sinh cosh tanh sqrt PI Rabs Rmax RInt Rinv Rplus Rmult Ropp Rminus
    is_derive true false and or not eq ex pos real I pair fst snd id list nil cons plus minus mult le lt ge gt
    H Hi HX HF HW F E lam Nat Z N Q point Point field ring auto exact apply
    """.split()  # noqa: SIM905 - words are read more easily than a list of strings
)
LIBRARY_FILE = "library.v"
STEPS_FILE = "steps.v"
STATES_FILE = "states.v"
#: What is known of formulas over time.
TIMES_FILES = ("times.v", "blocks.v", "rates.v", "bounds.v", "analogies.v")
LIBRARY_FILES = (LIBRARY_FILE, STEPS_FILE, STATES_FILE, *TIMES_FILES)


@lru_cache(maxsize=8)
def library(*, steps: bool = False, states: bool = False, times: bool = False) -> str:
    """The text of the library: it opens every certificate; with what is known of any number of steps where asked."""
    parts = ((True, LIBRARY_FILE), (steps, STEPS_FILE), (states, STATES_FILE), *((times, name) for name in TIMES_FILES))
    read = [name for wanted, name in parts if wanted]
    return "\n".join((files(__package__) / name).read_text(encoding="ascii") for name in read)


@lru_cache(maxsize=1)
def library_names() -> frozenset[str]:
    """What the library defines."""
    return frozenset(
        re.findall(
            r"^(?:Definition|Lemma|Fixpoint|Ltac|Theorem|Let) ([\w']+)",
            library(steps=True, states=True, times=True),
            re.MULTILINE,
        )
    )


@dataclass
class Names:
    """Gives out names that are free, in a fixed order.

    Attributes:
        taken: what is in use.
        renamed: (name in the cell, name in the certificate) where they differ.
    """

    taken: set[str] = field(default_factory=lambda: set(KEYWORDS | library_names()))
    renamed: list[tuple[str, str]] = field(default_factory=list)

    def of_cell(self, name: str) -> str:
        """The name of a symbol of the cell; underscores behind it where Coq has one of that name."""
        found = name
        while found in self.taken or f"{found}'" in self.taken:
            found += "_"
        self.taken |= {found, f"{found}'"}
        if found != name:
            self.renamed.append((name, found))
        return found

    def fresh(self, *wishes: str) -> str:
        """The first of these that is free; a name of the certificate's own."""
        found = next((wish for wish in wishes if wish not in self.taken), wishes[0])
        while found in self.taken:
            found += "_"
        self.taken.add(found)
        return found

    def several(self, wishes: Iterable[str]) -> list[str]:
        """One free name for each wish."""
        return [self.fresh(wish) for wish in wishes]
