"""The array API target: one text for every array library, functional, without loops over entries."""
