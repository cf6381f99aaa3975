"""What the numeric functions ask of their arguments, said in one voice."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symgate.errors import NotNumbersError, ShapeError

Array = NDArray[Any]


def real_array(value: ArrayLike, name: str) -> Array:
    """``value`` as an array of floats, by the rules and in the words of generated functions; float32 stays float32.

    Raises:
        NotNumbersError: rows of different lengths, a masked or a sparse array, or entries that are not float32, float64
            or whole numbers (float16 and whole numbers become float64).
    """
    if isinstance(value, np.ma.MaskedArray):
        raise NotNumbersError(f"{name} is a masked array, and a mask has no meaning here; pass {name}.filled(...)")
    if hasattr(value, "toarray"):
        raise NotNumbersError(f"{name} is a sparse {type(value).__name__}; pass {name}.toarray()")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise NotNumbersError(f"{name} cannot be read as an array of numbers: {error}") from None
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise NotNumbersError(
            f"{name} must hold real numbers, float32 or float64 (whole numbers are converted); found dtype "
            f"{array.dtype}"
        )
    return array if array.dtype.kind == "f" and array.dtype.itemsize > 2 else array.astype(np.float64)


def matrix_stack(value: ArrayLike, name: str) -> Array:
    """``value`` as a stack (..., T, n, n) of square matrices; T may be 0, n may not.

    Raises:
        ShapeError: it is no such stack.
    """
    array = real_array(value, name)
    if array.ndim < 3 or array.shape[-1] != array.shape[-2] or array.shape[-1] == 0:
        raise ShapeError(f"{name} needs shape (..., T, n, n), one square matrix per step; found {array.shape}.")
    return array


def split_stacks(A: ArrayLike, B: ArrayLike) -> tuple[Array, Array]:
    """The two parts of a split as stacks of one shape.

    Raises:
        ShapeError: one is no stack of square matrices, or their T, n or batch axes differ.
    """
    first, second = matrix_stack(A, "A"), matrix_stack(B, "B")
    if first.shape[-3:] != second.shape[-3:]:
        raise ShapeError(f"A and B need the same T and n; found {first.shape} and {second.shape}.")
    try:
        first, second = np.broadcast_arrays(first, second)
    except ValueError:
        raise ShapeError(f"The batch axes of A and B do not fit: {first.shape} and {second.shape}.") from None
    return first, second


def real_number(value: object, name: str) -> float:
    """``value`` as a Python float, which leaves float32 arrays float32.

    Raises:
        ShapeError: it is not one real number.
    """
    array = real_array(value, name)  # type: ignore[arg-type]
    if array.ndim:
        raise ShapeError(f"{name} needs one number; found shape {array.shape}.")
    return float(array)


def small_number(value: object, name: str) -> float:
    """``value`` as a float that is positive, such as a tolerance.

    Raises:
        ShapeError: it is not one positive number.
    """
    number = real_number(value, name)
    if not 0 < number < np.inf:
        raise ShapeError(f"{name} needs a positive number, such as 1e-6; found {number:g}.")
    return number


def whole_number(value: object, name: str, low: int, high: int | None = None) -> int:
    """``value`` as an int within ``low`` .. ``high``.

    Raises:
        ShapeError: it is not whole, or out of range.
    """
    meant = f"{name} needs a whole number from {low}" + ("" if high is None else f" to {high}")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ShapeError(f"{meant}; found {value!r}.") from None
    if number < low or (high is not None and number > high):
        raise ShapeError(f"{meant}; found {number}.")
    return number


def window(t: object, k: object, steps: int) -> tuple[int, int]:
    """(t, k) of a product M_{t,k}, with 0 <= k <= t <= T.

    Raises:
        ShapeError: t or k is not whole or out of range, or k > t.
    """
    last, first = whole_number(t, "t", 0, steps), whole_number(k, "k", 0, steps)
    if first > last:
        raise ShapeError(f"M_(t,k) carries from step k to a later step t; found k = {first} > t = {last}.")
    return last, first
