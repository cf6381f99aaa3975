"""``python -m symgate`` is the same as ``symgate``."""

import sys

from symgate.cli import main

if __name__ == "__main__":
    sys.exit(main())
