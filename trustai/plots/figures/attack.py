"""Figures of the articles about attacks."""

from __future__ import annotations

import numpy as np

from trustai.plots.colours import ATTACKED, CLEAN, RANDOM, TRAINED_AGAINST
from trustai.plots.figures.canvas import Canvas

_BOUNDARY = ((60.0, 20.0), (150.0, 70.0), (235.0, 95.0), (330.0, 135.0), (430.0, 210.0))


def picture(words: str) -> str:
    """A picture in its ball of epsilon, and the step that crosses the boundary."""
    canvas = Canvas(235)
    canvas.line(_BOUNDARY, dash=True)
    canvas.text(425, 120, "“another class”", ATTACKED)
    canvas.text(85, 215, "“the true class”", CLEAN)
    canvas.box(160, 70, 120, 120, RANDOM, filled=0.12)
    canvas.arrow((220, 130), (276, 76), ATTACKED)
    canvas.dot(220, 130, CLEAN, r=6)
    canvas.dot(279, 72, ATTACKED, r=6)
    canvas.text(212, 152, "x", CLEAN, bold=True)
    canvas.text(300, 74, "x′", ATTACKED, bold=True)
    canvas.line([(160, 200), (220, 200)], width=1.5)
    canvas.text(190, 218, "ε")
    canvas.text(320, 42, "x′ is across the boundary", anchor="middle")
    return canvas.svg(words)


def curves(words: str) -> str:
    """The share of pictures whose smallest fooling change is above epsilon, for two networks."""
    canvas = Canvas(240)
    axes = canvas.axes(60, 15, 455, 190, x=(0, 16), x_title="ε in 1/255", y_title="accuracy")
    eps = np.linspace(0, 16, 65)
    for middle, start, colour, name, at in (
        (2.2, 0.95, ATTACKED, "standard", (1.0, 0.12)),
        (9.5, 0.85, TRAINED_AGAINST, "trained against attacks", (8.2, 0.72)),
    ):
        axes.line(eps, start / (1 + (eps / middle) ** 3), colour)
        axes.text(*at, name, colour, anchor="start")
    axes.line([8, 8], [0, 1], dash=True, width=1.5)
    axes.text(8.2, 0.93, "the same ε for both", anchor="start")
    return canvas.svg(words)


def noise(words: str) -> str:
    """Random steps and one step along the gradient, all of the same size."""
    canvas = Canvas(235)
    canvas.line([(40, 55), (440, 20)], dash=True)
    canvas.text(445, 45, "boundary", anchor="end")
    at = np.array([240.0, 165.0])
    dice = np.random.default_rng(4)
    # Nearly all directions of a space of many dimensions run along the boundary.
    for angle in np.concatenate([dice.normal(0, 0.22, 5), np.pi + dice.normal(0, 0.22, 5)]):
        end = at + 125 * np.array([np.cos(angle), -np.sin(angle)])
        canvas.line([tuple(at), tuple(end)], RANDOM, width=2)
        canvas.dot(end[0], end[1], RANDOM, r=4, hollow=True)
    canvas.arrow(tuple(at), (229, 32), ATTACKED)
    canvas.dot(at[0], at[1], CLEAN, r=6)
    canvas.text(240, 195, "x", CLEAN, bold=True)
    canvas.text(248, 100, "attack: along the gradient", ATTACKED, anchor="start")
    canvas.text(240, 225, "noise of the same size: any direction", RANDOM)
    return canvas.svg(words)
