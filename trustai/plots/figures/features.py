"""Figures of the articles about feature visualization."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trustai.plots.colours import CLEAN, RANDOM
from trustai.plots.figures.canvas import Canvas

N = 9
_I, _J = np.mgrid[:N, :N]
_SHAPE: NDArray[np.float64] = np.exp(-((_I - 4) ** 2 + (_J - 4) ** 2) / 7.0)


def visualization(words: str) -> str:
    """The score of a class rises step by step, and the picture with it."""
    canvas = Canvas(255)
    axes = canvas.axes(60, 15, 455, 140, x_title="step", y_title="score")
    step = np.linspace(0, 1, 60)
    axes.line(step, 0.08 + 0.85 * (1 - np.exp(-3.2 * step)), CLEAN)
    noise = np.random.default_rng(2).random((N, N))
    for at in (0.0, 0.25, 0.6, 1.0):
        score = 0.08 + 0.85 * (1 - np.exp(-3.2 * at))
        axes.dots([at], [score], CLEAN, r=5)
        x = 60 + at * 330
        known = 1 - np.exp(-3.2 * at)
        canvas.cells((1 - known) * noise + known * _SHAPE, x, 175, 7.2, CLEAN, edge=0.2)
    return canvas.svg(words)


def four_ways(words: str) -> str:
    """The same picture with more and more help, and its total variation."""
    canvas = Canvas(190)
    noise = np.random.default_rng(3).random((N, N))
    smooth = (
        noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1) + np.roll(noise, (1, 1), (0, 1))
    ) / 4
    pictures = (
        ("plain ascent", noise),
        ("total variation", smooth),
        ("random shift", 0.5 * smooth + 0.5 * _SHAPE),
        ("frequencies", _SHAPE),
    )
    for k, (name, picture) in enumerate(pictures):
        x = 22 + 116 * k
        canvas.cells(picture, x, 35, 9.6, CLEAN, edge=0.2)
        canvas.text(x + 43, 22, name)
        total = np.abs(np.diff(picture, axis=0)).sum() + np.abs(np.diff(picture, axis=1)).sum()
        canvas.text(x + 43, 145, f"TV {total:.0f}", RANDOM)
    canvas.text(240, 176, "Noise has a large total variation (TV).")
    return canvas.svg(words)
