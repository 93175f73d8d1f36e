"""Uploaded pictures with captions: a folder or zip of pictures, and a CSV or COCO's JSON.

Whatever lies there, `read_folder` returns a `CaptionSet` or raises one `ValueError` of one
sentence.
Nothing is unpacked to the disk; only pictures that have a caption are read, one at a time.

The CSV has the columns ``file`` and ``caption``, and ``language`` where there are several::

    file,caption,language
    beach.jpg,A dog runs on the beach.,en
    beach.jpg,سگی در ساحل می‌دود.,fa
"""

from __future__ import annotations

import io
import logging
import os
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from trustai.data import uploads
from trustai.data.captions.base import (
    CAPTION_SETS,
    SIZE,
    CaptionSource,
    parts,
    squeezed,
)
from trustai.data.captions.own_lines import CaptionLine, read_lines
from trustai.data.splits import check_split, sample
from trustai.data.tables.csv_text import shown
from trustai.data.text import LANGUAGES
from trustai.types import CaptionSet

_log = logging.getLogger(__name__)

NAME: Final = "own"
WHOLE: Final = "whole"
MAX_PICTURES: Final = 50_000
MAX_FILES: Final = 200_000
MAX_ZIP_BYTES: Final = 10 * 2**30
MAX_RATIO: Final = 50  # unpacked to packed: photographs hardly shrink
HARMLESS: Final = 100 * 2**20  # what may be unpacked at any ratio
MIN_TO_SPLIT: Final = 10


@dataclass(frozen=True)
class Pictures:
    """Files by the name they have inside a folder or zip, with ``/`` between its parts."""

    names: Sequence[str]
    read: Callable[[str], bytes]


def read_folder(
    path: str | Path | bytes,
    *,
    captions: str | Path | bytes,
    language: str | None = None,
    size: int = SIZE,
    most: int = MAX_PICTURES,
) -> CaptionSet:
    """Pictures and what is said about them, for training on one's own data.

    A picture is found by its name within the folder or zip, or by the end of it where that is the
    only such one (``a.jpg`` for ``photos/a.jpg``). Pictures without a caption are left out.

    Args:
        path: A folder, or a zip file; or the bytes of one, as they come from an upload.
        captions: A CSV with the columns ``file``, ``caption`` and maybe ``language``, or JSON as
            COCO's (``images`` with ``id`` and ``file_name``, ``annotations`` with ``image_id`` and
            ``caption``); or the bytes of it.
        language: Of all captions of which no column says it.
        size: Side of the squares to which the pictures are squeezed.
        most: Pictures that there may be, as all of them are held in memory.

    Returns:
        A set named ``"own"`` of the split ``"whole"``, in the order of the captions; see `part`.

    Raises:
        ValueError: in one sentence, for anything else.
    """
    lines = read_lines(_place(captions), language=language)
    by_file: dict[str, list[CaptionLine]] = {}
    for line in lines:
        by_file.setdefault(line.file, []).append(line)
    if len(by_file) > most:
        raise ValueError(f"expected at most {most:,} pictures here, got {len(by_file):,}")
    return _set_of(by_file, _images(_place(path), list(by_file), size))


def _images(path: Path | bytes, files: Sequence[str], size: int) -> Tensor:
    """``uint8 (N, 3, size, size)``."""
    with _opened(path) as pictures:
        places = _found(files, pictures.names)
        images = np.empty((len(files), 3, size, size), dtype=np.uint8)
        for i, name in enumerate(places):
            images[i] = _picture(pictures, name, size)
    return torch.from_numpy(images)


def _set_of(by_file: Mapping[str, Sequence[CaptionLine]], images: Tensor) -> CaptionSet:
    spoken = {line.language for lines in by_file.values() for line in lines}
    return CaptionSet(
        name=NAME,
        split=WHOLE,
        images=images,
        captions={
            one: tuple(
                tuple(x.text for x in some if x.language == one) for some in by_file.values()
            )
            for one in LANGUAGES.names()
            if one in spoken
        },
        indices=torch.arange(len(by_file)),
    )


def add_own(whole: CaptionSet) -> str:
    """Make one's own pictures a caption set of this process; returns its name."""
    CAPTION_SETS.add(
        NAME,
        CaptionSource(
            title="Pictures of your own",
            languages=tuple(whole.captions),
            size=whole.images.shape[-1],
            source=lambda: "memory",
            read=lambda split, n, seed: sample(part(whole, split), n, seed),
            n_test=len(part(whole, "test")),
        ),
    )
    return NAME


def part(whole: CaptionSet, split: str) -> CaptionSet:
    """``"train"`` (80 %), ``"validation"`` or ``"test"`` (10 % each) of one's own pictures.

    Raises:
        ValueError: unknown split, not a whole set, or fewer than 10 pictures.
    """
    check_split(split)
    if whole.split != WHOLE:
        raise ValueError(f"expected a whole set to split, got its part {whole.split!r}")
    if len(whole) < MIN_TO_SPLIT:
        raise ValueError(f"expected at least {MIN_TO_SPLIT} pictures to split, got {len(whole)}")
    tenth = len(whole) // 10
    rows = parts(len(whole), held_out={"test": tenth, "validation": tenth})[split]
    chosen = whole.take(torch.from_numpy(rows))
    return replace(chosen, split=split, indices=torch.arange(len(rows)))


# -- pictures --------------------------------------------------------------------------------


def _found(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """The name of each wanted picture among all names: the same, the only one that is the same but
    for case, or the only one ending in it."""
    exact = {_plain_name(name): name for name in names}
    by_case: dict[str, list[str]] = {}
    by_end: dict[str, list[str]] = {}
    for name in exact:
        by_case.setdefault(name.casefold(), []).append(name)
        by_end.setdefault(name.casefold().rpartition("/")[2], []).append(name)
    found, missing = [], []
    for file in map(_plain_name, wanted):
        lower = file.casefold()
        ends = by_end.get(lower.rpartition("/")[2], ())
        ends = [name for name in ends if name.casefold().endswith("/" + lower)]
        same = [file] if file in exact else by_case.get(lower) or ends
        if len(same) == 1:
            found.append(exact[same[0]])
        elif same:
            raise ValueError(f"expected one picture {shown(file)}, got {len(same)} of this name")
        else:
            missing.append(file)
    if missing:
        others = f" and {len(missing) - 1:,} others" if len(missing) > 1 else ""
        raise ValueError(
            f"expected a picture for every caption, got none named {shown(missing[0])}{others}"
        )
    return found


def _plain_name(name: str) -> str:
    """A file's name as the same everywhere: ``/`` between its parts, no ``./`` in front, and one
    code for a letter with its accent, which some systems write in two."""
    parts = unicodedata.normalize("NFC", name).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part != ".")


def _picture(pictures: Pictures, name: str, size: int) -> np.ndarray:
    """``uint8 (3, size, size)``."""
    try:
        pixels = uploads.read_image(pictures.read(name), filename=name).pixels
    except ValueError as error:
        raise ValueError(f"{error} in {shown(name)}") from error
    return squeezed(pixels, size).transpose(2, 0, 1)


def _place(given: str | Path | bytes) -> Path | bytes:
    return given if isinstance(given, bytes) else Path(given)


@contextmanager
def _opened(path: Path | bytes) -> Iterator[Pictures]:
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
