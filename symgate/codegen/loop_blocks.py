"""Loops over the rows of one point, block by block: a row of weights is used again while it is in cache.

A Jacobian for one point reads its weights twice, for the sums W v and for its rows.  Where entry i of every vector, and
row i of the matrix, need of the vectors entry i alone, all loops can go through a few rows at a time.
"""

from __future__ import annotations

import re

from symgate.codegen.loops import I

#: How many rows: enough for vector instructions, few enough for the cache.
ROWS = 16

_HEAD = re.compile(rf"for {I} in range\((.+)\):$")


def in_blocks(lines: list[str], start: str = "r_") -> list[str]:
    """Loops over entries with one over blocks around them, where weights are read twice and entry i needs entries i."""
    heads = [line for line in lines if not line.startswith(" ")]
    head = _HEAD.match(heads[0]) if len(heads) > 1 and len(set(heads)) == 1 else None
    if head is None or not any("_row_times(" in line for line in lines):
        return lines
    body = [line for line in lines if line.startswith(" ")]
    written = {name for line in body for name in re.findall(rf"(\w+)\[{I}[\],]", line.split(" = ")[0])}
    for line in body:
        whole = {*re.findall(rf"(\w+)\[(?!{I}[\],])", line), *re.findall(r"_times\(\w+, \w+, (\w+)\)", line)}
        if whole & written:
            return lines
    inside = f"for {I} in range({start}, min({start} + {ROWS}, {head[1]})):"
    return [
        f"for {start} in range(0, {head[1]}, {ROWS}):",
        *(f"    {line if line.startswith(' ') else inside}" for line in lines),
    ]
