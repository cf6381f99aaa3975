"""The velocity of every name along a curve of points, with the proof that it is one.

Each rule gives the term that the lemma of the library gives, so that a proof is the lemma applied to the proofs of the
parts: it follows the recurrence and searches for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq.terms import ZEROS, Op, Sort, Term, slope_of

Tangent = tuple[Term, str]

#: Functions with a derivative only where a condition holds: the relation that their argument must have to 0.
CONDITIONAL = {"sqrt": "0 < {}", "relu": "{} <> 0", "Rabs": "{} <> 0"}


@dataclass(frozen=True)
class Condition:
    """What must hold of a point for a step of the proof: ``argument`` positive, or not zero."""

    relation: str
    argument: Term
    size: str = ""  # of a vector, or the two of a matrix with a space between; empty for a number


@dataclass
class Tangents:
    """Differentiates terms.

    Attributes:
        velocity: the velocity of every field, with the name of the hypothesis that says so.
        known: the same for every name, with the name of its lemma.
        slopes: the lemma that gives the derivative of each function.
        sizes: the size of a vector by its Coq name; of a matrix (rows, columns).
        conditions: the conditions met so far, with the name under which each is proved.
        matrices: whether the library has the rules for products of matrices.
    """

    velocity: Mapping[str, Tangent]
    known: dict[str, Tangent]
    slopes: Mapping[str, str]
    conditions: dict[Condition, str] = field(default_factory=dict)
    matrices: bool = False

    def of(self, term: Term) -> Tangent:
        """The velocity of a term and the proof, a tactic.

        Raises:
            UnsupportedNodeError: the recurrence holds an operation without a rule.
        """
        if next(term.names(), None) is None:
            rule = {Sort.NUMBER: "D_const", Sort.VECTOR: "along_const", Sort.MATRIX: "along2_const"}[term.sort]
            return ZEROS[term.sort], f"apply {rule}"
        if term.op is Op.FIELD:
            return self.velocity[term.words[0]]
        if term.op is Op.NAME:
            return self.known[term.words[0]]
        vector, number = term.sort is Sort.VECTOR, term.sort is Sort.NUMBER
        family = "D" if number else "along" if vector else "along2"
        parts = [self.of(arg) for arg in term.args]
        proofs = " | ".join(proof for _, proof in parts)
        moved = [part for part, _ in parts]
        match term.op:
            case Op.ADD | Op.SUB:
                if term.op is Op.SUB and term.sort is Sort.MATRIX:
                    proofs = f"{parts[0][1]} | apply along2_opp; {parts[1][1]}"
                    return Term(term.op, term.sort, tuple(moved)), f"apply along2_add; [{proofs}]"
                word = {Op.ADD: "plus" if number else "add", Op.SUB: "minus" if number else "sub"}[term.op]
                return Term(term.op, term.sort, tuple(moved)), f"{_use(family, word)}; [{proofs}]"
            case Op.OPP:
                return Term(Op.OPP, term.sort, tuple(moved)), f"{_use(family, 'opp')}; {proofs}"
            case Op.TRANSPOSE:
                return Term(Op.TRANSPOSE, Sort.MATRIX, tuple(moved)), f"apply along2_tr; {proofs}"
            case Op.TIMES | Op.SCALE | Op.MV:
                word = {Op.TIMES: "mult" if number else "had", Op.SCALE: "scal", Op.MV: "mv"}[term.op]
                left = Term(term.op, term.sort, (moved[0], term.args[1]), term.words)
                right = Term(term.op, term.sort, (term.args[0], moved[1]), term.words)
                return Term(Op.ADD, term.sort, (left, right)), f"{_use(family, word)}; [{proofs}]"
            case Op.DIAG if self.matrices:
                return Term(Op.DIAG, Sort.MATRIX, tuple(moved)), f"apply along2_diag; {proofs}"
            case Op.OUTER | Op.MM if self.matrices:
                left = Term(term.op, Sort.MATRIX, (moved[0], term.args[1]), term.words)
                right = Term(term.op, Sort.MATRIX, (term.args[0], moved[1]), term.words)
                found = Term(Op.ADD, Sort.MATRIX, (left, right))
                return found, f"{_use('along2', term.op.value)}; [{proofs}]"
            case Op.HADM:
                left = Term(Op.HADM, term.sort, (moved[0], term.args[1]))
                right = Term(Op.HADM, term.sort, (term.args[0], moved[1]))
                return Term(Op.ADD, term.sort, (left, right)), f"apply along2_had; [{proofs}]"
            case Op.DOT:
                left = Term(Op.DOT, Sort.NUMBER, (moved[0], term.args[1]), term.words)
                right = Term(Op.DOT, Sort.NUMBER, (term.args[0], moved[1]), term.words)
                return Term(Op.ADD, Sort.NUMBER, (left, right)), f"{_use('D', 'dot')}; [{proofs}]"
            case Op.INVERSE:
                holds = self._condition(Condition("{} <> 0", term.args[0]))
                moved_down = Term(Op.TIMES, Sort.NUMBER, (Term(Op.OPP, Sort.NUMBER, (moved[0],)), term))
                return Term(Op.TIMES, Sort.NUMBER, (moved_down, term)), f"{_use('D', 'inv')}; [{holds} | {proofs}]"
            case Op.APPLY:
                return self._applied(term, moved[0], proofs)
        raise UnsupportedNodeError(f"A certificate has no rule for {term.op.value} in a recurrence.")

    def _applied(self, term: Term, moved: Term, proof: str) -> Tangent:
        function = term.words[0]
        if function == "recip":
            holds = self._condition(Condition("{} <> 0", term.args[0], term.words[1]))
            squared = Term(Op.OPP, Sort.VECTOR, (Term(Op.TIMES, Sort.VECTOR, (term, term)),))
            return (
                Term(Op.TIMES, Sort.VECTOR, (squared, moved)),
                f"{_use('along', 'recip')}; [intros; {holds} | {proof}]",
            )
        slope = Term(Op.APPLY, term.sort, term.args, (slope_of(function),))
        if term.sort is Sort.MATRIX:
            return self._applied_to_matrix(term, slope, moved, proof)
        found = Term(Op.TIMES, term.sort, (slope, moved))
        lemma = self.slopes[function]
        number = term.sort is Sort.NUMBER
        family = "D" if number else "along"
        functions = (function, slope_of(function)) if number else ("_", function, slope_of(function))
        if function not in CONDITIONAL:
            return found, f"{_use(family, 'comp' if number else 'map', *functions)}; [apply {lemma} | {proof}]"
        size = "" if number else term.words[1]
        holds = self._condition(Condition(CONDITIONAL[function], term.args[0], size))
        if number:
            return found, f"{_use('D', 'comp_at', function)}; [apply {lemma}; {holds} | {proof}]"
        return found, f"{_use('along', 'map_at', *functions)}; [intros; apply {lemma}; {holds} | {proof}]"

    def _applied_to_matrix(self, term: Term, slope: Term, moved: Term, proof: str) -> Tangent:
        function, *sizes = term.words
        found = Term(Op.HADM, Sort.MATRIX, (slope, moved))
        holds = ""
        if function in CONDITIONAL:
            given = Condition(CONDITIONAL[function], term.args[0], " ".join(sizes))
            holds = f"; {self._condition(given)}"
        word = "along2_map_at" if holds else "along2_map"
        lemma = f"[intros; apply {self.slopes[function]}{holds} | {proof}]"
        return found, f"apply ({word} _ _ {function} {slope_of(function)}); {lemma}"

    def _condition(self, condition: Condition) -> str:
        """The tactic that proves a condition; it is declared where it is new."""
        name = self.conditions.setdefault(condition, f"ok_{len(self.conditions) + 1}")
        return f"apply {name}; assumption"


#: How many arguments a lemma of the library takes, those that are given aside.
_ARGUMENTS = {
    ("D", "plus"): 7,
    ("D", "minus"): 7,
    ("D", "opp"): 4,
    ("D", "mult"): 7,
    ("D", "dot"): 8,
    ("D", "inv"): 5,
    ("D", "comp"): 5,
    ("D", "comp_at"): 6,
    ("along", "add"): 8,
    ("along", "sub"): 8,
    ("along", "opp"): 5,
    ("along", "had"): 8,
    ("along", "scal"): 8,
    ("along", "map"): 5,
    ("along", "map_at"): 5,
    ("along", "mv"): 9,
    ("along", "recip"): 6,
    ("along2", "add"): 9,
    ("along2", "opp"): 6,
    ("along2", "scal"): 9,
    ("along2", "outer"): 9,
    ("along2", "mm"): 10,
}


def _use(family: str, word: str, *first: str) -> str:
    """The tactic that applies a lemma; ``refine`` unifies from the left, where ``apply`` may guess."""
    given = "".join(f" {item}" for item in first)
    return f"refine ({family}_{word}{given}{' _' * _ARGUMENTS[family, word]})"
