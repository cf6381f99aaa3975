"""The headings of the catalogue."""

from __future__ import annotations

import inspect
import sys

#: The heading of each page, and what its formula does not say.
TITLES = {
    "plain": ("Plain (Elman)", "No gate: nothing is kept but what the drive passes on."),
    "leaky": ("Leaky integrator", "One constant for all units and all steps."),
    "unit_leak": ("Leak per unit", "One constant for each unit."),
    "scalar_gate": ("Scalar gate", "One number per step for all units; its path through the state has rank one."),
    "multi_gate": ("Multi gate", "One number per unit and step."),
    "leaky_norm": ("Leaky integrator, normalised", "The drive is normalised over the units."),
    "scalar_gate_norm": ("Scalar gate, normalised", "The drive is normalised over the units."),
    "multi_gate_norm": ("Multi gate, normalised", "Drive and gate are normalised over the units."),
    "gru": ("GRU of torch.nn", "The reset gate after the recurrent product; z retains. keras and jax have it too."),
    "gru_original": ("GRU as published", "The reset gate before the recurrent product; z updates."),
    "mgu": ("Minimal gated unit", "One gate both to update and to reset."),
    "janet": ("JANET", "A forget gate alone; with beta = 0 it is the update-gate cell."),
    "ugrnn": ("Update-gate cell (UGRNN)", "The multi gate in the convention that the gate retains."),
    "fastgrnn": ("FastGRNN", "Gate and drive share their matrices."),
    "indrnn": ("Independently recurrent units", 'A diagonal recurrent matrix; the paper also takes phi="relu".'),
    "mingru": ("minGRU", "Gate and candidate see the input alone."),
    "minlstm": ("minLSTM", "Two gates that add up to one; they see the input alone."),
    "rg_lru": ("RG-LRU (Griffin)", "A gated power of a learned decay; the input is scaled to keep the variance."),
    "ssm": ("Diagonal selective state space", "Zero-order hold over a step of time that the input sets."),
    "s6": (
        "S6, two states per channel",
        "`symgate.cells.selective(states)` has any number; B_t is shared by channels.",
    ),
    "lstm": ("LSTM of torch.nn", "s names the new cell state where h reads it."),
    "lstm_peephole": ("LSTM with peepholes", "The gates see the cell state, the output gate the new one."),
    "lstm_coupled": ("LSTM with coupled gates", "What is not kept is taken in."),
    "lstm_1997": ("LSTM of 1997", "No forget gate: the cell state keeps all of itself."),
    "qrnn": ("Quasi-recurrent cell", "h is read out only: nothing depends on it, so it adds zero eigenvalues."),
    "sru": ("Simple recurrent unit", "h is read out only; each gate sees the cell state of its own unit."),
    "lru": ("LRU", "A complex diagonal as two real states."),
    "cornn": ("coRNN", "Coupled oscillators: a position and a velocity."),
    "lem": ("Long expressive memory", "Each of two states has a learned step of time."),
    "lstm_projected": ("LSTM with a projection", "h is shorter than c; torch.nn.LSTM with proj_size."),
    "lstm_zoneout": ("LSTM with zoneout", "The masks are inputs; the update looks through them."),
    "slstm": ("sLSTM of the xLSTM", "Exponential gates; q normalises and m keeps the exponents small."),
    "gru_d": ("GRU-D", "A mask and the time since the last observation are inputs; l is the last observed input."),
    "hgrn": ("HGRN", "A complex diagonal with a lower bound on its forget gate."),
    "rwkv4": ("Time mixing of RWKV-4", "A weighted average by numerator and denominator; y is read out only."),
    "ltc": ("Liquid time constants", "The elapsed time is a scalar input; the gate also divides."),
    "cfc": ("Closed-form continuous time", "Two heads and a gate that the elapsed time opens."),
    "stp": ("Short-term plasticity", "Resources and utilisation of each unit modulate its outgoing weights."),
    "low_rank": ("Low-rank connectivity", "The recurrent matrix is P Q'."),
    "dale": ("Dale's law", "Rectified weights, a mask and a sign for each unit."),
    "esn": ("Echo state network", "Leaky integration and feedback of the output."),
}


def titled(name: str) -> tuple[str, str]:
    """The heading of a page and its remark; of a cell not named above, its name and what its file says."""
    said = (inspect.getdoc(sys.modules[f"symgate.cells.{name}"]) or "").partition("\n")[0]
    return TITLES.get(name, (f"`{name}`", f"`{said}`"))
