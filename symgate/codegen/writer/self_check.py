"""The check that the module of a whole cell makes of itself, as text: derivatives against differences of the step."""

from __future__ import annotations

from symgate.codegen.training.plan import Training
from symgate.codegen.writer.layout import listed, quote, wrapped
from symgate.codegen.writer.parts import parts
from symgate.codegen.writer.program import Program
from symgate.records import Cell, Kind, WholeProduct

#: Along what a function is checked; any other derivative is a matrix.
_CHECKED = {Kind.JVP: "jvp", Kind.VJP: "vjp"}


def steps_table(cell: Cell, steps: int) -> str:
    """What a check calls functions over time with: how many steps, where no input says so."""
    given = "{}" if cell.inputs else f'{{"steps": {steps}}}'
    return f"#: What functions over time are called with in the check below, beside the point.\n_STEPS = {given}"


def self_check(programs: list[Program], first: str = "", training: Training | None = None) -> str:
    """The check for these programs, the step first, under the names that the module gives them.

    ``first`` is a line to begin the function with, such as an import; with ``training`` the functions over time too.
    """
    rows, whole, products = [], [], []
    for program in programs[1:]:
        subject = program.subject
        if isinstance(subject, WholeProduct):
            letters = [str(symbol.name) for symbol in subject.along]
            by = listed([item.name for item in subject.outcomes])
            held = f"{quote(subject.kind.value)}, {listed(letters)}, {by}"
            products += wrapped(f"    {quote(program.name)}: (", held, "),")
            continue
        assert not isinstance(subject, Cell)
        if program.whole is not None:
            whole.append(program.name)
            continue
        kind = _CHECKED.get(subject.kind, "jacobian")
        along = "" if subject.cotangent is None else str(subject.cotangent.name)
        items = [kind, str(subject.of.name), str(subject.wrt.name), along]
        rows.append(f"    {quote(program.name)}: {tuple(items)!r},".replace("'", '"'))
    states = listed([state.name for state in programs[0].cell.states])
    symbols = wrapped("_ARGUMENTS = [", listed(list(programs[0].cell.symbols))[1:-1], "]")
    table = ["#: What each function is: its kind, of which state after the step, by what, along what.", "_HELD = {"]
    opening = f"    {first}\n\n" if first else ""
    check = parts("self_check")["_self_check"].replace("    rng, sizes", f"{opening}    rng, sizes", 1)
    if whole:
        table = [f"_WHOLE = {listed(whole)}", *table]
        check = _begun("_check_of_all_states", "    for name in _WHOLE", opening) + check
    else:
        check = check.replace("    _check_of_all_states(errors, drawn, point, after)\n", "")
    if products:
        table = ["_PRODUCTS = {", *products, "}", *table]
        check = _begun("_check_of_products", "    for name, (kind", opening) + check
    else:
        check = check.replace("    _check_of_products(errors, drawn, point, after)\n", "")
    if training is None:
        check = check.replace("    _check_of_training(errors, drawn)\n", "")
    else:
        lams = [str(training.lams[state.after].name) for state in training.cell.states]
        table = [f"_LAMS = {listed(lams)}", *steps_table(training.cell, 2).splitlines(), *table]
        check = _begun("_check_of_training", "    for function in", opening) + check
    return "\n".join([f"_STATES = {states}", *symbols, *table, *rows, "}", "", "", check])


def _begun(name: str, first: str, opening: str) -> str:
    """A part of the check, with a line before its first one, and the space behind it."""
    return parts("self_check")[name].replace(first, f"{opening}{first}", 1) + "\n\n\n"
