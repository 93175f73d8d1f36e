"""Picture files by name, in a folder or zip that a person brings; nothing of it is trusted."""

from __future__ import annotations

import io
import logging
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trustai.data import uploads
from trustai.data.tables.csv_text import shown

_log = logging.getLogger(__name__)

MAX_FILES: Final = 200_000
MAX_ZIP_BYTES: Final = 10 * 2**30
MAX_RATIO: Final = 50  # unpacked to packed: photographs hardly shrink
HARMLESS: Final = 100 * 2**20  # what may be unpacked at any ratio


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
