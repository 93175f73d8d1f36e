"""Tensors as pictures: perturbations magnified, maps in colour, frames, grids and PNG files."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import plotly.colors
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from trustai.plots import colours

Pixels = NDArray[np.uint8]

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
SMALLEST = 11
"""Size in pixels below which a title is not set."""
DASH = 10
"""Length in pixels of the gaps of a dashed frame."""
HEAT_PERCENTILE = 99.5
"""A map's scale ends here: a few extreme pixels must not leave all others black."""


def to_pixels(x: Tensor) -> Pixels:
    """A picture as bytes for the screen.

    Args:
        x: ``(3, H, W)``; values outside of ``[0, 1]`` are clipped.

    Returns:
        ``uint8 (H, W, 3)``.
    """
    return (x.detach().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()


def magnified(delta: Tensor) -> tuple[Pixels, float]:
    """A perturbation drawn around grey, and by how much it was multiplied.

    The largest change becomes black or white: ``0.5 + factor * delta``. A perturbation of
    nothing stays grey, with factor 1.

    Args:
        delta: ``(3, H, W)``.

    Returns:
        ``uint8 (H, W, 3)`` and the factor.
    """
    largest = delta.abs().max().item()
    factor = 0.5 / largest if largest > 0 else 1.0
    return to_pixels(0.5 + factor * delta), factor


def framed(pixels: Pixels, colour: str, *, side: int = 320, border: int = 8) -> Pixels:
    """The picture enlarged without smoothing to about `side` pixels, in a frame of `colour`.

    Without smoothing because the pixels are what the network sees; larger pictures are scaled
    down with smoothing. The frame of an attacked picture is dashed: colour never says it alone.

    Args:
        pixels: ``uint8 (H, W, 3)``.
        colour: ``#RRGGBB``.
        side: Of the longer side, without the frame.
        border: Width of the frame in pixels.
    """
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        whole = max(1, round(scale))
        shown = pixels.repeat(whole, axis=0).repeat(whole, axis=1)
    else:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        shown = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
    frame = np.empty((shown.shape[0] + 2 * border, shown.shape[1] + 2 * border, 3), np.uint8)
    frame[:] = colours.rgb(colour)
    if colour == colours.ATTACKED:
        along = np.add.outer(np.arange(frame.shape[0]), np.arange(frame.shape[1])) // DASH
        frame[along % 3 == 2] = 255
    frame[border : border + shown.shape[0], border : border + shown.shape[1]] = shown
    return frame


def png(pixels: Pixels) -> bytes:
    """The bytes of a PNG file.

    Args:
        pixels: ``uint8 (H, W, 3)``.
    """
    file = io.BytesIO()
    # A third of the usual level's time for a tenth more bytes: a page waits for it at every change.
    Image.fromarray(pixels).save(file, "PNG", compress_level=2)
    return file.getvalue()


@functools.cache
def colour_table(name: str) -> Pixels:
    """``uint8 (256, 3)``: the colour map `name` of Plotly (``inferno``, ``RdBu_r``, …).

    Args:
        name: Of a continuous colour scale of Plotly.
    """
    scale = plotly.colors.get_colorscale(name)
    positions = [p for p, _ in scale]
    texts = plotly.colors.convert_colors_to_same_type([c for _, c in scale], "tuple")[0]
    at = np.linspace(0, 1, 256)
    channels = [np.interp(at, positions, [c[i] for c in texts]) for i in range(3)]
    return np.round(255 * np.stack(channels, 1)).astype(np.uint8)


def heat_scale(values: NDArray[np.float32]) -> float:
    """The magnitude at which a map ``(H, W)`` reaches the end of its colours, greater than 0.

    Args:
        values: ``(H, W)``, of any sign.
    """
    magnitudes = np.abs(values)
    scale = float(np.percentile(magnitudes, HEAT_PERCENTILE)) or float(magnitudes.max())
    return scale if scale > 0 else 1.0


def heat(
    values: NDArray[np.float32],
    *,
    signed: bool,
    table: str | None = None,
    scale: float | None = None,
) -> Pixels:
    """A map ``(H, W)`` in colour, ``uint8 (H, W, 3)``.

    Args:
        values: Finite.
        signed: Centred at zero in a diverging map; else from zero up.
        table: A colour map of Plotly; by default the one in `trustai.plots.colours` for each kind.
        scale: Where the colours end; by default `heat_scale`.
    """
    share = values / (heat_scale(values) if scale is None else scale)
    share = (share + 1) / 2 if signed else share
    rows = np.round(255 * np.clip(share, 0, 1)).astype(np.uint8)
    return colour_table(table or (colours.SIGNED if signed else colours.MAGNITUDES))[rows]


def overlay(picture: Pixels, coloured: Pixels, *, opacity: float) -> Pixels:
    """A coloured map ``(h, w, 3)`` over the grey form of the picture ``(H, W, 3)``.

    Grey, because the picture's own colours would be read as values. `opacity` in [0, 1] of the
    map; at 0 the picture shows in its own colours. A smaller map is enlarged, bilinearly.

    Args:
        picture: ``uint8 (H, W, 3)``.
        coloured: ``uint8 (h, w, 3)``, enlarged to the picture's size.
        opacity: Of the map, in ``[0, 1]``.
    """
    if opacity == 0:
        return picture
    if coloured.shape != picture.shape:
        size = (picture.shape[1], picture.shape[0])
        enlarged = Image.fromarray(coloured).resize(size, Image.Resampling.BILINEAR)
        coloured = np.asarray(enlarged)
    grey = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    mixed = (1 - opacity) * grey[..., None] + opacity * coloured
    return np.round(mixed).astype(np.uint8)


def fine_lines(pixels: Tensor) -> Pixels:
    """An attribution per colour ``(3, H, W)`` as a picture around grey, as in Springenberg et al.

    ``0.5 + 0.5 * pixels / scale`` with the scale at the percentile that `heat_scale` takes.

    Args:
        pixels: ``float (3, H, W)``, signed.
    """
    scale = heat_scale(pixels.abs().amax(0).numpy())
    return to_pixels(0.5 + 0.5 * pixels / scale)


def grid(tiles: Sequence[tuple[str, Pixels]], *, columns: int, side: int = 320) -> Pixels:
    """Pictures with their titles as one picture on white, for a slide.

    Args:
        tiles: Title and ``uint8 (H, W, 3)``, row by row.
        columns: Pictures in a row.
        side: Of each picture in pixels.
    """
    gap, text = 12, 34
    rows = -(-len(tiles) // columns)
    width, height = columns * (side + gap) + gap, rows * (side + text + gap) + gap
    sheet = Image.new("RGB", (width, height), colours.LIGHT_BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    for i, (title, pixels) in enumerate(tiles):
        left = gap + (i % columns) * (side + gap)
        top = gap + (i // columns) * (side + text + gap)
        smooth = max(pixels.shape[:2]) > side
        resample = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
        sheet.paste(Image.fromarray(pixels).resize((side, side), resample), (left, top + text))
        font = fitting(title, side, largest=20)
        pen.text((left, top + text / 2), title, fill="black", font=font, anchor="lm")
    return np.asarray(sheet)


@functools.cache
def font_of(size: int) -> Font:
    """DejaVu Sans, which knows Persian letters too, of the package matplotlib; else Pillow's own.

    The package is located, not imported: that costs half a second.
    """
    spec = find_spec("matplotlib")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    file = folder / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(file, size) if file.is_file() else ImageFont.load_default(size=size)


def fitting(title: str, width: int, *, largest: int) -> Font:
    """The largest font in which a title is at most `width` pixels long, if any is."""
    sizes = range(largest, SMALLEST, -1)
    return next(
        (font_of(s) for s in sizes if font_of(s).getlength(title) <= width), font_of(SMALLEST)
    )


def mosaic(tiles: Sequence[Pixels], *, columns: int, side: int, gap: int = 6) -> Pixels:
    """Small pictures of one size in rows, enlarged without smoothing, on grey.

    Args:
        tiles: ``uint8 (H, W, 3)`` each, row by row.
        columns: Pictures in a row.
        side: Of each picture in pixels, about: pictures are enlarged by a whole number.
        gap: Between pictures, in pixels.
    """
    scale = max(1, side // tiles[0].shape[0])
    cells = [t.repeat(scale, axis=0).repeat(scale, axis=1) for t in tiles]
    high, wide = cells[0].shape[0] + gap, cells[0].shape[1] + gap
    rows = -(-len(cells) // columns)
    sheet = np.full((rows * high - gap, columns * wide - gap, 3), 128, np.uint8)
    for i, cell in enumerate(cells):
        top, left = i // columns * high, i % columns * wide
        sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return sheet


def sheet(
    title: str,
    heads: Sequence[str],
    rows: Sequence[tuple[Sequence[str], Sequence[Pixels | None]]],
    *,
    side: int = 224,
) -> Pixels:
    """A table of pictures with words as one picture on white, for a slide or a page of print.

    Args:
        title: Above it all.
        heads: Of the columns of pictures.
        rows: Lines of words, and as many pictures as there are heads; None for a place that stays
            empty. The first line is set larger.
        side: Of each picture in pixels.
    """
    large, font = font_of(22), font_of(18)
    gap, words, top = 12, 250, 118
    size = (words + len(heads) * (side + gap) + gap, top + len(rows) * (side + gap) + gap)
    page = Image.new("RGB", size, colours.LIGHT_BACKGROUND)
    pen = ImageDraw.Draw(page)
    pen.text((gap, gap), title, fill="black", font=font_of(28))
    for column, head in enumerate(heads):
        text = broken(head, font, side)
        left = words + column * (side + gap)
        pen.multiline_text((left, top - gap), text, fill="black", font=font, anchor="ld")
    for row, (lines, tiles) in enumerate(rows):
        upper: float = top + row * (side + gap)
        for i, line in enumerate(lines):
            text = broken(line, font if i else large, words - 2 * gap)
            pen.multiline_text((gap, upper), text, fill="black", font=font if i else large)
            upper = pen.multiline_textbbox((gap, upper), text, font=font if i else large)[3] + gap
        for column, tile in enumerate(tiles):
            place = words + column * (side + gap), top + row * (side + gap)
            if tile is not None:
                shown = Image.fromarray(tile).resize((side, side), Image.Resampling.LANCZOS)
                page.paste(shown, place)
    return np.asarray(page)


def broken(text: str, font: Font, width: int) -> str:
    """The text in lines of at most `width` pixels, broken between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)
