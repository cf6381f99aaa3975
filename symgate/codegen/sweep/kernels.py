"""Kernels of generated loops over time: the families of ``kernels``, in fewer passes over fewer arrays.

A loop calls them once per step on arrays that fit the cache, so each pass counts: results are written over what is no
longer needed, and a family takes one exponential.  Where that could overflow, which one pass finds out, they go on as
``kernels`` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from symgate.codegen.writer.kernels import FAMILIES, Kernels


@dataclass(frozen=True)
class Body:
    """What a family kernel does: lines, the condition under which it goes on as in ``kernels``, and further lines."""

    what: str
    start: tuple[str, ...]
    far: str
    near: tuple[str, ...]

    def lines(self, function: str) -> list[str]:
        """The lines of the kernel."""
        elsewhere = [f"    {line}" for line in FAMILIES[function][1][1:]]
        return [f'"""{self.what}"""', *self.start, f"if {self.far}:", *elsewhere, *self.near]


BODIES = {
    "sigma": Body(
        "sigma(z), 1 - sigma(z) and sigma'(z), from e = exp(-z); no digit is lost near 0 or near 1.",
        (),
        "np.fmin.reduce(z, axis=None, initial=0) < (-708 if z.itemsize == 8 else -87)",
        (
            "e, value = np.empty_like(z), np.empty_like(z)",
            "np.exp(np.negative(z, out=e), out=e)",
            "np.divide(1, np.add(1, e, out=value), out=value)",
            "rest = np.multiply(e, value, out=e)",
            "return value, rest, np.multiply(value, rest)",
        ),
    ),
    "tanh": Body(
        "tanh(z) and tanh'(z), from p = exp(2 |z|) - 1: |tanh| = p/(p + 2), tanh' = q (2 - q) with q = 2/(p + 2).",
        ("p, value = np.abs(z, out=np.empty_like(z)), np.empty_like(z)",),
        "np.fmax.reduce(p, axis=None, initial=0) > (353 if z.itemsize == 8 else 43)",
        (
            "np.expm1(np.multiply(p, 2, out=p), out=p)",
            "q = np.add(p, 2, out=np.empty_like(z))",
            "value = np.copysign(np.divide(p, q, out=value), z, out=value)",
            "np.divide(2, q, out=q)",
            "return value, np.multiply(q, np.subtract(2, q, out=p), out=p)",
        ),
    ),
}


class SweepKernels(Kernels):
    """Writes these where there is one."""

    def family(self, function: str) -> str:
        """The name of the kernel that gives every member of a family at once."""
        name = super().family(function)
        if function in BODIES:
            lines = BODIES[function].lines(function)
            self._sources[function, -1] = [f"def {name}(z):", *(f"    {line}" for line in lines)]
        return name
