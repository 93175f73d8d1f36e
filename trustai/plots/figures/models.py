"""The figure of the article about model cards."""

from __future__ import annotations

from trustai.plots.colours import ATTACKED, CLEAN, TRAINED_AGAINST
from trustai.plots.figures.canvas import Canvas


def cards(words: str) -> str:
    """Three parts of the data, and what each of them is used for."""
    canvas = Canvas(190)
    parts = (
        (15, 200, "training", CLEAN, "learns", "every epoch"),
        (228, 110, "validation", TRAINED_AGAINST, "chooses", "every epoch"),
        (350, 115, "test", ATTACKED, "is measured", "once, at the end"),
    )
    for x, width, name, colour, does, when in parts:
        canvas.box(x, 30, width, 55, colour, filled=0.2)
        canvas.text(x + width / 2, 63, name, colour, bold=True)
        middle = x + width / 2
        canvas.arrow((middle, 90), (middle, 120), colour)
        canvas.text(middle, 140, does)
        canvas.text(middle, 162, when)
    canvas.text(240, 20, "the pictures of a data set")
    return canvas.svg(words)
