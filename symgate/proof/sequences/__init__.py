"""What happens over many steps: products, sums, gradients and expansions, at times and sizes that are numbers.

Exact evaluation along whole trajectories against dual numbers through the recurrence: it knows no rule of
differentiation and nothing of how the closed forms were found.
"""

from symgate.proof.sequences.claims import BY_KIND

KINDS = tuple(BY_KIND)

__all__ = ["KINDS"]
