"""What a claim says of a layer that stacks several: z = W I + b, what W and I stack, and by what a gradient is taken.

In: equations beside a claim, and sides of one, as written.  Out: the ``Layer``, and the factors of gradients by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symgate.claims.judging.assumed import word_of
from symgate.claims.judging.introduced import Beside
from symgate.claims.reading.derivatives import behind_sign, is_loss
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw

#: How many blocks a matrix may have.
MOST = 64


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

    def is_now(self, time: str) -> bool:
        """Whether a time as written is that of the step."""
        return time in ("", self.time or "t")

    def is_before(self, time: str) -> bool:
        """Whether a time as written is one step before."""
        return time == f"{self.time or 't'}-1"


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


def gradient_by(raw: Raw, names: Names) -> tuple[str, str] | None:
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


def outer_product(raw: Raw, names: Names) -> tuple[tuple[str, str], tuple[str, str]] | None:
    r"""z and I with their times in \delta z I^T."""
    if raw.kind != "chain" or len(raw.args) < 2:
        return None
    first, last = raw.args[:-1], raw.args[-1]
    head = first[0] if len(first) == 1 else replace(raw, args=first)
    while head.kind == "group" and len(head.args) == 1 and not head.scripts:
        head = head.args[0]
    z, I = gradient_by(head, names), word_of(last, names, turned=True)
    return None if z is None or I is None else (z, I)


def multiplies_input(right: str, layer: Layer, names: Names) -> bool | None:
    """Whether a right side is the gradient by z times I' (True) or alone (False); None where it is neither."""
    raw, own = read_latex(right), (layer.z, layer.time)
    if gradient_by(raw, names) == own:
        return False
    return True if outer_product(raw, names) == (own, (layer.I, layer.time)) else None
