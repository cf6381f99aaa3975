"""Other array libraries: weights of trained networks, and automatic differentiation as one more oracle.

None of them is required, and none is imported before it is needed.
"""

from symgate.interop.autodiff import available, gradient, kernels
from symgate.interop.jax_weights import from_equinox, from_flax
from symgate.interop.keras_weights import from_keras, from_keras_weights
from symgate.interop.weight_files import load_weights
from symgate.interop.weights import from_torch, from_torch_layers, from_torch_state_dict

__all__ = [
    "available",
    "from_equinox",
    "from_flax",
    "from_keras",
    "from_keras_weights",
    "from_torch",
    "from_torch_layers",
    "from_torch_state_dict",
    "gradient",
    "kernels",
    "load_weights",
]
