r"""How wide a formula is in display style, in points at 10 pt: letters of Computer Modern, spaces by TeX's rules.

What comes in is the LaTeX that ``latex_words`` writes, or an author's own name; what goes out is a width.  It is close
(a TeX run over everything that is printed is the judge), and rather too wide than too narrow.
"""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase

#: Widths in thousandths of the size: capitals, small letters; digits are 500, bold ones 575.
_FACES = {
    "italic": (
        "750 809 786 856 796 782 786 912 518 651 921 681 1079 912 791 781 791 767 671 723 792 806 1083 907 803 754",
        "529 429 433 520 466 597 513 576 345 469 552 318 878 600 485 503 482 479 469 361 572 521 743 572 526 509",
    ),
    "roman": (
        "750 708 722 764 681 653 785 750 361 514 778 625 917 750 778 681 778 736 556 722 750 764 1042 750 775 611",
        "500 556 444 556 444 383 514 556 278 306 528 278 833 556 500 556 528 392 394 389 556 542 736 528 542 444",
    ),
    "bold": (
        "869 818 831 882 756 724 904 900 436 594 901 692 1092 900 864 786 864 862 639 800 885 885 1205 869 898 703",
        "559 639 511 639 527 460 591 639 319 351 607 319 958 639 575 639 607 474 454 447 639 623 847 607 623 511",
    ),
}
_WIDTHS = {
    face: dict(zip(ascii_uppercase + ascii_lowercase, map(int, f"{upper} {lower}".split()), strict=True))
    for face, (upper, lower) in _FACES.items()
}
_GREEK = {"alpha": 643, "beta": 618, "gamma": 573, "delta": 482, "epsilon": 406, "zeta": 511, "eta": 532, "theta": 497}
_GREEK |= {
    "iota": 354,
    "kappa": 576,
    "lambda": 583,
    "mu": 603,
    "nu": 558,
    "xi": 484,
    "pi": 606,
    "rho": 517,
    "sigma": 607,
}
_GREEK |= {"tau": 550, "upsilon": 576, "phi": 596, "chi": 626, "psi": 687, "omega": 658, "varsigma": 443, "varphi": 654}
_GREEK |= {"varepsilon": 466, "vartheta": 591, "Gamma": 754, "Delta": 833, "Theta": 791, "Lambda": 694, "Xi": 818}
_GREEK |= {"Pi": 912, "Sigma": 838, "Upsilon": 722, "Phi": 667, "Psi": 722, "Omega": 823, "partial": 591, "ell": 417}
#: Other signs, spaces around them included; in scripts, operators and relations have none.
_PUNCTUATION = {"(": 389, ")": 389, "[": 278, "]": 278, ",": 445, "'": 275, "/": 500, ".": 278, "|": 278, "!": 278}
_OPERATORS = {"+", "-", "odot", "otimes", "oplus", "cdot", "times", "circ", "had", "kron", "ast", "star"}
_RELATIONS = {"=", "<", ">", "le", "ge", "leq", "geq", "approx", "sim", "equiv"}
_WORDS = {"tanh", "sin", "cos", "exp", "log", "max", "min", "sinh", "cosh", "tan"}
_BIG = {"sum": 1444, "prod": 1278, "bigodot": 1511, "int": 1000}
_TALL = {"": 389, "big": 458, "Big": 597, "bigg": 736, "Bigg": 792}
_SPACES = {",": 167, ":": 222, ";": 278, "!": -167, "quad": 1000, "qquad": 2000, " ": 333, "enspace": 500}
_FACED = {"mathbf": "bold", "mathrm": "roman", "mathsf": "roman", "mathit": "roman", "boldsymbol": "bold"}
_FACED |= {"bm": "bold", "vect": "bold", "mat": "bold", "text": "roman", "textrm": "roman", "operatorname": "roman"}
_FACED |= {"mathcal": "bold", "mathbb": "bold", "mathfrak": "bold", "pmb": "bold", "vec": "italic"}
_SYMBOLS = {"cdots": 1500, "ldots": 1500, "top": 778, "transp": 778, "intercal": 778, "eye": 436, "ones": 575}
_SYMBOLS |= {"diag": 1780, "vecop": 1600, "infty": 1000, "dagger": 444, "prime": 275, "lVert": 500, "rVert": 500}
_SYMBOLS |= {"lvert": 278, "rvert": 278, "hbar": 576, "imath": 345, "jmath": 469, "nabla": 833, "star": 500}
_SIZES = {f"{size}{side}": _TALL[size] for size in _TALL if size for side in "lr"} | {"left": 736, "right": 736}
#: Scripts are set at 7 pt in letters that are relatively wider, scripts of scripts at 5 pt.
_SHRINK = (1.0, 0.8, 0.66)
_TOKEN = re.compile(r"\\([A-Za-z]+)\*?|\\(.)|(\s+)|(.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\begin\{(bmatrix|pmatrix|matrix|cases|aligned)\}")


def points(latex: str, *, operand: bool = False) -> float:
    """The width of a formula in points; ``operand`` where it goes on after one, so that a leading sign is binary."""
    return _Reader(latex).width(0, "italic", operand=operand) / 100


class _Reader:
    """Reads LaTeX from left to right and adds up widths, in thousandths of 10 pt."""

    def __init__(self, text: str, *, small: bool = False) -> None:
        self.text, self.place, self.small = text, 0, small

    def width(self, depth: int, face: str, *, operand: bool = False) -> float:
        """What is left of the text."""
        total = 0.0
        while self.place < len(self.text):
            if self.text[self.place] in "_^":
                total += self._scripts(depth)
                operand = True
                continue
            part, operand = self._token(depth, face, operand=operand)
            total += part
        return total

    def _scripts(self, depth: int) -> float:
        """A subscript and a superscript, one above the other."""
        found = [0.0]
        while self.place < len(self.text) and self.text[self.place] in "_^":
            self.place += 1
            found.append(_Reader(self._argument()).width(min(depth + 1, 2), "italic"))
        return max(found) + 50

    def _token(self, depth: int, face: str, *, operand: bool) -> tuple[float, bool]:
        """The width of the next token, and whether an operand stands there now, so that a sign is binary."""
        if match := _ENVIRONMENT.match(self.text, self.place):
            return self._environment(match), True
        match = _TOKEN.match(self.text, self.place)
        assert match is not None, "the last alternative matches any character"
        self.place = match.end()
        command, escaped, space, char = match.groups()
        size = _SHRINK[depth]
        if space or char in ("{", "}", "&", "~", "\x1f"):
            return 0.0, operand
        if escaped:
            return _SPACES.get(escaped, 500) * size, operand
        name = command or char
        if name in _OPERATORS or name in _RELATIONS:
            around = 0 if depth else 444 if name in _OPERATORS and operand else 556 if name in _RELATIONS else 0
            return (around + (500 if name in ("cdot", "circ", "ast") else 778)) * size, False
        if char:
            if char.isdigit():
                return (575 if face == "bold" else 500) * size, True
            return _PUNCTUATION.get(char, _WIDTHS[face].get(char, 600)) * size, char not in "([,"
        return self._command(command, depth, face, size), command not in _BIG

    def _command(self, command: str, depth: int, face: str, size: float) -> float:
        if command in ("frac", "dfrac", "tfrac"):
            inner = max(_Reader(self._argument(), small=True).width(depth, face) for _ in range(2))
            return inner + 260
        if command in _BIG or (command == "overleftarrow" and self.text.startswith(r"{\prod}", self.place)):
            if command == "overleftarrow":
                self.place += len(r"{\prod}")
            return self._limits(_BIG.get(command, 1278), depth)
        if command in _FACED:
            return _Reader(self._argument()).width(depth, _FACED[command]) + (167 if command == "operatorname" else 0)
        if command in _SIZES:
            self._delimiter()
            return _SIZES[command] * size
        if command in _WORDS:
            return (sum(_WIDTHS["roman"][letter] for letter in command) + 167) * size
        greek = _GREEK.get(command)
        if greek is not None:
            return greek * (1.08 if face == "bold" else 1.0) * size
        return (_SYMBOLS.get(command) or _SPACES.get(command) or 0.0) * size

    def _limits(self, sign: float, depth: int) -> float:
        """A sign with its limits above and below; in text style and in scripts they stand beside it."""
        limits = [0.0]
        while self.place < len(self.text) and self.text[self.place] in "_^":
            self.place += 1
            limits.append(_Reader(self._argument()).width(1, "italic"))
        if self.small or depth:
            return sign * 0.74 + max(limits) + 220
        return max(sign, *limits) + 170

    def _delimiter(self) -> None:
        match = _TOKEN.match(self.text, self.place)
        self.place = match.end() if match else self.place

    def _environment(self, match: re.Match[str]) -> float:
        """The sum over the columns of the widest cell."""
        name = match[1]
        end = self.text.index(rf"\end{{{name}}}", match.end())
        body = self.text[match.end() : end]
        self.place = end + len(rf"\end{{{name}}}")
        rows = [[_Reader(cell, small=True).width(0, "italic") for cell in row.split("&")] for row in body.split(r"\\")]
        columns = max(map(len, rows))
        widest = [max((row[place] for row in rows if place < len(row)), default=0.0) for place in range(columns)]
        return sum(widest) + 1000 * (columns - 1) + 1300

    def _argument(self) -> str:
        """The group that follows, or the one token."""
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1
        if self.place >= len(self.text):
            return ""
        if self.text[self.place] != "{":
            start = self.place
            self._delimiter()
            return self.text[start : self.place]
        depth, start = 0, self.place
        for place in range(start, len(self.text)):
            depth += {"{": 1, "}": -1}.get(self.text[place], 0)
            if depth == 0:
                self.place = place + 1
                return self.text[start + 1 : place]
        self.place = len(self.text)
        return self.text[start + 1 :]
