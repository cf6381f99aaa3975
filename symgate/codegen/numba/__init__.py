"""The numba target: derivations and cells in, modules of compiled loops out."""
