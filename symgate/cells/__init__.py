"""The built-in cells.  Each file is written with the same public builder that users have.

``CELLS`` holds the five cells of the paper, ``LIBRARY`` all of them, the five first.
"""

from symgate.cells.cornn import CORNN
from symgate.cells.dependence import gates_depend_on_state, state_free
from symgate.cells.gru import GRU
from symgate.cells.gru_original import GRU_ORIGINAL
from symgate.cells.indrnn import INDRNN
from symgate.cells.janet import JANET
from symgate.cells.leaky import LEAKY
from symgate.cells.leaky_norm import LEAKY_NORM
from symgate.cells.lru import LRU
from symgate.cells.lstm import LSTM
from symgate.cells.lstm_1997 import LSTM_1997
from symgate.cells.lstm_coupled import LSTM_COUPLED
from symgate.cells.lstm_peephole import LSTM_PEEPHOLE
from symgate.cells.mgu import MGU
from symgate.cells.mingru import MINGRU
from symgate.cells.minlstm import MINLSTM
from symgate.cells.multi_gate import MULTI_GATE
from symgate.cells.multi_gate_norm import MULTI_GATE_NORM
from symgate.cells.normalisation import layer_norm
from symgate.cells.plain import PLAIN
from symgate.cells.qrnn import QRNN
from symgate.cells.rg_lru import RG_LRU
from symgate.cells.scalar_gate import SCALAR_GATE
from symgate.cells.scalar_gate_norm import SCALAR_GATE_NORM
from symgate.cells.ssm import SSM
from symgate.cells.stacking import stack
from symgate.cells.ugrnn import UGRNN
from symgate.cells.unit_leak import UNIT_LEAK
from symgate.errors import unknown
from symgate.records import Cell

__all__ = ["CELLS", "LIBRARY", "cell", "gates_depend_on_state", "layer_norm", "stack", "state_free"]

CELLS: tuple[Cell, ...] = (PLAIN, LEAKY, UNIT_LEAK, SCALAR_GATE, MULTI_GATE)

#: Every built-in cell: the paper's, their normalised forms, gated cells, cells linear in the state, and two states.
LIBRARY: tuple[Cell, ...] = (
    *CELLS,
    *(LEAKY_NORM, SCALAR_GATE_NORM, MULTI_GATE_NORM),
    *(GRU, GRU_ORIGINAL, MGU, JANET, UGRNN, INDRNN),
    *(MINGRU, MINLSTM, RG_LRU, SSM),
    *(LSTM, LSTM_PEEPHOLE, LSTM_COUPLED, LSTM_1997, QRNN, LRU, CORNN),
)


def cell(name: str, **functions: str) -> Cell:
    """The built-in cell of that name, its opaque functions bound as asked: ``cell("plain", phi="relu")``.

    Derivations hold for every differentiable phi; the binding (tanh unless said otherwise) gives the numbers.

    Raises:
        UnknownNameError: no such cell, or the cell has no function of that name.
    """
    by_name = {item.name: item for item in LIBRARY}
    if name not in by_name:
        raise unknown("cell", name, by_name, "Write your own with symgate.CellBuilder.")
    return by_name[name].bind(**functions)
