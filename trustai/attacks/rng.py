"""A process-wide random generator, borrowed for a library that knows no other."""

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
    """
    devices = [device] if device.type == "cuda" else []
    with _LOCK, torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
