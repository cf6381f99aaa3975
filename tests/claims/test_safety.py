"""Hostile text is refused quickly, with a position and a reason, and nothing is ever run."""

from __future__ import annotations

import pickle
import sys
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symgate as sg
from symgate.claims import UnreadableError, read
from symgate.claims.reading.limits import CALLS, counted_from_here
from symgate.derive import result

J = result(sg.cell("multi_gate"), "jacobian")
M = result(sg.cell("leaky"), "transport")

HOSTILE = [
    "__import__('os').system('touch /tmp/owned')",
    "().__class__.__bases__[0].__subclasses__()",
    "g.__class__",
    "eval(g)",
    "exec('1')",
    "lambda: g",
    "W_r @ (x := 1)",
    r"\write18{rm -rf /}",
    r"\immediate\write18{ls}",
    r"\input{/etc/passwd}",
    r"\include{x}",
    r"\def\a{\a\a}\a",
    r"\csname diag\endcsname(g)",
    r"\catcode`\@=0",
    "(" * 50_000,
    "(" * 2000 + "g" + ")" * 2000,
    "-" * 4000 + "g",
    "g" + "'" * 4000,
    "9**9**9",
    "9**9**9**9**9",
    "((((9**16)**16)**16)**16)**16",
    "1" * 4000,
    "g**999999999999",
    "g\x00",
    "g\u0430",
    "\u202eg",
    "\u03c3(a)",
    "\ud800",
    "{" * 65 + "}" * 65,
    "[" * 65,
    "a" * 5000,
    "",
    "   ",
    "$$$",
    "%",
    "#",
    "diag(g);import os",
    "diag(g)\nimport os",
    "f'{g}'",
    '"g"',
    "*".join(["g"] * 2000),
    "+".join(["diag(g)"] * 900),
    r"\frac{" * 70 + "1" + "}{2}" * 70,
    r"x^{x^{x^{x}}}",
    r"\sum_{i=1}^{t}" * 100 + "1",
    "matprod(J[j] for j in range(t, k, -1) for x in range(1, 2))",
    "sum(1 for __class__ in range(1, 2))",
]


@pytest.fixture(scope="module", autouse=True)
def _grammars_are_loaded() -> None:
    read("diag(g)", J, "text")
    read("g_t^{2}", J, "latex")


#: Calls of functions that a refusal may take; the largest of the list takes about two thirds of them.
MOST_CALLS = 300_000


class Calls:
    """Counts the functions called while it is open, those of C included: work that does not depend on the machine."""

    def __enter__(self) -> Calls:
        self.count = 0
        self._before = sys.getprofile()
        sys.setprofile(self._seen)
        return self

    def _seen(self, _frame: Any, event: str, _arg: Any) -> None:
        self.count += event in {"call", "c_call"}

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)


@pytest.mark.parametrize("form", ["text", "latex", None])
@pytest.mark.parametrize("claim", HOSTILE, ids=lambda claim: ascii(claim[:24]))
def test_hostile_text_is_refused_after_little_work(claim: str, form: str | None) -> None:
    with pytest.raises(UnreadableError) as caught, Calls() as calls:
        read(claim, J, form)

    assert calls.count < MOST_CALLS
    assert caught.value.reason
    assert len(str(caught.value)) < 700
    assert str(caught.value).isascii()


@pytest.mark.parametrize(("text", "position"), [("diag(g) @ ?", 10), ("diag(g) @ )", 10), ("diag(g) @", 9)])
def test_a_refusal_has_a_position_and_survives_pickling(text: str, position: int) -> None:
    """Also where exceptions are pickled with their context, as dask does."""
    with pytest.raises(UnreadableError) as caught:
        read(text, J)
    assert caught.value.position == position
    assert caught.value.__context__ is None
    assert pickle.loads(pickle.dumps(caught.value)).position == position  # noqa: S301  our own bytes


def test_what_is_no_text_is_refused() -> None:
    for value in (b"diag(g)", 7, None):
        with pytest.raises(UnreadableError):
            read(value, J)  # type: ignore[arg-type]


WRITTEN = (
    r"diag( ( ) [ ] { } + - * @ / ** ^ _ = ~ ' , . .T g a_g x x_prev W_r phi dphi sigma( t k j 1 2 0 eye ones kron( "
    r"sum( prod( for in range( \frac \sum \prod \odot \otimes \top \mathbf{ \operatorname{diag} \left( \right) "
    r"\cdots \lVert \rVert J[ ] ..."
)
PIECES = st.sampled_from(WRITTEN.split(" "))


@given(parts=st.lists(PIECES, max_size=30), form=st.sampled_from(["text", "latex", None]), many=st.booleans())
def test_any_string_of_pieces_is_read_or_refused(parts: list[str], form: str | None, many: bool) -> None:
    for joined in (" ".join(parts), "".join(parts)):
        try:
            read(joined, M if many else J, form)
        except UnreadableError:
            continue


@given(claim=st.text(max_size=200), form=st.sampled_from(["text", "latex", None]))
def test_any_text_is_read_or_refused(claim: str, form: str | None) -> None:
    try:
        read(claim, J, form)
    except UnreadableError as error:
        assert error.reason  # noqa: PT017  most texts are refused, some are not


#: What fuzzing found to end in a traceback: the recurrence, the claim ("" for the recurrence itself), what is said.
FOUND = [
    (r"h_t = (1 - \frac1e-3) h_{t-1} + \tanh(W h_{t-1} + U x_t)", "", "needs braces"),
    (r"h_t =\prod/ W h_{t-1} + U x_t", "", "has no numerator"),
    (r"h_t = \tanh(W h_{t-1})", r"\frac{\partial h_t}{\partial h_{t-1}} = \frac.50 I", "needs braces"),
    (r"h_t = \tanh(W h_{t-1})", r"\frac{\partial h_t}{\partial h_k} = \prod_{i=k+1}^t /W", "has no numerator"),
    (r"h_t = W h_{t-1}", r"h_t = W^t h_0_0", "has one time"),
    (
        r"h_t = \tanh(W h_{t-1})",
        r"\frac{\partial L}{\partial h_0} = \sum_{t=1}^T \delta_t^\top \delta_t",
        "It is wrong",
    ),
    (
        r"h_t = \lambda \odot h_{t-1} + x_t",
        r"h_t = \sum_{j=0}^{99-1} \mathrm{diag}(\lambda^j) x_{t-j} + \mathrm{diag}(\lambda^t) h_0",
        "steps within steps",
    ),
]


@pytest.mark.parametrize(("recurrence", "claim", "said"), FOUND)
def test_what_fuzzing_found_is_refused_with_words(recurrence: str, claim: str, said: str) -> None:
    try:
        words = sg.check(sg.read_cell(recurrence), claim).statement if claim else str(sg.read_cell(recurrence))
    except UnreadableError as error:
        words = str(error)
    assert said in words


def test_how_deep_the_caller_stands_makes_no_difference() -> None:
    """A sum that is followed from the top is followed deep in a program, and one that is refused is refused there."""
    cell = sg.read_cell(r"h_t = \lambda \odot h_{t-1} + x_t")
    claim = r"h_t = \sum_{{j=0}}^{{{}}} \mathrm{{diag}}(\lambda^j) x_{{t-j}} + \mathrm{{diag}}(\lambda^t) h_0"

    def at_depth(depth: int, text: str) -> str:
        return at_depth(depth - 1, text) if depth else sg.check(cell, text).statement

    limit = sys.getrecursionlimit()
    for last in ("30-1", "99-1"):
        assert at_depth(limit - 200, claim.format(last)) == at_depth(0, claim.format(last))
    assert sys.getrecursionlimit() == limit


def test_the_limit_of_calls_is_never_lowered() -> None:
    """Another thread may stand deeper than what would be allowed from here."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 4000)
    try:
        with counted_from_here():
            assert sys.getrecursionlimit() == before + 4000
        assert sys.getrecursionlimit() == before + 4000
    finally:
        sys.setrecursionlimit(before)


def test_the_limit_of_calls_is_put_back_by_the_last_of_several_threads() -> None:
    before, entered, left = sys.getrecursionlimit(), Barrier(2), Event()

    def first() -> None:
        with counted_from_here():
            entered.wait()
        left.set()

    def second() -> None:
        with counted_from_here(), counted_from_here():
            entered.wait()
            left.wait()
            assert sys.getrecursionlimit() > max(CALLS, before)
            raise KeyError

    thread = Thread(target=first)
    thread.start()
    with pytest.raises(KeyError):
        second()
    thread.join()
    assert sys.getrecursionlimit() == before
