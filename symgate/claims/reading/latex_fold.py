r"""From raw LaTeX factors to the common tree: sums, products, and functions applied to what follows them.

In: ``Raw``, and the names.  Out: ``Node``.  A name before a parenthesis is applied if it is a function, and multiplies
if it is not; which symbol a letter with its scripts is, ``latex_symbols.py`` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symgate.claims.reading.derivatives import (
    Quotient,
    gradient_ahead,
    is_loss,
    nabla,
    node_of,
    step_of,
    transposed_marks,
)
from symgate.claims.reading.dots import DOTS, without_dots
from symgate.claims.reading.latex_running import running
from symgate.claims.reading.latex_signs import LARGEST
from symgate.claims.reading.latex_symbols import gradient_of_loss, scripted, symbol_of
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scope import ended
from symgate.claims.reading.scripts import time_of_group
from symgate.claims.reading.surface import Node

_OPERATORS = {"diag": "diag", "Diag": "diag", "dg": "diagonal", "had": "had"}
_OPERATORS |= {name: name for name in LARGEST}
_OPERATORS |= {"vec": "vec", "vecop": "vec"}
_DOTS = {"cdots", "dots", "ldots"}
_PARTS = {"h": "odot", "k": "kron", "s": "star"}


def fold(raw: Raw, names: Names) -> Node:
    """The tree of a raw formula.

    Raises:
        UnreadableError: letters or scripts without a meaning here.
    """
    if raw.kind == "sum":
        parts = tuple(fold(part, names) for part in raw.args)
        if len(parts) == 1:
            return parts[0] if raw.value == "+" else Node("minus", raw.at, args=parts)
        return Node("sum", raw.at, raw.value, parts)
    if raw.kind == "term":
        return _term(list(raw.args), raw.value, names)
    if raw.kind in ("chain", "bigop"):
        return _term([raw], "", names)
    return _factors([raw], names)[0]


def _term(chains: list[Raw], signs: str, names: Names) -> Node:
    """Products joined by odot and otimes; a sum or product sign takes everything to its right."""
    if set(signs) == {"h"} and any(map(_is_dots, chains)):
        return _entrywise(chains, names)
    chains, signs = ended(chains, signs, names, _unit)
    found: Node | None = None
    for place, chain in enumerate(chains):
        factors = list(chain.args) if chain.kind == "chain" else [chain]
        big = next((k for k, factor in enumerate(factors) if factor.kind == "bigop"), None)
        if big is None:
            node = _times(_factors(factors, names), chain.at)
        else:
            rest = factors[big + 1 :]
            if not rest:
                raise UnreadableError("something must follow this sign", factors[big].at)
            head = rest[0] if len(rest) == 1 else Raw("chain", rest[0].at, args=tuple(rest))
            later = chains[place + 1 :]
            body = Raw("term", head.at, signs[place:], (head, *later)) if later else head
            node = _times([*_factors(factors[:big], names), running(factors[big], body, names, fold)], chain.at)
        found = node if found is None else Node(_PARTS[signs[place - 1]], chain.at, args=(found, node))
        if big is not None:
            break
    assert found is not None
    return found


def _unit(raws: Sequence[Raw], names: Names) -> list[Node]:
    """What cannot be parted: factors, or a sign with all that follows it."""
    if any(raw.kind == "bigop" for raw in raws):
        return [_term([raws[0] if len(raws) == 1 else Raw("chain", raws[0].at, args=tuple(raws))], "", names)]
    return _factors(raws, names)


def _is_dots(chain: Raw) -> bool:
    return chain.kind == "word" and chain.value in _DOTS


def _entrywise(chains: list[Raw], names: Names) -> Node:
    r"""Vectors joined by odot with dots among them, such as f_t \odot f_{t-1} \odot \cdots \odot f_{k+1}."""
    parts = [Node("dots", chain.at, DOTS) if _is_dots(chain) else fold(chain, names) for chain in chains]
    found, *rest = (
        replace(node, value="hadamard") if node.value == "ordered" and node not in parts else node
        for node in without_dots(parts, names.times, names.order)
    )
    for node in rest:
        found = Node("odot", node.at, args=(found, node))
    return found


def _times(factors: Sequence[Node], at: int) -> Node:
    return factors[0] if len(factors) == 1 else Node("times", at, args=tuple(factors))


def _factors(factors: Sequence[Raw], names: Names) -> list[Node]:
    """The factors of a product, functions applied to what follows them."""
    found: list[Node] = []
    rest = list(factors)
    while rest:
        raw = named_function(rest.pop(0), names)
        word = raw.value if raw.kind == "word" else ""
        follows = rest[0].kind if rest else ""
        if word == "nabla" and rest and is_loss(rest[0]):
            found.append(_gradient(raw, rest.pop(0), names))
            continue
        below = gradient_ahead(raw, rest, names)
        if below is not None:
            found.append(scripted(gradient_of_loss(below, raw.at), transposed_marks(rest.pop(0))))
            continue
        if word in _DOTS:
            found.append(Node("dots", raw.at, DOTS))
        elif word in _OPERATORS or (word in names.functions and follows in ("group", "elided")):
            if not rest:
                raise UnreadableError(f"{word} needs an argument", raw.at)
            inner = rest.pop(0)
            if rest and rest[0].kind == "group" and inner.kind == "word" and inner.value in names.functions:
                inner = Raw("chain", inner.at, args=(inner, rest.pop(0)))  # vec f(W)
            found.append(_applied(raw, inner, names))
        elif word in names.functions and not _is_symbol(word, names):
            if len(rest) == 1 and not _primed(raw):  # \tanh^2 a_t
                found.append(call(raw, (fold(rest.pop(0), names),)))
            elif _primed(raw):  # \phi'_h: the argument is that of the recurrence
                found.append(call(raw, ()))
            else:
                raise UnreadableError(f"the function {word} needs an argument in parentheses", raw.at)
        elif word and follows in ("group", "list") and time_of_group(raw, rest[0], names) is not None:
            index = time_of_group(raw, rest[0], names) or ()
            found.append(scripted(symbol_of(raw, names, index), rest.pop(0).scripts))
        else:
            found.append(_single(raw, names))
    return without_dots(found, names.times, names.order)


def named_function(raw: Raw, names: Names) -> Raw:
    r"""A function whose name has an index, such as \sigma_h."""
    marks = [script for script in raw.scripts if script.place == "_"]
    name = "_".join([raw.value, *(script.joined for script in marks)])
    if raw.kind == "word" and marks and name in names.functions:
        return replace(raw.without(marks), value=name)
    return raw


def _applied(raw: Raw, argument: Raw, names: Names) -> Node:
    if argument.kind == "elided":
        return scripted(call(raw, ()), argument.scripts)
    if argument.kind == "list" and raw.value in LARGEST:
        return scripted(call(raw, tuple(fold(part, names) for part in argument.args)), argument.scripts)
    grouped = argument.kind == "group"
    found = call(raw, (fold(argument.bare if grouped else argument, names),))
    return scripted(found, argument.scripts) if grouped else found


def _primed(raw: Raw) -> bool:
    return any(script.place == "'" or "prime" in script.joined for script in raw.scripts)


def _is_symbol(word: str, names: Names) -> bool:
    return any(True for _ in names.candidates(word))


def call(raw: Raw, arguments: tuple[Node, ...]) -> Node:
    """A function or operator applied; its superscript is an order of derivative or a power."""
    primes, power = 0, ""
    for script in raw.scripts:
        text = script.joined
        if script.place == "'":
            primes += len(text)
        elif script.place == "^" and text and not text.strip("()").replace("prime", "").replace("'", ""):
            primes += text.count("prime") + text.count("'")
        elif script.place == "^" and text.strip("()").isdigit() and len(text) <= 4:
            if text.startswith("("):
                primes += int(text.strip("()"))
            else:
                power = text
        elif script.place == "_" and not arguments:
            continue  # \phi'_h: a mark, not an argument
        else:
            raise UnreadableError(f"{raw.value} carries a script without a meaning here", script.at)
    found = Node("call", raw.at, _OPERATORS.get(raw.value, raw.value), arguments, primes=primes)
    return Node("entrypower", raw.at, power, (found,)) if power else found


def _single(raw: Raw, names: Names) -> Node:
    """One factor that is not an application."""
    if raw.kind == "number":
        return scripted(Node("number", raw.at, raw.value), raw.scripts)
    if raw.kind == "group":
        inner = fold(raw.args[0], names)
        inner = Node("bracket", raw.at, args=(inner,)) if raw.value == "[" else inner
        return scripted(inner, raw.scripts)
    if raw.kind == "list":
        return scripted(Node("stack", raw.at, args=tuple(fold(part, names) for part in raw.args)), raw.scripts)
    if raw.kind == "block":
        return scripted(Node("block", raw.at, raw.value, tuple(fold(part, names) for part in raw.args)), raw.scripts)
    if raw.kind == "elided":
        raise UnreadableError("a dot in brackets stands for the argument of a function", raw.at)
    if raw.kind == "norm":
        return scripted(Node("call", raw.at, "norm", (fold(raw.args[0], names),)), raw.scripts)
    if raw.kind == "frac":
        derivative = names.derivative(raw)
        if derivative is not None:
            return scripted(derivative, raw.scripts)
        above, below = (fold(part, names) for part in raw.args)
        return scripted(Node("over", raw.at, args=(above, below)), raw.scripts)
    if raw.kind != "word":
        return scripted(fold(raw.bare, names), raw.scripts)
    return symbol_of(raw, names)


def _gradient(raw: Raw, loss: Raw, names: Names) -> Node:
    r"""``\nabla_{h_t} L``."""
    below = nabla(raw, names)
    if below is None:
        raise UnreadableError("a gradient needs its variable, as in \\nabla_{h_t} L", raw.at)
    return node_of(Quotient(None, below, step_of(loss, names)), raw.at)
