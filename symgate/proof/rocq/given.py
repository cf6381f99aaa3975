"""What a part of a certificate is about and chooses freely: sizes, functions, trajectories, losses.

Where a text stands alone these are variables of its section.  Where it is parted into files, they are the fields of a
class: Coq passes an instance on from file to file, so that the texts that use them are the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Given:
    """Variables, and what is supposed of them.

    Attributes:
        name: of the class; ``any_name`` is the instance that a file is about.
        variables: (names, type), as ``("n m", "nat")``.
        supposed: (name, proposition).
    """

    name: str
    variables: tuple[tuple[str, str], ...]
    supposed: tuple[tuple[str, str], ...] = ()

    def declared(self) -> str:
        """The lines of a section."""
        lines = [f"Variable{'s' if ' ' in names else ''} {names} : {sort}." for names, sort in self.variables]
        return "\n".join([*lines, *(f"Hypothesis {name} : {what}." for name, what in self.supposed)])

    def classed(self) -> str:
        """The class, and its instance in a section; empty where nothing is given."""
        rows = [f"  {name} : {sort}" for names, sort in self.variables for name in names.split()]
        rows += [f"  {name} : {what}" for name, what in self.supposed]
        return f"Class {self.name} := {{\n" + ";\n".join(rows) + f" }}.\n{self.context}" if rows else ""

    @property
    def context(self) -> str:
        """The line that makes a section speak of any instance; empty where nothing is given."""
        return f"Context {{any_{self.name} : {self.name}}}." if self.variables else ""

    def text(self, *, classed: bool) -> str:
        """One or the other."""
        return self.classed() if classed else self.declared()
