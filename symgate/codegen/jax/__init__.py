"""The target jax: a cell in, a module with a custom reverse rule and a scan out."""
