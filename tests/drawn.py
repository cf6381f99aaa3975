"""How many examples a property-based test draws: a part of them, and all in a run of the full sweeps.

``tests/conftest.py`` says at the start which of the two it is.
"""

from __future__ import annotations

import os

#: One of so many examples is drawn in an ordinary run, and at least so many.
PART, LEAST = 4, 5


def examples(count: int) -> int:
    """So many of ``count`` examples; for ``@settings(max_examples=examples(100))``."""
    return count if os.environ.get("SYMGATE_FULL") else min(count, max(LEAST, count // PART))
