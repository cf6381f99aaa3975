"""The NumPy target: derivations and cells in, the text of modules that import numpy alone out."""
