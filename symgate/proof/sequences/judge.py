"""The verdict on a derivation over many steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from sympy import Expr

from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.proof.certificate import PROVED, REFUTED, UNDECIDED, Certificate, Evidence
from symgate.proof.sequences.claims import BY_KIND, claims
from symgate.proof.sequences.compare import differ
from symgate.proof.sequences.factors import one_steps
from symgate.proof.sequences.induction import check as induction
from symgate.proof.sequences.timed import OutsideError
from symgate.proof.sequences.trajectories import Trajectory
from symgate.records import Derivation

KINDS = tuple(BY_KIND)

#: Lengths of trajectories, each with the sizes it is checked at.
STEPS = (1, 2, 3, 4)
SIZES = ((1, 1), (2, 1), (3, 2), (2, 3))


def verify_sequence(
    derivation: Derivation,
    one_step_proof: Callable[[Derivation], Certificate],
    *,
    steps: Sequence[int] = STEPS,
    sizes: Sequence[Sequence[int]] = SIZES,
    seed: int = 0,
) -> Certificate:
    """Judge a derivation over many steps: its one-step factor, exactly along whole trajectories, and by induction.

    Args:
        derivation: what is judged.
        one_step_proof: proves the one-step derivative that the factors are, for all sizes.
        steps: the numbers of steps of the trajectories.
        sizes: a pair of sizes for each of them.
        seed: of all random values.

    Returns:
        "proved" where all three hold; "refuted", with the time and the equation, where a trajectory contradicts;
        "undecided" where a closed form holds on every trajectory tried but another route does not go through.
    """
    longest = len(derivation.named_terms) + 1
    if longest > max(steps):
        steps, sizes = (*steps, longest), (*sizes, (2, 1))
    along = trajectories(derivation, steps, sizes, seed)
    if along.passed is False:
        return Certificate(derivation.name, REFUTED, f"Wrong: {along.detail}.", (along,))
    factor, certificate = _factor(derivation, one_step_proof)
    if certificate is not None and certificate.verdict == REFUTED:
        return Certificate(derivation.name, REFUTED, f"Wrong: {factor.detail}", (factor, along), certificate.witness)
    step = induction(derivation)
    evidence = (factor, along, step)
    if not all(item.passed for item in evidence):
        open_ = "; ".join(item.detail for item in evidence if not item.passed)
        return Certificate(derivation.name, UNDECIDED, f"Not settled for every number of steps: {open_}.", evidence)
    statement = (
        f"Holds for every number of steps, every size and every differentiable function that is named by its "
        f"letter: its "
        f"one-step factor is proved, {step.detail}, and it agrees exactly with the recurrence along "
        f"trajectories of up to "
        f"{max(steps)} steps. {derivation.remark}"
    )
    return Certificate(derivation.name, PROVED, statement, evidence)


def verify_blocks(derivation: Derivation, one_step_proof: Callable[[Derivation], Certificate]) -> Certificate:
    """Judge a matrix over all states by its blocks: each is the derivative of one state by one, for all sizes."""
    factor, certificate = _factor(derivation, one_step_proof)
    if factor.passed:
        statement = (
            f"Every block is the derivative of the recurrence, for all sizes: {factor.detail}. {derivation.remark}"
        )
        return Certificate(derivation.name, PROVED, statement, (factor,))
    if certificate is not None and certificate.verdict == REFUTED:
        return Certificate(derivation.name, REFUTED, f"Wrong: {factor.detail}", (factor,), certificate.witness)
    return Certificate(derivation.name, UNDECIDED, f"Not settled: {factor.detail}", (factor,))


def _factor(derivation: Derivation, prove: Callable[[Derivation], Certificate]) -> tuple[Evidence, Certificate | None]:
    """The certificates of the one-step factors as evidence, and the first that is no proof, or else the first."""
    start = time.perf_counter()
    try:
        found = [prove(item) for item in one_steps(derivation)]
    except UnsupportedNodeError as error:
        return Evidence("factor", None, str(error), checks=0, seconds=time.perf_counter() - start), None
    refuted = [item for item in found if item.verdict == REFUTED]
    certificate = next(iter([*refuted, *(item for item in found if not item.proved), found[0]]))
    passed = True if certificate.proved else None
    detail = f"the one-step factor {certificate.subject} is {certificate.verdict}: {certificate.statement}"
    if passed and len(found) > 1:
        detail = f"all {len(found)} one-step factors are proved, {', '.join(item.subject for item in found)}"
    seconds = time.perf_counter() - start
    checks = sum(item.checks for item in found)
    return Evidence("factor", passed, detail, checks=checks, seconds=seconds), certificate


def trajectories(derivation: Derivation, steps: Sequence[int], sizes: Sequence[Sequence[int]], seed: int) -> Evidence:
    """Exact comparison modulo a prime, along trajectories of T steps with arbitrary values.

    No error probability is stated: the degree of a whole trajectory in its values is not bounded here.
    """
    start, checks = time.perf_counter(), 0
    done: list[tuple[tuple[str, int], ...]] = []

    def found(detail: str, *, passed: bool | None) -> Evidence:
        seconds = time.perf_counter() - start
        return Evidence("trajectories", passed, detail, tuple(done), checks, seconds=seconds)

    try:
        for length, numbers in zip(steps, sizes, strict=True):
            dims = enumerate(derivation.cell.dimensions)
            at = {dim: numbers[q % len(numbers)] + q // len(numbers) for q, dim in dims}
            done.append((("T", length), *((str(dim), size) for dim, size in at.items())))
            path = Trajectory(derivation, length, at, f"{seed}|{derivation.cell.name}|{length}")
            for label, claimed, true in claims(path):
                checks += 1
                if differ(claimed, true):
                    return found(f"{label} differs along a trajectory of {length} steps at {shown(at)}", passed=False)
    except OutsideError as error:
        return found(f"{error}, along a trajectory of {length} steps", passed=False)
    except (UnsupportedNodeError, ShapeError, ZeroDivisionError) as error:
        return found(str(error), passed=None)
    detail = f"{checks} equations between whole matrices hold exactly modulo 2^61 - 1 along {len(done)} trajectories"
    return found(detail, passed=True)


def shown(sizes: Mapping[Expr, int]) -> str:
    """Sizes in words."""
    return ", ".join(f"{name} = {value}" for name, value in sizes.items())
