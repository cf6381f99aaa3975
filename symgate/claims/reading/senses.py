"""What an author may mean by a derivative that is written in one way only; the words are told with a verdict."""

from __future__ import annotations

from enum import Enum


class Sense(Enum):
    """A further sense of a derivative.

    An LSTM has h_t = o_t tanh(c_t): a change of c_t changes h_t (THROUGH), and losses depend on h_t alone (OUTPUTS);
    where those of all steps count such paths, that of one step may not (DIRECT).
    dh_t/dW is the part of step t, or what all steps up to t add up to (TOTAL).  The state h_0, of which no output is
    computed, goes into no loss (FROM_ONE).  A delta_t is the part of the loss of step t, or the gradient of all
    (ALL_STEPS).
    """

    THROUGH = "a gradient by a state counts the paths through the other states of its step"
    OUTPUTS = "the loss of a step is one of its other states alone"
    DIRECT = "the gradient of the loss of one step by a state holds the other states of the step fixed"
    TOTAL = "the derivative of a state by a parameter counts all steps up to it"
    FROM_ONE = "the loss is that of the steps from 1 on: the state at the start has none of its own"
    ALL_STEPS = "delta is read as the gradient of the loss by the state, all later steps included"


Senses = frozenset[Sense]
#: As this package means them.
OURS: Senses = frozenset()
