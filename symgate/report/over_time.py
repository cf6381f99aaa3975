"""The objects of many steps under the short names that people type, their topics, and the figures that go with them.

transport, adjoint, gradient:W_r, split:retention, expansion:retention:1, remainder:gate:1, rate:drive,
preconditioner, analogy:momentum
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from symgate.derive import (
    ANALOGIES,
    SPLITS,
    analogy,
    continuous_time,
    effective_learning_rate,
    expand,
    gradient,
    preconditioner,
    remainder,
    split,
    state_jacobian,
    transport,
)
from symgate.errors import DefinitionError, SymgateError
from symgate.language.continuous import SCHEMES, Discretisation
from symgate.proof import Certificate, verify
from symgate.records import Cell, Derivation

#: The orders to which expansions and bounds are listed; any other is derived where it is asked for.
EXPANSION_ORDER, REMAINDER_ORDER = 2, 1

#: What has a generated function: derivatives of one step, and splits of them.
_CODED = {"jacobian", "kronecker", "vjp"}


@dataclass(frozen=True)
class Topic:
    """One section on many steps: its name in links, its title, what it says, its forms and its figures."""

    name: str
    title: str
    text: str
    forms: tuple[str, ...]
    figures: tuple[str, ...] = ()


TOPICS = (
    Topic(
        "transport",
        "Transport through time",
        "How a state depends on an earlier one: an ordered product of Jacobians, later factors left.",
        ("transport",),
    ),
    Topic(
        "gradients",
        "Gradients through time",
        "Backpropagation through time: the adjoint recursion, and the gradient of every parameter.",
        ("adjoint", "gradient"),
    ),
    Topic(
        "expansions",
        "Splits and expansions",
        "The Jacobian split by its named terms, the transport expanded in one part, and a bound on what is left out.",
        ("split", "expansion", "bound"),
        ("expansion",),
    ),
    Topic(
        "rates",
        "Effective learning rates",
        "What the gates make of one global learning rate: by lag, by step and by unit.",
        ("rate",),
        ("rates",),
    ),
    Topic(
        "analogies",
        "Schedules, momentum and Adam",
        "In which exact sense gates act like them, and where each analogy stops.",
        ("analogy",),
        ("schedule", "momentum", "adam"),
    ),
)


def form_of(derivation: Derivation) -> str:
    """The form of a derivation, with a split told apart from the Jacobian it splits."""
    return "split" if derivation.name.startswith(f"{derivation.cell.name}_split_") else derivation.form


def of_many_steps(derivation: Derivation) -> bool:
    """Whether a derivation belongs to one of the topics on many steps."""
    return any(form_of(derivation) in topic.forms for topic in TOPICS)


def has_code(derivation: Derivation) -> bool:
    """Whether there is a generated function for it."""
    return derivation.form in _CODED


def many_steps(cell: Cell) -> dict[str, Derivation]:
    """Every object of many steps by its short name."""
    return {key: find(cell, key) for key in _keys(cell)}


def is_name(text: str) -> bool:
    """Whether a short name is of the kind that :func:`find` knows."""
    return text.partition(":")[0] in _BUILDERS


def find(cell: Cell, text: str) -> Derivation:
    """The object meant by such a short name; splits may also name the terms that are kept, as in retention+drive.

    Raises:
        DefinitionError: a part of the name is missing or an order is no number.
        UnknownNameError: the cell has no such parameter, split or analogy.
    """
    kind, *arguments = text.split(":")
    form, build = _BUILDERS[kind]
    if len(arguments) != form.count(":"):
        raise DefinitionError(f"{text!r} is not of the form {form}, such as {_EXAMPLES[kind]}.")
    return build(cell, *arguments)


def _keys(cell: Cell) -> Iterator[str]:
    yield from ("transport", "adjoint")
    yield from (f"gradient:{symbol.name}" for symbol in cell.parameters)
    for keep in SPLITS:
        if _exists(split, cell, keep):
            yield from (f"split:{keep}", f"expansion:{keep}:{EXPANSION_ORDER}", f"remainder:{keep}:{REMAINDER_ORDER}")
    yield from (f"rate:{keep}" for keep in ("retention", "drive") if _exists(effective_learning_rate, cell, keep))
    if _exists(preconditioner, cell):
        yield "preconditioner"
    yield from (f"analogy:{name}" for name in ANALOGIES if _exists(analogy, cell, name))


def _exists(build: Callable[..., Derivation], *arguments: object) -> bool:
    """Whether the cell has that object: a cell without a retention has no rate of retention."""
    try:
        build(*arguments)
    except SymgateError:
        return False
    return True


def _split(cell: Cell, keep: str) -> Derivation:
    return split(state_jacobian(cell), keep.split("+") if "+" in keep else keep)


def _order(text: str) -> int:
    if not text.isdecimal():
        raise DefinitionError(f"An order is a whole number, 0 or more; found {text!r}.")
    return int(text)


_BUILDERS: dict[str, tuple[str, Callable[..., Derivation]]] = {
    "transport": ("transport", transport),
    "adjoint": ("adjoint", lambda cell: gradient(cell).adjoint),
    "gradient": ("gradient:PARAMETER", lambda cell, name: gradient(cell)[name]),
    "split": ("split:KEEP", _split),
    "expansion": ("expansion:KEEP:ORDER", lambda cell, keep, order: expand(_split(cell, keep), _order(order))),
    "remainder": ("remainder:KEEP:ORDER", lambda cell, keep, order: remainder(_split(cell, keep), _order(order))),
    "rate": ("rate:KEEP", effective_learning_rate),
    "preconditioner": ("preconditioner", preconditioner),
    "analogy": ("analogy:NAME", analogy),
}
_EXAMPLES = {
    "transport": "transport",
    "adjoint": "adjoint",
    "gradient": "gradient:W_r",
    "split": "split:retention",
    "expansion": "expansion:retention:1",
    "remainder": "remainder:gate:1",
    "rate": "rate:retention",
    "preconditioner": "preconditioner",
    "analogy": "analogy:momentum",
}

_WORDS = {
    "transport": "sensitivity of a state to an earlier one",
    "adjoint": "gradient of the loss by a state",
    "split": "the Jacobian in two parts",
    "expansion": "the transport by orders of B",
    "bound": "bound on what the expansion leaves out",
    "rate": "effective learning rate",
    "analogy": "analogy to an optimiser",
}


def in_words(derivation: Derivation) -> str:
    """What an object of many steps is."""
    form = form_of(derivation)
    return _WORDS.get(form) or f"gradient of the loss by {derivation.wrt.name}"


def schemes() -> list[tuple[Discretisation, Certificate]]:
    """The ways to step the cells' continuous equation, each with its certificate."""
    return [(found, verify(found)) for found in map(continuous_time, SCHEMES)]
