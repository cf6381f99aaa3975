"""The many-step part of a certificate as it grows: the contract of cells with one state and of cells with several.

In: a cell as certificates name it.  Out: the formulas, statements and proofs that writers of results add.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from sympy import Expr

from symgate.proof.rocq import claimed
from symgate.proof.rocq.cell import CellText
from symgate.proof.rocq.given import Given
from symgate.records import Derivation

#: Variables that the texts about any cell bind.
USUAL = ("s", "e", "V", "i", "X", "W", "Th", "T", "th", "t", "v", "k", "d", "r", "c", "q")


@dataclass
class Growing(ABC):
    """The many-step part of a certificate.

    Attributes:
        text: the cell.
        definitions: the claimed formulas, with the name of the derivation they belong to.
        statements, proofs: Coq text.
        theorems: (name of the derivation, names of its theorems).
        moved: the parameters of which it is said how the states move with them.
    """

    #: Variables that the texts bind; where a cell has a name like that, the variable gets another one.
    BOUND: ClassVar[tuple[str, ...]]

    text: CellText
    definitions: list[tuple[str, str]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    theorems: dict[str, tuple[str, ...]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        names, count = self.text.names, len(self.text.cell.states)
        self.states = self.text.fields[:count]
        self.inputs = self.text.fields[count : count + len(self.text.cell.inputs)]
        self.feeds = {item.name: names.fresh(f"{item.name}_at") for item in self.inputs}
        self.theta, self.at, self.step = names.fresh("theta", "params"), names.fresh("at_step"), names.fresh("step_at")
        self.loss, self.slope, self.hypothesis = names.several(("l", "dl", "D_l"))
        self.classes = names.several(("inputs_over_time", "losses_over_time"))
        self.fields = " ".join(item.name for item in self.text.fields)
        self.withs = " ".join(f"with_{item.name}" for item in self.text.fields)
        self.known = f"cbn [{self.fields} still {self.withs}]"
        self.written: Expr = None

    def other_names(self) -> dict[str, str]:
        """For every variable with the name of a symbol of the cell, another name."""
        used = {item.name for item in self.text.fields} | set(self.text.value_names)
        return {name: self.text.names.fresh(f"{name}1") for name in self.BOUND if name in used}

    @abstractmethod
    def clear(self, text: str) -> str:
        """A text in which no bound variable hides a symbol of the cell."""

    def add(self, statement: str, proof: str = "") -> None:
        """Add a statement, a proof, or both."""
        self.statements += [self.clear(statement)] if statement else []
        self.proofs += [self.clear(proof)] if proof else []

    def defined(self, derivation: Derivation, formula: Derivation, name: str, property_: str) -> None:
        """The definition of a formula of one step and the lemma that it is one."""
        self.definitions.append((derivation.name, claimed.definition(self.text, formula, name)))
        statement, script = claimed.identity(self.text, formula, name)
        self.proofs.append(f"Lemma {name}_{property_} {statement}.\nProof. {script}. Qed.")

    @property
    def fed(self) -> Given:
        """The inputs over time."""
        variables = tuple((self.feeds[item.name], f"nat -> {item.sort.value}") for item in self.inputs)
        return Given(self.classes[0], variables)
