r"""Claims in LaTeX: what our own printer writes and what papers write, as raw factors with their scripts.

Spacing, ``\left``, ``\right``, ``\bigl``, alignment marks and line breaks are skipped.  What a letter with its
scripts means is for ``latex_fold.py``, which knows the names of the cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, v_args

from symgate.claims.reading.limits import DEEPEST, NODES, UnreadableError
from symgate.claims.reading.text_grammar import parsed

GRAMMAR = r"""
?start: sum
sum: SIGN? term (SIGN term)*
term: chain (BINOP chain)*
chain: factor (CDOT? factor)*
factor: primary script*
?primary: NUMBER -> atom
        | LETTER -> atom
        | WORD -> atom
        | COMMAND -> atom
        | BIGOP -> atom
        | "(" sum ")" -> group
        | "[" sum "]" -> group
        | "{" sum "}" -> brace
        | LBRACE sum RBRACE -> braced
        | NORM_L sum NORM_R -> norm
        | FONT "{" sum "}" -> faced
        | FRAC "{" sum "}" "{" sum "}" -> frac
script: PRIMES -> primes
      | CARET arg -> above
      | UNDER arg -> below
arg: LETTER | DIGIT | COMMAND | WORD | FONT | "{" stuff* "}" -> many
?stuff: LETTER | NUMBER | COMMAND | WORD | SIGN | BINOP | CARET | UNDER | PRIMES | COMMA | EQUALS | LPAR | RPAR
      | "{" stuff* "}" -> many
SIGN: "+" | "-"
BINOP.4: /\\(?:odot|circ|had|otimes|kron)(?![A-Za-z])/
CDOT.4: /\\(?:cdot|times)(?![A-Za-z])/
FRAC.4: /\\[dt]?frac(?![A-Za-z])/
BIGOP.4: /\\overleftarrow\s*\{\s*\\prod\s*\}|\\(?:sum|prod|bigodot)(?![A-Za-z])/
NORM_L.4: /\\lVert(?![A-Za-z])|\\\|/
NORM_R.4: /\\rVert(?![A-Za-z])/
LBRACE: "\\{"
RBRACE: "\\}"
FONT.3: /\\(?:mathbf|boldsymbol|bm|mathrm|operatorname|mathsf|mathit|mathbb|text|textbf|vect|mat|vec)(?![A-Za-z])/
WORD.5: /\\(?:mathbf|boldsymbol|bm|mathrm|operatorname|mathsf|mathit|mathbb|text|textbf|vect|mat|vec)(?:\s*\{\s*(?:\\[A-Za-z]+|[A-Za-z0-9](?:(?:\\_)?[A-Za-z0-9])*)\s*\}|\s+[A-Za-z0-9](?![A-Za-z0-9])|\s*\\(?!math|operator|text|vec|mat|boldsymbol|bm|left|big)[A-Za-z]+)/
COMMAND.1: /\\[A-Za-z]+/
LETTER: /[A-Za-z]/
PRIMES: /'{1,9}/
NUMBER: /[0-9]+(\.[0-9]+)?/
DIGIT.2: /[0-9]/
CARET: "^"
UNDER: "_"
COMMA: ","
EQUALS: "="
LPAR: "("
RPAR: ")"
SKIP.6: /\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|nonumber|quad|qquad|limits|nolimits|allowbreak)(?![A-Za-z])|\\[,;:! \\]|~|&|\s+/
%ignore SKIP
"""  # noqa: E501  (a terminal is one line)

_INNER = re.compile(r"\\[A-Za-z]+\s*(.*)\Z", re.DOTALL)


@dataclass(frozen=True)
class Script:
    """A superscript, a subscript or primes: the tokens as written."""

    place: str
    tokens: tuple[tuple[str, int], ...]
    at: int


@dataclass(frozen=True)
class Raw:
    """A factor before names have a meaning.

    Attributes:
        kind: "sum", "odot", "kron", "chain", "group", "norm", "frac", "number", "word" or "bigop".
        at: where it starts.
        value: the letters of a word without its face; the signs of a sum.
        bold: the face of a word, "" for none.
        args: its parts.
        scripts: what stands above and below it.
    """

    kind: str
    at: int
    value: str = ""
    args: tuple[Raw, ...] = ()
    scripts: tuple[Script, ...] = ()
    face: str = ""
    depth: int = field(init=False, compare=False)
    count: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + max((part.depth for part in self.args), default=0))
        object.__setattr__(self, "count", 1 + sum(part.count for part in self.args))
        if self.depth > 3 * DEEPEST or self.count > NODES:
            raise UnreadableError("the formula nests too deep or has too many parts", self.at)


@v_args(inline=True)
class _Build(Transformer[Token, Any]):
    """Turns what the grammar finds into raw factors, on the way up."""

    def atom(self, token: Token) -> Raw:
        if token.type == "NUMBER":
            return Raw("number", _at(token), str(token))
        if token.type == "BIGOP":
            word = "ordered" if "overleftarrow" in token else token[1:]
            return Raw("bigop", _at(token), word)
        face, word = unfaced(str(token)) if token.type == "WORD" else ("", str(token).lstrip("\\"))
        return Raw("word", _at(token), word, face=face)

    def group(self, inner: Raw) -> Raw:
        return Raw("group", inner.at, args=(inner,))

    brace = group

    def braced(self, left: Token, inner: Raw, _: Token) -> Raw:
        return self.group(inner)

    def norm(self, left: Token, inner: Raw, _: Token) -> Raw:
        return Raw("norm", _at(left), args=(inner,))

    def faced(self, face: Token, inner: Raw) -> Raw:
        return self.group(inner)

    def frac(self, token: Token, above: Raw, below: Raw) -> Raw:
        return Raw("frac", _at(token), args=(above, below))

    def many(self, *items: Any) -> tuple[tuple[str, int], ...]:
        return _flat(items)

    def arg(self, item: Any) -> tuple[tuple[str, int], ...]:
        return _flat((item,))

    def primes(self, token: Token) -> Script:
        return Script("'", ((str(token), _at(token)),), _at(token))

    def above(self, mark: Token, tokens: tuple[tuple[str, int], ...]) -> Script:
        return Script("^", tokens, _at(mark))

    def below(self, mark: Token, tokens: tuple[tuple[str, int], ...]) -> Script:
        return Script("_", tokens, _at(mark))

    def factor(self, base: Raw, *scripts: Script) -> Raw:
        if not scripts:
            return base
        return Raw(base.kind, base.at, base.value, base.args, scripts, base.face)

    def chain(self, *items: Any) -> Raw:
        factors = tuple(item for item in items if isinstance(item, Raw))
        return factors[0] if len(factors) == 1 else Raw("chain", factors[0].at, args=factors)

    def term(self, *items: Any) -> Raw:
        signs = "".join("k" if item in ("\\otimes", "\\kron") else "h" for item in items[1::2])
        return items[0] if len(items) == 1 else Raw("term", items[0].at, signs, tuple(items[::2]))

    def sum(self, *items: Any) -> Raw:
        signs = "".join(str(item) for item in items if isinstance(item, Token))
        parts = tuple(item for item in items if isinstance(item, Raw))
        signs = signs if len(signs) == len(parts) else "+" + signs
        return parts[0] if signs == "+" else Raw("sum", parts[0].at, signs, parts)


def _at(token: Token) -> int:
    return token.start_pos or 0


def _flat(items: Any) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for item in items:
        if isinstance(item, Token):
            text = unfaced(str(item))[1] if item.type == "WORD" else str(item)
            found.append((text, _at(item)))
        else:
            found += item
    return tuple(found)


def unfaced(word: str) -> tuple[str, str]:
    r"""The face and the letters of ``\mathbf{W}``: ("mathbf", "W")."""
    face = word[1:].split("{", maxsplit=1)[0].split(maxsplit=1)[0].split("\\", maxsplit=1)[0]
    match = _INNER.match(word)
    inner = match[1].strip().strip("{}").strip() if match else ""
    return face, inner.replace("\\_", "_").lstrip("\\")


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Build())


def read_latex(text: str) -> Raw:
    """The raw factors of a right side in LaTeX; ``text`` has passed ``limits.guard``.

    Raises:
        UnreadableError: it is not of the grammar.
    """
    return parsed(_parser(), text)
