"""Pictures of one's own in two folders: each folder is a class.

Whatever lies there, `read_classes` returns an `ImageSet` or raises one `ValueError` of one
sentence. Nothing is unpacked to the disk, and pictures are read one at a time::

    pets.zip
        cats/1.jpg
        cats/2.jpg
        dogs/1.jpg
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch

from trustai import seeds
from trustai.data.formats import SUFFIXES
from trustai.data.picture_files import opened, plain_name, read_squares
from trustai.data.tables.csv_text import shown, tidy
from trustai.data.uploads import to_square
from trustai.types import ImageSet, OnProgress

NAME: Final = "own"
WHOLE: Final = "whole"
SIZE: Final = 160
FEWEST: Final = 10
"""Pictures in a folder."""
MOST: Final = 1_000
"""Pictures in both folders together."""
LONGEST_NAME: Final = 30
VALIDATION = 0.2


def read_classes(
    path: str | Path | bytes, *, size: int = SIZE, on_progress: OnProgress | None = None
) -> ImageSet:
    """Two folders of pictures, in a zip or in a folder.

    A folder around the two and folders inside of them do not matter; hidden files and files that
    are not named as pictures are left out. Of every picture the centred square is taken.

    Args:
        path: A zip file or a folder, or the bytes of a zip as they come from an upload.
        size: Side of the squares in pixels.
        on_progress: Called with the share done after every picture; may raise to stop.

    Returns:
        A set named ``"own"`` of the split ``"whole"``; the classes are the names of the folders in
        the order of the alphabet. See `halves`.

    Raises:
        ValueError: in one sentence, for anything else.
    """
    with opened(path if isinstance(path, bytes) else Path(path)) as pictures:
        files = _by_class(pictures.names)
        names = [name for some in files.values() for name in some]
        images = read_squares(pictures, names, size=size, square=to_square, on_progress=on_progress)
    sizes = torch.tensor([len(some) for some in files.values()])
    return ImageSet(
        name=NAME,
        split=WHOLE,
        images=images,
        labels=torch.arange(len(files)).repeat_interleave(sizes),
        classes=tuple(files),
        indices=torch.arange(len(names)),
    )


def halves(whole: ImageSet, *, seed: int = 0) -> tuple[ImageSet, ImageSet]:
    """Training and validation pictures, 80 and 20 % of every class.

    Args:
        whole: From `read_classes`.
        seed: Of which are held out.
    """
    dice = seeds.torch_generator(seed)
    held_out = torch.zeros(len(whole), dtype=torch.bool)
    for label in range(len(whole.classes)):
        rows = (whole.labels == label).nonzero()[:, 0]
        order = rows[torch.randperm(len(rows), generator=dice)]
        held_out[order[: max(1, round(VALIDATION * len(rows)))]] = True
    train, validation = (whole.take(part.nonzero()[:, 0]) for part in (~held_out, held_out))
    return replace(train, split="train"), replace(validation, split="validation")


def _by_class(names: Sequence[str]) -> dict[str, list[str]]:
    """The names of the pictures in each of the two folders, in the order of the alphabet."""
    paths = {name: plain_name(name).split("/") for name in names}
    paths = {name: parts for name, parts in paths.items() if _is_picture(parts)}
    while paths and len({parts[0] for parts in paths.values()}) == 1:
        if min(map(len, paths.values())) <= 2:  # there is no further folder inside
            break
        paths = {name: parts[1:] for name, parts in paths.items()}
    if any(len(parts) < 2 for parts in paths.values()):
        raise ValueError("expected every picture in one of two folders, got some in none")
    found: dict[str, list[str]] = {}
    for name in sorted(paths):
        folder = tidy(paths[name][0])[:LONGEST_NAME] or "no name"
        found.setdefault(folder, []).append(name)
    if len(found) != 2:
        raise ValueError(f"expected two folders of pictures, got {len(found)}")
    if (n := sum(map(len, found.values()))) > MOST:
        raise ValueError(f"expected at most {MOST:,} pictures in the two folders, got {n:,}")
    for folder, some in found.items():
        if len(some) < FEWEST:
            raise ValueError(
                f"expected at least {FEWEST} pictures in every folder, "
                f"got {len(some)} in {shown(folder)}"
            )
    return dict(sorted(found.items()))


def _is_picture(parts: Sequence[str]) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not hidden and parts[-1].rpartition(".")[2].lower() in SUFFIXES
