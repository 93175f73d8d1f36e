"""Figures of the articles about out-of-distribution detection."""

from __future__ import annotations

import numpy as np

from trustai.plots.colours import ATTACKED, CLEAN, OTHERS, RANDOM
from trustai.plots.figures.canvas import Axes, Canvas

_X = np.linspace(0, 10, 160)
LIMIT = 5.2


def _normal(middle: float, wide: float) -> np.ndarray:
    return np.asarray(np.exp(-((_X - middle) ** 2) / (2 * wide**2)))


def _two(canvas: Canvas) -> Axes:
    """Scores of familiar and unfamiliar pictures."""
    axes = canvas.axes(40, 40, 455, 180, x=(0, 10), y=(0, 1.1), x_title="OOD score")
    for middle, wide, colour in ((3.4, 1.1, CLEAN), (6.8, 1.4, OTHERS[0])):
        axes.area(_X, _normal(middle, wide), colour)
        axes.line(_X, _normal(middle, wide), colour)
    axes.text(2.0, 0.85, "familiar", CLEAN, anchor="end")
    axes.text(8.4, 0.85, "unfamiliar", OTHERS[0], anchor="start")
    return axes


def threshold(words: str) -> str:
    """A threshold on the score: accepted on its left, rejected on its right."""
    canvas = Canvas(225)
    axes = _two(canvas)
    axes.line([LIMIT, LIMIT], [0, 1.15], width=3)
    axes.text(LIMIT - 0.2, 1.22, "accepted", anchor="end")
    axes.text(LIMIT + 0.2, 1.22, "rejected", anchor="start")
    canvas.arrow(axes.at(LIMIT - 0.2, 1.12), axes.at(LIMIT - 1.6, 1.12))
    canvas.arrow(axes.at(LIMIT + 0.2, 1.12), axes.at(LIMIT + 1.6, 1.12))
    return canvas.svg(words)


def scores(words: str) -> str:
    """The ROC curves of a better and a worse score."""
    canvas = Canvas(245)
    axes = canvas.axes(
        60, 15, 455, 195, x_title="familiar pictures rejected", y_title="unfamiliar rejected"
    )
    share = np.linspace(0, 1, 80)
    axes.line([0, 1], [0, 1], RANDOM, dash=True, width=1.5)
    for power, colour, name, y in (
        (0.18, CLEAN, "a good score", 0.27),
        (0.55, ATTACKED, "a weaker score", 0.17),
    ):
        axes.line(share, share**power, colour)
        axes.text(0.98, y, f"{name}: AUROC {1 / (1 + power):.2f}", colour, anchor="end")
    axes.text(0.98, 0.07, "chance: AUROC 0.50", RANDOM, anchor="end")
    return canvas.svg(words)


def own(words: str) -> str:
    """The place of one picture among the familiar ones: how many have a lower score."""
    canvas = Canvas(220)
    axes = canvas.axes(40, 25, 455, 175, x=(0, 10), y=(0, 1.1), x_title="OOD score")
    y = _normal(4, 1.4)
    axes.line(_X, y, CLEAN)
    at = 6.2
    below = at >= _X
    axes.area(_X[below], y[below], CLEAN)
    share = y[below].sum() / y.sum()
    axes.line([at, at], [0, 1.0], ATTACKED, width=3)
    axes.text(at + 0.2, 0.9, "your picture", ATTACKED, anchor="start")
    axes.text(at + 0.2, 0.7, f"{share:.0%} of the familiar", anchor="start")
    axes.text(at + 0.2, 0.58, "pictures score lower", anchor="start")
    axes.text(4, 0.3, "familiar pictures", CLEAN)
    return canvas.svg(words)


def calibration(words: str) -> str:
    """Confidence and accuracy of a network that is too sure, and the diagonal."""
    canvas = Canvas(245)
    axes = canvas.axes(60, 15, 455, 195, x_title="confidence", y_title="accuracy")
    axes.line([0, 1], [0, 1], RANDOM, dash=True, width=2)
    confidence = np.arange(0.15, 1.0, 0.1)
    accuracy = confidence**1.7
    for c, a in zip(confidence, accuracy, strict=True):
        axes.line([c, c], [a, c], ATTACKED, width=3)
    axes.dots(confidence, accuracy, CLEAN, r=6)
    axes.text(0.47, 0.6, "calibrated", RANDOM, anchor="end")
    axes.text(0.62, 0.2, "the network is too sure", CLEAN, anchor="start")
    axes.text(0.62, 0.1, "red: the error", ATTACKED, anchor="start")
    return canvas.svg(words)


def attack(words: str) -> str:
    """The score of a rejected picture is pushed below the threshold."""
    canvas = Canvas(235)
    axes = canvas.axes(60, 15, 455, 190, x=(0, 8), x_title="ε in 1/255", y_title="OOD score")
    eps = np.linspace(0, 8, 60)
    axes.line(eps, 0.22 + 0.68 * np.exp(-eps / 2.1), ATTACKED)
    axes.line(eps, 0.9 - 0.01 * eps, RANDOM, dash=True)
    axes.line([0, 8], [0.5, 0.5], width=1.5)
    axes.text(7.9, 0.53, "threshold", anchor="end")
    axes.text(7.9, 0.9, "random noise: rejected", RANDOM, anchor="end")
    axes.text(7.9, 0.08, "attack: accepted", ATTACKED, anchor="end")
    return canvas.svg(words)
