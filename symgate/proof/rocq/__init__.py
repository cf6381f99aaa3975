"""Certificates that a proof assistant checks: Coq source that states a cell, a claim about it, and its proof."""

from symgate.proof.rocq.assistant import ROUTE, Assistant, Outcome, find_assistant, with_kernel
from symgate.proof.rocq.beside import Filed
from symgate.proof.rocq.certify import Store, certify
from symgate.proof.rocq.files import Files
from symgate.proof.rocq.planted import Planted, planted
from symgate.proof.rocq.source import Source, can_state, certificate, with_adjoint
from symgate.proof.rocq.wrong import slips_source, time_slips_source

__all__ = [
    "ROUTE",
    "Assistant",
    "Filed",
    "Files",
    "Outcome",
    "Planted",
    "Source",
    "Store",
    "can_state",
    "certificate",
    "certify",
    "find_assistant",
    "planted",
    "slips_source",
    "time_slips_source",
    "with_adjoint",
    "with_kernel",
]
