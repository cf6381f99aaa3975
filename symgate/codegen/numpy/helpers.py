"""The parts of a generated NumPy module beside its formulas, and the names that they take."""

from __future__ import annotations

from symgate.codegen.writer.parts import parts, text

#: Module-level names that every module may hold.
FRAME = ("Numbers", "_SHAPES", "_CALLS", "_SEEN", "_checked", "_result", "_delivered")

_PARTS = parts("numpy_module")
CHECKED = _PARTS["_checked"]
RESULT = text("numpy_module", "_result", "_delivered")
#: Two schedules of a sum of words diag(c) W, and plans.
FEW = _PARTS["_few"]
SUM_OF_WORDS = text("numpy_module", "_sum_of_words", "_shared", "_add_in_steps", "_stack", "_stacked", "_spaced")
BUFFERS = text("plans")
PLAN = _PARTS["_Plan"]
#: A matrix in blocks, each a sum of pieces, and its plan.
BLOCKS = text("blocks")
BLOCK_NAMES = (*parts("blocks"),)
#: Module-level names of these parts.
PLAN_NAMES = (
    "_add_in_steps",
    "_words",
    "_sum_of_words",
    "_shared",
    "_stack",
    "_stacked",
    "_aligned",
    "_spaced",
    "_few",
    "_FEW",
    "_few_points",
    "_fold",
    "_Held",
    "_Plan",
    "get_ident",
)
LAYOUT = _PARTS["_for_products"]
#: Each is written only where it is called.
HELPERS = {
    name: part for name, part in _PARTS.items() if name not in {*FRAME, *PLAN_NAMES, "_for_products", "_alike", "_few"}
}
