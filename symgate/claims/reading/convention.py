"""What an author may mean by a vector in front of a matrix, by brackets and by a star; nothing is assumed unasked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Convention:
    """How one reading of a formula takes what is ambiguous.

    Attributes:
        diagonal: 1 where a vector in front of a matrix, or added to one, stands for its diagonal matrix; 2 where a
        vector
            behind a matrix does, too; 0 where vectors are vectors.
        brackets: whether ``[v]`` is diag(v).
        rows: whether vectors are rows, so that factors stand in the other order and matrices are transposed.
        entrywise: whether two vectors side by side, or with a dot between them, are multiplied entry by entry.
        gradients: 1 where a derivative of the loss by a vector is a row, dL/dx of one row as dy/dx of any y (numerator
            layout); 2 where letters of a gradient, such as delta_t, are rows too; 0 where they are columns.
        numbers: whether states of one number, which are vectors for us, are numbers, and so are the gradients by them.
        products: whether ``*`` between a matrix and a vector, or a column and a row, is the matrix product.
    """

    diagonal: int = 0
    brackets: bool = False
    products: bool = False
    rows: bool = False
    entrywise: bool = False
    gradients: int = 0
    numbers: bool = False


#: As it stands.
LITERAL = Convention()
