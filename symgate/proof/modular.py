"""The modular route: both sides at random points modulo random primes, at sizes and over steps that are numbers.

The derivative of the recurrence comes from dual numbers; nonlinearities are consistent random oracles.  Primes, points
and some of the sizes are drawn from the digest of what is claimed and a seed, so that a claim cannot be made to fit
them: it would have to contain its own digest.

What an agreement says: a wrong formula would agree with at most the stated probability.  What a difference says: were
the two sides equal for all values, sizes and differentiable functions, their difference would be 0 as a rational
function of the values drawn and of f, f', ... at formally different arguments, since a smooth function may have any
values and derivatives at finitely many points; a rational function that is 0 is 0 modulo every prime that does not
divide a denominator (then the point is drawn again).  So a difference refutes exactly where every function in it is
opaque or a polynomial.  A registered function such as tanh obeys its value rule here, and no more: sigma(-x) = 1 -
sigma(x) is not known.  There a difference counts as a refutation only if numbers of 50 and 80 digits differ as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.nonlinearities import nonlinearity
from symgate.proof import layout, witness
from symgate.proof.algebras import PRIME
from symgate.proof.cases import FIRST, ONE_STEP, at_sizes, lengths
from symgate.proof.digest import Stream, digest, residues
from symgate.proof.functions import BOUND, OPAQUE, functions, levels
from symgate.proof.opinion import Opinion
from symgate.proof.sequences.statements import MAIN
from symgate.proof.visits import ROUTE, Tally, Visits, told
from symgate.proof.work import OPERATIONS, TooMuchError, Work
from symgate.records import Derivation

__all__ = ["ROUTE", "draw", "exact", "opinion"]

#: Sizes of one step that are always visited, and over 1, 2, 3, 4 and more steps; no two neighbours are equal.
ONE, MANY = ((2, 3), (3, 2)), ((2, 1), (1, 2), (3, 2), (2, 3), (2, 1))


def opinion(
    derivation: Derivation,
    *,
    seed: int = 0,
    budget: int = OPERATIONS,
    sizes: Sequence[Mapping[Expr, int]] = (),
) -> Opinion:
    """Compare every claim of a derivation with the recurrence, modulo primes that are drawn from the claim.

    Args:
        derivation: of any kind, over one step or many.
        seed: another seed draws other primes, points and sizes.
        budget: how many operations between scalars may be spent.
        sizes: further sizes to visit; those with different numbers for different dimensions are always visited.

    Returns:
        passed: True where every claim was compared and agrees; False where a difference refutes; None where a claim was
        not compared, the budget does not cover it, or a difference is not confirmed by numbers.

    Raises:
        ShapeError: the right side of a derivative of one step has not the shape of one.
    """
    start, label = time.perf_counter(), f"{digest(derivation)}|{seed}"
    names = layout.function_names(derivation)
    work = Work(budget)
    run = Visits(derivation, OPAQUE, label, work)
    try:
        for level in levels(derivation.cell, names):
            run = Visits(derivation, level, label, work)
            run.visit(_places(derivation, label, sizes))
            if run.difference is None:
                break
        else:
            return _differs(run, names, seed, start)
    except TooMuchError as error:
        return run.opinion(None, str(error), start, needed=error.needed)
    if run.needed is not None:
        words = f"would need about {run.needed} operations, {budget} are allowed; allow more with budget="
        return run.opinion(None, words, start, needed=run.needed)
    keys = [MAIN, *(item.key for item in derivation.claims)]
    lacking = [key for key in keys if not run.ledger.get(key, Tally()).holds]
    if lacking:
        why = "; ".join(f"{key}: {run.why(key) or 'nothing of it was compared'}" for key in lacking)
        return run.opinion(None, f"not compared: {why}", start)
    try:
        worst = run.probability()
    except (UnsupportedNodeError, ZeroDivisionError, TooMuchError) as error:
        return run.opinion(None, f"its degree is not bounded: {error}", start)
    detail = (
        f"{run.checks} entries agree modulo {len(run.visits)} primes of 61 bits drawn from the claim, one for each of "
        f"{told(run.visits)}"
    )
    if worst >= 1:
        words = f"{detail}, but its degree is so high that a wrong formula might pass; nothing is concluded"
        return run.opinion(None, words, start)
    words = f"{detail}; a wrong formula would pass one of them with probability below {worst:.1g}"
    return run.opinion(True, words, start, probability=worst)  # noqa: FBT003  the field of evidence


def exact(derivation: Derivation, names: Sequence[str]) -> bool:
    """Whether a difference refutes by itself: every function is opaque or a polynomial."""
    own = functions(derivation.cell, BOUND)
    declared = dict(derivation.cell.functions)
    opaque = (name in declared and declared[name] is None for name in names)
    polynomial = (name not in declared and nonlinearity(name).opaque for name in names)
    known = (own.in_argument(name, 0) is not None for name in names)
    return all(any(items) for items in zip(opaque, polynomial, known, strict=True))


def _differs(run: Visits, names: Sequence[str], seed: int, start: float) -> Opinion:
    """A difference at every level: a refutation, if it is exact or confirmed by numbers."""
    found = run.difference
    assert found is not None
    if exact(run.derivation, names) and not found.soft:
        return run.opinion(False, str(found), start)  # noqa: FBT003  the field of evidence
    here = (found.steps, tuple(found.sizes.items()))
    case = witness.find(run.derivation, seed=seed) or witness.find(run.derivation, seed=seed, at=here)
    if case is not None:
        return run.opinion(False, str(found), start)  # noqa: FBT003  the field of evidence
    why = "it may hold by a relation between functions that is not known here, or as an inequality"
    return run.opinion(None, f"{found}, but numbers of 50 digits do not: {why}", start)


def _places(
    derivation: Derivation, label: str, sizes: Sequence[Mapping[Expr, int]]
) -> Iterator[tuple[int | None, dict[Expr, int]]]:
    """Steps and sizes to visit, the cheapest first."""
    cell = derivation.cell
    source = Stream(f"{label}|sizes")
    if derivation.kind in ONE_STEP:
        yield from ((None, at_sizes(cell, pair)) for pair in ONE)
        first_size = 4 + source.below(4)
        yield None, at_sizes(cell, (first_size, first_size + 1 + source.below(2)))
        yield from ((None, dict(at)) for at in sizes)
        return
    for steps, pair in zip((*FIRST, *lengths(derivation)), MANY, strict=False):
        yield steps, at_sizes(cell, pair)
    yield from ((FIRST[1], dict(at)) for at in sizes)


def draw(derivation: Derivation, sizes: Mapping[Expr, int], label: str) -> dict[Expr, object]:
    """A uniform residue modulo ``PRIME`` for every entry of every symbol of one step."""
    one = residues(label, PRIME)
    return layout.filled(layout.leaves(derivation), sizes, lambda symbol, i, j: one(layout.called(symbol), i, j))
