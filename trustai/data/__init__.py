"""Data sets by name: prepared files, then the user's cache, then an error that says what to do.

Pictures, tables and captioned pictures have names of their own, and one `load`.

>>> from trustai import data
>>> signs = data.load("signs", split="test", n=4)
>>> signs.pixels.shape
torch.Size([4, 3, 64, 64])
>>> data.load("diabetes-synthetic", split="test").rows.shape
torch.Size([154, 8])
"""

from __future__ import annotations

from typing import Literal, overload

from trustai import seeds
from trustai.data.captions.base import CAPTION_SETS, CaptionSource
from trustai.data.census import adult, synthetic
from trustai.data.images.base import DATASETS, Dataset, at_side, join
from trustai.data.sources import DataMissing
from trustai.data.splits import SPLITS, check_n, check_split, sample
from trustai.data.tables import cohort, diabetes
from trustai.data.tables.base import (
    WHOLE,
    TableSet,
    part,
    split_rows,
    split_sha,
)
from trustai.registry import Registry, did_you_mean
from trustai.types import CaptionSet, ImageSet, Table

__all__ = [
    "SPLITS",
    "CaptionName",
    "CaptionSet",
    "CaptionSource",
    "DataMissing",
    "Dataset",
    "ImageSet",
    "Table",
    "TableName",
    "TableSet",
    "at_side",
    "available",
    "caption_names",
    "caption_set",
    "dataset",
    "entry",
    "join",
    "load",
    "names",
    "part",
    "split_rows",
    "split_sha",
    "table_names",
    "table_set",
]

TABLES: Registry[TableSet] = Registry("table")
TableName = Literal["diabetes", "diabetes-synthetic", "adult", "adult-synthetic"]
CaptionName = Literal["scenes", "flickr8k-1000", "coco-mini"]

TABLES.add(
    "diabetes",
    TableSet(
        title="Pima Indians diabetes",
        columns=diabetes.COLUMNS,
        classes=diabetes.CLASSES,
        source=lambda: diabetes.source() or "embedded",
        # Where the real table is missing, the cohort stands in and says so in its name.
        read=lambda: diabetes.read() if diabetes.source() else cohort.generate(),
        download=diabetes.download,
        download_size="24 KB",
    ),
)
TABLES.add(
    "diabetes-synthetic",
    TableSet(
        title="Synthetic diabetes cohort",
        columns=diabetes.COLUMNS,
        classes=diabetes.CLASSES,
        source=lambda: "embedded",
        read=cohort.generate,
    ),
)
TABLES.add(
    "adult",
    TableSet(
        title="Adult census income",
        columns=adult.COLUMNS,
        classes=adult.CLASSES,
        source=lambda: adult.source() or "embedded",
        read=lambda: adult.read() if adult.source() else synthetic.generate(),
        download=adult.download,
        download_size="6 MB",
    ),
)
TABLES.add(
    "adult-synthetic",
    TableSet(
        title="Synthetic census",
        columns=adult.COLUMNS,
        classes=adult.CLASSES,
        source=lambda: "embedded",
        read=synthetic.generate,
    ),
)


def names() -> list[str]:
    """Of the picture sets."""
    return DATASETS.names()


def table_names() -> list[str]:
    return TABLES.names()


def caption_names() -> list[str]:
    return CAPTION_SETS.names()


def dataset(name: str) -> Dataset:
    return DATASETS.get(name)


def table_set(name: str) -> TableSet:
    return TABLES.get(name)


def caption_set(name: str) -> CaptionSource:
    return CAPTION_SETS.get(name)


def available(name: str) -> bool:
    """Whether `load` would find the data set without a network.

    Args:
        name: Of a data set of any kind.
    """
    return entry(name).source() is not None


def entry(name: str) -> Dataset | TableSet | CaptionSource:
    """What is known of the data set before it is read, of whatever kind it is.

    Args:
        name: Of a data set of any kind.

    Raises:
        ValueError: unknown name.
    """
    if name in TABLES.names():
        return TABLES.get(name)
    if name in CAPTION_SETS.names():
        return CAPTION_SETS.get(name)
    if name in DATASETS.names():
        return DATASETS.get(name)
    known = [*names(), *table_names(), *caption_names()]
    raise ValueError(
        f"expected data set to be one of {', '.join(known)}, got {name!r}"
        + did_you_mean(name, known)
    )


# A name known at run time only is taken for a picture set's; whoever loads another kind writes
# which.
@overload
def load(  # type: ignore[overload-overlap]
    name: TableName, *, split: str = ..., n: int | None = ..., seed: int = ...
) -> Table: ...
@overload
def load(  # type: ignore[overload-overlap]
    name: CaptionName, *, split: str = ..., n: int | None = ..., seed: int = ...
) -> CaptionSet: ...
@overload
def load(
    name: str,
    *,
    split: str = ...,
    n: int | None = ...,
    seed: int = ...,
    without: str | None = ...,
) -> ImageSet: ...


def load(
    name: str,
    *,
    split: str = "test",
    n: int | None = None,
    seed: int = 0,
    without: str | None = None,
) -> ImageSet | Table | CaptionSet:
    """The pictures, the rows or the captioned pictures of a data set.

    ``"diabetes"`` and ``"adult"`` are synthetic where the real table is not on this machine: their
    `Table.synthetic` is True then and their name ends in ``-synthetic``.

    Args:
        name: One of `names()`, `table_names()` or `caption_names()`.
        split: ``"train"``, ``"validation"`` or ``"test"``; of a table also ``"whole"``.
        n: How many; None for the whole split. Fewer than all are drawn by `seed`.
        seed: Of that draw; for ``signs`` and ``scenes`` of the drawing itself. The split does not
            depend on it.
        without: A class of pictures that is left out, see `ImageSet.without`; `n` counts the
            pictures that stay.

    Raises:
        ValueError: unknown name, split or class, or n below 1.
        DataMissing: the files are on this machine nowhere; says what to do.
    """
    chosen = entry(name)
    check_split(split, (*SPLITS, WHOLE) if isinstance(chosen, TableSet) else SPLITS)
    seed = seeds.checked(seed)
    check_n(n)
    if without is not None and not isinstance(chosen, Dataset):
        kind = "a table" if isinstance(chosen, TableSet) else "captioned pictures"
        raise ValueError(f"expected no class to leave out of {kind}, got {without!r}")
    if isinstance(chosen, TableSet):
        return sample(part(chosen.read(), split), n, seed)
    if isinstance(chosen, CaptionSource) or without is None:
        return chosen.read(split, n, seed)
    return sample(chosen.read(split, None, seed).without(without), n, seed)
