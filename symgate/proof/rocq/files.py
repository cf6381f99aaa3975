"""A cell in many small files: one that states the cell, and one for each result or group of results, which stands on it.

A single certificate (``source.py``) says everything once more; here Coq reads the cell once.  What results share, such
as J_j and the way back of the adjoint, stands in a file as well.  The texts are those of a single certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq import many_states, many_steps, one_step, writers
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.layout import commented, head, titled
from symgate.proof.rocq.names import library, modules, opened
from symgate.proof.rocq.over_time import Trajectory
from symgate.proof.rocq.several import Several
from symgate.proof.rocq.source import Source
from symgate.proof.rocq.steps import Steps
from symgate.records import Cell, Derivation, Kind, vectors_only


@dataclass(frozen=True)
class Filed:
    """A file, and the keys of the results that it states."""

    source: Source
    keys: tuple[str, ...]


@dataclass
class Files:
    """Writes the files of one cell.

    Attributes:
        cell: the recurrence.
        stated: the results that certificates state, by key.
        latex: their LaTeX by name, for the comment above each formula.
    """

    cell: Cell
    stated: Mapping[str, Derivation]
    latex: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        vectors_only(self.cell, "A certificate for Coq")
        self.several = len(self.cell.states) > 1
        self.root = self._root()

    def __iter__(self) -> Iterator[Filed]:
        yield from self._short()
        yield from self._long()
        yield from self._timed()

    def base(self) -> Filed:
        """The file that states the cell, on which all others stand."""
        return Filed(self.root, ())

    def _root(self) -> Source:
        text = CellText(self.cell)
        velocities = text.velocities_text()
        parts = [
            text.symbols_text(classed=True),
            titled("The recurrence", text.recurrence_text()),
            titled("What the step needs of a point", text.domain_text()),
            titled("Points in motion", text.curve_text()),
            titled("The velocity of every name, as the recurrence has it", velocities),
            titled("Velocities add up", text.additive_text()),
        ]
        return self._file("cell", text, (), [], "\n".join(part for part in parts if part), shared=True)

    def _file(
        self,
        mark: str,
        text: CellText,
        needs: Sequence[Source],
        given: Sequence[str],
        body: str,
        *,
        results: Sequence[Derivation] = (),
        theorems: Sequence[str] = (),
        claims: Mapping[str, tuple[str, ...]] | None = None,
        shared: bool = False,
        wanted: tuple[str, ...] = (),
    ) -> Source:
        """A file from its text in the section, and what it is given before."""
        name = f"{self.cell.name}_{mark}"
        wanted = wanted or modules()
        whole = text.names.fresh("proved")
        section = text.names.fresh("certificate")
        own = [opened((*wanted, *(item.name for item in needs)), export=shared).strip()]
        own += [f"\nSection {section}.", *(line for line in given if line), body, f"\nEnd {section}."]
        if shared:
            own += [line for line in body.splitlines() if line.startswith("Ltac ")]
        if theorems:
            listed = ",\n  ".join(f"@{item}" for item in theorems)
            own.append(f"\nDefinition {whole} := (\n  {listed}).\nPrint Assumptions {whole}.")
        about = head(text, results, beside=True)
        joined = about + "\n" + "\n".join(own) + "\n"
        full = "\n".join([library(*wanted), *(item.own for item in needs), joined])
        return Source(
            name,
            full,
            tuple(theorems),
            dict(claims or {}),
            tuple(text.names.renamed),
            library=wanted,
            own=joined,
            needs=tuple(needs),
            shared=shared,
        )

    def _steps_of(self, text: CellText) -> list[str]:
        return [text.lemma[after] for after in text.after.values()]

    # ---- one step

    def _short(self) -> Iterator[Filed]:
        """Derivatives by one symbol in a file each; then, for every state, its derivative along any joint curve."""
        groups: dict[str, dict[str, Derivation]] = {}
        for key, item in self.stated.items():
            if item.kind in (*many_steps.KINDS, *writers.KINDS):
                continue
            mark = _mark(key) if item.kind in one_step.GROUPED else self._by(item)
            groups.setdefault(mark, {})[key] = item
        written = {}
        for mark, group in groups.items():
            text = CellText(self.cell)
            claims = [one_step.claim(text, part) for item in group.values() for part in one_step.parts(item)]
            proved: dict[str, tuple[str, ...]] = {}
            for claim in claims:
                proved[claim.derivation.name] = (*proved.get(claim.derivation.name, ()), *claim.theorems)
            source = self._claimed(mark, text, [self.root], group.values(), claims, proved)
            for claim in claims:
                written.setdefault((claim.derivation.of, claim.derivation.wrt), source)
            yield Filed(source, tuple(group))
        for state in self.cell.states:
            found = self._joint(state.name, state.after, written)
            if found is not None:
                yield Filed(found, ())

    def _by(self, item: Derivation) -> str:
        """The name of the file of a derivative: what is differentiated, where that is not the only state, and by what."""
        name = next((name for name, symbol in self.cell.symbols.items() if symbol == item.wrt), str(item.wrt))
        alone = not self.several and item.of == self.cell.states[0].after
        return f"by_{name}" if alone else f"{item.of.name}_by_{name}"

    def _claimed(self, mark, text, needs, results, claims, proved) -> Source:
        formulas = [commented(self.latex.get(item.derivation.name, ""), item.definition) for item in claims]
        body = [
            titled("The claimed formulas", "\n".join(formulas)),
            titled("The theorems", "\n".join(item.statement for item in claims)),
            titled("Proof: the formulas", "\n".join(item.proof for item in claims)),
        ]
        theorems = [*self._steps_of(text), *dict.fromkeys(name for item in claims for name in item.theorems)]
        given = [text.given.context]
        return self._file(
            mark,
            text,
            needs,
            given,
            "\n".join(body),
            results=list(results),
            theorems=theorems,
            claims=proved,
            shared=True,
        )

    def _joint(self, name: str, after: object, written: Mapping[tuple[object, object], Source]) -> Source | None:
        """The derivative of a state along any curve, from its Jacobians by all symbols, which stand in files before."""
        text, claims = CellText(self.cell), []
        for item in self.stated.values():
            if item.kind in (Kind.JACOBIAN, Kind.KRONECKER) and item.of == after:
                claims.append(one_step.claim(text, item))
        found = next(one_step.total(text, claims), None)
        if found is None:
            return None
        statement, proof, theorem = found
        sources = [written[item.derivation.of, item.derivation.wrt] for item in claims]
        needs = list({source.name: source for source in sources}.values())
        known = {theorem for source in needs for theorem in source.theorems}
        if not {f"{item.name}_true" for item in claims} <= known:
            raise UnsupportedNodeError(f"The Jacobians of {name} have other names in their files than beside one another.")
        body = "\n".join([titled("The theorem", statement), titled("Proof", proof)])
        return self._file(
            f"{name}_along_any_curve",
            text,
            [self.root, *needs],
            [text.given.context],
            body,
            theorems=[*self._steps_of(text), theorem],
        )

    # ---- many steps

    def _long(self) -> Iterator[Filed]:
        """Transport, adjoint and momentum, which say what J and the way back are; then what sums over the adjoint."""
        long = {key: item for key, item in self.stated.items() if item.kind in many_steps.KINDS}
        first = {key: item for key, item in long.items() if item.kind not in many_steps.SUMMED}
        if not first:
            return
        base = self._base(first)
        yield Filed(base, tuple(first))
        groups: dict[str, dict[str, Derivation]] = {}
        for key, item in long.items():
            if key not in first:
                groups.setdefault(item.parameters.parameter, {})[key] = item
        for mark, group in groups.items():
            text, steps = self._steps(first.values())
            known = len(steps.definitions), len(steps.statements), len(steps.proofs)
            for item in group.values():
                _module(self.several).check(item)
                _module(self.several).WRITERS[item.kind](steps, item)
            proved = {item.name: steps.theorems[item.name] for item in group.values()}
            source = self._file(
                f"steps_{mark}",
                text,
                [self.root, base],
                [text.given.context, steps.fed.context, steps.losses.context],
                self._grown(steps, known),
                results=list(group.values()),
                theorems=[*self._steps_of(text), *dict.fromkeys(name for names in proved.values() for name in names)],
                claims=proved,
                wanted=modules(steps=True, states=self.several),
            )
            yield Filed(source, tuple(group))

    def _steps(self, first) -> tuple[CellText, Steps | Several]:
        text = CellText(self.cell)
        return text, _module(self.several).many(text, list(first))

    def _base(self, first: Mapping[str, Derivation]) -> Source:
        text, steps = self._steps(first.values())
        setting = steps.setting(classed=True)
        body = [
            titled("The claimed formulas", self._formulas(steps.definitions)),
            titled("Trajectories and losses", setting),
            titled("The theorems", "\n".join(steps.statements)),
            titled("Proof: any number of steps", "\n".join(steps.proofs)),
        ]
        return self._file(
            "steps",
            text,
            [self.root],
            [text.given.context],
            "\n".join(body),
            results=list(first.values()),
            theorems=[*self._steps_of(text), *dict.fromkeys(name for item in steps.theorems.values() for name in item)],
            claims=dict(steps.theorems),
            shared=True,
            wanted=modules(steps=True, states=self.several),
        )

    def _formulas(self, definitions: Sequence[tuple[str, str]]) -> str:
        shown = dict(self.latex)
        return "\n".join(commented(shown.pop(name, ""), item) for name, item in definitions)

    def _grown(self, own: Steps | Several | Trajectory, known: tuple[int, int, int]) -> str:
        """What was added to a part of a certificate since it had so many definitions, statements and proofs."""
        definitions, statements, proofs = known
        return "\n".join(
            [
                titled("The claimed formulas", self._formulas(own.definitions[definitions:])),
                titled("The theorems", "\n".join(own.statements[statements:])),
                titled("Proof", "\n".join(own.proofs[proofs:])),
            ]
        )

    # ---- formulas over time

    def _timed(self) -> Iterator[Filed]:
        """The splits A_j + B_j of the Jacobian along a trajectory; then every result over time in a file."""
        timed = {key: item for key, item in self.stated.items() if item.kind in writers.KINDS}
        if not timed:
            return
        base = self._splits(timed.values())
        yield Filed(base, ())
        for key, item in timed.items():
            text, own = self._trajectory(timed.values())
            known = len(own.definitions), len(own.statements), len(own.proofs)
            writers.write(own, item)
            source = self._file(
                _mark(key),
                text,
                [self.root, base],
                [text.given.context, own.base.fed.context, own.given.context],
                self._grown(own, known),
                results=[item],
                theorems=[*self._steps_of(text), *dict.fromkeys(own.theorems[item.name])],
                claims={item.name: own.theorems[item.name]},
                wanted=modules(steps=True, states=self.several, times=True),
            )
            yield Filed(source, (key,))

    def _trajectory(self, timed) -> tuple[CellText, Trajectory]:
        """The trajectory with the splits of all results."""
        text = CellText(self.cell)
        own = writers.over_time(text, [])
        for item in timed:
            if {"A", "B"} <= {equation.key for equation in item.equations}:
                own.split(item)
        return text, own

    def _splits(self, timed) -> Source:
        text, own = self._trajectory(timed)
        tied = dict.fromkeys(name for split in own.splits.values() for name in split.tied)
        body = [
            titled("Trajectories", own.base.setting(classed=True)),
            titled("The parts of the Jacobian along them", "\n".join([own.setting(classed=True)])),
            "\n".join(item for _, item in own.definitions),
            titled("The theorems", "\n".join(own.statements)),
            titled("Proof: their sum is the derivative of the step", "\n".join(own.proofs)),
        ]
        return self._file(
            "over_time",
            text,
            [self.root],
            [text.given.context],
            "\n".join(body),
            theorems=[*self._steps_of(text), *tied],
            shared=True,
            wanted=modules(steps=True, states=self.several, times=True),
        )


def _module(several: bool):
    return many_states if several else many_steps


def _mark(key: str) -> str:
    """A key as a part of the name of a file."""
    return "".join(letter if letter.isalnum() else "_" for letter in key)
