r"""Lists of tokens cut and joined: a formula into its sides, and line breaks outside matrices left out.

In: tokens.  Out: lists of tokens, which the parser reads one by one.
"""

from __future__ import annotations

from symgate.claims.reading.latex_lexer import Token
from symgate.claims.reading.latex_signs import (
    RELATIONS,
)


def sides_of(tokens: list[Token]) -> list[tuple[str, list[Token]]]:
    """The sides of a formula, each with the relation before it ("" for the first)."""
    found: list[tuple[str, list[Token]]] = [("", [])]
    depth = 0
    for token in tokens:
        if token.kind == "sign" and token.text in ("(", "[", "{", "\\{"):
            depth += 1
        elif token.kind == "sign" and token.text in (")", "]", "}", "\\}"):
            depth -= 1
        relation = RELATIONS.get(token.text) if depth == 0 and token.kind in ("cmd", "sign") else None
        if relation and not (token.text == "=" and found[-1][1] and found[-1][1][-1].text in ("<", ">", ":")):
            found.append((relation, []))
        elif relation:
            mark = found[-1][1].pop()
            found.append(({"<": "<=", ">": ">=", ":": "="}[mark.text], []))
        else:
            found[-1][1].append(token)
    return found


def unbroken(tokens: list[Token]) -> list[Token]:
    """Without line breaks outside matrices: a long right side goes on below."""
    found: list[Token] = []
    depth = 0
    for token in tokens:
        if token.kind == "cmd" and token.text in ("begin", "end"):
            depth += 1 if token.text == "begin" else -1
        if token.text != "\\\\" or token.kind != "sign" or depth > 0:
            found.append(token)
    return found
