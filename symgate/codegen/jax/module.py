"""The target jax: a function of a sequence with the derived adjoint, by lax.scan."""

from __future__ import annotations

from typing import ClassVar, final

from symgate.codegen.array_api.helpers import HELPERS
from symgate.codegen.jax.scans import Scans
from symgate.codegen.torch.backend import RowSpelling, spelled
from symgate.codegen.torch.kernels import JaxKernels
from symgate.codegen.torch.module import helpers_in, symbol_tables, without_check
from symgate.codegen.training.loops import LoopDialect, listed
from symgate.codegen.training.plan import Training
from symgate.codegen.writer.backend import Code
from symgate.codegen.writer.docs import docstring, header
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.layout import wrapped
from symgate.codegen.writer.parts import parts, text
from symgate.codegen.writer.program import analyse, core_of
from symgate.codegen.writer.self_check import steps_table
from symgate.records import Cell

TAKEN = {
    "jax",
    "jnp",
    "sequence",
    "step",
    "init",
    "_run",
    "_run_forward",
    "_run_backward",
    "_opened",
    "_SHAPES",
    "_plain",
}
TAKEN |= {"_KINDS", "_forward", "_backward", "_by_step", "_rows", "_blocks", "_steps_of_a_block"}


class JaxSpelling(RowSpelling):
    """Writes jax."""

    spellings: ClassVar = spelled("jnp.")

    def ones(self, kind: str, dtype: str, *sizes: str) -> Code:
        """Ones of the dtype of the arguments."""
        return Code(f"jnp.ones(({', '.join(sizes)},), {dtype}.dtype)", kind=kind)


@final
class JaxMatrices(JaxSpelling):
    """Writes jax where matrices have rows."""

    spellings: ClassVar = spelled("jnp.", matrices=True)


@final
class JaxLoops(LoopDialect):
    """jax."""

    zeros: ClassVar[str] = "jnp.zeros_like({0})"
    sums: ClassVar = {
        "vector": "jnp.sum({0}, 0)",
        "matrix": "jnp.sum({0}, 0)",
        "all": "jnp.sum({0})",
        "dot": "jnp.sum({0} * {1})",
        "outer": "jnp.matmul(({0}).T, {1})",
    }

    def __init__(self, *, matrices: bool = False) -> None:
        self.backend = JaxMatrices() if matrices else JaxSpelling()

    def kernels(self, taken: set[str]) -> Kernels:
        """The elementwise functions of a module."""
        return JaxKernels({*taken, "_one_before"})


def module(cell: Cell, training: Training) -> str:
    """The whole module of a cell; ``training`` is that of the same cell, its names apart from those of the code."""
    dialect = JaxLoops(matrices=training.matrices_move)
    kernels = dialect.kernels({*TAKEN, *HELPERS, "_before"})
    loops = Scans(training, dialect, kernels)
    bodies = [_sequence(cell), _step(cell), _init(cell), *loops.functions()]
    lines = [*docstring(_top(cell)), "", "import jax", "from jax import numpy as jnp", ""]
    lines += ['__all__ = ["init", "sequence", "step"]', "", *symbol_tables(cell)]
    code = "\n".join([*lines, *(line for body in bodies for line in ["", "", *body]), *kernels.source()])
    used = helpers_in(code, "jnp.")
    before = [text("sequences"), without_check("jax_module"), *used, steps_table(cell, 3)]
    return "\n\n".join([code + "\n", *(part + "\n" for part in [*before, parts("jax_module")["_self_check"]])])


def _top(cell: Cell) -> list[str]:
    """The docstring of the module."""
    states = ", ".join(state.name for state in cell.states)
    return [
        *header(analyse(cell)),
        "",
        "sequence(...) runs all steps with a custom reverse rule: inputs have time in front of all batch axes,",
        f"(T, ..., m); the states {states} are those before the first step. The way backward is the adjoint derived",
        "from the equations.",
        "Use it under jit, vmap and grad, also twice; forward mode (jvp, jacfwd) is refused by jax.custom_vjp.",
    ]


def _sequence(cell: Cell) -> list[str]:
    """The function of everything."""
    names = ", ".join(state.name for state in cell.states)
    given = ", ".join(f"{name}: jax.Array" for name in cell.symbols) + ("" if cell.inputs else ", *, steps: int")
    doc = [
        f"The states {names} after every step, (T, ..., n), as a tuple.",
        "",
        "Inputs have time in front of all batch axes; batch axes broadcast; parameters have none.",
    ]
    body = [
        *docstring(doc),
        *wrapped(f"{'steps' if cell.inputs else '_'}, batch, arguments = _opened((", listed(cell.symbols), "))"),
        "states = _run(steps, arguments)",
        "return tuple(jnp.reshape(value, (steps, *batch, *value.shape[2:])) for value in states)",
    ]
    opening = wrapped("def sequence(", given, ") -> tuple[jax.Array, ...]:")
    return [*opening, *(f"    {line}" if line else "" for line in body)]


def _step(cell: Cell) -> list[str]:
    """One step."""
    given = ", ".join(f"{name}: jax.Array" for name in cell.symbols)
    inputs = {str(symbol.name) for symbol in cell.inputs}
    every = ", ".join(f"{name}[None]" if name in inputs else name for name in cell.symbols)
    several = len(cell.states) > 1
    body = [
        '"""One step: the state after it; inputs without an axis for time."""',
        *wrapped("found = sequence(", every + ("" if cell.inputs else ", steps=1"), ")"),
        f"return {'tuple(value[0] for value in found)' if several else 'found[0][0]'}",
    ]
    kind = "tuple[jax.Array, ...]" if several else "jax.Array"
    return [*wrapped("def step(", given, f") -> {kind}:"), *(f"    {line}" for line in body)]


def _init(cell: Cell) -> list[str]:
    """Parameters to begin with."""
    shapes = {str(p.name): "".join(f"{size}, " for size in core_of(p)).strip() for p in cell.parameters}
    width = cell.states[-1].after.shape[0]
    sizes = "".join(f", {size}: int" for size in cell.dimensions)
    body = [
        '"""Parameters by name, uniform within 1 / sqrt(n); what a parameter means may ask for another start."""',
        f"bound = 1 / max(1, {width}) ** 0.5",
        *wrapped("shapes = {", ", ".join(f'"{name}": ({shape})' for name, shape in shapes.items()), "}"),
        "keys = jax.random.split(key, len(shapes))",
        "return {",
        "    name: jax.random.uniform(own, shape, dtype, -bound, bound)",
        "    for own, (name, shape) in zip(keys, shapes.items())",
        "}",
    ]
    opening = wrapped("def init(", f"key: jax.Array, *{sizes}, dtype: object = float", ") -> dict[str, jax.Array]:")
    return [*opening, *(f"    {line}" for line in body)]
