"""The target torch: an autograd function with the derived adjoint, and an nn.Module that runs a sequence."""

from __future__ import annotations

import re
from dataclasses import replace

from sympy import Expr

from symgate.cells import LIBRARY
from symgate.codegen.array_api.helpers import HELPERS
from symgate.codegen.torch.backend import TorchLoops
from symgate.codegen.torch.loops import BlockLoops
from symgate.codegen.training.loops import listed
from symgate.codegen.training.plan import Training
from symgate.codegen.writer.docs import docstring, header
from symgate.codegen.writer.layout import axis, quote, wrapped
from symgate.codegen.writer.parts import parts, text
from symgate.codegen.writer.program import analyse, core_of
from symgate.codegen.writer.self_check import steps_table
from symgate.records import Cell

#: Of torch's own cells the blocks of its stacked weights, in order, and the names of ours.
BLOCKS: dict[str, tuple[str, ...]] = {
    "plain": ("",),
    "gru": ("r", "z", "c"),
    "lstm": ("i", "f", "g", "o"),
    "lstm_projected": ("i", "f", "g", "o"),
}
#: The names of torch's stacked weights.
STACKED = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")

TAKEN = {"torch", "sequence", "step", "_Run", "_again", "_opened", "_by_step", "_forward", "_backward", "_SHAPES"}
TAKEN |= {"_KINDS", "Tensor", "_plain", "_keeping", "_steps_of_a_block"}


def module(cell: Cell, training: Training) -> str:
    """The whole module of a cell; ``training`` is that of the same cell, its names apart from those of the code."""
    name = class_name(cell)
    dialect = TorchLoops(matrices=training.matrices_move)
    kernels = dialect.kernels({*TAKEN, *HELPERS, name})
    loops = BlockLoops(training, dialect, kernels)
    bodies = [_sequence(cell), _step(cell), _class(cell, name), *loops.functions()]
    lines = [*docstring(_top(cell, name)), "", "import torch", "from torch import Tensor", ""]
    lines += [*wrapped("__all__ = [", f'"{name}", "sequence", "step"', "]"), "", *symbol_tables(cell)]
    code = "\n".join([*lines, *(line for body in bodies for line in ["", "", *body]), *kernels.source()])
    used = helpers_in(code, "torch.")
    before = [text("sequences"), without_check("torch_module"), *used, steps_table(cell, 3)]
    return "\n\n".join([code + "\n", *(part + "\n" for part in [*before, parts("torch_module")["_self_check"]])])


def without_check(resource: str) -> str:
    """What a torch or jax module holds beside its formulas, its check of itself aside."""
    return text(resource, *(name for name in parts(resource) if name != "_self_check"))


def helpers_in(code: str, space: str) -> list[str]:
    """The helpers that a module calls, for a library whose functions begin with ``space``."""
    plain = {key: source.replace("xp.matrix_transpose(W)", "W.mT") for key, source in HELPERS.items()}
    own = {key: source.replace("(xp, ", "(").replace("xp.", space) for key, source in plain.items()}
    return [source for key, source in own.items() if re.search(rf"\b{key}\(", code)]


def class_name(cell: Cell) -> str:
    """MultiGate for multi_gate; GRU and the like as torch has them."""
    short = {"gru", "lstm", "mgu", "lru", "lem", "ltc", "cfc", "esn", "sru", "ssm"}
    return "".join(word.upper() if word in short else word[:1].upper() + word[1:] for word in cell.name.split("_"))


def kin(cell: Cell) -> tuple[str, ...] | None:
    """The blocks of torch's weights, where the cell is one of torch's."""
    own = next((known for known in LIBRARY if known.name == cell.name), None)
    if own is None or cell.name not in BLOCKS or replace(own, functions=()) != replace(cell, functions=()):
        return None
    bound = {function for _, function in cell.functions}
    fits = bound <= ({"tanh", "relu"} if cell.name == "plain" else {"tanh"})
    return BLOCKS[cell.name] if fits else None


def _top(cell: Cell, name: str) -> list[str]:
    """The docstring of the module."""
    states = ", ".join(state.name for state in cell.states)
    return [
        *header(analyse(cell)),
        "",
        f"{name}(...) runs a sequence, sequence(...) is the same with every parameter given: inputs have time in front",
        f"of all batch axes, (T, ..., m); the states {states} are those before the first step. The way backward is the",
        "adjoint derived from the equations: parameters are summed over time and batch in one product each. Second",
        "derivatives (create_graph=True) are taken by autograd through the recurrence. Forward mode and torch.func are",
        "not supported.",
    ]


def symbol_tables(cell: Cell) -> list[str]:
    """Shapes and kinds."""
    shapes = {name: f"[{', '.join(map(axis, core_of(symbol)))}]" for name, symbol in cell.symbols.items()}
    kinds = dict.fromkeys((state.name for state in cell.states), "state")
    kinds |= dict.fromkeys((str(symbol.name) for symbol in cell.inputs), "input")
    kinds |= dict.fromkeys((str(symbol.name) for symbol in cell.parameters), "parameter")
    return [
        "#: The axes of each argument after time and batch; equal names are equal sizes.",
        *wrapped("_SHAPES = {", ", ".join(f"{quote(name)}: {axes}" for name, axes in shapes.items()), "}"),
        "#: What each argument is.",
        *wrapped("_KINDS = {", ", ".join(f"{quote(name)}: {quote(kind)}" for name, kind in kinds.items()), "}"),
    ]


def _sequence(cell: Cell) -> list[str]:
    """The function of everything."""
    names = ", ".join(state.name for state in cell.states)
    given = ", ".join(f"{name}: Tensor" for name in cell.symbols) + ("" if cell.inputs else ", *, steps: int")
    doc = [
        f"The states {names} after every step, (T, ..., n), as a tuple.",
        "",
        "Inputs have time in front of all batch axes; batch axes broadcast; parameters have none.",
    ]
    first = "steps" if cell.inputs else "_"
    body = [
        *docstring(doc),
        *wrapped(f"{first}, batch, arguments = _opened((", listed(cell.symbols), "))"),
        "states = _Run.apply(steps, *arguments)",
        "return tuple(value.reshape((steps, *batch, *value.shape[2:])) for value in states)",
    ]
    opening = wrapped("def sequence(", given, ") -> tuple[Tensor, ...]:")
    return [*opening, *(f"    {line}" if line else "" for line in body)]


def _step(cell: Cell) -> list[str]:
    """One step."""
    given = ", ".join(f"{name}: Tensor" for name in cell.symbols)
    inputs = {str(symbol.name) for symbol in cell.inputs}
    every = ", ".join(f"{name}[None]" if name in inputs else name for name in cell.symbols)
    every += "" if cell.inputs else ", steps=1"
    several = len(cell.states) > 1
    kind = "tuple[Tensor, ...]" if several else "Tensor"
    found = "tuple(value[0] for value in found)" if several else "found[0][0]"
    body = [
        '"""One step: the state after it; inputs without an axis for time."""',
        *wrapped("found = sequence(", every, ")"),
        f"return {found}",
    ]
    return [*wrapped("def step(", given, f") -> {kind}:"), *(f"    {line}" for line in body)]


def _class(cell: Cell, name: str) -> list[str]:
    """The nn.Module."""
    blocks = kin(cell)
    sizes = [str(size) for size in cell.dimensions]
    inputs = [str(symbol.name) for symbol in cell.inputs]
    states = [state.name for state in cell.states]
    about = (
        f"Weights as torch.nn.{_TORCH[cell.name]} with one layer has them, so that a state_dict loads."
        if blocks
        else f"Its weights: {', '.join(str(symbol.name) for symbol in cell.parameters)}."
    )
    doc = [
        f"The cell {cell.name} over a sequence.",
        "",
        f"Sizes: {', '.join(sizes)}. {about}",
        f"Called with {', '.join(inputs) or 'steps'} and, where they are not zero, the states {', '.join(states)}",
        "before the first step; returns the first state after every step, and the last value of "
        + ("every state, as a tuple." if len(states) > 1 else "the state."),
    ]
    names = "".join(f"{size}: int, " for size in sizes)
    kind = "dtype: torch.dtype | None = None, device: object = None"
    init = wrapped("def __init__(self, *, ", f"{names}{kind}", ") -> None:")
    body = ["super().__init__()", 'kind = {"dtype": dtype, "device": device}']
    body += [f"self.{size} = {size}" for size in sizes]
    for parameter, shape in _weights(cell, blocks):
        body.append(f"self.{parameter} = torch.nn.Parameter(torch.empty(({shape}), **kind))")
    body.append("self.reset_parameters()")
    width = _size(cell.states[-1].after.shape[0])
    reset = [
        "def reset_parameters(self) -> None:",
        '    """Uniform within 1 / sqrt(n), as torch.nn has it; what a parameter means may ask for another start."""',
        f"    bound = 1 / max(1, {_of_self(width, sizes)}) ** 0.5",
        "    for weight in self.parameters():",
        "        torch.nn.init.uniform_(weight, -bound, bound)",
    ]
    parts = [
        *docstring(doc),
        "",
        *init,
        *(f"    {line}" for line in ['"""Weights of the given sizes, drawn at random."""', *body]),
        "",
        *reset,
        "",
        *_weights_method(cell, blocks),
        "",
        *_call(cell),
    ]
    return [f"class {name}(torch.nn.Module):", *(f"    {line}" if line else "" for line in parts)]


_TORCH = {"plain": "RNN", "gru": "GRU", "lstm": "LSTM", "lstm_projected": "LSTM"}


def _size(size: Expr) -> str:
    return str(size)


def _of_self(size: str, sizes: list[str]) -> str:
    return f"self.{size}" if size in sizes else size


def _weights(cell: Cell, blocks: tuple[str, ...] | None) -> list[tuple[str, str]]:
    """The names and shapes of the parameters of the nn.Module."""
    if blocks is None:
        return [
            (str(symbol.name), "".join(f"{_size(size)}, " for size in core_of(symbol)).strip())
            for symbol in cell.parameters
        ]
    state = _size(cell.states[0].after.shape[0])
    width, wide = _size(cell.states[-1].after.shape[0]), _size(cell.inputs[0].shape[0])
    tall = f"{len(blocks)} * {width}"
    shapes = (f"{tall}, {wide}", f"{tall}, {state}", f"{tall},", f"{tall},")
    found = list(zip(STACKED, shapes, strict=True))
    return [*found, ("weight_hr_l0", f"{state}, {width}")] if cell.name == "lstm_projected" else found


def _weights_method(cell: Cell, blocks: tuple[str, ...] | None) -> list[str]:
    """The method that gives the parameters of the cell."""
    names = [str(symbol.name) for symbol in cell.parameters]
    head = [
        "def cell_parameters(self) -> tuple[Tensor, ...]:",
        '    """The parameters of the cell, in the order of its equations."""',
    ]
    if blocks is None:
        return [*head, *(f"    {x}" for x in wrapped("return (", listed(f"self.{name}" for name in names), ")"))]
    if cell.name == "plain":
        values = {"W_r": "self.weight_hh_l0", "W_i": "self.weight_ih_l0", "b": "self.bias_ih_l0 + self.bias_hh_l0"}
        return [*head, f"    return {', '.join(values[name] for name in names)}"]
    count = len(blocks)
    lines = [
        f"{', '.join(f'W_{block}' for block in blocks)} = self.weight_ih_l0.chunk({count})",
        f"{', '.join(f'U_{block}' for block in blocks)} = self.weight_hh_l0.chunk({count})",
    ]
    if "c" in blocks:  # the reset gate multiplies the second bias of the candidate alone
        lines += ["b_r, b_z, b_c = self.bias_ih_l0.chunk(3)", "d_r, d_z, d_c = self.bias_hh_l0.chunk(3)"]
        lines += ["b_r, b_z = b_r + d_r, b_z + d_z"]
    else:
        biases = ", ".join(f"b_{block}" for block in blocks)
        lines.append(f"{biases} = (self.bias_ih_l0 + self.bias_hh_l0).chunk({count})")
    every = ["self.weight_hr_l0" if name == "W_p" else name for name in names]
    lines.append(f"return {', '.join(every)}")
    return [*head, *(f"    {line}" for line in lines)]


def _call(cell: Cell) -> list[str]:
    """The method forward."""
    sizes = [str(size) for size in cell.dimensions]
    inputs = [str(symbol.name) for symbol in cell.inputs]
    states = [state.name for state in cell.states]
    several = len(states) > 1
    given = ", ".join(["self", *(f"{name}: Tensor" for name in inputs), *([] if inputs else ["*, steps: int"])])
    given += "".join(f", {name}: Tensor | None = None" for name in states)
    kind = "tuple[Tensor, tuple[Tensor, ...]]" if several else "tuple[Tensor, Tensor]"
    lines = ['"""The first state after every step, and the last of all states."""']
    first = "next(self.parameters())"
    ranks = {name: len(core_of(cell.symbols[name])) for name in inputs}
    lead = f"{inputs[0]}.shape[1 : {inputs[0]}.dim() - {ranks[inputs[0]]}]" if inputs else "()"
    for state in cell.states:
        own = ", ".join(_of_self(_size(size), sizes) for size in core_of(state.after))
        zeros = f"{first}.new_zeros((*{lead}, {own}))" if lead != "()" else f"{first}.new_zeros(({own},))"
        lines += [f"if {state.name} is None:", f"    {state.name} = {zeros}"]
    every = ", ".join([*states, *inputs, "*self.cell_parameters()", *([] if inputs else ["steps=steps"])])
    lines += [f"states = sequence({every})"]
    lines += ["return states[0], " + ("tuple(value[-1] for value in states)" if several else "states[0][-1]")]
    return [*wrapped("def forward(", given, f") -> {kind}:"), *(f"    {line}" for line in lines)]
