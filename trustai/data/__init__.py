"""Data sets by name: prepared files, then the user's cache, then a clear sentence.

>>> from trustai import data
>>> signs = data.load("signs", split="test", n=4)
>>> signs.pixels.shape
torch.Size([4, 3, 64, 64])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from trustai.data import cifar10, signs, tiny_imagenet
from trustai.data.sources import DataMissing
from trustai.registry import Registry
from trustai.types import ImageSet

__all__ = ["SPLITS", "DataMissing", "Dataset", "ImageSet", "available", "dataset", "load", "names"]

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


def names() -> list[str]:
    return DATASETS.names()


def dataset(name: str) -> Dataset:
    return DATASETS.get(name)


def available(name: str) -> bool:
    """Whether `load` would find the pictures without a network."""
    return dataset(name).source() is not None


def load(name: str, *, split: str = "test", n: int | None = None, seed: int = 0) -> ImageSet:
    """The pictures of a data set.

    Args:
        name: One of `names()`.
        split: ``"train"``, ``"validation"`` or ``"test"``.
        n: How many; None for the whole split. Fewer than all are drawn by `seed`.
        seed: Of that draw; for ``signs`` of the drawing itself.

    Raises:
        ValueError: unknown name or split, or n below 1.
        DataMissing: the files are on this machine nowhere; says what to do.
    """
    chosen = DATASETS.get(name)
    if split not in SPLITS:
        raise ValueError(f"expected split to be one of {', '.join(SPLITS)}, got {split!r}")
    if n is not None and n < 1:
        raise ValueError(f"expected n to be at least 1, got {n}")
    return chosen.read(split, n, seed)
