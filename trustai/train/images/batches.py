"""Training pictures in memory as bytes, shuffled and augmented by whole batches."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.types import ImageSet


def crop_and_flip(x: Tensor, *, padding: int, flip: bool, generator: torch.Generator) -> Tensor:
    """Random translation by up to `padding` pixels (mirrored borders) and random mirror image.

    ``(N, 3, H, W)`` -> the same shape; one gather for the whole batch.
    """
    n, _, height, width = x.shape
    if padding:
        padded = F.pad(x, (padding,) * 4, mode="reflect")
        top, left = torch.randint(0, 2 * padding + 1, (2, n, 1), generator=generator).to(x.device)
        rows = (top + torch.arange(height, device=x.device)).view(n, 1, height, 1)
        columns = left + torch.arange(width, device=x.device)
        if flip:
            mirrored = torch.rand(n, 1, generator=generator).to(x.device) < 0.5
            columns = torch.where(mirrored, columns.flip(1), columns)
        index = torch.arange(n, device=x.device).view(n, 1, 1, 1)
        channel = torch.arange(3, device=x.device).view(1, 3, 1, 1)
        x = padded[index, channel, rows, columns.view(n, 1, 1, width)]
    elif flip:
        mirrored = (torch.rand(n, generator=generator) < 0.5).to(x.device).view(n, 1, 1, 1)
        x = torch.where(mirrored, x.flip(3), x)
    return x


def random_zoom(
    x: Tensor, *, zoom: float, generator: torch.Generator, scale: float = 1.0
) -> Tensor:
    """Random crops of `zoom` to all of the area, a little stretched, enlarged to full size.

    ``(N, 3, H, W)`` -> ``(N, 3, scale * H, scale * W)``, bilinear; the sides' ratio is up to 4 : 3
    either way, as in Szegedy et al. 2015, https://arxiv.org/abs/1409.4842.
    """
    n = len(x)
    area, ratio, across, down = torch.rand(4, n, generator=generator)
    side = (zoom + (1 - zoom) * area).sqrt()
    stretch = ((2 * ratio - 1) * math.log(4 / 3) / 2).exp()
    width, height = (side * stretch).clamp_max(1), (side / stretch).clamp_max(1)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = width, height
    theta[:, 0, 2] = (2 * across - 1) * (1 - width)
    theta[:, 1, 2] = (2 * down - 1) * (1 - height)
    size = [n, 3, round(scale * x.shape[2]), round(scale * x.shape[3])]
    grid = F.affine_grid(theta.to(x.device), size, align_corners=False)
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


class Batches:
    """An iterable of ``(x float32 in [0, 1], y int64)`` over one split.

    The order and the augmentation of epoch ``e`` depend on ``(seed, e)`` only, so a resumed run
    sees what the unbroken one would have seen.

    Args:
        images: Pictures and labels.
        batch_size: At least 1; an incomplete last batch is dropped in training.
        padding, flip: Of `crop_and_flip`; training only.
        zoom: Of `random_zoom`; 1 for none; training only.
        small: Number of epochs, the first, whose pictures have three quarters of their size.
        balanced: As many pictures of every class in a batch, to one; the classes that have more of
            them than the smallest take turns from epoch to epoch. Training only.
        train: Shuffle and augment.
        rank, world: This process's share when several train together.
    """

    def __init__(
        self,
        images: ImageSet,
        *,
        batch_size: int,
        train: bool,
        seed: int = 0,
        padding: int = 0,
        flip: bool = False,
        zoom: float = 1.0,
        small: int = 0,
        balanced: bool = False,
        device: torch.device | str = "cpu",
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.x = images.images.to(device)
        self.y = images.labels.to(device)
        if len(images) < world:
            raise ValueError(
                f"expected at least {world} pictures, one a process, got {len(images)}"
            )
        self.batch_size = min(batch_size, len(images) // world)
        self.train, self.seed, self.padding, self.flip = train, seed, padding, flip
        self.zoom, self.small = zoom, small
        self.balanced = balanced and train
        self.n = len(images)
        if self.balanced:
            counts = images.labels.unique(return_counts=True)[1]
            self.n = len(counts) * int(counts.min())
        self.rank, self.world = rank, world
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        mine = self.n // self.world  # the same everywhere, or the others would wait for ever
        return mine // self.batch_size if self.train else -(-mine // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        order = self._order(generator)
        order = order[self.rank :: self.world][: self.n // self.world].to(self.x.device)
        for i in range(len(self)):
            rows = order[i * self.batch_size : (i + 1) * self.batch_size]
            x = self.x[rows].float().div_(255)
            scale = 0.75 if self.epoch < self.small else 1.0
            if self.train and (self.zoom < 1 or scale < 1):
                x = random_zoom(x, zoom=self.zoom, generator=generator, scale=scale)
            if self.train:
                x = crop_and_flip(x, padding=self.padding, flip=self.flip, generator=generator)
            yield x, self.y[rows]

    def _order(self, generator: torch.Generator) -> Tensor:
        """Positions ``(n,)`` of the pictures in the order in which they are given out."""
        if not self.train:
            return torch.arange(self.n)
        shuffled = torch.randperm(len(self.y), generator=generator)
        if not self.balanced:
            return shuffled
        labels = self.y.cpu()[shuffled]
        classes = [shuffled[labels == c] for c in labels.unique()]
        each = self.n // len(classes)
        return torch.stack([rows[:each] for rows in classes], dim=1).flatten()
