"""Imaging of a sign in its scene: mounting, occlusion, lighting, blur and noise."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from trustai.data.signs.draws import Colour, Draws, dim, mix
from trustai.data.signs.plates import LEVELS, face
from trustai.data.signs.pose import Pose
from trustai.data.signs.sticker import Sticker
from trustai.data.signs.street import LEAVES, PAINTS, Light, Point

Pixels = NDArray[np.float32]
Pens = tuple[ImageDraw.ImageDraw, ImageDraw.ImageDraw]


def mount(
    picture: Image.Image, name: str, spot: Pose, mood: Light, dice: Draws, *,
    sticker: Sticker | None = None,
) -> Image.Image:  # fmt: skip
    """Put the sign `name` with its pole and shadow into `picture` (in place).

    Args:
        sticker: What is stuck on its face.

    Returns:
        What is visible of the face: mode L, the size of `picture`, 255 where it covers a pixel.
    """
    plant(picture, spot, mood, dice)
    return hang(picture, name, spot, mood, dice, sticker=sticker)


def hang(
    picture: Image.Image, name: str, spot: Pose, mood: Light, dice: Draws, *,
    sticker: Sticker | None = None,
) -> Image.Image:  # fmt: skip
    """The face of `mount` with its shadow, without the pole."""
    pixels = picture.width
    corners = [spot.at(x, y) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    left, top = (max(int(min(c[k] for c in corners) * pixels) - 1, 0) for k in (0, 1))
    right, low = (min(int(max(c[k] for c in corners) * pixels) + 2, pixels) for k in (0, 1))
    level = next((n for n in LEVELS if n >= spot.width * pixels), LEVELS[-1])
    to_level = np.array([[level / 2, 0, level / 2], [0, level / 2, level / 2], [0, 0, 1]])
    to_crop = np.array([[pixels, 0, -left], [0, pixels, -top], [0, 0, 1]])
    back = to_level @ np.linalg.inv(to_crop @ spot.matrix)
    front = face(name, level) if sticker is None else sticker.on(face(name, level))
    crop = front.transform(
        (right - left, low - top),
        Image.Transform.PERSPECTIVE,
        tuple((back / back[2, 2]).ravel()[:8]),
        Image.Resampling.BILINEAR,
    )
    cut = crop.getchannel("X")
    shift = dice.side() * dice.between(0.01, 0.035), dice.between(0.01, 0.035)
    dark = dice.between(0.15, 0.4)
    soft = cut.reduce(4).point(lambda a: a * dark).filter(ImageFilter.BoxBlur(0.003 * pixels))
    soft = soft.resize(cut.size, Image.Resampling.BILINEAR)
    offset = left + round(shift[0] * pixels), top + round(shift[1] * pixels)
    picture.paste((8, 10, 16), offset, soft)
    picture.paste(_weathered(crop, mood, dice), (left, top), cut)
    visible = Image.new("L", picture.size, 0)
    visible.paste(cut, (left, top))
    return visible


def _weathered(crop: Image.Image, mood: Light, dice: Draws) -> Image.Image:
    """The face under this light: an uneven gleam, and paint the sun has bleached."""
    colour = np.asarray(crop)[..., :3].astype(np.float32)
    height, width, _ = colour.shape
    bleach, tilt = 0.28 * dice.unit() ** 2, dice.between(-0.14, 0.14)
    lean = dice.between(-0.1, 0.1)
    across = np.linspace(-tilt, tilt, width, dtype=np.float32)
    gleam = 1 + across + np.linspace(-lean, lean, height, dtype=np.float32)[:, None]
    light = np.array(mood.plate, np.float32) * dice.between(0.92, 1.06)
    colour += bleach * (168 - colour)
    colour *= gleam[..., None] * light
    return Image.fromarray(colour.clip(0, 255).astype(np.uint8))


def plant(
    picture: Image.Image, spot: Pose, mood: Light, dice: Draws, *, bare: bool = False
) -> None:
    """The pole of `mount`, sometimes with a board under the face, and sometimes none.

    Args:
        bare: A pole for certain, and no board.
    """
    pen, pixels = ImageDraw.Draw(picture), picture.width
    metal = dice.near(dice.pick(((142, 146, 150), (118, 122, 126), (96, 86, 78))), 16)
    standing, board = dice.chance(0.9) or bare, dice.chance(0.14) and not bare
    shade, half = dim(metal, mood.ambient), dice.between(0.03, 0.05) * spot.width
    ink, paper = (mix(shade, (0, 0, 0), 0.7), mix(shade, (255, 255, 255), 0.75))
    if standing:
        (x0, y0), (x1, y1) = spot.at(0, 0.2), spot.at(0, 1)
        # On to below the picture's lower edge, in the direction the plate leans.
        reach = (1.1 - y0) / max(y1 - y0, 0.05)
        foot = x0 + (x1 - x0) * reach, 1.1
        bright = mix(shade, (255, 255, 255), 0.35)
        stripes = ((-1.0, 1.0, shade), (-0.5, 0.1, bright), (0.5, 1.0, mix(shade, (0, 0, 0), 0.35)))
        for low, high, fill in stripes:
            ends = ((x0 + low * half, y0), (x0 + high * half, y0))
            feet = ((foot[0] + high * half, foot[1]), (foot[0] + low * half, foot[1]))
            pen.polygon([(x * pixels, y * pixels) for x, y in (*ends, *feet)], fill=fill)
    if standing and board:
        for grow, fill in ((0.04, ink), (0.0, paper)):
            box = [(-0.5 - grow, 1.1 - grow), (0.5 + grow, 1.1 - grow)]
            box += [(0.5 + grow, 1.42 + grow), (-0.5 - grow, 1.42 + grow)]
            pen.polygon([_scaled(spot.at(x, y), pixels) for x, y in box], fill=fill)
        text = [_scaled(spot.at(x, 1.26), pixels) for x in (-0.34, 0.34)]
        pen.line(text, fill=ink, width=max(round(0.05 * spot.width * pixels), 1))


def _scaled(point: Point, pixels: int) -> Point:
    return point[0] * pixels, point[1] * pixels


def occlude(
    picture: Image.Image, visible: Image.Image, spot: Pose, mood: Light, dice: Draws
) -> Image.Image:
    """Sometimes put something small before the face; returns what stays visible of it.

    Occluders keep to the rim, at most about a seventh of the face: the class stays readable.
    """
    kind = dice.unit()
    if kind < 0.13:
        return _leaves(picture, visible, spot, mood, dice)
    if kind < 0.25:
        return _sticker(picture, visible, spot, mood, dice)
    if kind < 0.33:
        return _bar(picture, visible, spot, mood, dice)
    return visible


def _leaves(
    picture: Image.Image, visible: Image.Image, spot: Pose, mood: Light, dice: Draws
) -> Image.Image:
    """A twig that reaches in from one side."""
    pixels, base = picture.width, dim(dice.near(dice.pick(LEAVES)), mood.ambient)
    pens = ImageDraw.Draw(picture), ImageDraw.Draw(visible)
    angle = dice.between(0, 2 * pi)
    start, end = (spot.at(r * cos(angle), r * sin(angle)) for r in (2.6, 0.74))
    stem = [_scaled(start, pixels), _scaled(end, pixels)]
    for pen, fill in _both(pens, mix(base, (20, 14, 8), 0.6)):
        pen.line(stem, fill=fill, width=max(round(0.03 * spot.width * pixels), 1))
    for k in range(18):
        along, aside = 1.0 - 0.055 * k, dice.side() * dice.between(0.03, 0.1)
        x = start[0] + (end[0] - start[0]) * along - sin(angle) * aside * spot.width
        y = start[1] + (end[1] - start[1]) * along + cos(angle) * aside * spot.width
        turn, size = dice.between(0, 2 * pi), dice.between(0.075, 0.115) * spot.width
        leaf = [
            ((x + size * (cos(turn) * a - sin(turn) * b)) * pixels,
             (y + size * (sin(turn) * a + cos(turn) * b)) * pixels)
            for a, b in ((-1, 0), (-0.4, 0.45), (0.4, 0.4), (1, 0), (0.4, -0.4), (-0.4, -0.45))
        ]  # fmt: skip
        tone = dice.between(-0.3, 0.25)
        shade = mix(base, (12, 24, 8) if tone < 0 else (210, 220, 120), abs(tone))
        for pen, fill in _both(pens, shade):
            pen.polygon(leaf, fill=fill)
    return visible


def _both(pens: Pens, colour: Colour) -> Iterator[tuple[ImageDraw.ImageDraw, Colour | int]]:
    """The pen on the picture with its colour, and the one that takes from the visible face."""
    yield pens[0], colour
    yield pens[1], 0


def _sticker(
    picture: Image.Image, visible: Image.Image, spot: Pose, mood: Light, dice: Draws
) -> Image.Image:
    """A sticker near the rim of the face, cut off where the face ends."""
    pixels, angle = picture.width, dice.between(0, 2 * pi)
    x, y = (dice.between(0.66, 0.86) * f(angle) for f in (cos, sin))
    r, corners, turn = dice.between(0.11, 0.17), dice.pick((4, 4, 20)), dice.between(0, pi)
    paint = dim(dice.near(dice.pick(PAINTS)), mood.plate)
    outline = [turn + 2 * pi * k / corners for k in range(corners)]

    def patch(radius: float) -> Image.Image:
        layer = Image.new("L", picture.size, 0)
        points = [spot.at(x + radius * cos(a), y + radius * sin(a)) for a in outline]
        ImageDraw.Draw(layer).polygon([_scaled(p, pixels) for p in points], fill=255)
        return ImageChops.multiply(layer, visible)

    whole = patch(r)
    picture.paste(dim((238, 238, 232), mood.plate), (0, 0), whole)
    picture.paste(paint, (0, 0), patch(0.76 * r))
    return ImageChops.subtract(visible, whole)


def _bar(
    picture: Image.Image, visible: Image.Image, spot: Pose, mood: Light, dice: Draws
) -> Image.Image:
    """A thin post or a wire between the camera and the sign."""
    pixels = picture.width
    pens = ImageDraw.Draw(picture), ImageDraw.Draw(visible)
    metal = dim(dice.near((74, 76, 80)), mood.ambient)
    if dice.chance(0.6):
        side = dice.side() * dice.between(0.72, 0.92)
        x, half = spot.at(side, 0)[0], dice.between(0.03, 0.05) * spot.width
        shape = [(x - half, -0.1), (x + half, -0.1), (x + half, 1.1), (x - half, 1.1)]
    else:
        left, right = (spot.at(0, dice.between(-0.7, 0.7))[1] for _ in range(2))
        half = 0.012 * spot.width
        shape = [(-0.1, left - half), (1.1, right - half), (1.1, right + half), (-0.1, left + half)]
    for pen, fill in _both(pens, metal):
        pen.polygon([_scaled(p, pixels) for p in shape], fill=fill)
    return visible


def expose(picture: Image.Image, spot: Pose, mood: Light, dice: Draws) -> NDArray[np.uint8]:
    """What the camera makes of the finished scene: shadow, exposure, blur and noise.

    Returns:
        ``uint8 (H, W, 3)``.
    """
    size = picture.width
    # Blur is measured against the sign, so that a small sign stays as readable as a large one.
    focus = 0.013 * dice.unit() * spot.width * size
    if focus > 0.15:
        picture = picture.filter(ImageFilter.GaussianBlur(focus))
    light = np.asarray(picture).astype(np.float32)
    if dice.chance(0.12):
        light = _shaken(light, 0.04 * spot.width * size, dice)
    light *= _shade(mood, dice, size)
    if mood.name == "fog":
        light += dice.between(0.2, 0.4) * (np.array(mood.low, np.float32) - light)
    exposure = dice.between(0.84, 1.14)
    tint = np.array([dice.between(0.96, 1.04) for _ in range(3)], np.float32)
    light *= exposure * tint
    grain = dice.between(0.5, 6) + (3 if mood.name == "night" else 0)
    light += grain * dice.generator.standard_normal(light.shape, np.float32)
    return light.clip(0, 255).astype(np.uint8)


def _shaken(light: Pixels, length: float, dice: Draws) -> Pixels:
    """Motion blur: the mean of copies shifted by whole pixels along a line `length` pixels long."""
    angle, reach = dice.between(0, pi), max(round(length / 2), 1)
    here, total = np.arange(len(light)), np.zeros_like(light)
    for step in range(-reach, reach + 1):
        down, across = round(step * sin(angle)), round(step * cos(angle))
        rows, columns = (np.clip(here + by, 0, len(light) - 1) for by in (down, across))
        total += light[rows[:, None], columns]
    total /= 2 * reach + 1
    return total


def _shade(mood: Light, dice: Draws, size: int) -> Pixels:
    """``(size, size, 1)`` factors: a vignette and, under the sun, a cast or dappled shadow."""
    line = np.linspace(-1, 1, size, dtype=np.float32)
    kind, depth = dice.unit(), dice.between(0.25, 0.5)
    shade = 1 - dice.between(0.02, 0.12) * (line[:, None] ** 2 + line**2)
    if mood.name in ("day", "dusk") and kind < 0.25:
        angle, edge, soft = dice.between(0, 2 * pi), dice.between(-0.5, 0.5), dice.between(8, 24)
        across = line[:, None] * sin(angle) + line * cos(angle) - edge
        shade *= 1 - depth / (1 + np.exp(-soft * across))
    elif mood.name in ("day", "dusk") and kind < 0.4:
        coarse = dice.generator.random((7, 7), np.float32)
        patches = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
        shade *= 1 - depth / (1 + np.exp(14 * (np.asarray(patches) - 0.5)))
    return shade[..., None].astype(np.float32)
