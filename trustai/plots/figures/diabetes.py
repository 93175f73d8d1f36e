"""Figures of the articles about the table of diabetes."""

from __future__ import annotations

import numpy as np

from trustai.plots.colours import ATTACKED, CLEAN, OTHERS, RANDOM
from trustai.plots.figures.canvas import Canvas


def _normal(x: np.ndarray, middle: float, wide: float) -> np.ndarray:
    return np.asarray(np.exp(-((x - middle) ** 2) / (2 * wide**2)))


def data(words: str) -> str:
    """Two classes in one column: where they overlap, no threshold separates them."""
    canvas = Canvas(225)
    axes = canvas.axes(40, 15, 455, 180, x=(0, 10), y=(0, 1.1), x_title="value of one column")
    x = np.linspace(0, 10, 120)
    for middle, wide, colour in ((3.6, 1.2, CLEAN), (6.2, 1.5, ATTACKED)):
        y = _normal(x, middle, wide)
        axes.area(x, y, colour)
        axes.line(x, y, colour)
    axes.text(0.15, 0.75, "no diabetes", CLEAN, anchor="start")
    axes.text(8.0, 0.75, "diabetes", ATTACKED, anchor="start")
    axes.text(4.85, 0.12, "both")
    return canvas.svg(words)


def models(words: str) -> str:
    """A threshold on the probability, and the four counts on its two sides."""
    canvas = Canvas(230)
    axes = canvas.axes(40, 40, 455, 185, y=(0, 1.1), x_title="probability of diabetes")
    x = np.linspace(0, 1, 120)
    for middle, wide, colour in ((0.3, 0.17, CLEAN), (0.67, 0.17, ATTACKED)):
        y = _normal(x, middle, wide)
        axes.area(x, y, colour)
        axes.line(x, y, colour)
    axes.line([0.5, 0.5], [0, 1.1], width=3)
    axes.text(0.5, 1.2, "threshold")
    axes.text(0.24, 0.42, "true negatives", CLEAN)
    axes.text(0.73, 0.42, "true positives", ATTACKED)
    canvas.text(45, 26, "“no diabetes”", anchor="start")
    canvas.text(455, 26, "“diabetes”", anchor="end")
    axes.text(0.43, 0.06, "missed", ATTACKED)
    axes.text(0.57, 0.06, "alarms", CLEAN)
    return canvas.svg(words)


def own_table(words: str) -> str:
    """The loss on training and validation rows: from where on the network learns by heart."""
    canvas = Canvas(225)
    axes = canvas.axes(60, 15, 455, 180, x=(0, 10), x_title="epoch", y_title="loss")
    epoch = np.linspace(0, 10, 80)
    training = 0.12 + 0.75 * np.exp(-epoch / 2.2)
    validation = 0.3 + 0.58 * np.exp(-epoch / 1.6) + 0.004 * np.maximum(epoch - 4, 0) ** 2.2
    axes.line(epoch, training, CLEAN)
    axes.line(epoch, validation, ATTACKED, dash=True)
    best = float(epoch[validation.argmin()])
    axes.line([best, best], [0, 0.95], width=1.5)
    axes.text(best + 0.15, 0.88, "the best epoch: training stops", anchor="start")
    axes.text(9.8, 0.02, "training rows", CLEAN, anchor="end")
    axes.text(8.4, 0.5, "validation rows", ATTACKED, anchor="end")
    return canvas.svg(words)


def patient(words: str) -> str:
    """From the baseline to the prediction, one contribution after the other."""
    canvas = Canvas(225)
    axes = canvas.axes(135, 15, 455, 175, x=(0, 1), y=(0, 5), x_title="probability of diabetes")
    at = 0.35
    parts = (("glucose", 0.28), ("BMI", 0.12), ("age", -0.09))
    axes.dots([at], [4.5], RANDOM, r=6)
    axes.text(-0.03, 4.38, "average patient", anchor="end")
    for row, (name, part) in enumerate(parts):
        y = 3.5 - row
        colour = ATTACKED if part > 0 else CLEAN
        axes.line([at, at], [y + 0.8, y], width=1)
        canvas.arrow(axes.at(at, y), axes.at(at + part, y), colour)
        axes.text(-0.03, y - 0.12, name, colour, anchor="end")
        axes.text(at + part + (0.03 if part > 0 else -0.03), y - 0.15, f"{part:+.2f}".replace("-", "−"),  # noqa: E501
                  colour, anchor="start" if part > 0 else "end")  # fmt: skip
        at += part
    axes.line([at, at], [1.4, 0.5], width=1)
    axes.dots([at], [0.5], None, r=6)
    axes.text(-0.03, 0.38, "this patient", anchor="end")
    axes.text(at + 0.04, 0.36, f"{at:.2f}", anchor="start")
    return canvas.svg(words)


def change(words: str) -> str:
    """The nearest point across the boundary of the decision, along few axes."""
    canvas = Canvas(235)
    axes = canvas.axes(60, 15, 455, 190, x_title="glucose", y_title="BMI")
    x = np.linspace(0, 1, 50)
    border = 0.95 - 0.75 * x**1.4
    axes.line(x, border, dash=True)
    axes.text(0.97, 0.88, "“diabetes”", ATTACKED, anchor="end")
    axes.text(0.04, 0.08, "“no diabetes”", CLEAN, anchor="start")
    start = (0.86, 0.62)
    end = ((0.95 - 0.62) / 0.75) ** (1 / 1.4) - 0.03
    canvas.arrow(axes.at(*start), axes.at(end, 0.62), CLEAN)
    axes.dots([start[0]], [start[1]], ATTACKED, r=6)
    axes.dots([end - 0.005], [0.62], CLEAN, r=6, hollow=True)
    axes.text(start[0] - 0.02, 0.68, "the patient", ATTACKED)
    axes.text(end - 0.03, 0.58, "the counterfactual", CLEAN, anchor="end")
    axes.text(end - 0.03, 0.48, "one value has changed", anchor="end")
    return canvas.svg(words)


def trust(words: str) -> str:
    """The order that two methods give the features, and where they cross."""
    canvas = Canvas(225)
    names = ("glucose", "BMI", "age", "insulin")
    other = (0, 2, 1, 3)
    canvas.text(130, 25, "method A", bold=True)
    canvas.text(350, 25, "method B", bold=True)
    for rank, name in enumerate(names):
        y, beside = 60 + 42 * rank, 60 + 42 * other[rank]
        crossed = other[rank] != rank
        colour = OTHERS[0] if crossed else CLEAN
        canvas.text(170, y + 5, f"{rank + 1}. {name}", anchor="end")
        canvas.line([(182, y), (298, beside)], colour, dash=crossed)
        canvas.text(310, beside + 5, f"{other[rank] + 1}. {name}", anchor="start")
    r = np.corrcoef(range(4), other)[0, 1]
    canvas.text(240, 218, f"rank correlation {r:.1f}; 1 is the same order")
    return canvas.svg(words)
