"""Which statements share a loop over entries, and which loops go block by block.

A Jacobian for one point reads its weights twice, for the sums W v and for its rows.  Where entry i of every vector, and
row i of the matrix, need of the vectors entry i alone, all loops can go through a few rows at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The index of the loop over the entries of a vector; symbols never end in an underscore.
I = "i_"

#: How many rows: enough for vector instructions, few enough for the cache.
ROWS = 16

_HEAD = re.compile(rf"for {I} in range\((.+)\):$")


@dataclass
class Loop:
    """The arrays of a loop over entries.

    Statements share a loop as long as none reads all of an array that it writes, products with matrices stand apart
    from functions of entries, and a compiler need not compare too many arrays to see that none overlaps another (eight
    pairs is LLVM's default before it gives up on vector instructions).
    """

    writes: set[str]
    reads: set[str]
    whole: set[str]

    @classmethod
    def of(cls, text: str) -> Loop:
        """The loop of one statement."""
        left, right = text.split(" = ", 1)
        writes, reads = (set(re.findall(rf"(\w+)\[{I}\]", side)) for side in (left, right))
        return cls(writes, reads, set(re.findall(rf"_row_times\(\w+, {I}, (\w+)\)", right)))

    def takes(self, other: Loop) -> bool:
        """Whether the other's statements may stand here."""
        if bool(self.whole) != bool(other.whole) or self.writes & other.whole:
            return False
        writes = len(self.writes | other.writes)
        reads = len((self.reads | other.reads) - self.writes - other.writes)
        return bool(self.whole) or writes * (writes - 1) // 2 + writes * reads <= 8

    def join(self, other: Loop) -> None:
        """Take them in."""
        self.writes |= other.writes
        self.reads |= other.reads
        self.whole |= other.whole


def in_blocks(lines: list[str], start: str = "r_") -> list[str]:
    """Loops over entries with one over blocks around them, where weights are read twice and entry i needs entries i."""
    heads = [line for line in lines if not line.startswith(" ")]
    head = _HEAD.match(heads[0]) if len(heads) > 1 and len(set(heads)) == 1 else None
    if head is None or not any("_row_times(" in line for line in lines):
        return lines
    body = [line for line in lines if line.startswith(" ")]
    written = {name for line in body for name in re.findall(rf"(\w+)\[{I}[\],]", re.split(" [+-]?= ", line)[0])}
    for line in body:
        whole = {*re.findall(rf"(\w+)\[(?!{I}[\],])", line), *re.findall(r"_times\(\w+, \w+, (\w+)\)", line)}
        if whole & written:
            return lines
    inside = f"for {I} in range({start}, min({start} + {ROWS}, {head[1]})):"
    return [
        f"for {start} in range(0, {head[1]}, {ROWS}):",
        *(f"    {line if line.startswith(' ') else inside}" for line in lines),
    ]
