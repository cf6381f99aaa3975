"""The topics on many steps: which kinds of results each holds, and the figures that go with it."""

from __future__ import annotations

from dataclasses import dataclass

from symgate.derive import continuous_time
from symgate.language.continuous import SCHEMES, Discretisation
from symgate.proof import Certificate, verify
from symgate.records import Derivation, Kind


@dataclass(frozen=True)
class Topic:
    """One section on many steps: its name in links, its title, what it says, its kinds and its figures."""

    name: str
    title: str
    text: str
    kinds: tuple[Kind, ...]
    figures: tuple[str, ...] = ()


TOPICS = (
    Topic(
        "transport",
        "Transport through time",
        "How a state depends on an earlier one: an ordered product of Jacobians, later factors left.",
        (Kind.TRANSPORT,),
    ),
    Topic(
        "gradients",
        "Gradients through time",
        "Backpropagation through time: the adjoint recursion, and the gradient of every parameter.",
        (Kind.ADJOINT, Kind.GRADIENT),
    ),
    Topic(
        "expansions",
        "Splits and expansions",
        "The Jacobian split by its named terms, the transport expanded in one part, and a bound on what is left out.",
        (Kind.SPLIT, Kind.EXPANSION, Kind.REMAINDER),
        ("expansion",),
    ),
    Topic(
        "rates",
        "Effective learning rates",
        "What the gates make of one global learning rate: by lag, by step and by unit.",
        (Kind.RATE, Kind.PRECONDITIONER),
        ("rates",),
    ),
    Topic(
        "analogies",
        "Schedules, momentum and Adam",
        "In which exact sense gates act like them, and where each analogy stops.",
        (Kind.SCHEDULE, Kind.MOMENTUM, Kind.ADAM),
        ("schedule", "momentum", "adam"),
    ),
)


def of_many_steps(derivation: Derivation) -> bool:
    """Whether a derivation belongs to one of the topics on many steps."""
    return any(derivation.kind in topic.kinds for topic in TOPICS)


def has_code(derivation: Derivation) -> bool:
    """Whether there is a generated function for it."""
    return derivation.one_step


def schemes() -> list[tuple[Discretisation, Certificate]]:
    """The ways to step the cells' continuous equation, each with its certificate."""
    return [(found, verify(found)) for found in map(continuous_time, SCHEMES)]
