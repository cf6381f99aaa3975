r"""Claims of several rows: a system of equations for several states, or a formula with the names that its rows define.

\lambda^h_k = ... \\ \lambda^c_k = ...        one equation for each state: the rows of one column
J_t = [[J^{hh}, J^{hc}], ...] \\ J^{hh} = ...  a matrix of blocks, and its blocks
M^{h,h}_{t,k} = ... \\ M^{h,c}_{t,k} = ...     one equation for each block: the matrix of these blocks
"""

from __future__ import annotations

import re

from symgate.claims.reading.limits import UnreadableError, split_chain
from symgate.claims.reading.reader import looks_like_tex
from symgate.claims.reading.rows import block_named, cut_rows, spellings
from symgate.records import Derivation, Kind

_ARRANGED = re.compile(
    r"\\(?:begin|end)\{(?:aligned|align|split|gathered|gather|equation|alignedat|multline)\*?\}|\\label\{[^{}]*\}"
    r"|\\(?:begingroup|endgroup|allowdisplaybreaks|notag|nonumber)(?![A-Za-z])"
)
_SIGNED = re.compile(r"[\s&]*(?:\\q?quad)?[\s&]*(?:[+\-=~]|\\approx|\\le)")
_EQUALS = re.compile(r"[\s&]*(?:\\q?quad)?[\s&]*(?:[=~]|\\approx|\\le)")
Pairs = tuple[tuple[str, str], ...]


def rows_of(claim: str, form: str | None) -> list[str]:
    """The equations of a claim, one for each row that has a relation of its own."""
    tex = form == "latex" or (form is None and looks_like_tex(claim))
    if tex:
        claim = _ARRANGED.sub(lambda match: " " * len(match[0]), claim)
        parts = [row for row, _ in cut_rows(claim)]
    else:
        parts = re.split(r"\n(?=\S)", claim.strip("\n"))
    found: list[str] = []
    for part, after in zip(parts, [*parts[1:], ""], strict=True):
        heads = _EQUALS.match(after) and not _related(part) and not _SIGNED.match(part)  # a left side by itself
        if found and not heads and (_SIGNED.match(part) or not _related(part)):
            found[-1] += "\n" + part
        elif part.strip():
            found.append(part)
    return found


def _related(text: str) -> bool:
    try:
        return len(split_chain(text)) > 1
    except UnreadableError:  # brackets that close in the next row; "i=k+1" below a sum is no relation
        while (shorter := re.sub(r"\{[^{}]*\}", "", text)) != text:
            text = shorter
        return re.match(r"[^=()\[\]]*=", text) is not None


def joined(rows: list[str], truth: Derivation | None, form: str | None) -> tuple[str, Pairs]:
    """One claim, and what its other rows define.

    Raises:
        UnreadableError: the rows are not one for each state.
    """
    blocks = _blocks(rows, truth, form) if truth is not None and len(truth.cell.states) > 1 else None
    if blocks is not None:
        return blocks, ()
    pairs = [_sides(row) for row in rows[1:]]
    if truth is None or not _one_for_each_state(pairs, truth):
        return rows[0], tuple(pairs)
    order = [state.name for state in truth.cell.states]
    found: dict[str, str] = {}
    for left, right in map(_sides, rows):
        spelled = re.sub(r"\\mathrm|\\mathsf|[{}]", "", left.replace("\\_", "_"))
        marked = [name for name in order if re.search(rf"[_^](?:{spellings(name)})(?![A-Za-z0-9])", spelled)]
        found[marked[0] if len(marked) == 1 else left] = right.replace("&", " ")
    if set(found) != set(order):
        raise UnreadableError(f"the rows are about {', '.join(found)}; the states are {', '.join(order)}")
    tex = _is_tex(rows[0], form)
    for state in truth.cell.matrix_states:  # the columns of a matrix stand below one another
        row = found[state.name]
        found[state.name] = rf"\operatorname{{vec}}\left({row}\right)" if tex else f"vec({row})"
    if tex:
        return r"\begin{bmatrix} " + r" \\ ".join(
            found[name].replace(r"\\", " ") for name in order
        ) + r" \end{bmatrix}", ()
    return "block([" + ", ".join(f"[{found[name]}]" for name in order) + "])", ()


def _blocks(rows: list[str], truth: Derivation, form: str | None) -> str | None:
    """One claim about a matrix of which each row states a block; None where the rows are not one for each block."""
    order = [state.name for state in truth.cell.states]
    if len(rows) != len(order) ** 2:
        return None
    tex = _is_tex(rows[0], form)
    signs = {"=": "=", "~": r"\approx" if tex else "~", "<=": r"\le" if tex else "<="}
    found: dict[tuple[str, str], str] = {}
    heads: set[tuple[str, str]] = set()
    for row in rows:
        (_, left, _), *rest = split_chain(row)
        marked = block_named(left.replace("&", " "), order)
        if marked is None or len(rest) != 1:
            return None
        pair, head = marked
        found[pair] = rest[0][1].strip().rstrip(".,; \n").replace("&", " ")
        heads.add((re.sub(r"\s", "", head), signs[rest[0][0]]))
    if len(found) != len(rows) or len(heads) != 1:
        return None
    [(head, sign)] = heads
    if tex:
        lines = (" & ".join(found[of, by].replace(r"\\", " ") for by in order) for of in order)
        return rf"{head} {sign} \begin{{bmatrix}} " + r" \\ ".join(lines) + r" \end{bmatrix}"
    lines = (", ".join(found[of, by] for by in order) for of in order)
    return f"{head} {sign} block([" + ", ".join(f"[{line}]" for line in lines) + "])"


def _is_tex(text: str, form: str | None) -> bool:
    return form == "latex" or (form is None and looks_like_tex(text))


def _one_for_each_state(pairs: list[tuple[str, str]], truth: Derivation) -> bool:
    """Whether there is a row for each state: of gradients by the states, or of rates."""
    several = len(truth.cell.states)
    return several > 1 and len(pairs) + 1 == several and truth.kind in (Kind.ADJOINT, Kind.MOMENTUM, Kind.RATE)


def _sides(row: str) -> tuple[str, str]:
    parts = split_chain(row)
    if len(parts) != 2:
        raise UnreadableError("each of several rows must be one equation")
    return parts[0][1].strip().lstrip("&").strip(), parts[1][1].strip().rstrip(".,; \n")
