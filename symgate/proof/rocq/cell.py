"""A cell as certificates name it: symbols, terms, velocities, and what the step needs of a point.

In: a recurrence.  Out: ``CellText``, from which ``sections.py`` and the writers of theorems make their text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, Transpose

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import Map, ScalarMap
from symgate.proof.rocq.given import Given
from symgate.proof.rocq.names import Names, library_names, modules
from symgate.proof.rocq.positive import follows
from symgate.proof.rocq.reading import Reader
from symgate.proof.rocq.tangents import Condition, Tangents
from symgate.proof.rocq.terms import Op, Sort, Term, spelled
from symgate.records import Cell

#: Functions of the registry whose name in Coq's library is another one.
SPELLED = {"abs": "Rabs"}
SLOPES = {"Rabs": "D_abs"}


@dataclass(frozen=True)
class Symbol:
    """A state before the step, an input or a parameter: a field of the record of points."""

    symbol: Expr
    name: str
    sort: Sort
    sizes: tuple[str, ...]

    def along(self, curve: str, at: str, velocity: str) -> str:
        """The proposition that the symbol moves along ``curve`` (its value at a time) with that velocity."""
        return moves(self.sort, self.sizes, curve, at, velocity)

    @property
    def length(self) -> str:
        """The number of its entries, columns of its Jacobian."""
        match self.sizes:
            case ():
                return "1"
            case (size,):
                return size
            case (rows, cols):
                return f"({cols} * {rows})"
        raise AssertionError

    def paired(self, left: str, right: str) -> str:
        """The pairing of a vector or a matrix with a velocity: the sum of the products of their entries."""
        head = "frobenius" if self.sort is Sort.MATRIX else "dot"
        return f"{' '.join([head, *self.sizes])} {left} {right}"

    def stacked(self, value: str) -> str:
        """The entries of a value of the symbol as a vector: a matrix is its columns, one below the other."""
        return f"vectorised {self.sizes[0]} ({value})" if self.sort is Sort.MATRIX else value


def moves(sort: Sort, sizes: Sequence[str], curve: str, at: str, velocity: str) -> str:
    """The proposition that a curve has that velocity at a time."""
    head = {Sort.NUMBER: "is_derive", Sort.VECTOR: "along", Sort.MATRIX: "along2"}[sort]
    return f"{head} {''.join(f'{size} ' for size in sizes if size)}{curve} {at} {velocity}"


@dataclass
class CellText:
    """A cell as a certificate states it.

    Attributes:
        cell: the recurrence.
        names: gives out names.
        fields: the symbols.
        dims: (size, name in Coq).
        opaque: the functions that stand for any differentiable one.
        reader: turns expressions into terms.
        point, curve, time, velocity, index: the names of bound variables.
        terms: (name, definition, size) of every assignment and of every state after the step; the size of a matrix is
            the two of it with a space between.
        after: the name of each state after the step.
        tangent: the name of the velocity of each name.
        matrices: whether a state is a matrix; then ``applied`` and ``column`` are names of bound variables as well.
    """

    cell: Cell
    names: Names = field(default_factory=Names)

    def __post_init__(self) -> None:
        names, cell = self.names, self.cell
        self.dims = {size: names.of_size(str(size)) for size in cell.dimensions}
        bound = dict(cell.functions)
        used = dict.fromkeys(node.function for expr in cell.definitions.values() for node in _applied(expr))
        self.opaque = {name: names.of_cell(name) for name in [*used] if name in bound or name == "phi"}
        own = {name: SPELLED.get(name, name) for name in used if name not in self.opaque}
        for name, spelling in own.items():
            if SLOPES.get(spelling, f"D_{spelling}") not in library_names():
                raise UnsupportedNodeError(
                    f"Cell {cell.name!r} uses {name}, whose derivative the library of certificates does not hold. "
                    f"Declare it with c.function({name!r}): the certificate then holds for every differentiable "
                    "function in its place."
                )
        slopes = {spelling: SLOPES.get(spelling, f"D_{spelling}") for spelling in own.values()}
        sizes = Reader({}, self.dims, {}).size
        self.fields = [
            Symbol(symbol, names.of_cell(name), _sort(symbol), tuple(map(sizes, _dims(symbol))))
            for name, symbol in cell.symbols.items()
        ]
        fields = {item.symbol: Term(Op.FIELD, item.sort, words=(item.name,)) for item in self.fields}
        named = {}
        for item in cell.assignments:
            named[item.symbol] = Term(Op.NAME, _sort(item.symbol), words=(names.of_cell(str(item.symbol.name)),))
        self.after = {state.name: names.fresh(f"{state.name}_next", f"next_{state.name}") for state in cell.states}
        for state in cell.states:
            named[state.after] = Term(Op.NAME, _sort(state.after), words=(self.after[state.name],))
        self.point = names.fresh("p", "q", "pt")
        self.velocity = names.fresh("V", "Vel")
        self.curve, self.time, self.moment = (
            names.fresh("P", "Path"),
            names.fresh("s", "at_time"),
            names.fresh("e", "time"),
        )
        self.index, self.other = names.fresh("i", "row_index"), names.fresh("j", "col_index")
        self.value, self.path = names.fresh("v", "val"), names.fresh("X", "Curve")
        self.together = names.fresh("together")
        self.row, self.second = names.fresh("k", "weight_row"), names.fresh("W", "Other")
        self.slopes = slopes | {spelling: names.fresh(f"D_{spelling}") for spelling in self.opaque.values()}
        stacks: dict[Expr, str] = {}
        if len(cell.matrix_states) == 1:  # its entries are counted by columns, whatever the order of the names of sizes
            rows, cols = cell.matrix_states[0].before.shape
            if not (rows * cols).is_Integer:
                stacks[rows * cols] = f"({sizes(cols)} * {sizes(rows)})"
        self.reader = Reader(fields | named, self.dims | stacks, own | self.opaque, columns=bool(cell.matrix_states))
        self.terms: list[tuple[str, Term, str]] = []
        self.tangent: dict[str, str] = {}
        self.lemma: dict[str, str] = {}
        velocities = {
            item.name: (Term(Op.FIELD, item.sort, words=(item.name, self.velocity)), f"apply (M_{item.name} _ _ _ H)")
            for item in self.fields
        }
        self.matrices = bool(cell.matrix_states)
        if self.matrices:
            self.applied, self.column = names.fresh("y", "vector"), names.fresh("l", "weight_col")
        self.rules = Tangents(velocities, {}, self.slopes, matrices=self.matrices)
        self.moving: list[tuple[str, Term, str, str]] = []
        for symbol, expr in cell.definitions.items():
            name, sort = named[symbol].words[0], named[symbol].sort
            term = self.reader.of_sort(sort, expr)
            size = " ".join(map(sizes, _dims(symbol)))
            self.terms.append((name, term, size))
            velocity, proof = self.rules.of(term)
            self.tangent[name], self.lemma[name] = names.fresh(f"d_{name}"), names.fresh(f"D_{name}")
            self.moving.append((name, velocity, size, proof))
            moved = Term(Op.NAME, sort, words=(self.tangent[name], "{} " + self.velocity))
            self.rules.known[name] = (moved, f"apply {self.lemma[name]}; assumption")
        self.given = Given(
            names.fresh("sizes", "sizes_given"),
            tuple(item for item in [(" ".join(self.dims.values()), "nat")] if self.dims)
            + tuple((f"{name} {name}'", "R -> R") for name in self.opaque.values()),
            tuple((self.slopes[name], f"forall z, is_derive {name} z ({name}' z)") for name in self.opaque.values()),
        )
        self._domain()

    @property
    def kept(self) -> str:
        """What keeps Coq from writing out sums over a numeral; empty where every size is a name."""
        sized = (*(item.symbol for item in self.fields), *self.cell.definitions)
        return "Opaque sum." if any(size.is_Integer for symbol in sized for size in _dims(symbol)) else ""

    def _domain(self) -> None:
        """Parts the conditions in those that follow from sizes, and those that the theorem must suppose."""
        by_name = {name: term for name, term, _ in self.terms}
        self.proved: list[tuple[str, Condition, str]] = []
        self.supposed: list[str] = []
        for condition, name in self.rules.conditions.items():
            found = follows(condition, by_name)
            if found is not None:
                sizes, unfolded = found
                self.supposed += [f"(0 < {size})%nat" for size in sizes]
                script = f"unfold {', '.join(unfolded)}; positive." if unfolded else "positive."
                self.proved.append((name, condition, script))
            else:
                self.supposed.append(self.condition(condition))
                self.proved.append((name, condition, "auto."))
        self.supposed = list(dict.fromkeys(self.supposed))

    def condition(self, condition: Condition) -> str:
        """A condition as a proposition about the point."""
        text = spelled(condition.argument, self.point)
        if not condition.size:
            return condition.relation.format(f"({text})")
        if " " in condition.size:
            rows, cols = condition.size.split()
            inner = condition.relation.format(f"({text})%M {self.index} {self.other}")
            bounds = f"({self.index} < {rows})%nat -> ({self.other} < {cols})%nat"
            return f"(forall {self.index} {self.other}, {bounds} -> {inner})"
        inner = condition.relation.format(f"({text})%V {self.index}")
        return f"(forall {self.index}, ({self.index} < {condition.size})%nat -> {inner})"

    @property
    def value_names(self) -> list[str]:
        """The names of the recurrence."""
        return [name for name, _, _ in self.terms]

    def library(self, **spoken_of: bool) -> tuple[str, ...]:
        """The modules of the library that a certificate of the cell needs, by what it speaks of (``names.modules``)."""
        transposed = not self.matrices and any(map(_transposes, self.cell.definitions.values()))
        mixed = self.matrices and len(self.cell.states) > 1
        return modules(matrices=self.matrices, transposed=transposed, mixed=mixed, **spoken_of)

    def put(self, item: Symbol, value: str, rest: str) -> str:
        """The point whose field ``item`` is ``value``, the others as in the expression ``rest``."""
        return f"(with_{item.name} {rest} {value})"

    def if_allowed(self, point: str) -> str:
        """``domain point ->``, where there is something to suppose."""
        return f"domain {point} -> " if self.supposed else ""


def _applied(expr: Expr) -> list[Map | ScalarMap]:
    """The applications of functions in an expression, in a fixed order."""
    return sorted(expr.atoms(Map, ScalarMap), key=lambda node: (node.function, str(node)))


def _transposes(expr: Expr) -> bool:
    """Whether a matrix is transposed in an expression; a column that is turned into a row does not count."""
    return any(1 not in node.shape for node in expr.atoms(Transpose))


def sort_of_size(size: str) -> Sort:
    """What has such a size: "" is that of a number, two sizes with a space between are those of a matrix."""
    return Sort.MATRIX if " " in _OUTSIDE.sub("", size) else Sort.VECTOR if size else Sort.NUMBER


#: A size that is a product or a sum stands in brackets.
_OUTSIDE = re.compile(r"\([^()]*\)")


def _sort(symbol: Expr) -> Sort:
    if not isinstance(symbol, MatrixExpr):
        return Sort.NUMBER
    return Sort.VECTOR if symbol.shape[1] == 1 else Sort.MATRIX


def _dims(symbol: Expr) -> tuple[Expr, ...]:
    match _sort(symbol):
        case Sort.NUMBER:
            return ()
        case Sort.VECTOR:
            return (symbol.shape[0],)
        case _:
            return tuple(symbol.shape)
