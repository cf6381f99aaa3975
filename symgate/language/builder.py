"""Write a recurrence as a paper writes it: symbols, named assignments, the update.

In: calls in the order of the paper.  Out: a ``Cell``, or an error that names the line.  What is looked at only when the
equations are seen together is in ``equations.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, MatrixSymbol, OneMatrix

from symgate.errors import DefinitionError, NameRefusedError, SymgateError
from symgate.language.contents import leaves
from symgate.language.equations import (
    Named,
    mentions_state,
    refuse_hidden_sizes,
    refuse_large,
    refuse_other_shape,
    with_roles,
)
from symgate.language.functions import Function
from symgate.language.matrices import scaled
from symgate.language.nodes import BEFORE, Dot, Map, ScalarMap, ScalarSignal, Signal
from symgate.language.quantity import Quantity, as_quantity
from symgate.lettering import lettering
from symgate.names import check_name
from symgate.nonlinearities import nonlinearity, registered_nonlinearities
from symgate.records import Cell, State


class CellBuilder:
    """Collects the equations of one cell; ``build`` checks them and returns the ``Cell``.

    A scalar gate on a tanh drive, for example::

        c = CellBuilder("my_cell", source="my notes")
        x, u = c.state("x", "n"), c.input("u", "m")
        W, V, w = c.matrix("W", "n", "n"), c.matrix("V", "n", "m"), c.vector("w", "n")
        g = c.let("g", sigma(w.T @ x), role="gate")
        c.next(x, (1 - g) * x + g * tanh(W @ x + V @ u))
        MY_CELL = c.build()

    ``latex=`` says how a name is printed, as in ``c.let("h_new", ..., latex=r"\\tilde{h}")``; default: its spelling.

    Every name is a plain identifier, used once.  In the equations, a state is the state BEFORE the step.
    """

    def __init__(self, name: str, source: str = "") -> None:
        """Start a cell of that name; ``source`` says where the recurrence is published.

        Raises:
            NameRefusedError: ``name`` is not a plain identifier.
        """
        self._name = check_name(name, "cell")
        self._source = source
        self._sizes: dict[str, sympy.Symbol] = {}
        self._taken: dict[str, str] = {}
        self._states: dict[Expr, Expr] = {}
        self._inputs: list[Expr] = []
        self._parameters: list[Expr] = []
        self._assignments: list[Named] = []
        self._updates: dict[Expr, Expr] = {}
        self._written: dict[Expr, Expr] = {}
        self._numbers: dict[Expr, Expr] = {}
        self._functions: dict[str, str | None] = {}
        self._latex: dict[str, str] = {}

    def state(
        self, name: str, size: str | int | tuple[str | int, str | int] = "n", *, latex: str | None = None
    ) -> Quantity:
        """Declare a state; the symbol is the state before the step, x_{t-1}.

        Two sizes make it a matrix: ``c.state("C", ("n", "k"))`` has n rows and k columns.  Of size 1 it is a number,
        such as a stabiliser of exponential gates: kept as a vector of equal entries of a size that covers 1, and used
        as their mean.
        """
        self._write(name, latex)
        if isinstance(size, tuple):
            return self._matrix_state(name, size)
        if size == 1:
            return self._number(name)
        before = Signal(self._claim(name, "state"), self._size(size), 1, BEFORE)
        self._states[before] = Signal(name, before.shape[0], 1)
        return Quantity(before)

    def _number(self, name: str) -> Quantity:
        """A state of one number: the mean of the entries of a vector, which are equal."""
        before = Signal(self._claim(name, "state"), self._size(f"n_{name}"), 1, BEFORE)
        self._states[before] = Signal(name, before.shape[0], 1)
        ones = OneMatrix(before.shape[0], 1)
        mean = Dot(ones, before) / Dot(ones, ones)
        self._numbers[mean] = before
        return Quantity(mean)

    def _next_number(self, before: Expr, value: object) -> Quantity:
        """The update of a state of one number."""
        with self._while(f"defining the update of state {before.name!r}"):
            self._refuse_second(before)
            if not as_quantity(value).is_scalar:
                raise DefinitionError(f"{before.name!r} is one number; its update is {as_quantity(value).kind}.")
            new = self.let(f"{before.name}_new", value)
            self._updates[before] = scaled(new.expr, OneMatrix(*before.shape))
        return new

    def _matrix_state(self, name: str, size: tuple[str | int, ...]) -> Quantity:
        """A state with rows and columns."""
        if len(size) != 2 or 1 in size:
            raise DefinitionError(
                f"A matrix state has two sizes, rows and columns, such as state({name!r}, ('n', 'k')), and a symbolic "
                f"size covers 1; found {size!r}. A vector has one size: state({name!r}, 'n')."
            )
        before = Signal(self._claim(name, "state"), self._size(size[0]), self._size(size[1]), BEFORE)
        self._states[before] = Signal(name, *before.shape)
        return Quantity(before)

    def input(self, name: str, size: str | int = "m", *, latex: str | None = None) -> Quantity:
        """Declare an input vector u_t; of size 1 it is a scalar for each step, such as the elapsed time."""
        self._write(name, latex)
        if size == 1:
            self._inputs.append(ScalarSignal(self._claim(name, "input")))
            return Quantity(self._inputs[-1])
        self._inputs.append(Signal(self._claim(name, "input"), self._size(size)))
        return Quantity(self._inputs[-1])

    def matrix(self, name: str, rows: str | int, cols: str | int, *, latex: str | None = None) -> Quantity:
        """Declare a matrix parameter of the given sizes."""
        self._write(name, latex)
        return self._parameter(MatrixSymbol(self._claim(name, "parameter"), self._size(rows), self._size(cols)))

    def vector(self, name: str, size: str | int, *, latex: str | None = None) -> Quantity:
        """Declare a vector parameter."""
        self._write(name, latex)
        return self._parameter(MatrixSymbol(self._claim(name, "parameter"), self._size(size), 1))

    def scalar(self, name: str, *, latex: str | None = None) -> Quantity:
        """Declare a scalar parameter."""
        self._write(name, latex)
        return self._parameter(sympy.Symbol(self._claim(name, "parameter"), real=True))

    def ones(self, size: str | int = "n") -> Quantity:
        """The vector of ones."""
        return Quantity(OneMatrix(self._size(size), 1))

    def eye(self, size: str | int = "n") -> Quantity:
        """The identity matrix, as in ``C @ (c.eye("k") - b * k @ k.T)``."""
        return Quantity(Identity(self._size(size)))

    def function(self, name: str, default: str | None = None) -> Function:
        """Declare an opaque function: results hold for every differentiable one; numbers use ``default``.

        Raises:
            UnknownNameError: ``default`` is not a registered nonlinearity.
        """
        if default is not None:
            nonlinearity(default)
        if name in registered_nonlinearities() and not nonlinearity(name).opaque:
            raise DefinitionError(
                f"{name!r} is the name of a registered function, so an opaque function of a cell cannot have it. Use "
                f"function({name!r}) from symgate.language for the registered one, or another name."
            )
        self._functions[self._claim(name, "function")] = default
        return Function(name)

    def let(self, name: str, value: object, role: str | None = None, *, latex: str | None = None) -> Quantity:
        """Name an intermediate: name_t = value.  The name stays an atom in every result.

        Args:
            name: a plain name, used once.
            value: an expression over what was declared before.
            role: the term of the Jacobian that paths through this name into the update belong to.  Default: "drive";
                a name that is part of the update, such as x_new in ``next(x, d * x + (1 - d) * x_new)`` with
                ``x_new = let("x_new", (1 - g) * x + ...)``, is looked through: its own terms keep their names.
            latex: how it is printed, such as ``r"\\tilde{h}"``; default: by its name.
        """
        self._write(name, latex)
        with self._while(f"defining {name!r}, {'a gate' if role == 'gate' else 'an intermediate'}"):
            self._claim(name, "intermediate")
            if role is not None:
                check_name(role, "term")
            quantity = self._quantity(value)
            symbol = Signal(name, quantity.shape[0]) if quantity.is_vector else ScalarSignal(name)
            if not (quantity.is_vector or quantity.is_scalar):
                raise DefinitionError(
                    f"An intermediate is a scalar or a vector; {name!r} is {quantity.kind}. Name its factors, or write "
                    "it out where it is used."
                )
            self._assignments.append((symbol, quantity.expr, role))
        return Quantity(symbol)

    def next(self, state: Quantity, value: object) -> Quantity:
        """Write the update: state_t = value, an expression in the state before the step.

        Returns:
            The state after the step, to be used in what follows: ``h = next(h, o * tanh(next(c, f * c + i * g)))``.
            Where it is used, it is the named intermediate ``c_new``; a matrix state is written out there.

        Raises:
            DefinitionError: not a state of this cell, updated twice, or of another size.
        """
        symbol: Expr = getattr(state, "expr", None)
        if symbol in self._numbers:
            return self._next_number(self._numbers[symbol], value)
        with self._while(f"defining the update of state {getattr(symbol, 'name', state)!r}"):
            if symbol not in self._states:
                raise DefinitionError(f"Only a state has an update; {symbol} is not a state of this cell.")
            self._refuse_second(symbol)
            quantity = self._quantity(value)
            refuse_other_shape(symbol, quantity)
            self._updates[symbol] = quantity.expr
            if not quantity.is_vector:
                return quantity
            new = Signal(f"{symbol.name}_new", symbol.shape[0])
            self._written[new] = symbol
        return Quantity(new)

    def build(self) -> Cell:
        """Check the whole and return the cell.

        Raises:
            DefinitionError: no state, a state without update, or no update that mentions a state.
        """
        with self._while("building"):
            if not self._states:
                raise DefinitionError("A recurrence needs a state; declare one with state('x', 'n').")
            for before in self._states:
                if before not in self._updates:
                    raise DefinitionError(f"State {before.name!r} has no update; write next({before.name}, ...).")
            if not mentions_state(self._assignments, self._updates):
                names = " and ".join(repr(str(state.name)) for state in self._states)
                raise DefinitionError(
                    f"The update of {names} never mentions a state, not even through its named intermediates, so it is "
                    f"not a recurrence. Use {next(iter(self._states)).name}, the state before the step."
                )
            symbols = (*self._states, *self._inputs, *self._parameters)
            exprs = [*(expr for _, expr, _ in self._assignments), *self._updates.values()]
            refuse_hidden_sizes(self._sizes, symbols, exprs)
            return Cell(
                name=self._name,
                source=self._source,
                states=tuple(State(before, after, self._updates[before]) for before, after in self._states.items()),
                inputs=tuple(self._inputs),
                parameters=tuple(self._parameters),
                assignments=tuple(with_roles(self._assignments, self._updates)),
                functions=tuple(self._functions.items()),
                written=tuple(self._latex.items()),
            )

    def _quantity(self, value: object) -> Quantity:
        """A value over what is known; the states after the step in it get their names."""
        quantity = as_quantity(value)
        for new, state in self._written.items():
            if new in leaves(quantity.expr) and new not in {symbol for symbol, _, _ in self._assignments}:
                self._claim(str(new.name), "state after the step")
                self._assignments.append((new, self._updates[state], None))
                self._updates[state] = new
        self._refuse_unknown(quantity)
        return quantity

    def _parameter(self, symbol: Expr) -> Quantity:
        self._parameters.append(symbol)
        return Quantity(symbol)

    def _write(self, name: str, latex: str | None) -> None:
        """Take note of how a name is printed.

        Raises:
            NameRefusedError: it is not read as a name, or another name is printed like that.
        """
        if latex is None:
            return
        with self._while(f"declaring {name!r}"):
            look = lettering(latex)
            other = next((key for key, shown in self._latex.items() if lettering(shown) == look), None)
            if other is not None and other != name:
                raise NameRefusedError(f"{other!r} is printed as {latex} already. Two names must not look alike.")
            self._latex[name] = latex

    def _claim(self, name: str, what: str) -> str:
        """Take a name for a symbol of this cell."""
        with self._while(f"declaring {what} {name!r}"):
            check_name(name, what)
            if name in self._taken:
                raise NameRefusedError(
                    f"{name!r} is already the name of a {self._taken[name]}. Every name is used once."
                )
            self._taken[name] = what
        return name

    def _size(self, size: str | int) -> Expr:
        """A dimension: a symbol such as n, or a fixed whole number from 2 on."""
        if isinstance(size, int):
            if size < 2:
                raise DefinitionError(
                    f"A fixed size is at least 2; found {size}. For one number declare a scalar, or use a symbol "
                    "such as 'n', which covers 1."
                )
            return sympy.Integer(size)
        if size not in self._sizes:
            self._claim(size, "size")
            self._sizes[size] = sympy.Symbol(size, integer=True, positive=True)
        return self._sizes[size]

    def _refuse_second(self, state: Expr) -> None:
        """Refuse a second update of a state."""
        if state in self._updates:
            raise DefinitionError(f"The update of {state.name!r} is already written. A state has one update.")

    def _refuse_unknown(self, quantity: Quantity) -> None:
        """Refuse symbols of another builder, later names and undeclared functions."""
        if quantity.row:
            raise DefinitionError(
                f"A transposed vector is not a value; found {quantity.kind}. Write u.T @ v for a dot product."
            )
        declared = {*self._states, *self._inputs, *self._parameters, *(item[0] for item in self._assignments)}
        refuse_large(quantity.expr)
        for leaf in leaves(quantity.expr):
            if leaf not in declared:
                raise DefinitionError(f"{leaf} was not declared on this cell before this line.")
        for node in quantity.expr.atoms(Map, ScalarMap):
            if node.function not in self._functions:
                nonlinearity(node.function)

    @contextmanager
    def _while(self, doing: str) -> Iterator[None]:
        """Add to an error which line of which cell it comes from."""
        try:
            yield
        except SymgateError as error:
            note = f" (while {doing} of cell {self._name!r})"
            text = str(error)
            raise type(error)(text if "(while " in text else text + note) from None
