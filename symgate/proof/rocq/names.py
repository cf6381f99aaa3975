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
#: Letters that theorems over many steps bind: times, numbers of steps, indices.
TIMES = frozenset("cdeijkqrstvT")
LIBRARY_FILE = "library.v"
STEPS_FILES = ("steps.v", "lags.v")
STATES_FILES = ("states.v", "lags_states.v")
#: What is known of formulas over time.
TIMES_FILES = ("times.v", "blocks.v", "rates.v", "bounds.v", "analogies.v")
#: Influences of several states, which stand one below the other.
INFLUENCES_FILES = ("influences_states.v",)
#: Expansions that end.
EXACT_FILES = ("exact.v",)
#: States that are matrices.
MATRICES_FILES = ("matrices.v",)
#: Many steps of them.
COLUMNS_FILES = ("columns.v",)
#: Recurrences that transpose a matrix, and their rates.
TRANSPOSED_FILES = ("transposed.v",)
SCALED_FILES = ("transposed_over_time.v",)
#: Rows that a diagonal scales.
ROWS_FILES = ("rows.v",)
#: Adjoints that are matrices, and what stands on them.
ADJOINTS_FILES = ("adjoints.v",)
#: Several states of which one is a matrix.
MIXED_FILES = ("mixed.v",)
#: The library as modules of Coq: the files of each, and the modules that it stands on.
MODULES = {
    "symgate_library": ((LIBRARY_FILE,), ()),
    "symgate_steps": (STEPS_FILES, ("symgate_library",)),
    "symgate_states": (STATES_FILES, ("symgate_steps",)),
    "symgate_times": (TIMES_FILES, ("symgate_steps",)),
    "symgate_influences": (INFLUENCES_FILES, ("symgate_states", "symgate_times")),
    "symgate_exact": (EXACT_FILES, ("symgate_times",)),
    "symgate_matrices": (MATRICES_FILES, ("symgate_library",)),
    "symgate_columns": (COLUMNS_FILES, ("symgate_times", "symgate_matrices")),
    "symgate_transposed": (TRANSPOSED_FILES, ("symgate_library",)),
    "symgate_transposed_over_time": (SCALED_FILES, ("symgate_times", "symgate_transposed")),
    "symgate_rows": (ROWS_FILES, ("symgate_times",)),
    "symgate_adjoints": (ADJOINTS_FILES, ("symgate_influences", "symgate_columns")),
    "symgate_mixed": (MIXED_FILES, ("symgate_adjoints",)),
}
#: What opens a certificate, and every module behind the first.
OPENING = """From Coq Require Import Reals Arith Lia Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
"""


def modules(
    *,
    steps: bool = False,
    states: bool = False,
    times: bool = False,
    influences: bool = False,
    exact: bool = False,
    matrices: bool = False,
    transposed: bool = False,
    rows: bool = False,
    adjoints: bool = False,
    mixed: bool = False,
) -> tuple[str, ...]:
    """The modules of the library that a certificate needs.

    Args:
        steps: it speaks of many steps.
        states: of many steps of several states.
        times: of formulas over time.
        influences: of influences of several states, which need all of these.
        exact: of an expansion that ends.
        matrices: of a cell with a state that is a matrix.
        transposed: of a cell that transposes a matrix, and no state is one.
        rows: of formulas over time in which a diagonal scales a row.
        adjoints: of the adjoint of a matrix state, or of what stands on it.
        mixed: of a matrix state beside other states.
    """
    adjoints = adjoints or mixed
    steps, influences = steps or adjoints, influences or adjoints
    columns = matrices and (steps or times)
    states, times = states or influences, times or influences or exact or columns
    scaled = transposed and times
    chosen = (
        True,
        steps or states or times,
        states,
        times,
        influences,
        exact,
        matrices,
        columns,
        transposed,
        scaled,
        rows,
        adjoints,
        mixed,
    )
    return tuple(name for name, wanted in zip(MODULES, chosen, strict=True) if wanted)


@lru_cache(maxsize=8)
def library(*names: str) -> str:
    """The text of modules of the library, one behind the other, as it opens a certificate that stands alone."""
    read = [file for name in names or MODULES for file in MODULES[name][0]]
    return "\n".join((files(__package__) / file).read_text(encoding="ascii") for file in read)


def module_text(name: str) -> str:
    """A module of the library as a file of its own."""
    needed = MODULES[name][1]
    return f"{opened(needed, export=True)}{library(name)}" if needed else library(name)


def standing_on(name: str) -> tuple[str, ...]:
    """The modules that a module of the library stands on, directly or not, in the order of the library."""
    found = {other for direct in MODULES[name][1] for other in (direct, *standing_on(direct))}
    return tuple(other for other in MODULES if other in found)


def opened(needed: Iterable[str], *, export: bool = False) -> str:
    """The opening of a text that stands beside modules of the library."""
    return f"{OPENING}Require {'Export' if export else 'Import'} {' '.join(needed)}.\nOpen Scope R_scope.\n"


@lru_cache(maxsize=1)
def library_names() -> frozenset[str]:
    """What the library defines."""
    return frozenset(
        re.findall(
            r"^(?:Definition|Lemma|Fixpoint|Ltac|Theorem|Let) ([\w']+)",
            library(),
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

    def of_size(self, name: str) -> str:
        """The name of a size; another one where theorems over many steps have a time of that name."""
        if name not in TIMES:
            return self.of_cell(name)
        found = self.fresh(f"{name}_size")
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
