"""Splits of data sets: their names, the streams of drawn sets, and samples of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from trustai import seeds
from trustai.registry import did_you_mean

SPLITS: Final = ("train", "validation", "test")
STREAM: Final = 2**32


class Rows(Protocol):
    """What has a length, and rows that can be taken."""

    def __len__(self) -> int: ...

    def take(self, rows: Tensor, /) -> Self: ...


T = TypeVar("T", bound=Rows)


def check_split(split: str, known: Sequence[str] = SPLITS) -> None:
    """Reject a name that no split has.

    Args:
        split: What was given.
        known: What there is.

    Raises:
        ValueError: `split` is none of `known`.
    """
    if split not in known:
        raise ValueError(
            f"expected split to be one of {', '.join(known)}, got {split!r}"
            + did_you_mean(split, list(known))
        )


def check_stream(split: str, seed: int, *indices: int) -> None:
    """Reject a picture that no stream of a drawn set has.

    Args:
        split: One of `SPLITS`; each has streams of its own.
        seed: In ``[0, 2**32)``.
        indices: Numbers of pictures in the stream, each in ``[0, 2**32)``.

    Raises:
        ValueError: an argument is outside its range.
    """
    check_split(split)
    for name, value in (("seed", seed), *(("index", index) for index in indices)):
        if not 0 <= value < STREAM:
            raise ValueError(f"expected {name} in [0, 2**32), got {value}")


def check_range(split: str, seed: int, start: int, n: int) -> None:
    """As `check_stream`, of the pictures `start` to ``start + n - 1``.

    Raises:
        ValueError: an argument is outside its range, or `n` is below 1.
    """
    check_n(n)
    check_stream(split, seed, start, start + n - 1)


def generator_of(split: str, seed: int, index: int, *spawn_key: int) -> np.random.Generator:
    """The generator of one picture: no two (split, seed, index) share a stream.

    Args:
        split: One of `SPLITS`.
        seed: In ``[0, 2**32)``.
        index: In ``[0, 2**32)``.
        spawn_key: Of one of several streams of the picture.
    """
    # Three words of 32 bits each.
    words = np.random.SeedSequence([SPLITS.index(split), seed, index], spawn_key=spawn_key)
    return np.random.Generator(np.random.PCG64(words))


def check_n(n: int | None) -> None:
    """How many are wanted: a whole number, at least 1; None for all.

    Raises:
        ValueError: anything else.
    """
    if n is None:
        return
    if isinstance(n, bool) or not isinstance(n, int):
        raise ValueError(f"expected n to be a whole number, got {n!r}")
    if n < 1:
        raise ValueError(f"expected n to be at least 1, got {n}")


def sample(whole: T, n: int | None, seed: int) -> T:
    """`n` rows drawn without repetition, in their original order; None for all.

    Args:
        whole: Pictures, captioned or not, or rows of a table.
        n: At least 1; more than there are gives all.
        seed: Of the draw.

    >>> from trustai.data.tables import cohort
    >>> len(sample(cohort.generate(), 100, 0))
    100
    """
    if n is None or n >= len(whole):
        return whole
    generator = seeds.torch_generator(seed)
    return whole.take(torch.randperm(len(whole), generator=generator)[:n].sort().values)
