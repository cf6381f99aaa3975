"""A whole certificate: library, symbols, recurrence, claimed formulas, theorems, proofs, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from symgate.errors import DefinitionError, UnsupportedNodeError
from symgate.proof.rocq import many_states, many_steps, matrix_many, one_step, sections, writers
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.layout import commented, head, titled
from symgate.proof.rocq.names import library, opened
from symgate.proof.rocq.stating import of_matrix, stating
from symgate.proof.rocq.steps import columns_of
from symgate.records import Derivation, Kind


@dataclass(frozen=True)
class Source:
    """A certificate to be checked.

    Attributes:
        name: a plain name for the file.
        text: what coqc reads, with the library in it or, where files stand on one another, without.
        theorems: the names whose assumptions the file prints, in order.
        claims: the theorems of each derivation, by its name.
        renamed: (name in the cell, name in Coq) where the cell's name is taken there.
        slips: how many wrong formulas the file holds, on which its tactics must fail.
        library: the modules of the library that the text holds or requires.
        needs: other files that it requires, in the order in which Coq reads them.
        shared: other files stand on this one.
    """

    name: str
    text: str
    theorems: tuple[str, ...]
    claims: Mapping[str, tuple[str, ...]]
    renamed: tuple[tuple[str, str], ...] = ()
    slips: int = 0
    library: tuple[str, ...] = ()
    needs: tuple[Source, ...] = ()
    shared: bool = False

    @property
    def beside(self) -> str:
        """The text for a folder in which the library stands in files of its own."""
        return self.text.replace(library(*self.library), opened(self.library), 1) if self.library else self.text

    @property
    def whole(self) -> str:
        """Everything that Coq reads for it: the library, the files that it requires, its own text."""
        return "\n".join(
            [library(*self.library) if self.library else "", *(item.text for item in self.needs), self.text]
        )

    @property
    def digest(self) -> str:
        """Of all that Coq reads for it."""
        return sha256(self.whole.encode()).hexdigest()


def certificate(derivations: Sequence[Derivation], latex: Mapping[str, str] | None = None, name: str = "") -> Source:
    """The certificate of derivations of one cell.

    Args:
        derivations: results about one cell.
        latex: their LaTeX by name, for the comment above each formula.
        name: of the file; that of the first derivation unless said otherwise.

    Raises:
        DefinitionError: no derivation, or derivations of different cells.
        UnsupportedNodeError: a function or a node that certificates do not know.
    """
    cells = {item.cell for item in derivations}
    if len(cells) != 1:
        raise DefinitionError(f"A certificate is about one cell; found {len(cells)}.")
    text = CellText(derivations[0].cell)
    for one in derivations:
        _stated_of_matrices(text, one)
    long = [item for item in derivations if item.kind in many_steps.KINDS and not of_matrix(item.cell, item.kind)]
    adjoints = [item for item in derivations if of_matrix(item.cell, item.kind)]
    timed = [item for item in derivations if item.kind in writers.KINDS]
    short = [item for item in derivations if item.kind not in (*many_steps.KINDS, *writers.KINDS)]
    claims = [one_step.claim(text, part) for item in short for part in one_step.parts(item)]
    totals = list(one_step.total(text, claims))
    several = len(text.cell.states) > 1
    steps = (many_states.many(text, long) if several else many_steps.many(text, long)) if long else None
    matrix = matrix_many.many(text, adjoints) if adjoints else None
    over = writers.over_time(text, timed, steps) if timed else None
    base = steps or (over.base if over else None)
    many = [part for part in (steps, matrix) if part]
    shown = dict(latex or {})
    formulas = [commented(shown.get(item.derivation.name, ""), item.definition) for item in claims]
    given = [commented(shown.pop(name, ""), item) for name, item in steps.definitions] if steps else []
    formulas += given
    of_steps = [commented(shown.pop(name, ""), item) for name, item in matrix.definitions] if matrix else []
    later = [commented(shown.pop(name, ""), item) for name, item in over.definitions] if over else []
    theorems = [name for item in claims for name in item.theorems] + [name for _, _, name in totals]
    proved = {name: names for part in (*many, over) if part for name, names in part.theorems.items()}
    for item in claims:
        proved[item.derivation.name] = (*proved.get(item.derivation.name, ()), *item.theorems)
    theorems += [name for part in (*many, over) if part for names in part.theorems.values() for name in names]
    theorems = list(dict.fromkeys(theorems))
    step = [text.lemma[after] for after in text.after.values()]
    needed = text.library(
        steps=base is not None,
        states=base is not None and several,
        times=over is not None,
        influences=several and any(item.kind is Kind.INFLUENCE for item in long),
        exact=any(writers.ends(item) for item in timed),
        rows=over is not None and over.scales_rows,
        adjoints=matrix is not None,
    )
    section, whole = text.names.fresh("certificate"), text.names.fresh("proved")
    listed = ",\n  ".join([*step, *theorems])
    parts = [
        head(text, derivations),
        library(*needed),
        text.kept,
        f"\nSection {section}.",
        titled("Symbols", sections.symbols(text)),
        titled("The recurrence", sections.recurrence(text)),
        titled("What the step needs of a point", sections.domain(text)),
        titled("The claimed formulas", "\n".join(formulas)),
        titled("Points in motion", sections.motion(text)),
        titled("Trajectories and losses", base.setting() if base else ""),
        titled("Trajectories of matrices and losses", matrix.setting() if matrix else ""),
        titled("Formulas of any number of steps", "\n".join(of_steps)),
        titled("Formulas over time", "\n".join([over.setting(), *later]) if over else ""),
        titled(
            "The theorems",
            "\n".join(
                [item.statement for item in claims]
                + [item for item, _, _ in totals]
                + [item for part in (*many, over) if part for item in part.statements]
            ),
        ),
        titled("Proof: the velocity of every name, as the recurrence has it", sections.velocities(text)),
        titled(
            "Proof: velocities add up",
            sections.sums_of_velocities(text)
            if totals or (bool(steps) and several) or many_steps.needs_sum([*long, *adjoints])
            else "",
        ),
        titled("Proof: the formulas", "\n".join([item.proof for item in claims] + [item for _, item, _ in totals]))
        if claims
        else "",
        titled("Proof: any number of steps", "\n".join(item for part in many for item in part.proofs)),
        titled("Proof: formulas over time", "\n".join(over.proofs) if over else ""),
        f"End {section}.",
        f"\nDefinition {whole} := (\n  {listed}).\nPrint Assumptions {whole}.",
    ]
    body = "\n".join(part for part in parts if part) + "\n"
    return Source(
        name or derivations[0].name,
        body,
        (*step, *theorems),
        proved,
        tuple(text.names.renamed),
        library=needed,
    )


def can_state(derivation: Derivation) -> None:
    """Return where a certificate can state the derivation.

    Raises:
        UnsupportedNodeError: it cannot; the message says why.
    """
    text = CellText(derivation.cell)
    _stated_of_matrices(text, derivation)
    if derivation.kind in writers.KINDS:
        writers.over_time(text, [derivation])
    elif derivation.kind in many_steps.KINDS:
        stating(derivation).check(derivation)
    else:
        for part in one_step.parts(derivation):
            one_step.claim(text, part)


def _stated_of_matrices(text: CellText, derivation: Derivation) -> None:
    """Return where the cell has no matrix state, or the result is one that certificates state of such a cell.

    Raises:
        UnsupportedNodeError: it is another one, about many steps.
    """
    if not text.matrices or derivation.kind not in (*many_steps.KINDS, *writers.KINDS):
        return
    if len(text.cell.matrix_states) > 1:
        of = ", ".join(state.name for state in text.cell.matrix_states)
        raise UnsupportedNodeError(
            f"Of a cell of which several states are matrices ({of} in {text.cell.name}) certificates state one step: "
            f"its derivatives, vector-Jacobian products and splits. {derivation.name} is about many steps."
        )
    if derivation.kind is Kind.INFLUENCE or not of_matrix(text.cell, derivation.kind):
        columns_of(text)


def with_adjoint(derivation: Derivation, known: Mapping[str, Derivation]) -> list[Derivation]:
    """The derivation, after the adjoint where it needs one: gradients, lags and influences sum over the adjoint."""
    if derivation.kind in many_steps.SUMMED:
        return [next(item for item in known.values() if item.kind is Kind.ADJOINT), derivation]
    return [derivation]
