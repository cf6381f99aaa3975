"""Which recurrence becomes which other one, and when: the table of the limits route.

A new cell adds its lines.  No derivative stands here: the table speaks of recurrences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy
from sympy import Expr, S
from sympy.matrices.expressions import MatMul, OneMatrix, Transpose

from symgate.cells import LIBRARY
from symgate.language import CellBuilder, exp, sigma, softplus
from symgate.records import Cell

_BY_NAME = {cell.name: cell for cell in LIBRARY}


@dataclass(frozen=True)
class Reduction:
    """``cell`` becomes ``target`` when its parameters are written as ``parameters``.

    Attributes:
        cell: the name of the cell.
        target: the recurrence that it becomes.
        words: when, in words.
        parameters: parameter name -> expression in the symbols of ``target`` (others keep their name).
        gate: what sigma is held at everywhere: 0, 1, or the name of a parameter of the target; None leaves it free.
        held: names that are sigma of something -> what that one is held at, a number or a scalar of the target.
    """

    cell: str
    target: Cell
    words: str
    parameters: Mapping[str, Expr] = field(default_factory=dict)
    gate: int | str | None = None
    held: Mapping[str, Expr] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the target keeps every state as it is, so that no parameter acts."""
        return all(state.update == state.before for state in self.target.states)


def _hold(*states: str) -> Cell:
    """x_t = x_{t-1}: the cell whose gate is shut."""
    c = CellBuilder("hold")
    for name in states:
        x = c.state(name, "n")
        c.next(x, x)
    return c.build()


def _decay() -> Cell:
    """x_t = a_t (.) x_{t-1}, a_t of the real-gated linear unit."""
    c = CellBuilder("decay")
    x, u, s = c.state("x", "n"), c.input("u", "n"), c.vector("s", "n")
    W_a, b_a = c.matrix("W_a", "n", "n"), c.vector("b_a", "n")
    c.next(x, exp(-(8 * softplus(s) * sigma(W_a @ u + b_a))) * x)
    return c.build()


def _free_space() -> Cell:
    """x_t = exp(-delta_t (.) lambda) (.) x_{t-1}: the selective state space without a drive."""
    c = CellBuilder("free_space")
    x, u, s = c.state("x", "n"), c.input("u", "m"), c.vector("s", "n")
    W_d, b_d = c.matrix("W_d", "n", "m"), c.vector("b_d", "n")
    c.next(x, exp(-(softplus(W_d @ u + b_d) * exp(s))) * x)
    return c.build()


def _ones(scalar: Expr = S.One) -> Expr:
    ones = OneMatrix(sympy.Symbol("n", integer=True, positive=True), 1)
    return ones if scalar == 1 else MatMul(scalar, ones)


def _nought(cell: str, *names: str) -> dict[str, Expr]:
    return {name: sympy.ZeroMatrix(*_BY_NAME[cell].symbols[name].shape) for name in names}


def _renamed(target: Cell, **names: str) -> dict[str, Expr]:
    """Parameters under their names in the target."""
    return {own: target.symbols[other] for own, other in names.items()}


HOLD, HOLD_TWO, DECAY, FREE_SPACE = _hold("x"), _hold("y", "z"), _decay(), _free_space()
PLAIN, LEAKY, SCALAR_GATE, MULTI_GATE, UGRNN, LSTM, LSTM_1997, LEAKY_NORM = (
    _BY_NAME[name]
    for name in ("plain", "leaky", "scalar_gate", "multi_gate", "ugrnn", "lstm", "lstm_1997", "leaky_norm")
)
_alpha, _w, _v, _b = LEAKY.symbols["alpha"], *(SCALAR_GATE.symbols[name] for name in ("w_g", "v_g", "b_g"))
_DRIVE = {"W_c": "W_i", "U_c": "W_r", "b_c": "b"}

REDUCTIONS: tuple[Reduction, ...] = (
    Reduction("leaky", HOLD, "alpha = 0 holds the state", {"alpha": S.Zero}),
    Reduction("leaky", PLAIN, "alpha = 1 is plain", {"alpha": S.One}),
    Reduction("unit_leak", HOLD, "alpha = 0 holds the state", _nought("unit_leak", "alpha")),
    Reduction("unit_leak", PLAIN, "alpha = 1 is plain", {"alpha": _ones()}),
    Reduction("unit_leak", LEAKY, "equal alpha is leaky", {"alpha": _ones(_alpha)}),
    Reduction("scalar_gate", HOLD, "g -> 0 holds the state", gate=0),
    Reduction("scalar_gate", PLAIN, "g -> 1 is plain", gate=1),
    Reduction(
        "scalar_gate",
        LEAKY,
        "a constant gate is leaky",
        {**_nought("scalar_gate", "w_g", "v_g"), "b_g": S.Zero},
        gate="alpha",
    ),
    Reduction("multi_gate", HOLD, "g -> 0 holds the state", gate=0),
    Reduction("multi_gate", PLAIN, "g -> 1 is plain", gate=1),
    Reduction(
        "multi_gate",
        LEAKY,
        "a constant gate is leaky",
        _nought("multi_gate", "W_g", "V_g", "b_g"),
        gate="alpha",
    ),
    Reduction(
        "multi_gate",
        SCALAR_GATE,
        "equal gate rows are the scalar gate",
        {"W_g": MatMul(_ones(), Transpose(_w)), "V_g": MatMul(_ones(), Transpose(_v)), "b_g": _ones(_b)},
    ),
    Reduction("leaky_norm", HOLD, "alpha = 0 holds the state", {"alpha": S.Zero}),
    Reduction("scalar_gate_norm", HOLD, "g -> 0 holds the state", gate=0),
    Reduction(
        "scalar_gate_norm",
        LEAKY_NORM,
        "a constant gate is leaky",
        {**_nought("scalar_gate_norm", "w_g", "v_g"), "b_g": S.Zero},
        gate="alpha",
    ),
    Reduction("multi_gate_norm", HOLD, "g -> 0 holds the state", gate=0),
    Reduction(
        "multi_gate_norm",
        LEAKY_NORM,
        "a constant gate is leaky",
        _nought("multi_gate_norm", "W_g", "V_g", "gamma_g", "b_g"),
        gate="alpha",
    ),
    Reduction("gru", HOLD, "z -> 1 holds the state", held={"z": S.One}),
    Reduction(
        "gru",
        PLAIN,
        "r -> 1 and z -> 0 is plain",
        _renamed(PLAIN, **_DRIVE) | _nought("gru", "d_c"),
        held={"r": S.One, "z": S.Zero},
    ),
    Reduction(
        "gru",
        UGRNN,
        "r -> 1 is the update-gate cell",
        _renamed(UGRNN, W_z="W_g", U_z="U_g", b_z="b_g") | _nought("gru", "d_c"),
        held={"r": S.One},
    ),
    Reduction("gru_original", HOLD, "z -> 0 holds the state", held={"z": S.Zero}),
    Reduction(
        "gru_original",
        MULTI_GATE,
        "r -> 1 is the multi gate",
        _renamed(MULTI_GATE, **_DRIVE, W_z="V_g", U_z="W_g", b_z="b_g"),
        held={"r": S.One},
    ),
    Reduction("mgu", HOLD, "f -> 0 holds the state", gate=0),
    Reduction("mgu", PLAIN, "f -> 1 is plain", _renamed(PLAIN, **_DRIVE), gate=1),
    Reduction("janet", HOLD, "f -> 1 and s -> 1 holds the state", gate=1),
    Reduction("janet", PLAIN, "f -> 0 and s -> 0 is plain", _renamed(PLAIN, **_DRIVE), gate=0),
    Reduction(
        "janet",
        UGRNN,
        "beta = 0 is the update-gate cell",
        {**_renamed(UGRNN, W_f="W_g", U_f="U_g", b_f="b_g"), "beta": S.Zero},
    ),
    Reduction("ugrnn", HOLD, "g -> 1 holds the state", gate=1),
    Reduction("ugrnn", PLAIN, "g -> 0 is plain", _renamed(PLAIN, **_DRIVE), gate=0),
    Reduction(
        "ugrnn",
        LEAKY,
        "a constant gate is leaky",
        _renamed(LEAKY, **_DRIVE) | _nought("ugrnn", "W_g", "U_g", "b_g"),
        held={"g": 1 - _alpha},
    ),
    Reduction("mingru", HOLD, "z -> 0 holds the state", gate=0),
    Reduction("minlstm", HOLD, "f -> 1 holds the state", gate=1),
    Reduction("rg_lru", DECAY, "i -> 0 is diagonal and linear", held={"i": S.Zero}),
    Reduction("ssm", FREE_SPACE, "no drive is diagonal and linear", _nought("ssm", "W_v")),
    Reduction("lstm", LSTM_1997, "f -> 1 is the form of 1997", held={"f": S.One}),
    Reduction("lstm_peephole", LSTM, "no peepholes is the LSTM", _nought("lstm_peephole", "p_i", "p_f", "p_o")),
    Reduction("cornn", HOLD_TWO, "dt = 0 holds the state", {"dt": S.Zero}),
)
