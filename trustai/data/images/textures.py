"""Textures, drawn by our own code: an OOD set without any object.

Stripes, checks, wood grain and the like, in random colours, directions and sizes. Picture `index`
of a split and seed is the same on every run of the same library versions, whatever its side: a
larger one shows the same texture sharper.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trustai.data.images.drawn import DrawnSet
from trustai.registry import Registry

Plane = NDArray[np.float64]
Pattern = Callable[[np.random.Generator, Plane, Plane], Plane]
"""Places ``u, v`` (about 0 to 1, turned and stretched) -> brightness in ``[0, 1]``."""

OVERSAMPLING = 2  # drawn at twice the size and averaged down, which smooths every edge
TEXTURES: Registry[Pattern] = Registry("texture")


def waves(phase: Plane) -> Plane:
    """A sine between 0 and 1, one period per unit."""
    return 0.5 + 0.5 * np.sin(2 * np.pi * phase)


def clouds_at(rng: np.random.Generator, u: Plane, v: Plane, *, cells: float, octaves: int) -> Plane:
    """Smooth noise in ``[0, 1]``: random values on a lattice, smoothly joined, in finer and finer
    layers (after Perlin 1985, An Image Synthesizer)."""
    total, weight = np.zeros_like(u), 0.0
    for octave in range(octaves):
        lattice = rng.random((32, 32))
        x, y = u * cells * 2**octave, v * cells * 2**octave
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        a, b = x - left, y - top
        a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
        i, j, i1, j1 = left % 32, top % 32, (left + 1) % 32, (top + 1) % 32
        upper = lattice[j, i] * (1 - a) + lattice[j, i1] * a
        lower = lattice[j1, i] * (1 - a) + lattice[j1, i1] * a
        total += (upper * (1 - b) + lower * b) / 2**octave
        weight += 1 / 2**octave
    return total / weight


@TEXTURES.register("stripes")
def stripes(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    return (u * rng.uniform(3, 12) % 1 < rng.uniform(0.3, 0.7)).astype(float)


@TEXTURES.register("checks")
def checks(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    n = rng.uniform(3, 10)
    return (np.floor(u * n) + np.floor(v * n)) % 2


@TEXTURES.register("plaid")
def plaid(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    across, along = rng.uniform(2, 6, 2)
    bands = (u * across % 1 < 0.5) * 0.5 + (v * along % 1 < 0.5) * 0.5
    thin = (u * across * 2 % 1 < 0.12) | (v * along * 2 % 1 < 0.12)
    return np.where(thin, 1 - bands, bands)


@TEXTURES.register("dots")
def dots(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    n, radius = rng.uniform(3, 9), rng.uniform(0.2, 0.42)
    shifted = u * n + 0.5 * (np.floor(v * n) % 2) * rng.integers(2)
    return (np.hypot(shifted % 1 - 0.5, v * n % 1 - 0.5) < radius).astype(float)


@TEXTURES.register("waves")
def ripples(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    bend, n = rng.uniform(0.02, 0.12), rng.uniform(3, 10)
    return waves(n * (u + bend * np.sin(2 * np.pi * (v * rng.uniform(1, 4) + rng.random()))))


@TEXTURES.register("rings")
def rings(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    x, y = rng.uniform(-0.2, 1.2, 2)
    return waves(rng.uniform(4, 14) * np.hypot(u - x, v - y))


@TEXTURES.register("clouds")
def clouds(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    grey = clouds_at(rng, u, v, cells=rng.uniform(2, 5), octaves=4)
    return np.clip(0.5 + 2.0 * (grey - 0.5), 0, 1)


@TEXTURES.register("marble")
def marble(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    bent = clouds_at(rng, u, v, cells=3, octaves=4)
    return waves(rng.uniform(1, 3) * u + rng.uniform(1.5, 3) * bent) ** 1.5


@TEXTURES.register("wood")
def wood(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    bent = clouds_at(rng, u, v * 0.2, cells=2, octaves=2)
    fine = clouds_at(rng, u * 6, v * 0.5, cells=5, octaves=2)
    rings_ = (rng.uniform(4, 9) * (u + 0.5 * bent)) % 1
    return 0.75 * rings_ + 0.25 * fine


@TEXTURES.register("bricks")
def bricks(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    n, joint = rng.uniform(4, 9), rng.uniform(0.08, 0.18)
    row = np.floor(v * n)
    x = u * n / 2 + 0.5 * (row % 2)
    shade = rng.random((64, 64))[row.astype(int) % 64, np.floor(x).astype(int) % 64]
    return np.where((v * n % 1 < joint) | (x % 1 < joint / 2), 0.0, 0.6 + 0.4 * shade)


@TEXTURES.register("cells")
def cells(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    """Distance to the nearest of some points (Worley 1996, A Cellular Texture Basis Function)."""
    points = rng.uniform(-0.4, 1.4, (int(rng.integers(25, 70)), 2))
    squared = np.full_like(u, np.inf)
    for x, y in points:
        np.minimum(squared, (u - x) ** 2 + (v - y) ** 2, out=squared)
    return np.clip(np.sqrt(squared) / 0.2, 0, 1)


@TEXTURES.register("zigzag")
def zigzag(rng: np.random.Generator, u: Plane, v: Plane) -> Plane:
    n, height = rng.uniform(3, 8), rng.uniform(0.4, 1.2)
    tooth = np.abs(u * n % 1 - 0.5) * 2 * height
    return ((v * n + tooth) % 1 < 0.5).astype(float)


CLASSES: tuple[str, ...] = tuple(TEXTURES.names())


def draw(rng: np.random.Generator, size: int) -> tuple[NDArray[np.uint8], int]:
    """One picture ``uint8 (size, size, 3)`` and its label; see `trustai.data.images.drawn` for the
    streams."""
    label = int(rng.integers(len(CLASSES)))
    angle, stretch = rng.uniform(0, 2 * np.pi), rng.uniform(0.8, 1.25)
    dark, light = rng.random((2, 3))
    while np.abs(dark - light).max() < 0.3:  # two colours that can be told apart
        light = rng.random(3)
    lamp = rng.uniform(-0.25, 0.25, 2)
    places = (np.arange(OVERSAMPLING * size) + 0.5) / (OVERSAMPLING * size)
    across, down = np.meshgrid(places, places)
    u = (np.cos(angle) * (across - 0.5) - np.sin(angle) * (down - 0.5)) * stretch + 0.5
    v = (np.sin(angle) * (across - 0.5) + np.cos(angle) * (down - 0.5)) / stretch + 0.5
    grey = TEXTURES.get(CLASSES[label])(rng, u, v)[..., None]
    picture = (dark + (light - dark) * grey) * (1 + lamp[0] * across + lamp[1] * down)[..., None]
    small = picture.reshape(size, OVERSAMPLING, size, OVERSAMPLING, 3).mean((1, 3))
    return (np.clip(small, 0, 1) * 255).round().astype(np.uint8), label


DRAWN = DrawnSet("textures", CLASSES, draw)
