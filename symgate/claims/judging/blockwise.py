r"""Gradients of a layer that stacks several: ``\delta W^t = \delta z^t \times (I^t)^T``, where z = W I + b.

In: a claim with the equations beside it that say what z, W and I stack.  Out: the verdict on every block,
``\delta W_f = \delta a_f x_t^T``, where a_f is the row of z: the argument of a function of the recurrence.
Where nothing says it, the refusal tells what to write behind the claim, if the claim holds with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from sympy import Expr

from symgate.claims.judging.assumed import word_of
from symgate.claims.judging.context import names_for
from symgate.claims.judging.introduced import Beside
from symgate.claims.judging.layer_rows import widest_stack, with_rows
from symgate.claims.judging.layers import Layer, gradient_by, layer_of, multiplies_input, outer_product
from symgate.claims.judging.objects import some, written
from symgate.claims.judging.record import UNREADABLE, Finding
from symgate.claims.judging.statements import sides
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.errors import SymgateError
from symgate.notation import Layout, Notation, Vectors
from symgate.proof import PROVED, REFUTED, UNDECIDED
from symgate.proof.certificate import Line, Settled, Verdict
from symgate.records import Cell

_FORM = r"stacks are read in this form: \delta W = \delta z I^\top and \delta b = \delta z, where z = W I + b"
Judged = Callable[[Cell, str], Finding]


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
    by = None if layer is None or "\\" not in left else gradient_by(read_latex(left), names)
    if layer is None or by is None or by[0] not in {layer.W, layer.b} - {""} or not layer.is_now(by[1]):
        return None
    others = _others(equations, layer, names)
    if others:
        raise UnreadableError(f"beside a claim about stacks, write only what they stack; found {others[0]}")
    stated = multiplies_input(right, layer, names)
    if stated is None or stated != (by[0] == layer.W):
        raise UnreadableError(_FORM)
    cell, rows = with_rows(cell, layer)
    claims = list(_of_bias(cell, rows)) if by[0] == layer.b else list(_of_blocks(layer, rows))
    claims = [(own, body) for own, body in claims if asked is None or re.split("[:/]", asked)[-1] == own[4:]]
    if not claims:
        raise UnreadableError(f"{by[0]} has no block for {asked!r}")
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
        by, factors = gradient_by(read_latex(left), names), outer_product(read_latex(rights[0][0]), names)
    except SymgateError:
        return
    if len(rights) != 1 or relation != "=" or not _as_ours(notation):
        return
    if by is None or factors is None:
        return
    (z, time), (I, own), W = *factors, by[0]
    if {W, z, I} & set(names.known()) or len({W, z, I}) < 3 or not time or own != time:
        return
    rows, columns = widest_stack(cell)
    if len(rows) * len(columns) < 2:
        return
    body = r" \\ ".join(" & ".join(row) for row, _ in rows)
    list_ = "; ".join(f"{name}_{{{time}{late}}}" for name, late in columns)
    bias = " + b" if all(own for _, own in rows) and "b" not in {*names.known(), W, z, I} else ""
    yield (
        rf"where {z}_{{{time}}} = {W} {I}_{{{time}}}{bias}, {W} = \begin{{bmatrix}} {body} \end{{bmatrix}}, "
        rf"{I}_{{{time}}} = [{list_}]"
    )


def _of_blocks(layer: Layer, rows: tuple[tuple[str, Expr], ...]) -> Iterator[tuple[str, str]]:
    """The claims about the blocks of W, in plain text."""
    for (name, _), row in zip(rows, layer.rows, strict=True):
        for parameter, (vector, time) in zip(row, layer.columns, strict=True):
            yield f"dL/d{parameter}", f"d{name} @ {vector}{'_prev' if layer.is_before(time) else ''}.T"


def _of_bias(cell: Cell, rows: tuple[tuple[str, Expr], ...]) -> Iterator[tuple[str, str]]:
    """The claims about the blocks of b."""
    parameters = {item: str(item.name) for item in cell.parameters}
    for name, argument in rows:
        yield from ((f"dL/d{parameters[item]}", f"d{name}") for item in argument.args if item in parameters)


def with_proposal(error: UnreadableError, lines: Iterator[str], verdict: Callable[[str], Finding]) -> UnreadableError:
    """The refusal, with what to write behind the claim where the claim is proved with it."""
    for line in lines:
        try:
            if verdict(line).verdict == PROVED:
                return UnreadableError(f"{error.reason}. It holds with, behind the claim: , {line}", error.position)
        except UnreadableError:
            continue
    return error
