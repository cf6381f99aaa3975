"""Loops over time without checks inside, for rollouts and gradients in numbers: cells in, text of modules out."""
