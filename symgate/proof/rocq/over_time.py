"""Claims about the product of the Jacobians along a trajectory: splits over time, expansions, bounds, rates, analogies.

``here j`` is the point that step j meets.  A_j and B_j are written out at it; that they add up to the derivative of the
step is proved once for every point.  The general theorems stand in ``times.v``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, Identity, ZeroMatrix

from symgate.language.nodes import T
from symgate.language.sequences import EPS, ETA
from symgate.proof.rocq import one_step
from symgate.proof.rocq.cell import CellText, Symbol
from symgate.proof.rocq.given import Given
from symgate.proof.rocq.names import KEYWORDS, library_names
from symgate.proof.rocq.printed import entries
from symgate.proof.rocq.several import Several, in_blocks, one_below_the_other
from symgate.proof.rocq.steps import Steps
from symgate.proof.rocq.terms import Op, Sort, Term, const, lined, spelled
from symgate.proof.rocq.times import TimeReader, letters_in
from symgate.records import Derivation, Kind

Base = Steps | Several


@dataclass
class Trajectory:
    """The trajectory that the results over time of one cell are about, and the texts about it, as they grow.

    Attributes:
        text: the cell.
        base: the step as a function of the time and the state.
        splits: what is known of a split, by the two expressions.
        jacobian: the names of the blocks of J, once they are proved to be the derivative of the step.
        once: a proof that does not come off is not tried again with more written out.
    """

    text: CellText
    base: Base
    definitions: list[tuple[str, str]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    theorems: dict[str, tuple[str, ...]] = field(default_factory=dict)
    splits: dict[tuple[Expr, Expr], Split] = field(default_factory=dict)
    jacobian: list[one_step.Claim] = field(default_factory=list)
    once: bool = False

    def __post_init__(self) -> None:
        names, cell = self.text.names, self.text.cell
        self.several = len(cell.states) > 1
        self.here, self.theta, self.start = (
            names.fresh("here"),
            names.fresh("params", "given"),
            names.fresh("start", "first"),
        )
        self.sizes = [self.text.reader.size(entries(state)) for state in cell.states]
        self.n = one_below_the_other(self.sizes)
        self.rate, self.eps, self.norm = names.fresh("eta"), names.fresh("eps"), names.fresh("norm")
        self.classed = names.fresh("trajectory")
        self.used = {item.name for item in self.text.fields} | set(self.text.value_names)
        self.used |= set(self.text.dims.values()) | {
            name for own in self.text.opaque.values() for name in (own, f"{own}'")
        }

    def letter(self, wish: str) -> str:
        """A variable for a time that has the name of no symbol."""
        while wish in self.used | KEYWORDS | library_names():
            wish += "_"
        return wish

    def reader(self, derivation: Derivation, introduced: dict[str, tuple[str, Sort]]) -> TimeReader:
        """What reads the formulas of a result."""
        own = self.text.reader
        sizes = dict(own.sizes)
        total = sum(map(entries, self.text.cell.states), sympy.S.Zero)
        if self.several:
            sizes[total] = self.n
        exprs = [term for _, term in derivation.named_terms]
        exprs += [side for item in derivation.equations for side in (item.left, item.right)]
        fixed_letters = {ETA: self.rate, EPS: self.eps}
        given = {*self.text.cell.symbols.values(), *own.sizes, *own.symbols}
        letters = {
            letter: self.letter(str(letter)) for letter in letters_in(exprs) if letter not in given
        } | fixed_letters
        fixed = {item.symbol: Term(Op.FIELD, item.sort, words=(item.name, self.theta)) for item in self._parameters()}
        return TimeReader(own.symbols, sizes, own.functions, self.here, fixed, introduced, letters, columns=own.columns)

    def _parameters(self) -> list[Symbol]:
        cell = self.text.cell
        return self.text.fields[len(cell.states) + len(cell.inputs) :]

    @property
    def given(self) -> Given:
        """Where the trajectory starts, its parameters, and two numbers."""
        start = "point" if self.several else "vec"
        variables = ((self.theta, "point"), (self.start, start), (f"{self.rate} {self.eps}", "R"))
        return Given(self.classed, variables)

    def setting(self, *, classed: bool = False) -> str:
        """The point of every step."""
        at, step = self.base.at, self.base.step
        run = f"run{'S point' if self.several else ''} ({step} {self.theta}) 0 (pred t) {self.start}"
        return "\n".join(
            [
                self.given.text(classed=classed),
                f"Definition {self.here} (t : nat) : point := {at} {self.theta} t ({run}).",
            ]
        )

    @property
    def scales_rows(self) -> bool:
        """Whether a diagonal scales a row in what is claimed so far."""
        return any(" * (tr " in text for _, text in self.definitions)

    def split(self, derivation: Derivation) -> Split:
        """A_j and B_j of a result, defined where they are new."""
        key = (derivation.equation("A").right, derivation.equation("B").right)
        if key not in self.splits:
            self.splits[key] = _split(self, derivation, len(self.splits))
        return self.splits[key]

    def formula(self, derivation: Derivation, name: str, arguments: str, term: Term) -> None:
        """A definition that belongs to a result."""
        body = lined(spelled(term))
        self.definitions.append((derivation.name, f"Definition {name} {arguments}: {term.sort.value} :=\n  {body}."))

    def claimed(self, derivation: Derivation, name: str, statement: str, proof: str) -> None:
        """A theorem that belongs to a result."""
        self.statements.append(f"Definition {name}_claim : Prop := {statement}.")
        self.proofs.append(f"Theorem {name} : {name}_claim.\nProof.\n  {proof}\nQed.")
        self.theorems[derivation.name] = (*self.theorems.get(derivation.name, ()), name)


@dataclass(frozen=True)
class Split:
    """A_j and B_j along the trajectory: their names, the theorems that tie them to the step, and what reads them.

    Attributes:
        tied: the names of the theorems.
        kept: the tactic that proves A_j diagonal.
        units: what goes before the tactics that compare entries: the ones of a block I of A_j lose their factor.
        introduced: their names for the reader.
    """

    A: str
    B: str
    tied: tuple[str, ...]
    kept: str
    units: str
    introduced: dict[str, tuple[str, Sort]]


def _split(own: Trajectory, derivation: Derivation, place: int) -> Split:
    """The definitions of A_j and B_j, and the theorems that their sum is the derivative of the step."""
    names, text = own.text.names, own.text
    A, B = names.fresh(f"A_{place}"), names.fresh(f"B_{place}")
    introduced = {"A": (A, Sort.MATRIX), "B": (B, Sort.MATRIX)}
    reader = own.reader(derivation, {})
    for key, name in (("A", A), ("B", B)):
        item = derivation.equation(key)
        letter = reader.letters[item.left.index]
        own.formula(derivation, name, f"({letter} : nat) ", _unsigned(reader.matrix(item.right)))
    for claim in () if own.jacobian else _jacobians(text, derivation):
        own.definitions.append((derivation.name, claim.definition))
        own.statements.append(claim.statement)
        own.proofs.append(claim.proof)
        own.jacobian.append(claim)
    tied = [theorem for claim in own.jacobian for theorem in claim.theorems]
    blocks = [claim.name for claim in own.jacobian]
    name = names.fresh(f"split_{place}")
    count = len(text.cell.states)
    J = in_blocks(
        own.sizes, [[f"({one} ({own.here} j))" for one in blocks[a * count : (a + 1) * count]] for a in range(count)]
    )
    fields = " ".join(item.name for item in text.fields)
    withs = " ".join(f"with_{item.name}" for item in text.fields)
    shown = f"cbn [{fields} still {withs}]"
    unfolded = ", ".join([A, B, *blocks])
    own.statements.append(f"Definition {name}_claim : Prop := forall j, same {own.n} {own.n} ({A} j + {B} j) {J}.")
    own.proofs.append(
        f"Theorem {name} : {name}_claim.\nProof.\n  intros ? ? ? ? ?. unfold {unfolded}. unfold {own.here}, {own.base.at}. {shown}.\n"
        f"  {'blockwise; ' if own.several else ''}unfold madd, mopp, mscal, mzero; ring.\nQed."
    )
    kept = f"intros ?; unfold {A}; is_diagonal{'_blocks' if own.several else ''}"
    units = _UNITS if own.several and derivation.equation("A").right.has(Identity) else ""
    return Split(A, B, (*tied, name), kept, units, introduced)


#: A block I is found to be 1 times ones; powers of that are not powers of ones.
_UNITS = "try replace (1 *: ones)%V with ones by (let q := fresh in extensionality q; unfold vscal, ones; ring); "


def _unsigned(part: Term) -> Term:
    """A part with a minus in front as -1 times it, for numbers move out of products over time."""
    if part.op is not Op.OPP:
        return part
    return Term(Op.SCALE, Sort.MATRIX, (const("(-1)", Sort.NUMBER), *part.args))


def _jacobians(text: CellText, derivation: Derivation) -> Iterator[one_step.Claim]:
    """A + B as derivatives of the step by the states, block by block."""
    states = text.cell.states
    parts = [derivation.equation(key).right.xreplace({derivation.equation(key).left.index: T}) for key in ("A", "B")]
    for a, of in enumerate(states):
        for b, by in enumerate(states):
            terms = tuple((key, _block(part, a, b, of, by)) for key, part in zip("AB", parts, strict=True))
            about = replace(
                derivation,
                kind=Kind.JACOBIAN,
                of=of.after,
                wrt=by.before,
                named_terms=terms,
                equations=(),
                cotangent=None,
            )
            yield one_step.claim(text, about)


def _block(part: Expr, a: int, b: int, of: object, by: object) -> Expr:
    if isinstance(part, BlockMatrix):
        return part.blocks[a, b]
    if isinstance(part, ZeroMatrix):
        return ZeroMatrix(of.after.shape[0], by.before.shape[0])  # type: ignore[attr-defined]
    return part
