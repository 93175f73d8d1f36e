"""A canvas for small drawings: SVG in the colours of the screen, light and dark."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from trustai.plots import colours

WIDTH = 480
"""Of every canvas, in its own units; a letter is 15 of them high, also on a phone legible."""
Points = Iterable[tuple[float, float]]


def paint(colour: str | None) -> str:
    """A colour of ours as CSS, brighter on the dark page; None is that of the text.

    >>> paint(colours.CLEAN)
    'light-dark(#0072B2, #4FA9E2)'
    """
    if colour is None:
        return "currentColor"
    return f"light-dark({colours.checked(colour)}, {colours.on_dark(colour)})"


class Canvas:
    """Shapes and words, put one over the other; `svg` gives them all.

    Args:
        height: In units of which it is `WIDTH` wide.

    >>> canvas = Canvas(60)
    >>> canvas.text(240, 30, "a < b")
    >>> "a &lt; b" in canvas.svg("Two words")
    True
    """

    def __init__(self, height: float) -> None:
        self.height = height
        self._parts: list[str] = []

    def svg(self, words: str) -> str:
        """The drawing.

        Args:
            words: What is to be seen, for those who do not see it.
        """
        said = html.escape(words)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height:g}" '
            f'role="img" aria-label="{said}" font-size="15">{"".join(self._parts)}</svg>'
        )

    def text(
        self, x: float, y: float, words: str, colour: str | None = None, *,
        anchor: str = "middle", bold: bool = False, turned: bool = False,
    ) -> None:  # fmt: skip
        """Words on one line; `anchor` is ``"start"``, ``"middle"`` or ``"end"``."""
        weight = ' font-weight="700"' if bold else ""
        turn = f' transform="rotate(-90 {x:g} {y:g})"' if turned else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}{turn} '
            f'style="fill:{paint(colour)}">{html.escape(words)}</text>'
        )

    def line(
        self, points: Points, colour: str | None = None, *, width: float = 2.5, dash: bool = False
    ) -> None:
        """A line through points."""
        self._path(points, f"fill:none;stroke:{paint(colour)};stroke-width:{width}", dash=dash)

    def area(self, points: Points, colour: str | None, *, opacity: float = 0.25) -> None:
        """A filled shape."""
        self._path(points, f"fill:{paint(colour)};fill-opacity:{opacity}")

    def _path(self, points: Points, style: str, *, dash: bool = False) -> None:
        d = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        dashed = ";stroke-dasharray:7 5" if dash else ""
        self._parts.append(f'<path d="M{d}" style="{style}{dashed};stroke-linejoin:round"/>')

    def dot(
        self, x: float, y: float, colour: str | None, *, r: float = 5, hollow: bool = False
    ) -> None:
        """A point, or a ring."""
        look = f"fill:{'none' if hollow else paint(colour)};stroke:{paint(colour)};stroke-width:2"
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:g}" style="{look}"/>')

    def box(
        self, x: float, y: float, width: float, height: float, colour: str | None = None, *,
        filled: float = 0.0, dash: bool = False, line: float = 2, round_: float = 3,
    ) -> None:  # fmt: skip
        """A rectangle.

        Args:
            filled: Opacity of its inside.
            line: Width of its edge.
            round_: Radius of its corners.
        """
        dashed = ";stroke-dasharray:6 4" if dash else ""
        look = f"fill:{paint(colour)};fill-opacity:{filled:.2f};stroke:{paint(colour)}"
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="{round_:g}" style="{look};stroke-width:{line}{dashed}"/>'
        )

    def arrow(self, start: tuple[float, float], end: tuple[float, float],
              colour: str | None = None) -> None:  # fmt: skip
        """A straight arrow."""
        tip, tail = np.array(end), np.array(start)
        along = (tip - tail) / max(float(np.linalg.norm(tip - tail)), 1e-9)
        side = np.array([-along[1], along[0]])
        base = tip - 10 * along
        self.line([start, (base[0], base[1])], colour)
        corners = [tip, base + 5 * side, base - 5 * side]
        self.area([(c[0], c[1]) for c in corners], colour, opacity=1)

    def cells(
        self, values: ArrayLike, x: float, y: float, side: float, colour: str, *,
        edge: float = 0.5,
    ) -> None:  # fmt: skip
        """A grid of values in ``[0, 1]``, each as a square as full as its value.

        Args:
            values: ``(rows, columns)``.
            x, y: Of the upper left corner.
            side: Of one square.
            edge: Width of the squares' edges.
        """
        for i, row in enumerate(np.asarray(values, dtype=float)):
            for j, value in enumerate(row):
                self.box(x + j * side, y + i * side, side, side, colour,
                         filled=float(np.clip(value, 0, 1)), line=edge, round_=0)  # fmt: skip

    def bars(
        self, values: Sequence[float], x: float, y: float, width: float, height: float, colour: str
    ) -> None:
        """Upright bars on a base line at `y`, as high as their share of the largest value."""
        step, most = width / len(values), max(values)
        for i, value in enumerate(values):
            tall = height * value / most
            self.box(x + i * step + 2, y - tall, step - 4, tall, colour, filled=0.6, line=1)
        self.line([(x, y), (x + width, y)], width=1)

    def axes(
        self, left: float, top: float, right: float, bottom: float, *,
        x: tuple[float, float] = (0, 1), y: tuple[float, float] = (0, 1),
        x_title: str = "", y_title: str = "",
    ) -> Axes:  # fmt: skip
        """Two axes with their titles, and what is drawn between them."""
        self.line([(left, top), (left, bottom), (right, bottom)], width=1.5)
        self.text((left + right) / 2, bottom + 20, x_title)
        self.text(left - 9, (top + bottom) / 2, y_title, turned=True)
        return Axes(self, (left, top, right, bottom), x, y)


class Axes:
    """The place between two axes, in the units of the data."""

    def __init__(
        self, canvas: Canvas, place: tuple[float, float, float, float],
        x: tuple[float, float], y: tuple[float, float],
    ) -> None:  # fmt: skip
        self.canvas, self._place, self._x, self._y = canvas, place, x, y

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies on the canvas."""
        left, top, right, bottom = self._place
        across = (x - self._x[0]) / (self._x[1] - self._x[0])
        up = (y - self._y[0]) / (self._y[1] - self._y[0])
        return left + across * (right - left), bottom - up * (bottom - top)

    def line(
        self, x: ArrayLike, y: ArrayLike, colour: str | None = None, *, dash: bool = False,
        width: float = 2.5,
    ) -> None:  # fmt: skip
        """A line through points."""
        self.canvas.line(self._all(x, y), colour, dash=dash, width=width)

    def area(self, x: ArrayLike, y: ArrayLike, colour: str, *, opacity: float = 0.25) -> None:
        """What lies between a line and the lower axis."""
        points = self._all(x, y)
        floor = self._place[3]
        self.canvas.area(
            [(points[0][0], floor), *points, (points[-1][0], floor)], colour, opacity=opacity
        )

    def dots(
        self, x: ArrayLike, y: ArrayLike, colour: str | None, *, r: float = 4, hollow: bool = False
    ) -> None:
        """Points."""
        for px, py in self._all(x, y):
            self.canvas.dot(px, py, colour, r=r, hollow=hollow)

    def text(
        self, x: float, y: float, words: str, colour: str | None = None, *, anchor: str = "middle"
    ) -> None:
        """Words at a point."""
        self.canvas.text(*self.at(x, y), words, colour, anchor=anchor)

    def _all(self, x: ArrayLike, y: ArrayLike) -> list[tuple[float, float]]:
        return [self.at(float(a), float(b)) for a, b in zip(np.asarray(x, dtype=float),
                np.asarray(y, dtype=float), strict=True)]  # fmt: skip
