"""From the tree of a claim to one typed expression in the language of results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import sympy
from sympy.matrices.expressions import HadamardPower, Identity, OneMatrix

from symgate.claims.reading import operations as ops
from symgate.claims.reading.build import matrix_power
from symgate.claims.reading.calls import CALLS
from symgate.claims.reading.convention import LITERAL, Convention
from symgate.claims.reading.dots import without_dots
from symgate.claims.reading.limits import DIGITS, SUMS, OpenNameError, UnreadableError
from symgate.claims.reading.moments import may_be_negative, moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.one_number import as_number
from symgate.claims.reading.shapes import Sizes, Value
from symgate.claims.reading.surface import Node
from symgate.language import Map, ScalarMap, Signal, T
from symgate.language.sequences import HadamardRun, I, J, K, MatrixSum, OrderedProduct

#: The highest derivative of a nonlinearity that a claim may hold.
_ORDER = 4
#: Letters that stand for whatever nonlinearity a recurrence has.
_LETTERS = frozenset({"phi", "psi", "f"})
_DIAGONAL = frozenset({"diag", "eye", "I"})
#: What may be a state of one number, or the gradient by one.
_NAMED = frozenset({"name", "derivative"})
_RESERVED = {"eye": "eye", "I": "eye", "ones": "ones", "zeros": "zeros"}


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
        if name in _RESERVED and name not in self.names.known() and index is None:
            return self._constant(_RESERVED[name], node.at)
        if name in self.names.guesses:
            return self.given(node)
        if name == "delta" and index and len(index) == 2:
            return Value((), lambda: sympy.KroneckerDelta(*index), node.at)
        symbol = self.names.symbol(name, index[0] if index and len(index) == 1 else index, node.at)
        if self.names.now and name in self.names.states and index is None and symbol.index == T:
            self._note(f"{name} alone is read as {name}_t, the state AFTER the step; the one before is {name}_prev")
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
        self._note(
            f"a vector of ones of which nothing says the size has {self.names.counted} entries, as in the recurrence"
        )
        return self.names.counted

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def sum(self, node: Node) -> Value:
        """A signed sum."""
        parts = [self._summand(part) if self.closes else self.of(part) for part in node.args]
        if self.convention.diagonal and any(self._matrix(part) for part in parts):
            parts = [self.diagonal(part) if self.sizes.column(part) else part for part in parts]
        return ops.add(self.sizes, parts, node.value)

    def _summand(self, node: Node) -> Value:
        """A summand, the sizes of ones that it leaves open closed where all of its vectors are of one size."""
        before, met = len(self.sizes.opened), len(self.met)
        value = self.of(node)
        there = {self.sizes.of(size) for size in self.met[met:]}
        open_ = {size for item in self.sizes.opened[before:] if (size := self.sizes.of(item)) in self.sizes.opened}
        if open_ and value.scalar and len(there - open_) == 1:
            self.sizes.known |= dict.fromkeys(open_, next(iter(there - open_)))
        return value

    def _matrix(self, value: Value) -> bool:
        """Whether it is neither a scalar, nor a column, nor a row."""
        return not (value.scalar or self.sizes.column(value) or self.sizes.row(value))

    def _as_diagonals(self, values: list[Value]) -> list[Value]:
        """Factors in which vectors beside matrices are their diagonal matrices, where the convention says so."""
        if not self.convention.diagonal or not any(self._matrix(value) for value in values):
            return values
        found = list(values)
        for place, value in enumerate(values):
            ahead = any(self._matrix(item) for item in values[place + 1 :])
            if self.sizes.column(value) and (ahead or self.convention.diagonal > 1):
                found[place] = self.diagonal(value)
        return found

    def minus(self, node: Node) -> Value:
        """A negative."""
        return ops.minus(self.of(node.args[0]))

    def star(self, node: Node) -> Value:
        """``*`` or ``\\odot``."""
        values = [self.of(part) for part in node.args]
        if len(set(map(self._matrix, values))) == 2 and self.convention.diagonal:
            return ops.times(self.sizes, self._as_diagonals(values), node.at)
        left, right = values
        apart = node.args[1]
        if self.convention.products and apart.kind == "times" and self.sizes.column(left) and self._matrix(right):
            first, *rest = [self.of(part) for part in apart.args]
            if self.sizes.column(first):  # a * b c': the entries of a scale the rows of the outer product
                return ops.times(self.sizes, [ops.star(self.sizes, left, first, node.at), *rest], node.at)
        if node.kind == "star" and self._asks_for_matmul(left, right):
            return ops.matmul(self.sizes, left, right, node.at)
        both = not (left.scalar or right.scalar or self.sizes.column(left) or self.sizes.row(left))
        if both and node.kind == "star":
            self._note("* between two matrices is read entry by entry; a matrix product is written @")
        return ops.star(self.sizes, left, right, node.at)

    def _asks_for_matmul(self, left: Value, right: Value) -> bool:
        """Whether ``*`` can only be a matrix product: a column times a row, a matrix times a column."""
        if left.scalar or right.scalar or not self.convention.products:
            return False
        return (self.sizes.column(left) and self.sizes.row(right)) or (self._matrix(left) and self.sizes.column(right))

    def matmul(self, node: Node) -> Value:
        """``@``, from left to right."""
        parts = without_dots(node.args, self.names.times, self.names.order)
        first, *rest = values = [self.of(part) for part in parts]
        self._refuse_summed_numbers(parts, values)
        for right in rest:
            first = ops.matmul(self.sizes, first, right, right.at)
        return first

    def times(self, node: Node) -> Value:
        """Juxtaposition."""
        values = [self.of(part) for part in node.args]
        self._refuse_summed_numbers(node.args, values)
        values = self._as_diagonals(values)
        if self.convention.rows and any(map(self._matrix, values)):
            values = [ops.transpose(value) if self._matrix(value) else value for value in reversed(values)]
        if self.convention.entrywise:
            values = self._entrywise(values)
        return ops.times(self.sizes, values, node.at)

    def _entrywise(self, values: list[Value]) -> list[Value]:
        """Factors in which vectors side by side are their products entry by entry."""
        found: list[Value] = []
        for value in values:
            if found and self.sizes.column(value) and self.sizes.column(found[-1]):
                found[-1] = ops.star(self.sizes, found[-1], value, value.at)
                self._note("two vectors side by side are multiplied entry by entry")
            else:
                found.append(value)
        return found

    def kron(self, node: Node) -> Value:
        """``\\otimes``."""
        return ops.kronecker(self.sizes, [self.of(part) for part in node.args], node.at)

    def over(self, node: Node) -> Value:
        """A quotient by a scalar; of vectors, or of a scalar by a vector, entry by entry."""
        left, right = self.of(node.args[0]), self.of(node.args[1])
        self._divides(right)
        if not right.scalar and self.sizes.column(right) and (left.scalar or self.sizes.column(left)):
            return ops.star(self.sizes, left, ops.power(self.sizes, right, -1, node.at), node.at)
        return ops.over(left, right, node.at)

    def transpose(self, node: Node) -> Value:
        """A transpose."""
        (inner,) = node.args
        value = self.of(inner)
        if self.convention.numbers and value.scalar and inner.kind in _NAMED:
            raise UnreadableError("a number is not transposed", node.at)
        return ops.transpose(value)

    def _refuse_summed_numbers(self, parts: Sequence[Node], values: Sequence[Value]) -> None:
        """Refuse 1' m of a number m: there m is the vector that ours is."""
        if not self.convention.numbers:
            return
        for (part, after), value in zip(pairwise(parts), values[1:], strict=True):
            row = part.kind == "transpose" and part.args[0].kind == "name" and part.args[0].value in ("ones", "1")
            if row and after.kind in _NAMED and value.scalar:
                raise UnreadableError("a number is not summed over", part.at)

    def power(self, node: Node) -> Value:
        """A power; a symbolic whole exponent of a scalar or, entry by entry, of a vector.

        Of a matrix only what says that it is meant entry by entry: ``**`` in plain text, or ``^{\\odot k}``.
        """
        base = self.of(node.args[0])
        if self.names.rows and self.sizes.row(base):
            return ops.transpose(self._power(node, ops.transpose(base)))
        return self._power(node, base)

    def _power(self, node: Node, base: Value) -> Value:
        entries = node.kind == "entrypower" and node.args[0].value not in _DIAGONAL  # whose power is of matrices
        if entries and self._matrix(base):
            self._note("a power of a matrix is read entry by entry")
        if node.value:
            if int(node.value) < 0:
                self._divides(base)
            return ops.power(self.sizes, base, int(node.value), node.at, matrices=entries)
        exponent = moment(node.args[1], self.names.times)
        if exponent.is_Integer:
            return ops.power(self.sizes, base, int(exponent), node.at, matrices=entries)
        if (base.scalar or self.sizes.column(base)) and may_be_negative(exponent):
            self._divides(base)
        if base.scalar:
            return Value((), lambda: base.make() ** exponent, node.at)
        if self._matrix(base) and self.sizes.match(base.shape, base.shape[::-1]):
            return Value(base.shape, lambda: matrix_power(base.make(), exponent), node.at)
        if not self.sizes.column(base):
            raise UnreadableError(
                "a symbolic exponent is of a square matrix, a scalar, or a vector by entries", node.at
            )
        return Value(base.shape, lambda: HadamardPower(base.make(), exponent), node.at)

    def _divides(self, value: Value) -> None:
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
            self._note("the derivative of a state by a parameter is the part of its own step")

    def given(self, node: Node) -> Value:
        """A piece that was read before, under the name in its value."""
        found = self.names.guesses[node.value]
        return Value(tuple(getattr(found, "shape", ())), lambda: found, node.at)

    def _elided(self, node: Node) -> Value:
        """The argument of a function whose argument is left out, or is a name that nothing introduces."""
        name, _ = self._function(node)
        look = node.args[0].value if node.args else f"{name}(.)"
        if look in self.names.guesses:
            guess = self.names.guesses[look]
            return Value(tuple(getattr(guess, "shape", ())), lambda: guess, node.at)
        options = self.names.arguments.get(name, ())
        if len(options) != 1:
            known = "; ".join(f"{name}({item}) in {where}" for where, item in options) or f"{name} is not in it"
            reason = f"the argument {look!r} is not defined here, and the recurrence does not decide: {known}"
            raise OpenNameError(look, UnreadableError(reason, node.at), options)
        where, found = options[0]
        found = found.xreplace({T: self._step_of(node)})
        what = f"{look} is read as" if node.args else f"the argument left out of {node.value} is"
        self._note(f"{what} what the recurrence applies {name} to, in {where}")
        return Value(tuple(getattr(found, "shape", ())), lambda: found, node.at)

    def _step_of(self, node: Node) -> sympy.Expr:
        """The step whose argument is left out: that of the name in its place, or of the sum or product around it."""
        index = node.args[0].index if node.args else None
        if index and len(index) == 1:
            return moment(index[0], self.names.times)
        return T if self.bound is None else self.bound

    def call(self, node: Node) -> Value:
        """A function, or diag, kron, norm and the like."""
        acts = node.value not in CALLS or node.value in self.names.functions or node.primes
        if acts and (not node.args or (node.args[0].kind == "unknown" and len(node.args) == 1)):
            arguments = [self._elided(node)]
        else:
            arguments = [self.of(part) for part in node.args]
        if node.value in CALLS and node.value not in self.names.functions and not node.primes:
            count, build = CALLS[node.value]
            if count and len(arguments) != count:
                raise UnreadableError(f"{node.value} takes {count} argument{'s' * (count > 1)}", node.at)
            if self.names.rows and node.value == "diag" and self.sizes.row(arguments[0]):
                arguments = [ops.transpose(arguments[0])]
            found = build(self.sizes, arguments, node.at)
            return ops.transpose(found) if self.names.rows and node.value == "diagonal" else found
        name, order = self._function(node)
        if len(arguments) != 1:
            raise UnreadableError(f"{node.value} takes one argument", node.at)
        inner = arguments[0]
        if self._matrix(inner):
            self._note(f"{node.value} of a matrix is read entry by entry")
        elif self.sizes.row(inner) and self.names.rows:
            column = ops.transpose(inner)
            return ops.transpose(Value(column.shape, lambda: Map(name, order, column.make()), node.at))
        elif self.sizes.row(inner):
            raise UnreadableError(f"{node.value} acts on columns; {self.sizes.words(inner)} is found", node.at)
        make = ScalarMap if inner.scalar else Map
        return Value(inner.shape, lambda: make(name, order, inner.make()), node.at)

    def _function(self, node: Node) -> tuple[str, int]:
        """The nonlinearity and the order of its derivative: dphi, d2phi, phi'."""
        name, order, functions = node.value, node.primes, self.names.functions
        if name not in functions and name.startswith("d"):
            digits = name[1:2] if name[1:2].isdigit() else ""
            rest = name[1 + len(digits) :]
            if rest in functions:
                name, order = rest, order + int(digits or 1)
        if name not in functions:
            if name in self.names.signals or name in self.names.constants or name in _RESERVED:
                raise UnreadableError(f"{name} is not a function; a product is written {name}*(...)", node.at)
            raise self.names.unknown(node.value, node.at)
        if order > _ORDER:
            raise UnreadableError(f"derivatives go up to order {_ORDER}", node.at)
        return self._used(functions[name]), order

    def _used(self, name: str) -> str:
        """The function of the recurrence that a general letter such as phi stands for."""
        used = self.names.arguments
        others = [other for other in used if other not in ("sigma", "exp", "sqrt", "expm1")]
        if name not in _LETTERS or name in used or len(others) != 1 or name in self.names.opaque:
            return name
        self._note(f"{name} is read as {others[0]}, the nonlinearity of the recurrence")
        return others[0]

    def range(self, node: Node) -> Value:
        """In the spelling of Python, where the upper bound is left out: the sum of f(i) for i in a range."""
        body, name, first, last = node.args
        low, high = (moment(item, self.names.times) for item in (first, last))
        if node.value == "matprod-1":
            return self._over_time("ordered", body, name, high + 1, low, node.at)
        if node.value not in ("sum", "prod"):
            raise UnreadableError(
                "known are sum(... for ...), prod(... for ...), matprod(... range(t, k, -1))", node.at
            )
        return self._over_time(node.value, body, name, low, high - 1, node.at)

    def running(self, node: Node) -> Value:
        """A sum or product with inclusive bounds."""
        body, name, low, high = node.args
        lower, upper = (moment(item, self.names.times) for item in (low, high))
        return self._over_time(node.value, body, name, lower, upper, node.at)

    def _over_time(self, kind: str, body: Node, name: Node, lower: sympy.Expr, upper: sympy.Expr, at: int) -> Value:
        if self.names.now:
            raise UnreadableError("a sum or product over time has no place in one step", at)
        if self.sums >= SUMS:
            raise UnreadableError(f"sums and products over time nest deeper than {SUMS}", at)
        names = self.names.with_time(name.value, lower, upper)
        index = names.times[name.value]
        inner = Meaning(names, self.sizes, self.notes, self.sums + 1, self.convention, index, self.divisors)
        value = inner.of(body)

        def bound() -> tuple[sympy.Expr, sympy.Symbol]:
            body = value.make()
            return _renamed(body, kind) if index == T else (body, index)  # T is the letter of the step elsewhere

        if value.scalar:
            over = sympy.Sum if kind == "sum" else sympy.Product

            def scalar() -> sympy.Expr:
                body, letter = bound()
                return over(body, (letter, lower, upper))

            return Value((), scalar, at)
        if kind == "prod" and not self.sizes.column(value):
            self._note("a product of matrices over an index is read with LATER factors on the LEFT")
        node = {"sum": MatrixSum, "ordered": OrderedProduct, "hadamard": HadamardRun}.get(kind)
        node = node or (HadamardRun if self.sizes.column(value) else OrderedProduct)
        if node is OrderedProduct and not self.sizes.match(value.shape, value.shape[::-1]):
            words = f"a product of matrices over an index is of square ones; {self.sizes.words(value)} is found"
            raise UnreadableError(f"{words}; put what is multiplied over the index in parentheses", at)
        return Value(value.shape, lambda: node(*bound(), lower, upper), at)

    def dots(self, node: Node) -> Value:
        """Dots where none may stand."""
        raise UnreadableError("dots go between two factors with the same name, such as J_t ... J_{k+1}", node.at)


def _renamed(expr: sympy.Expr, kind: str) -> tuple[sympy.Expr, sympy.Symbol]:
    """The body of a sum or product over t with another letter, the first that it does not use, and that letter."""
    used = {node for node in sympy.preorder_traversal(expr) if isinstance(node, sympy.Symbol)}
    first = (K, J, I) if kind == "sum" else (J, I, K)
    letter = next(item for item in (*first, *sympy.symbols(f"i_1:{SUMS + 2}", integer=True)) if item not in used)
    return expr.xreplace({T: letter}), letter


_RULES: dict[str, Callable[[Meaning, Node], Value]] = {
    "number": Meaning.number,
    "name": Meaning.name,
    "sum": Meaning.sum,
    "minus": Meaning.minus,
    "star": Meaning.star,
    "odot": Meaning.star,
    "matmul": Meaning.matmul,
    "times": Meaning.times,
    "kron": Meaning.kron,
    "over": Meaning.over,
    "transpose": Meaning.transpose,
    "power": Meaning.power,
    "entrypower": Meaning.power,
    "call": Meaning.call,
    "range": Meaning.range,
    "running": Meaning.running,
    "dots": Meaning.dots,
    "bracket": Meaning.bracket,
    "stack": Meaning.stack,
    "block": Meaning.block,
    "unknown": Meaning.unknown,
    "derivative": Meaning.derivative,
    "given": Meaning.given,
}
