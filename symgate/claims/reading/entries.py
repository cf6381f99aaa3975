r"""Claims about entries: ``D_{ij} = (1-a) \\delta_{ij} + J_{ij} \\phi'(h_j)`` as a claim about the matrix.

Every factor of a product has letters: none of a number, one of a vector, two of a matrix, of Kronecker's delta or of a
derivative.  Letters of the left side stay, those under a sum go; ``network.py`` makes matrices of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from symgate.claims.reading.convention import LITERAL
from symgate.claims.reading.derivatives import gradient_ahead
from symgate.claims.reading.entry_factors import Factors, by_entries
from symgate.claims.reading.indexed import Entries, split
from symgate.claims.reading.latex_fold import call, fold, named_function
from symgate.claims.reading.latex_running import running
from symgate.claims.reading.latex_symbols import scripted
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.meaning import Meaning
from symgate.claims.reading.names import Names
from symgate.claims.reading.network import PAIR, Factor, Network, turned
from symgate.claims.reading.operations import transpose
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.reading.running_letters import letters_of_sum
from symgate.claims.reading.scripts import MARKS, pieces_of, time_of_group
from symgate.claims.reading.shapes import Value
from symgate.claims.reading.surface import Node, expanded


@dataclass
class Product:
    """Factors side by side, and the letters that sums run over."""

    factors: list[Factor] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)

    def take(self, other: Product) -> None:
        """With the factors of another product."""
        self.factors += other.factors
        self.bound += other.bound

    @property
    def letters(self) -> set[str]:
        """Those that stay."""
        return {letter for factor in self.factors for letter in factor.letters} - set(self.bound)


def from_entries(raw: Raw, names: Names, meaning: Meaning, entries: Entries) -> Value:
    """The matrix or vector whose entries a formula states.

    Raises:
        UnreadableError: a letter that is on no left side and under no sum, a factor with too few or too many letters.
    """
    node = tree(raw, names, entries)
    value = replace(meaning, names=names, convention=LITERAL).of(expanded(node, names.defined, names.rules))
    return value if entries.rows else transpose(value)


def tree(raw: Raw, names: Names, entries: Entries) -> Node:
    """The same as a tree over vectors and matrices."""
    both = (*entries.rows, *entries.columns)
    pair = entries.columns if len(entries.columns) == 2 else both if entries.of_loss and len(both) == 2 else ()
    pair = () if entries.agree else pair
    reader = _Reader(names, {item: item for item in both}, entries.letters, pair, count(1))
    return reader.sum(raw, entries.letters).node


@dataclass(frozen=True)
class _Reader(Factors):
    """Reads sums and products of factors.

    Attributes:
        order: the letters of the left side.
        pair: the letters of a matrix by which is differentiated.
        numbers: tells letters of sums apart.
    """

    order: tuple[str, ...]
    pair: tuple[str, ...]
    numbers: count[int]

    def sum(self, raw: Raw, wanted: Sequence[str] = ()) -> Factor:
        """A signed sum of products, over all letters of its terms and those wanted."""
        terms = list(raw.args) if raw.kind == "sum" and not raw.scripts else [raw]
        signs = raw.value if raw.kind == "sum" and not raw.scripts else "+"
        products = [self.product(part) for part in terms]
        letters = set(wanted).union(*(item.letters for item in products))
        pair = PAIR.join(self.pair)
        apart = letters - {pair} | (set(self.pair) if pair in letters else set())
        rows = sorted(apart - set(self.pair))
        stacked = bool(self.pair) and (pair in letters or (len(apart) > 2 and set(self.pair) <= apart))
        if len(rows) > 1 if stacked else len(apart) > 2:
            raise UnreadableError("a sum of terms has at most two letters that no sum runs over", raw.at)
        over = [item for item in self.order if item in apart] + sorted(apart - set(self.order))
        nodes: list[Node] = []
        for item, part in zip(products, terms, strict=True):
            network = Network(item.factors, item.bound, part.at)
            plain = len(over) == 1 and not item.letters and all(node.kind == "number" for node in network.scalars)
            if stacked:
                nodes.append(network.over_pair(rows, *self.pair))
            else:
                nodes.append(network.over(() if plain and letters - set(wanted) else over))
        node = nodes[0] if signs == "+" else Node("sum", raw.at, signs, tuple(nodes))
        node = Node("minus", raw.at, args=(nodes[0],)) if signs == "-" else node
        return Factor(node, (*rows, pair) if stacked else tuple(over))

    def product(self, raw: Raw) -> Product:
        """Factors side by side, or joined by signs of products entry by entry."""
        if raw.kind == "term" and "k" in raw.value:
            raise UnreadableError("a Kronecker product has no entries with two letters", raw.at)
        chains = raw.args if raw.kind == "term" else (raw,)
        rest = [part for chain in chains for part in (chain.args if chain.kind == "chain" else (chain,))]
        found = Product()
        while rest:
            self.next(rest, found)
        return found

    def next(self, rest: list[Raw], found: Product) -> None:
        """Takes one factor from the front."""
        raw = named_function(rest.pop(0), self.names)
        if raw.kind == "bigop":
            self.running(raw, rest, found)
        elif raw.kind == "word":
            self.word(raw, rest, found)
        elif raw.kind == "frac":
            self.fraction(raw, found)
        elif raw.kind == "group":
            self.group(raw, found)
        else:
            found.factors.append(self.checked(fold(raw, self.names), (), raw.at))

    def word(self, raw: Raw, rest: list[Raw], found: Product) -> None:
        """A function with its argument, or a name, with its time behind it."""
        if raw.value in self.names.functions and rest and rest[0].kind in ("group", "elided", "word"):
            return found.factors.append(self.applied(raw, rest.pop(0), last=not rest))
        if raw.value in ("diag", "Diag") and rest and rest[0].kind == "group":
            return found.factors.append(self.whole(rest.pop(0), raw))
        bare, letters = split(raw, self.known, self.names)
        if bare.value == "delta" and len(letters) == 2 and not bare.scripts:
            return found.factors.append(Factor(Node("name", raw.at, "eye"), self.indices(letters)))
        if rest and rest[0].kind == "word":
            name, own = split(rest[0], self.known, self.names)
            if gradient_ahead(raw, [name], self.names) is not None:
                rest.pop(0)
                node = fold(Raw("chain", raw.at, args=(raw, name)), self.names)
                return found.factors.append(self.checked(node, own, raw.at))
        piece = bare
        if rest and rest[0].kind == "group":
            if time_of_group(bare, rest[0], self.names) is not None:
                piece = Raw("chain", raw.at, args=(bare, rest.pop(0)))
            elif self.is_time_of_unknown(bare, rest[0]):
                group = rest.pop(0)
                piece = bare.scripted(Script("_", pieces_of(group.args[0]), group.at), *group.scripts)
        return found.factors.append(self.checked(fold(piece, self.names), letters, raw.at))

    def applied(self, raw: Raw, inner: Raw, *, last: bool) -> Factor:
        """A function of an entry."""
        if inner.kind == "elided":
            raise UnreadableError("it is left out which entry the function is applied to", inner.at)
        if inner.kind == "group" and self.outside(inner):
            return self.whole(inner, raw)
        if inner.kind == "word" and not last:
            raise UnreadableError(f"the function {raw.value} needs an argument in parentheses", raw.at)
        argument = self.sum(inner.args[0] if inner.kind == "group" else inner)
        if len(argument.letters) > 1:
            raise UnreadableError(
                "an entry of a vector and one of another index meet inside a function or power", inner.at
            )
        node = call(raw, (argument.node,))
        return Factor(scripted(node, inner.scripts) if inner.kind == "group" else node, argument.letters)

    def group(self, raw: Raw, found: Product) -> None:
        """Brackets: a product in them goes on, a sum is one factor."""
        if self.outside(raw):
            found.factors.append(self.whole(raw))
        elif raw.scripts or raw.args[0].kind == "sum":
            inner = self.sum(raw.args[0])
            if inner.letters and any(item.joined in MARKS for item in raw.scripts):
                raise UnreadableError("an entry has no transpose", raw.at)
            node = scripted(inner.node, raw.scripts)
            found.factors.append(Factor(by_entries(node) if raw.scripts else node, inner.letters))
        else:
            found.take(self.product(raw.args[0]))

    def fraction(self, raw: Raw, found: Product) -> None:
        """A derivative, or a quotient."""
        (above, over), (below, under) = (self.stripped(part) for part in raw.args)
        node = self.names.derivative(Raw("frac", raw.at, args=(above, below)))
        if node is None:
            found.take(self.product(raw.args[0]))
            low = self.sum(raw.args[1])
            if len(low.letters) > 1 or raw.scripts:
                raise UnreadableError("division is by an entry of a vector or by a scalar", raw.at)
            one = Node("number", raw.at, "1")
            found.factors.append(Factor(Node("over", raw.at, args=(one, low.node)), low.letters))
            return
        node = scripted(node, raw.scripts)
        if node.kind == "derivative" and node.value.startswith(("|", "@")):
            found.factors.append(self.checked(node, (*over, *under), raw.at))
            return
        if len(under) == 2:
            if under != self.pair:
                raise UnreadableError(
                    "it is a derivative by an entry of a matrix with letters that differ from those of the left side",
                    raw.at,
                )
            under = (PAIR.join(under),)
        node = turned(node) if under and not over else node
        found.factors.append(self.checked(node, (*over, *under), raw.at))

    def running(self, sign: Raw, rest: list[Raw], found: Product) -> None:
        """A sum over a letter of entries, or a sum or product over time, of all that follows."""
        if not rest:
            raise UnreadableError("something must follow this sign", sign.at)
        body = rest[0] if len(rest) == 1 else Raw("chain", rest[0].at, args=tuple(rest))
        rest.clear()
        letters = letters_of_sum(sign, body, self.names, self.known)
        if letters:
            own = {letter: f"{letter}'{next(self.numbers)}" for letter in letters}
            times = {key: time for key, time in self.names.times.items() if key not in letters}
            names = replace(self.names, times=times)  # such a letter is no time inside
            found.take(replace(self, names=names, known={**self.known, **own}).product(body))
            found.bound += own.values()
            return
        open_letters: list[tuple[str, ...]] = []

        def inside(part: Raw, names: Names) -> Node:
            times = names.times.keys() - self.names.times.keys()
            below = next(script for script in sign.scripts if script.place == "_").joined
            known = {key: value for key, value in self.known.items() if key not in times and key != below[:1]}
            inner = replace(self, names=names, known=known).sum(part)
            open_letters.append(inner.letters)
            return inner.node

        node = running(sign, body, self.names, inside)
        if sign.value != "sum" and len(open_letters[0]) > 1:
            raise UnreadableError("a product over time is of entries of vectors", sign.at)
        found.factors.append(Factor(node, open_letters[0]))
