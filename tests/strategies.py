"""Hypothesis strategies: whole cells, drawn as random expression trees over the whole language of recurrences.

``cells`` draws cells with one state x and one input u, for the tests whose oracles run such cells; ``whole_cells`` adds
what the language has beside them: several states, one of them a number in a vector of size k, a number as an input
of each step, delays, and a low-rank matrix.
"""

from __future__ import annotations

from hypothesis import strategies as st

from symgate.cells import delay
from symgate.errors import DefinitionError
from symgate.language import CellBuilder, Quantity, sigma, tanh
from symgate.records import Cell
from tests.expressions import Writer


@st.composite
def cells(draw: st.DrawFn, depth: int = 2, intermediates: int = 2) -> Cell:
    """A random cell: up to ``intermediates`` named scalars and vectors, nested and shared, then the update."""
    builder = CellBuilder("drawn", source="drawn at random")
    writer = Writer(draw, builder)
    _name(draw, writer, depth, intermediates)
    builder.next(writer.x, writer.vector(draw(st.integers(1, depth))))
    return _built(draw, builder, depth)


@st.composite
def whole_cells(draw: st.DrawFn, depth: int = 2, intermediates: int = 2) -> Cell:
    """A random cell with several states and inputs; every state is read by the update of x."""
    c = CellBuilder("drawn", source="drawn at random")
    writer = Writer(draw, c)
    parts: list[Quantity] = []
    if draw(st.booleans()):  # a number for each step
        writer.scalars.append(c.input("dt", 1))
    if draw(st.booleans()):  # low rank
        left, right = c.matrix("L", "n", "k"), c.matrix("R", "n", "k")
        parts.append((left @ right.T) @ writer.x)
    if draw(st.booleans()):  # a second state
        writer.vectors.append(c.state("y", "n"))
    number = c.state("q", "k") if draw(st.booleans()) else None
    if number is not None:  # a number of the state, such as a global gate
        writer.scalars.append(c.ones("k").T @ number)
    if draw(st.booleans()):  # what was some steps ago
        source = draw(st.sampled_from([writer.x, writer.u]))
        ago = delay(c, source, draw(st.integers(1, 2)))
        parts.append(writer.vectors[1] * ago if source is writer.x else writer.wide @ ago)
    _name(draw, writer, depth, intermediates)
    new = c.next(writer.x, sum(parts, writer.vector(draw(st.integers(1, depth)))))
    if draw(st.booleans()):  # the state after the step, used in what follows
        writer.vectors.append(new)
    for state in writer.vectors:
        if str(state.expr.name) == "y":
            c.next(state, writer.vector(draw(st.integers(1, depth))))
    if number is not None:
        c.next(number, writer.scalar(1) * number + tanh(writer.scalar(1)) * c.ones("k"))
    return _built(draw, c, depth)


def _name(draw: st.DrawFn, writer: Writer, depth: int, intermediates: int) -> None:
    """Name some scalars and vectors, to be used in what follows."""
    for index in range(draw(st.integers(0, intermediates))):
        role = draw(st.sampled_from(["drive", "gate", None]))
        if draw(st.booleans()):
            vector = writer.vector(draw(st.integers(1, depth)))
            writer.vectors.append(writer.builder.let(f"p{index}", vector, role=role))
        else:
            scalar = writer.scalar(draw(st.integers(1, depth)))
            writer.scalars.append(writer.builder.let(f"s{index}", scalar, role=role))


def _built(draw: st.DrawFn, builder: CellBuilder, depth: int) -> Cell:
    """The cell; where it has no state in its update, a gated one in its place."""
    try:
        return builder.build()
    except DefinitionError:
        c = CellBuilder("drawn", source="drawn at random")
        writer = Writer(draw, c)
        gate = c.let("g", sigma(writer.vector(1)), role="gate")
        c.next(writer.x, (1 - gate) * writer.x + gate * writer.vector(depth))
        return c.build()
