"""Products written with dots: ``J_t J_{t-1} ... J_{k+1}`` is one ordered product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

import sympy
from sympy import Expr

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.moments import moment
from symgate.claims.reading.order import Order
from symgate.claims.reading.surface import Node

DOTS = "..."
#: Later times first: which way a product with symbolic ends runs, where no sum around it says so.
_LATER = ("T", "t", "i_4", "i_3", "i_2", "i_1", "i", "j", "s", "k")


def without_dots(factors: Sequence[Node], times: Mapping[str, sympy.Symbol], order: Order) -> list[Node]:
    """The factors with every run of dots, and its neighbours, put together into one product.

    Raises:
        UnreadableError: dots that do not stand between two factors of one name with time indices, or of which nothing
            says whether times run up or down.
    """
    found: list[Node] = []
    rest = list(factors)
    while rest:
        node = rest.pop(0)
        if node.value != DOTS or node.kind != "dots":
            found.append(node)
            continue
        if not found or not rest or not _alike(found[-1], rest[0]):
            raise UnreadableError("dots go between two factors with the same name, such as J_t ... J_{k+1}", node.at)
        last = rest.pop(0)
        first = found.pop()
        before = _time(found[-1], times) if found and _alike(found[-1], first) else None
        step = _step(before, _time(first, times), _time(last, times), order)
        if step is None:
            letter = first.args[0].value if first.kind == "transpose" else first.value
            more = f"{letter}_t {letter}_{{t-1}}"
            raise UnreadableError(f"it is not clear which time is later; write one more factor, as in {more}", node.at)
        while found and _alike(found[-1], first) and _time(found[-1], times) - _time(first, times) == step:
            first = found.pop()
        if first.kind == "transpose":  # J_{k+1}' ... J_t' is (J_t ... J_{k+1})'
            turned = _product(last.args[0], first.args[0], descending=step == -1)
            found.append(Node("transpose", first.at, args=(turned,)))
        else:
            found.append(_product(first, last, descending=step == 1))
    return found


def _step(before: Expr | None, first: Expr, last: Expr, order: Order) -> int | None:
    """1 where times go down from left to right, -1 where they go up, None where nothing says so.

    By the bounds of the sums around, by the factor before the first one, by letters.  The ends of a product without
    factors are one apart the wrong way.
    """
    if order.at_least(first, last - 1):
        return 1
    if order.at_least(last, first - 1):
        return -1
    if before is not None and before - first in (1, -1):
        return int(before - first)
    above, below = _rank(first), _rank(last)
    if above is None or below is None or above == below:
        return None
    return 1 if above > below else -1


def _product(first: Node, last: Node, *, descending: bool) -> Node:
    upper, lower = _index(first), _index(last)
    name = Node("name", first.at, "j")
    factor = _factor(first, name)
    if descending:
        return Node("running", first.at, "ordered", (factor, name, lower, upper))
    # earlier factors on the left: (J_t' ... J_{k+1}')'
    run = Node("running", first.at, "ordered", (Node("transpose", first.at, args=(factor,)), name, upper, lower))
    return Node("transpose", first.at, args=(run,))


def _factor(like: Node, name: Node) -> Node:
    """The factor of a running product at an index."""
    if like.kind == "derivative":
        before = Node("sum", like.at, "+-", (name, Node("number", like.at, "1")))
        return replace(like, args=(name, before))
    return Node("name", like.at, like.value, index=(name,))


def _alike(left: Node, right: Node) -> bool:
    """Whether both are one name at one time, or the derivative of a step by the state before it; or transposes."""
    if left.kind == right.kind == "transpose":
        return _alike(left.args[0], right.args[0])
    if not left.kind == right.kind in ("name", "derivative") or left.value != right.value:
        return False
    if left.kind == "derivative":
        of, _, wrt = left.value.partition("|")
        return bool(of) and of == wrt and all(len(node.args) == 2 for node in (left, right))
    return all(node.index is not None and len(node.index) == 1 for node in (left, right))


def _index(node: Node) -> Node:
    """The time of a factor."""
    if node.kind == "derivative":
        return node.args[0]
    assert node.index is not None
    return node.index[0]


def _time(node: Node, times: Mapping[str, sympy.Symbol]) -> Expr:
    if node.kind == "transpose":
        return _time(node.args[0], times)
    """The same as an expression.

    Raises:
        UnreadableError: a derivative over more or less than one step.
    """
    found = moment(_index(node), times)
    if node.kind == "derivative" and found - moment(node.args[1], times) != 1:
        raise UnreadableError("dots between derivatives join those of single steps", node.at)
    return found


def _rank(time: Expr) -> Expr | None:
    """A number that is larger for what is usually later; None for letters without a custom."""
    values = dict(zip(_LATER, count(10 * len(_LATER), -10), strict=False))
    if any(str(symbol) not in values for symbol in time.free_symbols):
        return None
    return time.xreplace({symbol: sympy.Integer(values[str(symbol)]) for symbol in time.free_symbols})
