"""The nodes of an expression, each once, and methods by the type of a node: what every evaluator does most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import singledispatch
from typing import Any


def nodes(*exprs: Any) -> Iterator[Any]:
    """The nodes of expressions from the top down, in the order in which they first stand there.

    A part that is shared is entered once, however often it stands there.
    """
    seen = set[int]()
    todo = list(reversed(exprs))
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        todo += reversed(getattr(node, "args", ()))


class ByType:
    """``functools.singledispatchmethod`` that finds a method by one look-up, and wraps nothing."""

    def __init__(self, func: Callable[..., Any]) -> None:
        """The method for every type that has none of its own."""
        self._all = singledispatch(func)
        self._found: dict[type, Callable[..., Any]] = {}

    def register(self, kind: Any, method: Any = None) -> Callable[..., Any]:
        """The method for a type, and for its subclasses that have none of their own."""
        self._found.clear()
        found: Callable[..., Any] = self._all.register(kind, method)
        return found

    def method(self, kind: type) -> Callable[..., Any]:
        """The method of a type."""
        found = self._found.get(kind)
        if found is None:
            found = self._found[kind] = self._all.dispatch(kind)
        return found

    def __get__(self, owner: Any, _: Any = None) -> Any:
        """The method of an object: it looks at the type of its first argument."""
        method = self.method
        return lambda node, *more: method(node.__class__)(owner, node, *more)
