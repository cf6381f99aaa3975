"""A page where one types a recurrence and sees its derivatives; it runs in a browser and sends nothing anywhere.

``answers``, ``recurrences``, ``sections``, ``verdicts`` and ``copies`` run inside the browser's worker: JSON in, JSON
out.  ``parts``, ``archive``, ``bytecode`` and ``build`` make the folder.  ``static`` holds what the browser loads.
"""
