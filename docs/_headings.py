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
}


def titled(name: str) -> tuple[str, str]:
    """The heading of a page and its remark; of a cell not named above, its name and what its file says."""
    said = (inspect.getdoc(sys.modules[f"symgate.cells.{name}"]) or "").partition("\n")[0]
    return TITLES.get(name, (f"`{name}`", f"`{said}`"))
