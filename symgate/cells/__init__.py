"""The built-in cells.  Each file is written with the same public builder that users have.

``CELLS`` holds the five cells of the paper, ``LIBRARY`` all of them with vector states, the five first; ``MATRIX``
those whose state is a matrix.
"""

from collections.abc import Sequence

from symgate.cells.cfc import CFC
from symgate.cells.cornn import CORNN
from symgate.cells.dale import DALE
from symgate.cells.delays import delay
from symgate.cells.delta_net import DELTA_NET
from symgate.cells.dependence import gates_depend_on_state, state_free
from symgate.cells.esn import ESN
from symgate.cells.fast_weights import FAST_WEIGHTS
from symgate.cells.fastgrnn import FASTGRNN
from symgate.cells.gated_delta_net import GATED_DELTA_NET
from symgate.cells.gru import GRU
from symgate.cells.gru_d import GRU_D
from symgate.cells.gru_original import GRU_ORIGINAL
from symgate.cells.hgrn import HGRN
from symgate.cells.hgrn2 import HGRN2
from symgate.cells.indrnn import INDRNN
from symgate.cells.janet import JANET
from symgate.cells.leaky import LEAKY
from symgate.cells.leaky_norm import LEAKY_NORM
from symgate.cells.lem import LEM
from symgate.cells.linear_attention import LINEAR_ATTENTION
from symgate.cells.low_rank import LOW_RANK
from symgate.cells.lru import LRU
from symgate.cells.lstm import LSTM
from symgate.cells.lstm_1997 import LSTM_1997
from symgate.cells.lstm_coupled import LSTM_COUPLED
from symgate.cells.lstm_peephole import LSTM_PEEPHOLE
from symgate.cells.lstm_projected import LSTM_PROJECTED
from symgate.cells.lstm_zoneout import LSTM_ZONEOUT
from symgate.cells.ltc import LTC
from symgate.cells.mgu import MGU
from symgate.cells.mingru import MINGRU
from symgate.cells.minlstm import MINLSTM
from symgate.cells.mlstm import MLSTM
from symgate.cells.multi_gate import MULTI_GATE
from symgate.cells.multi_gate_norm import MULTI_GATE_NORM
from symgate.cells.normalisation import layer_norm, normalised, pre_activations, rms_norm, softmax, unit_norm
from symgate.cells.plain import PLAIN
from symgate.cells.qrnn import QRNN
from symgate.cells.renaming import renamed
from symgate.cells.rg_lru import RG_LRU
from symgate.cells.rwkv4 import RWKV4
from symgate.cells.rwkv6 import RWKV6
from symgate.cells.s6 import S6, selective
from symgate.cells.scalar_gate import SCALAR_GATE
from symgate.cells.scalar_gate_norm import SCALAR_GATE_NORM
from symgate.cells.slstm import SLSTM
from symgate.cells.sru import SRU
from symgate.cells.ssm import SSM
from symgate.cells.stacking import stack
from symgate.cells.stp import STP
from symgate.cells.ugrnn import UGRNN
from symgate.cells.unit_leak import UNIT_LEAK
from symgate.errors import DefinitionError, unknown
from symgate.records import Cell

__all__ = [
    "CELLS",
    "LIBRARY",
    "MATRIX",
    "cell",
    "delay",
    "gates_depend_on_state",
    "layer_norm",
    "normalised",
    "pre_activations",
    "renamed",
    "rms_norm",
    "selective",
    "softmax",
    "stack",
    "state_free",
    "unit_norm",
]

CELLS: tuple[Cell, ...] = (PLAIN, LEAKY, UNIT_LEAK, SCALAR_GATE, MULTI_GATE)

#: Every built-in cell: the paper's, their normalised forms, gated cells, cells linear in the
#: state, several states, elapsed time and models of neurons.
LIBRARY: tuple[Cell, ...] = (
    *CELLS,
    *(LEAKY_NORM, SCALAR_GATE_NORM, MULTI_GATE_NORM),
    *(GRU, GRU_ORIGINAL, MGU, JANET, UGRNN, FASTGRNN, INDRNN),
    *(MINGRU, MINLSTM, RG_LRU, SSM, S6),
    *(LSTM, LSTM_PEEPHOLE, LSTM_COUPLED, LSTM_1997, QRNN, SRU, LRU, CORNN, LEM),
    *(LSTM_PROJECTED, LSTM_ZONEOUT, SLSTM, GRU_D, HGRN, RWKV4),
    *(LTC, CFC, STP, LOW_RANK, DALE, ESN),
)

#: Cells whose state is a matrix; they stand apart, since less is derived of them.
MATRIX: tuple[Cell, ...] = (*(FAST_WEIGHTS, LINEAR_ATTENTION, HGRN2, RWKV6, MLSTM, DELTA_NET, GATED_DELTA_NET),)


def cell(name: str, *, layer_norm: bool | str | Sequence[str] = False, **functions: str) -> Cell:
    """The built-in cell with this name, with its opaque functions bound as requested: ``cell("plain", phi="relu")``.

    Derivations hold for every differentiable phi; numbers use the bound function (default: tanh).

    Args:
        name: the name of one of ``LIBRARY`` or ``MATRIX``.
        layer_norm: True normalises every pre-activation of the cell over its units; names such as ("a",) select some;
            ``normalised`` does the same for your own cell.
        functions: the nonlinearity to which each opaque function of the cell is bound.

    Raises:
        UnknownNameError: no such cell, or the cell has no function or intermediate of that name.
        DefinitionError: a cell without pre-activations was to be normalised.
    """
    by_name = {item.name: item for item in (*LIBRARY, *MATRIX)}
    if name not in by_name:
        raise unknown("cell", name, by_name, "Write your own with symgate.CellBuilder.")
    bound = by_name[name].bind(**functions)
    if layer_norm is False:
        return bound
    return normalised(bound, () if layer_norm is True else layer_norm)


def as_cell(value: Cell | str) -> Cell:
    """A cell itself, or the built-in one of that name.

    Raises:
        UnknownNameError: no built-in cell has that name.
        DefinitionError: it is neither a cell nor a name.
    """
    if isinstance(value, Cell):
        return value
    if isinstance(value, str):
        return cell(value)
    raise DefinitionError(
        f"Needed a cell, such as sg.cell('gru') or CellBuilder(...).build(), or the name of a built-in one; found "
        f"{type(value).__name__}."
    )
