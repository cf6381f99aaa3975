"""Laws of every built-in cell."""
