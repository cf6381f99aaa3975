"""What the command that runs experiments prints of each: rows of medians with their bands over seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def _band(found: Mapping[str, Any]) -> str:
    """A spread as text."""
    if found["median"] is None:
        return "-"
    return f"{found['median']:.3g} ({found['low']:.3g} .. {found['high']:.3g})"


def _profile_rows(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "cell": cell,
            "iteration": str(row["iteration"]),
            **{f"slope, {name}": _band(row[name]["slope"]) for name in ("drive", "retention")},
            **{f"R^2, {name}": _band(row[name]["r_squared"]) for name in ("drive", "retention")},
            "loss on the probe": _band(row["probe_loss"]),
        }
        for cell, found in summary.items()
        for row in found
    ]


def _anisotropy_rows(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = []
    for key, found in summary.items():
        network, _, task = key.rpartition("/")
        last = found[-1]
        far = max(last["CE"]["products"], key=int)
        rows.append(
            {
                "task": task,
                "network": network,
                f"log AI, lag {far}": _band(last["log_AI"]["products"][far]),
                f"CE, lag {far}": _band(last["CE"]["products"][far]),
                "log AI, gradients": _band(last["log_AI"]["gradients"]),
                "CE, gradients": _band(last["CE"]["gradients"]),
                "loss / variance": _band(last["loss_over_variance"]),
            }
        )
    return rows


def _truncation_rows(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "cell": cell,
            "slope, order 1": _band(found["slope_by_order"]["1"]),
            "|B|/|A|": _band(found["ratio"]),
            **{f"missed by order 1, lag {lag}": _band(value) for lag, value in found["missed_by_first"].items()},
        }
        for cell, found in summary.items()
    ]


def _learnability_rows(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = []
    for name, found in summary["learners"].items():
        most = max(found["true"][0]["H"], key=int)
        first = found["true"][0]["H"][most]
        beyond = " or more" if first["censored"] else ""
        rows.append(
            {
                "learner": name,
                "loss / variance": _band(found["loss_over_variance"]),
                "decay of f, by AIC": ", ".join(fit["preferred"] for fit in found["fits"]),
                f"H at N = {most}, seed 0": f"{first['lag']} ({first['low']} .. {first['high']}){beyond}",
                "f against update, rank corr.": _band(found["rank_correlation_with_update"]["first"]),
            }
        )
    return rows


def _update_rows(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "learner": name,
            "training": moment,
            "loss / variance": _band(own["loss_over_variance"]),
            "rank corr. over lags, first order": _band(own["rank_correlation"]["first"]),
            "the lag itself": _band(own["rank_correlation"]["minus_lag"]),
            "slope": _band(own["power"]["first"]["slope"]),
            "R^2": _band(own["power"]["first"]["r_squared"]),
        }
        for name, found in summary["learners"].items()
        for moment, own in found.items()
    ]


def _trainability_rows(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    groups = {**summary["correlation"], "(control)": summary["controls"]}
    return [
        {
            "envelope": envelope.replace("_", " "),
            "predictor": name,
            **{
                kind.replace("_", " "): _band(own[kind])
                for kind in ("everywhere", "within_task", "one_step", "best_step")
            },
        }
        for envelope, found in groups.items()
        for name, own in found.items()
    ]


def _alignment_rows(summary: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = []
    for key, found in summary.items():
        network, _, task = key.rpartition("/")
        for moment in ("before", "after"):
            own = found[moment]
            lags = list(own["transported"])
            lag = lags[len(lags) // 2]
            shares = ("transported", "random", "incoming")
            rows.append(
                {
                    "task": task,
                    "network": network,
                    "training": moment,
                    "loss / variance": _band(own["loss_over_variance"]),
                    **{f"{share}, lag {lag}": _band(own[share][lag]) for share in shares},
                    "k/N": f"{found['isotropic']:.3g}",
                }
            )
    return rows


ROWS: Mapping[str, Callable[[Mapping[str, Any]], list[dict[str, str]]]] = {
    "profiles": _profile_rows,
    "anisotropy": _anisotropy_rows,
    "truncation": _truncation_rows,
    "learnability": _learnability_rows,
    "updates": _update_rows,
    "trainability": _trainability_rows,
    "alignment": _alignment_rows,
}
