"""Settings of the experiments as data: named records, printed in full, with what is a choice of ours marked as such.

"published": what the author of arXiv:2508.12121 published, code over text.  "symgate": what this project ran at first.
"controls": the published settings with cell and optimiser crossed, which the papers do not separate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from symgate.errors import unknown
from symgate.experiments.initialisation import Initialisation
from symgate.experiments.jobs import canonical
from symgate.experiments.specs import AnisotropySpec, ProfileSpec, Trained, TruncationSpec


@dataclass(frozen=True)
class Settings:
    """The settings of all experiments under one name.

    Attributes:
        name: such as "published".
        source: where they come from.
        profiles, anisotropy, truncation: what each experiment runs.
        choices: by experiment, fields that no source settles, with the reason for what was chosen.
    """

    name: str
    source: str
    profiles: ProfileSpec
    anisotropy: AnisotropySpec
    truncation: TruncationSpec
    choices: Mapping[str, Mapping[str, str]]

    def of(self, experiment: str) -> Any:
        """The specification of one experiment."""
        if experiment not in EXPERIMENTS:
            raise unknown("experiment with settings", experiment, EXPERIMENTS)
        return getattr(self, experiment)

    def table(self, experiment: str) -> list[tuple[str, str, str]]:
        """Every field of an experiment: name, value, and "source" or why it is our choice."""
        spec = self.of(experiment)
        chosen = self.choices.get(experiment, {})
        names = [item.name for item in fields(spec)]
        return [(name, shown_value(getattr(spec, name)), chosen.get(name, "source")) for name in names]


def shown_value(value: Any) -> str:
    """The value of a field in one line."""
    return _shown(canonical(value))


#: The experiments that have settings.
EXPERIMENTS = ("profiles", "anisotropy", "truncation")


def _shown(value: Any) -> str:
    """A value in one line; a cell by its name."""
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, dict) and "cell" in value and "recurrence" in value:
        return str(value["cell"])
    if isinstance(value, dict):
        return " ".join(f"{key}={_shown(item)}" for key, item in value.items() if item not in (None, False))
    return str(value)


_OPEN_1 = {
    "lags": "our choice: the source fits over all lags; corrections are ours",
    "windows": "our choice: corrections are ours; over all starting times",
    "predictor": "source: mean over units; we take the mean of the products",
    "start": "source: uniform, no biases; we take that to hold for the read-out too",
    "seeds": "our choice: the source has a runner of several seeds",
}
_OPEN_2 = {
    "start": _OPEN_1["start"],
    "pairs": "source: 64; over all starting times is our choice",
    "seeds": _OPEN_1["seeds"],
}
_OPEN_3 = {
    "highest": "our choice: the source has the first order",
    "lags": "our choice: errors by lag are ours",
    "windows": "our choice: over all starting times",
    "eps": "source: 1e-5 to 1; two per decade is our choice",
}
_OURS = "our choice"


def _all_ours(spec: Any) -> dict[str, str]:
    return dict.fromkeys((item.name for item in fields(spec)), _OURS)


_EARLIER = Initialisation("normal", biases=True, zero_biases=True)
_PUBLISHED = Settings(
    "published",
    "arXiv:2508.12121 and the code that its author published",
    ProfileSpec(),
    AnisotropySpec(),
    TruncationSpec(),
    {"profiles": _OPEN_1, "anisotropy": _OPEN_2, "truncation": _OPEN_3},
)
_SYMGATE = Settings(
    "symgate",
    "the first runs of this project: weights of spectral radius near 1, biases that begin at 0, white inputs",
    ProfileSpec(
        iterations=600, checkpoints=(0, 50, 200, 400, 600), start=_EARLIER, predictor="largest", trim_by="residuals"
    ),
    AnisotropySpec(iterations=300, checkpoints=(0, 100, 300), start=_EARLIER),
    TruncationSpec(start=Initialisation("normal", std=0.2, biases=True, zero_biases=True), signal="white"),
    {},
)
_CROSSED = AnisotropySpec(
    networks=[
        Trained(cell, optimiser, rate)
        for cell in ("plain", "scalar_gate", "multi_gate")
        for optimiser, rate in (("adam", 1e-3), ("sgd", 1e-2))
    ]
)
_CONTROLS = Settings(
    "controls",
    "the published settings; anisotropy with every cell under both optimisers",
    ProfileSpec(),
    _CROSSED,
    TruncationSpec(),
    {**_PUBLISHED.choices, "anisotropy": {**_OPEN_2, "networks": "our choice: cell and optimiser are crossed"}},
)

#: The settings, by name.
SETTINGS: Mapping[str, Settings] = {
    "published": _PUBLISHED,
    "symgate": Settings(
        _SYMGATE.name, _SYMGATE.source, _SYMGATE.profiles, _SYMGATE.anisotropy, _SYMGATE.truncation,
        {name: _all_ours(_SYMGATE.of(name)) for name in EXPERIMENTS},
    ),
    "controls": _CONTROLS,
}  # fmt: skip


def settings(name: str = "published") -> Settings:
    """The settings of that name.

    Raises:
        UnknownNameError: there are none.
    """
    if name not in SETTINGS:
        raise unknown("settings", name, SETTINGS)
    return SETTINGS[name]
