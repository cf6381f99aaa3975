"""The lines of a step and of its adjoint, whatever the target: what once, what for all steps at once, what by step.

In these lines the first axis of an array runs over the batch, or over all steps and the batch (a *row* each), the
second over the units, and of a matrix state the third over its columns; parameters have no rows.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

import sympy
from sympy import Expr
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, MatrixExpr, OneMatrix, Transpose

from symgate.codegen.training.plan import AT_ONCE, BY_STEP, ONCE, Training
from symgate.codegen.writer.backend import Code, Spelling
from symgate.codegen.writer.fold import Writer, spread
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.program import Program, Result
from symgate.codegen.writer.rewrite import leaves
from symgate.codegen.writer.vectors import is_zero
from symgate.errors import UnsupportedNodeError
from symgate.language import Dot, is_vector
from symgate.records import add_up

#: Names of the locals that every function may use.
LOCALS = ("steps", "batch", "arguments", "states", "steady", "moving", "lams", "like", "t", "dtype", "size", "given")
#: Those, and what else the private functions of torch and jax modules call theirs.
WORDS = frozenset(LOCALS) | {"torch", "jax", "jnp", "wanted", "before", "after", "now", "kept", "slices", "carried"}
WORDS |= {"carry", "total", "found", "parts", "zeros", "start", "block", "rows", "one_step", "one_block"}


class Dialect:
    """How a target spells sums over rows."""

    backend: Spelling
    #: The sum over rows of a vector or a scalar, of the products of two of them, and of outer products.
    sums: ClassVar[Mapping[str, str]]

    @abstractmethod
    def kernels(self, taken: set[str]) -> Kernels:
        """The elementwise functions of a module."""

    def writer(self, program: Program, kernels: Kernels, rows: set[Expr]) -> Writer:
        """What writes expressions; the symbols ``rows`` have rows."""
        return StepWriter(self.backend, program, kernels, rows)


class StepWriter(Writer):
    """Writes a dot product with ones as a sum."""

    def __init__(self, backend: Spelling, program: Program, kernels: Kernels, rows: set[Expr]) -> None:
        super().__init__(backend, program, kernels)
        self.rows = rows

    def has_rows(self, expr: Expr) -> bool:
        """Whether a value has rows."""
        return not self.rows.isdisjoint(leaves(expr))

    def array(self, expr: Expr) -> Code:
        """A scalar, a vector, or a matrix with rows as the sum of its words.

        Raises:
            UnsupportedNodeError: a word is a diagonal matrix or I, and no product.
        """
        if not isinstance(expr, MatrixExpr) or is_vector(expr):
            return super().array(expr)
        words = [self._signed(word) for word in spread(expr) if not is_zero(word)]
        if any(code.kind != "matrix" for _, code in words):
            raise UnsupportedNodeError(
                f"symgate cannot write code over time for a diagonal that is added to a matrix: {expr}."
            )
        return self.sum(words, "matrix")

    def _argument(self, expr: Expr, kind: str) -> Code:
        """What a kernel is applied to; a size as an array."""
        if expr.free_symbols and expr.free_symbols.issubset(self.program.cell.dimensions):
            return self.backend.join("number to array", kind, Code(self.program.dtype), self.scalar(expr))
        return super()._argument(expr, kind)

    def scalar(self, expr: Expr) -> Code:
        """A scalar."""
        if isinstance(expr, Dot) and isinstance(expr.args[0], OneMatrix) and "sum" in self.backend.spellings:
            return self.backend.join("sum", "scalar", self.vector(expr.args[1]))
        return super().scalar(expr)


class Pieces:
    """Writes the parts of one cell."""

    def __init__(self, training: Training, dialect: Dialect, kernels: Kernels) -> None:
        self.training, self.dialect, self.kernels = training, dialect, kernels
        lams = training.lams
        self.names = {symbol: str(symbol.name) for symbol in (*training.nodes, *lams.values())}
        taken = {*map(str, (s.name for s in (*training.cell.symbols.values(), *self.names))), *LOCALS}
        self.taken = taken | set(map(str, training.cell.dimensions))
        levels = training.levels
        self.rows = {symbol for symbol, level in levels.items() if level >= AT_ONCE}
        self.rows |= {lam for symbol, lam in lams.items() if levels.get(symbol, BY_STEP) >= AT_ONCE}

    def lines(self, nodes: Mapping[Expr, Expr], others: Iterable[tuple[str, Expr]] = ()) -> list[str]:
        """Definitions, then further values under the names given."""
        others = list(others)
        writer = self._writer(nodes, [expr for _, expr in others])
        for symbol, expr in nodes.items():
            if isinstance(symbol, MatrixExpr) and not is_vector(symbol):
                writer.lines.append(f"{self.names[symbol]} = {writer.matrix(expr):bare}")
            else:
                writer.define(symbol, expr)
        for name, expr in others:
            writer.lines.append(f"{name} = {writer.array(expr):bare}")
        return writer.lines

    def level(self, level: int, wanted: Iterable[Expr]) -> list[str]:
        """The nodes of a level that some expressions use."""
        nodes = self.training.nodes
        used = set(self.training.used(wanted))
        chosen: dict[Expr, Expr] = {}
        for symbol, expr in reversed(self.training.at(level).items()):
            if symbol in used:
                chosen[symbol] = nodes[symbol]
                used |= set(leaves(expr))
        return self.lines(dict(reversed(chosen.items())))

    def step(self, after: Mapping[str, str]) -> list[str]:
        """One step: what moves, and each state after the step under a name by the name of the state."""
        t = self.training
        updates = []
        for state, update in zip(t.cell.states, t.updates, strict=True):
            rows = self.rows.intersection(leaves(update))
            whole = update if rows else add_up([update, MatMul(sympy.S.Zero, state.before)])
            updates.append((after[state.name], whole))
        return self.lines(t.at(BY_STEP), updates)

    def back_step(self, carried: Mapping[str, str]) -> list[str]:
        """The cotangents of what moves, and those of the states before the step under the names given."""
        t = self.training
        lams = {t.lams[symbol]: expr for symbol, expr in t.by_step.items()}
        names = [carried[state.name] for state in t.cell.states]
        return self.lines(lams, list(zip(names, t.carried, strict=True)))

    def gradients(self, targets: Mapping[Expr, str]) -> list[str]:
        """The other cotangents; those of inputs and parameters under the names given."""
        t = self.training
        writer = self._writer({}, list(t.afterwards.values()))
        for symbol, expr in t.afterwards.items():
            name = targets[symbol] if symbol in targets else self.names[t.lams[symbol]]
            summed = t.levels[symbol] == ONCE
            text = self._summed(writer, symbol, expr) if summed else f"{writer.array(expr):bare}"
            writer.lines.append(f"{name} = {text}")
        return writer.lines

    def _writer(self, nodes: Mapping[Expr, Expr], others: list[Expr]) -> Writer:
        """A writer for these expressions."""
        kinds = {True: "vector", False: "scalar"}
        results = tuple(Result("r", (("only", e),), kinds[isinstance(e, MatrixExpr)], ()) for e in others)
        listed = tuple((symbol, expr, self.names[symbol]) for symbol, expr in nodes.items())
        cell, labels = self.training.cell, self.training.labels
        words = {"given": "given", "size": "size", "batch": "batch", "dtype": "like"}
        program = Program(cell.name, cell, (), listed, results, labels, frozenset(self.taken), **words)
        writer = self.dialect.writer(program, self.kernels, self.rows)
        writer.names |= self.names
        return writer

    def _has_rows(self, expr: Expr) -> bool:
        return not self.rows.isdisjoint(leaves(expr))

    def _summed(self, writer: Writer, symbol: Expr, expr: Expr) -> str:
        """The cotangent of something without rows: a sum over rows."""
        words = list(expr.args) if isinstance(expr, (MatAdd, sympy.Add)) else [expr]
        if not isinstance(symbol, MatrixExpr):
            return " + ".join(self._total(writer, word) for word in words)
        if is_vector(symbol):
            moving = [word for word in words if self._has_rows(word)]
            parts = [self._rows_summed(writer, add_up(moving))] if moving else []
            parts += [f"{writer.vector(word):left}" for word in words if word not in moving]
            return " + ".join(parts)
        return " + ".join(self._outer(writer, pair) for pair in _paired(words, self._has_rows))

    def _rows_summed(self, writer: Writer, expr: Expr) -> str:
        return self.dialect.sums["vector"].format(f"{writer.vector(expr):bare}")

    def _total(self, writer: Writer, word: Expr) -> str:
        """One summand of the cotangent of a scalar."""
        if not self._has_rows(word):
            return f"{writer.scalar(word):left}"
        number, rest = word.as_coeff_Mul()
        still = [part for part in sympy.Mul.make_args(rest) if not self._has_rows(part)]
        moving = [part for part in sympy.Mul.make_args(rest) if part not in still]
        if len(moving) == 1 and isinstance(moving[0], Dot):
            left, right = moving[0].args
            if isinstance(left, OneMatrix):
                text = self.dialect.sums["all"].format(f"{writer.vector(right):bare}")
            else:
                text = self.dialect.sums["dot"].format(f"{writer.vector(left):left}", f"{writer.vector(right):left}")
        else:
            text = self.dialect.sums["all"].format(f"{writer.scalar(sympy.Mul(*moving)):bare}")
        factor = sympy.Mul(number, *still)
        return text if factor == 1 else f"({writer.scalar(factor):bare}) * {text}"

    def _outer(self, writer: Writer, pair: tuple[Expr | None, ...]) -> str:
        """One summand of the cotangent of a matrix: mask (.) sum of left right'."""
        mask, scalar, left, right = pair
        if right is None:
            value = writer.array(left) if isinstance(left, MatMul) else writer.factor(left)
            return self.dialect.sums["matrix"].format(f"{value:bare}") if self._has_rows(left) else f"{value:left}"
        if self._has_rows(left) or self._has_rows(right):
            if not self._has_rows(left) or not self._has_rows(right):
                whole = left if self._has_rows(left) else right
                ready = Code(self._rows_summed(writer, whole), kind="vector")
                still = writer.vector(right if whole is left else left)
                pair_ = (ready, still) if whole is left else (still, ready)
                text = f"{writer.backend.join('outer', 'matrix', *pair_):left}"
            else:
                text = self.dialect.sums["outer"].format(f"{writer.vector(left):left}", f"{writer.vector(right):left}")
        else:
            text = f"{writer.backend.join('outer', 'matrix', writer.vector(left), writer.vector(right)):left}"
        if scalar != 1:
            text = f"({writer.scalar(scalar):bare}) * {text}"
        return text if mask is None else f"{writer.matrix(mask):left} * ({text})"


def _paired(words: list[Expr], has_rows: Callable[[Expr], bool]) -> list[tuple[Expr | None, ...]]:
    """Words of the cotangent of a matrix as (mask, scalar, left, right), those with a common side together."""
    found: list[list[Expr | None]] = []
    for word in words:
        mask, scalar, left, right = _outer_of(word, has_rows)
        if right is not None:
            for known in found:
                if known[0] == mask and known[1] == scalar and known[3] is not None:
                    if known[3] == right:
                        known[2] = add_up([known[2], left])
                        break
                    if known[2] == left:
                        known[3] = add_up([known[3], right])
                        break
            else:
                found.append([mask, scalar, left, right])
            continue
        found.append([mask, scalar, left, right])
    return [tuple(item) for item in found]


def _outer_of(word: Expr, has_rows: Callable[[Expr], bool]) -> tuple[Expr | None, Expr, Expr, Expr | None]:
    """mask (.) scalar left right'; right is None where the word has another form."""
    mask, core = None, word
    if isinstance(word, HadamardProduct):
        cores = [part for part in word.args if isinstance(part, MatMul) and _is_row(part.args[-1])]
        masks = [part for part in word.args if part not in cores]
        if len(cores) != 1 or any(map(has_rows, masks)):
            return None, sympy.S.One, word, None
        mask, core = masks[0] if len(masks) == 1 else HadamardProduct(*masks), cores[0]
    if not isinstance(core, MatMul) or not _is_row(core.args[-1]):
        return None, sympy.S.One, word, None
    scalars = [part for part in core.args if not isinstance(part, MatrixExpr)]
    *columns, row = [part for part in core.args if isinstance(part, MatrixExpr)]
    still = [part for part in scalars if not has_rows(part)]
    moving = [part for part in scalars if part not in still]
    column = columns[0] if len(columns) == 1 else MatMul(*columns)
    return mask, sympy.Mul(*still), MatMul(sympy.Mul(*moving), column) if moving else column, row.args[0]


def _is_row(expr: Expr) -> bool:
    return isinstance(expr, Transpose) and is_vector(expr.args[0])


def sizes(text: str, arguments: Mapping[str, tuple[Expr, ...]], dimensions: Iterable[Expr]) -> list[str]:
    """The lines that read the sizes a text uses off the arrays, which have their units on the last axes."""
    found = []
    for size in dimensions:
        if not re.search(rf"\b{size}\b", text):
            continue
        places = [(name, core) for name, core in arguments.items() if size in core]
        name, core = places[0]
        found.append(f"{size} = {name}.shape[{core.index(size) - len(core)}]")
    return found
