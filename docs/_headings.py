"""The headings of the catalogue."""

from __future__ import annotations

import inspect
import sys

#: The heading of each page, and what its formula does not say.
TITLES = {
    "plain": ("Plain (Elman)", "No gate: only the drive carries the state on."),
    "leaky": ("Leaky integrator", "One constant for all units and all steps."),
    "unit_leak": ("Leak per unit", "One constant for each unit."),
    "scalar_gate": (
        "Scalar gate",
        "One gate value per step for all units; its gate term in the Jacobian has rank one.",
    ),
    "multi_gate": ("Multi gate", "One gate value per unit and step."),
    "leaky_norm": ("Leaky integrator, normalised", "The drive is normalised over the units."),
    "scalar_gate_norm": ("Scalar gate, normalised", "The drive is normalised over the units."),
    "multi_gate_norm": ("Multi gate, normalised", "Drive and gate are normalised over the units."),
    "gru": (
        "GRU of torch.nn",
        "The reset gate acts after the recurrent product; z is the share of the old state. Keras and JAX have it too.",
    ),
    "gru_original": (
        "GRU as published",
        "The reset gate acts before the recurrent product; z is the share of the new value.",
    ),
    "mgu": ("Minimal gated unit", "One gate both updates and resets."),
    "janet": ("JANET", "Only a forget gate; with beta = 0 it is the update-gate cell."),
    "ugrnn": ("Update-gate cell (UGRNN)", "The multi gate, written so that the gate is the share of the old state."),
    "fastgrnn": ("FastGRNN", "Gate and drive share their matrices."),
    "indrnn": ("Independently recurrent units", 'A diagonal recurrent matrix; the paper also uses phi="relu".'),
    "mingru": ("minGRU", "Gate and candidate depend on the input alone."),
    "minlstm": ("minLSTM", "Two gates that add up to one; they depend on the input alone."),
    "rg_lru": ("RG-LRU (Griffin)", "A gated power of a learned decay; the input is scaled to keep the variance."),
    "ssm": ("Diagonal selective state space", "Zero-order hold over a time step that depends on the input."),
    "s6": (
        "S6, two states per channel",
        "`symgate.cells.selective(states)` takes any number of states; all channels share B_t.",
    ),
    "lstm": ("LSTM of torch.nn", "s is the name of the new cell state in the equation for h."),
    "lstm_peephole": (
        "LSTM with peepholes",
        "The input and forget gates see the old cell state, the output gate the new one.",
    ),
    "lstm_coupled": ("LSTM with coupled gates", "One gate both forgets and takes in."),
    "lstm_1997": ("LSTM of 1997", "No forget gate: the cell state keeps its whole value."),
    "qrnn": ("Quasi-recurrent cell", "h is only read out: no later step depends on it, so it adds zero eigenvalues."),
    "sru": ("Simple recurrent unit", "h is only read out; each gate sees the cell state of its own unit."),
    "lru": ("LRU", "A complex diagonal, written as two real states."),
    "cornn": ("coRNN", "Coupled oscillators: a position and a velocity."),
    "lem": ("Long expressive memory", "Each of the two states has a learned time step."),
    "lstm_projected": ("LSTM with a projection", "h is shorter than c; torch.nn.LSTM with proj_size."),
    "lstm_zoneout": ("LSTM with zoneout", "The masks are inputs; where a mask is 1, the unit keeps its old state."),
    "slstm": ("sLSTM of the xLSTM", "Exponential gates; q normalises, and m keeps the exponents small."),
    "gru_d": ("GRU-D", "A mask and the time since the last observation are inputs; l is the last observed input."),
    "hgrn": ("HGRN", "A complex diagonal with a lower bound on its forget gate."),
    "rwkv4": ("Time mixing of RWKV-4", "A weighted average, kept as numerator and denominator; y is only read out."),
    "ltc": ("Liquid time constants", "The elapsed time is a scalar input; the gate also stands in the denominator."),
    "cfc": ("Closed-form continuous time", "Two heads and a gate between them that depends on the elapsed time."),
    "stp": ("Short-term plasticity", "Resources and utilisation of each unit modulate its outgoing weights."),
    "low_rank": ("Low-rank connectivity", "The recurrent matrix is P Q'."),
    "dale": ("Dale's law", "Rectified weights, a mask and a sign for each unit."),
    "esn": ("Echo state network", "Leaky integration and feedback of the output."),
}


def titled(name: str) -> tuple[str, str]:
    """The heading of a page and its remark; for a cell not named above, its name and the first line of its file."""
    said = (inspect.getdoc(sys.modules[f"symgate.cells.{name}"]) or "").partition("\n")[0]
    return TITLES.get(name, (f"`{name}`", f"`{said}`"))
