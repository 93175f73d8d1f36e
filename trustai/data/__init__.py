"""Data sets by name: prepared files, then the user's cache, then a clear sentence.

Pictures and tables have names of their own, and one `load`.

>>> from trustai import data
>>> signs = data.load("signs", split="test", n=4)
>>> signs.pixels.shape
torch.Size([4, 3, 64, 64])
>>> data.load("diabetes-synthetic", split="test").rows.shape
torch.Size([154, 8])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import torch

from trustai.data import (
    cats_dogs,
    cifar10,
    cohort,
    diabetes,
    drawn,
    mnist,
    noise,
    signs,
    tables,
    textures,
    tiny_imagenet,
)
from trustai.data.sources import DataMissing
from trustai.data.tables import TableSet, part, split_rows, split_sha
from trustai.registry import Registry, did_you_mean
from trustai.types import ImageSet, Table

__all__ = [
    "SPLITS",
    "DataMissing",
    "Dataset",
    "ImageSet",
    "Table",
    "TableName",
    "TableSet",
    "available",
    "dataset",
    "load",
    "names",
    "part",
    "split_rows",
    "split_sha",
    "table_names",
    "table_set",
]

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Dataset:
    """What the rest of trustai may know of a data set before it is read.

    Attributes:
        title: For people.
        classes: In label order.
        size: Side of the square pictures in pixels.
        source: Returns where it would be read from, or None where its files are missing.
        read: ``(split, n, seed) -> ImageSet``; n is None for the whole split.
        n_test: Number of pictures in the test split.
        draw: ``(split, indices) -> ImageSet`` where single pictures can be had without reading
            the whole split, else None.
        download: Generator of the share done, or None where there is nothing to download.
        download_size: For people, for instance ``"162 MB"``.
    """

    title: str
    classes: tuple[str, ...]
    size: int
    source: Callable[[], str | None]
    read: Callable[[str, int | None, int], ImageSet]
    n_test: int
    draw: Callable[[str, Sequence[int]], ImageSet] | None = None
    download: Callable[[], Iterator[float]] | None = None
    download_size: str = ""


DATASETS: Registry[Dataset] = Registry("data set")
N_SIGNS = {"train": 20_000, "validation": 1_000, "test": 2_000}


def _draw_signs(split: str, indices: Sequence[int]) -> ImageSet:
    return join([signs.generate(split=split, n=1, start=index) for index in indices])


def join(parts: Sequence[ImageSet]) -> ImageSet:
    """One set of several parts of the same split, in their order."""
    masks = [part.masks for part in parts if part.masks is not None]
    return ImageSet(
        name=parts[0].name,
        split=parts[0].split,
        images=torch.cat([part.images for part in parts]),
        labels=torch.cat([part.labels for part in parts]),
        classes=parts[0].classes,
        indices=torch.cat([part.indices for part in parts]),
        masks=torch.cat(masks) if len(masks) == len(parts) else None,
    )


def _sample(whole: ImageSet, n: int | None, seed: int) -> ImageSet:
    """`n` pictures drawn without repetition, in their original order."""
    if n is None or n >= len(whole):
        return whole
    generator = torch.Generator().manual_seed(seed)
    return whole.take(torch.randperm(len(whole), generator=generator)[:n].sort().values)


DATASETS.add(
    "signs",
    Dataset(
        title="Road signs, drawn by trustai",
        classes=signs.CLASSES,
        size=signs.SIZE,
        source=lambda: "embedded",
        read=lambda split, n, seed: signs.generate(
            split=split, n=N_SIGNS[split] if n is None else n, seed=seed
        ),
        n_test=N_SIGNS["test"],
        draw=_draw_signs,
    ),
)
DATASETS.add(
    "cifar10",
    Dataset(
        title="CIFAR-10",
        classes=cifar10.CLASSES,
        size=32,
        source=cifar10.source,
        read=lambda split, n, seed: _sample(cifar10.load(split), n, seed),
        n_test=10_000,
        download=cifar10.download,
        download_size="162 MB",
    ),
)

DATASETS.add(
    "tiny-imagenet",
    Dataset(
        title="Tiny-ImageNet",
        classes=tiny_imagenet.CLASSES,
        size=64,
        source=tiny_imagenet.source,
        read=lambda split, n, seed: _sample(tiny_imagenet.load(split), n, seed),
        n_test=10_000,
    ),
)
DATASETS.add(
    "cats-dogs",
    Dataset(
        title="Cats and dogs",
        classes=cats_dogs.CLASSES,
        size=cats_dogs.SIZE,
        source=cats_dogs.source,
        read=lambda split, n, seed: _sample(cats_dogs.load(split), n, seed),
        n_test=2_000,
    ),
)

DATASETS.add(
    "mnist",
    Dataset(
        title="MNIST",
        classes=mnist.CLASSES,
        size=mnist.SIZE,
        source=mnist.source,
        read=lambda split, n, seed: _sample(mnist.load(split), n, seed),
        n_test=10_000,
    ),
)

for _title, _set in (
    ("Textures, drawn by trustai", textures.DRAWN),
    ("Noise, drawn by trustai", noise.DRAWN),
):
    DATASETS.add(
        _set.name,
        Dataset(
            title=_title,
            classes=_set.classes,
            size=drawn.SIZE,
            source=lambda: "embedded",
            read=_set.read,
            n_test=drawn.N["test"],
            draw=_set.of_split,
        ),
    )


TABLES: Registry[TableSet] = Registry("table")
TableName = Literal["diabetes", "diabetes-synthetic"]

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


def names() -> list[str]:
    """Of the picture sets."""
    return DATASETS.names()


def table_names() -> list[str]:
    return TABLES.names()


def dataset(name: str) -> Dataset:
    return DATASETS.get(name)


def table_set(name: str) -> TableSet:
    return TABLES.get(name)


def available(name: str) -> bool:
    """Whether `load` would find the data set without a network."""
    return _entry(name).source() is not None


def _entry(name: str) -> Dataset | TableSet:
    if name in TABLES.names():
        return TABLES.get(name)
    if name in DATASETS.names():
        return DATASETS.get(name)
    known = [*names(), *table_names()]
    raise ValueError(
        f"expected data set to be one of {', '.join(known)}, got {name!r}"
        + did_you_mean(name, known)
    )


# A name known at run time only is taken for a picture set's; whoever loads a table writes which.
@overload
def load(  # type: ignore[overload-overlap]
    name: TableName, *, split: str = ..., n: int | None = ..., seed: int = ...
) -> Table: ...
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
) -> ImageSet | Table:
    """The pictures or the rows of a data set.

    ``"diabetes"`` is the synthetic cohort where the real table is not on this machine: its
    `Table.synthetic` is True then and its name ``"diabetes-synthetic"``.

    Args:
        name: One of `names()` or `table_names()`.
        split: ``"train"``, ``"validation"`` or ``"test"``; of a table also ``"whole"``.
        n: How many; None for the whole split. Fewer than all are drawn by `seed`.
        seed: Of that draw; for ``signs`` of the drawing itself. The split does not depend on it.
        without: A class of pictures that is left out, see `ImageSet.without`; `n` counts the
            pictures that stay.

    Raises:
        ValueError: unknown name, split or class, or n below 1.
        DataMissing: the files are on this machine nowhere; says what to do.
    """
    chosen = _entry(name)
    known = SPLITS if isinstance(chosen, Dataset) else (*SPLITS, tables.WHOLE)
    if split not in known:
        raise ValueError(f"expected split to be one of {', '.join(known)}, got {split!r}")
    if n is not None and n < 1:
        raise ValueError(f"expected n to be at least 1, got {n}")
    if isinstance(chosen, TableSet):
        if without is not None:
            raise ValueError(f"expected no class to leave out of a table, got {without!r}")
        return tables.sample(part(chosen.read(), split), n, seed)
    if without is None:
        return chosen.read(split, n, seed)
    return _sample(chosen.read(split, None, seed).without(without), n, seed)
