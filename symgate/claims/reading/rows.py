r"""The rows of a display, cut at ``\\`` outside braces and inner environments, and the states that name a row.

In: text.  Out: rows with their places; the states that a letter has above or below, as M^{h,c}_{t,k} does.
"""

from __future__ import annotations

import re
from itertools import product


def cut_rows(body: str) -> list[tuple[str, int]]:
    """Every row with where it starts."""
    found: list[tuple[str, int]] = []
    start = depth = place = 0
    while place < len(body):
        if body.startswith("\\\\", place) and depth == 0:
            found.append((body[start:place], start))
            place += 2
            skipped = re.match(r"\*?\s*\[[^\]]*\]", body[place:])
            place += len(skipped[0]) if skipped else 0
            start = place
            continue
        if body.startswith("\\begin", place):
            depth += 1
        elif body.startswith("\\end", place):
            depth -= 1
        elif body[place] in "{}" and body[place - 1 : place] != "\\":
            depth += 1 if body[place] == "{" else -1
        place += 2 if body[place] == "\\" and place + 1 < len(body) else 1
    return [*found, (body[start:], start)]


def block_named(left: str, order: list[str]) -> tuple[tuple[str, str], str] | None:
    r"""The two states that a letter names above or below, as in M^{h,c}_{t,k} and M_h_c[t, k], and the rest of it."""
    for of, by in product(order, order):
        pair = rf"(?:{spellings(of)})[\s,_]*(?:{spellings(by)})"
        mark = re.search(rf"\^\{{\s*{pair}\s*\}}|_{pair}(?![A-Za-z0-9])", left)
        if mark:
            return (of, by), left[: mark.start()] + left[mark.end() :]
    return None


def spellings(name: str) -> str:
    """How a state is written below or above a letter: x_1, x1 or x,1."""
    return "|".join(dict.fromkeys((name, name.replace("_", ""), name.replace("_", ","))))
