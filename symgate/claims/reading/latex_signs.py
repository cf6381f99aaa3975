r"""The words of LaTeX by what they do: which join factors, relate sides, are fonts, accents or fractions.

Out: tables for the parser and for whoever cuts a list of tokens into sides.  Nothing comes in but the registry of
functions.
"""

from __future__ import annotations

from symgate.nonlinearities import registered_nonlinearities

#: Products of whole chains: "h" entry by entry, "k" Kronecker's, "s" a star, which may be either.
JOINS = {"odot": "h", "circ": "h", "bullet": "h", "had": "h", "otimes": "k", "kron": "k", "ast": "s", "star": "s"}
#: Signs that take everything to their right.
BIG = {"sum": "sum", "prod": "prod", "bigodot": "bigodot"}
FONTS = frozenset(
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
ACCENTS = {"tilde": "tilde", "widetilde": "tilde", "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar"}
ACCENTS |= {"dot": "dot", "ddot": "ddot", "check": "check", "breve": "breve"}
FRACTIONS = {"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac", "flatfrac"}
#: Environments that hold a matrix or a column.
COLUMNS = {"bmatrix", "pmatrix", "matrix", "smallmatrix", "Bmatrix", "array"}
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
