"""Which names are scalars, vectors and matrices, and of which sizes: by their face and letter first, then by what fits.

Each equation is typed with the reader of claims.  Where it does not fit, the kind of one more of its names is changed;
the
first kinds that fit with the fewest changes are taken, and several that fit equally well are an error that lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, MatrixSymbol

from symgate.claims.reading.convention import Convention
from symgate.claims.reading.latex_fold import fold
from symgate.claims.reading.limits import SeveralReadingsError, UnreadableError
from symgate.claims.reading.meaning import Meaning
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import MARKS
from symgate.claims.reading.shapes import DIMENSION, Shape, Sizes, Value
from symgate.claims.reading.surface import Node
from symgate.claims.recurrence.inventory import Entry, words
from symgate.claims.recurrence.outer import with_outer_products
from symgate.claims.recurrence.steps import Steps
from symgate.language import ScalarSignal, Signal
from symgate.tex.spelling import greek

SCALAR, VECTOR, MATRIX = "scalar", "vector", "matrix"
#: How many assignments of kinds are tried, how many names may differ from their first kind, how many nodes are typed.
TRIED, CHANGED, WORK = 400, 4, 12_000
Kinds = dict[str, str]
Given = Mapping[str, Sequence[str | int]]


@dataclass(frozen=True)
class Typed:
    """One assignment of kinds that fits.

    Attributes:
        kinds: by name.
        values: by defined name, the typed right side (an intermediate, or a state after the step).
        sizes: what the sizes turned out to be.
        symbols: by name, its symbol, with sizes that may be unknown.
        notes: how what is ambiguous was read.
        rows: whether vectors are rows.
    """

    kinds: Kinds
    values: dict[str, Value]
    sizes: Sizes
    symbols: dict[str, Expr]
    notes: tuple[str, ...]
    rows: bool = False


class _MisfitError(UnreadableError):
    """An equation that does not fit, with the names in it."""

    def __init__(self, refusal: UnreadableError, defined: str, raw: Raw) -> None:
        super().__init__(f"in the equation of {defined}: {refusal.reason}", refusal.position)
        self.names = [defined, *dict.fromkeys(word.value for word, _ in words(raw) if word.face == "plain")]


def typed(steps: Steps, given: Given, *, rows: bool = False) -> Typed:
    """The kinds of all names; where nothing fits, vectors may be rows, which is told.

    Args:
        steps: the equations over plain names.
        given: sizes by name.
        rows: whether vectors are rows, x W for W' x.

    Raises:
        UnreadableError: nothing fits, or several readings fit equally well.
    """
    steps = with_outer_products(steps, given)
    try:
        return replace(_searched(steps, given, rows=rows), rows=rows)
    except UnreadableError as error:
        if "in the equation of" not in error.reason:
            raise
        for convention in (*([] if rows else [{"rows": True}]), {"rows": rows, "entrywise": True}):
            try:
                found = _searched(steps, given, **convention)
            except UnreadableError:
                continue
            told = "vectors are read as rows: x W is the transpose of W times x"
            notes = (*([told] if convention["rows"] and not rows else []), *found.notes)
            return replace(found, notes=notes, rows=convention["rows"])
        turned = [name for name, raw in steps.states.items() if any(map(_inner_product, _added(raw)))]
        if turned:
            told = "k^\\top v is a number, vectors being columns; the outer product of columns is k v^\\top"
            raise UnreadableError(f"{error.reason}; {told}", error.position) from None
        raise


def _searched(steps: Steps, given: Given, *, rows: bool, entrywise: bool = False) -> Typed:
    convention = Convention(products=True, rows=rows, entrywise=entrywise)
    bold = any(entry.bold for entry in steps.entries.values())
    hints = _hints(steps, bold=bold)
    options = {name: _options(name, steps, given, hints, bold=bold) for name in _names(steps)}
    if rows:  # a transposed product is told from a transposed state by no convention
        options = {
            name: kinds if name in steps.parameters else _without_matrices(name, kinds)
            for name, kinds in options.items()
        }
    queue: list[Kinds] = [{name: kinds[0] for name, kinds in options.items()}]
    seen = {tuple(queue[0].items())}
    first: UnreadableError | None = None
    hits: list[Typed] = []
    trees: dict[str, Node] = {}
    most = min(TRIED, 1 + WORK // sum(raw.count for raw in [*steps.states.values(), *(raw for _, raw in steps.lets)]))
    reached = 0
    for place, kinds in enumerate(queue):
        changed = sum(kinds[name] != options[name][0] for name in kinds)
        if place >= most or (hits and changed > reached):
            break
        try:
            hits.append(_fitted(steps, kinds, given, trees, convention))
            reached = changed
        except _MisfitError as error:
            first = first or error
            if changed >= CHANGED:
                continue
            for name in error.names:
                for kind in options.get(name, ())[1:]:
                    key = {**kinds, name: kind}
                    if kinds[name] == options[name][0] and tuple(key.items()) not in seen:
                        seen.add(tuple(key.items()))
                        queue.append(key)
    if not hits:
        raise UnreadableError((first or UnreadableError("nothing fits")).reason, first.position if first else None)
    if len(hits) > 1:
        choices = tuple(_deciding(hit, hits) for hit in hits)
        raise SeveralReadingsError(
            f"the sizes can be read in {len(hits)} ways: {'; or '.join(map(_line, choices))}", choices
        )
    return hits[0]


def _deciding(hit: Typed, hits: list[Typed]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The names that decide for a reading, each with its sizes."""
    differing = [name for name in hit.kinds if len({other.kinds[name] for other in hits}) > 1]
    shapes: dict[str, tuple[str, ...]] = {SCALAR: (), VECTOR: ("n",), MATRIX: ("n", "n")}
    return tuple((name, shapes[hit.kinds[name]]) for name in differing)


def _line(choice: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """The one line that decides for a reading."""
    return "sizes={" + ", ".join(f"{name!r}: {shape!r}" for name, shape in choice) + "}"


@dataclass(frozen=True)
class Hints:
    """What the equations show of the kinds of names before anything is typed.

    Attributes:
        columns: names that are no numbers: those that are transposed, and, where faces do not tell, what stands in
            front of one that ends a product, as v in i v k'.
        matrices: defined names to which such a product is added.
        outer: whether there is such a product anywhere; where there is none, no state is a matrix unless sizes say so.
    """

    columns: frozenset[str]
    matrices: frozenset[str]
    outer: bool


def _hints(steps: Steps, *, bold: bool) -> Hints:
    columns: set[str] = set()
    every = [*steps.states.items(), *steps.lets]
    weights = frozenset(name for name in steps.parameters if name[:1].isupper())
    for _, raw in every:
        columns |= {word.value for word, _ in words(raw) if _is_transposed(word)}
        if not bold:
            columns |= {part.value for ends in _outer_products(raw, weights) for part in ends if part.kind == "word"}
    matrices = {name for name, raw in every if any(_outer_products(part, weights) for part in _added(raw))}
    return Hints(frozenset(columns), frozenset(matrices), any(_outer_products(raw, weights) for _, raw in every))


def _is_transposed(raw: Raw) -> bool:
    """Whether it is a name or a bracket with the mark of a transpose."""
    fits = raw.kind == "group" or (raw.kind == "word" and raw.face == "plain")
    return fits and any(script.joined in MARKS for script in raw.scripts)


def _outer_products(raw: Raw, weights: frozenset[str]) -> list[tuple[Raw, Raw]]:
    """The last two factors of every product that ends in a transposed name or bracket, as in v k'.

    Not one of ``weights``, matrices by their letter: x W' is a product with a matrix.
    """
    found = [pair for part in raw.args for pair in _outer_products(part, weights)]
    if raw.kind in ("chain", "term") and len(raw.args) > 1 and _is_transposed(raw.args[-1]):
        before, last = raw.args[-2:]
        found += [] if last.value in weights else [(before, last)]
    return found


def _inner_product(raw: Raw) -> bool:
    """Whether a summand is k' v, or a multiple of it: with vectors as rows an outer product."""
    if raw.kind != "chain" or len(raw.args) < 2:
        return False
    before, last = raw.args[-2:]
    return _is_transposed(before) and last.kind in {"word", "group"} and not _is_transposed(last)


def _added(raw: Raw) -> list[Raw]:
    """The summands of a sum, without what stands inside them."""
    if raw.kind == "sum":
        return [part for arg in raw.args for part in _added(arg)]
    return [Raw(raw.kind, raw.at, raw.value, tuple(replace(arg, args=()) for arg in raw.args), raw.scripts, raw.face)]


def upper_case(entry: Entry) -> bool:
    """Whether a name is written with a capital letter, as matrices are."""
    return entry.stem[:1].isupper()


def _names(steps: Steps) -> list[str]:
    return [*steps.states, *(name for name, _ in steps.lets), *steps.inputs, *steps.parameters]


def _options(name: str, steps: Steps, given: Given, hints: Hints, *, bold: bool) -> tuple[str, ...]:
    """The kinds that a name may have, the likeliest first; what the equations show is no number is none."""
    found = _by_letter(name, steps, given, bold=bold)
    if not hints.outer and name not in given and name not in steps.parameters:
        found = tuple(kind for kind in found if kind != MATRIX) or found
    if name in hints.matrices and name in steps.states and name not in given and MATRIX not in found:
        return (*found, MATRIX)  # such as h with v k' added to it
    if name in hints.matrices and MATRIX in found and name not in given:
        return (MATRIX, *(kind for kind in found if kind != MATRIX))
    apart = tuple(kind for kind in found if kind != SCALAR)
    return apart if name in hints.columns and apart else found


def _without_matrices(name: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The other kinds of a name that changes with time.

    Raises:
        UnreadableError: there are none.
    """
    left = tuple(kind for kind in kinds if kind != MATRIX)
    if not left:
        raise UnreadableError(f"{name} is a matrix that changes with time; write vectors as columns, W x")
    return left


def _by_letter(name: str, steps: Steps, given: Given, *, bold: bool) -> tuple[str, ...]:
    """The kinds of a name by its face and its letter."""
    if name in given:
        return ((SCALAR, VECTOR, MATRIX)[len(given[name])],)
    entry = steps.entries.get(name) or Entry(name, name[:1])
    if name in steps.states:
        return (VECTOR, MATRIX) if upper_case(entry) else (VECTOR,)
    if name in steps.inputs:  # such as the time that has passed
        return (SCALAR, VECTOR) if bold and not entry.bold else (VECTOR, SCALAR)
    let = any(name == other for other, _ in steps.lets)
    if entry.kind:
        return (VECTOR,) if entry.kind == VECTOR or let else (MATRIX,)
    upper = upper_case(entry)
    if entry.bold and let:
        return (VECTOR, MATRIX) if upper else (VECTOR,)
    if entry.bold:
        return (MATRIX, VECTOR) if upper else (VECTOR, MATRIX)
    if bold:
        return (SCALAR, VECTOR) if let else (MATRIX, SCALAR) if upper else (SCALAR, VECTOR, MATRIX)
    if let:
        return (VECTOR, SCALAR, MATRIX) if upper else (VECTOR, SCALAR)
    if upper:
        return (MATRIX, VECTOR)
    return (SCALAR, VECTOR, MATRIX) if greek(entry.stem) or name == "dt" else (VECTOR, SCALAR, MATRIX)


def _fitted(steps: Steps, kinds: Kinds, given: Given, trees: dict[str, Node], convention: Convention) -> Typed:
    """The equations, typed with these kinds; trees do not depend on them and are kept."""
    sizes = Sizes()
    symbols = {
        name: _symbol(name, kind, given.get(name), constant=name in steps.parameters, outside=name in steps.inputs)
        for name, kind in kinds.items()
    }
    dated = {name: symbol for name, symbol in symbols.items() if isinstance(symbol, (Signal, ScalarSignal))}
    constants = {name: symbol for name, symbol in symbols.items() if name not in dated}
    functions = {target: target for target in steps.functions.values()}
    names = Names(dated, constants, functions, frozenset(), now=True, opaque=frozenset(functions))
    meaning = Meaning(names, sizes, convention=convention)
    values: dict[str, Value] = {}
    for name, raw in [*steps.lets, *steps.states.items()]:
        symbol = symbols[name]
        shape: Shape = tuple(getattr(symbol, "shape", ()))
        try:
            trees[name] = trees.get(name) or fold(raw, names)
            value = _matched(meaning.of(trees[name]), shape, sizes, raw)
        except UnreadableError as error:
            raise _MisfitError(error, name, raw) from None
        values[name] = value
        _close(sizes, raw, symbols, shape)
    if all(kinds[state] == VECTOR for state in steps.states):
        _of_one_size([symbols[state].shape[0] for state in steps.states], sizes, given, meaning.notes)
    return Typed(kinds, values, sizes, symbols, tuple(meaning.notes))


def _matched(value: Value, shape: Shape, sizes: Sizes, raw: Raw) -> Value:
    """A right side of the shape of its left side."""
    if value.number is not None and shape:
        raise UnreadableError("a number is not a vector", raw.at)
    if not sizes.match(value.shape, shape):
        raise UnreadableError(f"the left side is {_kind(shape)}, the right side {sizes.words(value)}", raw.at)
    return value


def _close(sizes: Sizes, raw: Raw, symbols: dict[str, Expr], shape: Shape) -> None:
    """Sizes of 1 that an equation leaves open, as in 1'1: that of its left side, or the only one in it."""
    names = [word.value for word, _ in words(raw) if word.value in symbols]
    vectors = [symbols[name].shape[0] for name in names if len(getattr(symbols[name], "shape", ())) == 2]
    there = {sizes.of(size) for size in vectors if sizes.of(size) != 1}
    size = shape[0] if shape else next(iter(there)) if len(there) == 1 else None
    if size is None:
        return
    for item in sizes.opened:
        if sizes.of(item) in sizes.opened:
            sizes.known[sizes.of(item)] = sizes.of(size)


def _of_one_size(states: list[Expr], sizes: Sizes, given: Given, notes: list[str]) -> None:
    """States whose sizes nothing ties together are of one size, as papers have it, unless sizes are given."""
    apart = [size for size in states[1:] if sizes.of(size) != sizes.of(states[0])]
    if apart and not given and all(sizes.same(size, states[0]) for size in apart):
        notes.append("all states are read as vectors of one size; sizes=... says otherwise")


def _kind(shape: Shape) -> str:
    return SCALAR if not shape else "a vector" if shape[1] == 1 else "a matrix"


def _symbol(name: str, kind: str, given: Sequence[str | int] | None, *, constant: bool, outside: bool) -> Expr:
    """The symbol of a name, its sizes unknown where they are not given."""
    count = {SCALAR: 0, VECTOR: 1, MATRIX: 2}[kind]
    shape = [size_symbol(size) for size in given] if given is not None else [_unknown() for _ in range(count)]
    if constant:
        return MatrixSymbol(name, *shape, *[1] * (2 - count)) if count else sympy.Symbol(name, real=True)
    if count == 2 and outside:
        raise UnreadableError(f"{name} is a matrix that comes from outside at every step; an input is a vector")
    return Signal(name, *shape) if count else ScalarSignal(name)


def _unknown() -> Expr:
    return sympy.Dummy(DIMENSION, integer=True, positive=True)


def size_symbol(size: str | int) -> Expr:
    """A size as the builder writes it."""
    return sympy.Integer(size) if isinstance(size, int) else sympy.Symbol(size, integer=True, positive=True)
