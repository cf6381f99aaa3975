r"""From LaTeX tokens to raw factors, by recursive descent: one function for each rule of the notation.

    sum    = [sign] term {sign term}
    term   = chain {(\odot | \circ | \bullet | * | \otimes) chain}
    chain  = factor {[\cdot | \times | /] factor}
    factor = primary {^ arg | _ arg | '}

In: the tokens of one side.  Out: ``Raw``.  What a letter with its scripts means is for ``latex_symbols.py``, which
knows the names of the cell.
"""

from __future__ import annotations

from collections.abc import Mapping

from symgate.claims.reading.latex_cursor import Cursor
from symgate.claims.reading.latex_lexer import Token
from symgate.claims.reading.latex_macros import Macro
from symgate.claims.reading.latex_sides import unbroken
from symgate.claims.reading.latex_signs import (
    ACCENTS,
    BIG,
    COLUMNS,
    FONTS,
    FRACTIONS,
    JOINS,
    RELATIONS,
    is_function,
)
from symgate.claims.reading.latex_tokens import tokens_of
from symgate.claims.reading.limits import DEEPEST, UnreadableError
from symgate.claims.reading.raw import Raw, Script

_CLOSERS = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}


def _is_partial(raw: Raw) -> bool:
    return raw.kind == "word" and raw.value == "partial"


def _side_by_side(factors: list[Raw]) -> Raw:
    return factors[0] if len(factors) == 1 else Raw("chain", factors[0].at, args=tuple(factors))


class DoubleScriptError(UnreadableError):
    """Two subscripts in a row: TeX refuses them, but people type names such as ``d_c_bar``."""


class Parser:
    """Reads one list of tokens."""

    def __init__(self, tokens: list[Token], *, loose: bool) -> None:
        self.cursor = Cursor(tokens, loose=loose)
        self.depth = 0

    def sum(self) -> Raw:
        """A signed sum."""
        self.depth += 1
        if self.depth > 3 * DEEPEST:
            raise self.cursor.refuse(f"brackets nest deeper than {DEEPEST}")
        first = self.cursor.peek()
        at = first.at if first else 0
        sign = self.cursor.take().text if self.cursor.text() in ("+", "-") else "+"
        signs, parts = [sign], [self.term()]
        while self.cursor.text() in ("+", "-"):
            signs.append(self.cursor.take().text)
            parts.append(self.term())
        self.depth -= 1
        return parts[0] if signs == ["+"] else Raw("sum", at, "".join(signs), tuple(parts))

    def term(self) -> Raw:
        """Chains joined by products entry by entry and Kronecker products."""
        parts, signs = [self.chain()], ""
        while True:
            token = self.cursor.peek()
            join = (
                ""
                if token is None
                else JOINS.get(token.text, "")
                if token.kind == "cmd"
                else "s" * (token.text == "*" and not self.cursor.of_python())
            )
            if not join:
                break
            self.cursor.take()
            signs += join
            parts.append(self.chain())
        return parts[0] if not signs else Raw("term", parts[0].at, signs, tuple(parts))

    def chain(self) -> Raw:
        """Factors side by side."""
        found = [self.factor()]
        while True:
            if self.cursor.text() in ("\\cdot", "\\times", "\\cdotp", "@") and self.starts(1):
                self.cursor.take()
                found.append(self.factor())
            elif self.cursor.text() == "/":
                self.divide(found)
            elif self.starts():
                found.append(self.factor())
            else:
                return found[0] if len(found) == 1 else Raw("chain", found[0].at, args=tuple(found))

    def divide(self, found: list[Raw]) -> None:
        """Replace factors before a slash by their quotient: from left to right, W u / d is (W u) / d.

        The sign of a sum reaches over it, and a derivative begins at its sign.
        """
        slash = self.cursor.take()
        below = [self.factor()]
        derivative = _is_partial(below[0])
        if derivative or (
            below[0].kind == "word" and self.cursor.text() in ("(", "[", "\\{") and self.applies(below[0])
        ):
            below.append(self.factor())
        cut = max((place + 1 for place, item in enumerate(found) if item.kind == "bigop"), default=0)
        if derivative:
            cut = max((place for place, item in enumerate(found) if _is_partial(item)), default=cut)
        above = found[cut:]
        if not above:
            raise UnreadableError("this slash has no numerator", slash.at)
        if len(above) > 1 and above[-1].kind != "group" and above[-2].kind == "word" and is_function(above[-2].value):
            word = above[-2].value
            raise UnreadableError(f"{word} x / y can be read in two ways; write {word}(x)/y or {word}(x/y)", slash.at)
        found[cut:] = [Raw("frac", slash.at, args=(_side_by_side(above), _side_by_side(below)))]

    def applies(self, word: Raw) -> bool:
        """Whether a name below a slash is applied to the brackets behind it."""
        if is_function(word.value):
            return True
        last, bracket = self.cursor.tokens[self.cursor.place - 1], self.cursor.tokens[self.cursor.place]
        if last.at + len(last.text) + (last.kind == "cmd") < bracket.at:
            return False
        shown = word.value
        raise UnreadableError(
            f"1/{shown}(x) can be read in two ways; write 1/({shown}(x)) or (1/{shown})(x)", bracket.at, shown[:16]
        )

    def starts(self, ahead: int = 0) -> bool:
        """Whether a factor can start here."""
        token = self.cursor.peek(ahead)
        if token is None or token.text in ("+", "-"):
            return False
        if token.kind == "cmd":
            ends = (
                token.text in JOINS
                or token.text in RELATIONS
                or token.text in ("cdot", "times", "end", "rVert", "cdotp")
            )
            return not ends
        return token.kind != "sign" or token.text in ("(", "[", "{", "\\{")

    def factor(self) -> Raw:
        """A primary with its scripts."""
        base = self.primary()
        scripts: list[Script] = []
        while self.cursor.text() in ("^", "_", "'") or self.cursor.of_python():
            mark = self.cursor.take()
            if mark.text == ".":
                scripts.append(Script("^", (("T", self.cursor.take().at),), mark.at))
                continue
            if mark.text == "*":
                mark = self.cursor.take()
                power = self.cursor.argument()
                power += self.cursor.argument() if power[0][0] == "-" else ()
                scripts.append(Script("^", ((r"\odot", mark.at), *power), mark.at))  # entry by entry, as in NumPy
                continue
            if mark.text == "'":
                count = 1
                while self.cursor.text() == "'":
                    self.cursor.take()
                    count += 1
                scripts.append(Script("'", (("'" * count, mark.at),), mark.at))
                continue
            if mark.text == "_" and not self.cursor.loose and any(item.place == "_" for item in scripts):
                raise DoubleScriptError("two subscripts on one letter", mark.at)
            scripts.append(Script(mark.text, self.cursor.argument(), mark.at))
        return base.scripted(*scripts)

    def primary(self) -> Raw:
        """One thing: a number, a word, a group, a fraction, a sign of sums."""
        token = self.cursor.take()
        if token.kind == "number":
            return Raw("number", token.at, token.text)
        if token.kind in ("letter", "word"):
            return Raw("word", token.at, token.text)
        if token.kind == "cmd":
            return self.command(token)
        if token.text in ("(", "[", "{", "\\{"):
            return self.group(token)
        self.cursor.place -= 1
        raise self.cursor.refuse("this is not expected here")

    def group(self, opened: Token) -> Raw:
        """What stands in brackets: a sum, or several separated by commas."""
        close = _CLOSERS[opened.text]
        if (
            self.cursor.text() in ("\\cdot", "\\dots", "\\ldots", "\\cdots", "\\bullet", "\\ast", "*")
            and self.cursor.text(1) == close
        ):
            self.cursor.take()
            self.cursor.take()
            return Raw("elided", opened.at)
        parts = [self.sum()]
        comma = ""
        while self.cursor.text() in (",", ";", "\\\\") and close != "}":
            comma = self.cursor.take().text
            if self.cursor.text() == close:
                break
            parts.append(self.sum())
        self.cursor.expect(close)
        if comma:
            return Raw("list", opened.at, opened.text, tuple(parts))
        if opened.text == "{" and parts[0].kind == "word":
            return parts[0]
        return Raw("group", opened.at, opened.text, (parts[0],))

    def command(self, token: Token) -> Raw:
        """What a command stands for."""
        name = token.text
        if name in FRACTIONS:
            above, below = self.braced(), self.braced()
            return Raw("frac", token.at, args=(above, below))
        if name in BIG:
            return Raw("bigop", token.at, BIG[name])
        if name in ("overleftarrow", "overrightarrow"):
            inner = self.braced()
            if inner.kind != "bigop" or inner.value != "prod":
                raise UnreadableError("an arrow is only read over \\prod", token.at)
            return Raw("bigop", token.at, "ordered" if name == "overleftarrow" else "prod")
        if name in ACCENTS:
            inner = self.braced()
            mark = Script("~", ((ACCENTS[name], token.at),), token.at)
            if inner.kind == "word":
                return inner.scripted(mark)
            raise UnreadableError("an accent goes over one letter", token.at)
        if name in FONTS:
            return self.faced(token)
        if name == "sqrt":
            inner = self.braced()
            call = (Raw("word", token.at, "sqrt"), Raw("group", inner.at, "(", (inner,)))
            return Raw("group", token.at, "{", (Raw("chain", token.at, args=call),))
        if name == "lVert":
            inner = self.sum()
            self.cursor.expect("\\rVert", "this norm is never closed")
            return Raw("norm", token.at, args=(inner,))
        if name == "begin":
            return self.column(token)
        if name in RELATIONS or name in JOINS or name in ("cdot", "times", "end", "rVert"):
            self.cursor.place -= 1
            raise self.cursor.refuse("this is not expected here")
        return Raw("word", token.at, name)

    def braced(self) -> Raw:
        """A braced sum, or one primary."""
        if self.cursor.text() == "{":
            opened = self.cursor.take()
            if self.cursor.text() == "\\prod" and self.cursor.text(1) == "}":
                sign = self.cursor.take()
                self.cursor.take()
                return Raw("bigop", sign.at, "prod")
            inner = self.sum()
            self.cursor.expect("}")
            return inner if inner.kind != "sum" else Raw("group", opened.at, "{", (inner,))
        first = self.cursor.digit(self.cursor.take())
        self.cursor.place -= 1
        self.cursor.tokens[self.cursor.place] = first
        return self.primary()

    def faced(self, token: Token) -> Raw:
        """A font: over letters it makes one word of them, over more it is left out."""
        if self.cursor.text() != "{":
            inner = self.primary()
            kind = "word" if inner.kind == "number" else inner.kind
            return Raw(kind, inner.at, inner.value, inner.args, inner.scripts, token.text)
        start = self.cursor.place
        self.cursor.take()
        letters = ""
        while (word := self.cursor.peek()) is not None and (
            word.kind in ("letter", "word", "number") or word.text in ("_", "\\_")
        ):
            letters += "_" if word.text in ("_", "\\_") else word.text
            self.cursor.take()
        if (
            letters
            and self.cursor.text() == "}"
            and ("_" not in letters or self.cursor.tokens[start + 2].text == "\\_" or len(letters) > 3)
        ):
            self.cursor.take()
            return Raw("word", token.at, letters, face=token.text)
        self.cursor.place = start
        inner = self.braced()
        if inner.kind == "word":
            return Raw("word", inner.at, inner.value, (), inner.scripts, token.text)
        return inner if inner.kind == "group" else Raw("group", token.at, "{", (inner,))

    def column(self, token: Token) -> Raw:
        """``\\begin{bmatrix} a \\\\ b \\end{bmatrix}``: a column."""
        name = self.cursor.environment()
        if name not in COLUMNS:
            raise UnreadableError(f"the environment {name[:20]} is not read inside a formula", token.at)
        if name == "array" and self.cursor.text() == "{":
            self.cursor.argument()
        rows = [[self.sum()]]
        while self.cursor.text() in ("\\\\", ",", ";", "&"):
            if self.cursor.take().text == "&":
                rows[-1].append(self.sum())
            elif self.cursor.text() != "\\end":
                rows.append([self.sum()])
        self.cursor.expect("\\end")
        self.cursor.environment()
        if any(len(row) != len(rows[0]) for row in rows):
            raise UnreadableError("the rows of a matrix have as many columns as the first", token.at)
        if len(rows[0]) == 1:
            return Raw("list", token.at, "[", tuple(row[0] for row in rows))
        return Raw("block", token.at, str(len(rows[0])), tuple(part for row in rows for part in row))


def parsed_tokens(tokens: list[Token], *, loose: bool = False, at: int = 0) -> Raw:
    """The raw factors of a list of tokens.

    Raises:
        UnreadableError: it is not of the notation.
    """
    while tokens and tokens[-1].kind == "sign" and tokens[-1].text in (".", ",", ";", "\\\\"):
        tokens = tokens[:-1]
    if not tokens:
        raise UnreadableError("it is empty", at)
    parser = Parser(list(tokens), loose=loose)
    raw = parser.sum()
    if parser.cursor.peek() is not None:
        raise parser.cursor.refuse("this is not expected here")
    return raw


def read_latex(text: str, macros: Mapping[str, Macro] | None = None) -> Raw:
    """The raw factors of one side in LaTeX; ``text`` has passed ``limits.guard``.

    Raises:
        UnreadableError: it is not of the notation.
    """
    loose = "\\" not in text
    try:
        return parsed_tokens(unbroken(tokens_of(text, macros, loose=loose)), loose=loose)
    except DoubleScriptError:
        return parsed_tokens(unbroken(tokens_of(text, macros, loose=True)), loose=True)
