r"""Names that a claim introduces: "where D_t = diag(...)", and equations before it in the same file.

Each definition is read once, over the names of the recurrence and the definitions before it.  An equation of a name
that has a meaning already defines nothing: ``beside.py`` judges it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from symgate.claims.judging.stated import Statement
from symgate.claims.reading.derivatives import spelled, with_gradients
from symgate.claims.reading.entries import tree
from symgate.claims.reading.indexed import Entries, entry_of
from symgate.claims.reading.latex_fold import fold
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.latex_symbols import CONSTANTS, stem_and_times
from symgate.claims.reading.limits import FreeLeftError, UnreadableError, nesting, split_chain
from symgate.claims.reading.moments import from_tokens
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.reader import LATEX, looks_like_tex
from symgate.claims.reading.scripts import match_scripts
from symgate.claims.reading.surface import Node, Rule, counts_with, order_look
from symgate.claims.reading.text_grammar import read_text
from symgate.claims.recurrence.pieces import without_prose
from symgate.records import Kind

_SPACING = re.compile(r"\\(?:q?quad|[ ,;:!])")
#: A block of several states in plain text, such as J_h_l.
_BLOCK = re.compile(r"[A-Za-z]\w*_\w+_\w+")
#: How many definitions a claim may bring.
MOST = 32


@dataclass(frozen=True)
class Beside:
    """An equation beside a claim.

    Attributes:
        left, right: its sides as written.
        relation: the sign between them: "=", "~" or "<=".
        own: whether it stands in the claim itself, and not before it in the same file.
    """

    left: str
    right: str
    relation: str = "="
    own: bool = True

    @property
    def shown(self) -> str:
        """As written."""
        return " ".join(f"{self.left} {self.relation} {self.right}".split())


def without_definitions(claim: str) -> tuple[str, tuple[Beside, ...]]:
    """The claim itself, and the equations that stand behind "where", "with", commas and semicolons."""
    text = without_prose(claim)
    depths = nesting(text.replace("\\left.", "      ").replace("\\right.", "       "))
    cuts = [
        place
        for place, letter in enumerate(text)
        if letter in ",;" and depths[place] == 0 and text[place - 1 : place] != "\\"
    ]
    pieces = [text[start:end] for start, end in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(text)], strict=True)]
    found: list[Beside] = []
    main = pieces[0]
    if len(cuts) == 0 or not any(len(split_chain(piece)) > 1 for piece in pieces[1:]):
        return claim, ()
    for piece in pieces[1:]:
        first, *rest = split_chain(piece)
        if rest:
            links = [first[1].strip(), *(right.strip(" .\n") for _, right, _ in rest)]
            found += [Beside(links[k], links[k + 1], rest[k][0]) for k in range(len(rest))]
        elif _SPACING.sub("", piece).strip(" .\n"):
            raise UnreadableError("what follows a comma is a definition, such as D_t = ...", claim.find(piece))
    if len(found) > MOST:
        raise UnreadableError(f"a claim has at most {MOST} definitions")
    return main, tuple(found)


def with_claim_first(
    main: str, equations: tuple[Beside, ...], about: Callable[[str], object]
) -> tuple[str, tuple[Beside, ...]]:
    """The equation that the claim is about, and the others: those in front of it define names, as lines of code do.

    ``about`` says what an equation is about, or raises ``FreeLeftError``.

    Raises:
        FreeLeftError: every left side is a name that nothing introduces.
    """
    try:
        about(main)
    except FreeLeftError:
        (_, left, _), *rest = split_chain(main)
        for item in equations if len(rest) == 1 else ():
            try:
                about(item.shown)
            except UnreadableError:
                continue
            others = tuple(other for other in equations if other is not item)
            return item.shown, (Beside(left.strip(), rest[0][1].strip(" .\n"), rest[0][0]), *others)
        raise
    except UnreadableError:
        pass  # told where the claim is judged
    return main, equations


def further(equations: tuple[Beside, ...], rights: list[str], names: Names) -> tuple[Beside, ...]:
    """Equations for gradients that code spells as names, such as dU = ..., which nothing else in the claim uses.

    They are claims of their own: lines of code in which one gradient follows another.
    """
    found = []
    for item in equations:
        word = item.left.strip()
        free = item.own and item.relation == "=" and word.isidentifier() and word not in names.known()
        others = [*rights, *(other.right for other in equations if other is not item)]
        used = any(_uses(text, word) for text in others)
        if free and not used and spelled(Raw("word", 0, word), names) is not None:
            found.append(item)
    return tuple(found)


def unused(equations: tuple[Beside, ...], judged: list[str], names: Names) -> tuple[Beside, ...]:
    """Lines of code that introduce a name which nothing that is judged uses, be it by way of other lines."""
    lines = [item for item in equations if item.own and item.relation == "=" and item.left.strip().isidentifier()]
    lines = [item for item in lines if item.left.strip() not in names.known()]
    others = [item.right for item in equations if item not in lines]
    texts, rest = [*judged, *others], lines
    while found := [item for item in rest if any(_uses(text, item.left) for text in texts)]:
        texts, rest = [item.right for item in found], [item for item in rest if item not in found]
    return tuple(rest)


def is_like_a_gradient(word: str) -> bool:
    """Whether code would have a gradient under this name, such as dhnext, grad_W or delta_h."""
    return re.match(r"\s*(?:d_?[A-Za-z]|[Dd]elta|g_|\w*[Gg]rad)", word) is not None


def _uses(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word.strip())}(?!\w)", text) is not None


def defined(known: Statement, equations: tuple[Beside, ...], form: str | None) -> tuple[Statement, tuple[Beside, ...]]:
    """The statement with what its names stand for, and the equations that are about what has a meaning already.

    Names of the recurrence and of the object keep their meaning: what an equation says of one of them is judged.

    Raises:
        UnreadableError: the claim gives one name two meanings, of which each line of code has the one before it.
    """
    found: dict[str, Node] = {}
    rules: dict[str, Rule] = {}
    stated: list[Beside] = []
    own: set[str] = set()
    for item in equations:
        left, right = item.left, item.right
        block = left if _BLOCK.fullmatch(left) and left not in known.names.known() else None
        bare, entries = entries_of(left, known)
        raw, order = (None, ()) if block is not None else _raw(bare if bare is not None else left, known)
        function = raw is not None and raw.value in known.names.functions
        turned = raw is not None and raw.value in CONSTANTS and any(script.place == "^" for script in raw.scripts)
        if item.relation != "=" or function or turned or (raw is None and not order and block is None):
            stated.append(item)
            continue
        if item.own and left.strip().isidentifier() and _uses(right, left):
            raise UnreadableError(f"{item.shown} writes {left.strip()} again; give the new value its own name")
        tex = form == LATEX or looks_like_tex(right)
        try:
            if entries is not None:
                body = tree(read_latex(right), known.names, entries)
            else:
                body = fold(read_latex(right), known.names) if tex else _plain(right, known)
        except UnreadableError:
            continue  # what the claim does not use need not be readable; what it uses is then refused there
        if block is not None:
            found[block] = body
            continue
        if raw is None:
            rules[order_look(order[0], order[1:])] = Rule((order[1].value, order[2].value), body)
            continue
        name = raw.shown
        if raw.value in CONSTANTS and not raw.scripts:  # other definitions may have been read with it as the identity
            found[CONSTANTS[raw.value]] = body
        if item.own and name in own and found[name] != body:
            raise UnreadableError(f"{name} is defined twice, in different ways; give each its own name")
        found[name] = body
        own |= {name} if item.own else set()
        stem, times = stem_and_times(raw, known.names)
        letters = [time.value for time in times if time.kind == "name"]
        taken = frozenset(letters).intersection(known.names.known())  # names of the cell, where they are values
        if letters and len(set(letters)) == len(times) and not counts_with(body, taken):
            rules[stem] = Rule(tuple(letters), body)
    names = replace(known.names, defined=found, rules=rules) if found or rules else known.names
    return replace(known, names=names), tuple(stated)


def entries_of(left: str, known: Statement) -> tuple[Raw | None, Entries | None]:
    """The name on a left side without letters of entries, and these; only beside a claim about entries."""
    if known.frame.entries is None:
        return None, None
    try:
        raw = read_latex(left)
    except UnreadableError:
        return None, None
    follows = raw.args[1] if raw.kind == "chain" and len(raw.args) == 2 else None
    word = raw if follows is None else raw.args[0]
    if word.kind != "word":
        return None, None
    bare, letters = entry_of(word, known.names, timed=follows is not None)
    bare = bare if follows is None else replace(raw, args=(bare, follows))
    return (bare, Entries(tuple(letters[:1]), tuple(letters[1:]))) if letters else (None, None)


def _plain(right: str, known: Statement) -> Node:
    """Plain text spelled as in Python, or with indices in braces."""
    try:
        return with_gradients(read_text(right), known.names)
    except UnreadableError:
        return fold(read_latex(right), known.names)


def _raw(left: str | Raw, known: Statement) -> tuple[Raw | None, tuple[Any, ...]]:
    """The name that a definition introduces, or the order of an expansion; nothing for a name of the recurrence."""
    try:
        raw = read_latex(left) if isinstance(left, str) else left
        match = match_scripts(raw, known.names) if raw.kind == "word" else None
    except UnreadableError:
        return None, ()
    if match is not None and known.truth.kind is Kind.EXPANSION and len(match[1]) == 3 and not match[2]:
        index = [from_tokens(item.bare, item.at) for item in match[1]]
        letters = [time.kind for time in index] == ["name", "name", "number"] and index[0].value != index[1].value
        return None, (match[0], *index) if letters else ()
    return (raw, ()) if raw.kind == "word" and match is None else (None, ())
