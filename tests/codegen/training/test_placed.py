"""Lines of torch that write into memory that is there: the same values as the lines that they replace."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from symgate.codegen.torch.placed import Placing  # noqa: E402 - torch first, so that the file skips without it

ROWS, COLUMNS, WEIGHTS = ("x", "y", "z"), ("g",), ("W", "b", "c")
#: (line, what replaces it); the value of r is written into memory that is there.
LINES = [
    ("r = torch.sigmoid(-x)", "torch.neg(x, out=r); torch.sigmoid(r, out=r)"),
    ("r = x * y", "torch.mul(x, y, out=r)"),
    ("r = 2 * x", "torch.mul(x, 2, out=r)"),
    ("r = 1 - x", "r.copy_(1 - x)"),
    ("r = g[..., None] * b", "r.copy_(g[..., None] * b)"),
    ("r = torch.addmm(b, x, W.mT)", "torch.addmm(b, x, W.mT, out=r)"),
    ("r = torch.addmm(x * y, z, W.mT, alpha=-1)", "torch.mul(x, y, out=r); r.addmm_(z, W.mT, alpha=-1)"),
    ("r = x - y * z", "torch.addcmul(x, y, z, value=-1, out=r)"),
    ("r = g[..., None] * x + y * z", "torch.mul(g[..., None], x, out=r); r.addcmul_(y, z)"),
    ("r = z * x + (1 - z) * y", "torch.lerp(y, x, z, out=r)"),
    ("r = (1 - g)[..., None] * x + g[..., None] * y", "torch.lerp(x, y, g[..., None], out=r)"),
    ("r = (1 - z) * x", "torch.addcmul(x, z, x, value=-1, out=r)"),
    ("r = torch.ops.aten.tanh_backward(x, y)", "torch.ops.aten.tanh_backward.grad_input(x, y, grad_input=r)"),
    ("a = torch.addmm(torch.addmm(x * y, x, W), y, W)", "a = (x * y).addmm_(x, W).addmm_(y, W)"),
    ("a = torch.addmm(x, y, W)", "a = torch.addmm(x, y, W)"),
    ("a = c + x * y", "a = torch.addcmul(c, x, y)"),
    ("a = -x * y - x * z", "a = (-x * y).addcmul_(x, z, value=-1)"),
    ("a = -x * b * y", "a = -b * x * y"),
    ("a = -x * y * b * z", "a = -b * (x * y) * z"),
    ("a = -b * x * y", "a = -b * x * y"),
    ("a = torch.sum(-x * y * z, 0)", "a = -torch.sum(x * y * z, 0)"),
    ("a = torch.sum(-b * x * y, 0)", "a = torch.sum(-b * x * y, 0)"),
    ("a = torch.sum(b * x, -1)", "a = torch.mv(x, b)"),
    ("a = torch.sum(x * b, -1)", "a = torch.mv(x, b)"),
    ("a = torch.sum(x * y, -1)", "a = torch.sum(x * y, -1)"),
]


def values() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = {"W": (4, 4), "b": (4,), "c": (4,), "g": (3,), **dict.fromkeys([*ROWS, "r"], (3, 4))}
    return {n: torch.randn(shape, generator=generator, dtype=torch.float64) for n, shape in shapes.items()}


def run(lines: list[str]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The value of r or a after the lines, and everything else."""
    names = values()
    for line in lines:
        exec(line, {"torch": torch}, names)  # noqa: S102 - lines of this file
    return names.pop("a" if "a" in names else "r"), {name: names[name] for name in (*ROWS, *COLUMNS, *WEIGHTS)}


@pytest.mark.parametrize(("line", "wanted"), LINES)
def test_values_are_those_of_the_line(line: str, wanted: str) -> None:
    found = Placing({*ROWS, *COLUMNS, *WEIGHTS}, set(ROWS)).line(line, {"r"})
    assert "; ".join(found) == wanted

    (value, others), (own, still) = run([line]), run(found)
    torch.testing.assert_close(own, value, rtol=1e-13, atol=1e-14)
    for name, given in values().items():
        if name in others:
            torch.testing.assert_close(still[name], given, rtol=0, atol=0, msg=f"{name} is changed")


def test_only_memory_that_is_spent_is_written_over() -> None:
    placing = Placing({*ROWS, *WEIGHTS}, set(ROWS), {"x"})

    assert placing.line("a = torch.addmm(x, y, W)") == ["a = x.addmm_(y, W)"]
    assert placing.line("a = torch.addmm(z, y, W)") == ["a = torch.addmm(z, y, W)"]
    assert placing.new(["x = torch.addmm(b, y, W)", "y = z", "z = b * c"]) == {"x"}
