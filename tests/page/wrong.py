"""Ten recurrences that are not read, each with the line of the error and words of the message."""

from __future__ import annotations

#: Text, line (None where the whole is meant), words of the message.
WRONG: tuple[tuple[str, int | None, str], ...] = (
    ("h_t = tanh(W h_{t-1}", 1, "never closed"),
    ("h_t = tanh(W h_{t-1} + U x_t)\ng_t = sigma(V h_{t-1} +* b)", 2, "not expected"),
    ("h_t = tanh(W h_{t-1})) + b", 1, "no opening bracket"),
    ("x", 1, "equals sign"),
    ("a_t = W x_t", 1, "not a recurrence"),
    ("h_t = W h_{t-1}\nh_t = U x_t", 2, "defined twice"),
    ("h_t = tanh(w h_{t-1} + U x_t)", None, "several ways"),
    ("dh/dt = -h + W tanh(h)", 1, "scheme"),
    ("h_t = W h_{t-2}", 1, "one step back"),
    ("h_t = W h_{t-1}\n__import__('os').system('true') = 1", 2, "not expected"),
)

#: What a hostile page link might hold; none of it is evaluated, all of it is refused or read as mathematics.
HOSTILE = (
    "h_t = __class__.__bases__ h_{t-1}",
    "<img src=x onerror=alert(1)> = h_{t-1}",
    "h_t = \\input{/etc/passwd} h_{t-1}",
    "(" * 3000,
    "h_t = h_{t-1}" + "^2" * 500,
    "h_t = " + "sigma(" * 60 + "h_{t-1}" + ")" * 60,
    "\x00\x01 = 1",
    "h_t = 9" + "9" * 4000,
)

#: Claims about h that are not read, each with the line of the error and words of the message.
WRONG_CLAIMS: tuple[tuple[str, int | None, str], ...] = (
    ("diag(1 - z", 1, "never closed"),
    ("diag(1 - z)\n+ Q @", 2, "ends too early"),
)

#: Seventeen gates on seventeen gates: its derivatives take minutes.
TOO_LONG = "h_t = " + " \\odot ".join(
    f"(1 - \\sigma(P_{{{letter}}} h_{{t-1}}) \\odot \\tanh(Q_{{{letter}}} h_{{t-1}}))" for letter in "abcdefgijklmnopqr"
)
