"""The registry of picture data sets: title, classes, source and reader of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from trustai.data import signs
from trustai.data.images import (
    cats_dogs,
    cifar10,
    drawn,
    imagenet_samples,
    mnist,
    noise,
    textures,
    tiny_imagenet,
)
from trustai.data.signs import gtsrb
from trustai.data.splits import sample
from trustai.registry import Registry
from trustai.types import ImageSet


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

    @property
    def short_title(self) -> str:
        """What a legend calls it: ``"CIFAR-10"``, of drawn pictures ``"road signs"``."""
        name, _, drawn_by = self.title.partition(", ")
        return name.lower() if drawn_by else name


DATASETS: Registry[Dataset] = Registry("data set")
N_SIGNS = {"train": 20_000, "validation": 1_000, "test": 2_000}


def _signs(title: str, *, off_centre: bool) -> Dataset:
    def draw(split: str, indices: Sequence[int]) -> ImageSet:
        each = [
            signs.generate(split=split, n=1, start=index, off_centre=off_centre)
            for index in indices
        ]
        return join(each)

    return Dataset(
        title=title,
        classes=signs.CLASSES,
        size=signs.SIZE,
        source=lambda: "embedded",
        read=lambda split, n, seed: signs.generate(
            split=split, n=N_SIGNS[split] if n is None else n, seed=seed, off_centre=off_centre
        ),
        n_test=N_SIGNS["test"],
        draw=draw,
    )


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


def at_side(pictures: ImageSet, side: int) -> ImageSet:
    """The same square pictures, enlarged or made smaller with antialiasing; without masks.

    Args:
        pictures: Any.
        side: In pixels, 8 to 1024.

    Raises:
        ValueError: another side.
    """
    if not 8 <= side <= 1024:
        raise ValueError(f"expected side in [8, 1024] pixels, got {side}")
    parts = [
        F.interpolate(part.float(), (side, side), mode="bilinear", antialias=True)
        for part in pictures.images.split(64)
    ]
    return replace(pictures, images=torch.cat(parts).round().byte(), masks=None)


DATASETS.add("signs", _signs("Road signs, drawn by trustai", off_centre=False))
DATASETS.add(signs.OFF_CENTRE, _signs("Road signs at the edge, drawn by trustai", off_centre=True))
DATASETS.add(
    gtsrb.NAME,
    Dataset(
        title="Photographs of German road signs (GTSRB)",
        classes=gtsrb.CLASSES,
        size=gtsrb.SIZE,
        source=gtsrb.source,
        read=lambda split, n, seed: sample(gtsrb.load(split), n, seed),
        n_test=gtsrb.N_TEST,
    ),
)
DATASETS.add(
    "cifar10",
    Dataset(
        title="CIFAR-10",
        classes=cifar10.CLASSES,
        size=32,
        source=cifar10.source,
        read=lambda split, n, seed: sample(cifar10.load(split), n, seed),
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
        read=lambda split, n, seed: sample(tiny_imagenet.load(split), n, seed),
        n_test=10_000,
    ),
)
DATASETS.add(
    imagenet_samples.NAME,
    Dataset(
        title="ImageNet samples",
        classes=imagenet_samples.CLASSES,
        size=imagenet_samples.SIZE,
        source=imagenet_samples.source,
        read=lambda split, n, seed: sample(imagenet_samples.load(split), n, seed),
        n_test=100,
    ),
)
DATASETS.add(
    "cats-dogs",
    Dataset(
        title="Cats and dogs",
        classes=cats_dogs.CLASSES,
        size=cats_dogs.SIZE,
        source=cats_dogs.source,
        read=lambda split, n, seed: sample(cats_dogs.load(split), n, seed),
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
        read=lambda split, n, seed: sample(mnist.load(split), n, seed),
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
