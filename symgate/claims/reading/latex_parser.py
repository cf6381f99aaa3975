r"""From LaTeX tokens to raw factors, by recursive descent: one function for each rule of the notation.

    sum    = [sign] term {sign term}
    term   = chain {(\odot | \circ | \bullet | * | \otimes) chain}
    chain  = factor {[\cdot | \times | /] factor}
    factor = primary {^ arg | _ arg | '}

What a letter with its scripts means is for ``latex_fold.py``, which knows the names of the cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from symgate.claims.reading.latex_tokens import Macro, Token, tokens_of
from symgate.claims.reading.limits import DEEPEST, UnreadableError
from symgate.claims.reading.raw import Piece, Raw, Script
from symgate.nonlinearities import registered_nonlinearities

_ENTRYWISE = {"odot", "circ", "bullet", "had", "ast", "star"}
_JOINS = dict.fromkeys(_ENTRYWISE - {"ast", "star"}, "h") | {"otimes": "k", "kron": "k", "ast": "s", "star": "s"}
_BIG = {"sum": "sum", "prod": "prod", "bigodot": "bigodot"}
_FONTS = frozenset(
    [
        "mathbf",
        "boldsymbol",
        "bm",
        "pmb",
        "mathrm",
        "operatorname",
        "mathsf",
        "mathit",
        "mathbb",
        "mathcal",
        "mathfrak",
        "mathscr",
        "text",
        "textbf",
        "textit",
        "textrm",
        "textsf",
        "mbox",
        "vect",
        "mat",
        "vec",
        "mathtt",
        "mathds",
        "mathbbm",
    ]
)
_ACCENTS = {"tilde": "tilde", "widetilde": "tilde", "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar"}
_ACCENTS |= {"dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve"}
_FRACTIONS = {"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "flatfrac"}
_CLOSERS = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}
_COLUMNS = {"bmatrix", "pmatrix", "matrix", "smallmatrix", "Bmatrix", "array"}
#: Relations between two sides; what they mean is for the reader of sides.
RELATIONS = {
    "=": "=",
    "approx": "~",
    "simeq": "~",
    "sim": "~",
    "le": "<=",
    "leq": "<=",
    "leqslant": "<=",
    "lesssim": "<=",
}
RELATIONS |= {"equiv": "=", "triangleq": "=", "coloneqq": "=", "doteq": "=", "propto": "propto", "<": "<", "ge": ">="}
RELATIONS |= {"geq": ">=", ">": ">", "leftarrow": "=", "gets": "=", "coloneq": "=", "neq": "!=", "ne": "!="}


#: Names that stand for functions whatever else there is, beside those that are registered.
_FUNCTIONS = frozenset({"phi", "psi", "varphi", "f", "sigmoid", "logistic", "ReLU", "softmax", "norm", "diag", "vec"})
#: Those of one or several arguments.
LARGEST = frozenset({"max", "min", "maximum", "minimum"})


def is_function(word: str) -> bool:
    """Whether a word is a function wherever it stands: registered ones, and the letters that always are."""
    return word in registered_nonlinearities() or word in _FUNCTIONS or word in LARGEST


def _is_partial(raw: Raw) -> bool:
    return raw.kind == "word" and raw.value == "partial"


def _side_by_side(factors: list[Raw]) -> Raw:
    return factors[0] if len(factors) == 1 else Raw("chain", factors[0].at, args=tuple(factors))


class DoubleScriptError(UnreadableError):
    """Two subscripts in a row: TeX refuses them, but people type names such as ``d_c_bar``."""


class Parser:
    """Reads one list of tokens."""

    def __init__(self, tokens: list[Token], *, loose: bool) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0
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

    def sum(self) -> Raw:
        """A signed sum."""
        self.depth += 1
        if self.depth > 3 * DEEPEST:
            raise self.refuse(f"brackets nest deeper than {DEEPEST}")
        first = self.peek()
        at = first.at if first else 0
        sign = self.take().text if self.text() in ("+", "-") else "+"
        signs, parts = [sign], [self.term()]
        while self.text() in ("+", "-"):
            signs.append(self.take().text)
            parts.append(self.term())
        self.depth -= 1
        return parts[0] if signs == ["+"] else Raw("sum", at, "".join(signs), tuple(parts))

    def term(self) -> Raw:
        """Chains joined by products entry by entry and Kronecker products."""
        parts, signs = [self.chain()], ""
        while True:
            token = self.peek()
            join = (
                ""
                if token is None
                else _JOINS.get(token.text, "")
                if token.kind == "cmd"
                else "s" * (token.text == "*" and not self.of_python())
            )
            if not join:
                break
            self.take()
            signs += join
            parts.append(self.chain())
        return parts[0] if not signs else Raw("term", parts[0].at, signs, tuple(parts))

    def chain(self) -> Raw:
        """Factors side by side."""
        found = [self.factor()]
        while True:
            if self.text() in ("\\cdot", "\\times", "\\cdotp", "@") and self.starts(1):
                self.take()
                found.append(self.factor())
            elif self.text() == "/":
                self.divide(found)
            elif self.starts():
                found.append(self.factor())
            else:
                return found[0] if len(found) == 1 else Raw("chain", found[0].at, args=tuple(found))

    def divide(self, found: list[Raw]) -> None:
        """Replace factors before a slash by their quotient: from left to right, W u / d is (W u) / d.

        The sign of a sum reaches over it, and a derivative begins at its sign.
        """
        slash = self.take()
        below = [self.factor()]
        derivative = _is_partial(below[0])
        if derivative or (below[0].kind == "word" and self.text() in ("(", "[", "\\{") and self.applies(below[0])):
            below.append(self.factor())
        cut = max((place + 1 for place, item in enumerate(found) if item.kind == "bigop"), default=0)
        if derivative:
            cut = max((place for place, item in enumerate(found) if _is_partial(item)), default=cut)
        above = found[cut:]
        if not above:
            raise UnreadableError("nothing stands in front of this slash", slash.at)
        if len(above) > 1 and above[-1].kind != "group" and above[-2].kind == "word" and is_function(above[-2].value):
            word = above[-2].value
            raise UnreadableError(f"{word} x / y can be read in two ways; write {word}(x)/y or {word}(x/y)", slash.at)
        found[cut:] = [Raw("frac", slash.at, args=(_side_by_side(above), _side_by_side(below)))]

    def applies(self, word: Raw) -> bool:
        """Whether a name below a slash is applied to the brackets behind it."""
        if is_function(word.value):
            return True
        last, bracket = self.tokens[self.place - 1], self.tokens[self.place]
        if last.at + len(last.text) + (last.kind == "cmd") < bracket.at:
            return False
        shown = word.value
        raise UnreadableError(
            f"1/{shown}(x) can be read in two ways; write 1/({shown}(x)) or (1/{shown})(x)", bracket.at, shown[:16]
        )

    def starts(self, ahead: int = 0) -> bool:
        """Whether a factor can start here."""
        token = self.peek(ahead)
        if token is None or token.text in ("+", "-"):
            return False
        if token.kind == "cmd":
            ends = (
                token.text in _JOINS
                or token.text in RELATIONS
                or token.text in ("cdot", "times", "end", "rVert", "cdotp")
            )
            return not ends
        return token.kind != "sign" or token.text in ("(", "[", "{", "\\{")

    def factor(self) -> Raw:
        """A primary with its scripts."""
        base = self.primary()
        scripts: list[Script] = []
        while self.text() in ("^", "_", "'") or self.of_python():
            mark = self.take()
            if mark.text == ".":
                scripts.append(Script("^", (("T", self.take().at),), mark.at))
                continue
            if mark.text == "*":
                mark = self.take()
                power = self.argument()
                power += self.argument() if power[0][0] == "-" else ()
                scripts.append(Script("^", ((r"\odot", mark.at), *power), mark.at))  # entry by entry, as in NumPy
                continue
            if mark.text == "'":
                count = 1
                while self.text() == "'":
                    self.take()
                    count += 1
                scripts.append(Script("'", (("'" * count, mark.at),), mark.at))
                continue
            if mark.text == "_" and not self.loose and any(item.place == "_" for item in scripts):
                raise DoubleScriptError("two subscripts on one letter", mark.at)
            scripts.append(Script(mark.text, self.argument(), mark.at))
        return base.scripted(*scripts)

    def of_python(self) -> bool:
        """Whether ``.T`` or ``**`` follows."""
        return (self.text(), self.text(1)) in ((".", "T"), ("*", "*"))

    def argument(self) -> tuple[Piece, ...]:
        """The pieces of a script: a braced group, or one token."""
        if self.text() != "{":
            token = self.take()
            if token.kind == "cmd" and token.text in _FONTS and self.text() == "{":
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
            if token.kind == "cmd" and token.text in _FONTS:
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

    def primary(self) -> Raw:
        """One thing: a number, a word, a group, a fraction, a sign of sums."""
        token = self.take()
        if token.kind == "number":
            return Raw("number", token.at, token.text)
        if token.kind in ("letter", "word"):
            return Raw("word", token.at, token.text)
        if token.kind == "cmd":
            return self.command(token)
        if token.text in ("(", "[", "{", "\\{"):
            return self.group(token)
        self.place -= 1
        raise self.refuse("this is not expected here")

    def group(self, opened: Token) -> Raw:
        """What stands in brackets: a sum, or several separated by commas."""
        close = _CLOSERS[opened.text]
        if (
            self.text() in ("\\cdot", "\\dots", "\\ldots", "\\cdots", "\\bullet", "\\ast", "*")
            and self.text(1) == close
        ):
            self.take()
            self.take()
            return Raw("elided", opened.at)
        parts = [self.sum()]
        comma = ""
        while self.text() in (",", ";", "\\\\") and close != "}":
            comma = self.take().text
            if self.text() == close:
                break
            parts.append(self.sum())
        if self.text() != close:
            raise self.refuse("this is not expected here" if self.peek() else "")
        self.take()
        if comma:
            return Raw("list", opened.at, opened.text, tuple(parts))
        if opened.text == "{" and parts[0].kind == "word":
            return parts[0]
        return Raw("group", opened.at, opened.text, (parts[0],))

    def command(self, token: Token) -> Raw:
        """What a command stands for."""
        name = token.text
        if name in _FRACTIONS:
            above, below = self.braced(), self.braced()
            return Raw("frac", token.at, args=(above, below))
        if name in _BIG:
            return Raw("bigop", token.at, _BIG[name])
        if name in ("overleftarrow", "overrightarrow"):
            inner = self.braced()
            if inner.kind != "bigop" or inner.value != "prod":
                raise UnreadableError("an arrow is only read over \\prod", token.at)
            return Raw("bigop", token.at, "ordered" if name == "overleftarrow" else "prod")
        if name in _ACCENTS:
            inner = self.braced()
            mark = Script("~", ((_ACCENTS[name], token.at),), token.at)
            if inner.kind == "word":
                return inner.scripted(mark)
            raise UnreadableError("an accent goes over one letter", token.at)
        if name in _FONTS:
            return self.faced(token)
        if name == "sqrt":
            inner = self.braced()
            call = (Raw("word", token.at, "sqrt"), Raw("group", inner.at, "(", (inner,)))
            return Raw("group", token.at, "{", (Raw("chain", token.at, args=call),))
        if name == "lVert":
            inner = self.sum()
            if self.text() != "\\rVert":
                raise self.refuse("this norm is never closed")
            self.take()
            return Raw("norm", token.at, args=(inner,))
        if name == "begin":
            return self.column(token)
        if name in RELATIONS or name in _JOINS or name in ("cdot", "times", "end", "rVert"):
            self.place -= 1
            raise self.refuse("this is not expected here")
        return Raw("word", token.at, name)

    def braced(self) -> Raw:
        """A braced sum, or one primary."""
        if self.text() == "{":
            opened = self.take()
            if self.text() == "\\prod" and self.text(1) == "}":
                sign = self.take()
                self.take()
                return Raw("bigop", sign.at, "prod")
            inner = self.sum()
            if self.text() != "}":
                raise self.refuse("this is not expected here")
            self.take()
            return inner if inner.kind != "sum" else Raw("group", opened.at, "{", (inner,))
        first = self.digit(self.take())
        self.place -= 1
        self.tokens[self.place] = first
        return self.primary()

    def faced(self, token: Token) -> Raw:
        """A font: over letters it makes one word of them, over more it is left out."""
        if self.text() != "{":
            inner = self.primary()
            kind = "word" if inner.kind == "number" else inner.kind
            return Raw(kind, inner.at, inner.value, inner.args, inner.scripts, token.text)
        start = self.place
        self.take()
        letters = ""
        while (word := self.peek()) is not None and (
            word.kind in ("letter", "word", "number") or word.text in ("_", "\\_")
        ):
            letters += "_" if word.text in ("_", "\\_") else word.text
            self.take()
        if (
            letters
            and self.text() == "}"
            and ("_" not in letters or self.tokens[start + 2].text == "\\_" or len(letters) > 3)
        ):
            self.take()
            return Raw("word", token.at, letters, face=token.text)
        self.place = start
        inner = self.braced()
        if inner.kind == "word":
            return Raw("word", inner.at, inner.value, (), inner.scripts, token.text)
        return inner if inner.kind == "group" else Raw("group", token.at, "{", (inner,))

    def column(self, token: Token) -> Raw:
        """``\\begin{bmatrix} a \\\\ b \\end{bmatrix}``: a column."""
        name = self.environment()
        if name not in _COLUMNS:
            raise UnreadableError(f"the environment {name[:20]} is not read inside a formula", token.at)
        if name == "array" and self.text() == "{":
            self.argument()
        rows = [[self.sum()]]
        while self.text() in ("\\\\", ",", ";", "&"):
            if self.take().text == "&":
                rows[-1].append(self.sum())
            elif self.text() != "\\end":
                rows.append([self.sum()])
        if self.text() != "\\end":
            raise self.refuse("this is not expected here")
        self.take()
        self.environment()
        if any(len(row) != len(rows[0]) for row in rows):
            raise UnreadableError("the rows of a matrix have as many columns as the first", token.at)
        if len(rows[0]) == 1:
            return Raw("list", token.at, "[", tuple(row[0] for row in rows))
        return Raw("block", token.at, str(len(rows[0])), tuple(part for row in rows for part in row))

    def environment(self) -> str:
        """The name in braces after \\begin or \\end."""
        if self.text() != "{":
            raise self.refuse("an environment needs its name in braces")
        return "".join(word for word, _ in self.argument())


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
    if parser.peek() is not None:
        raise parser.refuse("this is not expected here")
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
