"""Backgrounds of the sign pictures: streets with sky, buildings, trees, road, cars and boards."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

from PIL import Image, ImageFilter

from trustai.data.signs.draws import Colour, Draws, mix
from trustai.data.signs.street import FACADES, LAMP, LEAVES, PAINTS, Light, Street

Edge = tuple[float, float, float]


def backdrop(
    dice: Draws,
    mood: Light,
    pixels: int,
    *,
    setting: Callable[[Street], None] | None = None,
) -> Image.Image:
    """One street scene without its sign: RGB, `pixels` x `pixels`, a little out of focus.

    Args:
        setting: One of `SETTINGS`; None draws one.
    """
    street = Street(dice, mood, pixels)
    _heavens(street)
    (setting or dice.pick(SETTINGS))(street)
    for _ in range(dice.below(3)):
        dice.pick(DISTRACTORS)(street)
    _bokeh(street)
    # Out of focus anyway: blurring at half the size looks the same and costs a quarter.
    focus = dice.between(0.004, 0.014) * pixels / 2
    soft = street.picture.reduce(2).filter(ImageFilter.GaussianBlur(focus))
    return soft.resize((pixels, pixels), Image.Resampling.BILINEAR)


def _heavens(street: Street) -> None:
    dice, mood = street.dice, street.mood
    if mood.name == "backlight":
        x, y = dice.between(0.15, 0.85), dice.between(0.05, 0.45)
        for k in range(12):
            r = 0.42 - 0.03 * k
            street.oval(x, y, r, r, mix(mood.low, (255, 255, 250), ((k + 1) / 12) ** 1.5))
    if mood.name == "night":
        return
    bright = mix(mood.low, (255, 255, 255), 0.5)
    for _ in range(dice.below(4)):
        x, y = dice.between(0, 1), dice.between(0, street.horizon * 0.7)
        size = dice.between(0.05, 0.14)
        for k in range(3):
            street.oval(x + (k - 1) * size, y + (k % 2) * size / 3, size, size * 0.3, bright)


def _ground(street: Street, colour: Colour) -> None:
    street.box(0, street.horizon, 1, 1, street.lit(street.dice.near(colour)))


def _road(street: Street) -> float:
    """A road to the horizon with its markings; returns the x where it vanishes."""
    dice, top = street.dice, street.horizon
    x = dice.between(0.1, 0.9)
    left, right = x - dice.between(0.5, 1.1), x + dice.between(0.5, 1.1)
    kerb = street.lit(dice.near((168, 164, 158)))
    street.polygon([(x - 0.025, top), (x + 0.025, top), (right + 0.12, 1), (left - 0.12, 1)], kerb)
    asphalt = street.lit(dice.near((96, 97, 101), 14))
    street.polygon([(x - 0.018, top), (x + 0.018, top), (right, 1), (left, 1)], asphalt)
    paint, middle = street.lit((226, 224, 214)), (left + right) / 2
    for k in range(4):
        near, far = 0.9 * 0.55**k, 0.62 * 0.55**k
        street.polygon(
            [
                (x + (middle - x) * t + side * 0.028 * t, top + (1 - top) * t)
                for t, side in ((far, -1), (far, 1), (near, 1), (near, -1))
            ],
            paint,
        )
    return x


def _facade(street: Street, near: Edge, away: Edge, far: float) -> None:
    """A wall with windows between two upright edges, each (x, top, foot)."""
    dice = street.dice
    wall, (ax, atop, afoot), (bx, btop, bfoot) = dice.near(dice.pick(FACADES)), near, away
    corners = [(ax, atop), (bx, btop), (bx, bfoot), (ax, afoot)]
    street.polygon(corners, street.lit(wall, far=far))
    columns, rows = 2 + dice.below(3), 2 + dice.below(4)
    glass = street.lit(dice.pick(((70, 84, 100), (52, 58, 66), (128, 150, 170))), far=far)
    margin, height = dice.between(0.18, 0.3), dice.between(0.18, 0.3)
    lit = street.mood.lamps * 0.7
    bands = [((r + height) / (rows + 0.5), (r + 1 - height) / (rows + 0.5)) for r in range(rows)]
    for column in range(columns):
        u, v = (column + margin) / columns, (column + 1 - margin) / columns
        left, right = ax + (bx - ax) * u, ax + (bx - ax) * v
        # The wall's top and height where the window's left and right edges stand.
        ltop, rtop = atop + (btop - atop) * u, atop + (btop - atop) * v
        lhigh = afoot - atop + (bfoot - btop - afoot + atop) * u
        rhigh = afoot - atop + (bfoot - btop - afoot + atop) * v
        for low, high in bands:
            fill = LAMP if lit and dice.chance(lit) else glass
            street.polygon(
                (
                    (left, ltop + lhigh * low),
                    (right, rtop + rhigh * low),
                    (right, rtop + rhigh * high),
                    (left, ltop + lhigh * high),
                ),
                fill,
            )


def city(street: Street) -> None:
    """A row of houses seen across the street."""
    dice, x = street.dice, street.dice.between(-0.2, 0.0)
    foot = street.horizon + 0.03
    while x < 1:
        width, top = dice.between(0.2, 0.42), dice.between(-0.15, 0.32)
        _facade(street, (x, top, foot), (x + width, top, foot), 0.08)
        x += width + (dice.between(0.02, 0.15) if dice.chance(0.25) else 0.0)
    street.box(0, foot - 0.01, 1, 1, street.lit(dice.near((150, 147, 142))))
    street.box(0, foot + 0.1, 1, 1, street.lit(dice.near((92, 93, 97), 12)))
    street.box(0, foot + 0.09, 1, foot + 0.11, street.lit((190, 187, 180)))


def canyon(street: Street) -> None:
    """A street between two walls of houses, in perspective."""
    dice = street.dice
    _ground(street, (148, 145, 140))
    x, top = _road(street), street.horizon
    for side in (-1, 1):
        edge = -0.15 if side < 0 else 1.15
        start, roof = 1.0, dice.between(-0.3, 0.1)
        while start > 0.12:
            stop = start * dice.between(0.4, 0.7)
            near, away = x + (edge - x) * start, x + (edge - x) * stop
            skyline = dice.between(0.7, 1.1) * (top - roof)
            here = near, top - skyline * start, top + 0.16 * start
            there = away, top - skyline * stop, top + 0.16 * stop
            _facade(street, here, there, 0.3 * (1 - start))
            start = stop


def suburb(street: Street) -> None:
    """Houses with pitched roofs between trees, a lawn and a road."""
    dice = street.dice
    _ground(street, (104, 138, 72))
    x = dice.between(-0.15, 0.1)
    while x < 1:
        width, height = dice.between(0.24, 0.36), dice.between(0.14, 0.26)
        top, foot = street.horizon - height, street.horizon + 0.03
        _facade(street, (x, top, foot), (x + width, top, foot), 0.06)
        roof = street.lit(dice.near(dice.pick(((150, 68, 52), (92, 78, 74), (70, 74, 84)))))
        peak = top - dice.between(0.1, 0.18)
        street.polygon([(x - 0.03, top), (x + width / 2, peak), (x + width + 0.03, top)], roof)
        x += width + dice.between(0.05, 0.25)
    _road(street)
    for _ in range(1 + dice.below(3)):
        _tree(street, dice.between(0, 1), street.horizon + dice.between(0.02, 0.12))


def country(street: Street) -> None:
    """Hills, fields and a line of trees."""
    dice, horizon = street.dice, street.horizon
    for far in (0.6, 0.35):
        hill, lift, swing = dice.near((88, 116, 78)), dice.between(0.03, 0.12), dice.between(0, 6)
        shade = street.lit(hill, far=far)
        ridge = [
            (k / 10, horizon - lift * (1 + sin(swing + k * 0.7)) * (0.4 + far)) for k in range(11)
        ]
        street.polygon([*ridge, (1, horizon + 0.02), (0, horizon + 0.02)], shade)
    _ground(street, dice.pick(((112, 142, 70), (92, 126, 62), (186, 168, 92), (132, 120, 82))))
    _road(street)
    for _ in range(2 + dice.below(5)):
        _tree(street, dice.between(-0.05, 1.05), horizon + dice.between(0.0, 0.1))


def _tree(street: Street, x: float, foot: float) -> None:
    dice = street.dice
    size = dice.between(0.09, 0.22)
    trunk, leaf = street.lit(dice.near((88, 66, 48))), dice.near(dice.pick(LEAVES))
    street.line([(x, foot), (x, foot - size)], size * 0.16, trunk)
    if dice.chance(0.25):
        dark = street.lit(dice.near((40, 76, 52)))
        for k in range(3):
            y, half = foot - size * (0.3 + 0.6 * k), size * (0.6 - 0.14 * k)
            street.polygon([(x, y - size), (x + half, y), (x - half, y)], dark)
        return
    shades = [street.lit(mix(leaf, (20, 30, 20), s)) for s in (0.35, 0.18, 0.0)]
    for k in range(7):
        angle, r = dice.between(0, 2 * pi), dice.between(0.3, 0.55) * size
        cx, cy = x + 0.45 * size * cos(angle), foot - 1.5 * size + 0.5 * size * sin(angle)
        street.oval(cx, cy, r, r, shades[k // 3])


def _car(street: Street) -> None:
    dice = street.dice
    x, y, size = dice.between(0.05, 0.95), street.horizon + dice.between(0.05, 0.16), 0.1
    size *= 0.7 + 2.5 * (y - street.horizon)
    paint = street.lit(dice.near(dice.pick(PAINTS)))
    glass, tyre = street.lit((60, 70, 82)), street.lit((28, 28, 30))
    roof, sill = y - size * 0.95, y - size * 0.5
    bonnet, boot = x + size * 0.8, x - size * 0.85
    front, back = x + size * 0.4, x - size * 0.5
    street.polygon([(back, roof), (front, roof), (bonnet, sill), (boot, sill)], glass)
    street.box(x - size * 1.25, sill, x + size * 1.25, y, paint)
    street.line([(back, roof), (front, roof)], size * 0.14, paint)
    for side in (-0.75, 0.75):
        street.oval(x + side * size, y, size * 0.25, size * 0.25, tyre)
    if street.mood.lamps > 0:
        street.oval(x + size * 1.2, y - size * 0.3, size * 0.14, size * 0.14, (255, 246, 214))


def _lamp_post(street: Street) -> None:
    dice = street.dice
    x, top, reach = dice.between(0.03, 0.97), dice.between(0.05, 0.3), 0.09 * dice.side()
    metal = street.lit(dice.near((92, 96, 100)))
    foot = street.horizon + dice.between(0.05, 0.2)
    street.line([(x, foot), (x, top), (x + reach, top - 0.02)], 0.016, metal)
    fill = (255, 236, 190) if street.mood.lamps > 0 else street.lit((220, 220, 214))
    street.oval(x + reach, top - 0.015, 0.03, 0.016, fill)


def _billboard(street: Street) -> None:
    """A board with coloured shapes that mean nothing."""
    dice = street.dice
    width, height = dice.between(0.14, 0.3), dice.between(0.1, 0.2)
    x, y = dice.between(-0.05, 0.9), dice.between(0.1, street.horizon - 0.1)
    post = street.lit((90, 88, 86))
    street.line([(x + width / 2, y), (x + width / 2, street.horizon + 0.05)], 0.02, post)
    street.box(x, y, x + width, y + height, street.lit(dice.near(dice.pick(PAINTS))))
    for _ in range(2 + dice.below(3)):
        fill = street.lit(dice.near(dice.pick(PAINTS)))
        cx, cy = x + width * dice.between(0.2, 0.8), y + height * dice.between(0.25, 0.75)
        r = height * dice.between(0.12, 0.3)
        shape = dice.below(3)
        if shape == 0:
            street.oval(cx, cy, r, r, fill)
        elif shape == 1:
            street.polygon([(cx, cy - r), (cx + r, cy + r), (cx - r, cy + r)], fill)
        else:
            street.line([(x + width * 0.15, cy), (x + width * 0.85, cy)], height * 0.08, fill)


def _awning(street: Street) -> None:
    """The striped roof of a shop or a stall."""
    dice = street.dice
    x, y, width = dice.between(-0.1, 0.8), street.horizon - dice.between(0.08, 0.14), 0.28
    colours = (street.lit(dice.near(dice.pick(PAINTS))), street.lit((232, 230, 224)))
    for k in range(6):
        left, right = x + width * k / 6, x + width * (k + 1) / 6
        street.box(left, y, right, y + 0.06, colours[k % 2])
    stall = street.lit((70, 60, 56))
    street.box(x + 0.02, y + 0.06, x + width - 0.02, street.horizon + 0.04, stall)


def _direction_board(street: Street) -> None:
    dice = street.dice
    x, y = dice.between(0.0, 0.8), dice.between(0.08, 0.4)
    back = street.lit(dice.near(dice.pick(((24, 104, 72), (236, 196, 60), (238, 238, 234)))))
    ink = street.lit((240, 240, 236) if back[0] < 60 else (30, 30, 34))
    post = street.lit((110, 112, 114))
    street.line([(x + 0.11, y), (x + 0.11, street.horizon + 0.1)], 0.015, post)
    street.polygon(
        [(x, y), (x + 0.2, y), (x + 0.25, y + 0.05), (x + 0.2, y + 0.1), (x, y + 0.1)], back
    )
    for k in range(2):
        row = y + 0.035 + 0.03 * k
        street.line([(x + 0.02, row), (x + dice.between(0.1, 0.18), row)], 0.012, ink)


def _bokeh(street: Street) -> None:
    """Distant lamps out of focus, once it gets dark."""
    dice = street.dice
    if street.mood.lamps < 0.5:
        return
    for _ in range(4 + dice.below(6)):
        glow = dice.near(dice.pick((LAMP, (255, 120, 90), (190, 220, 255), (255, 240, 210))))
        x, y, r = dice.unit(), street.horizon + dice.between(-0.25, 0.1), dice.between(0.01, 0.03)
        street.oval(x, y, r, r, mix(street.mood.low, glow, dice.between(0.5, 1)))


# As often as they stand here.
SETTINGS: tuple[Callable[[Street], None], ...] = (
    city, city, canyon, canyon, suburb, country, country,
)  # fmt: skip

DISTRACTORS: tuple[Callable[[Street], None], ...] = (
    _car, _car, _lamp_post, _billboard, _billboard, _awning, _direction_board,
)  # fmt: skip
