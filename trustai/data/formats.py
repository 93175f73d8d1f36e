"""Formats of uploaded pictures, told by their first bytes."""

from __future__ import annotations

from typing import Final

SUFFIXES: Final = ("png", "jpg", "jpeg", "webp", "bmp", "gif")

_OTHERS: Final = (
    (b"%PDF", "a PDF file"),
    (b"%!PS", "a PostScript file"),
    (b"II*\0", "a TIFF file"),
    (b"MM\0*", "a TIFF file"),
    (b"\0\0\1\0", "an icon file"),
    (b"PK\3\4", "a ZIP or Office file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"8BPS", "a Photoshop file"),
    (b"\x80\4", "a pickle"),
    (b"\x80\5", "a pickle"),
)


def recognise(data: bytes, filename: str) -> str:
    """The format by its first bytes; the name is never trusted.

    Raises:
        ValueError: it is none of the five; with what it seems to be.

    >>> recognise(b"GIF89a...", "cat.png")
    'GIF'
    """
    head = data[:16]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"BM"):
        return "BMP"
    raise ValueError(
        f"expected a PNG, JPEG, WebP, BMP or GIF picture, got {_described(data)}{_named(filename)}"
    )


def _described(data: bytes) -> str:
    for magic, name in _OTHERS:
        if data.startswith(magic):
            return name
    if data[4:8] == b"ftyp":
        return "a HEIC, AVIF or video file"
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start:
        return "an SVG drawing"
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if start and all(byte >= 32 or byte in (9, 10, 13) for byte in start[:64]):
        return "text"
    return "something else"


def _named(filename: str) -> str:
    suffix = filename.rpartition(".")[2].lower()
    return f" named .{suffix}" if suffix in SUFFIXES else ""
