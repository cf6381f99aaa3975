"""The functions of a generated NumPy module whose matrix is written in blocks: the matrix itself and its plan."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sympy import Expr
from sympy.matrices.expressions import Transpose

from symgate.codegen.writer.affine import affine_sums, table
from symgate.codegen.writer.backend import Code
from symgate.codegen.writer.fold import Writer
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.layout import joined, listed, quote, summary, wrapped
from symgate.codegen.writer.pieces import Block, Inner, blocks_of
from symgate.codegen.writer.program import Program, fresh
from symgate.codegen.writer.rewrite import leaves

if TYPE_CHECKING:
    from symgate.codegen.numpy.target import NumpyBackend


def in_blocks(backend: NumpyBackend, program: Program, kernels: Kernels) -> list[list[str]] | None:
    """The function, its plan, what the points share and what each point has; None where there is no such form."""
    blocks = blocks_of(program)
    if not blocks:
        return None
    name, shared = program.name, f"{program.given}, {program.size}, {program.batch}, {program.dtype}"
    letters, columns = f"_{name}_letters", f"_{name}_columns"
    fixed = f"{program.given}, {program.size}, {program.dtype}"
    writer = Writer(backend, program, kernels)
    sizes = [_sized(writer, program, size) for size in program.whole or program.results[0].shape]
    shape = joined(program.batch, sizes)
    total = fresh("result", writer.taken)
    writer.lines = [
        f"{total} = np.empty({shape}, {program.dtype}) if out is None else _result(",
        f"    out, {shape}, {program.dtype}, {program.given}",
        ")",
        *wrapped(f"_sum_of_blocks({total}, ", f"{letters}({fixed}), {columns}({shared})", ")"),
    ]
    doc = [
        summary(program),
        "",
        "Arrays are checked, never changed; ``out``, if given, takes the result and is returned.",
        "The formula, the shapes and the source stand at the top of this module.",
    ]
    returned = f"return {total} if out is None else _delivered({total}, out)"
    found = [backend.closed(program, writer, name, doc, returned, "np.ndarray", out=True, unpack=False)]
    return [*found, *plan_in_blocks(backend, program, kernels, blocks, shape)]


def plan_in_blocks(
    backend: NumpyBackend, program: Program, kernels: Kernels, blocks: tuple[Block, ...], shape: str
) -> list[list[str]]:
    """The plan of a matrix in blocks, what the points share and what each point has."""
    name, shared = program.name, f"{program.given}, {program.size}, {program.batch}, {program.dtype}"
    letters, columns = f"_{name}_letters", f"_{name}_columns"
    writer = Writer(backend, program, kernels)
    moving = [item.name for item in program.arguments if item.required and item.meaning != "parameter"]
    doc = [
        f"A plan of {name} for these shapes, this dtype and these weights.",
        "",
        f"Call it with {', '.join(moving) or 'nothing'}, in loops: it keeps buffers, for one thread; see _BlockPlan.",
    ]
    arguments = f"{letters}, {columns}, affine, {shape}, {listed(moving)}, {shared}"
    writer.lines = [*without_idle(program), *wrapped("affine = [", table(affine_sums(program)), "]")]
    writer.lines += wrapped("plan = _BlockPlan(", arguments, ")")
    plan = backend.closed(program, writer, f"{name}_plan", doc, "return plan", '"_BlockPlan"', out=False, unpack=False)
    return [
        plan,
        _letters(backend, program, kernels, blocks, letters),
        _columns(backend, program, kernels, blocks, columns),
    ]


def without_idle(program: Program) -> list[str]:
    """The lines of a plan that leave out states and inputs that the formula does not use."""
    idle = [item.name for item in program.arguments if not item.required and item.meaning != "parameter"]
    if not idle:
        return []
    return [f"{program.given}.pop({quote(name)}, None)" for name in idle]


def _sized(writer: Writer, program: Program, size: Expr) -> str:
    """A size by the table of sizes, where nothing is unpacked."""
    text = writer.size(size)
    for name in sorted(map(str, size.free_symbols)):
        text = re.sub(rf'(?<!["\w]){name}(?!["\w])', f"{program.size}[{quote(name)}]", text)
    return text


def _letters(
    backend: NumpyBackend, program: Program, kernels: Kernels, blocks: tuple[Block, ...], name: str
) -> list[str]:
    """The function that says where the blocks lie and what their words share; it reads parameters alone."""
    writer = Writer(backend, program, kernels)
    rows = []
    for block in blocks:
        places = [
            f"slice({writer.size(first)}, {writer.size(first + size)})"
            for first, size in zip(block.at, block.shape, strict=True)
        ]
        own = _letters_of(writer, block.words), _letters_of(writer, block.outers)
        products = ", ".join(
            f"({_letter(writer, U)}, {_letters_of(writer, inner.words)}, {_letters_of(writer, inner.outers)})"
            for (_, U), inner in block.products.items()
        )
        source = block.multiple and block.multiple[0]
        rows.append(f"    ({', '.join([*places, *own, f'[{products}]', str(source)])}),")
    used = {leaf for block in blocks for letter in _every(block) for leaf in leaves(letter)}
    head = [f"{p.name} = {program.given}[{quote(str(p.name))}]" for p in program.cell.parameters if p in used]
    head += [f"{size} = {program.size}[{quote(size)}]" for size in sorted(writer.sizes)]
    body = [*head, *writer.lines, "return [", *rows, "]"]
    doc = '    """Of each block rows, columns, [W] of words, [W] of outers, (U, [W], [W]), the block that it scales."""'
    arguments = f"{program.given}, {program.size}, {program.dtype}"
    return [f"def {name}({arguments}):", doc, *(f"    {line}" for line in body)]


def _every(block: Block) -> list[Expr]:
    """The letters of a block."""
    parts: list[Block | Inner] = [block, *block.products.values()]
    letters = [letter for part in parts for letter in (*part.words, *part.outers)]
    return [letter for letter in (*letters, *(U for _, U in block.products)) if letter is not None]


def _letters_of(writer: Writer, letters: Iterable[Expr | None]) -> str:
    """A list of letters."""
    return f"[{', '.join(_letter(writer, letter) for letter in letters)}]"


def _letter(writer: Writer, letter: Expr | None) -> str:
    """A letter as an array with two axes at its end, or None for the identity, or for ones beside outers."""
    if letter is None:
        return "None"
    code = writer.word(letter) if not isinstance(letter, Transpose) else writer.factor(letter)
    return f"{code}[..., None, :]" if code.kind == "row" else f"{code:bare}"


def _columns(
    backend: NumpyBackend, program: Program, kernels: Kernels, blocks: tuple[Block, ...], name: str
) -> list[str]:
    """The function that computes what each point has; where the affine sums are given, from those."""
    writer = Writer(backend, program, kernels)
    affine = fresh("affine", writer.taken)
    sums = affine_sums(program)
    given_sums = {item.symbol for item in sums}
    for symbol, definition, _ in program.intermediates:
        if symbol in given_sums:
            writer.define(symbol, definition)
    if given_sums:
        names = ", ".join(writer.names[item.symbol] for item in sums)
        before = [f"    {line}" for line in writer.lines]
        writer.lines = [f"if {affine} is None:", *before, "else:", f"    [{names}] = {affine}"]
    writer.forget()
    for symbol, definition, _ in program.intermediates:
        if symbol not in given_sums:
            writer.define(symbol, definition)
    rows = [line for block in blocks for line in _values(writer, block)]
    body = [*backend.unpacked(program, writer), *writer.lines, "return [", *rows, "]"]
    arguments = f"{program.given}, {program.size}, {program.batch}, {program.dtype}, {affine}=None"
    doc = (
        '    """Of each block [c] of words, [[(d, v)]] of outers, (c, [c], [[(d, v)]]) of products, the rest, scale."""'
    )
    return [f"def {name}({arguments}):", doc, *(f"    {line}" for line in body)]


def _values(writer: Writer, block: Block) -> list[str]:
    """What each point has for one block."""
    own, outers = _inner_values(writer, block)
    products = []
    for (scale, _), inner in block.products.items():
        first = "None" if scale is None else f"{writer.vector(scale):bare}"
        lists = ", ".join(f"[{', '.join(part)}]" for part in _inner_values(writer, inner))
        products.append(f"({first}, {lists})")
    others = [f"{writer.word(word):bare}" for word in block.others]
    parts = [own, outers, products, others]
    scale = "None" if block.multiple is None else f"{writer.vector(block.multiple[1]):bare}"
    written = [line for part in parts for line in wrapped("        [", ", ".join(part), "],")]
    return ["    (", *written, f"        {scale},", "    ),"]


def _inner_values(writer: Writer, inner: Block | Inner) -> tuple[list[str], list[str]]:
    """The columns of the words, and of each letter of outers its pairs of a column and a row."""
    own = [_sum(writer, columns) for columns in inner.words.values()]
    outers = []
    for rows in inner.outers.values():
        pairs = []
        for row, columns in rows.items():
            value = writer.word(row) if row.shape[0] == 1 else writer.vector(row)
            pairs.append(f"({_sum(writer, columns)}, {value:bare})")
        outers.append(f"[{', '.join(pairs)}]")
    return own, outers


def _sum(writer: Writer, columns: list[Expr]) -> str:
    """A sum of columns."""
    codes: list[tuple[str, Code]] = [("+", writer.vector(column)) for column in columns]
    return codes[0][1].text if len(codes) == 1 else writer.sum(codes, "vector").text
