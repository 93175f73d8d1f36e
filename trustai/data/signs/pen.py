"""Drawing of flat signs: a `Plate`, its strokes, and the letters and digits.

Everything is strokes and polygons: no font file, so the letters are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cos, dist, hypot, pi, radians, sin

from PIL import Image, ImageDraw

from trustai.data.signs.draws import Colour

Point = tuple[float, float]

RED: Colour = (196, 22, 32)
BLUE: Colour = (14, 84, 164)
YELLOW: Colour = (250, 190, 10)
GREEN: Colour = (20, 140, 70)
WHITE: Colour = (246, 246, 242)
BLACK: Colour = (22, 22, 24)

MASTER = 1024

DISC: tuple[Point, ...] = tuple((cos(k * pi / 60), sin(k * pi / 60)) for k in range(120))
OCTAGON: tuple[Point, ...] = tuple(
    (cos((k + 0.5) * pi / 4) / cos(pi / 8), sin((k + 0.5) * pi / 4) / cos(pi / 8)) for k in range(8)
)
DIAMOND: tuple[Point, ...] = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
SQUARE: tuple[Point, ...] = ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9))
UP: tuple[Point, ...] = ((0.0, -0.92), (1.0, 0.84), (-1.0, 0.84))
DOWN: tuple[Point, ...] = tuple((x, -y) for x, y in reversed(UP))


class Plate:
    """A square canvas with corners (-1, -1) and (1, 1), and the outline cut out of it."""

    def __init__(self, outline: Sequence[Point], *, corner: float, rim: Colour = WHITE) -> None:
        # The whole square carries the rim's colour: a warped edge then mixes only with itself.
        self.picture = Image.new("RGB", (MASTER, MASTER), rim)
        self.cut = Image.new("L", (MASTER, MASTER), 0)
        self._pen = ImageDraw.Draw(self.picture)
        self.outline = outline
        self.corner = corner
        self._rounded(ImageDraw.Draw(self.cut), outline, corner, 255)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        self._pen.polygon([_pixel(p) for p in points], fill=fill)

    def disc(self, x: float, y: float, r: float, fill: Colour) -> None:
        self._pen.ellipse([_pixel((x - r, y - r)), _pixel((x + r, y + r))], fill=fill)

    def stroke(
        self, points: Sequence[Point], width: float, fill: Colour, *, round_ends: bool = False
    ) -> None:
        """A line of `width` through `points`, with mitred bends."""
        half = width / 2
        # Where two arcs meet, their common point would be a side without a direction.
        points = [p for k, p in enumerate(points) if k == 0 or dist(p, points[k - 1]) > 1e-6]
        left, right = _beside(points, half), _beside(points, -half)
        for k in range(len(points) - 1):
            self.polygon([left[k], left[k + 1], right[k + 1], right[k]], fill)
        if round_ends:
            for x, y in (points[0], points[-1]):
                self.disc(x, y, half, fill)

    def inner(self, by: float, fill: Colour) -> None:
        """The outline again, moved inwards by `by` on every side."""
        shrunk = inset(self.outline, by)
        self._rounded(self._pen, shrunk, max(self.corner - by * 0.6, 0.02), fill)

    def _rounded(
        self,
        pen: ImageDraw.ImageDraw,
        points: Sequence[Point],
        radius: float,
        fill: Colour | int,
    ) -> None:
        core = inset(points, radius)
        pen.polygon([_pixel(p) for p in core], fill=fill)
        if radius <= 0:
            return
        width = round(radius * MASTER)
        for start, end in zip(core, (*core[1:], core[0]), strict=True):
            pen.line([_pixel(start), _pixel(end)], fill=fill, width=width)
            x, y = start
            low, high = (x - radius, y - radius), (x + radius, y + radius)
            pen.ellipse([_pixel(low), _pixel(high)], fill=fill)


def _pixel(point: Point) -> Point:
    return (point[0] + 1) * MASTER / 2, (point[1] + 1) * MASTER / 2


def inset(points: Sequence[Point], by: float) -> list[Point]:
    """Corners of a clockwise convex polygon after each side moved inwards by `by`."""
    return _beside((points[-1], *points, points[0]), by)[1:-1]


def _beside(points: Sequence[Point], by: float) -> list[Point]:
    """A path running beside `points` at the distance `by`, to the right as seen on screen."""
    sides = []
    for (ax, ay), (bx, by_) in pairwise(points):
        length = hypot(bx - ax, by_ - ay)
        sides.append(((bx - ax) / length, (by_ - ay) / length))
    moved = []
    for k, (x, y) in enumerate(points):
        ux, uy = sides[max(k - 1, 0)]
        vx, vy = sides[min(k, len(sides) - 1)]
        # The bisector of the two normals, stretched so that both sides move by the same amount.
        share = by / (1 + ux * vx + uy * vy)
        moved.append((x - share * (uy + vy), y + share * (ux + vx)))
    return moved


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """Points on an ellipse; degrees run from the right, clockwise as seen on screen."""
    steps = 48
    angles = [radians(start + (end - start) * k / steps) for k in range(steps + 1)]
    return [(x + rx * cos(a), y + ry * sin(a)) for a in angles]


# Centre lines of the glyphs in a box of x and y from -1 to 1: each a list of strokes.
GLYPHS: dict[str, list[list[Point]]] = {
    "0": [[*arc(0, -0.4, 1, 0.6, 180, 360), *arc(0, 0.4, 1, 0.6, 0, 180), (-1, -0.45)]],
    "3": [arc(0, -0.52, 0.95, 0.48, -165, 95), arc(0, 0.48, 1, 0.52, -95, 165)],
    "5": [[(0.85, -1), (-0.72, -1), (-0.88, 0.02), *arc(0.0, 0.37, 1, 0.63, 218, 520)]],
    "8": [arc(0, -0.53, 0.88, 0.47, 0, 364), arc(0, 0.47, 1, 0.53, 0, 364)],
    "S": [[*arc(0, -0.5, 0.95, 0.5, -15, -270), *arc(0, 0.5, 1, 0.5, -90, 165)]],
    "T": [[(-1.2, -1), (1.2, -1)], [(0, -1), (0, 1.12)]],
    "O": [[*arc(0, -0.3, 1, 0.7, 180, 360), *arc(0, 0.3, 1, 0.7, 0, 180), (-1, -0.35)]],
    "P": [[(-1, 1.12), (-1, -1), (0.0, -1), *arc(0.1, -0.42, 0.9, 0.58, -90, 90), (-1, 0.16)]],
}


def write(
    plate: Plate, text: str, *, width: float, height: float, gap: float, pen: float, fill: Colour
) -> None:
    """`text` centred on the plate; `width` and `height` are half the size of one glyph."""
    step = 2 * width + gap
    for k, letter in enumerate(text):
        middle = (k - (len(text) - 1) / 2) * step
        for path in GLYPHS[letter]:
            plate.stroke([(middle + x * width, y * height) for x, y in path], pen, fill)
