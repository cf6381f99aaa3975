"""A whole paper: its equations found, sorted into recurrence, definition, claim and the rest, judged, and shown."""
