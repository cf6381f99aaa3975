r"""A letter with its scripts: which symbol of the cell it is, at which times, to which power.

In: a word as ``Raw``, and the names.  Out: a node.  ``\mathbf{a}^{g}_{t}``, ``a_{g,t}``, ``a^{(g)}_t``, ``a_g(t)`` and
``a_g^{(t)}`` are all a_g at time t; a superscript that belongs to no name is a power or a transpose.
"""

from __future__ import annotations

from collections.abc import Sequence

from symgate.claims.reading.derivatives import Spot, cotangent, spelled, transposed_marks
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.moments import from_tokens, is_moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.reading.scripts import ENTRYWISE, MARKS, is_time, items_of, match_scripts, primes_of, unwrapped
from symgate.claims.reading.surface import Node

#: What stands for a matrix or a vector of any size, as a word in plain text.
CONSTANTS = {"1": "ones", "ones": "ones", "0": "zeros", "I": "eye", "eye": "eye", "Id": "eye"}
#: Faces that make I and 1 the identity and the vector of ones.
_DOUBLE = frozenset({"mathbb", "mathds", "mathbbm", "Bbb"})


def symbol_of(raw: Raw, names: Names, index: tuple[Node, ...] = ()) -> Node:
    """A symbol with its scripts."""
    constant = CONSTANTS.get(raw.value)
    if constant is not None and raw.face in _DOUBLE:  # never the input I
        return scripted(Node("name", raw.at, constant), [item for item in raw.scripts if item.place == "^"])
    primes = primes_of(raw)
    found = match_scripts(raw, names)
    if primes and found is None:
        raise UnreadableError(f"{raw.value} is not a function; a transpose is written ^\\top", primes[0].at)
    pair = [unwrapped(item) for item in items_of(raw)[0]]
    if found is None and raw.value == "delta" and len(pair) == 2 and all(is_time(item, names) for item in pair):
        return Node("name", raw.at, "delta", index=tuple(from_tokens(item.bare, item.at) for item in pair))
    if found is None and constant is not None and not _introduced(raw.without(transposed_marks(raw)), names):
        return scripted(Node("name", raw.at, constant), [item for item in raw.scripts if item.place == "^"])
    if found is None:
        free = names.derive is not None and not _introduced(raw.without(transposed_marks(raw)), names)
        loss = (cotangent(raw, names, names.cotangents) or spelled(raw, names)) if free else None
        if loss is not None:
            return scripted(gradient_of_loss(loss, raw.at), transposed_marks(raw))
        marks = [item for item in raw.scripts if item.place == "^" and item.joined in MARKS]
        stem, times = stem_and_times(raw.without(marks), names)
        dated = index or times
        name = raw.without(marks).shown
        return scripted(Node("unknown", raw.at, name, index=dated or None, stem=stem), marks)
    name, below, powers = found
    moments = index or tuple(from_tokens(item.bare, item.at) for item in below)
    return scripted(Node("name", raw.at, name, index=moments or None), powers)


def _introduced(raw: Raw, names: Names) -> bool:
    """Whether a definition beside the claim introduces the name, at this time or at every one."""
    if not names.defined and not names.rules:
        return False
    stem, times = stem_and_times(raw, names)
    rule = names.rules.get(stem)
    return raw.shown in names.defined or (rule is not None and len(rule.letters) == len(times))


def stem_and_times(raw: Raw, names: Names) -> tuple[str, tuple[Node, ...]]:
    """A name that nothing declares without its times, and the times."""
    below, above = items_of(raw)
    dated = [item for item in below if is_time(unwrapped(item), names)]
    dated += [item for item in above if is_time(unwrapped(item), names) and not (dated and _is_mark(item, names))]
    rest = sorted(item.joined for item in (*below, *above) if item not in dated)
    return "|".join([raw.value, *rest]), tuple(from_tokens(unwrapped(item).bare, item.at) for item in dated)


def _is_mark(script: Script, names: Names) -> bool:
    r"""Whether a script above is part of the name where times stand below: \pi^{(2)}_{t,i}, \pi^{k}_{t,i}."""
    return script.joined in names.own or unwrapped(script).joined.isdigit()


def gradient_of_loss(below: Spot, at: int) -> Node:
    """The gradient of the loss by a name."""
    return Node("derivative", at, f"|{below.name}", (below.time or Node("none", at),))


def scripted(node: Node, scripts: Sequence[Script]) -> Node:
    """Powers and transposes of what stands before them."""
    for script in scripts:
        if script.place != "^":
            raise UnreadableError("this script has no meaning here", script.at)
        if script.joined in MARKS:
            node = Node("transpose", node.at, args=(node,))
            continue
        tokens = list(script.bare)
        entrywise = [word for word, _ in tokens[:1]] in ENTRYWISE
        tokens, kind = (tokens[1:], "entrypower") if entrywise else (tokens, "power")
        if len(tokens) > 2 and tokens[0][0] == "(" and tokens[-1][0] == ")":
            tokens = tokens[1:-1]
        text = "".join(word for word, _ in tokens)
        if text.lstrip("-").isdigit():
            node = Node(kind, node.at, text, (node,))
        elif is_moment(tokens):
            node = Node(kind, node.at, "", (node, from_tokens(tokens, script.at)))
        else:
            raise UnreadableError("this script has no meaning here", script.at)
    return node
