"""What a recurrence computes beside its states: o_t = V h_t + c, on which no later step depends.

In: equations that no state needs.  Out: those that are linear in one state after the step; a claim may speak of the
gradients by them, since the gradient by that state is V' times the one by the output.
"""

from __future__ import annotations

from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import PLAIN
from symgate.claims.recurrence.inventory import look_of, words
from symgate.records import Output


def outputs_of(unused: dict[str, Raw], states: list[str], after: str) -> tuple[Output, ...]:
    """The outputs among equations that no state needs; names of states after the step may carry the mark ``after``."""
    found = [_output(name, raw, states, after) for name, raw in unused.items()]
    return tuple(item for item in found if item is not None)


def _output(name: str, raw: Raw, states: list[str], after: str) -> Output | None:
    """An equation as an output; None where it is not a matrix times a state, perhaps with a vector added."""
    while raw.kind in ("sum", "term", "group") and len(raw.args) == 1 and raw.value in ("", "+", "(", "{"):
        raw = raw.args[0]
    terms = [_names(term) for term in (raw.args if raw.kind == "sum" and set(raw.value) <= {"+"} else (raw,))]
    products = [term for term in terms if len(term) == 2]
    rest = [term for term in terms if len(term) == 1 and term[0][1] is None]
    if len(products) != 1 or len(products) + len(rest) != len(terms) or len(rest) > 1:
        return None
    (matrix, dated), (state, offset) = products[0]
    state = state.removesuffix(after)
    if dated is not None or offset != 0 or state not in states:
        return None
    return Output(name, state, matrix, rest[0][0][0] if rest else "")


def _names(term: Raw) -> list[tuple[str, int | None]]:
    """The names in a product, each with its offset in time; [] where it is not a product of names."""
    found: list[tuple[str, int | None]] = []
    for word, _ in words(term):
        look = look_of(word, None, "t")
        if word.face != PLAIN or look is None or any(script.place == "^" for script in word.scripts):
            return []
        found.append((word.value, look.offset))
    return found if term.kind in ("chain", "word") and all(part.kind == "word" for part in term.args) else []
