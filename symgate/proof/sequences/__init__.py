"""Proofs of what happens over many steps: products, sums, gradients and expansions with symbolic t and k.

Exact evaluation along whole trajectories against dual numbers through the recurrence: it knows no rule of
differentiation and nothing of how the closed forms were found.
"""

from symgate.proof.sequences.judge import KINDS, along_trajectories

__all__ = ["KINDS", "along_trajectories"]
