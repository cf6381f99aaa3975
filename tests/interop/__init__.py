"""Weights from torch."""
