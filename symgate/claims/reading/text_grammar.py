"""Claims as plain text, spelled as in Python: ``diag(1-g) + diag(g*dphi(a)) @ W_r``.

The grammar is LALR(1), so reading is linear in the length; what is read is a ``Node``, never a value.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError

from symgate.claims.reading.decimals import decimal
from symgate.claims.reading.dots import DOTS
from symgate.claims.reading.limits import UnreadableError, near
from symgate.claims.reading.surface import Node

GRAMMAR = r"""
?start: sum
sum: SIGN? product (SIGN product)*
product: power ((STAR | AT | SLASH) unary)*
?unary: SIGN unary -> unary
      | power
?power: postfix
      | postfix POWER exponent -> power
exponent: SIGN? NUMBER | NAME | "(" sum ")" -> bracketed
?postfix: atom
        | postfix DOT_T -> turned
?atom: NUMBER -> number
     | NAME PRIMES? -> name
     | NAME PRIMES? "(" arguments ")" -> call
     | NAME PRIMES? "(" sum "for" NAME "in" "range" "(" bounds ")" ")" -> running
     | NAME "[" arguments "]" -> indexed
     | NAME "(" "[" row ("," row)* "]" ")" -> block
     | "(" sum ")" -> group
     | DOTS -> dots
arguments: sum ("," sum)*
row: "[" arguments "]"
bounds: sum "," sum ("," SIGN NUMBER)?
SIGN: "+" | "-"
POWER.2: "**" | "^"
STAR: "*"
AT: "@"
DOTS: "..."
SLASH: "/"
DOT_T: /\.T(?![A-Za-z0-9_])/
PRIMES: /'{1,9}/
NUMBER: /((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+\-]?[0-9]+(?![0-9A-Za-z_.]))?)(?![0-9.])/
NAME: /[A-Za-z](?:_?[A-Za-z0-9])*/
%ignore /[ \t\r\n]+/
%ignore /#[^\n]*/
"""

_OPS = {"*": "star", "@": "matmul", "/": "over"}


@v_args(inline=True)
class _Build(Transformer[Token, Any]):
    """Turns what the grammar finds into nodes, on the way up."""

    def number(self, token: Token) -> Node:
        return Node("number", _at(token), decimal(str(token), _at(token)))

    def name(self, token: Token, primes: Token | str = "") -> Node:
        return Node("name", _at(token), str(token), primes=len(primes))

    def row(self, arguments: tuple[Node, ...]) -> tuple[Node, ...]:
        return arguments

    def block(self, token: Token, *rows: tuple[Node, ...]) -> Node:
        if str(token) != "block" or any(len(row) != len(rows[0]) for row in rows):
            raise UnreadableError("a matrix of blocks is written block([[A, B], [C, D]])", _at(token))
        return Node("block", _at(token), str(len(rows[0])), tuple(part for row in rows for part in row))

    def call(self, token: Token, *rest: Any) -> Node:
        *primes, arguments = rest
        return Node("call", _at(token), str(token), arguments, primes=len(primes[0]) if primes else 0)

    def indexed(self, token: Token, arguments: tuple[Node, ...]) -> Node:
        return Node("name", _at(token), str(token), index=arguments)

    def running(self, token: Token, *rest: Any) -> Node:
        if len(rest) > 3:
            raise UnreadableError("a running product or sum has no primes", _at(token))
        body, index, (lower, upper, step) = rest
        name = Node("name", _at(index), str(index))
        return Node("range", _at(token), f"{token}{step}", (body, name, lower, upper))

    def dots(self, token: Token) -> Node:
        return Node("dots", _at(token), DOTS)

    def group(self, inner: Node) -> Node:
        return inner

    def arguments(self, *items: Node) -> tuple[Node, ...]:
        return items

    def bounds(self, *items: Any) -> tuple[Any, ...]:
        lower, upper, *step = items
        return lower, upper, "".join(map(str, step))

    def turned(self, inner: Node, mark: Token) -> Node:
        return Node("transpose", inner.at, args=(inner,))

    def unary(self, sign: Token, inner: Node) -> Node:
        return inner if sign == "+" else Node("minus", _at(sign), args=(inner,))

    def exponent(self, *tokens: Token) -> Token | Node:
        return tokens[0].update(value="".join(map(str, tokens)))

    def bracketed(self, inner: Node) -> Node:
        return inner

    def power(self, base: Node, sign: Token, exponent: Token | Node) -> Node:
        """``W**2`` as in Python, entry by entry; ``W^2`` as on paper, of a matrix its product with itself."""
        kind = "power" if sign == "^" else "entrypower"
        if exponent in ("T", "top"):
            return Node("transpose", base.at, args=(base,))
        if isinstance(exponent, Node):
            return Node(kind, base.at, "", (base, exponent))
        if not exponent.lstrip("+-").isdigit():
            raise UnreadableError(f"an exponent is a whole number; found {exponent}", _at(exponent))
        return Node(kind, base.at, str(exponent), (base,))

    def product(self, first: Node, *rest: Any) -> Node:
        for sign, factor in zip(rest[::2], rest[1::2], strict=True):
            if sign == "@" and first.kind == "matmul":
                first = Node("matmul", first.at, args=(*first.args, factor))
            else:
                first = Node(_OPS[sign], _at(sign), args=(first, factor))
        return first

    def sum(self, *items: Any) -> Node:
        signs, parts = [], []
        sign = "+"
        for item in items:
            if isinstance(item, Token):
                sign = str(item)
            else:
                signs.append(sign)
                parts.append(item)
        if len(parts) == 1:
            return parts[0] if signs[0] == "+" else Node("minus", parts[0].at, args=(parts[0],))
        return Node("sum", parts[0].at, "".join(signs), tuple(parts))


def _at(token: Token) -> int:
    return token.start_pos or 0


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Build())


def read_text(text: str) -> Node:
    """The tree of a right side in plain text; ``text`` has passed ``limits.guard``.

    Raises:
        UnreadableError: it is not of the grammar.
    """
    return parsed(_parser(), text)


def parsed(parser: Lark, text: str) -> Any:
    """What a parser makes of a text, its errors as refusals with a position."""
    try:
        return parser.parse(text)
    except UnreadableError:
        raise
    except VisitError as error:
        if not isinstance(error.orig_exc, UnreadableError):
            raise
        refusal = error.orig_exc
    except UnexpectedCharacters as error:
        place = int(str(error.pos_in_stream))
        refusal = UnreadableError("this is not part of the notation", place, near(text, place))
    except UnexpectedToken as error:
        refusal = UnreadableError("the formula ends too early", len(text))
        if error.token.type != "$END":
            place = _at(error.token)
            refusal = UnreadableError("this does not fit here", place, near(text, place))
    raise refusal  # outside: an error that carries the parser along as its context cannot be sent to another process
