"""The recurrences as published, in plain NumPy for a single sample; nothing here knows of symgate.

Each ``step`` takes the state BEFORE the step and returns the state after it, or the states by name where there are
several; complex numbers pass through.
"""

from collections.abc import Callable
from typing import Any

from tests.reference import gated, leaky, linear, memory, multi_gate, neurons, normalised, plain, scalar_gate, unit_leak

REFERENCE: dict[str, Callable[..., Any]] = {
    "plain": plain.step,
    "leaky": leaky.step,
    "unit_leak": unit_leak.step,
    "scalar_gate": scalar_gate.step,
    "multi_gate": multi_gate.step,
    "leaky_norm": normalised.leaky,
    "scalar_gate_norm": normalised.scalar_gate,
    "multi_gate_norm": normalised.multi_gate,
    "gru": gated.gru,
    "gru_original": gated.gru_original,
    "mgu": gated.mgu,
    "janet": gated.janet,
    "ugrnn": gated.ugrnn,
    "fastgrnn": gated.fastgrnn,
    "indrnn": gated.indrnn,
    "mingru": linear.mingru,
    "minlstm": linear.minlstm,
    "rg_lru": linear.rg_lru,
    "ssm": linear.ssm,
    "s6": linear.s6,
    "lru": linear.lru,
    "qrnn": linear.qrnn,
    "lstm": memory.lstm,
    "lstm_peephole": memory.lstm_peephole,
    "lstm_coupled": memory.lstm_coupled,
    "lstm_1997": memory.lstm_1997,
    "sru": memory.sru,
    "cornn": memory.cornn,
    "lem": memory.lem,
    "hgrn": linear.hgrn,
    "rwkv4": linear.rwkv4,
    "lstm_projected": memory.lstm_projected,
    "lstm_zoneout": memory.lstm_zoneout,
    "slstm": memory.slstm,
    "gru_d": memory.gru_d,
    "ltc": neurons.ltc,
    "cfc": neurons.cfc,
    "stp": neurons.stp,
    "low_rank": neurons.low_rank,
    "dale": neurons.dale,
    "esn": neurons.esn,
}
