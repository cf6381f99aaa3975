"""Kernels of generated loops over time: the families of ``kernels``, in fewer passes over fewer arrays.

A loop calls them once per step on arrays that fit the cache, so each pass counts: results are written over what is no
longer needed.
"""

from __future__ import annotations

from symgate.codegen.writer.kernels import Kernels

#: By function, what its family kernel does.
BODIES = {
    "sigma": '''
    """sigma(z), 1 - sigma(z) and sigma'(z), from one exponential; no digit is lost near 0 or near 1."""
    small, large = np.empty_like(z), np.empty_like(z)
    np.abs(z, out=small)
    np.exp(np.negative(small, out=small), out=small)
    np.divide(1, np.add(1, small, out=large), out=large)
    np.multiply(small, large, out=small)
    signed = np.copysign(large, z)
    value = np.maximum(small, signed)
    rest = np.maximum(small, -signed)
    return value, rest, np.multiply(small, large, out=large)
''',
    "tanh": '''
    """tanh(z) and tanh'(z) = (e + e |tanh(z)|)^2, e = exp(-|z|): no digit of the slope is lost."""
    e, root = np.empty_like(z), np.empty_like(z)
    value = np.tanh(z)
    np.abs(z, out=e)
    np.exp(np.negative(e, out=e), out=e)
    np.multiply(e, np.abs(value, out=root), out=root)
    np.add(e, root, out=root)
    return value, np.multiply(root, root, out=root)
''',
}


class SweepKernels(Kernels):
    """Writes these where there is one."""

    def family(self, function: str) -> str:
        """The name of the kernel that gives every member of a family at once."""
        name = super().family(function)
        if function in BODIES:
            self._sources[function, -1] = [f"def {name}(z):", *BODIES[function].strip("\n").splitlines()]
        return name
