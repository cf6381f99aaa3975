"""Layer normalisation as an equation of a cell, written with the public builder:  gamma (.) (p - mean p)/s + beta."""

from symgate.notation import CellBuilder, Quantity, sqrt


def layer_norm(
    c: CellBuilder, name: str, p: Quantity, gamma: Quantity, beta: Quantity, role: str = "drive"
) -> Quantity:
    """Normalise a pre-activation over its units.

    Args:
        c: the builder of the cell.  On it the names ``name_p``, ``name_c``, ``name_v``, ``name_s`` and ``name_q`` are
            declared: p, p less its mean, its variance, s and q = (p - mean p)/s.
        name: where the names start, such as "a".
        p: the pre-activation, a vector of size n.
        gamma: the gain, a vector of size n.
        beta: the shift, a vector of size n.
        role: the term of the Jacobian that paths through it belong to.

    Returns:
        gamma (.) q + beta, s^2 = variance (biased) + 1e-5, as torch.nn.LayerNorm has it.  Its derivative by p is
        diag(gamma/s) (I - 11'/n - q q'/n).

    Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450.
    """
    ones = c.ones("n")
    whole = c.let(f"{name}_p", p, role=role)
    centred = c.let(f"{name}_c", whole - (ones.T @ whole) / (ones.T @ ones) * ones, role=role)
    variance = c.let(f"{name}_v", (centred.T @ centred) / (ones.T @ ones), role=role)
    s = c.let(f"{name}_s", sqrt(variance + 1e-5), role=role)
    q = c.let(f"{name}_q", centred / s, role=role)
    return gamma * q + beta
