r"""Differential equations made discrete: ``\tau \dot h = F(h)`` becomes h_t = h_{t-1} + (dt/tau) F(h_{t-1}).

The scheme is chosen, never guessed: "euler", or "exponential" for F = -h + drive, where dt/tau gives way to
1 - exp(-dt/tau).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symgate.claims.reading.compound import compound, currents
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.recurrence.equations import Equation
from symgate.claims.recurrence.looks import look_of, words_with_next

SCHEMES = ("euler", "exponential")
DT = "dt"


@dataclass(frozen=True)
class Flow:
    """The left side of a differential equation: the state, and what multiplies its derivative."""

    state: Raw
    factor: Raw | None


def flow_of(left: Raw) -> Flow | None:
    r"""``\dot h``, ``\frac{dh}{dt}``, ``\tau \dot h``, ``dh/dt``, ``\dot{h}(t)``; None for anything else."""
    parts = list(left.args) if left.kind == "chain" else [left]
    if len(parts) > 1 and parts[-1].kind == "group" and _is_t(parts[-1].args[0]):
        parts.pop()
    for place, part in enumerate(parts):
        state = _dotted(part) or _quotient(part)
        if state is None and place + 2 < len(parts) and _bare(part) == "d" and _bare(parts[place + 2]) == "t":
            middle = parts[place + 1]  # d h/d t, where the bar binds the letters next to it
            if middle.kind == "frac" and _bare(middle.args[1]) == "d":
                state, parts = middle.args[0], [*parts[:place], *parts[place + 2 :]]
        if state is not None:
            rest = [item for k, item in enumerate(parts) if k != place]
            if len(rest) > 1:
                raise UnreadableError("one factor may stand before the derivative, such as \\tau \\dot h", left.at)
            return Flow(state, rest[0] if rest else None)
    return None


def _is_t(raw: Raw) -> bool:
    return raw.kind == "word" and raw.value == "t"


def _bare(raw: Raw) -> str:
    return raw.value if raw.kind == "word" and not raw.scripts else ""


def _dotted(raw: Raw) -> Raw | None:
    if raw.kind != "word" or not any(script.place == "~" and script.joined == "dot" for script in raw.scripts):
        return None
    return replace(raw, scripts=tuple(item for item in raw.scripts if item.place != "~" or item.joined != "dot"))


def _quotient(raw: Raw) -> Raw | None:
    """dh/dt and \\frac{dh}{dt}."""
    if raw.kind != "frac":
        return None
    above, below = raw.args
    if below.value == "dt" and above.kind == "word" and above.value.startswith("d") and len(above.value) > 1:
        return replace(above, value=above.value[1:])
    parts = list(above.args) if above.kind == "chain" else [above]
    under = [part.value for part in below.args] if below.kind == "chain" else [below.value]
    if "".join(under) not in ("dt", "partialt") or len(parts) < 2 or parts[0].value not in ("d", "partial"):
        return None
    return parts[1]


def discrete(equations: tuple[Equation, ...], scheme: str | None) -> tuple[tuple[Equation, ...], list[str]]:
    """The equations with every derivative by time made a step, states marked as before or after it.

    Raises:
        UnreadableError: there is a differential equation and no scheme was chosen.
    """
    flows = [flow_of(compound(item.left)) or flow_of(item.left) for item in equations]
    if not any(flows):
        return equations, []
    if scheme not in SCHEMES:
        at = next(item.at for item, flow in zip(equations, flows, strict=True) if flow)
        raise UnreadableError(
            f"a differential equation needs a scheme: discretisation= one of {', '.join(SCHEMES)}", at
        )
    states = {look.name for flow in flows if flow and (look := look_of(flow.state, None, None))}
    found = []
    for item, flow in zip(equations, flows, strict=True):
        right = _before(currents(compound(item.right)), states)
        if flow is None:
            found.append(replace(item, left=_plain(item.left), right=right))
            continue
        step = _step(flow, scheme, item.at)
        state = flow.state.scripted(_time("t", item.at))
        grown = Raw("chain", item.at, args=(step, Raw("group", item.at, "(", (right,))))
        before = flow.state.scripted(_time("t-1", item.at))
        found.append(replace(item, left=state, right=Raw("sum", item.at, "++", (before, grown))))
    shown = f"made discrete: h_t = h_(t-1) + ({'dt/tau' if scheme == 'euler' else '1 - exp(-dt/tau)'}) F(h_(t-1))"
    return tuple(found), [shown + f" ({scheme})"]


def _step(flow: Flow, scheme: str, at: int) -> Raw:
    """dt/tau, or 1 - exp(-dt/tau)."""
    dt = Raw("word", at, DT)
    rate = dt if flow.factor is None else Raw("frac", at, args=(dt, flow.factor))
    if scheme == "euler":
        return rate
    minus = Raw("group", at, "(", (Raw("sum", at, "-", (rate,)),))
    decay = Raw("chain", at, args=(Raw("word", at, "exp"), minus))
    return Raw("group", at, "(", (Raw("sum", at, "+-", (Raw("number", at, "1"), decay)),))


def _time(text: str, at: int) -> Script:
    return Script("_", tuple((letter, at) for letter in text), at)


def _plain(raw: Raw) -> Raw:
    """A left side without ``(t)``, at time t."""
    if raw.kind == "chain" and len(raw.args) == 2 and raw.args[1].kind == "group" and _is_t(raw.args[1].args[0]):
        raw = raw.args[0]
    return raw.scripted(_time("t", raw.at)) if raw.kind == "word" else raw


def _before(raw: Raw, states: set[str]) -> Raw:
    """States before the step, other names as they are; ``(t)`` is left out."""
    if raw.kind == "word":
        look = look_of(raw, None, None)
        return raw.scripted(_time("t-1", raw.at)) if look is not None and look.name in states else raw
    parts: list[Raw] = []
    for place, part in enumerate(raw.args):
        timed = raw.kind == "chain" and part.kind == "group" and _is_t(part.args[0]) and place > 0
        if timed and raw.args[place - 1].kind == "word":
            last = raw.args[place - 1]
            look = look_of(last, None, None)
            if look is not None and look.name not in states:
                parts[-1] = last.scripted(_time("t", part.at))
            continue
        parts.append(_before(part, states))
    if raw.kind == "chain" and len(parts) == 1:
        return parts[0].scripted(*raw.scripts)
    return Raw(raw.kind, raw.at, raw.value, tuple(parts), raw.scripts, raw.face)


def names_in(raw: Raw) -> set[str]:
    """The plain names in raw factors."""
    return {look.name for word, follows in words_with_next(raw) if (look := look_of(word, follows, None)) is not None}
