"""Certificates that a proof assistant checks: Coq source that states a cell, a claim about it, and its proof."""

from symgate.proof.rocq.source import Source, certificate

__all__ = ["Source", "certificate"]
