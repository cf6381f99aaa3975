"""The whole step backward and training through time, for the targets numpy and array_api."""

from __future__ import annotations

from typing import ClassVar, final

from symgate.codegen.array_api.kernels import ArrayKernels
from symgate.codegen.training.loops import LoopDialect, Loops
from symgate.codegen.training.plan import Training
from symgate.codegen.writer.backend import Backend
from symgate.codegen.writer.docs import docstring
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.layout import axis, quote, wrapped
from symgate.codegen.writer.parts import parts, text
from symgate.codegen.writer.program import core_of
from symgate.language import Signal

#: The public functions.
PUBLIC = ("step_backward", "forward", "backward")
#: The names that a module with them holds beside.
PRIVATE = ("_forward", "_backward", "_step_backward", "_rows", "_by_step", "_opened", "_delivered_all", "_KINDS")


@final
class NumpyLoops(LoopDialect):
    """NumPy."""

    zeros: ClassVar[str] = "np.zeros_like({0})"
    like: ClassVar[str] = "{0}.dtype"
    sums: ClassVar = {
        "vector": "np.sum({0}, axis=0)",
        "matrix": "np.sum({0}, axis=0)",
        "all": "np.sum({0})",
        "dot": "np.sum({0} * {1})",
        "outer": "np.matmul(({0}).T, {1})",
    }

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def kernels(self, taken: set[str]) -> Kernels:
        """The elementwise functions of a module."""
        return Kernels(taken)


@final
class ArrayLoops(LoopDialect):
    """Any library that follows the array API standard."""

    first: ClassVar[str] = "xp, "
    by_step: ClassVar[str] = "_by_step(xp, {0}, steps, batch)"
    rows: ClassVar[str] = "_rows(xp, {0})"
    before: ClassVar[str] = "_rows(xp, {0}[:-1])"
    zeros: ClassVar[str] = "xp.zeros_like({0})"
    sums: ClassVar = {
        "vector": "xp.sum({0}, axis=0)",
        "matrix": "xp.sum({0}, axis=0)",
        "all": "xp.sum({0})",
        "dot": "xp.sum({0} * {1})",
        "outer": "xp.matmul(xp.matrix_transpose({0}), {1})",
    }

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def kernels(self, taken: set[str]) -> Kernels:
        """The elementwise functions of a module."""
        return ArrayKernels(taken)


def training_functions(loops: Loops, numpy: bool) -> list[list[str]]:  # noqa: FBT001
    """The public and the private functions."""
    return [
        step_backward(loops, numpy),
        forward(loops, numpy),
        backward(loops, numpy),
        loops.step_backward(),
        *loops.functions(),
    ]


def tables(training: Training) -> list[str]:
    """What each symbol is, and the shapes of the functions' arguments."""
    cell = training.cell
    kinds = dict.fromkeys((state.name for state in cell.states), "state")
    kinds |= dict.fromkeys((str(symbol.name) for symbol in cell.inputs), "input")
    kinds |= dict.fromkeys((str(symbol.name) for symbol in cell.parameters), "parameter")
    every = ", ".join(map(quote, cell.symbols))
    axes = {name: ", ".join(map(axis, core_of(lam))) for name, lam in cotangents(training).items()}
    lams = ", ".join(f"{quote(name)}: [{own}]" for name, own in axes.items())
    return [
        "#: What each argument is.",
        *wrapped("_KINDS = {", ", ".join(f"{quote(name)}: {quote(kind)}" for name, kind in kinds.items()), "}"),
        *wrapped('_CALLS["step_backward"] = ({**_SHAPES, ', f"{lams}}}, [{every}]", ")"),
        *wrapped('_CALLS["forward"] = (_SHAPES, [', every, "])"),
    ]


def cotangents(training: Training) -> dict[str, Signal]:
    """The cotangent of each state after the step, by its name."""
    return {str(lam.name): lam for lam in (training.lams[state.after] for state in training.cell.states)}


def _signature(training: Training, kind: str) -> str:
    return ", ".join(["*", *(f"{name}: {kind}" for name in training.cell.symbols)])


def step_backward(loops: Loops, numpy: bool) -> list[str]:  # noqa: FBT001
    """The public function of one step."""
    t, xp = loops.training, "" if numpy else "xp, "
    kind, array = ("Numbers", "np.ndarray") if numpy else ("Array", "Array")
    lams = cotangents(t)
    needed = "".join(f", {name}: {kind} | None = None" for name in lams)
    every = ", ".join([quote("step_backward"), *t.cell.symbols, *lams])
    arrays = ", ".join(f"{quote(name)}: {name}" for name in t.cell.symbols)
    values = {name: f"given.get({quote(name)})" if numpy else name for name in lams}
    rows = [
        f"_opened_lam({xp}{quote(name)}, {values[name]}, arguments[{place}], batch)" for place, name in enumerate(lams)
    ]
    checked = wrapped("given, _, axes, _ = _checked(" if numpy else "xp, _, axes, _, given = _checked(", every, ")")
    checked += [] if numpy else wrapped("(", f"{', '.join([*t.cell.symbols, *lams])},", ") = given")
    doc = [
        "All cotangents of one step: of every state, input and parameter, by name.",
        "",
        f"{', '.join(lams)}: those of the states after the step, zeros where left out. The cotangents of parameters",
        "are summed over the batch, and no array holds a matrix for each batch element.",
    ]
    body = [
        *docstring(doc),
        *checked,
        *([] if numpy else wrapped("given = {", arrays, "}")),
        f"_, batch, _, arguments = _opened({xp}given, axes, time=False)",
        "lams = (",
        *(f"    {row}," for row in rows),
        ")",
        f"return _shaped({xp}_step_backward({xp}arguments, lams), None, batch)",
    ]
    opening = wrapped("def step_backward(", _signature(t, kind) + needed, f") -> dict[str, {array}]:")
    return [*opening, *(f"    {line}" if line else "" for line in body)]


def forward(loops: Loops, numpy: bool) -> list[str]:  # noqa: FBT001
    """The public function over many steps."""
    t, xp = loops.training, "" if numpy else "xp, "
    kind, array = ("Numbers", "np.ndarray") if numpy else ("Array", "Array")
    every = ", ".join([quote("forward"), *t.cell.symbols])
    arrays = ", ".join(f"{quote(name)}: {name}" for name in t.cell.symbols)
    inputs = ", ".join(str(symbol.name) for symbol in t.cell.inputs)
    doc = [
        "Many steps: the states x_1 .. x_T by name, (T, ...), and a tape for ``backward``.",
        "",
        f"Inputs ({inputs}) have time in front of all batch axes; states are those before the first step."
        if inputs
        else "States are those before the first step; without an input ``steps`` says how many there are.",
    ]
    names = ", ".join(map(quote, (state.name for state in t.cell.states)))
    body = [
        *docstring(doc),
        *wrapped("given, _, axes, _ = _checked(" if numpy else "xp, _, axes, _, given = _checked(", every, ")"),
        *([] if numpy else wrapped("(", f"{', '.join(t.cell.symbols)},", ") = given")),
        *([] if numpy else wrapped("given = {", arrays, "}")),
        *([] if t.cell.inputs else ["axes = (steps, *axes)"]),
        f"steps, batch, length, arguments = _opened({xp}given, axes, time=True)",
        f"states, steady, moving = _forward({xp}steps, arguments)",
        "found = {",
        f"    name: {'np' if numpy else 'xp'}.reshape(_rows({xp}values[1:]), (steps, *batch, *values[0].shape[1:]))",
        f"    for name, values in zip([{names}], states)",
        "}",
        f"return found, ({xp}steps, batch, length, arguments, states, steady, moving)",
    ]
    given = _signature(t, kind) + ("" if t.cell.inputs else ", steps: int")
    opening = wrapped("def forward(", given, f") -> tuple[dict[str, {array}], tuple]:")
    return [*opening, *(f"    {line}" if line else "" for line in body)]


def backward(loops: Loops, numpy: bool) -> list[str]:  # noqa: FBT001
    """The public function backward in time."""
    t, xp = loops.training, "" if numpy else "xp, "
    kind, array = ("Numbers", "np.ndarray") if numpy else ("Array", "Array")
    lams = cotangents(t)
    doc = [
        "Backpropagation through time: the gradient of a loss by everything, by name.",
        "",
        f"tape: from ``forward``. {', '.join(lams)}: dL/dx_t for t = 1 .. T, (T, ...), zeros where left out.",
        "Gradients by states are by those before the first step, those by parameters are summed over steps and batch.",
    ]
    rows = [
        f"_opened_lam({xp}{quote(name)}, {name}, arguments[{place}], (steps, *batch), (steps, length))"
        for place, name in enumerate(lams)
    ]
    body = [
        *docstring(doc),
        f"{xp}steps, batch, length, arguments, states, steady, moving = tape",
        "lams = (",
        *(f"    {row}," for row in rows),
        ")",
        f"values = _backward({xp}steps, lams, arguments, states, steady, moving)",
        f"return _shaped({xp}values, steps, batch)",
    ]
    given = "".join(f", {name}: {kind} | None = None" for name in lams)
    opening = wrapped("def backward(", f"tape: tuple, *{given}", f") -> dict[str, {array}]:")
    return [*opening, *(f"    {line}" if line else "" for line in body)]


def helpers(numpy: bool) -> str:  # noqa: FBT001
    """The functions that are always the same."""
    if not numpy:
        return text("training")
    shared = text("training", *(name for name in parts("training") if name != "_alike"))
    own = shared.replace("xp.concat", "np.concatenate").replace("(xp, ", "(").replace("xp.", "np.")
    return f"{own}\n\n\n{text('numpy_module', '_alike')}"
