"""Figures of the articles about explanations of pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trustai.plots.colours import ATTACKED, CLEAN, OTHERS, RANDOM, TRAINED_AGAINST
from trustai.plots.figures.canvas import Canvas

N = 7


def _blob(row: float, column: float, *, wide: float = 1.4) -> NDArray[np.float64]:
    """A smooth spot on the grid, 1 in its middle."""
    i, j = np.mgrid[:N, :N]
    return np.asarray(np.exp(-((i - row) ** 2 + (j - column) ** 2) / (2 * wide**2)))


def picture(words: str) -> str:
    """Grad-CAM: channels of a layer, weighted and added up, are the map."""
    canvas = Canvas(205)
    channels = [_blob(2, 2), _blob(4, 5, wide=1.1), _blob(5, 1, wide=1.0)]
    weights = (0.9, 0.5, -0.6)
    for k, (channel, weight) in enumerate(zip(channels, weights, strict=True)):
        x = 12 + 112 * k
        canvas.cells(channel, x, 40, 12, CLEAN)
        canvas.text(x + 42, 145, f"{'+' if weight > 0 else '−'} {abs(weight)} ×", bold=True)
        canvas.text(x + 42, 28, f"channel {k + 1}")
    canvas.arrow((336, 82), (372, 82))
    whole = np.maximum(sum(w * c for w, c in zip(weights, channels, strict=True)), 0)
    canvas.cells(whole / whole.max(), 384, 40, 12, ATTACKED)
    canvas.text(426, 28, "map")
    canvas.text(240, 180, "the weight of a channel is its mean gradient")
    return canvas.svg(words)


def compare(words: str) -> str:
    """Two pictures with their object at two places, and maps that follow it or do not."""
    canvas = Canvas(255)
    edges = np.zeros((N, N))
    edges[0], edges[-1], edges[:, 0], edges[:, -1] = 0.7, 0.7, 0.7, 0.7
    for row, (i, j) in enumerate(((2, 2), (4, 5))):
        y = 35 + 112 * row
        canvas.text(60, y + 46, f"picture {row + 1}")
        canvas.box(130, y, 84, 84)
        canvas.dot(130 + 12 * j + 6, y + 12 * i + 6, CLEAN, r=13)
        canvas.cells(_blob(i, j), 250, y, 12, TRAINED_AGAINST)
        canvas.cells(edges, 370, y, 12, RANDOM)
    canvas.text(172, 22, "the object")
    canvas.text(292, 22, "follows it", TRAINED_AGAINST)
    canvas.text(412, 22, "does not", RANDOM)
    return canvas.svg(words)


def sheet(words: str) -> str:
    """Pictures as rows, methods as columns."""
    canvas = Canvas(250)
    dice = np.random.default_rng(1)
    for row, (i, j) in enumerate(((2, 4), (4, 2))):
        y = 45 + 105 * row
        canvas.box(95, y, 84, 84)
        canvas.dot(95 + 12 * j + 6, y + 12 * i + 6, CLEAN, r=14)
        canvas.cells(_blob(i, j, wide=1.8), 215, y, 12, ATTACKED)
        fine = _blob(i, j, wide=1.2) * dice.uniform(0.2, 1, (N, N)) + 0.15 * dice.random((N, N))
        canvas.cells(fine, 335, y, 12, ATTACKED)
    canvas.text(137, 28, "picture")
    canvas.text(257, 28, "Grad-CAM")
    canvas.text(377, 28, "SmoothGrad")
    canvas.arrow((445, 50), (445, 225))
    canvas.text(462, 140, "one method", turned=True)
    canvas.text(40, 92, "one")
    canvas.text(40, 110, "picture")
    canvas.arrow((20, 122), (85, 122))
    return canvas.svg(words)


def attack(words: str) -> str:
    """The map of the standard network moves under attack, that of the other stays."""
    canvas = Canvas(260)
    rows = (
        ("standard", (2, 2), (5, 5), ATTACKED),
        ("adversarial", (2, 2), (2.4, 2), TRAINED_AGAINST),
    )
    for row, (name, clean, attacked, colour) in enumerate(rows):
        y = 40 + 112 * row
        canvas.text(70, y + 40, name, colour)
        canvas.text(70, y + 60, "network", colour)
        canvas.cells(_blob(*clean), 160, y, 12, colour)
        canvas.arrow((260, y + 42), (318, y + 42))
        canvas.cells(_blob(*attacked), 335, y, 12, colour)
        before, after = _blob(*clean).ravel(), _blob(*attacked).ravel()
        ranks = np.corrcoef(before.argsort().argsort(), after.argsort().argsort())[0, 1]
        canvas.text(289, y + 30, f"ρ {ranks:.1f}".replace("-", "−"))
    canvas.text(202, 26, "clean")
    canvas.text(377, 26, "attacked")
    return canvas.svg(words)


def trust(words: str) -> str:
    """Deletion: the probability without the marked pixels, beside that of a random map."""
    canvas = Canvas(235)
    axes = canvas.axes(
        60, 15, 455, 185, x_title="share of the pixels that are hidden", y_title="probability"
    )
    share = np.linspace(0, 1, 50)
    for fall, colour, name, at, dash in (
        (9.0, CLEAN, "the map's pixels first", (0.29, 0.17), False),
        (1.5, RANDOM, "a random map's pixels first", (0.42, 0.62), True),
    ):
        axes.line(share, 0.9 * np.exp(-fall * share**1.3), colour, dash=dash)
        axes.text(*at, name, colour, anchor="start")
    area = 0.9 * np.exp(-9.0 * share**1.3)
    axes.area(share, area, CLEAN, opacity=0.15)
    axes.text(0.42, 0.92, "A smaller area under the curve", OTHERS[0], anchor="start")
    axes.text(0.42, 0.8, "is a better map.", OTHERS[0], anchor="start")
    return canvas.svg(words)
