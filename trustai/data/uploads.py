"""Decoding of uploaded pictures: bytes become a correct RGB picture.

Whatever the bytes are, `read_image` returns a `Picture` or raises one `ValueError` of one sentence.
It reads bytes only, never a path or an address, and changes no setting of the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trustai.data.decoding import MAX_SIDE, small_rgb
from trustai.data.formats import recognise

if TYPE_CHECKING:
    from torch import Tensor

_log = logging.getLogger(__name__)

MAX_BYTES: Final = 10 * 2**20
MAX_PIXELS: Final = 40_000_000
MIN_SIDE: Final = 8
MAX_ASPECT: Final = 20
ALONE: Final = 4_000_000
"""Pixels above which pictures are decoded one after the other: a class uploads all at once."""
_LARGE = threading.Lock()
MAX_JPEG_SCANS: Final = 64

Crop = Literal["start", "centre", "end", "whole"]
CROPS: Final[tuple[Crop, ...]] = ("start", "centre", "end", "whole")
"""What may become the square that a network sees, see `to_square`."""

FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP", "GIF")

_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as the rest of trustai wants it.

    Attributes:
        pixels: ``uint8 (H, W, 3)`` RGB, upright, read-only; the longest side is at most 1024.
        sha256: Hex digest of the bytes that came in.
        width, height: Of `pixels`.
        format: ``"PNG"``, ``"JPEG"``, ``"WEBP"``, ``"BMP"`` or ``"GIF"``.
        notes: What was done to it, in words: ``"transparency laid on white"``.
        decoded: How many pixels the decoder gave before they were scaled down; of a large JPEG
            fewer than its header says.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    width: int
    height: int
    format: str
    notes: tuple[str, ...] = ()
    decoded: int = 0


def read_image(data: bytes, *, filename: str = "") -> Picture:
    """Reads an uploaded PNG, JPEG, WebP, BMP or GIF.

    EXIF orientation is applied; transparency is laid on white; CMYK, palettes, 16-bit, 1-bit and
    grey become 8-bit RGB; of an animation the first frame is taken; a longest side above 1024 is
    scaled down. At most 10 MB, 40 megapixels, sides of 8 pixels and more, no longer than 20:1.

    Args:
        data: The file's content.
        filename: Only to say what was expected when the content is something else.

    Raises:
        ValueError: in one sentence, for anything that is not such a picture.

    >>> read_image(b"")
    Traceback (most recent call last):
    ...
    ValueError: expected a picture, got an empty file
    """
    if not data:
        raise ValueError("expected a picture, got an empty file")
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"expected a file of at most {MAX_BYTES // 2**20} MB, got {len(data) / 2**20:.1f} MB"
        )
    kind = recognise(data, filename)
    if kind == "WEBP":
        # Its decoder reserves the whole canvas on opening, before Pillow knows the size.
        _check_size(*_webp_size(data))
    image = _open(data, kind)
    _check_size(*image.size)
    large = image.width * image.height > ALONE
    with _LARGE if large else contextlib.nullcontext():
        pixels, notes = _decode(image, kind)
    pixels.flags.writeable = False
    return Picture(
        pixels, hashlib.sha256(data).hexdigest(), pixels.shape[1], pixels.shape[0], kind,
        tuple(notes), decoded=image.width * image.height,
    )  # fmt: skip


def _check_size(width: int, height: int) -> None:
    size = f"{width}x{height}"
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"expected a picture of at most {MAX_PIXELS // 1_000_000} megapixels, got {size}"
        )
    if min(width, height) > 0 and max(width, height) > MAX_ASPECT * min(width, height):
        raise ValueError(f"expected a picture no longer than {MAX_ASPECT}:1, got {size}")
    if min(width, height) < MIN_SIDE:
        raise ValueError(f"expected a picture of at least {MIN_SIDE}x{MIN_SIDE} pixels, got {size}")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from the header of a simple, lossless or extended WebP file."""
    chunk, body = data[12:16], data[20:30]
    if len(body) == 10 and chunk == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if len(body) == 10 and chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if len(body) == 10 and chunk == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise _unreadable("WEBP")


def _unreadable(kind: str) -> ValueError:
    return ValueError(f"expected a complete {kind} picture, got a damaged or truncated file")


def _open(data: bytes, kind: str) -> Image.Image:
    if kind == "JPEG" and (scans := data.count(b"\xff\xda")) > MAX_JPEG_SCANS:
        raise ValueError(f"expected a JPEG of at most {MAX_JPEG_SCANS} scans, got {scans}")
    try:
        return Image.open(io.BytesIO(data), formats=[kind])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(
            f"expected a picture of at most {MAX_PIXELS // 1_000_000} megapixels, got many more"
        ) from error
    except Exception as error:
        # Parsers of hostile bytes raise whatever they trip over; none of it is a fault of ours.
        _log.info("Pillow refused a %s: %r", kind, error)
        raise _unreadable(kind) from error


def _decode(image: Image.Image, kind: str) -> tuple[NDArray[np.uint8], list[str]]:
    notes: list[str] = []
    size = image.size
    try:
        if getattr(image, "is_animated", False) and kind != "JPEG":
            notes.append("first frame of an animation")
        # A JPEG decodes itself at 1/2, 1/4 or 1/8: a tenth of the time and memory.
        image.draft(None, (2 * MAX_SIDE, 2 * MAX_SIDE))
        image.load()
        turn = _turn(image)
        rgb = small_rgb(image, notes)
    except Exception as error:
        _log.info("Pillow failed on a %s: %r", kind, error)
        raise _unreadable(kind) from error
    if max(size) > MAX_SIDE:
        notes.append(f"scaled from {size[0]}x{size[1]} to {rgb.width}x{rgb.height}")
    if turn is not None:
        notes.append("turned upright")
        rgb = rgb.transpose(turn)
    return np.array(rgb, dtype=np.uint8), notes


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception as error:  # noqa: BLE001 - see `_open`
        # A picture with broken EXIF is still a picture.
        _log.info("unreadable EXIF: %r", error)
        return None


def to_square(pixels: NDArray[np.uint8], size: int, *, crop: Crop = "centre") -> NDArray[np.uint8]:
    """The largest square of a picture, or all of it, resized with antialiasing.

    Args:
        pixels: ``uint8 (H, W, 3)``.
        size: Side of the result, 1 to 4096.
        crop: Where along the longer side the square lies: ``"start"`` is left or top, ``"end"``
            right or bottom. ``"whole"`` keeps everything and squeezes the longer side.

    Returns:
        ``uint8 (size, size, 3)``.

    Raises:
        ValueError: other pixels, another size or another crop.

    >>> wide = np.zeros((40, 80, 3), np.uint8)
    >>> wide[:, 60:] = 255
    >>> [int(to_square(wide, 32, crop=crop).mean()) for crop in CROPS]
    [0, 0, 127, 63]
    """
    _check_pixels(pixels)
    if not 1 <= size <= 4096:
        raise ValueError(f"expected size in [1, 4096], got {size}")
    if crop not in CROPS:
        raise ValueError(f"expected crop to be one of {', '.join(CROPS)}, got {crop!r}")
    square = pixels if crop == "whole" else _square(pixels, crop)
    if square.shape[:2] == (size, size):
        return square.copy()
    resized = Image.fromarray(square).resize((size, size), Image.Resampling.LANCZOS)
    return np.array(resized, dtype=np.uint8)


def _square(pixels: NDArray[np.uint8], crop: Crop) -> NDArray[np.uint8]:
    """The largest square at one of three places along the longer side."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (
        {"start": 0, "centre": spare // 2, "end": spare}[crop]
        for spare in (height - side, width - side)
    )
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])


def to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """A picture for a network.

    Args:
        pixels: ``uint8 (H, W, 3)``.

    Returns:
        ``float32 (1, 3, H, W)`` in ``[0, 1]``.

    Raises:
        ValueError: another type or shape.

    >>> to_tensor(np.full((2, 3, 3), 255, np.uint8)).shape
    torch.Size([1, 3, 2, 3])
    """
    import torch

    _check_pixels(pixels)
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))[None]
    return torch.from_numpy(planes.copy()).to(torch.float32) / 255


def _check_pixels(pixels: NDArray[np.uint8]) -> None:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise ValueError(f"expected uint8 pixels (H, W, 3), got {pixels.dtype} {pixels.shape}")
