"""A page where one types a recurrence and sees its derivatives; it runs in a browser and sends nothing anywhere.

``recurrences``, ``sections``, ``verdicts`` and ``answers`` run inside the browser's worker: JSON in, JSON out.  ``parts``,
``archive`` and ``build`` make the folder.  ``static`` holds what the browser loads.
"""
