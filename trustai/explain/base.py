"""The base of attribution methods, whether they explain pictures or tables."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from trustai.types import OnProgress


def part_of(on_progress: OnProgress | None, i: int, n: int) -> OnProgress | None:
    """Progress of the `i`-th of `n` equal parts of some work, told as progress of the whole.

    Args:
        on_progress: Called with the share of the whole, or None.
        i: Number of the part, from 0.
        n: Number of parts.
    """
    if on_progress is None:
        return None
    return lambda share: on_progress((i + share) / n)


def progress_of(parts: Iterable[Any], on_progress: OnProgress | None) -> Iterable[Any]:
    """The parts themselves, reporting after each what share is done.

    Args:
        parts: The parts of the work.
        on_progress: Called with the share done, in ``[0, 1]``, or None.
    """
    everything = list(parts)
    for i, part in enumerate(everything, start=1):
        yield part
        if on_progress is not None:
            on_progress(i / len(everything))


def required(module: str, package: str, purpose: str) -> ModuleType:
    """A library that only some methods need, imported on first use.

    Raises:
        ValueError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ValueError(
            f"expected the package {package} for {purpose!r}, got none (pip install {package})"
        ) from error
