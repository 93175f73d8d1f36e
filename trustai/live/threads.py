"""How many threads torch computes with: as many as a job may have, no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_outer = 0  # blocks that run, those inside others not counted
_usual = 0
_here = threading.local()


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """Let this thread compute with `n` threads inside the block.

    The setting is a thread's own, but a new thread takes over what was set last by anyone: so the
    usual number is remembered while no block runs, and set again at the end of each.

    Args:
        n: At least 1.

    >>> with torch_threads(1):
    ...     torch.get_num_threads()
    1
    """
    global _outer, _usual
    before, inside = torch.get_num_threads(), getattr(_here, "inside", False)
    if not inside:
        with _lock:
            _usual = before if _outer == 0 else _usual
            _outer += 1
    _here.inside = True
    torch.set_num_threads(n)
    try:
        yield
    finally:
        _here.inside = inside
        if not inside:
            with _lock:
                _outer -= 1
        torch.set_num_threads(before if inside else _usual)
