"""What a recurrence computes beside its states: o_t = V h_t + c, on which no later step depends.

In: equations that no state needs.  Out: those that are linear in one state after the step; a claim may speak of the
gradients by them, since the gradient by that state is V' times the one by the output.  A read-out by a function of the
whole vector, y_t = softmax(o_t), is left out.
"""

from __future__ import annotations

from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import PLAIN
from symgate.claims.recurrence.equations import Equation
from symgate.claims.recurrence.inventory import NOT_ENTRYWISE
from symgate.claims.recurrence.looks import look_of, words_with_next
from symgate.records import Output


def without_readouts(
    equations: tuple[Equation, ...], letter: str | None
) -> tuple[tuple[Equation, ...], tuple[tuple[str, str], ...], list[str]]:
    """The equations without read-outs by functions of the whole vector that nothing else uses; these, and what is told.

    Of those that are left out come the name and how its equation is spelled.
    """
    kept, notes, out = equations, list[str](), list[tuple[str, str]]()
    while True:
        used = {name for item in kept for name in _names_in(item.right, letter)}
        aside = [item for item in kept if _whole(item.right) and not used & _names_in(item.left, letter)]
        if not aside or len(aside) == len(kept):
            return kept, tuple(out), notes
        for item in aside:
            out += [(name, spelled(item.right)) for name in sorted(_names_in(item.left, letter))]
            shown = ", ".join(sorted(_names_in(item.left, letter)))
            notes.append(f"{shown}: left out, as {_whole(item.right)} is of a whole vector and no state depends on it")
        kept = tuple(item for item in kept if item not in aside)


def spelled(raw: Raw) -> str:
    """A formula in signs and letters, the same for the same formula wherever it stands and with any fonts."""
    scripts = "".join(f"{item.place}{item.joined}" for item in raw.scripts)
    return f"{raw.value}{scripts}({','.join(map(spelled, raw.args))})" if raw.args else f"{raw.value}{scripts}"


def _names_in(raw: Raw, letter: str | None) -> set[str]:
    looks = (look_of(word, follows, letter) for word, follows in words_with_next(raw))
    return {look.name for look in looks if look is not None}


def _whole(raw: Raw) -> str:
    """The first function of a whole vector that is applied there; "" for none."""
    return next((word.value for word, follows in words_with_next(raw) if word.value in NOT_ENTRYWISE and follows), "")


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
    for word, _ in words_with_next(term):
        look = look_of(word, None, "t")
        if word.face != PLAIN or look is None or any(script.place == "^" for script in word.scripts):
            return []
        found.append((word.value, look.offset))
    return found if term.kind in ("chain", "word") and all(part.kind == "word" for part in term.args) else []
