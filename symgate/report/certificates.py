"""certificates.json: every verdict with its evidence, the same bytes each time for the same formulas."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from symgate.proof import Certificate
from symgate.report.gather import Entry
from symgate.report.modules import module_path
from symgate.report.over_time import has_code
from symgate.report.planted import Planted
from symgate.tex import further, latex, text
from symgate.version import __version__


def certificates_json(
    entries: Iterable[Entry], planted: Iterable[Planted], continuous: Iterable[Certificate] = ()
) -> str:
    """The certificates as JSON, without timings."""
    found = {
        "symgate": __version__,
        "objects": [_object(entry) for entry in entries],
        "continuous": [certificate.to_dict(seconds=False) for certificate in continuous],
        "planted": [_slip(item) for item in planted],
    }
    return json.dumps(found, indent=1) + "\n"


def _object(entry: Entry) -> dict[str, Any]:
    derivation = entry.derivation
    return {
        "cell": derivation.cell.name,
        "object": entry.key,
        "kind": derivation.kind.value,
        "shape": [text(size) for size in derivation.shape],
        "text": text(derivation),
        "latex": latex(derivation),
        "terms": {name: text(term) for name, term in derivation.named_terms},
        "assumptions": list(derivation.assumptions),
        "source": derivation.source,
        "module": module_path(derivation) if has_code(derivation) else None,
        "remark": derivation.remark,
        "also": [[label, formula] for label, formula in further(derivation, markup="text")],
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
