"""The version, for the package itself and for the headers of generated files."""

__version__ = "0.2.0"
