"""certificates.json: every verdict with its evidence, the same bytes each time for the same formulas."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from symgate.report.gather import Entry
from symgate.report.modules import module_path
from symgate.report.planted import Planted
from symgate.tex import latex, text
from symgate.version import __version__


def certificates_json(entries: Iterable[Entry], planted: Iterable[Planted]) -> str:
    """The certificates as JSON, without timings."""
    found = {
        "symgate": __version__,
        "objects": [_object(entry) for entry in entries],
        "planted": [_slip(item) for item in planted],
    }
    return json.dumps(found, indent=1) + "\n"


def _object(entry: Entry) -> dict[str, Any]:
    derivation = entry.derivation
    return {
        "cell": derivation.cell.name,
        "object": entry.key,
        "form": derivation.form,
        "shape": [text(size) for size in derivation.shape],
        "text": text(derivation),
        "latex": latex(derivation),
        "terms": {name: text(term) for name, term in derivation.named_terms},
        "assumptions": list(derivation.assumptions),
        "source": derivation.source,
        "module": module_path(derivation),
        "certificate": entry.certificate.to_dict(seconds=False),
    }


def _slip(item: Planted) -> dict[str, Any]:
    return {
        "cell": item.cell,
        "slip": item.kind,
        "place": item.place,
        "text": text(item.derivation),
        "certificate": item.certificate.to_dict(seconds=False),
    }
