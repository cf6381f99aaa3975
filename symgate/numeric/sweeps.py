"""Generated loops over time at work: buffers laid out with time in front, and the sums over time and batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr

from symgate.codegen.sweep.compiled import CompiledSweep
from symgate.codegen.sweep.module import Sweep
from symgate.codegen.sweep.tape import Tape, taped
from symgate.derive import vjp
from symgate.derive.layers import is_deep
from symgate.language import Signal, is_vector
from symgate.numeric.arrays import Array
from symgate.numeric.load import load_module, unused
from symgate.numeric.shapes import core_rank, slices_of, widths_of
from symgate.records import Cell, Derivation

#: The targets of loops over time.
TARGETS: dict[str, type[Sweep]] = {"numpy": Sweep, "numba": CompiledSweep}


@lru_cache(maxsize=64)
def swept(cell: Cell, target: str = "numpy", *, gradients: bool = True) -> tuple[ModuleType, Tape]:
    """The generated module of a cell (``forward``, ``record``, ``backward``), and its analysis.

    Of a stack of three layers and more the last two functions can be used where ``gradients`` are asked for: their
    expressions grow by a factor with each layer.
    """
    if len(cell.states) == 1:
        lams = {cell.state().name: vjp(cell).cotangent}
    else:
        lams = {s.name: Signal(unused(cell, f"lam_{s.name}"), s.after.shape[0]) for s in cell.states}
    products = {name: _summed(cell, name, lams, whole=gradients) for name in cell.symbols}
    tape = taped(cell, products, tuple(lams.values()))
    return load_module(TARGETS[target](tape).module(), f"{cell.name}_sweep"), tape


def _summed(cell: Cell, name: str, lams: Mapping[str, Expr], *, whole: bool) -> Derivation:
    """The vector-Jacobian product by one argument, summed over the states, each with its own lambda."""
    pulls = [vjp(cell, name, state.name) for state in cell.states]
    pulls = [_without_parts(pull) for pull in pulls] if whole else pulls
    if len(pulls) == 1:
        return pulls[0]
    terms = []
    for state, pull in zip(cell.states, pulls, strict=True):
        own = lams[state.name]
        found = [expr.xreplace({pull.cotangent: own}) for term, expr in pull.named_terms if term != "none"]
        terms += [(f"{state.name}_{place}", expr) for place, expr in enumerate(found)]
    return replace(pulls[0], named_terms=tuple(terms) or pulls[0].named_terms)


def _without_parts(pull: Derivation) -> Derivation:
    """The same in one expression, the parts of its layers written where they are used."""
    parts: dict[Expr, Expr] = {}
    for part in pull.definitions:
        parts[part.left] = part.right.xreplace(parts)
    terms = tuple((name, expr.xreplace(parts)) for name, expr in pull.named_terms)
    return replace(pull, named_terms=terms) if parts else pull


@dataclass(frozen=True)
class Backward:
    """A way backward: adjoint states, (T + 1, ..., n) or the last few, and gradients by name."""

    adjoints: Array
    gradients: dict[str, Array]


@dataclass(frozen=True)
class Frame:
    """What a sweep works on.

    Attributes:
        cell: the recurrence.
        given: parameters as they are, inputs (T, ..., m) with every batch axis.
        sizes: the value of each symbolic size.
        batch: the batch axes.
        steps: T.
        dtype: of every array.
    """

    cell: Cell
    given: Mapping[str, Array]
    sizes: Mapping[Any, int]
    batch: tuple[int, ...]
    steps: int
    dtype: np.dtype[Any]

    @classmethod
    def of(
        cls, cell: Cell, params: Mapping[str, Array], inputs: Mapping[str, Array], sizes: Mapping[Any, int], x: Array
    ) -> Frame:
        """The frame for states x (T + 1, ..., n), several of them side by side."""
        batch, steps = x.shape[1:-1], len(x) - 1
        led = {name: _time_first(value, batch, core_rank(cell.symbols[name])) for name, value in inputs.items()}
        return cls(cell, {**params, **led}, sizes, batch, steps, x.dtype)

    def forward(self, states: Array, target: str = "numpy") -> None:
        """Fill in x_1 .. x_T."""
        module, _ = swept(self.cell, target, gradients=False) if is_deep(self.cell) else swept(self.cell, target)
        module.forward(states, *self._rest)

    def record(self, states: Array, target: str = "numpy") -> tuple[Array, ...]:
        """Fill in x_1 .. x_T, and return what the way backward needs."""
        module, tape = swept(self.cell, target)
        kept = self._buffers(tape.kept, self.steps)
        module.record(states, kept, *self._rest)
        return kept

    def backward(
        self,
        states: Array,
        kept: tuple[Array, ...],
        pushes: Array,
        wanted: Iterable[str],
        rows: int,
        *,
        each: bool = False,
    ) -> Backward:
        """The adjoint states for pushes delta (T, ..., n), the last ``rows`` of them, and the gradients wanted.

        Gradients by parameters with batch axes of their own, or without outer-product form, are left out; ``each``
        keeps those of every batch element apart.
        """
        module, tape = swept(self.cell)
        ranks = {str(p.name): len(getattr(p, "shape", ())) for p in self.cell.parameters}
        cores = {name: 1 if is_vector(self.cell.symbols[name]) else rank for name, rank in ranks.items()}
        names = [name for name in wanted if name in tape.gradients and self.given[name].ndim == cores[name]]
        apart = self.batch if each else ()
        sums = {name: np.zeros((*apart, *self.given[name].shape), self.dtype) for name in names}
        columns, adjoints = self._buffers(tape.columns, self.block), np.empty((rows, *states.shape[1:]), self.dtype)
        places = slices_of(self.cell, self.widths)
        steady: dict[str, Array] = {**{name: states[..., own] for name, own in places.items()}, **self.given}
        steady |= {str(symbol.name): value for symbol, value in zip(tape.kept.values(), kept, strict=True)}
        now = {str(symbol.name): value for symbol, value in zip(tape.columns.values(), columns, strict=True)}
        weights = {str(symbol.name) for symbol in self.cell.parameters}

        def collect(first: int, last: int) -> None:
            for name, total in sums.items():
                for column, row in tape.gradients[name]:
                    left = now[column][: last - first]
                    if row is None:
                        summands = left.reshape(left.size // max(1, total.size), total.size)
                        summed = np.ones(len(summands), self.dtype) @ summands  # a product is quicker than a sum here
                        np.add(total, summed.reshape(total.shape), out=total)
                        continue
                    size = total.shape[-1]
                    right = steady[row] if row in weights else steady[row][first:last]
                    right = np.broadcast_to(right, (last - first, *self.batch, size))
                    if each:
                        rows_of = left.reshape(*right.shape[:-1], -1)
                        outer = np.moveaxis(rows_of, 0, -1) @ np.moveaxis(right, 0, -2)
                        np.add(total, outer.reshape(total.shape), out=total)
                        continue
                    np.add(total, left.reshape(-1, *total.shape[:-1]).T @ right.reshape(-1, size), out=total)

        module.backward(states, adjoints, pushes, kept, columns, collect, *self._rest)
        return Backward(adjoints, sums)

    @property
    def widths(self) -> tuple[int, ...]:
        """The size of each state."""
        return widths_of(self.cell, self.sizes)

    @property
    def block(self) -> int:
        """How many steps are worked on at once: half a MiB per array."""
        width = max(
            (int(np.prod(value.shape[1:])) for value in (self.given[str(u.name)] for u in self.cell.inputs)), default=1
        )
        n = sum(self.widths)
        return max(1, 65536 // max(1, width, n * int(np.prod(self.batch))))

    @property
    def _rest(self) -> tuple[Any, ...]:
        return self.given, {str(size): value for size, value in self.sizes.items()}, self.batch, self.dtype, self.block

    def _buffers(self, table: Mapping[Any, Any], steps: int) -> tuple[Array, ...]:
        """One array per entry, for every step."""
        numbers = {size: sympy.Integer(value) for size, value in self.sizes.items()}
        cores = [(int(e.shape[0].xreplace(numbers)),) if isinstance(e, MatrixExpr) else () for e in table]
        shapes = [(steps, *self.batch, *core) for core in cores]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        whole = np.empty(int(ends[-1]) if len(ends) else 0, self.dtype)  # one array: large pages from 4 MiB on
        return tuple(part.reshape(shape) for part, shape in zip(np.split(whole, ends[:-1]), shapes, strict=False))


def _time_first(value: Array, batch: tuple[int, ...], core: int) -> Array:
    """(..., T, m) as (T, ..., m), with every batch axis; of a scalar (..., T) as (T, ...)."""
    whole = np.broadcast_to(value, (*batch, *value.shape[value.ndim - 1 - core :]))
    return np.ascontiguousarray(np.moveaxis(whole, -1 - core, 0))
