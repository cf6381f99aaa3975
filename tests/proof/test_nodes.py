"""Every node once, and methods by type as ``functools.singledispatchmethod`` has them."""

import sympy
from sympy import Add, Integer, Mul, Symbol

import symgate as sg
from symgate.cells import LIBRARY
from symgate.proof.nodes import ByType, nodes


def test_the_nodes_are_those_of_a_traversal_each_once() -> None:
    """In the order in which a traversal from the top down first meets them."""
    for cell in LIBRARY:
        for item in sg.objects(cell):
            whole = [*cell.definitions.values(), item.expr]
            expected = dict.fromkeys(node for expr in whole for node in sympy.preorder_traversal(expr))

            assert list(dict.fromkeys(nodes(*whole))) == list(expected)


def test_the_method_is_that_of_the_nearest_type() -> None:
    """The base class serves types without a method, and a method that is added later is found."""

    class Named:
        @ByType
        def name(self, node: object) -> str:
            return "something"

        @name.register
        def _add(self, node: Add, mark: str = "") -> str:
            return f"a sum{mark}"

    x, named = Symbol("x"), Named()

    assert [named.name(node) for node in (x + 1, 2 * x, Integer(1))] == ["a sum", "something", "something"]
    assert named.name(x + 1, "!") == "a sum!"
    vars(Named)["name"].register(Mul, lambda *_: "a product")
    assert named.name(2 * x) == "a product"
