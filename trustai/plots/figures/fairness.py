"""Figures of the articles about fairness between groups."""

from __future__ import annotations

import numpy as np

from trustai.plots.colours import ATTACKED, CLEAN, OTHERS, RANDOM
from trustai.plots.figures.canvas import Axes, Canvas

A, B = OTHERS[0], OTHERS[1]
_X = np.linspace(0, 1, 120)


def _hill(middle: float, wide: float) -> np.ndarray:
    return np.asarray(np.exp(-((_X - middle) ** 2) / (2 * wide**2)))


def _hills(axes: Axes, first: float, second: float) -> None:
    for middle, colour in ((first, A), (second, B)):
        axes.area(_X, _hill(middle, 0.14), colour)
        axes.line(_X, _hill(middle, 0.14), colour, dash=colour == B)


def data(words: str) -> str:
    """Base rates of two groups with intervals, and that of all."""
    canvas = Canvas(200)
    axes = canvas.axes(110, 15, 455, 150, x=(0, 0.4), x_title="share with a high income")
    for y, rate, half, colour, name in (
        (0.75, 0.3, 0.015, B, "group B"),
        (0.3, 0.11, 0.03, A, "group A"),
    ):
        axes.line([rate - half, rate + half], [y, y], colour, width=4)
        axes.dots([rate], [y], colour, r=7)
        axes.text(rate, y + 0.13, f"{rate:.0%}", colour)
        axes.text(-0.01, y - 0.03, name, colour, anchor="end")
    axes.line([0.24, 0.24], [0, 1], RANDOM, dash=True)
    axes.text(0.245, 0.04, "all: 24%", RANDOM, anchor="start")
    return canvas.svg(words)


def distributions(words: str) -> str:
    """Two hills apart, and after the repair on each other."""
    canvas = Canvas(225)
    for left, (first, second), title in (
        (35, (0.3, 0.62), "before the repair"),
        (265, (0.45, 0.48), "after the repair"),
    ):
        axes = canvas.axes(left, 40, left + 195, 180, y=(0, 1.1), x_title="predicted probability")
        _hills(axes, first, second)
        canvas.text(left + 97, 22, title, bold=True)
        axes.line([0.5, 0.5], [0, 1.05], width=1.5, dash=True)
    canvas.text(62, 60, "A", A, bold=True)
    canvas.text(195, 60, "B", B, bold=True)
    return canvas.svg(words)


def by_group(words: str) -> str:
    """A threshold of its own for each group selects the same share of both."""
    canvas = Canvas(250)
    for top, middle, limit, colour, name in (
        (15, 0.35, 0.42, A, "group A"),
        (130, 0.6, 0.67, B, "group B"),
    ):
        axes = canvas.axes(95, top, 455, top + 85, y=(0, 1.1))
        y = _hill(middle, 0.14)
        axes.line(_X, y, colour)
        right = limit <= _X
        axes.area(_X[right], y[right], colour, opacity=0.5)
        axes.line([limit, limit], [0, 1.1], width=3)
        share = y[right].sum() / y.sum()
        axes.text(limit + 0.03, 0.95, f"{share:.0%} selected", colour, anchor="start")
        canvas.text(85, top + 50, name, colour, anchor="end")
    canvas.text(275, 242, "predicted probability")
    return canvas.svg(words)


def repairs(words: str) -> str:
    """Repairs as points of fairness and accuracy, with the limit of 80 %."""
    canvas = Canvas(245)
    axes = canvas.axes(
        65, 15, 455, 195, x=(0.2, 1), y=(0.8, 0.89), x_title="p%-rule", y_title="accuracy"
    )
    axes.line([0.8, 0.8], [0.8, 0.89], RANDOM, dash=True)
    axes.text(0.79, 0.882, "80 % rule", RANDOM, anchor="end")
    axes.dots([0.34], [0.87], RANDOM, r=7)
    axes.text(0.36, 0.873, "no repair", RANDOM, anchor="start")
    axes.dots([0.55, 0.82, 0.93], [0.866, 0.838, 0.85], CLEAN, r=7)
    axes.text(0.6, 0.82, "repairs: fairer, and less accurate", CLEAN)
    canvas.arrow(axes.at(0.4, 0.866), axes.at(0.75, 0.845))
    return canvas.svg(words)


def person(words: str) -> str:
    """A person changed in sex alone, and moved with everything that goes with it."""
    canvas = Canvas(215)
    for y, probability, told, colour in (
        (20, 0.5, "the person", CLEAN),
        (80, 0.5, "only the sex is changed", RANDOM),
        (140, 0.21, "job, hours, family move too", ATTACKED),
    ):
        canvas.text(10, y + 15, told, colour, anchor="start", bold=True)
        canvas.box(10, y + 24, 360, 16, None, line=1)
        canvas.box(10, y + 24, 360 * probability, 16, colour, filled=0.7, line=1)
        canvas.text(385, y + 37, f"{probability:.0%}", colour, anchor="start")
    canvas.text(190, 205, "predicted probability of a high income")
    return canvas.svg(words)


def reliability(words: str) -> str:
    """Predicted and true shares of two groups, of which one lies below the diagonal."""
    canvas = Canvas(245)
    axes = canvas.axes(65, 15, 455, 195, x_title="predicted probability", y_title="true share")
    axes.line([0, 1], [0, 1], RANDOM, dash=True)
    said = np.arange(0.1, 1.0, 0.16)
    for bend, colour in ((1.0, B), (1.6, A)):
        axes.line(said, said**bend, colour, dash=colour == B)
        axes.dots(said, said**bend, colour, r=6)
    axes.text(0.46, 0.62, "group B: calibrated", B, anchor="end")
    axes.text(0.62, 0.25, "group A: too high", A, anchor="start")
    return canvas.svg(words)


def own_table(words: str) -> str:
    """A table with an outcome and a group column becomes rates of groups."""
    canvas = Canvas(215)
    columns = (("age", None), ("job", None), ("outcome", CLEAN), ("group", A))
    for j, (name, colour) in enumerate(columns):
        x = 10 + 58 * j
        canvas.text(x + 28, 30, name, colour, bold=True)
        for i in range(5):
            canvas.box(x, 40 + 26 * i, 55, 24, colour, filled=0.25 if colour else 0.0, line=1)
    canvas.arrow((252, 105), (300, 105))
    for y, share, name, colour in ((70, 0.9, "B", B), (120, 0.35, "A", A)):
        canvas.text(318, y + 15, name, colour, bold=True)
        canvas.box(332, y, 130 * share, 22, colour, filled=0.6, line=1)
    canvas.text(395, 175, "selected, by group")
    return canvas.svg(words)
