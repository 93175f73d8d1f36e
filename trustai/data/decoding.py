"""Decoded pictures of any mode as 8-bit RGB, strip by strip, so that memory stays near the file's.

A picture of 40 megapixels takes 160 MB as Pillow holds it. Each conversion of the whole (to RGBA,
onto white, to RGB) would take as much again; of one strip of rows it takes next to nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

MAX_SIDE: Final = 1024
STRIP: Final = 2**20
"""Pixels of a strip, about."""
DEEP: Final = ("I", "F")
TWELVE_BITS: Final = 2**12
DARK: Final = 32
"""A picture whose brightest value of 255 is below this is nearly black."""


def small_rgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """`image` in RGB, transparency laid on white, its longest side at most `MAX_SIDE`.

    It is first reduced by a whole number, the mean of k x k pixels, to not less than twice that
    side, then resampled.

    Args:
        image: Loaded.
        notes: What was done is added to it, in words.
    """
    factor = max(1, max(image.size) // (2 * MAX_SIDE))
    rows = max(factor, STRIP // image.width // factor * factor)
    levels = _levels(image, notes)
    size = -(-image.width // factor), -(-image.height // factor)
    small = Image.new("RGB", size)
    on_white = False
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        rgb, covered = _rgb(strip, levels)
        on_white |= covered
        small.paste(rgb.reduce(factor) if factor > 1 else rgb, (0, top // factor))
    if on_white:
        notes.append("transparency laid on white")
    if max(small.size) > MAX_SIDE:
        small.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    if max(high for _, high in small.getextrema()) < DARK:  # type: ignore[misc]
        notes.append("it is nearly black")
    return small


def _is_deep(image: Image.Image) -> bool:
    return image.mode in DEEP or image.mode.startswith("I;")


def _levels(image: Image.Image, notes: list[str]) -> int:
    """The value that becomes white in a grey picture of more than 8 bits.

    Cameras and microscopes store 12 bits in 16, and no file says so. A picture with no value of
    `TWELVE_BITS` or more would be nearly black: it is taken for one of 12 bits.
    """
    if not _is_deep(image):
        return 255
    brightest = image.getextrema()[1]
    assert isinstance(brightest, int | float)  # of one channel
    if 0 < brightest < TWELVE_BITS:
        notes.append("taken for 12-bit grey, as it would be nearly black in 16 bits")
        return TWELVE_BITS - 1
    notes.append("16-bit grey brought to 8 bits")
    return 2**16 - 1


def _rgb(image: Image.Image, levels: int) -> tuple[Image.Image, bool]:
    """A strip in RGB, and whether any of it was transparent."""
    if _is_deep(image):
        return _from_deep_grey(image, levels)
    if image.mode == "1":
        # Its transparent value is 0 or 1 in the file and 0 or 255 in memory.
        key = image.info.pop("transparency", None)
        image = image.convert("L")
        if isinstance(key, int):
            image.info["transparency"] = 255 * min(key, 1)
    if image.mode == "RGB" and isinstance(key := image.info.get("transparency"), tuple):
        # Of a 16-bit picture Pillow keeps the high bytes, but the key as it was.
        image.info["transparency"] = tuple(v >> 8 if max(key) > 255 else v for v in key)
    if not image.has_transparency_data:
        return image.convert("RGB"), False
    with_alpha = image.convert("RGBA")
    if with_alpha.getchannel("A").getextrema() == (255, 255):
        return with_alpha.convert("RGB"), False
    white = Image.new("RGBA", with_alpha.size, "white")
    return Image.alpha_composite(white, with_alpha).convert("RGB"), True


def _from_deep_grey(image: Image.Image, levels: int) -> tuple[Image.Image, bool]:
    # convert("L") would clip everything above 255 to white.
    values = np.asarray(image).astype(np.float32)
    grey = np.clip(np.rint(values * (255 / levels)), 0, 255).astype(np.uint8)
    clear = values == image.info.get("transparency")
    grey[clear] = 255
    return Image.fromarray(grey).convert("RGB"), bool(clear.any())
