"""Figures of the articles about features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trustai.plots.colours import ATTACKED, CLEAN, OTHERS, TRAINED_AGAINST
from trustai.plots.figures.canvas import Canvas

_CLASSES = (
    ("cats", CLEAN, (135, 75)),
    ("cars", TRAINED_AGAINST, (375, 70)),
    ("ships", OTHERS[0], (275, 180)),
)


def _cloud(seed: int, middle: tuple[float, float], wide: float = 24) -> NDArray[np.float64]:
    return np.asarray(np.random.default_rng(seed).normal(middle, wide, (14, 2)))


def _clouds(canvas: Canvas) -> None:
    for seed, (name, colour, middle) in enumerate(_CLASSES):
        for x, y in _cloud(seed, middle):
            canvas.dot(x, y, colour, r=4, hollow=seed == 1)
        canvas.text(middle[0] - 85, middle[1], name, colour)


def map(words: str) -> str:
    """Pictures of a class lie together; one distance inside, one to the nearest other class."""
    canvas = Canvas(275)
    _clouds(canvas)
    at = (170.0, 95.0)
    canvas.line([at, (128, 76)])
    canvas.line([at, (275, 176)], dash=True)
    canvas.dot(at[0], at[1], None, r=6)
    canvas.text(152, 116, "a", bold=True)
    canvas.text(232, 130, "b", bold=True)
    canvas.text(240, 266, "a is smaller than b: this picture is in a tight class")
    return canvas.svg(words)


def knn(words: str) -> str:
    """The five nearest training pictures vote."""
    canvas = Canvas(245)
    at = np.array([220.0, 95.0])
    points = [(p, i) for i, (_, _, m) in enumerate(_CLASSES) for p in _cloud(i, m, 36)]
    near = sorted(points, key=lambda one: float(np.linalg.norm(one[0] - at)))[:5]
    reach = float(np.linalg.norm(near[-1][0] - at)) + 7
    canvas.dot(at[0], at[1], None, r=reach, hollow=True)
    for point, i in points:
        canvas.dot(point[0], point[1], _CLASSES[i][1], r=4, hollow=i == 1)
    for point, i in near:
        canvas.line([tuple(at), tuple(point)], _CLASSES[i][1], width=1.5)
    canvas.dot(at[0], at[1], ATTACKED, r=7)
    votes = [sum(i == c for _, i in near) for c in range(3)]
    told = ", ".join(f"{n} {_CLASSES[c][0]}" for c, n in enumerate(votes) if n)
    canvas.text(240, 238, f"the five nearest: {told}")
    return canvas.svg(words)


def own(words: str) -> str:
    """Your picture gets a place on the map and is still far from every training picture."""
    canvas = Canvas(235)
    cloud = np.concatenate([_cloud(0, (130, 90), 30), _cloud(1, (180, 140), 30)])
    yours = np.array([410.0, 75.0])
    for x, y in cloud:
        canvas.dot(x, y, CLEAN, r=4, hollow=True)
    alone = max(cloud, key=lambda p: float(np.sort(np.linalg.norm(cloud - p, axis=1))[1]))
    for point, colour, dash in ((alone, CLEAN, False), (yours, ATTACKED, True)):
        far = np.linalg.norm(cloud - point, axis=1)
        near = cloud[np.where(far > 0, far, np.inf).argmin()]
        canvas.line([(point[0], point[1]), (near[0], near[1])], colour, dash=dash, width=3)
    canvas.dot(yours[0], yours[1], ATTACKED, r=7)
    canvas.text(140, 20, "training pictures", CLEAN)
    canvas.text(410, 50, "your picture", ATTACKED)
    canvas.text(350, 165, "its nearest neighbour", ATTACKED)
    canvas.text(350, 184, "is far away", ATTACKED)
    canvas.text(20, 225, "their nearest neighbours are near", CLEAN, anchor="start")
    return canvas.svg(words)


def attack(words: str) -> str:
    """One attack leaves the mean of the class, the other crosses the boundary of the last layer."""
    canvas = Canvas(245)
    for x, y in _cloud(5, (130, 130), 30):
        canvas.dot(x, y, CLEAN, r=4, hollow=True)
    canvas.line([(330, 15), (302, 205)], dash=True)
    canvas.text(330, 228, "boundary of the last layer", anchor="middle")
    canvas.dot(130, 130, CLEAN, r=6)
    canvas.text(125, 218, "mean of the class", CLEAN)
    start = (215.0, 105.0)
    canvas.line([(130, 130), start], CLEAN, width=1.5)
    canvas.dot(*start, None, r=6)
    canvas.arrow(start, (300, 78), OTHERS[0])
    canvas.arrow(start, (345, 118), ATTACKED)
    canvas.text(205, 50, "away from the mean", OTHERS[0])
    canvas.text(352, 123, "across the", ATTACKED, anchor="start")
    canvas.text(352, 141, "boundary", ATTACKED, anchor="start")
    return canvas.svg(words)
