"""Other array libraries: weights of trained networks, and automatic differentiation as one more oracle.

None of them is required, and none is imported before it is asked for.
"""

from symgate.interop.autodiff import available, gradient, kernels
from symgate.interop.weights import from_torch, from_torch_state_dict

__all__ = ["available", "from_torch", "from_torch_state_dict", "gradient", "kernels"]
