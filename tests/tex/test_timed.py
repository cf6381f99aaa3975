"""Formulas over time mean what was derived: read back from LaTeX and from plain text at numeric times."""

from __future__ import annotations

import re

import numpy as np
import pytest
import sympy
from numpy.testing import assert_allclose

import symgate as sg
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import K
from symgate.records import Kind
from symgate.tex import Style, equation, further, latex, text
from symgate.tex.latex_words import LatexWords
from symgate.tex.statement import printer_for
from tests.tex.many import MANY
from tests.tex.test_meaning import unbroken
from tests.tex.timed import TimedReader, shape_of, value_at
from tests.tex.timed_text import TimedText

TIMES = ({"t": 4, "k": 1}, {"t": 3, "k": 2}, {"t": 2, "k": 2}, {"t": 5, "k": 0})
FIXED = {"T": 6, "s": 2, "j": 3, "i": 3, "l": 2, "m": 2}
#: Conditions and cosines are spelled out in test_sequences.py.
UNREAD = ("step", "cosine")


def symbols_of(*exprs: sympy.Basic) -> list[sympy.Basic]:
    kinds = (Signal, ScalarSignal, sympy.MatrixSymbol, sympy.Symbol)
    return [node for expr in exprs for node in sympy.preorder_traversal(expr) if isinstance(node, kinds)]


def moments(times: dict[str, int], *exprs: sympy.Basic) -> dict[sympy.Basic, int]:
    return {
        s: times[s.name] for s in symbols_of(*exprs) if type(s) is sympy.Symbol and s.name in times and s.is_integer
    }


def right(item: sg.Derivation) -> sympy.Basic:
    """The right side with its powers of epsilon."""
    eps = sympy.Symbol("epsilon", nonnegative=True)
    weight = eps if item.kind is Kind.EXPANSION else sympy.S.One
    parts = [(weight**order, term) for order, (_, term) in enumerate(item.named_terms)]
    if not hasattr(parts[0][1], "shape"):
        return sympy.Add(*(power * term for power, term in parts))
    return sympy.MatAdd(*(sympy.MatMul(power, term) if power != 1 else term for power, term in parts))


def check(expr: sympy.Basic, shown: list[str], said: str, item: sg.Derivation) -> None:
    symbols = symbols_of(expr)
    signals = [symbol for symbol in symbols if isinstance(symbol, (Signal, ScalarSignal))]
    printer = printer_for(item, LatexWords(Style()))
    letters = {signal: printer.context.spelling_of(signal).name for signal in signals}
    letters = {signal: letter for signal, letter in letters.items() if letter != str(signal.name)}
    moved = printer.context.indices
    for given in TIMES:
        if given["t"] == given["k"] and expr.has(1 / (T - K)):
            continue  # a root of order 0
        times = FIXED | given
        dated = {letter: times[str(symbol)] for symbol, letter in moved.items() if str(symbol) in times}
        expected = value_at(expr, moments(times, expr))
        plain = [symbol for symbol in symbols if symbol not in signals and getattr(symbol, "name", "") not in times]
        names = {printer.piece(symbol).text: value_at(symbol, {}) for symbol in plain}
        names |= {name: np.asarray(float(time)) for name, time in times.items()}
        found = [TimedReader(one, names, signals, times | dated, letters).read() for one in shown]
        found.append(TimedText(symbols).read(said, times))
        for value in found:
            assert_allclose(np.broadcast_to(value, np.shape(expected)), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.sweep(25)
@pytest.mark.parametrize("item", MANY, ids=[item.name for item in MANY])
def test_many_steps_read_back(item: sg.Derivation) -> None:
    """LaTeX on one line, LaTeX in rows and plain text have the value of the derivation, at four pairs of times."""
    rows = unbroken(
        equation(item, Style(products="written")).replace(r"\approx", "=").replace(r"\le", "=").replace("&=", " = ")
    )
    check(right(item), [latex(item, lhs=False), rows], text(item, lhs=False), item)


def after(sign: str, equation: str) -> str:
    """The right side of an equation or an approximation."""
    return re.split(sign, equation, maxsplit=1)[1]


@pytest.mark.sweep(25)
@pytest.mark.parametrize("item", MANY, ids=[item.name for item in MANY])
def test_further_equations_read_back(item: sg.Derivation) -> None:
    """The same for the recursions and the other equations that belong to it."""
    labelled = [stated for stated in item.equations if stated.label]
    pairs = zip(labelled, further(item), further(item, markup="text"), strict=True)
    for stated, (_, shown), (_, said) in pairs:
        if stated.label.startswith(UNREAD):
            continue
        check(stated.right, [after(r" (?:=|\\approx|\\le) ", shown)], after(" (?:=|~|<=) ", said), item)


@pytest.mark.parametrize(
    "slip",
    [
        r"\mathbf{A}_{k+1}\mathbf{A}_{k+2}\cdots\mathbf{A}_{t}",
        r"\mathbf{A}_{t}\mathbf{A}_{t-1}\cdots\mathbf{A}_{k}",
        r"\mathbf{A}_{t}\mathbf{A}_{t-2}\cdots\mathbf{A}_{k+1}",
        r"\mathbf{A}_{t-1}\mathbf{A}_{t-2}\cdots\mathbf{A}_{k+1}",
        r"\prod_{j=k+1}^{t}\mathbf{A}_{j}",
        r"\overleftarrow{\prod}_{j=k}^{t}\mathbf{A}_{j}",
    ],
)
def test_the_reader_objects_to_slips_of_order(slip: str) -> None:
    """Reversed, off by one at either end, with a gap, or commutative: another value, or not read at all."""
    n = sympy.Symbol("n", integer=True, positive=True)
    A = Signal("A", n, n, sympy.Symbol("j", integer=True))
    times = {"t": 4, "k": 1}
    good = TimedReader(r"\mathbf{A}_{t}\mathbf{A}_{t-1}\cdots\mathbf{A}_{k+1}", {}, [A], times).read()
    assert np.shape(good) == shape_of(A)
    try:
        other = TimedReader(slip, {}, [A], times).read()
    except ValueError:
        return
    assert not np.allclose(other, good)
