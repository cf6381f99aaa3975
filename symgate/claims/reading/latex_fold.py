r"""From raw LaTeX factors to the common tree: which letters with which scripts are which symbol of the cell.

``\mathbf{a}^{g}_{t}``, ``a_{g,t}`` and ``a^{(g)}_t`` are all a_g at time t; a superscript that belongs to no name is a
power or a transpose; a name before a parenthesis is applied if it is a function, and multiplies if it is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from symgate.claims.reading.dots import DOTS, without_dots
from symgate.claims.reading.latex_grammar import Raw, Script
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.moments import from_tokens, moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.surface import Node

_TRANSPOSE = {"\\top", "T", "\\transp", "\\intercal", "\\mathsf", "\\prime"}
_OPERATORS = {"diag": "diag", "Diag": "diag", "dg": "diagonal", "max": "max", "min": "min", "had": "had"}
_DOTS = {"cdots", "dots", "ldots"}
_RUNNING = {"sum": "sum", "prod": "prod", "ordered": "ordered", "bigodot": "hadamard"}
_ENTRYWISE = (["\\odot"], ["\\circ"], ["\\had"])
_PARTS = {"h": "odot", "k": "kron"}


def fold(raw: Raw, names: Names) -> Node:
    """The tree of a raw formula.

    Raises:
        UnreadableError: letters or scripts without a meaning here.
    """
    if raw.kind == "sum":
        parts = tuple(fold(part, names) for part in raw.args)
        if len(parts) == 1:
            return Node("minus", raw.at, args=parts)
        return Node("sum", raw.at, raw.value, parts)
    if raw.kind == "term":
        return _term(list(raw.args), raw.value, names)
    if raw.kind in ("chain", "bigop"):
        return _term([raw], "", names)
    return _factors([raw], names)[0]


def _term(chains: list[Raw], signs: str, names: Names) -> Node:
    """Products joined by odot and otimes; a sum or product sign takes everything to its right."""
    found: Node | None = None
    for place, chain in enumerate(chains):
        factors = list(chain.args) if chain.kind == "chain" else [chain]
        big = next((k for k, factor in enumerate(factors) if factor.kind == "bigop"), None)
        if big is None:
            node = _times(_factors(factors, names), chain.at)
        else:
            rest = factors[big + 1 :]
            if not rest:
                raise UnreadableError("nothing stands after this sign", factors[big].at)
            head = rest[0] if len(rest) == 1 else Raw("chain", rest[0].at, args=tuple(rest))
            later = chains[place + 1 :]
            body = Raw("term", head.at, signs[place:], (head, *later)) if later else head
            node = _times([*_factors(factors[:big], names), _running(factors[big], body, names)], chain.at)
        found = node if found is None else Node(_PARTS[signs[place - 1]], chain.at, args=(found, node))
        if big is not None:
            break
    assert found is not None
    return found


def _times(factors: Sequence[Node], at: int) -> Node:
    return factors[0] if len(factors) == 1 else Node("times", at, args=tuple(factors))


def _running(sign: Raw, body: Raw, names: Names) -> Node:
    """A sum or product over an index with its bounds."""
    below = next((script for script in sign.scripts if script.place == "_"), None)
    above = next((script for script in sign.scripts if script.place == "^"), None)
    words = [word for word, _ in below.tokens] if below else []
    if below is None or above is None or "=" not in words:
        raise UnreadableError("a sum or product needs bounds, such as _{j=k+1}^{t}", sign.at)
    cut = words.index("=")
    name = from_tokens(below.tokens[:cut], below.at)
    inner = names.with_time(name.value)
    lower = from_tokens(below.tokens[cut + 1 :], below.at)
    upper = from_tokens(above.tokens, above.at)
    return Node("running", sign.at, _RUNNING[sign.value], (fold(body, inner), name, lower, upper))


def _factors(factors: Sequence[Raw], names: Names) -> list[Node]:
    """The factors of a product, functions applied to what follows them."""
    found: list[Node] = []
    rest = list(factors)
    while rest:
        raw = rest.pop(0)
        word = raw.value if raw.kind == "word" else ""
        if word in _DOTS:
            found.append(Node("dots", raw.at, DOTS))
        elif word in _OPERATORS or (word in names.functions and rest and rest[0].kind == "group"):
            if not rest:
                raise UnreadableError(f"{word} needs an argument", raw.at)
            argument = rest.pop(0)
            bare = Raw(argument.kind, argument.at, argument.value, argument.args, (), argument.face)
            call = _call(raw, fold(bare if argument.kind == "group" else argument, names))
            found.append(_scripted(call, argument.scripts) if argument.kind == "group" else call)
        elif word in names.functions and not _is_symbol(word, names):
            raise UnreadableError(f"the function {word} needs an argument in parentheses", raw.at)
        else:
            found.append(_single(raw, names))
    return without_dots(found, names.times)


def _is_symbol(word: str, names: Names) -> bool:
    return any(True for _ in names.candidates(word))


def _call(raw: Raw, argument: Node) -> Node:
    """A function or operator applied; its superscript is an order of derivative or a power."""
    primes, power = 0, ""
    for script in raw.scripts:
        text = _joined(script)
        if script.place == "'":
            primes += len(text)
        elif script.place == "^" and text and not text.strip("()").replace("prime", ""):
            primes += text.count("prime")
        elif script.place == "^" and text.strip("()").isdigit() and len(text) <= 4:
            if text.startswith("("):
                primes += int(text.strip("()"))
            else:
                power = text
        else:
            raise UnreadableError(f"{raw.value} carries a script without a meaning here", script.at)
    call = Node("call", raw.at, _OPERATORS.get(raw.value, raw.value), (argument,), primes=primes)
    return Node("power", raw.at, power, (call,)) if power else call


def _single(raw: Raw, names: Names) -> Node:
    """One factor that is no application."""
    if raw.kind == "number":
        return _scripted(Node("number", raw.at, raw.value), raw.scripts)
    if raw.kind == "group":
        return _scripted(fold(raw.args[0], names), raw.scripts)
    if raw.kind == "norm":
        return _scripted(Node("call", raw.at, "norm", (fold(raw.args[0], names),)), raw.scripts)
    if raw.kind == "frac":
        above, below = (fold(part, names) for part in raw.args)
        return _scripted(Node("over", raw.at, args=(above, below)), raw.scripts)
    if raw.kind != "word":
        return _scripted(fold(Raw(raw.kind, raw.at, raw.value, raw.args), names), raw.scripts)
    return _word(raw, names)


def _word(raw: Raw, names: Names) -> Node:
    """A symbol with its scripts."""
    constant = {"1": "ones", "0": "zeros"}.get(raw.value) or ("eye" if raw.value in ("I", "eye", "Id") else None)
    constant = "ones" if raw.value == "ones" else constant
    subs, sups = _items(raw.scripts, "_"), _items(raw.scripts, "^")
    primes = [script for script in raw.scripts if script.place == "'"]
    if primes:
        raise UnreadableError(f"{raw.value} is no function; a transpose is written ^\\top", primes[0].at)
    if "_" in raw.value and raw.value in names.known():
        found: tuple[str, list[Script], list[Script]] | None = (raw.value, subs, sups)
    else:
        tried = (_match(*item, subs, sups, names) for item in names.candidates(raw.value))
        found = next((match for match in tried if match), None)
    if found is None and constant is not None:
        return _scripted(Node("name", raw.at, constant), tuple(sups))
    if found is None:
        shown = "_".join([raw.value, *(_joined(item) for item in [*subs, *sups])])
        raise names.unknown(shown, raw.at)
    name, index, powers = found
    moments = tuple(from_tokens(item.tokens, item.at) for item in index)
    return _scripted(Node("name", raw.at, name, index=moments or None), tuple(powers))


def _match(
    name: str, parts: tuple[str, ...], subs: list[Script], sups: list[Script], names: Names
) -> tuple[str, list[Script], list[Script]] | None:
    """The name with the scripts that are not part of it: time indices below, powers and transposes above."""
    below, above = list(subs), list(sups)
    for part in parts:
        for items, form in ((below, (part,)), (above, (f"({part})",) if part.isdigit() else (part, f"({part})"))):
            hit = next((item for item in items if _joined(item) in form), None)
            if hit is not None:
                items.remove(hit)
                break
        else:
            return None
    return (name, below, above) if all(_is_mark(item, names) for item in above) else None


def _is_mark(script: Script, names: Names) -> bool:
    """Whether a superscript is a transpose or a power: a number, or a sum of times that is no name."""
    text = _joined(script)
    if text in _MARKS or text.lstrip("-").isdigit() or _tokens(script)[:1] in _ENTRYWISE:
        return True
    try:
        moment(from_tokens(script.tokens, script.at), names.times)
    except UnreadableError:
        return False
    return True


_MARKS = {mark.lstrip("\\") for mark in _TRANSPOSE}


def _items(scripts: Sequence[Script], place: str) -> list[Script]:
    """The scripts on one side, split at commas."""
    found: list[Script] = []
    for script in scripts:
        if script.place != place:
            continue
        group: list[tuple[str, int]] = []
        for token in script.tokens:
            if token[0] == ",":
                found.append(Script(place, tuple(group), script.at))
                group = []
            else:
                group.append(token)
        found.append(Script(place, tuple(group), script.at))
    return found


def _tokens(script: Script) -> list[str]:
    return [word for word, _ in script.tokens]


def _joined(script: Script) -> str:
    return "".join(word.lstrip("\\") for word in _tokens(script))


def _scripted(node: Node, scripts: Sequence[Script]) -> Node:
    """Powers and transposes of what stands before them."""
    for script in scripts:
        words = _tokens(script)
        if script.place != "^":
            raise UnreadableError("this script has no meaning here", script.at)
        if _joined(script) in _MARKS:
            node = Node("transpose", node.at, args=(node,))
            continue
        tokens = list(script.tokens)
        entrywise = words[:1] in _ENTRYWISE
        tokens = tokens[1:] if entrywise else tokens
        if len(tokens) > 2 and tokens[0][0] == "(" and tokens[-1][0] == ")":
            tokens = tokens[1:-1]
        text = "".join(word for word, _ in tokens)
        if text.lstrip("-").isdigit():
            node = Node("power", node.at, text, (node,))
        else:
            node = Node("power", node.at, "", (node, from_tokens(tokens, script.at)))
    return node
