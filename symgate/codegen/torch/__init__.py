"""The target torch: a cell in, a module with an autograd function and an nn.Module out; jax shares its spellings."""
