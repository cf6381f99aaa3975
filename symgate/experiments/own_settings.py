"""The settings of the experiments that have their own, by experiment and name, each printed in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from symgate.errors import unknown
from symgate.experiments.alignment_specs import ALIGNMENT
from symgate.experiments.learnability_specs import LEARNABILITY, Learner
from symgate.experiments.settings import shown_value
from symgate.experiments.starting import Started
from symgate.experiments.trainability_specs import TRAINABILITY
from symgate.experiments.update_specs import UPDATES


@dataclass(frozen=True)
class OwnSettings:
    """One experiment's specification under a name.

    Attributes:
        name: such as "small".
        source: where it comes from.
        spec: what is run.
        table: every field: name, value, and "source" or why it is our choice.
    """

    name: str
    source: str
    spec: Any
    table: list[tuple[str, str, str]]


#: The settings of each of these experiments, by name; "small" is what runs unless another is asked for.
OWN_SETTINGS: Mapping[str, Mapping[str, tuple[str, Any]]] = {
    "learnability": LEARNABILITY,
    "updates": UPDATES,
    "trainability": TRAINABILITY,
    "alignment": ALIGNMENT,
}


def own_settings(experiment: str, name: str = "small") -> OwnSettings:
    """The settings of an experiment under a name.

    Raises:
        UnknownNameError: there is no such experiment with settings of its own, or it has none of that name.
    """
    if experiment not in OWN_SETTINGS:
        raise unknown("experiment with settings of its own", experiment, OWN_SETTINGS)
    if name not in OWN_SETTINGS[experiment]:
        raise unknown(f"settings of {experiment}", name, OWN_SETTINGS[experiment])
    source, spec = OWN_SETTINGS[experiment][name]
    settled = _SETTLED if (experiment, name) == ("learnability", "published") else None
    rows = []
    for item in fields(spec):
        value = getattr(spec, item.name)
        where = _OURS if settled is None else settled.get(item.name, "source")
        rows.append((item.name, _SHOWN.get(item.name, shown_value)(value), where))
    return OwnSettings(name, source, spec, rows)


def _learners(value: tuple[Learner, ...]) -> str:
    return ", ".join(f"{one.label} (rate {one.rate:g}, clip {one.clip})" for one in value)


def _networks(value: tuple[Started, ...]) -> str:
    return ", ".join(one.label for one in value)


#: Fields that are shown by the labels of their records.
_SHOWN: Mapping[str, Callable[[Any], str]] = {"learners": _learners, "networks": _networks}

_OURS = "our choice"
#: Of the published settings of the sequel: what is not as its source has it.
_SETTLED = {
    "learners": "source: architectures, AdamW at 1e-3 clipped at 1, SGD; rate and clipping of SGD are our choice",
    "seeds": _OURS,
    "n": "source: 64 or 128",
    "lags": "source: 4 to 128 or 256; which ones is our choice",
    "windows": "our choice: the diagonal of the product is ours",
    "updates": "our choice: the comparison with the update is ours",
}
