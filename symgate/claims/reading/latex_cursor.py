"""A place in a list of tokens: what comes next, what a script holds, and the refusal of what is not expected there.

In: the tokens of one side.  Out: tokens one by one, and the pieces of a script at once, for ``latex_parser.py``.
"""

from __future__ import annotations

import re

from symgate.claims.reading.latex_lexer import Token
from symgate.claims.reading.latex_signs import FONTS
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.raw import Piece


class Cursor:
    """Goes through one list of tokens from left to right."""

    def __init__(self, tokens: list[Token], *, loose: bool) -> None:
        self.tokens = tokens
        self.place = 0
        self.loose = loose

    def peek(self, ahead: int = 0) -> Token | None:
        """The next token, or None."""
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def text(self, ahead: int = 0) -> str:
        """The next token as text, commands with a backslash; "" at the end."""
        token = self.peek(ahead)
        return "" if token is None else ("\\" + token.text if token.kind == "cmd" else token.text)

    def take(self) -> Token:
        """The next token, which there must be."""
        token = self.peek()
        if token is None:
            raise UnreadableError("it ends too early", self.tokens[-1].at if self.tokens else 0)
        self.place += 1
        return token

    def refuse(self, reason: str) -> UnreadableError:
        """A refusal at the next token."""
        token = self.peek()
        if token is None:
            return UnreadableError("it ends too early", self.tokens[-1].at if self.tokens else 0)
        return UnreadableError(reason, token.at, self.text()[:16])

    def expect(self, sign: str, reason: str = "this is not expected here") -> Token:
        """The next token, which must be this one.

        Raises:
            UnreadableError: it is another one, for this reason.
        """
        if self.text() != sign:
            raise self.refuse(reason)
        return self.take()

    def of_python(self) -> bool:
        """Whether ``.T`` or ``**`` follows."""
        return (self.text(), self.text(1)) in ((".", "T"), ("*", "*"))

    def argument(self) -> tuple[Piece, ...]:
        """The pieces of a script: a braced group, or one token."""
        if self.text() != "{":
            token = self.take()
            if token.kind == "cmd" and token.text in FONTS and self.text() == "{":
                return self.argument()
            if token.kind == "sign" and token.text not in "*+-()'\\{\\}":
                raise UnreadableError("this script has no meaning here", token.at)
            return ((self.shown(self.digit(token)), token.at),)
        self.take()
        found: list[Piece] = []
        depth = 1
        while True:
            token = self.take()
            if token.text == "{" and token.kind == "sign":
                depth += 1
            elif token.text == "}" and token.kind == "sign":
                depth -= 1
                if depth == 0:
                    return tuple(found)
            if token.kind == "cmd" and token.text in FONTS:
                continue
            found.append((self.shown(token), token.at))

    def digit(self, token: Token) -> Token:
        """The token, or the first digit of a number, as TeX takes it for an argument: \\frac12 is a half."""
        if token.kind != "number" or len(token.text) == 1 or self.loose:
            return token
        if not (token.text[0].isdigit() and re.fullmatch(r"[0-9]*\.?[0-9]+|[0-9]+\.", token.text[1:])):
            raise UnreadableError(f"{token.text} needs braces here, as in \\frac{{{token.text}}}{{...}}", token.at)
        self.tokens.insert(self.place, Token("number", token.text[1:], token.at + 1))
        return Token("number", token.text[0], token.at)

    @staticmethod
    def shown(token: Token) -> str:
        """A token as a piece of a script."""
        return "\\" + token.text if token.kind == "cmd" else token.text

    def environment(self) -> str:
        """The name in braces after \\begin or \\end."""
        if self.text() != "{":
            raise self.refuse("an environment needs its name in braces")
        return "".join(word for word, _ in self.argument())
