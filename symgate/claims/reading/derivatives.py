r"""Derivatives in formulas: ``\frac{\partial \tilde h_t}{\partial h_{t-1}}``, ``\nabla_{h_t} L``, ``\delta_t``.

In: raw factors.  Out: what is differentiated by what, each a plain name with its time; and, inside a right side, the
expression that it stands for, from the recurrence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symgate.claims.reading.indexed import INDICES, entry_of, letters_of
from symgate.claims.reading.latex_lexer import Token
from symgate.claims.reading.latex_parser import parsed_tokens
from symgate.claims.reading.limits import NumberedLossError, UnreadableError
from symgate.claims.reading.moments import from_tokens
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.reading.scripts import is_time, items_of, match_scripts, time_of_group, unwrapped
from symgate.claims.reading.surface import Node

#: Letters of a loss, and signs of a derivative.
LOSSES = frozenset({"L", "E", "C", "ell", "J", "loss", "mathcalL", "l"})
_SIGNS = frozenset({"partial", "d", "mathrmd", "delta", "Delta", "nabla", "D"})
#: Letters under which papers keep the gradient of the loss by what their index names.
COTANGENTS = frozenset({"delta", "lambda", "lam", "mu"})


@dataclass(frozen=True)
class Spot:
    """A name in a derivative.

    Attributes:
        name: the plain name; "" for the loss.
        time: its time as written, None for none.
        entry: the letters of its entry, "" for the whole.
        at: where it stands.
        shown: as written.
    """

    name: str
    time: Node | None
    entry: str
    at: int
    shown: str


@dataclass(frozen=True)
class Quotient:
    """d above / d below; ``above`` is None for the loss, and ``step`` the time of a loss that is that of one step.

    ``direct`` is whether it is marked as the part of its own step alone, as in \\partial^+ h_t; ``straight`` is whether
    its sign is d and not \\partial.
    """

    above: Spot | None
    below: Spot
    step: Node | None = None
    direct: bool = False
    straight: bool = False


def quotient(raw: Raw, names: Names) -> Quotient | None:
    """The derivative that a fraction is; None for a quotient of values."""
    if raw.kind != "frac":
        return None
    above, below = (behind_sign(part) for part in raw.args)
    if above is None or below is None:
        return None
    under = spot(below, names)
    if is_loss(above) and match_scripts(above, names) is None:
        return Quotient(None, under, step_of(above, names))
    sign = raw.args[0].args[0]
    return Quotient(spot(above, names), under, direct=bool(sign.scripts), straight=sign.value == "d")


def is_loss(raw: Raw) -> bool:
    """Whether this is the letter of the loss: L, also with a time or calligraphic."""
    return raw.kind == "word" and raw.value in LOSSES


def step_of(loss: Raw, names: Names) -> Node | None:
    """The step whose own loss it is, as in L_t; None for the loss of all steps."""
    below, above = items_of(loss)
    times = [item for item in (*below, *above) if is_time(unwrapped(item), names, numbers=False)]
    numbers = [item for item in (*below, *above) if item.joined.isdigit()]
    if numbers and not times:
        raise NumberedLossError(
            f"{loss.value}_{numbers[0].joined} is the loss of a step that is a number; a claim is made for every step "
            f"t: write {loss.value}_t",
            numbers[0].at,
            numbers[0].joined,
        )
    return from_tokens(unwrapped(times[0]).bare, times[0].at) if times else None


def behind_sign(raw: Raw) -> Raw | None:
    r"""What follows \partial or d."""
    parts = list(raw.args) if raw.kind == "chain" else []
    if len(parts) < 2 or parts[0].kind != "word" or parts[0].value not in ("partial", "d"):
        return None
    if parts[0].scripts and parts[0].scripts[0].joined != "+":
        return None
    rest = parts[1:]
    return rest[0] if len(rest) == 1 else Raw("chain", rest[0].at, args=tuple(rest))


_AS_OUTPUT = "where it is computed of the states, put its equation to the recurrence, such as o_t = V h_t + c"


def spot(raw: Raw, names: Names) -> Spot:
    """The name that is differentiated, or by which.

    Raises:
        UnreadableError: it is not one name of the cell.
    """
    index: tuple[Node, ...] = ()
    word = raw
    if raw.kind == "chain" and len(raw.args) == 2 and raw.args[0].value == "vec":
        return spot(raw.args[1].args[0] if raw.args[1].kind == "group" else raw.args[1], names)
    if raw.kind == "chain" and len(raw.args) == 2 and raw.args[0].kind == "word":
        word = raw.args[0]
        bare, entry = entry_of(word, names, timed=True)
        index = time_of_group(bare, raw.args[1], names) or ()
        if not index:
            raise UnreadableError("a derivative is of one name with respect to one name", raw.at)
        return replace(_spot(bare, index, names), entry=entry)
    if word.kind == "group" and word.value in ("(", "{", "["):
        inner = spot(word.args[0], names)
        below, above = items_of(word)
        letters = "".join(letter for item in below for letter in letters_of(item, INDICES))
        if above or (below and (inner.entry or len(letters) != sum(len(item.joined) for item in below))):
            raise UnreadableError("after the brackets write the letters of an entry, such as ij", word.at)
        return replace(inner, entry=inner.entry or letters)
    if word.kind != "word":
        raise UnreadableError("a derivative is of one name with respect to one name", raw.at)
    return _spot(word, index, names)


def _spot(word: Raw, index: tuple[Node, ...], names: Names) -> Spot:
    bare, entry = entry_of(word, names)
    found = match_scripts(bare, names)
    shown = word.shown
    if found is None and bare is not word:
        bare, entry = word, ""
        found = match_scripts(bare, names)
    if found is None:
        if word.value.endswith("_prev"):
            return Spot(word.value, None, "", word.at, shown)
        raise UnreadableError(f"{names.unknown(shown, word.at).reason}; {_AS_OUTPUT}", word.at, shown[:16])
    name, below, above = found
    if above:
        raise UnreadableError(f"a derivative is of {name} itself, not of a power or transpose", word.at)
    times = [from_tokens(item.bare, item.at) for item in below]
    time = index[0] if index else times[0] if times else None
    return Spot(name, time, entry, word.at, shown)


def inner_word(script: Script) -> Raw | None:
    r"""What stands in a script as a formula of its own, such as h_t in \nabla_{h_t} and \delta_{h_t}; None for none."""
    kinds = {True: "letter", False: "sign"}
    tokens = [
        Token("cmd", word[1:], at)
        if word.startswith("\\") and len(word) > 1
        else Token("number", word, at)
        if word[0].isdigit()
        else Token("word" if len(word) > 1 else kinds[word.isalpha()], word, at)
        for word, at in script.tokens
    ]
    try:
        return parsed_tokens(tokens, at=script.at)
    except UnreadableError:
        return None


def nabla(raw: Raw, names: Names) -> Spot | None:
    r"""What ``\nabla_{h^{(t)}} L`` differentiates by; ``raw`` is the word \nabla."""
    below = [script for script in raw.scripts if script.place == "_"]
    if raw.kind != "word" or raw.value != "nabla" or len(below) != 1:
        return None
    inner = inner_word(below[0])
    return None if inner is None else spot(inner, names)


def cotangent(raw: Raw, names: Names, letters: frozenset[str] = COTANGENTS) -> Spot | None:
    r"""What \delta_t, \delta^{(t)}, \delta_{h_t}, \delta^h_t, \lambda_t stand for: a state (name "") or a name."""
    if raw.kind != "word" or raw.value not in letters or not raw.scripts:
        return None
    below, above = items_of(raw)
    scripts = [*below, *above]
    times = [item for item in scripts if is_time(unwrapped(item), names, numbers=False)]
    rest = [item for item in scripts if item not in times and item.joined not in ("top", "T", "intercal")]
    shown = raw.shown
    if len(times) == 1 and not rest:
        time = from_tokens(unwrapped(times[0]).bare, times[0].at)
        return Spot("", time, "", raw.at, shown)
    if len(rest) == 1 and len(times) <= 1:
        inner = inner_word(rest[0])
        if inner is None or inner.kind != "word":
            return None
        try:
            found = spot(inner, names)
        except UnreadableError:
            return None
        own = from_tokens(unwrapped(times[0]).bare, times[0].at) if times else found.time
        return replace(found, time=own, shown=shown)
    return None


def gradient_ahead(raw: Raw, rest: Sequence[Raw], names: Names) -> Spot | None:
    r"""What \delta h_t and \Delta c_t stand for, the gradient by the name behind the letter; None where it is none."""
    if names.derive is None or raw.kind != "word" or raw.value not in ("delta", "Delta") or raw.scripts:
        return None
    if not rest or rest[0].kind != "word" or raw.value in names.known() or raw.value in names.own:
        return None
    bare = rest[0].without(transposed_marks(rest[0]))
    return None if match_scripts(bare, names) is None else spot(bare, names)


def transposed_marks(raw: Raw) -> tuple[Script, ...]:
    """The transposes above a letter."""
    return tuple(item for item in items_of(raw)[1] if item.joined in ("top", "T", "intercal"))


def node_of(what: Quotient, at: int) -> Node:
    """A derivative inside a right side as a node: value "of|wrt", args the times (a number 0 for none).

    Of the loss of one step it is "@|wrt", with the time of the loss in front.
    """
    if what.above is None and what.step is not None:
        return Node("derivative", at, f"@|{what.below.name}", (what.step, what.below.time or Node("none", at)))
    of, wrt = ("" if what.above is None else what.above.name), what.below.name
    times = tuple(item.time or Node("none", at) for item in (what.above, what.below) if item is not None)
    return Node("derivative", at, f"{of}|{wrt}", times)


def reader(raw: Raw, names: Names) -> Node | None:
    """What ``Names.reads`` calls: the node of a fraction that is a derivative."""
    found = quotient(raw, names)
    return None if found is None else node_of(found, raw.at)


def spelled(raw: Raw, names: Names) -> Spot | None:
    """A gradient of the loss spelled as code spells it, such as dh, dW_f and bi_grad."""
    marks = {item.joined for item in transposed_marks(raw)}
    shown = "_".join([raw.value, *(item.joined for item in raw.scripts if item.joined not in marks)])
    name = spelled_gradient(shown, names) if raw.kind == "word" else ""
    if not name and raw.kind == "word" and shown.endswith("_prev"):
        name = spelled_gradient(shown.removesuffix("_prev"), names)
        before = Node("sum", raw.at, "+-", (Node("name", raw.at, "t"), Node("number", raw.at, "1")))
        return Spot(name, before, "", raw.at, shown) if name in names.states else None
    return Spot(name, None, "", raw.at, shown) if name else None


def with_gradients(node: Node, names: Names) -> Node:
    """A tree of plain text with gradients of the loss in the place of their names, such as da and dh."""
    dated = node.index if node.index is not None and len(node.index) == 1 else None
    free = node.kind in ("name", "unknown") and names.derive is not None and node.value not in names.known()
    if free and (node.index is None or dated):
        found = spelled(Raw("word", node.at, node.value), names) if node.value not in names.defined else None
        if found is not None and (dated is None or found.time is None):
            return node_of(Quotient(None, replace(found, time=dated[0]) if dated else found), node.at)
    return replace(node, args=tuple(with_gradients(part, names) for part in node.args)) if node.args else node


def spelled_gradient(shown: str, names: Names) -> str:
    """The name in bi_grad, grad_W, dW_f, d_b: code's way to write a gradient of the loss; "" where it is none."""
    words = shown.split("_")
    marked = [word for word in words if word not in ("grad", "gradient")]
    if len(marked) == len(words):
        if words[0] in ("d", "delta") and len(words) > 1:
            marked = words[1:]
        elif words[0].startswith("d") and len(words[0]) > 1:
            marked = [words[0][1:], *words[1:]]
        else:
            return ""
    squeezed = "".join(marked)
    hits = [name for name in names.known() if name.replace("_", "") == squeezed]
    return hits[0] if len(hits) == 1 else ""
