"""Which conditions follow from the sizes alone: a biased variance plus a positive number is positive, and so its root.

Python only guesses; Coq proves what is guessed (tactic ``positive`` of the library).
"""

from __future__ import annotations

from collections.abc import Mapping

from symgate.proof.rocq.tangents import Condition
from symgate.proof.rocq.terms import Op, Term


def follows(condition: Condition, by_name: Mapping[str, Term]) -> tuple[list[str], list[str]] | None:
    """The sizes that must be positive, and the names to unfold, for the condition to follow; None where it does not."""
    sizes: list[str] = []
    unfolded: list[str] = []
    if condition.size or not _positive(condition.argument, by_name, sizes, unfolded):
        return None
    return list(dict.fromkeys(sizes)), list(dict.fromkeys(unfolded))


def _positive(term: Term, by_name: Mapping[str, Term], sizes: list[str], unfolded: list[str]) -> bool:
    match term.op:
        case Op.NAME:
            unfolded.append(term.words[0])
            return _positive(by_name[term.words[0]], by_name, sizes, unfolded)
        case Op.CONST:
            return term.words[0] != "0" and term.words[0][:2] != "(-"
        case Op.DOT if term.args[0] == term.args[1] and term.args[0].words == ("ones",):
            sizes.append(term.words[0])
            return True
        case Op.APPLY if term.words[0] == "sqrt":
            return _positive(term.args[0], by_name, sizes, unfolded)
        case Op.INVERSE:
            return _positive(term.args[0], by_name, sizes, unfolded)
        case Op.ADD:
            signs = [_not_negative(arg, by_name, sizes, unfolded) for arg in term.args]
            return all(signs) and any(_positive(arg, by_name, [], []) for arg in term.args)
        case _:
            return False


def _not_negative(term: Term, by_name: Mapping[str, Term], sizes: list[str], unfolded: list[str]) -> bool:
    match term.op:
        case Op.NAME:
            unfolded.append(term.words[0])
            return _not_negative(by_name[term.words[0]], by_name, sizes, unfolded)
        case Op.DOT if term.args[0] == term.args[1]:
            if term.args[0].words == ("ones",):
                sizes.append(term.words[0])
            return True
        case Op.TIMES:
            return all(_not_negative(arg, by_name, sizes, unfolded) for arg in term.args)
        case _:
            return _positive(term, by_name, sizes, unfolded)
