"""A whole step backward, and training through time: analysis of a cell, and the code for each target."""
