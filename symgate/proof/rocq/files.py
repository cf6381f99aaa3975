"""A cell in many small files: one states the cell; on it stands one for each result or group of results.

A single certificate (``source.py``) says everything once more; here Coq reads the cell once.  What results share, such
as J_j and the way back of the adjoint, stands in a file as well.  The texts are those of a single certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq import many_steps, one_step, writers
from symgate.proof.rocq.beside import Filed, Part, formulas, mark, root
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.growing import Growing
from symgate.proof.rocq.layout import titled
from symgate.proof.rocq.matrix_adjoints import MatrixSteps
from symgate.proof.rocq.over_time import Trajectory
from symgate.proof.rocq.source import Source
from symgate.proof.rocq.stating import of_matrix, stating
from symgate.records import ByParameter, Cell, Derivation, Kind, State

Group = dict[str, Derivation]
Shared = Mapping[tuple[Expr, Expr], Source]


@dataclass
class Files:
    """The files of one cell, in an order in which Coq can read them.

    Attributes:
        cell: the recurrence.
        stated: the results that certificates state, by key.
        latex: their LaTeX by name, for the comment above each formula.
    """

    cell: Cell
    stated: Mapping[str, Derivation]
    latex: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.several = len(self.cell.states) > 1
        self.root = root(self.cell)

    def __iter__(self) -> Iterator[Filed]:
        yield Filed(self.root)
        yield from self._one_step()
        yield from self._many_steps()
        yield from self._over_time()

    def _chosen(self, kinds: Iterable[Kind]) -> Group:
        wanted = set(kinds)
        return {key: item for key, item in self.stated.items() if item.kind in wanted}

    # One step.

    def _one_step(self) -> Iterator[Filed]:
        """The derivatives by each symbol; then, for every state, its derivative along any curve on which all move."""
        later, groups = {*many_steps.KINDS, *writers.KINDS}, dict[str, Group]()
        for key, item in self._chosen(kind for kind in Kind if kind not in later).items():
            name = mark(key) if item.kind in one_step.GROUPED else self._by(item)
            groups.setdefault(name, {})[key] = item
        written: dict[tuple[Expr, Expr], Source] = {}
        for name, group in groups.items():
            source, claims = self._derivatives(name, group)
            written = {(item.derivation.of, item.derivation.wrt): source for item in claims} | written
            yield Filed(source, tuple(group))
        for state in self.cell.states:
            yield from self._joint(state, written)

    def _by(self, item: Derivation) -> str:
        """The name of the file of a derivative: what is differentiated, where it is not the only state, and by what."""
        by = next((name for name, symbol in self.cell.symbols.items() if symbol == item.wrt), str(item.wrt))
        alone = not self.several and item.of == self.cell.states[0].after
        return f"by_{by}" if alone else f"{item.of.name}_by_{by}"

    def _derivatives(self, name: str, group: Group) -> tuple[Source, list[one_step.Claim]]:
        text = CellText(self.cell)
        claims = [one_step.claim(text, part) for item in group.values() for part in one_step.parts(item)]
        proved: dict[str, tuple[str, ...]] = {}
        for item in claims:
            proved[item.derivation.name] = (*proved.get(item.derivation.name, ()), *item.theorems)
        body = [
            titled("The claimed formulas", formulas(((c.derivation.name, c.definition) for c in claims), self.latex)),
            titled("The theorems", "\n".join(item.statement for item in claims)),
            titled("Proof: the formulas", "\n".join(item.proof for item in claims)),
        ]
        given, results = (text.given.context,), tuple(group.values())
        part = Part(text, name, (self.root,), given, self.root.library, results, shared=True)
        return part.source(body, [name for names in proved.values() for name in names], proved), claims

    def _joint(self, state: State, written: Shared) -> Iterator[Filed]:
        """The derivative of a state along any curve, from its Jacobians, which stand in files before this one."""
        text = CellText(self.cell)
        jacobians = self._chosen((Kind.JACOBIAN, Kind.KRONECKER, Kind.JVP)).values()
        claims = [one_step.claim(text, item) for item in jacobians if item.of == state.after]
        for statement, proof, theorem in one_step.total(text, claims):
            needed = {source.name: source for source in (written[c.derivation.of, c.derivation.wrt] for c in claims)}
            known = {name for source in needed.values() for name in source.theorems}
            if not {f"{item.name}_true" for item in claims} <= known:
                raise UnsupportedNodeError(
                    f"The Jacobians of {state.name} have other names in files of their own than beside one another."
                )
            needs, given = (self.root, *needed.values()), (text.given.context,)
            part = Part(text, f"{state.name}_along_any_curve", needs, given, self.root.library)
            yield Filed(part.source([titled("The theorem", statement), titled("Proof", proof)], [theorem]))

    # Many steps.

    def _many_steps(self) -> Iterator[Filed]:
        """Transport, adjoint and momentum, which say what J and the way back are; then what sums over the adjoint.

        The influences of several states stand in files of their own, for they need more of the library.  Of a matrix
        state the transport is on its columns, and stands apart from the adjoint, which is a matrix.
        """
        every = self._chosen(kind for kind in many_steps.KINDS if kind not in many_steps.SUMMED)
        matrix = {key: item for key, item in every.items() if of_matrix(self.cell, item.kind)}
        first = {key: item for key, item in every.items() if key not in matrix}
        bases = {name: self._base(name, own) for name, own in (("steps", first), ("adjoint", matrix)) if own}
        for name, own in (("steps", first), ("adjoint", matrix)):
            if own:
                yield Filed(bases[name], tuple(own))
        groups: dict[str, Group] = {}
        for key, item in self._chosen(many_steps.SUMMED).items():
            assert isinstance(item.parameters, ByParameter)
            alone = (self.several or bool(matrix)) and item.kind is Kind.INFLUENCE
            groups.setdefault(f"{'influence' if alone else 'steps'}_{item.parameters.parameter}", {})[key] = item
        summed = of_matrix(self.cell, Kind.GRADIENT)
        first, base = (matrix, bases.get("adjoint")) if summed else (first, bases.get("steps"))
        for name, group in groups.items() if base else ():
            assert base is not None
            yield Filed(self._summed(name, group, first, base), tuple(group))

    def _base(self, name: str, first: Group) -> Source:
        text = CellText(self.cell)
        steps = stating(next(iter(first.values()))).many(text, list(first.values()))
        matrix = isinstance(steps, MatrixSteps)
        claimed = titled("The claimed formulas", formulas(steps.definitions, self.latex))
        setting = titled("Trajectories and losses", steps.setting(classed=True))
        body = [
            *((setting, claimed) if matrix else (claimed, setting)),
            titled("The theorems", "\n".join(steps.statements)),
            titled("Proof: any number of steps", "\n".join(steps.proofs)),
        ]
        wanted = text.library(steps=True, states=self.several, adjoints=matrix)
        results = tuple(first.values())
        part = Part(text, name, (self.root,), (text.given.context,), wanted, results, shared=True)
        return part.source(body, [name for names in steps.theorems.values() for name in names], steps.theorems)

    def _summed(self, name: str, group: Group, first: Group, base: Source) -> Source:
        text, kinds = CellText(self.cell), stating(next(iter(first.values())))
        steps = kinds.many(text, list(first.values()))
        known = _length(steps)
        for item in group.values():
            kinds.check(item)
            kinds.WRITERS[item.kind](steps, item)
        proved = {item.name: steps.theorems[item.name] for item in group.values()}
        given = (text.given.context, steps.fed.context, steps.losses.context)
        influences = self.several and any(item.kind is Kind.INFLUENCE for item in group.values())
        adjoints = isinstance(steps, MatrixSteps)
        wanted = text.library(steps=True, states=self.several, influences=influences, adjoints=adjoints)
        results = tuple(group.values())
        part = Part(text, name, (self.root, base), given, wanted, results)
        return part.source(self._grown(steps, known), [name for names in proved.values() for name in names], proved)

    def _grown(self, own: Growing | Trajectory, known: tuple[int, int, int]) -> list[str]:
        """What was added since there were so many definitions, statements and proofs."""
        definitions, statements, proofs = known
        return [
            titled("The claimed formulas", formulas(own.definitions[definitions:], self.latex)),
            titled("The theorems", "\n".join(own.statements[statements:])),
            titled("Proof", "\n".join(own.proofs[proofs:])),
        ]

    # Formulas over time.

    def _over_time(self) -> Iterator[Filed]:
        """The parts A_j and B_j of the Jacobian along a trajectory; then every result over time in a file."""
        timed = self._chosen(writers.KINDS)
        if not timed:
            return
        yield Filed(self.parts)
        for key, item in timed.items():
            own = self.trajectory
            known = _length(own)
            writers.write(own, item)
            proved = own.theorems[item.name]
            given = (own.text.given.context, own.base.fed.context, own.given.context)
            part = Part(
                own.text,
                mark(key),
                (self.root, self.parts),
                given,
                self.library_over_time(item, rows=own.scales_rows),
                (item,),
            )
            yield Filed(part.source(self._grown(own, known), proved, {item.name: proved}), (key,))

    def library_over_time(self, *results: Derivation, rows: bool = False) -> tuple[str, ...]:
        """What of the library results over time need."""
        exact = any(map(writers.ends, results))
        return CellText(self.cell).library(steps=True, states=self.several, times=True, exact=exact, rows=rows)

    @property
    def trajectory(self) -> Trajectory:
        """A new one, with the splits of all results, as the file ``parts`` states them."""
        own = writers.over_time(CellText(self.cell), [])
        for item in self._chosen(writers.KINDS).values():
            if {"A", "B"} <= {equation.key for equation in item.equations}:
                own.split(item)
        return own

    @cached_property
    def parts(self) -> Source:
        """The file of the trajectory and of the parts A_j and B_j of the Jacobian along it."""
        own = self.trajectory
        body = [
            titled("Trajectories", own.base.setting(classed=True)),
            own.setting(classed=True),
            titled("The parts of the Jacobian along them", formulas(own.definitions, {})),
            titled("The theorems", "\n".join(own.statements)),
            titled("Proof: their sum is the derivative of the step", "\n".join(own.proofs)),
        ]
        part = Part(
            own.text, "over_time", (self.root,), (own.text.given.context,), self.library_over_time(), shared=True
        )
        return part.source(body, [name for split in own.splits.values() for name in split.tied])


def _length(own: Growing | Trajectory) -> tuple[int, int, int]:
    return len(own.definitions), len(own.statements), len(own.proofs)
