"""Synthetic picture sets: each picture is drawn from a random stream of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from trustai.data.splits import check_split, generator_of
from trustai.types import ImageSet

Draw = Callable[[np.random.Generator, int], tuple[NDArray[np.uint8], int]]
"""A picture's own generator and its side -> ``uint8 (side, side, 3)`` and the label."""


SIZE = 64
N = {"train": 4_000, "validation": 500, "test": 1_000}


@dataclass(frozen=True)
class DrawnSet:
    """A set without files: picture `index` of a split and seed is always the same."""

    name: str
    classes: tuple[str, ...]
    draw: Draw

    def pictures(
        self, indices: Sequence[int], *, split: str = "test", seed: int = 0, size: int = SIZE
    ) -> ImageSet:
        """The pictures at `indices`, ``uint8 (N, 3, size, size)``.

        Args:
            indices: Each in ``[0, 2**32)``, at least one.
            split: ``"train"``, ``"validation"`` or ``"test"``: streams of their own.
            seed: In ``[0, 2**32)``.
            size: Side in pixels, in ``[16, 1024]``.

        Raises:
            ValueError: an argument is outside its range.
        """
        check_split(split)
        if not 16 <= size <= 1024:
            raise ValueError(f"expected size in [16, 1024] pixels, got {size}")
        if not indices:
            raise ValueError("expected at least one index, got none")
        for value in (seed, *indices):
            if not 0 <= value < 2**32:
                raise ValueError(f"expected seed and indices in [0, 2**32), got {value}")
        drawn = [self.draw(generator_of(split, seed, index), size) for index in indices]
        images = np.stack([image.transpose(2, 0, 1) for image, _ in drawn])
        return ImageSet(
            name=self.name,
            split=split,
            images=torch.from_numpy(images),
            labels=torch.tensor([label for _, label in drawn]),
            classes=self.classes,
            indices=torch.tensor(list(indices)),
        )

    def read(self, split: str, n: int | None, seed: int) -> ImageSet:
        """The first `n` pictures of a split; None: as many as it counts by default."""
        return self.pictures(range(N[split] if n is None else n), split=split, seed=seed)

    def of_split(self, split: str, indices: Sequence[int]) -> ImageSet:
        """Single pictures of a split, as `trustai.data.Dataset.draw` wants them."""
        return self.pictures(indices, split=split)
