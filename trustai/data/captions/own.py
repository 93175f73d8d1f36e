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

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from trustai.data.captions.base import (
    CAPTION_SETS,
    SIZE,
    CaptionSource,
    parts,
    squeezed,
)
from trustai.data.captions.own_lines import CaptionLine, read_lines
from trustai.data.picture_files import opened, plain_name, read_squares
from trustai.data.splits import check_split, sample
from trustai.data.tables.csv_text import shown
from trustai.data.text import LANGUAGES
from trustai.types import CaptionSet, OnProgress

_log = logging.getLogger(__name__)

NAME: Final = "own"
WHOLE: Final = "whole"
MAX_PICTURES: Final = 50_000
MIN_TO_SPLIT: Final = 10


def read_folder(
    path: str | Path | bytes,
    *,
    captions: str | Path | bytes,
    language: str | None = None,
    size: int = SIZE,
    most: int = MAX_PICTURES,
    on_progress: OnProgress | None = None,
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
        on_progress: Called with the share done after every picture, in ``[0, 1]``; may raise to
            stop.

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
    return _set_of(by_file, _images(_place(path), list(by_file), size, on_progress))


def _images(
    path: Path | bytes, files: Sequence[str], size: int, on_progress: OnProgress | None
) -> Tensor:
    """``uint8 (N, 3, size, size)``."""
    with opened(path) as pictures:
        places = _found(files, pictures.names)
        return read_squares(pictures, places, size=size, square=squeezed, on_progress=on_progress)


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
    exact = {plain_name(name): name for name in names}
    by_case: dict[str, list[str]] = {}
    by_end: dict[str, list[str]] = {}
    for name in exact:
        by_case.setdefault(name.casefold(), []).append(name)
        by_end.setdefault(name.casefold().rpartition("/")[2], []).append(name)
    found, missing = [], []
    for file in map(plain_name, wanted):
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


def _place(given: str | Path | bytes) -> Path | bytes:
    return given if isinstance(given, bytes) else Path(given)
