"""From the tree of a claim to one typed expression in the language of results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy
from sympy.matrices.expressions import Identity, OneMatrix

from symgate.claims.reading import applied, factors, joined
from symgate.claims.reading import operations as ops
from symgate.claims.reading.calls import CALLS, RESERVED
from symgate.claims.reading.convention import LITERAL, Convention
from symgate.claims.reading.limits import DIGITS, OpenNameError, UnreadableError
from symgate.claims.reading.moments import moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.one_number import as_number
from symgate.claims.reading.shapes import Sizes, Value
from symgate.claims.reading.surface import Node
from symgate.language import Signal, T
from symgate.language.sequences import MatrixSum


@dataclass
class Meaning:
    """Reads one claim.

    Attributes:
        names: what may be named.
        sizes: the sizes found on the way.
        notes: how ambiguous things were read, to be told.
        sums: how many sums and products over time enclose this.
        bound: the index of the innermost sum or product around this, None for none.
        convention: what a vector in front of a matrix, or in brackets, stands for.
        closes: whether a vector of ones of which nothing else says the size has that of the only vectors in its
            summand.
    """

    names: Names
    sizes: Sizes = field(default_factory=Sizes)
    notes: list[str] = field(default_factory=list)
    sums: int = 0
    convention: Convention = LITERAL
    bound: sympy.Expr | None = None
    divisors: list[Value] = field(default_factory=list)
    closes: bool = False
    met: list[sympy.Expr] = field(default_factory=list)

    def of(self, node: Node) -> Value:
        """The typed value of a piece.

        Raises:
            UnreadableError: a name, a shape or a number that does not fit.
        """
        return _RULES[node.kind](self, node)

    def number(self, node: Node) -> Value:
        """A decimal number, exactly."""
        if len(node.value) > DIGITS:
            raise UnreadableError(f"a number has at most {DIGITS} digits", node.at)
        whole, _, decimals = node.value.partition(".")
        number = sympy.Rational(int(whole + decimals), 10 ** len(decimals))
        return Value((), lambda: number, node.at, number)

    def name(self, node: Node) -> Value:
        """A symbol, or eye, ones, 0."""
        name = node.value
        if name in self.names.times and node.index is None and name not in self.names.known():
            moment_ = moment(node, self.names.times)
            return Value((), lambda: moment_, node.at)
        if node.primes:
            raise UnreadableError(f"{name} is not a function here; a transpose is written .T or ^\\top", node.at)
        index = tuple(moment(part, self.names.times) for part in node.index) if node.index else None
        if name in RESERVED and name not in self.names.known() and index is None:
            return self._constant(RESERVED[name], node.at)
        if name in self.names.guesses:
            return self.given(node)
        if name == "delta" and index and len(index) == 2:
            return Value((), lambda: sympy.KroneckerDelta(*index), node.at)
        symbol = self.names.symbol(name, index[0] if index and len(index) == 1 else index, node.at)
        if self.names.now and name in self.names.states and index is None and symbol.index == T:
            self.note(f"{name} alone is read as {name}_t, the state AFTER the step; the one before is {name}_prev")
        shape = tuple(getattr(symbol, "shape", ()))
        self.met += shape[:1] if shape[1:] == (1,) else ()
        number = self._number(symbol)
        if number is not None:
            return Value((), lambda: number, node.at)
        flipped = self.names.flips is not None and self.names.flips(symbol)
        if flipped or (self.convention.gradients > 1 and self._is_gradient(name) and shape[1:] == (1,)):
            return ops.transpose(Value(shape, lambda: symbol, node.at))
        return Value(shape, lambda: symbol, node.at)

    def _number(self, symbol: sympy.Expr) -> sympy.Expr | None:
        """The number that a state of one number is, or the gradient by it, where the convention says so."""
        known = [self.names.signals[name].shape[0] for name in self.names.numbers if name in self.names.signals]
        if not self.convention.numbers or getattr(symbol, "shape", ())[:1] not in [(size,) for size in known]:
            return None
        return as_number(symbol, str(getattr(symbol, "name", "")), self.names.cotangents, self.names.numbers)

    def _is_gradient(self, name: str) -> bool:
        """Whether a name is a letter of the gradient of the loss, of ours and not of the recurrence."""
        return name.split("_", maxsplit=1)[0] in self.names.cotangents and name not in self.names.own

    def _constant(self, which: str, at: int) -> Value:
        size = self.sizes.unknown()
        if which == "eye":
            return Value((size, size), lambda: Identity(self.sizes.settled(size, at)), at)
        if which == "ones":
            ones = Value((size, sympy.S.One), lambda: OneMatrix(self._counted(size, at), 1), at)
            return ops.transpose(ones) if self.names.rows else ones
        return ops.zeros(self.sizes, (size, self.sizes.unknown()), at)

    def _counted(self, size: sympy.Expr, at: int) -> sympy.Expr:
        """The size of a vector of ones; of one that is only counted, as in 1'1, the size that the recurrence counts."""
        try:
            return self.sizes.settled(size, at)
        except UnreadableError:
            if self.names.counted is None:
                raise
        self.note(f"a vector of ones whose size is not stated has {self.names.counted} entries, as in the recurrence")
        return self.names.counted

    def note(self, text: str) -> None:
        """Tell how something was read, once."""
        if text not in self.notes:
            self.notes.append(text)

    def is_matrix(self, value: Value) -> bool:
        """Whether it is neither a scalar, nor a column, nor a row."""
        return not (value.scalar or self.sizes.column(value) or self.sizes.row(value))

    def divides(self, value: Value) -> None:
        """Keep what is divided by."""
        if value.number is None:
            self.divisors.append(value)

    def bracket(self, node: Node) -> Value:
        """``[v]``: what stands in the brackets, or its diagonal matrix where the convention says so."""
        inner = self.of(node.args[0])
        return self.diagonal(inner) if self.convention.brackets and self.sizes.column(inner) else inner

    def diagonal(self, value: Value) -> Value:
        """diag(v)."""
        return CALLS["diag"][1](self.sizes, [value], value.at)

    def stack(self, node: Node) -> Value:
        """A list in brackets: a column with several states; in a gradient by blocks, the part that is judged."""
        if self.names.block is None:
            return ops.block(self.sizes, [[self.of(part)] for part in node.args], node.at, self.names.sizes)
        for part in node.args:
            value = self.of(part)
            if self.names.block is not None and self.sizes.column(value) and value.make() == self.names.block:
                return value
        raise UnreadableError("a list such as [h_{t-1}, x_t] is read in a recurrence, not in this claim", node.at)

    def block(self, node: Node) -> Value:
        """A matrix of blocks."""
        width = int(node.value)
        values = [self.of(part) for part in node.args]
        rows = [values[k : k + width] for k in range(0, len(values), width)]
        return ops.block(self.sizes, rows, node.at, self.names.sizes)

    def unknown(self, node: Node) -> Value:
        """A name that nothing introduces: what it stands for in this reading."""
        guess = self.names.guesses.get(node.value)
        if guess is None:
            raise OpenNameError(node.value, self.names.unknown(node.value, node.at), ())
        return Value(tuple(getattr(guess, "shape", ())), lambda: guess, node.at)

    def derivative(self, node: Node) -> Value:
        """The derivative of one name by another, from the recurrence."""
        if self.names.derive is None:
            raise UnreadableError("a derivative has no place here", node.at)
        found = self.names.derive(node, self.names)
        value = Value(tuple(getattr(found, "shape", ())), lambda: found, node.at)
        self._tell_part(node, found)
        number = self._number(found)
        if number is not None:
            return Value((), lambda: number, node.at)
        of_loss = node.value.startswith(("|", "@"))
        rows = self.names.rows or self.convention.gradients > (0 if node.stem else 1)
        return ops.transpose(value) if of_loss and rows and self.sizes.column(value) else value

    def _tell_part(self, node: Node, found: sympy.Expr) -> None:
        """Note that a derivative that may count all steps is read as the part of its own step."""
        of, _, by = node.value.partition("|")
        alone = not isinstance(found, Signal) and not found.has(MatrixSum) and not self.names.now
        if alone and node.stem == "quotient" and of in self.names.states and by in self.names.constants:
            self.note("the derivative of a state by a parameter is the part of its own step")

    def given(self, node: Node) -> Value:
        """A piece that was read before, under the name in its value."""
        found = self.names.guesses[node.value]
        return Value(tuple(getattr(found, "shape", ())), lambda: found, node.at)


_RULES: dict[str, Callable[[Meaning, Node], Value]] = {
    "number": Meaning.number,
    "name": Meaning.name,
    "sum": factors.added,
    "minus": factors.minus,
    "star": factors.star,
    "odot": factors.star,
    "matmul": factors.matmul,
    "times": factors.times,
    "kron": factors.kron,
    "over": factors.over,
    "transpose": factors.transpose,
    "power": factors.power,
    "entrypower": factors.power,
    "call": applied.call,
    "range": joined.in_python,
    "running": joined.running,
    "dots": joined.dots,
    "bracket": Meaning.bracket,
    "stack": Meaning.stack,
    "block": Meaning.block,
    "unknown": Meaning.unknown,
    "derivative": Meaning.derivative,
    "given": Meaning.given,
}
