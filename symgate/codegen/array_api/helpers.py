"""The parts of an array API module beside its formulas, of which torch and jax modules take some."""

from __future__ import annotations

from symgate.codegen.writer.parts import parts, text

_ALWAYS = ("_checked", "_array", "_real", "_namespace", "_broadcast", "_ones", "_spread")
ALWAYS = "\n\n\n".join([text("array_api_module", *_ALWAYS), text("sequences", "_plain")])
#: Each is written only where it is called.
HELPERS = {name: part for name, part in parts("array_api_module").items() if name not in _ALWAYS}
