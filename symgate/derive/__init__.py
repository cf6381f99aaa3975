"""What is derived from a cell: Jacobians and vector-Jacobian products, as records."""

from symgate.derive.jacobian import assumptions, jacobian, objects, vjp

__all__ = ["assumptions", "jacobian", "objects", "vjp"]
