"""Seeding torch's process-wide random generators for a library that draws from no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_LOCK = threading.Lock()


@contextmanager
def global_rng(seed: int, *, device: torch.device) -> Iterator[None]:
    """Seed torch's process-wide generators inside the block and restore them after it.

    One block at a time in the whole process, the others wait: two libraries that draw from one
    generator at once would give neither of them a reproducible result. The state is restored
    after an exception too.

    Args:
        seed: Of the generators inside the block.
        device: Where the library draws; a CUDA device's generator is borrowed as well.

    >>> with global_rng(0, device=torch.device("cpu")):
    ...     first = torch.rand(2)
    >>> with global_rng(0, device=torch.device("cpu")):
    ...     torch.equal(first, torch.rand(2))
    True
    """
    devices = [device] if device.type == "cuda" else []
    with _LOCK, torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
