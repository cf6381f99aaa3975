"""Reading: from text or LaTeX that somebody else wrote to one typed expression in the language of results."""
