"""The parts of a numba module beside its formulas, and the names that they take."""

from __future__ import annotations

from symgate.codegen.writer.parts import parts

_PARTS = parts("numba_module")
PLAN = _PARTS["_Plan"]
#: Loops over time take arrays that are contiguous and writeable, so that they are compiled once.
LAYOUT = {name: _PARTS[name] for name in ("_points", "_whole")}
#: What modules of stacks call, whose loops are given what the layers below hand on.
LAYERS = [_PARTS[name] for name in ("_layers", "_put_layers")]
#: Each is written only where it is called.
HELPERS = {name: part for name, part in _PARTS.items() if part not in {PLAN, *LAYERS, *LAYOUT.values()}}
NAMES = tuple(HELPERS)
