"""The main job: derive and verify every object of every cell, and leave a folder a reader can use."""

from symgate.report.gather import Entry, cores, gather, workers
from symgate.report.main import Outcome, write_report

__all__ = ["Entry", "Outcome", "cores", "gather", "workers", "write_report"]
