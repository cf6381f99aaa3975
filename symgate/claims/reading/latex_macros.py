r"""Macros of an author expanded, a capped number of times.

In: tokens, and definitions by name.  Out: tokens without macros.  Nothing is executed: a macro is a body with holes,
and expanding it copies tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from symgate.claims.reading.latex_lexer import Token, argument_at, lexed
from symgate.claims.reading.limits import TOKENS, UnreadableError

#: How often macros may be expanded in one formula, and how deep one may stand in another.
EXPANSIONS, NESTED = 2000, 20


@dataclass(frozen=True)
class Macro:
    """``\\newcommand{\\name}[arity]{body}``."""

    name: str
    arity: int
    body: str


def expanded(tokens: list[Token], macros: Mapping[str, Macro], *, loose: bool) -> list[Token]:
    """The tokens without macros; ``loose`` as for ``tokens_of``.

    Raises:
        UnreadableError: macros expand too often, into one another or into too much.
    """
    return _expanded(tokens, macros, [0], 0, loose=loose)


def _expanded(
    tokens: list[Token], macros: Mapping[str, Macro], spent: list[int], depth: int, *, loose: bool
) -> list[Token]:
    if not macros:
        return tokens
    found: list[Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        macro = macros.get(token.text) if token.kind == "cmd" else None
        if macro is None:
            found.append(token)
            continue
        spent[0] += 1
        if spent[0] > EXPANSIONS or depth >= NESTED:
            raise UnreadableError("macros expand too often or into one another", token.at, "\\" + token.text[:15])
        given = []
        for _ in range(macro.arity):
            argument, place = argument_at(tokens, place, token.at)
            given.append(argument)
        body = _filled(lexed(macro.body, loose=loose, fixed=token.at), given)
        found += _expanded(body, macros, spent, depth + 1, loose=loose)
        if len(found) > 4 * TOKENS:
            raise UnreadableError("macros expand into too much", token.at, "\\" + token.text[:15])
    return found


def _filled(body: list[Token], given: list[list[Token]]) -> list[Token]:
    """A macro's body with #1, #2, ... replaced."""
    found: list[Token] = []
    place = 0
    while place < len(body):
        token = body[place]
        place += 1
        if token.text == "#" and place < len(body) and body[place].text.isdigit():
            which = int(body[place].text)
            place += 1
            if not 1 <= which <= len(given):
                raise UnreadableError(f"a macro has no argument #{which}", token.at)
            found += given[which - 1]
        else:
            found.append(token)
    return found
