"""Poses of a sign: where it stands in the picture, how large, and in which direction it faces."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from trustai.data.signs.draws import Draws
from trustai.data.signs.street import Point

Matrix = NDArray[np.float64]

# Distance of the camera in half widths of the sign: nearer would bend the perspective more.
DISTANCE = 5.0


@dataclass(frozen=True)
class Pose:
    """Where the sign stands.

    Attributes:
        width: Share of the picture's side that the plate takes when seen face-on.
        matrix: ``(3, 3)``, from plate coordinates (-1 to 1) to shares of the picture's side.
    """

    width: float
    matrix: Matrix

    def at(self, x: float, y: float) -> Point:
        """Where a point of the plate appears, in shares of the picture's side."""
        u, v, w = self.matrix @ (x, y, 1.0)
        return float(u / w), float(v / w)


def pose(dice: Draws) -> Pose:
    """A random size, place and direction."""
    width = dice.between(0.4, 0.78)
    room = max(0.5 - width / 2 - 0.02, 0.0)
    x, y = 0.5 + room * dice.between(-1, 1), 0.5 + room * dice.between(-1, 0.8)
    return stand(width=width, x=x, y=y, turn=direction(dice))


def pose_beside(dice: Draws) -> Pose:
    """A random small pose at the left or right edge, so that the middle is not on the sign."""
    width = dice.between(0.36, 0.44)
    room = 0.5 - width / 2 - 0.02
    x, y = 0.5 + room * dice.side(), 0.5 + room * dice.between(-1, 0.8)
    return stand(width=width, x=x, y=y, turn=direction(dice))


def direction(dice: Draws) -> Matrix:
    """``(3, 3)``: the rotation of a plate that nearly faces the camera."""
    roll = radians(dice.between(-9, 9))
    yaw, pitch = radians(dice.between(-38, 38)), radians(dice.between(-14, 14))
    turn = np.array([[cos(roll), -sin(roll), 0], [sin(roll), cos(roll), 0], [0, 0, 1]])
    turn = turn @ [[cos(yaw), 0, sin(yaw)], [0, 1, 0], [-sin(yaw), 0, cos(yaw)]]
    return turn @ [[1, 0, 0], [0, cos(pitch), -sin(pitch)], [0, sin(pitch), cos(pitch)]]


def stand(*, width: float, x: float, y: float, turn: Matrix) -> Pose:
    """The pose of a plate of this width with its centre at (`x`, `y`), in shares of the side."""
    placed = np.column_stack([turn[:, 0], turn[:, 1], [0.0, 0.0, DISTANCE]])
    lens = np.array([[width / 2 * DISTANCE, 0, x], [0, width / 2 * DISTANCE, y], [0, 0, 1]])
    return Pose(width=width, matrix=lens @ placed)
