"""From expressions to code, whatever the target: what a module needs, its lines, names, docstrings, its check."""
