"""A cell from its equations: LaTeX or plain text in, the ``Cell`` that the builder makes out; nothing is evaluated."""
