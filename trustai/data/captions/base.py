"""The registry of caption data sets, and pairs of captions in two languages.

- ``scenes``: drawn and described by trustai, English and Persian, always here.
- ``flickr8k-1000``: ``$TRUSTAI_DATA/captions/flickr8k-1000.parquet``, columns ``image`` (encoded
  bytes), ``file`` and ``captions_en``, a list of sentences. Its Persian captions are in
  ``captions/flickr8k-fa.parquet`` (``file``, ``en``, ``fa``, one row per caption, translated by
  machine); where that is missing the pictures have English ones only.
- ``coco-mini``: ``$TRUSTAI_DATA/captions/coco-mini.parquet``, with ``captions_fa`` besides, which
  few pictures have.
- `text_pairs`: ``$TRUSTAI_DATA/captions/coco-val2017-fa.jsonl.gz``, one JSON object per line with
  ``image_id``, ``en`` and ``fa``.

Every photograph becomes a square of 224 pixels, the size that ImageNet's networks know: the whole
picture, squeezed.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from PIL import Image

from trustai.data import scenes
from trustai.data.images.parquet import decoded
from trustai.data.sources import DataMissing, prepared_dir
from trustai.data.splits import sample
from trustai.registry import Registry
from trustai.types import CaptionSet

SIZE: Final = 224
SPLIT_SEED: Final = 0
N_SCENES: Final = {"train": 4_000, "validation": 500, "test": 1_000}
N_FLICKR: Final = {"test": 100, "validation": 100}
N_COCO: Final = {"test": 30, "validation": 10}  # of the pictures with Persian captions

FLICKR: Final = "flickr8k-1000"
FLICKR_FA: Final = "flickr8k-fa"
COCO: Final = "coco-mini"
PAIRS: Final = "coco-val2017-fa.jsonl.gz"


@dataclass(frozen=True)
class CaptionSource:
    """What the rest of trustai may know of captioned pictures before they are read.

    Attributes:
        title: For people.
        languages: Of the captions.
        size: Side of the square pictures in pixels.
        source: Returns where it would be read from, or None where its files are missing.
        read: ``(split, n, seed) -> CaptionSet``; n is None for the whole split.
        n_test: Number of pictures in the test split.
        download: As in `trustai.data.Dataset`: None where there is nothing to download.
    """

    title: str
    languages: tuple[str, ...]
    size: int
    source: Callable[[], str | None]
    read: Callable[[str, int | None, int], CaptionSet]
    n_test: int
    download: Callable[[], Iterator[float]] | None = None


def squeezed(pixels: NDArray[np.uint8], size: int = SIZE) -> NDArray[np.uint8]:
    """``uint8 (H, W, 3)`` -> ``(size, size, 3)``: all of the picture, with antialiasing.

    What a caption speaks of may stand at the edge, so nothing is cut off.
    """
    picture = Image.fromarray(pixels).resize((size, size), Image.Resampling.LANCZOS)
    return np.array(picture, dtype=np.uint8)


def parts(
    n: int, *, held_out: dict[str, int], among: NDArray[np.int64] | None = None
) -> dict[str, NDArray[np.int64]]:
    """Which of `n` pictures belong to which split: drawn by seed 0, ascending.

    Args:
        held_out: Split to its number of pictures; ``"train"`` gets all others.
        among: The pictures from which the held-out ones are drawn; all where None.
    """
    pool = np.arange(n) if among is None else among
    drawn = np.random.Generator(np.random.PCG64(SPLIT_SEED)).permutation(pool)
    splits, at = {}, 0
    for split, count in held_out.items():
        splits[split] = np.sort(drawn[at : at + count])
        at += count
    return splits | {"train": np.setdiff1d(np.arange(n), drawn[:at])}


def text_pairs(*, whole: bool = False) -> tuple[tuple[str, str], ...]:
    """Captions of COCO's validation pictures in English and, translated by machine, in Persian.

    Args:
        whole: With the captions of pictures that are in ``coco-mini``'s validation and test
            split: to count words, never to train.

    Returns:
        ``((English, Persian), ...)`` as they were written.

    Raises:
        DataMissing: the file, or ``coco-mini`` that says what to leave out, is not there.
    """
    path = _file(PAIRS)
    if path is None:
        raise DataMissing(
            f"expected $TRUSTAI_DATA/captions/{PAIRS} (one object with image_id, en and fa per "
            "line), got no such file"
        )
    held_out = set() if whole else _held_out_ids()
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return tuple(
            (row["en"].strip(), row["fa"].strip())
            for row in rows
            if int(row["image_id"]) not in held_out
        )
    except (
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise DataMissing(
            f"expected lines of image_id, en and fa in {path}, got: {error!r}"
        ) from error


def has_text_pairs() -> bool:
    """Whether `text_pairs` would find its files."""
    return _file(PAIRS) is not None and _file(f"{COCO}.parquet") is not None


def _held_out_ids() -> set[int]:
    """COCO's numbers of the pictures that are never trained on."""
    table, _ = _table(COCO)
    files = table.column("file").to_pylist()
    splits = _coco_splits(table)
    return {int(Path(files[i]).stem.rpartition("_")[2]) for split in N_COCO for i in splits[split]}


def _file(name: str) -> Path | None:
    prepared = prepared_dir()
    path = prepared / "captions" / name if prepared else None
    return path if path and path.is_file() else None


def _source(name: str) -> str | None:
    return "prepared" if _file(f"{name}.parquet") else None


def _table(name: str) -> tuple[pa.Table, Path]:
    path = _file(f"{name}.parquet")
    columns = ["image", "file", "captions_en", *(["captions_fa"] if name == COCO else [])]
    if path is None:
        raise DataMissing(
            f"expected photographs in $TRUSTAI_DATA/captions as {name}.parquet (columns "
            f"{', '.join(columns)}), got no such file"
        )
    table = pq.read_table(path)
    missing = [column for column in columns if column not in table.column_names]
    if missing:
        raise DataMissing(
            f"expected the columns {', '.join(columns)} in {path}, got no {missing[0]}"
        )
    return table, path


def _coco_splits(table: pa.Table) -> dict[str, NDArray[np.int64]]:
    persian = [i for i, texts in enumerate(table.column("captions_fa").to_pylist()) if texts]
    return parts(len(table), held_out=N_COCO, among=np.array(persian, dtype=np.int64))


def _read(name: str, split: str) -> CaptionSet:
    table, path = _table(name)
    splits = _coco_splits(table) if name == COCO else parts(len(table), held_out=N_FLICKR)
    table = table.take(pa.array(splits[split]))
    captions = {
        language: tuple(
            tuple(text.strip() for text in texts or ())
            for texts in table.column(f"captions_{language}").to_pylist()
        )
        for language in ("en", *(["fa"] if name == COCO else []))
    }
    if name == FLICKR:
        persian = persian_of_flickr()
        captions["fa"] = tuple(
            tuple(fa for _, fa in persian.get(file, ()))
            for file in table.column("file").to_pylist()
        )
    return CaptionSet(
        name=name,
        split=split,
        images=torch.from_numpy(decoded(table, path=path, prepare=squeezed)),
        captions=captions,
        indices=torch.arange(len(table)),
    )


def persian_of_flickr() -> dict[str, list[tuple[str, str]]]:
    """File name of a Flickr8k photograph to its captions ``(English, Persian)``.

    Empty where ``flickr8k-fa.parquet`` is not on this machine.

    Raises:
        DataMissing: the file has other columns.
    """
    path = _file(f"{FLICKR_FA}.parquet")
    if path is None:
        return {}
    table = pq.read_table(path)
    if missing := {"file", "en", "fa"} - set(table.column_names):
        raise DataMissing(f"expected the columns file, en, fa in {path}, got no {min(missing)}")
    found: dict[str, list[tuple[str, str]]] = {}
    for row in table.select(["file", "en", "fa"]).to_pylist():
        found.setdefault(row["file"], []).append((row["en"].strip(), row["fa"].strip()))
    return found


def flickr_pairs() -> tuple[tuple[str, str], ...]:
    """Captions ``(English, Persian)`` of the Flickr8k photographs that are *not* among the 1,000
    of ``flickr8k-1000``, so of none that is held out: sentences without a picture.

    Raises:
        DataMissing: a file is not there.
    """
    by_file = persian_of_flickr()
    if not by_file:
        raise DataMissing(
            f"expected $TRUSTAI_DATA/captions/{FLICKR_FA}.parquet (columns file, en and fa), got "
            "no such file"
        )
    table, _ = _table(FLICKR)
    known = set(table.column("file").to_pylist())
    return tuple(pair for file, some in by_file.items() if file not in known for pair in some)


TEXTS: Final[dict[str, Callable[[], tuple[tuple[str, str], ...]]]] = {
    "coco-val2017-fa": text_pairs,
    FLICKR_FA: flickr_pairs,
}
"""Sentences in two languages about pictures that are not here, by name."""

CAPTION_SETS: Registry[CaptionSource] = Registry("set of captioned pictures")

CAPTION_SETS.add(
    "scenes",
    CaptionSource(
        title="Street scenes, drawn by trustai",
        languages=scenes.LANGUAGES,
        size=scenes.SIZE,
        source=lambda: "embedded",
        read=lambda split, n, seed: scenes.generate(
            split=split, n=N_SCENES[split] if n is None else n, seed=seed
        ),
        n_test=N_SCENES["test"],
    ),
)
CAPTION_SETS.add(
    FLICKR,
    CaptionSource(
        title="1,000 photographs of Flickr8k",
        languages=("en", "fa"),
        size=SIZE,
        source=lambda: _source(FLICKR),
        read=lambda split, n, seed: sample(_read(FLICKR, split), n, seed),
        n_test=N_FLICKR["test"],
    ),
)
CAPTION_SETS.add(
    COCO,
    CaptionSource(
        title="159 photographs of COCO",
        languages=("en", "fa"),
        size=SIZE,
        source=lambda: _source(COCO),
        read=lambda split, n, seed: sample(_read(COCO, split), n, seed),
        n_test=N_COCO["test"],
    ),
)
