"""The whole step backward and training through time, for the targets numpy and array_api."""

from __future__ import annotations

from typing import ClassVar, final

from symgate.codegen.array_api_kernels import ArrayKernels
from symgate.codegen.backend import Backend
from symgate.codegen.docs import docstring
from symgate.codegen.kernels import Kernels
from symgate.codegen.layout import axis, quote, wrapped
from symgate.codegen.program import core_of
from symgate.codegen.training.loops import LoopDialect, Loops
from symgate.codegen.training.plan import Training
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


HELPERS = '''
def _by_step(xp, value, steps, batch):
    """Rows of all steps as an array that is indexed by the step."""
    return xp.reshape(value, (steps, batch, *value.shape[1:]))


def _rows(xp, values):
    """The values of all steps as rows."""
    return xp.concat(values, axis=0)


def _opened(xp, arrays, axes, *, time):
    """Every argument with its rows: states and inputs over the batch, inputs over the steps before; and the steps."""
    ranks = {name: len(arrays[name].shape) - len(_SHAPES[name]) for name in _KINDS}
    for name, kind in sorted(_KINDS.items(), key=lambda item: item[1]):
        if kind == "parameter" and ranks[name]:
            raise ValueError(
                f"{name} is summed over the batch and has no batch axes here; found shape {tuple(arrays[name].shape)}. "
                f"The functions gradient_... take one {name} for each batch element"
            )
        if time and kind == "input" and ranks[name] != len(axes):
            wanted = f"(T, {', '.join(map(str, [*axes[1:], *_SHAPES[name]]))})".replace(", )", ")")
            raise ValueError(f"{name} has time in front of all batch axes, {wanted}; found {tuple(arrays[name].shape)}")
        if time and kind == "state" and ranks[name] >= max(len(axes), 1):
            raise ValueError(f"{name} is the state before the first step, without an axis for time")
    steps, batch = (axes[0], axes[1:]) if time else (1, axes)
    if steps == 0:
        raise ValueError("There is no step: an input needs a first axis, time, of length 1 or more")
    opened, length = [], 1
    for axis in batch:
        length *= axis
    for name, kind in _KINDS.items():
        value, core = arrays[name], arrays[name].shape[ranks[name] :]
        if kind != "parameter":
            lead = (steps, *batch) if kind == "input" else batch
            rows = steps * length if kind == "input" else length
            value = xp.reshape(xp.broadcast_to(value, (*lead, *core)), (rows, *core))
        opened.append(value)
    return steps, batch, length, tuple(opened)


def _shaped(xp, values, steps, batch):
    """Cotangents by name, each in the shape of its argument; ``steps`` in front of those of inputs, where given."""
    leads = {"state": batch, "input": batch if steps is None else (steps, *batch), "parameter": ()}
    return {
        name: value if kind == "parameter" else xp.reshape(value, (*leads[kind], *value.shape[1:]))
        for (name, kind), value in zip(_KINDS.items(), values)
    }
'''


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
    checked = wrapped("given, _, axes, _ = _checked(" if numpy else "xp, _, axes, _ = _checked(", every, ")")
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
        *wrapped("given, _, axes, _ = _checked(" if numpy else "xp, _, axes, _ = _checked(", every, ")"),
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


LAMS = '''
def _opened_lam(xp, name, value, state, batch, lead=None):
    """The cotangent of a state after the step with its rows, or for every step; zeros (over time None) for None."""
    if value is None:
        return xp.zeros_like(state) if lead is None else None
    core = state.shape[1:]
    if value.dtype != state.dtype:
        raise TypeError(f"{name} has dtype {value.dtype}, but the states have {state.dtype}; convert one")
    if lead is not None and tuple(value.shape) != (*batch, *core):
        found = tuple(value.shape)
        raise ValueError(f"{name} needs shape {(*batch, *core)}, as the states of all steps; found {found}")
    return xp.reshape(xp.broadcast_to(value, (*batch, *core)), (*(lead or state.shape[:1]), *core))
'''


NUMBERS = """    value = np.asarray(value)
    if value.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers; found dtype {value.dtype}")
    value = value.astype(state.dtype)
"""


def helpers(numpy: bool) -> str:  # noqa: FBT001
    """The functions that are always the same."""
    text = HELPERS + "\n" + LAMS
    if numpy:
        text = text.replace("xp.concat", "np.concatenate").replace("(xp, ", "(").replace("xp.", "np.")
        ready = NUMBERS
        first = "    if value.dtype != state.dtype:"
        start = text.index(first)
        end = text.index("    if lead is not None and tuple")
        text = text[:start] + ready + text[end:]
    return text.strip()
