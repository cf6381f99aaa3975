"""Einstein sums of array code as products: ``np.einsum('i,j->ij', a, b)`` is ``outer(a, b)``.

In: a line of array code.  Out: the same with the products that the letters say.  Nothing is run.
"""

from __future__ import annotations

import re

from symgate.claims.reading.limits import UnreadableError

_CALL = re.compile(r"(?<![\w.])(?:(?:np|numpy|jnp|torch|tf|cp)\.)?einsum\(\s*(['\"])([^'\"]*)\1\s*,")
#: By the letters of both factors and of the result, named in order of appearance, what it is.
_PRODUCTS = {
    "a,b->ab": "outer({0}, {1})",
    "a,b->ba": "outer({1}, {0})",
    "ab,b->a": "(({0}) @ ({1}))",
    "ab,a->b": "(({0}).T @ ({1}))",
    "a,ab->b": "(({1}).T @ ({0}))",
    "a,ba->b": "(({1}) @ ({0}))",
    "a,a->a": "(({0}) * ({1}))",
    "a,a->": "dot({0}, {1})",
    "ab,bc->ac": "(({0}) @ ({1}))",
    "ab,ac->bc": "(({0}).T @ ({1}))",
    "ab,cb->ac": "(({0}) @ ({1}).T)",
}


def without_einsum(text: str, matrices: frozenset[str] | None = None) -> str:
    """The text with Einstein sums as products; of "ab,ac->bc" one factor is of the matrices, else a is of a batch.

    Raises:
        UnreadableError: the letters are not those of a product of two factors.
    """
    while "\\" not in text and (found := _CALL.search(text)) is not None:
        factors, end = _factors(text, found.end())
        product = _PRODUCTS.get(_in_order(found[2]))
        over_first = matrices is not None and _in_order(found[2]) == "ab,ac->bc"
        batched = over_first and not any(item.removesuffix(".T") in (matrices or ()) for item in factors)
        if product is None or len(factors) != 2 or batched:
            some = ", ".join(map(repr, list(_PRODUCTS)[:3]))
            raise UnreadableError(
                f"einsum is read of two factors, such as {some}, without a letter of a batch; write {found[2]!r} with "
                "outer, @, .T and *",
                found.start(),
            )
        text = text[: found.start()] + product.format(*factors) + text[end:]
    return text


def _in_order(letters: str) -> str:
    """The letters of an Einstein sum as a, b, c in order of appearance."""
    bare = letters.replace(" ", "")
    names: dict[str, str] = {}
    for letter in bare:
        if letter.isalpha():
            names.setdefault(letter, chr(ord("a") + len(names)))
    return "".join(names.get(letter, letter) for letter in bare)


def _factors(text: str, start: int) -> tuple[list[str], int]:
    """The arguments behind the letters, and where the call ends."""
    depth, cuts = 1, [start]
    for place in range(start, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if text[place] == "," and depth == 1:
            cuts.append(place + 1)
        if depth == 0:
            ends = [*(cut - 1 for cut in cuts[1:]), place]
            return [text[first:last].strip() for first, last in zip(cuts, ends, strict=True)], place + 1
    raise UnreadableError("this bracket is never closed", start - 1)
