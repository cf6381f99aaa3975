"""Reads the definitions of a certificate back and evaluates them: a parser of exactly what certificates hold.

It shares nothing with the writer.  A vector is a function of an index, a matrix of two, as in the certificate, so every
operation is the line of the library that defines it (``DEFINED`` is compared with the library by a test).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Value = Any

#: What the evaluator takes the library's words to mean.
DEFINED = """
Fixpoint sum (n : nat) (f : nat -> R) : R := match n with O => 0 | S k => sum k f + f k end.
Definition delta (i j : nat) : R := if Nat.eqb i j then 1 else 0.
Definition zeros : vec := fun _ => 0.
Definition ones : vec := fun _ => 1.
Definition vadd (u v : vec) : vec := fun i => u i + v i.
Definition vopp (u : vec) : vec := fun i => - u i.
Definition vsub (u v : vec) : vec := fun i => u i - v i.
Definition had (u v : vec) : vec := fun i => u i * v i.
Definition vscal (c : R) (u : vec) : vec := fun i => c * u i.
Definition vmap (f : R -> R) (u : vec) : vec := fun i => f (u i).
Definition dot (n : nat) (u v : vec) : R := sum n (fun k => u k * v k).
Definition mv (n : nat) (A : mat) (v : vec) : vec := fun i => sum n (fun k => A i k * v k).
Definition mzero : mat := fun _ _ => 0.
Definition eye : mat := delta.
Definition diag (c : vec) : mat := fun i j => delta i j * c i.
Definition outer (u v : vec) : mat := fun i j => u i * v j.
Definition tr (A : mat) : mat := fun i j => A j i.
Definition madd (A B : mat) : mat := fun i j => A i j + B i j.
Definition mopp (A : mat) : mat := fun i j => - A i j.
Definition mscal (c : R) (A : mat) : mat := fun i j => c * A i j.
Definition mm (n : nat) (A B : mat) : mat := fun i j => sum n (fun k => A i k * B k j).
Definition kron (p q : nat) (A B : mat) : mat := fun i j => A (i / p)%nat (j / q)%nat * B (i mod p)%nat (j mod q)%nat.
Definition row (v : vec) : mat := fun _ j => v j.
Definition hadm (A B : mat) : mat := fun i j => A i j * B i j.
Definition mmap (f : R -> R) (A : mat) : mat := fun i j => f (A i j).
Definition vectorised (p : nat) (A : mat) : vec := fun c => A (c mod p)%nat (c / p)%nat.
Infix "+" := vadd : vec_scope.
Infix "-" := vsub : vec_scope.
Infix "*" := had : vec_scope.
Notation "- u" := (vopp u) : vec_scope.
Infix "+" := madd : mat_scope.
Notation "- A" := (mopp A) : mat_scope.
Notation "A - B" := (madd A (mopp B)) : mat_scope.
Notation "c *: u" := (vscal c u) (at level 40, left associativity) : vec_scope.
Notation "c *: A" := (mscal c A) (at level 40, left associativity) : mat_scope.
Notation "A *[ n ] B" := (mm n A B) (at level 40, left associativity) : mat_scope.
Notation "A *[ n ] v" := (mv n A%M v) (at level 40, left associativity) : vec_scope.
Definition sigma z := / (1 + exp (- z)).
Definition sigma' z := sigma z * (1 - sigma z).
Definition tanh' z := 1 - tanh z * tanh z.
Definition softplus z := ln (1 + exp z).
Definition softplus' z := sigma z.
Definition exp' z := exp z.
Definition expm1 z := exp z - 1.
Definition expm1' z := exp z.
Definition sin' z := cos z.
Definition cos' z := - sin z.
Definition sqrt' z := / (2 * sqrt z).
Definition relu z := Rmax 0 z.
Definition relu' z := if Rlt_dec 0 z then 1 else 0.
Definition silu z := z * sigma z.
Definition silu' z := sigma z + z * sigma' z.
Definition log_sigmoid z := ln (sigma z).
Definition log_sigmoid' z := 1 - sigma z.
Definition recip (z : R) : R := / z.
Definition column (v : vec) : mat := fun i _ => v i.
Definition above (p : nat) (A B : mat) : mat := fun i j => if Nat.ltb i p then A i j else B (i - p)%nat j.
Definition beside (p : nat) (A B : mat) : mat := fun i j => if Nat.ltb j p then A i j else B i (j - p)%nat.
"""

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": np.exp,
    "exp'": np.exp,
    "expm1": lambda z: np.exp(z) - 1,
    "expm1'": np.exp,
    "sin": np.sin,
    "sin'": np.cos,
    "cos": np.cos,
    "cos'": lambda z: -np.sin(z),
    "sqrt": np.sqrt,
    "sqrt'": lambda z: 1 / (2 * np.sqrt(z)),
    "tanh": np.tanh,
    "tanh'": lambda z: 1 - np.tanh(z) ** 2,
    "sigma": lambda z: 1 / (1 + np.exp(-z)),
    "sigma'": lambda z: 1 / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z))),
    "relu": lambda z: max(0.0, z),
    "relu'": lambda z: float(z > 0),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "silu'": lambda z: 1 / (1 + np.exp(-z)) + z * np.exp(-z) / (1 + np.exp(-z)) ** 2,
    "log_sigmoid": lambda z: -np.log(1 + np.exp(-z)),
    "log_sigmoid'": lambda z: np.exp(-z) / (1 + np.exp(-z)),
    "recip": lambda z: 1 / z,
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "softplus'": lambda z: 1 / (1 + np.exp(-z)),
}

_TOKEN = re.compile(r"\s*(\*\[|\*:|[A-Za-z_][\w']*|\d+|%nat|[()\[\]+\-*/])")
_HEAD = re.compile(
    r"^Definition ([\w']+) \((\w+) : point\)(?: \((\w+) : (?:R|vec|mat)\))? : (R|vec|mat) :=(.*?)\.$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Vec:
    at: Callable[[int], float]
    memo: dict[int, float] = field(default_factory=dict)

    def __call__(self, i: int) -> float:
        if i not in self.memo:
            self.memo[i] = self.at(i)
        return self.memo[i]


@dataclass(frozen=True)
class Mat:
    at: Callable[[int, int], float]
    memo: dict[tuple[int, int], float] = field(default_factory=dict)

    def __call__(self, i: int, j: int) -> float:
        if (i, j) not in self.memo:
            self.memo[i, j] = self.at(i, j)
        return self.memo[i, j]


def as_value(array: Any) -> Value:
    array = np.asarray(array)
    if array.ndim == 0:
        return float(array)
    return Vec(lambda i: float(array[i])) if array.ndim == 1 else Mat(lambda i, j: float(array[i, j]))


def definitions(text: str) -> dict[str, tuple[tuple[str, ...], str]]:
    """Name to (arguments, body) for every definition about a point."""
    found = {}
    for name, point, cotangent, _, body in _HEAD.findall(text):
        found[name] = ((point, cotangent) if cotangent else (point,), body)
    return found


class Certificate:
    """The definitions of a certificate at one point."""

    def __init__(
        self, text: str, fields: dict[str, Any], sizes: dict[str, int], functions: dict[str, Callable]
    ) -> None:
        self.definitions = definitions(text)
        self.fields = {name: as_value(value) for name, value in fields.items()}
        self.sizes = sizes
        self.functions = FUNCTIONS | functions
        self.known: dict[str, Value] = {}

    def value(self, name: str, cotangent: Value = None) -> Value:
        if name not in self.known:
            arguments, body = self.definitions[name]
            assert (len(arguments) > 1) == (cotangent is not None), name
            own = {arguments[1]: cotangent} if cotangent is not None else {}
            self.known[name] = Parser(body, self, arguments[0], own).whole()
        return self.known[name]


def total(n: int, body: Callable[[int], float]) -> float:
    return sum((body(k) for k in range(n)), 0.0)


class Parser:
    """expression := product (+ - product)*;  product := unary (* *: *[n] unary)*;  unary := - / application."""

    def __init__(self, text: str, world: Certificate, point: str, local: dict[str, Value]) -> None:
        self.tokens, place = [], 0
        text = re.sub(r"\s+", " ", text).strip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            assert match, f"not of a certificate: {text[place : place + 30]!r}"
            self.tokens.append(match.group(1))
            place = match.end()
        self.place, self.world, self.point, self.local = 0, world, point, local

    def whole(self) -> Value:
        found = self.expression()
        assert self.place == len(self.tokens), self.tokens[self.place :]
        return found

    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        found = self.next()
        assert found, wanted
        assert wanted in {"", found}, f"{found!r} for {wanted!r}"
        self.place += 1
        return found

    def expression(self) -> Value:
        found = self.product()
        while self.next() in {"+", "-"}:
            sign = 1 if self.take() == "+" else -1
            found = _plus(found, self.product(), sign)
        return found

    def product(self) -> Value:
        found = self.unary()
        while self.next() in {"*", "*:", "*[", "/"}:
            match self.take():
                case "*":
                    found = _times(found, self.unary())
                case "/":
                    found = found / self.unary()
                case "*:":
                    found = _scaled(found, self.unary())
                case _:
                    n = self.size("]")
                    found = _applied(n, found, self.unary())
        return found

    def unary(self) -> Value:
        if self.next() == "-":
            self.take()
            return _scaled(-1.0, self.unary())
        if self.next() == "/":
            self.take()
            return 1 / self.unary()
        return self.application()

    def size(self, end: str = "") -> int:
        """A natural number: a name, a numeral, or a product in brackets."""
        if self.next() == "(":
            self.take()
            found = self.size()
            while self.next() in {"*", "+"}:
                found = found * self.size() if self.take() == "*" else found + self.size()
            self.take(")")
        else:
            word = self.take()
            found = int(word) if word.isdigit() else self.world.sizes[word]
        if end:
            self.take(end)
        return found

    def application(self) -> Value:
        word = self.next()
        if word == "(" or word.isdigit():
            return self.atom()
        self.take()
        match word:
            case "vmap":
                f, u = self.world.functions[self.take()], self.atom()
                return Vec(lambda i: float(f(u(i))))
            case "mmap":
                f, A = self.world.functions[self.take()], self.atom()
                return Mat(lambda i, j: float(f(A(i, j))))
            case "hadm":
                A, B = self.atom(), self.atom()
                return Mat(lambda i, j: A(i, j) * B(i, j))
            case "vectorised":
                p, A = self.size(), self.atom()
                return Vec(lambda c: A(c % p, c // p))
            case "diag":
                c = self.atom()
                return Mat(lambda i, j: c(i) if i == j else 0.0)
            case "outer":
                u, v = self.atom(), self.atom()
                return Mat(lambda i, j: u(i) * v(j))
            case "tr":
                A = self.atom()
                return Mat(lambda i, j: A(j, i))
            case "row":
                v = self.atom()
                return Mat(lambda _, j: v(j))
            case "column":
                v = self.atom()
                return Mat(lambda i, _: v(i))
            case "above":
                p, A, B = self.size(), self.atom(), self.atom()
                return Mat(lambda i, j: A(i, j) if i < p else B(i - p, j))
            case "beside":
                p, A, B = self.size(), self.atom(), self.atom()
                return Mat(lambda i, j: A(i, j) if j < p else B(i, j - p))
            case "kron":
                p, q, A, B = self.size(), self.size(), self.atom(), self.atom()
                return Mat(lambda i, j: A(i // p, j // q) * B(i % p, j % q))
            case "dot":
                n, u, v = self.size(), self.atom(), self.atom()
                return total(n, lambda k: u(k) * v(k))
            case "INR":
                return float(self.size())
            case _:
                return self.named(word)

    def named(self, word: str) -> Value:
        constants = {"ones": Vec(lambda _: 1.0), "zeros": Vec(lambda _: 0.0), "mzero": Mat(lambda *_: 0.0)}
        constants["eye"] = Mat(lambda i, j: float(i == j))
        if word in self.local:
            return self.local[word]
        if word in constants:
            return constants[word]
        if word in self.world.functions and word not in self.world.fields and word not in self.world.definitions:
            return float(self.world.functions[word](self.atom()))
        self.take(self.point)
        return self.world.fields[word] if word in self.world.fields else self.world.value(word)

    def atom(self) -> Value:
        word = self.take()
        if word == "(":
            found = self.expression()
            self.take(")")
            return found
        return float(word) if word.isdigit() else self.named(word)


def _plus(left: Value, right: Value, sign: int) -> Value:
    assert type(left) is type(right), (left, right)
    if isinstance(left, Vec):
        return Vec(lambda i: left(i) + sign * right(i))
    if isinstance(left, Mat):
        return Mat(lambda i, j: left(i, j) + sign * right(i, j))
    return left + sign * right


def _times(left: Value, right: Value) -> Value:
    assert type(left) is type(right), (left, right)
    assert not isinstance(left, Mat), left
    return Vec(lambda i: left(i) * right(i)) if isinstance(left, Vec) else left * right


def _scaled(number: float, value: Value) -> Value:
    assert isinstance(number, float), number
    if isinstance(value, Vec):
        return Vec(lambda i: number * value(i))
    return Mat(lambda i, j: number * value(i, j)) if isinstance(value, Mat) else number * value


def _applied(n: int, left: Value, right: Value) -> Value:
    assert isinstance(left, Mat), left
    if isinstance(right, Vec):
        return Vec(lambda i: total(n, lambda k: left(i, k) * right(k)))
    return Mat(lambda i, j: total(n, lambda k: left(i, k) * right(k, j)))
