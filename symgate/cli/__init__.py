"""The command line: ``symgate cells | derive | verify | export | report``."""

from symgate.cli.program import main

__all__ = ["main"]
