"""The faces of the sign classes: each drawn once, large and face-on, kept at several sizes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import cos, radians, sin

from PIL import Image

from trustai.data.signs.pen import (
    BLACK,
    BLUE,
    DIAMOND,
    DISC,
    DOWN,
    GREEN,
    OCTAGON,
    RED,
    SQUARE,
    UP,
    WHITE,
    YELLOW,
    Plate,
    Point,
    arc,
    write,
)
from trustai.registry import Registry

LEVELS = (48, 64, 96, 128, 192, 256, 384, 512)

PLATES: Registry[Callable[[], Plate]] = Registry("sign")


@cache
def _master(name: str) -> Plate:
    return PLATES.get(name)()


@cache
def face(name: str, level: int) -> Image.Image:
    """The sign `name`, face-on: `level` x `level` pixels (one of `LEVELS`).

    Returns:
        Mode RGBX, where X holds the cut-out (255 on the sign). Not RGBA, which Pillow converts to
        premultiplied colours and back in every transform; the rim's colour goes on outside the
        cut-out, so there is nothing to protect.
    """
    plate = _master(name)
    colour = plate.picture.resize((level, level), Image.Resampling.LANCZOS)
    cut = plate.cut.resize((level, level), Image.Resampling.BOX)
    return Image.merge("RGBX", (*colour.split(), cut))


def _prohibition() -> Plate:
    plate = Plate(DISC, corner=0.0)
    plate.inner(0.025, RED)
    plate.disc(0, 0, 0.74, WHITE)
    return plate


def _mandatory() -> Plate:
    plate = Plate(DISC, corner=0.0)
    plate.inner(0.05, BLUE)
    return plate


def _warning() -> Plate:
    plate = Plate(UP, corner=0.14)
    plate.inner(0.035, RED)
    plate.inner(0.18, WHITE)
    return plate


@PLATES.register("stop")
def _stop() -> Plate:
    plate = Plate(OCTAGON, corner=0.05)
    plate.inner(0.06, RED)
    write(plate, "STOP", width=0.125, height=0.29, gap=0.17, pen=0.105, fill=WHITE)
    return plate


@PLATES.register("yield")
def _yield() -> Plate:
    plate = Plate(DOWN, corner=0.14)
    plate.inner(0.035, RED)
    plate.inner(0.23, WHITE)
    return plate


@PLATES.register("no entry")
def _no_entry() -> Plate:
    plate = Plate(DISC, corner=0.0)
    plate.inner(0.035, RED)
    plate.polygon([(-0.72, -0.18), (0.72, -0.18), (0.72, 0.18), (-0.72, 0.18)], WHITE)
    return plate


def _speed_limit(limit: str) -> Plate:
    plate = _prohibition()
    write(plate, limit, width=0.2, height=0.38, gap=0.23, pen=0.135, fill=BLACK)
    return plate


@PLATES.register("speed limit 30")
def _speed_limit_30() -> Plate:
    return _speed_limit("30")


@PLATES.register("speed limit 50")
def _speed_limit_50() -> Plate:
    return _speed_limit("50")


@PLATES.register("speed limit 80")
def _speed_limit_80() -> Plate:
    return _speed_limit("80")


@PLATES.register("no overtaking")
def _no_overtaking() -> Plate:
    plate = _prohibition()
    for x, fill in ((-0.315, RED), (0.315, BLACK)):
        for side in (-0.17, 0.17):
            plate.polygon([(x + side + dx, y) for dx, y in _box(0.07, 0.1, 0.36)], fill)
        plate.polygon([(x + dx, y) for dx, y in _box(0.27, -0.06, 0.22)], fill)
        roof = [(-0.16, -0.3), (0.16, -0.3), (0.25, -0.04), (-0.25, -0.04)]
        plate.polygon([(x + dx, y) for dx, y in roof], fill)
        glass = [(-0.12, -0.23), (0.12, -0.23), (0.16, -0.08), (-0.16, -0.08)]
        plate.polygon([(x + dx, y) for dx, y in glass], WHITE)
        for side in (-0.17, 0.17):
            plate.disc(x + side, 0.08, 0.055, WHITE)
    return plate


def _box(half: float, top: float, bottom: float) -> list[Point]:
    return [(-half, top), (half, top), (half, bottom), (-half, bottom)]


def _turn(side: int) -> Plate:
    plate = _mandatory()
    bend = [(side * x, y) for x, y in arc(-0.04, 0.08, 0.32, 0.3, 0, -90)]
    plate.stroke([(side * 0.28, 0.68), *bend, (side * -0.2, -0.22)], 0.25, WHITE)
    head = [(-0.74, -0.22), (-0.2, -0.68), (-0.2, 0.24)]
    plate.polygon([(side * x, y) for x, y in head], WHITE)
    return plate


@PLATES.register("turn left")
def _turn_left() -> Plate:
    return _turn(1)


@PLATES.register("turn right")
def _turn_right() -> Plate:
    return _turn(-1)


@PLATES.register("straight ahead")
def _straight_ahead() -> Plate:
    plate = _mandatory()
    plate.stroke([(0, 0.72), (0, -0.2)], 0.25, WHITE)
    plate.polygon([(0, -0.76), (0.46, -0.14), (-0.46, -0.14)], WHITE)
    return plate


@PLATES.register("roundabout")
def _roundabout() -> Plate:
    plate = _mandatory()
    for turn in (-90, 30, 150):
        # Anticlockwise as seen from above, as on the right-hand-traffic sign.
        plate.stroke(arc(0, 0, 0.5, 0.5, turn, turn - 72), 0.2, WHITE)
        tip, back = radians(turn - 112), radians(turn - 66)
        head = [(0.52 * cos(tip), 0.52 * sin(tip))]
        head += [(r * cos(back), r * sin(back)) for r in (0.26, 0.76)]
        plate.polygon(head, WHITE)
    return plate


@PLATES.register("pedestrian crossing")
def _pedestrian_crossing() -> Plate:
    plate = Plate(SQUARE, corner=0.1)
    plate.inner(0.045, BLUE)
    plate.polygon([(0, -0.78), (0.8, 0.66), (-0.8, 0.66)], WHITE)
    for x in (-0.52, -0.26, 0.0, 0.26):
        bar = [(x, 0.46), (x + 0.15, 0.46), (x + 0.24, 0.63), (x + 0.05, 0.63)]
        plate.polygon(bar, BLACK)
    plate.disc(0.0, -0.36, 0.095, BLACK)
    plate.stroke([(0.0, -0.22), (0.0, 0.1)], 0.16, BLACK, round_ends=True)
    for limb in (
        [(0.0, 0.08), (-0.11, 0.24), (-0.24, 0.44)],
        [(0.0, 0.08), (0.12, 0.24), (0.14, 0.44)],
        [(0.0, -0.18), (-0.16, -0.02), (-0.2, 0.12)],
        [(0.0, -0.18), (0.14, -0.02), (0.24, 0.08)],
    ):
        plate.stroke(limb, 0.085, BLACK, round_ends=True)
    return plate


@PLATES.register("priority road")
def _priority_road() -> Plate:
    plate = Plate(DIAMOND, corner=0.1)
    plate.inner(0.02, BLACK)
    plate.inner(0.045, WHITE)
    plate.inner(0.2, YELLOW)
    return plate


@PLATES.register("danger")
def _danger() -> Plate:
    plate = _warning()
    plate.polygon([(-0.12, -0.36), (0.12, -0.36), (0.07, 0.28), (-0.07, 0.28)], BLACK)
    plate.disc(0, 0.45, 0.1, BLACK)
    return plate


@PLATES.register("roadworks")
def _roadworks() -> Plate:
    plate = _warning()
    plate.polygon([(0.12, 0.6), (0.3, 0.3), (0.42, 0.34), (0.62, 0.6)], BLACK)
    plate.disc(-0.02, -0.24, 0.1, BLACK)
    for limb, width in (
        ([(-0.1, -0.1), (-0.22, 0.2)], 0.18),
        ([(-0.2, 0.2), (-0.1, 0.38), (-0.2, 0.56)], 0.1),
        ([(-0.22, 0.2), (-0.36, 0.38), (-0.5, 0.56)], 0.1),
        ([(-0.06, -0.08), (0.08, 0.08), (0.0, 0.16)], 0.08),
        ([(-0.18, 0.06), (0.06, 0.24), (0.26, 0.42)], 0.06),
    ):
        plate.stroke(limb, width, BLACK, round_ends=True)
    return plate


@PLATES.register("traffic signals")
def _traffic_signals() -> Plate:
    plate = _warning()
    plate.polygon([(x, y) for x, y in _box(0.2, -0.36, 0.6)], BLACK)
    for y, fill in ((-0.18, RED), (0.12, YELLOW), (0.42, GREEN)):
        plate.disc(0, y, 0.13, fill)
    return plate
