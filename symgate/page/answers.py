"""The answers of the worker: one request in JSON, one answer in JSON; every refusal is an answer too.

    {"ask": "cells"}
    {"ask": "derive", "recurrence": {"cell": "gru"}, "chosen": {"jacobian": "x"}, "off": ["gate"], "width": 72}
    {"ask": "derive", "recurrence": {"text": "h_t = tanh(W h_{t-1})", "sizes": "", "scheme": ""}}
    {"ask": "copy", "recurrence": {...}, "object": "x", "form": "latex"}
    {"ask": "check", "recurrence": {...}, "claim": "...", "object": ""}
    {"ask": "prove", "recurrence": {...}, "object": "x"}

An answer has "ok": true and what was asked for, or "ok": false and an "error" with its field and its line.
Nothing that is typed is ever evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from symgate.errors import SymgateError, unknown
from symgate.page.recurrences import FieldError, declared, located, recurrence_of, required
from symgate.page.sections import overview
from symgate.version import __version__

#: The width of a line where the page does not say how wide it is.
WIDTH = 72
#: The longest request, in characters: two fields of the page at their limits.
LONGEST = 40_000


def answer(request: str) -> str:
    """Answer one request."""
    asked: dict[str, Any] = {}
    try:
        asked = _asked(request)
        found = {"ok": True, **ANSWERS[asked["ask"]](asked)}
    except SymgateError as error:
        found = _refused(located(error, _typed(asked), "text"))
    except RecursionError:
        found = _refused({"field": "text", "message": "This nests too deep to be derived here."})
    except Exception as error:  # noqa: BLE001  whatever it is, it is ours, and the page goes on
        told = f"This is an error of symgate {__version__} itself: {type(error).__name__}: {error}. Please report it."
        found = _refused({"field": "text", "message": told})
    return json.dumps(found)


def _asked(request: str) -> dict[str, Any]:
    """The request.

    Raises:
        FieldError: it is not JSON, too long, or asks for nothing that there is.
    """
    if len(request) > LONGEST:
        raise FieldError("request", f"the request has {len(request)} characters; it may have {LONGEST}")
    try:
        asked = json.loads(request)
    except json.JSONDecodeError as error:
        raise FieldError("request", f"the request is not JSON: {error}") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("ask"), str):
        raise FieldError("request", 'a request is an object with an "ask"')
    if asked["ask"] not in ANSWERS:
        raise FieldError("request", str(unknown("request", asked["ask"][:40], ANSWERS)))
    return asked


def _refused(error: dict[str, Any]) -> dict[str, Any]:
    return {"ok": False, "error": error}


def _typed(asked: Mapping[str, Any]) -> str:
    """The recurrence as typed, for the line of an error."""
    given = asked.get("recurrence")
    typed = given.get("text", "") if isinstance(given, Mapping) else ""
    return typed if isinstance(typed, str) else ""


def _cells(_: Mapping[str, Any]) -> dict[str, Any]:
    """The library, and the forms in which a result is copied."""
    from symgate.cells import LIBRARY, MATRIX
    from symgate.page.copies import forms
    from symgate.tex import text

    cells = [
        {
            "name": cell.name,
            "source": cell.source,
            "text": text(cell),
            "sizes": declared(cell),
            "matrix": cell in MATRIX,
        }
        for cell in (*LIBRARY, *MATRIX)
    ]
    return {"version": __version__, "cells": cells, "forms": forms(), "whole": forms(whole=True)}


def _derive(asked: Mapping[str, Any]) -> dict[str, Any]:
    chosen = asked.get("chosen", {})
    width = asked.get("width", WIDTH)
    return overview(
        recurrence_of(_recurrence(asked)),
        chosen if isinstance(chosen, Mapping) else {},
        _off(asked),
        width if isinstance(width, int) else WIDTH,
    )


def _check(asked: Mapping[str, Any]) -> dict[str, Any]:
    from symgate.page.verdicts import checked

    width = asked.get("width", WIDTH)
    read = recurrence_of(_recurrence(asked))
    try:
        claim = required(asked, "claim")
        name = asked.get("object")
        return checked(read, claim, name if isinstance(name, str) else None, width if isinstance(width, int) else WIDTH)
    except SymgateError as error:
        return {"verdict": "unreadable", "error": located(error, str(asked.get("claim", "")), "claim")}


def _prove(asked: Mapping[str, Any]) -> dict[str, Any]:
    from symgate.page.verdicts import proved

    return proved(recurrence_of(_recurrence(asked)), required(asked, "object"))


def _copy(asked: Mapping[str, Any]) -> dict[str, Any]:
    from symgate.page.copies import copied

    read = recurrence_of(_recurrence(asked))
    name = asked.get("object", "")
    return {
        "text": copied(read, name if isinstance(name, str) else "", required(asked, "form"), frozenset(_off(asked)))
    }


def _recurrence(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    given = asked.get("recurrence")
    if not isinstance(given, Mapping):
        raise FieldError("request", 'the request names no "recurrence"')
    return given


def _off(asked: Mapping[str, Any]) -> list[str]:
    off = asked.get("off", [])
    return [name for name in off if isinstance(name, str)] if isinstance(off, list) else []


def warm(_: Mapping[str, Any]) -> dict[str, Any]:
    """Import what the first edit, claim and proof would wait for."""
    import symgate.claims
    import symgate.page.copies
    import symgate.page.verdicts

    return {"warm": [symgate.claims.__name__, symgate.page.copies.__name__, symgate.page.verdicts.__name__]}


ANSWERS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "cells": _cells,
    "derive": _derive,
    "check": _check,
    "prove": _prove,
    "copy": _copy,
    "warm": warm,
}
