"""What a certificate says, how it repeats itself, and how verify refuses bad input."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sympy
from sympy.matrices.expressions import Identity, MatMul

from symgate.cells import cell
from symgate.derive import jacobian
from symgate.errors import ShapeError, UnknownNameError
from symgate.language import Signal
from symgate.proof import Certificate, verify
from symgate.records import Derivation


def stated(derivation: Derivation, expr: sympy.Expr) -> Derivation:
    """The derivation with another right side."""
    return replace(derivation, named_terms=(("claim", expr),))


def test_wrong_shape_is_an_error_not_a_verdict() -> None:
    """A right side of another shape is no such derivative."""
    J = jacobian(cell("plain"), "u")
    with pytest.raises(ShapeError, match="plain_jacobian_u must be"):
        verify(stated(J, Identity(J.of.shape[0])))


def test_bad_arguments_are_named() -> None:
    """Unknown routes, sizes and objects."""
    J = jacobian(cell("plain"))
    with pytest.raises(UnknownNameError, match="decision"):
        verify(J, routes=("decison",))
    with pytest.raises(UnknownNameError, match="size"):
        verify(J, sizes=[{"n": 2, "q": 1}])
    with pytest.raises(TypeError, match="results"):
        verify(cell("plain"))
    with pytest.raises(UnknownNameError, match="symbol"):
        verify(replace(J, wrt=Signal("y", J.of.shape[0])))


def test_sizes_can_be_chosen() -> None:
    """The modular route goes where it is sent too; sizes that differ are always among those visited."""
    certificate = verify(jacobian(cell("plain")), sizes=[{"n": 7, "m": 7}])
    visited = [dict(size) for size in certificate.route("modular").sizes]
    assert {"n": 7, "m": 7} in visited
    assert any(size["n"] != size["m"] for size in visited)


def test_a_certificate_is_json() -> None:
    """Whether it repeats itself is seen in ``tests/test_hash_seeds.py``."""
    certificate = verify(jacobian(cell("plain")))
    assert json.loads(certificate.to_json())["verdict"] == "proved"
    assert all("seconds" in item for item in certificate.to_dict()["evidence"])


def test_a_certificate_shows_itself() -> None:
    """Text and HTML carry the verdict, every route and the witness."""
    J = jacobian(cell("scalar_gate"))
    wrong = verify(stated(J, MatMul(2, Identity(J.of.shape[0]))))

    shown = str(wrong)

    assert "refuted" in shown
    assert "[fails] modular" in shown
    assert "phi = tanh" in str(wrong.witness)
    assert "<table>" in wrong._repr_html_()
    assert isinstance(wrong, Certificate)
    assert wrong.checks > 0
