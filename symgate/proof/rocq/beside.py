"""One file of a certificate in parts: what it requires, what it is about, its text, and what its theorems rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from symgate.proof.rocq import sections
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.layout import commented, head, titled
from symgate.proof.rocq.names import modules, opened
from symgate.proof.rocq.source import Source
from symgate.records import Cell, Derivation


@dataclass(frozen=True)
class Filed:
    """A file, and the keys of the results that it states."""

    source: Source
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A file as it is put together.

    Attributes:
        text: the cell.
        mark: the end of its name, behind that of the cell.
        needs: the files that it stands on.
        given: the lines that make it speak of every size, trajectory or loss.
        library: the modules of the library that it requires.
        results: what it states.
        shared: other files stand on it.
    """

    text: CellText
    mark: str
    needs: tuple[Source, ...] = ()
    given: tuple[str, ...] = ()
    library: tuple[str, ...] = field(default_factory=modules)
    results: tuple[Derivation, ...] = ()
    shared: bool = False

    def source(
        self, body: Iterable[str], theorems: Sequence[str] = (), claims: Mapping[str, tuple[str, ...]] | None = None
    ) -> Source:
        """The file.

        Args:
            body: its text between the lines of the section.
            theorems: those whose assumptions it prints, behind the one that the step is differentiable.
            claims: the theorems of each derivation, by its name.
        """
        text, inside = self.text, "\n".join(part for part in body if part)
        section, whole = text.names.fresh("certificate"), text.names.fresh("proved")
        lines = [
            head(text, self.results, beside=True),
            opened((*self.library, *(item.name for item in self.needs)), export=self.shared),
            *([text.kept] if text.kept else []),
            f"Section {section}.",
            *(line for line in self.given if line),
            inside,
            f"\nEnd {section}.",
        ]
        # Tactics end with their section; files that stand on this one use them.
        lines += [line for line in inside.splitlines() if line.startswith("Ltac ")] if self.shared else []
        step = [text.lemma[after] for after in text.after.values()]
        proved = tuple(dict.fromkeys([*step, *theorems])) if theorems else ()
        if proved:
            listed = ",\n  ".join(f"@{item}" for item in proved)
            lines.append(f"\nDefinition {whole} := (\n  {listed}).\nPrint Assumptions {whole}.")
        return Source(
            f"{text.cell.name}_{self.mark}",
            "\n".join(lines) + "\n",
            proved,
            dict(claims or {}),
            tuple(text.names.renamed),
            library=self.library,
            needs=self.needs,
            shared=self.shared,
        )


def root(cell: Cell) -> Source:
    """The file that states a cell, with the velocity of every name; all others stand on it."""
    text = CellText(cell)
    velocities = sections.velocities(text)
    body = [
        *sections.of_cell(text, classed=True),
        titled("Proof: the velocity of every name, as the recurrence has it", velocities),
        titled("Proof: velocities add up", sections.sums_of_velocities(text)),
    ]
    return Part(text, "cell", library=text.library(), shared=True).source(body)


def formulas(definitions: Iterable[tuple[str, str]], latex: Mapping[str, str]) -> str:
    """Definitions by the name of their derivation, the first of each below its LaTeX."""
    shown = dict(latex)
    return "\n".join(commented(shown.pop(name, ""), item) for name, item in definitions)


def mark(key: str) -> str:
    """A key as a part of the name of a file."""
    return "".join(letter if letter.isalnum() else "_" for letter in key)
