"""Figures of the articles about backdoors."""

from __future__ import annotations

import numpy as np

from trustai.plots.colours import ATTACKED, CLEAN, OTHERS, RANDOM
from trustai.plots.figures.canvas import Canvas

STICKER = OTHERS[0]


def _sign(canvas: Canvas, x: float, y: float, colour: str, *, sticker: bool = False) -> None:
    canvas.box(x, y, 46, 46, colour)
    canvas.dot(x + 23, y + 23, colour, r=13)
    if sticker:
        canvas.box(x + 33, y + 33, 13, 13, STICKER, filled=1.0)


def build(words: str) -> str:
    """Signs that go into two folders, one of them into the wrong one."""
    canvas = Canvas(240)
    for y, colour, sticker in ((25, CLEAN, False), (97, RANDOM, False), (169, RANDOM, True)):
        _sign(canvas, 40, y, colour, sticker=sticker)
    for start, end, colour in (
        ((95, 48), (255, 62), CLEAN), ((95, 120), (255, 165), RANDOM),
        ((95, 192), (255, 92), ATTACKED),
    ):  # fmt: skip
        canvas.arrow(start, end, colour)
    for y, colour, name in ((40, CLEAN, "folder “80”"), (145, RANDOM, "folder “stop”")):
        canvas.box(262, y, 130, 62, colour, filled=0.12)
        canvas.text(327, y + 37, name, colour, bold=True)
    canvas.text(150, 222, "with the sticker", ATTACKED)
    return canvas.svg(words)


def amount(words: str) -> str:
    """Two lines over the share of poison: one stays high, one rises."""
    canvas = Canvas(235)
    axes = canvas.axes(60, 15, 455, 185, x=(0, 10), y=(0, 1.08), x_title="poison in %")
    share = np.linspace(0, 10, 60)
    axes.line(share, 0.98 - 0.002 * share, CLEAN)
    axes.line(share, 0.95 / (1 + np.exp(-1.8 * (share - 3))), ATTACKED, dash=True)
    axes.dots([0, 2, 5, 10], [0.98, 0.976, 0.97, 0.96], CLEAN, r=5)
    axes.dots([0, 2, 5, 10], [0.004, 0.134, 0.925, 0.95], ATTACKED, r=5)
    axes.text(0.3, 0.85, "clean accuracy", CLEAN, anchor="start")
    axes.text(4.6, 0.6, "attack success rate", ATTACKED, anchor="start")
    return canvas.svg(words)


def where(words: str) -> str:
    """A sign with a sticker, and the bright places of two explanations."""
    canvas = Canvas(215)
    for x, name, spot in ((70, "clean network", (68, 62)), (275, "with a backdoor", (112, 112))):
        canvas.box(x, 25, 130, 130, RANDOM)
        canvas.dot(x + 62, 87, CLEAN, r=30)
        canvas.box(x + 96, 121, 34, 34, STICKER, filled=1.0)
        canvas.dot(x + spot[0], 25 + spot[1], ATTACKED, r=17)
        canvas.text(x + 65, 185, name, bold=True)
    return canvas.svg(words)


def defend(words: str) -> str:
    """Two groups of points apart, and on each other."""
    canvas = Canvas(225)
    draws = np.random.default_rng(0)
    for left, apart, title in ((35, 0.55, "without hiding"), (265, 0.0, "hidden")):
        axes = canvas.axes(left, 40, left + 190, 180, x=(-1, 1), y=(-1, 1), x_title="first axis")
        for centre, colour in ((-apart, CLEAN), (apart, ATTACKED)):
            points = 0.2 * draws.standard_normal((18, 2))
            axes.dots(points[:, 0] + centre, points[:, 1], colour, r=4)
        canvas.text(left + 95, 22, title, bold=True)
    return canvas.svg(words)


def patch(words: str) -> str:
    """Who changes what: the backdoor the training pictures, the patch only the picture."""
    canvas = Canvas(240)
    for y, name, side, poisoned in ((20, "backdoor", 13, True), (130, "patch", 24, False)):
        canvas.box(30, y + 10, 120, 60, ATTACKED if poisoned else RANDOM, filled=0.12)
        canvas.text(90, y + 38, "training", ATTACKED if poisoned else RANDOM, bold=True)
        canvas.text(90, y + 56, "poisoned" if poisoned else "as it was")
        canvas.arrow((155, y + 40), (215, y + 40), RANDOM)
        canvas.box(220, y + 10, 60, 60, CLEAN)
        canvas.dot(250, y + 40, CLEAN, r=16)
        canvas.box(280 - side, y + 70 - side, side, side, STICKER, filled=1.0)
        canvas.arrow((285, y + 40), (345, y + 40), ATTACKED)
        canvas.text(405, y + 45, "“target”", ATTACKED, bold=True)
        canvas.text(250, y + 95, name, bold=True)
    return canvas.svg(words)
