"""``python -m symgate.cli`` is the same as ``symgate``."""

import sys

from symgate.cli.program import main

if __name__ == "__main__":
    sys.exit(main())
