"""Random generators of one call: everything that is drawn comes from a checked seed."""

from __future__ import annotations

import operator

import numpy as np
import torch

LIMIT = 2**32
"""Seeds are smaller: numpy's older generators, which libraries use, take no larger ones."""


def checked(seed: int) -> int:
    """`seed` as a plain integer.

    Args:
        seed: In ``[0, 2**32)``; an integer of numpy too.

    Raises:
        ValueError: not a whole number, or outside that range.

    >>> checked(np.int64(3))
    3
    """
    try:
        whole = operator.index(seed)
    except TypeError:
        whole = -1
    if isinstance(seed, bool) or not 0 <= whole < LIMIT:
        raise ValueError(f"expected seed to be a whole number in [0, 2**32), got {seed!r}")
    return whole


def torch_generator(seed: int) -> torch.Generator:
    """A generator of torch, on the CPU, begun at `seed`.

    Raises:
        ValueError: as of `checked`.

    >>> torch.rand(1, generator=torch_generator(0)) == torch.rand(1, generator=torch_generator(0))
    tensor([True])
    """
    return torch.Generator().manual_seed(checked(seed))


def numpy_generator(seed: int) -> np.random.Generator:
    """A generator of numpy (PCG64) begun at `seed`.

    Raises:
        ValueError: as of `checked`.

    >>> bool(numpy_generator(0).integers(10) == numpy_generator(0).integers(10))
    True
    """
    return np.random.Generator(np.random.PCG64(checked(seed)))
