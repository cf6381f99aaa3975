r"""The names that a claim about an object may use, with the derivatives that may stand inside its right side.

``\frac{\partial \tilde h_t}{\partial h_{t-1}}`` is derived from the recurrence; ``\frac{\partial L}{\partial h_t}`` is
the cotangent of the object; ``\frac{\partial L}{\partial f_t}`` is that cotangent pulled back to f.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, MatMul, MatrixExpr, Transpose, ZeroMatrix

from symgate.claims.judging.outputs import gradient, slope
from symgate.claims.judging.parts import carrier_of, paths_through, state_part
from symgate.claims.reading.build import product, total, turned
from symgate.claims.reading.derivatives import COTANGENTS, node_of, quotient
from symgate.claims.reading.limits import SenselessError, UnreadableError
from symgate.claims.reading.moments import moment
from symgate.claims.reading.names import Names, names_of
from symgate.claims.reading.our_terms import common_row, shifted
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.senses import Sense, Senses
from symgate.claims.reading.surface import Node
from symgate.derive import jacobian, vjp
from symgate.derive.states import selector, total_size
from symgate.errors import UnknownNameError
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import MatrixSum
from symgate.records import Derivation, Kind, Output

_MANY = {Kind.GRADIENT, Kind.ADJOINT}
_OTHER_LOSS = (
    "the left side is of the loss {left} and this of {right}; L is the sum over all steps and L_t that of one step, "
    "and their gradients differ"
)
#: The index of what is added up over the steps before a step.
EARLIER = sympy.Symbol("i_0", integer=True)


def names_for(truth: Derivation, *, total_gradient: bool = False) -> Names:
    """The names for one object.

    Args:
        truth: the object.
        total_gradient: whether delta is the gradient of the loss by a state, all later steps included, as in many
        papers;
            by itself it is the part that step's own loss has, as this package prints it.
    """
    names = of_all_steps(names_of(truth)) if total_gradient else names_of(truth)
    context, row = _Context(truth), common_row(truth)
    letters = COTANGENTS | ({"d", "g"} if truth.kind is Kind.VJP else set())
    return replace(
        names,
        reads=context.reads,
        derive=context.derive,
        cotangents=names.letters(letters),
        block=None if row is None else turned(row),
    )


def of_all_steps(names: Names) -> Names:
    """The names where delta is the gradient of the loss by a state, all later steps included."""
    return replace(names, signals={name: item for name, item in names.signals.items() if not name.startswith("delta")})


class _Context:
    """Derivatives inside a right side."""

    def __init__(self, truth: Derivation) -> None:
        self.truth = truth
        self.cell = truth.cell

    def reads(self, raw: Raw, names: Names) -> Node | None:
        """A fraction as a derivative."""
        found = quotient(raw, names)
        if found is None:
            return None
        stem = "direct" if found.direct else "total" if found.straight and names.mixed else "quotient"
        return replace(node_of(found, raw.at), stem=stem)

    def derive(self, node: Node, names: Names) -> Expr:
        """The expression that a derivative stands for, at its time."""
        found, dated = self._derived(node, names), dict(names.shifts)
        if not dated or isinstance(found, sympy.Symbol):
            return found
        of = node.value.split("|")[0]
        by = dated.get(self.cell.states[0].name if of in ("", "@") else of, 0)
        return shifted(found, {name: by - dated.get(name, 0) for name in _dated_names(found)})

    def _derived(self, node: Node, names: Names) -> Expr:
        """The expression that a derivative stands for, in our dates."""
        of, wrt = node.value.split("|")
        times = [T if item.kind == "none" else moment(item, names.times) for item in node.args]
        beside = {item.name: item for item in names.outputs}
        if wrt in beside or of in beside:
            return self.of_output(beside, of, wrt, times, node.at)
        if of == "@":
            return self.of_step(wrt, times[0], times[-1], node.at, names)
        try:
            return self.loss(wrt, times[-1], node.at, names) if not of else self.inner(of, wrt, times, node, names)
        except UnknownNameError as error:
            raise UnreadableError(str(error), node.at) from None

    def of_output(self, beside: dict[str, Output], of: str, wrt: str, times: list[Expr], at: int) -> Expr:
        """The gradient by an output, which only that step's own loss has, and an output by its state."""
        if of in ("", "@") and self.truth.kind in _MANY and times[0] == times[-1]:
            return gradient(beside[wrt], times[-1])
        if of in beside and wrt == beside[of].state and times[0] == times[1]:
            return slope(beside[of], self.cell)
        raise UnreadableError(
            "an output is differentiated by its state at the same time, and a loss by the output",
            at,
        )

    def own(self, time: Expr, name: str = "") -> Expr:
        """The gradient by a state that a step's own loss has."""
        state = self.cell.state(name) if name else self.cell.states[0]
        return state_part(state, "delta", time, several=len(self.cell.states) > 1)

    def of_step(self, name: str, step: Expr, time: Expr, at: int, names: Names) -> Expr:
        """The gradient of the loss of one step by a state or an intermediate of that step."""
        if self.truth.kind not in _MANY or names.several:
            if names.of_step is False:
                raise SenselessError(_OTHER_LOSS.format(left="L", right="L_t"), at)
            return self.loss(name, time, at, replace(names, of_step=None))
        states = {state.name for state in self.cell.states}
        if step != time and len(states) == 1 and name in states and not self.cell.matrix_states:
            delta = self.own(step, name)
            size = delta.shape[0]
            return MatMul(Transpose(Signal("M", size, size, sympy.Tuple(step, time))), delta)
        if name in _constants(self.cell) and not self.cell.matrix_states:
            return self.of_parameter(name, step)
        if step != time:
            raise UnreadableError(
                "the gradient of the loss of one step by what is earlier is written with the transport: "
                r"\frac{\partial x_t}{\partial x_k}^\top \delta_t",
                at,
            )
        if name in states:
            own = self.own(time, name)
            paths = Sense.THROUGH in names.senses and Sense.DIRECT not in names.senses and len(states) > 1
            return total([own, paths_through(self.cell, name, "delta", time)]) if paths else own
        return self.pulled(name, "delta", time)

    def of_parameter(self, name: str, step: Expr) -> Expr:
        """The gradient of the loss of one step by a parameter, which counts all steps up to it."""
        several, size = len(self.cell.states) > 1, total_size(self.cell)
        delta = Signal("delta", size, 1, step) if several else self.own(step)
        back = MatMul(Transpose(Signal("M", size, size, sympy.Tuple(step, EARLIER))), delta)
        parts: list[Expr] = []
        for state in self.cell.states:
            found = vjp(self.cell, name, state.name, written_out=True)
            assert found.cotangent is not None
            own = product(selector(self.cell, state.name), back) if several else back
            if not isinstance(found.expr, ZeroMatrix):
                parts.append(found.expr.xreplace({T: EARLIER}).xreplace({found.cotangent.xreplace({T: EARLIER}): own}))
        part = (
            parts[0]
            if len(parts) == 1
            else (total if isinstance(parts[0], MatrixExpr) else sympy.Add)(
                *[parts] if isinstance(parts[0], MatrixExpr) else parts
            )
        )
        if isinstance(part, MatrixExpr):
            return MatrixSum(part, EARLIER, 1, step)
        return sympy.Sum(part, (EARLIER, 1, step))

    def inner(self, of: str, wrt: str, times: list[Expr], node: Node, names: Names) -> Expr:
        """d of / d wrt of one step."""
        wrt, at_time = self.before(wrt), times[0]
        states = {state.name for state in self.cell.states}
        by_parameter = of in states and wrt in _constants(self.cell)
        by_parameter = by_parameter and (node.stem == "total" or (node.stem == "quotient" and not names.mixed))
        if by_parameter and node.stem == "total" and self.truth.one_step:
            raise SenselessError(
                "beside \\partial, a derivative by a parameter with d counts all steps; the left side is of one step",
                node.at,
            )
        carried = node.stem == "total" or at_time == names.earlier
        if by_parameter and self.truth.kind is Kind.INFLUENCE and wrt == str(self.truth.wrt.name) and carried:
            return self.truth.of.xreplace({T: at_time})
        total = node.stem == "total" and self.truth.kind is Kind.GRADIENT and len(states) == 1
        if by_parameter and (total or Sense.TOTAL in names.senses):
            return self.all_steps(jacobian(self.cell, wrt, of, written_out=True).expr, at_time)
        gap = times[0] - times[1]
        if wrt in states and of == wrt and not gap.is_Integer and len(states) == 1 and not self.truth.one_step:
            size = self.cell.state(of).after.shape[0]
            return Signal("M", size, size, sympy.Tuple(*times))
        if wrt in states and gap == 0 and of == wrt:
            return Identity(self.cell.state(of).after.shape[0])
        if wrt in states and gap == 0:
            carrier = carrier_of(self.cell, wrt)
            if not carrier:
                raise UnreadableError(f"no name of the step has the value of {wrt} after it", node.at)
            wrt = carrier
        elif (wrt in states and gap != 1) or (wrt not in states and wrt not in _constants(self.cell) and gap != 0):
            raise UnreadableError("a derivative inside a right side is one of a single step", node.at)
        return jacobian(self.cell, wrt, of, written_out=True).expr.xreplace({T: at_time})

    def all_steps(self, local: Expr, time: Expr) -> Expr:
        """dx_t/dtheta, the part of step i carried on to step t, added up over the steps i."""
        size = local.shape[0]
        carried = Signal("M", size, size, sympy.Tuple(time, EARLIER))
        return MatrixSum(product(carried, local.xreplace({T: EARLIER})), EARLIER, 1, time)

    def before(self, name: str) -> str:
        """h_prev as h."""
        return name.removesuffix("_prev") if name not in self.cell.symbols else name

    def loss(self, name: str, time: Expr, at: int, names: Names) -> Expr:
        """The gradient of the loss by a state or an intermediate at a time."""
        states = {state.name: state for state in self.cell.states}
        if names.of_step and self.truth.kind not in _MANY:
            raise SenselessError(_OTHER_LOSS.format(left="L_t", right="L"), at)
        if self.truth.kind in _MANY or names.several:
            return self.over_time(name, time, names.senses)
        if self.truth.cotangent is None:
            raise UnreadableError("the gradient of the loss is not part of this object", at)
        own = str(self.truth.of.name)
        if not name or name == own:
            return self.truth.cotangent.xreplace({T: time})
        if name in states:
            raise UnreadableError(
                f"this object is about a loss of {own}_t; the gradient by {name}_t is not part of it", at
            )
        found = vjp(self.cell, name, own, written_out=True)
        return found.expr.xreplace({found.cotangent: self.truth.cotangent}).xreplace({T: time})

    def over_time(self, name: str, time: Expr, senses: Senses) -> Expr:
        """lambda of a state, or what all states pull back to an intermediate."""
        several = len(self.cell.states) > 1
        if name in _constants(self.cell):
            raise SenselessError(
                f"the gradient of the whole loss by {name} has no place here; the part of a step is that by a name of "
                f"the step times its derivative, and that of the loss of one step is \\partial L_t / \\partial {name}"
            )
        if not name or name in {state.name for state in self.cell.states}:
            state = self.cell.state(name or None)
            own = state_part(state, "lam", time, several=several)
            return (
                total([own, paths_through(self.cell, state.name, "lam", time)])
                if Sense.THROUGH in senses and several
                else own
            )
        return self.pulled(name, "lam", time)

    def pulled(self, name: str, letter: str, time: Expr) -> Expr:
        """What the gradients by all states, the whole ones or those of a step's own loss, pull back to a name."""
        several, parts = len(self.cell.states) > 1, list[Expr]()
        for state in self.cell.states:
            found = vjp(self.cell, name, state.name, written_out=True)
            back = state_part(state, letter, T, several=several)
            if not isinstance(found.expr, ZeroMatrix):
                parts.append(found.expr.xreplace({found.cotangent: back}).xreplace({T: time}))
        return parts[0] if len(parts) == 1 else total(parts)


def _dated_names(expr: Expr) -> set[str]:
    """The names in an expression that carry a time."""
    return {str(item.name) for item in expr.atoms(Signal, ScalarSignal)}


def _constants(cell: Any) -> set[str]:
    return {str(item.name) for item in cell.parameters}
