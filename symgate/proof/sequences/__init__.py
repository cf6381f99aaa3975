"""Proofs of what happens over many steps: products, sums, gradients and expansions with symbolic t and k.

Two routes, neither of which knows a rule of differentiation or how the closed forms were found: exact
evaluation along whole trajectories of T = 0..4 steps against dual numbers through the recurrence
(``trajectories.py``), and the step of an induction over time at generic t and k (``induction.py``).
"""

from symgate.proof.sequences.judge import KINDS, verify_blocks, verify_sequence

__all__ = ["KINDS", "verify_blocks", "verify_sequence"]
