"""Readers for formulas over time, and the values they are compared with.

Signals have a value at every time, drawn from their name and index; the readers know that sums and products
run over inclusive bounds, that an ordered product goes down from its first factor to its last, and nothing
of the printer.
"""

from __future__ import annotations

import re
import zlib
from math import prod

import numpy as np
import sympy
from sympy.matrices import expressions as me

from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal
from symgate.language.sequences import HadamardRun, Largest, MatrixSum, Norm, OrderedProduct, Smallest
from tests.oracles import FUNCTIONS
from tests.tex.reading import LatexReader, Value, multiply

N = 2
_SHOWN = {"lam": r"\boldsymbol{\lambda}", "delta": r"\boldsymbol{\delta}", "eta": r"\boldsymbol{\eta}"}
_SHOWN |= {"beta": r"\boldsymbol{\beta}", "a_g": r"\mathbf{a}^{g}"}
_SCALAR = {"a_g": "a^{g}", "kappa": r"\kappa", "eta": r"\eta", "beta": r"\beta"}
_TIME = r"[A-Za-z](?:_\{\d+\})?|\d+"


def drawn(name: str, index: tuple[int, ...], shape: tuple[int, ...]) -> Value:
    """The value of a symbol at a time, between 0.3 and 0.9."""
    return np.random.default_rng(zlib.crc32(repr((name, index)).encode())).uniform(0.3, 0.9, shape)


def shape_of(symbol: sympy.Basic) -> tuple[int, ...]:
    return tuple(1 if part == 1 else N for part in getattr(symbol, "shape", ()))


def value_at(expr: sympy.Basic, times: dict[sympy.Basic, int]) -> Value:
    """The value of an expression at given times, node by node."""

    def of(part: sympy.Basic) -> Value:
        return value_at(part, times)

    def over(body: sympy.Basic, index: sympy.Symbol, lower: sympy.Expr, upper: sympy.Expr) -> list[Value]:
        first, last = (int(bound.subs(times)) for bound in (lower, upper))
        return [value_at(body, times | {index: time}) for time in range(first, last + 1)]

    match expr:
        case Signal() | ScalarSignal():
            parts = expr.index if isinstance(expr.index, sympy.Tuple) else (expr.index,)
            return drawn(str(expr.name), tuple(int(part.subs(times)) for part in parts), shape_of(expr))
        case sympy.Symbol() if expr in times:
            return np.asarray(float(times[expr]))
        case sympy.Symbol() | me.MatrixSymbol():
            return drawn(str(expr.name), (), shape_of(expr))
        case sympy.Number():
            return np.asarray(float(expr))
        case me.OneMatrix() | me.ZeroMatrix():
            return np.full(shape_of(expr), 1.0 if isinstance(expr, me.OneMatrix) else 0.0)
        case me.Identity():
            return np.eye(N)
        case MatrixSum():
            return sum(over(*expr.args), np.zeros(shape_of(expr)))
        case OrderedProduct():
            return np.linalg.multi_dot([np.eye(N), *over(*expr.args)[::-1], np.eye(N)])
        case HadamardRun():
            return prod(over(*expr.args), start=np.ones(shape_of(expr)))
        case sympy.Sum() | sympy.Product():
            body, (*inner, outer) = expr.function, expr.limits
            parts = over(expr.func(body, *inner) if inner else body, *outer)
            return np.asarray(sum(parts) if isinstance(expr, sympy.Sum) else prod(parts))
        case sympy.KroneckerDelta():
            return np.asarray(1.0 if of(expr.args[0]) == of(expr.args[1]) else 0.0)
        case me.MatAdd() | sympy.Add():
            return sum(map(of, expr.args[1:]), of(expr.args[0]))
        case me.MatMul() | sympy.Mul():
            total = np.asarray(1.0)
            for part in expr.args:
                total = multiply(total, of(part))
            return total
        case me.HadamardProduct():
            return prod(map(of, expr.args))
        case sympy.Pow() | me.HadamardPower():
            return of(expr.base) ** of(expr.exp)
        case me.DiagMatrix():
            return np.diag(of(expr.args[0])[:, 0])
        case me.DiagonalOf():
            return np.diag(of(expr.args[0]))[:, None]
        case me.Transpose():
            return of(expr.arg).T
        case Dot():
            return (of(expr.args[0]).T @ of(expr.args[1]))[0, 0]
        case Map() | ScalarMap() if expr.function == "abs":
            return np.abs(of(expr.argument))
        case Map() | ScalarMap():
            return FUNCTIONS[expr.function][expr.order](of(expr.argument))
        case Norm():
            return np.asarray(np.linalg.norm(of(expr.args[0]), 2))
        case Largest() | Smallest():
            return np.asarray((np.max if isinstance(expr, Largest) else np.min)(of(expr.args[0])))
    raise AssertionError(f"no value for {type(expr).__name__}")


class TimedReader(LatexReader):
    """Reads LaTeX at given times; ``symbols`` are the signals that occur, ``letters`` those that gave way."""

    def __init__(
        self,
        text: str,
        names: dict[str, Value],
        symbols: list[sympy.Basic],
        times: dict[str, int],
        letters: dict[sympy.Basic, str] | None = None,
    ) -> None:
        super().__init__(text, names, N)
        self.times = times
        self.empty = 0  # how many sums around have no term: read for their end alone
        self.signals = {}
        for symbol in symbols:
            name, bold = str(symbol.name), hasattr(symbol, "shape")
            letter = (letters or {}).get(symbol, name)
            base = (_SHOWN if bold else _SCALAR).get(letter, rf"\mathbf{{{letter}}}" if bold else letter)
            self.signals[base] = (name, shape_of(symbol))
        bases = "|".join(re.escape(base) for base in sorted(self.signals, key=len, reverse=True))
        self.symbol = re.compile(rf"({bases})(?:\^\{{\(([^)]*)\)\}})?_\{{((?:[^{{}}]|\{{\d+\}})*)\}}")

    def moment(self, text: str) -> int:
        """A time such as i_{2}-1."""
        assert re.fullmatch(rf"-?(?:{_TIME})(?:[+-](?:{_TIME}))*", text), text
        parts = re.findall(rf"([+-]?)({_TIME})", text)
        return sum((-1 if sign == "-" else 1) * (int(x) if x.isdigit() else self.times[x]) for sign, x in parts)

    def primary(self) -> Value:
        self.skip()
        run = re.compile(
            r"\\(sum|prod|bigodot|overleftarrow\{\\prod\})_\{((?:[^{}]|\{\d+\})*?)=((?:[^{}]|\{\d+\})*)\}\^\{"
        ).match(self.text, self.place)
        if run:
            return self.over_time(run)
        signal = self.symbol.match(self.text, self.place) if self.signals else None
        if signal:
            return self.signal(signal)
        for opened, closed, take in (
            (r"\lVert", r"\rVert", lambda v: np.linalg.norm(v, 2)),
            (r"\lvert", r"\rvert", np.abs),
        ):
            if self.take(opened):
                value = self.sum()
                assert self.take(closed)
                return np.asarray(take(value))
        for word, read in ((r"\max", np.max), (r"\min", np.min), (r"\operatorname{dg}", lambda v: np.diag(v)[:, None])):
            if self.take(word):
                return np.asarray(read(self.group()))
        return super().primary()

    def over_time(self, run: re.Match[str]) -> Value:
        kind, index, lower = run.groups()
        end = self.text.index("}", run.end())
        while self.text[run.end() : end].count("{") != self.text[run.end() : end].count("}"):
            end = self.text.index("}", end + 1)
        first, last = self.moment(lower), self.moment(self.text[run.end() : end])
        values = []
        outer = dict(self.times)
        self.empty += last < first
        for time in range(first, max(last, first) + 1):  # once even where empty, to find its end
            self.place, self.times = end + 1, outer | {index: time}
            values.append(self.term() if kind == "sum" else self.product())
        self.times = outer
        self.empty -= last < first
        if kind.startswith("overleftarrow"):  # later factors on the left
            return np.linalg.multi_dot([np.eye(N), *(values[::-1] if last >= first else []), np.eye(N)])
        neutral = np.zeros_like(values[0]) if kind == "sum" else np.ones_like(values[0])
        if kind.startswith("overleftarrow"):  # later factors on the left
            return np.linalg.multi_dot([np.eye(N), *(values[::-1] if last >= first else []), np.eye(N)])
        if last < first:
            return neutral
        return sum(values, neutral) if kind == "sum" else prod(values, start=neutral)

    def signal(self, match: re.Match[str]) -> Value:
        """A symbol, or a product X_a X_b ... X_c that goes down one step at a time."""
        base, order, index = match.groups()
        name, shape = self.signals[base]
        self.place = match.end()
        chain = [index]
        for _ in range(2):
            dots = self.text.startswith(r"\cdots", self.place)
            following = self.symbol.match(self.text, self.place + len(r"\cdots") * dots)
            after = following and following.end()
            leads = following and following[1] == base and (dots or self.text.startswith(r"\cdots", after))
            if not leads:
                break
            chain.append(following[3])
            self.place = after
            if dots:
                first, *middle, last = map(self.moment, chain)
                if any(time != first - 1 for time in middle):
                    raise ValueError("the factors do not go down one by one")
                if last > first + 1 and not self.empty:
                    raise ValueError("an ordered product goes up")
                total = np.eye(N)
                for time in range(first, last - 1, -1):
                    total = total @ drawn(name, (time,), shape)
                return total
        times = tuple(self.moment(part) for part in index.split(","))
        return drawn(name, times + ((self.moment(order),) if order else ()), shape)

    def factor(self) -> Value:
        value = self.primary()
        while self.take("^{"):
            script = self.text[self.place : (end := self._closing())]
            self.place = end + 1
            if script == r"\top":
                value = value.T
                continue
            entrywise = script.startswith(r"\odot")
            if entrywise != (np.ndim(value) == 2):
                raise ValueError("the kind of power does not fit")
            plain = script.removeprefix(r"\odot").strip()
            plain = plain[1:-1] if plain.startswith("(") else plain
            value = value ** (1 / self.moment(plain[3:-1]) if plain.startswith("1/(") else float(self.moment(plain)))
        return value

    def _closing(self) -> int:
        depth, place = 1, self.place
        while depth:
            depth += {"{": 1, "}": -1}.get(self.text[place], 0)
            place += 1
        return place - 1
