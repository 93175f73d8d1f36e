"""Picture files by name, in a folder or zip that a person brings; nothing of it is trusted."""

from __future__ import annotations

import io
import logging
import os
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai.data import uploads
from trustai.data.tables.csv_text import shown
from trustai.types import OnProgress

_log = logging.getLogger(__name__)

MAX_FILES: Final = 200_000
MAX_ZIP_BYTES: Final = 10 * 2**30
MAX_RATIO: Final = 50  # unpacked to packed: photographs hardly shrink
HARMLESS: Final = 100 * 2**20  # what may be unpacked at any ratio
PIXELS_EACH: Final = 16_000_000
"""What a picture may have on average: a telephone's photographs pass, bombs do not."""


@dataclass(frozen=True)
class Pictures:
    """Files by the name they have inside a folder or zip, with ``/`` between its parts."""

    names: Sequence[str]
    read: Callable[[str], bytes]


@contextmanager
def opened(path: Path | bytes) -> Iterator[Pictures]:
    if isinstance(path, bytes) or path.is_file():
        size = len(path) if isinstance(path, bytes) else path.stat().st_size
        with _archive(path, size) as archive:
            yield _zipped(archive, size)
    elif path.is_dir():
        yield _folder(path)
    else:
        raise ValueError(f"expected a folder or zip of pictures, got no such {shown(path.name)}")


def plain_name(name: str) -> str:
    """A file's name as the same everywhere: ``/`` between its parts, no ``./`` in front, and one
    code for a letter with its accent, which some systems write in two."""
    parts = unicodedata.normalize("NFC", name).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part != ".")


def read_squares(
    pictures: Pictures,
    names: Sequence[str],
    *,
    size: int,
    square: Callable[[NDArray[np.uint8], int], NDArray[np.uint8]],
    on_progress: OnProgress | None = None,
) -> Tensor:
    """``uint8 (N, 3, size, size)``: the named pictures, read one at a time.

    Args:
        pictures: Where they are, see `opened`.
        names: Of some of them.
        size: Side of the squares.
        square: Makes a square of a picture ``(H, W, 3)``.
        on_progress: Called with the share done after every picture; may raise to stop.

    Raises:
        ValueError: one is no picture, and says which; or all together are too large.
    """
    images = np.empty((len(names), 3, size, size), dtype=np.uint8)
    left = PIXELS_EACH * max(len(names), 10)
    for i, name in enumerate(names):
        picture = _picture(pictures, name)
        left -= picture.decoded
        if left < 0:
            raise ValueError(
                f"expected pictures of at most {PIXELS_EACH // 10**6} megapixels on average, "
                "got larger ones: scale them down first"
            )
        images[i] = square(picture.pixels, size).transpose(2, 0, 1)
        if on_progress is not None:
            on_progress((i + 1) / len(names))
    return torch.from_numpy(images)


def _picture(pictures: Pictures, name: str) -> uploads.Picture:
    try:
        return uploads.read_image(pictures.read(name), filename=name)
    except ValueError as error:
        raise ValueError(f"{error} in {shown(name)}") from error


def _folder(path: Path) -> Pictures:
    root = path.resolve()
    names: list[str] = []
    for folder, _, files in os.walk(root):  # does not follow links to folders
        names += [(Path(folder) / file).relative_to(root).as_posix() for file in files]
        if len(names) > MAX_FILES:
            raise ValueError(f"expected a folder of at most {MAX_FILES:,} files, got more")

    def read(name: str) -> bytes:
        file = (root / name).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            raise ValueError("expected a file inside the folder, got a link or device")
        _check_size(file.stat().st_size)
        return file.read_bytes()

    return Pictures(names, read)


def _archive(path: Path | bytes, size: int) -> zipfile.ZipFile:
    if size > MAX_ZIP_BYTES:
        raise ValueError(
            f"expected a zip file of at most {MAX_ZIP_BYTES // 2**30} GB, got {size / 2**30:.1f} GB"
        )
    try:
        return zipfile.ZipFile(io.BytesIO(path) if isinstance(path, bytes) else path)
    except Exception as error:
        # As in `trustai.data.uploads`: parsers of hostile bytes raise whatever they trip over.
        _log.info("unreadable zip: %s", type(error).__name__)  # its text may quote it
        raise ValueError("expected a folder or zip of pictures, got a damaged or other file") from (
            error
        )


def _zipped(archive: zipfile.ZipFile, size: int) -> Pictures:
    members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
    if len(archive.infolist()) > MAX_FILES:
        raise ValueError(f"expected a zip of at most {MAX_FILES:,} files, got more")
    unpacked = sum(info.file_size for info in members.values())
    if unpacked > max(HARMLESS, MAX_RATIO * size):
        raise ValueError(
            f"expected a zip that unpacks to at most {MAX_RATIO} times its size, got "
            f"{unpacked / size:,.0f} times"
        )

    def read(name: str) -> bytes:
        info = members[name]
        if info.flag_bits & 1:
            raise ValueError("expected pictures without a password, got an encrypted one")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Python unpacks the others without a limit, whatever size they claim to have.
            raise ValueError("expected pictures stored or deflated, got another way of packing")
        _check_size(info.file_size)
        try:
            return archive.read(info)
        except Exception as error:
            _log.info("unreadable member of a zip: %s", type(error).__name__)
            raise ValueError("expected a complete picture, got damaged bytes") from error

    return Pictures(list(members), read)


def _check_size(size: int) -> None:
    if size > uploads.MAX_BYTES:
        raise ValueError(
            f"expected a file of at most {uploads.MAX_BYTES // 2**20} MB, got {size / 2**20:.1f} MB"
        )
