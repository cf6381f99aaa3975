r"""Gradients of a layer that stacks several: ``\delta W^t = \delta z^t \times (I^t)^T``, where z = W I + b.

In: a claim with the equations beside it that say what z, W and I stack.  Out: the verdict on every block,
``\delta W_f = \delta a_f x_t^T``, where a_f is the row of z: the argument of a function of the recurrence.
Where nothing says it, the refusal tells what to write behind the claim, if the claim holds with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul

from symgate.claims.judging.assumed import word_of
from symgate.claims.judging.context import names_for
from symgate.claims.judging.introduced import Beside
from symgate.claims.judging.objects import some, written
from symgate.claims.judging.record import UNREADABLE, Finding
from symgate.claims.judging.statements import sides
from symgate.claims.reading.derivatives import behind_sign, is_loss
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.errors import SymgateError
from symgate.language import Map, Signal, T
from symgate.notation import Layout, Notation, Vectors
from symgate.proof import PROVED, REFUTED, UNDECIDED
from symgate.proof.certificate import Line, Settled, Verdict
from symgate.records import Assignment, Cell

_FORM = r"of stacks this is read: \delta W = \delta z I^\top and \delta b = \delta z, where z = W I + b"
#: How many blocks a matrix may have.
MOST = 64
Judged = Callable[[Cell, str], Finding]


@dataclass(frozen=True)
class Layer:
    """A layer z = W I + b.

    Attributes:
        z, W, I, b: its names, "" for no b.
        rows: the names of the parameters in W, row by row.
        columns: what I stacks, as (name, time).
        time: the time of z and I as written.
    """

    z: str
    W: str
    I: str
    b: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[tuple[str, str], ...]
    time: str


def layer_of(equations: tuple[Beside, ...], names: Names) -> Layer | None:
    """The layer that equations beside a claim introduce; None where there is none."""
    known, stacks, blocks, sums = set(names.known()), {}, {}, []
    for item in equations:
        try:
            left, right = word_of(read_latex(item.left), names), read_latex(item.right)
        except UnreadableError:
            continue
        if left is None or left[0] in known or item.relation != "=":
            continue
        parts = [word_of(part, names) for part in right.args]
        if right.kind == "list" and not right.scripts and None not in parts:
            stacks[left[0]] = (left[1], tuple(part for part in parts if part is not None))
        elif right.kind == "block" and not right.scripts and None not in parts:
            width, flat = int(right.value), [part[0] for part in parts if part is not None and not part[1]]
            blocks[left[0]] = tuple(tuple(flat[k : k + width]) for k in range(0, len(flat), width))
        else:
            sums.append((left, right))
    for left, right in sums:
        found = _affine(right, names)
        if found is None or found[0] not in blocks or found[1] not in stacks:
            continue
        W, I, b, time = found
        own, columns = stacks[I]
        whole = all(len(row) == len(columns) for row in blocks[W]) and 0 < len(blocks[W]) * len(columns) <= MOST
        if whole and own == time == left[1]:
            return Layer(left[0], W, I, b, blocks[W], columns, own)
    return None


def _others(equations: tuple[Beside, ...], layer: Layer, names: Names) -> list[str]:
    """The equations beside a claim that are not about the names of a layer."""
    own = {layer.z, layer.W, layer.I}
    return [
        item.shown for item in equations if item.own and (word_of(read_latex(item.left), names) or ("",))[0] not in own
    ]


def judge_layer(
    cell: Cell,
    left: str,
    right: str,
    equations: tuple[Beside, ...],
    asked: str | None,
    notation: Notation,
    judged: Judged,
) -> Finding | None:
    """The verdict on every block of a claim about a layer, or on the one that was asked for; None for another claim.

    Raises:
        UnreadableError: the layer is not one of the recurrence, or the claim is of another form.
    """
    if not equations or not _as_ours(notation):
        return None
    names = _names(cell, notation)
    layer = layer_of(equations, names)
    by = None if layer is None or "\\" not in left else _by(read_latex(left), names)
    if layer is None or by is None or by[0] not in {layer.W, layer.b} - {""}:
        return None
    others = _others(equations, layer, names)
    if others:
        raise UnreadableError(f"beside a claim about stacks stands what they stack, and nothing else: {others[0]}")
    stated = _factors(right, layer, names)
    if stated is None or stated != (by[0] == layer.W):
        raise UnreadableError(_FORM)
    cell, rows = _with_rows(cell, layer)
    claims = list(_of_bias(cell, rows)) if by[0] == layer.b else list(_of_blocks(layer, rows))
    claims = [(own, body) for own, body in claims if asked is None or re.split("[:/]", asked)[-1] == own[4:]]
    if not claims:
        raise UnreadableError(f"{by[0]} has no block that {asked!r} is about")
    texts = [f"{own} = {body}" for own, body in claims]
    found = _of_all(by[0], texts, [judged(cell, item) for item in texts])
    own = [f"{name} is row {place} of {layer.z}" for place, (name, _) in enumerate(rows, start=1)]
    return replace(found, notes=(*found.notes, "; ".join(own)))


def _of_all(stacked: str, texts: list[str], found: list[Finding]) -> Finding:
    """The verdict on all blocks: that of the worst, with a line for each in its certificate."""
    worst = next(
        (item for kind in (UNREADABLE, REFUTED, UNDECIDED) for item in found if item.verdict == kind), found[0]
    )
    shown = ", ".join(text.partition(" ")[0].removeprefix("dL/d") for text in texts)
    words = f"It is judged block by block, of the gradients by {shown}. {worst.statement}"
    readings = "\n".join(f"{text.partition(' ')[0]} = {item.reading}" for text, item in zip(texts, found, strict=True))
    certificate = worst.certificate
    if certificate is not None:
        lines = tuple(_line(place, *pair) for place, pair in enumerate(zip(texts, found, strict=True), start=1))
        certificate = replace(certificate, statement=words, ledger=(*certificate.ledger, *lines))
    one = worst.object if len(found) == 1 or worst.verdict != PROVED else f"gradient by {stacked}"
    return replace(worst, object=one, statement=words, reading=readings, certificate=certificate)


def _line(place: int, text: str, found: Finding) -> Line:
    """A block in the ledger."""
    settled = {PROVED: Settled.PROVED, REFUTED: Settled.DIFFERENT}.get(Verdict(found.verdict), Settled.OPEN)
    return Line(f"block_{place}", text, settled, (found.statement,))


def _as_ours(notation: Notation) -> bool:
    """Whether derivatives, vectors and dates are ours."""
    return notation.layout is Layout.NUMERATOR and notation.vectors is Vectors.COLUMN and not notation.shifts


def _names(cell: Cell, notation: Notation) -> Names:
    return written(names_for(some(cell)), cell, notation)


def proposed(cell: Cell, claim: str, form: str | None, notation: Notation) -> Iterator[str]:
    """What to write behind a claim of this form whose names nothing introduces."""
    try:
        left, rights, relation = sides(claim, form)
        names = _names(cell, notation)
        by, factors = _by(read_latex(left), names), _outer(read_latex(rights[0][0]), names)
    except SymgateError:
        return
    if len(rights) != 1 or relation != "=" or not _as_ours(notation):
        return
    if by is None or factors is None:
        return
    (z, time), (I, own), W = *factors, by[0]
    if {W, z, I} & set(names.known()) or len({W, z, I}) < 3 or not time or own != time:
        return
    rows, columns = _gates(cell)
    if len(rows) * len(columns) < 2:
        return
    body = r" \\ ".join(" & ".join(row) for row, _ in rows)
    list_ = "; ".join(f"{name}_{{{time}{late}}}" for name, late in columns)
    bias = " + b" if all(own for _, own in rows) and "b" not in {*names.known(), W, z, I} else ""
    yield (
        rf"where {z}_{{{time}}} = {W} {I}_{{{time}}}{bias}, {W} = \begin{{bmatrix}} {body} \end{{bmatrix}}, "
        rf"{I}_{{{time}}} = [{list_}]"
    )


def _affine(right: Raw, names: Names) -> tuple[str, str, str, str] | None:
    """W, I, b and the time of I in W I + b."""
    terms = right.args if right.kind == "sum" and set(right.value) <= {"+"} else (right,)
    first = [word_of(part, names) for part in terms[0].args] if terms[0].kind == "chain" else []
    rest = [word_of(term, names) for term in terms[1:]]
    if len(first) != 2 or None in first or len(rest) > 1 or None in rest:
        return None
    (W, dated), (I, time) = (item for item in first if item is not None)
    b, late = rest[0] if rest and rest[0] is not None else ("", "")
    return None if dated or late else (W, I, b, time)


def _by(raw: Raw, names: Names) -> tuple[str, str] | None:
    r"""By what \delta z^t or \frac{\partial L}{\partial z^t} is a gradient."""
    if (
        raw.kind == "chain"
        and len(raw.args) == 2
        and raw.args[0].value in ("delta", "Delta")
        and not raw.args[0].scripts
    ):
        return word_of(raw.args[1], names)
    if raw.kind == "frac":
        above, under = (behind_sign(part) for part in raw.args)
        return word_of(under, names) if above is not None and under is not None and is_loss(above) else None
    return None


def _outer(raw: Raw, names: Names) -> tuple[tuple[str, str], tuple[str, str]] | None:
    r"""z and I with their times in \delta z I^T."""
    if raw.kind != "chain" or len(raw.args) < 2:
        return None
    first, last = raw.args[:-1], raw.args[-1]
    head = first[0] if len(first) == 1 else replace(raw, args=first)
    while head.kind == "group" and len(head.args) == 1 and not head.scripts:
        head = head.args[0]
    z, I = _by(head, names), word_of(last, names, turned=True)
    return None if z is None or I is None else (z, I)


def _factors(right: str, layer: Layer, names: Names) -> bool | None:
    """Whether a right side is the gradient by z times I' (True) or alone (False); None where it is neither."""
    raw, own = read_latex(right), (layer.z, layer.time)
    if _by(raw, names) == own:
        return False
    return True if _outer(raw, names) == (own, (layer.I, layer.time)) else None


def _with_rows(cell: Cell, layer: Layer) -> tuple[Cell, tuple[tuple[str, Expr], ...]]:
    """The cell with a name for every row of z, and these names with what they stand for.

    Raises:
        UnreadableError: a row is not the argument of a function of the recurrence.
    """
    vectors = [_vector(cell, *column) for column in layer.columns]
    found: list[tuple[str, Expr]] = []
    for place, row in enumerate(layer.rows, start=1):
        pairs = [(cell.symbols.get(name), vector) for name, vector in zip(row, vectors, strict=True)]
        terms = {MatMul(matrix, vector) for matrix, vector in pairs if matrix in cell.parameters}
        argument = next((item for item in _arguments(cell) if _rest(item, terms, cell) == int(bool(layer.b))), None)
        argument = argument if len(terms) == len(row) else None
        if argument is None:
            shown = " + ".join(f"{name} {own}" for name, (own, _) in zip(row, layer.columns, strict=True))
            raise UnreadableError(
                f"row {place} of {layer.z}, {shown}{' + a bias' if layer.b else ''}, is not the argument of a function "
                "of the recurrence"
            )
        cell, name = _with_name(cell, argument)
        found.append((name, argument))
    return cell, tuple(found)


def _vector(cell: Cell, name: str, time: str) -> Expr:
    """What I stacks, as the recurrence has it: a state before the step, or a name of the step."""
    there = {f"{state.name}-1": state.before for state in cell.states}
    there |= {str(item.name): item for item in (*cell.inputs, *(own.symbol for own in cell.assignments))}
    key = name + (time[1:] if time[1:] == "-1" else "")
    if key not in there:
        raise UnreadableError(
            f"a step has no {name}_{time}: a stack has states before the step, inputs and names of it"
        )
    return there[key]


def _arguments(cell: Cell) -> list[Expr]:
    """What the recurrence takes functions of, and what it names."""
    found: list[Expr] = []
    for expr in cell.definitions.values():
        found += [expr.argument] if isinstance(expr, Map) and expr.order == 0 else [expr]
    return found


def _rest(expr: Expr, terms: set[Expr], cell: Cell) -> int | None:
    """How many parameters an argument has beside these terms; None where it has not all of them, or something else."""
    own = set(expr.args) if isinstance(expr, MatAdd) else {expr}
    rest = own - terms
    return len(rest) if terms <= own and rest <= set(cell.parameters) else None


def _with_name(cell: Cell, argument: Expr) -> tuple[Cell, str]:
    """The cell with a name for an argument, and the name."""
    for item in cell.assignments:
        if item.expr == argument:
            return cell, str(item.symbol.name)
    taken = {name.replace("_", "") for name in (*cell.symbols, *(str(symbol.name) for symbol in cell.definitions))}
    name = next(name for place in count() if (name := f"pre{place or ''}") not in taken)
    symbol = Signal(name, argument.shape[0], 1, T)
    put = {argument: symbol}
    items = [replace(item, expr=item.expr.xreplace(put)) for item in cell.assignments]
    changed = [new != old for new, old in zip(items, cell.assignments, strict=True)]
    place = changed.index(True) if True in changed else len(items)
    items.insert(place, Assignment(symbol, argument))
    states = tuple(replace(state, update=state.update.xreplace(put)) for state in cell.states)
    return replace(cell, assignments=tuple(items), states=states), name


def _of_blocks(layer: Layer, rows: tuple[tuple[str, Expr], ...]) -> Iterator[tuple[str, str]]:
    """The claims about the blocks of W, in plain text."""
    for (name, _), row in zip(rows, layer.rows, strict=True):
        for parameter, (vector, time) in zip(row, layer.columns, strict=True):
            yield f"dL/d{parameter}", f"d{name} @ {vector}{'_prev' if time.endswith('-1') else ''}.T"


def _of_bias(cell: Cell, rows: tuple[tuple[str, Expr], ...]) -> Iterator[tuple[str, str]]:
    """The claims about the blocks of b."""
    parameters = {item: str(item.name) for item in cell.parameters}
    for name, argument in rows:
        yield from ((f"dL/d{parameters[item]}", f"d{name}") for item in argument.args if item in parameters)


def _gates(cell: Cell) -> tuple[list[tuple[tuple[str, ...], bool]], list[tuple[str, str]]]:
    """The rows of the widest stack of a recurrence, each with whether it has a bias, and what it is taken of."""
    names = {item.symbol: (str(item.symbol.name), "") for item in cell.assignments}
    names |= {item: (str(item.name), "") for item in cell.inputs}
    names |= {state.before: (state.name, "-1") for state in cell.states}
    found: dict[tuple[tuple[str, str], ...], list[tuple[tuple[str, ...], bool]]] = {}
    for argument in dict.fromkeys(_arguments(cell)):
        terms = list(argument.args) if isinstance(argument, MatAdd) else [argument]
        pairs = [
            item.args for item in terms if isinstance(item, MatMul) and len(item.args) == 2 and item.args[1] in names
        ]
        rest = [item for item in terms if item in cell.parameters]
        if not pairs or len(pairs) + len(rest) != len(terms) or len(rest) > 1:
            continue
        if any(matrix not in cell.parameters for matrix, _ in pairs):
            continue
        pairs = sorted(pairs, key=lambda pair: names[pair[1]][1])  # inputs first, then states before the step
        key = tuple(names[vector] for _, vector in pairs)
        found.setdefault(key, []).append((tuple(str(matrix.name) for matrix, _ in pairs), bool(rest)))
    columns = max(found, key=lambda key: len(found[key]), default=())
    return found.get(columns, []), list(columns)


def with_proposal(error: UnreadableError, lines: Iterator[str], verdict: Callable[[str], Finding]) -> UnreadableError:
    """The refusal, with what to write behind the claim where the claim is proved with it."""
    for line in lines:
        try:
            if verdict(line).verdict == PROVED:
                return UnreadableError(f"{error.reason}. It holds with, behind the claim: , {line}", error.position)
        except UnreadableError:
            continue
    return error
