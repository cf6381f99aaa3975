"""A cell from its equations: LaTeX or plain text in, the same ``Cell`` as from the builder out; nothing is evaluated."""
