"""Both sides of an equation beside a claim as expressions at our times, in plain text or LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import sympy
from sympy import Expr

from symgate.claims.judging.introduced import Beside, entries_of
from symgate.claims.judging.stated import Statement
from symgate.claims.reading.convention import LITERAL, Convention
from symgate.claims.reading.derivatives import with_gradients
from symgate.claims.reading.entries import tree
from symgate.claims.reading.latex_fold import fold
from symgate.claims.reading.latex_macros import Macro
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.meaning import Meaning
from symgate.claims.reading.names import Names
from symgate.claims.reading.operations import zeros
from symgate.claims.reading.our_terms import shifted
from symgate.claims.reading.reader import LATEX, looks_like_tex
from symgate.claims.reading.surface import Node, expanded
from symgate.claims.reading.text_grammar import read_text
from symgate.claims.recurrence.stacks import in_blocks
from symgate.language import Signal, T
from symgate.language.flipped import as_columns

_READINGS = (LITERAL, Convention(products=True))


def sides_of(
    item: Beside, known: Statement, form: str | None, macros: Mapping[str, Macro]
) -> tuple[Any, Any, tuple[str, ...]]:
    """Both sides as expressions at our times, and how matrices before a list were taken apart."""
    names, failed = _with_jacobian(known), UnreadableError("it is empty")
    for convention, tex in product(_READINGS, _forms(item, form)):
        blocks: list[str] = []
        trees = partial(_tree, known=known, names=names, macros=macros, blocks=blocks, tex=tex)
        try:
            left, right = _matched(Meaning(names, convention=convention), trees, item)
        except UnreadableError as error:
            failed = error if convention == LITERAL else failed
        else:
            return _ours(left, known), _ours(right, known), tuple(dict.fromkeys(blocks))
    raise failed


def _matched(meaning: Meaning, tree: Callable[[Beside, str], Node], item: Beside) -> tuple[Any, Any]:
    """Both sides, of one shape."""
    left, right = (meaning.of(tree(item, side)) for side in (item.left, item.right))
    if right.number == 0 and left.shape:
        right = zeros(meaning.sizes, left.shape, right.at)
    if not meaning.sizes.match(left.shape, right.shape):
        words = f"its left side is {meaning.sizes.words(left)}, its right side {meaning.sizes.words(right)}"
        raise UnreadableError(words)
    return left.make(), right.make()


def _forms(item: Beside, form: str | None) -> tuple[bool, ...]:
    """Whether it is LaTeX; what may be either is tried as plain text first."""
    sure = form == LATEX or looks_like_tex(item.left) or looks_like_tex(item.right)
    return (True,) if sure else (False, True)


def _with_jacobian(known: Statement) -> Names:
    """The names of the claim, and J_t, which is the Jacobian of the step wherever nothing else has that letter."""
    names = known.names
    if "J" in names.known() or "J" in names.rules or any(look.split("_")[0] == "J" for look in names.defined):
        return names
    size = sympy.Add(*names.sizes)
    return replace(names, signals={**names.signals, "J": Signal("J", size, size, T)})


def _tree(
    item: Beside,
    side: str,
    known: Statement,
    names: Names,
    macros: Mapping[str, Macro],
    blocks: list[str],
    *,
    tex: bool,
) -> Node:
    """The tree of a side; ``blocks`` takes what is said of a matrix before a list, as in W [h_{t-1}, x_t]."""
    if not tex:
        return expanded(with_gradients(read_text(side), names), names.defined, names.rules)
    bare, entries = entries_of(item.left, known)
    if entries is not None and bare is not None:
        node = fold(bare, names) if side == item.left else tree(read_latex(side, macros), names, entries)
        return expanded(node, names.defined, names.rules)
    raw, notes = in_blocks(read_latex(side, macros), "t")
    blocks += notes
    return expanded(fold(raw, names), names.defined, names.rules)


def _ours(expr: Expr, known: Statement) -> Expr:
    """With our times, and vectors as columns."""
    frame = known.frame
    expr = expr.xreplace(dict(frame.times)) if frame.times else expr
    expr = shifted(expr, dict(frame.shifts)) if frame.shifts else expr
    return as_columns(expr) if frame.rows and hasattr(expr, "shape") else expr
