"""The target jax: a function of a sequence with the derived adjoint, by lax.scan."""

from __future__ import annotations

from typing import ClassVar, final

from symgate.codegen.array_api.helpers import HELPERS
from symgate.codegen.torch.backend import RowSpelling, spelled
from symgate.codegen.torch.kernels import JaxKernels
from symgate.codegen.torch.module import helpers_in, symbol_tables, without_check
from symgate.codegen.training.loops import LoopDialect, Loops, listed, unpacked
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
TAKEN |= {"_KINDS", "_plain", "_forward", "_backward", "_by_step", "_rows"}


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


class Scans(Loops):
    """The loops over time as scans."""

    def forward(self) -> list[str]:
        """x_1 .. x_T, and what the way backward needs."""
        t = self.training
        before, step, sliced = self.ahead()
        names = [state.name for state in self.states]
        after = [self.after[name] for name in names]
        body = [
            *before,
            *wrapped("slices = (", listed(self.dialect.by_step.format(self._name(s)) for s in sliced), ")"),
            "",
            "def one_step(before, now):",
            *(f"    {line}" for line in unpacked(names, "before")),
            *(f"    {line}" for line in unpacked(map(self._name, sliced), "now")),
            *(f"    {line}" for line in step),
            *(f"    {line}" for line in wrapped("after = (", listed(after), ")")),
            *(f"    {line}" for line in wrapped("return after, (after, (", listed(map(self._name, t.kept)), "))")),
            "",
            *wrapped("_, (states, moving) = jax.lax.scan(one_step, (", listed(names), "), slices, length=steps)"),
        ]
        doc = "The states of all steps, and what the way backward needs."
        return self._function("_forward", "steps, arguments", doc, body, ["return states, steady, moving"])

    def backward(self) -> list[str]:
        """All cotangents."""
        t, pieces = self.training, self.pieces
        back, after = pieces.back_step(self.carried), pieces.gradients(self.targets)
        sliced = [symbol for symbol in self._at_once() if self._in(symbol, back)]
        befores = [state.before for state in self.states]
        lams = [t.lams[state.after] for state in self.states]
        listed_lams = [lam for lam in (*lams, *(t.lams[s] for s in t.by_step)) if self._in(lam, after)]
        inner = [s for s in (*befores, *t.kept) if self._in(s, back)]
        outer = [s for s in (*befores, *t.kept) if self._in(s, after)]
        read = {s: place for place, s in enumerate(befores) if s.shape[1] != 1 and s in inner and s not in outer}
        inner = [s for s in inner if s not in read]
        series = [self.series[s] for s in (*befores, *t.kept)]
        carried = [self.carried[state.name] for state in self.states]
        given = [f"{self.series[lam]}_given" for lam in lams]
        body = [
            *unpacked(map(self._name, self._steady()), "steady"),
            *(unpacked(series[: len(befores)], "_before(arguments, states)") if len(read) < len(befores) else []),
            *unpacked(series[len(befores) :], "moving"),
            *wrapped("slices = (", listed(self.dialect.by_step.format(self._name(s)) for s in sliced), ")"),
            *wrapped(
                "kept = (", listed([*(["jnp.arange(steps)"] if read else []), *(self.series[s] for s in inner)]), ")"
            ),
            "",
            "def one_step(carried, now):",
            *(f"    {line}" for line in unpacked(carried, "carried")),
            "    lams, slices, kept = now",
            *(f"    {line}" for line in unpacked(given, "lams")),
            *(f"    {line}" for line in unpacked(map(self._name, sliced), "slices")),
            *(f"    {line}" for line in unpacked([*(["t"] if read else []), *map(self._name, inner)], "kept")),
            *(f"    {self._name(s)} = _one_before(t, arguments[{k}], states[{k}])" for s, k in read.items()),
            *(f"    {self._name(lam)} = {own} + {c}" for lam, own, c in zip(lams, given, carried, strict=True)),
            *(f"    {line}" for line in back),
            *(f"    {line}" for line in wrapped("before = (", listed(carried), ")")),
            *(f"    {line}" for line in wrapped("return before, (", listed(map(self._name, listed_lams)), ")")),
            "",
            *wrapped("start = (", listed(f"jnp.zeros_like({state.name})" for state in self.states), ")"),
            "carried, found = jax.lax.scan(one_step, start, (lams, slices, kept), length=steps, reverse=True)",
            *unpacked(carried, "carried"),
            *unpacked([self.series[lam] for lam in listed_lams], "found"),
            *(f"{self._name(s)} = _rows({self.series[s]})" for s in (*outer, *listed_lams)),
        ]
        arguments = "steps, lams, arguments, states, steady, moving"
        doc = "The cotangents of states before the first step, of inputs as rows, and of parameters."
        return self._function("_backward", arguments, doc, [*body, *after], self._returned(after))


def module(training: Training) -> str:
    """The whole module of a cell."""
    cell = training.cell
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
