"""Folders of prepared files: ``$TRUSTAI_DATA`` first, then the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path


class DataMissing(ValueError):
    """A data set is known but its files are on this machine nowhere. Says what to do."""


def prepared_dir() -> Path | None:
    """The folder of prepared files, ``$TRUSTAI_DATA``, or None where it is not set."""
    chosen = os.environ.get("TRUSTAI_DATA")
    return Path(chosen) if chosen else None


def cache_dir() -> Path:
    """The user's cache of trustai, ``$TRUSTAI_CACHE`` or the operating system's place for it."""
    chosen = os.environ.get("TRUSTAI_CACHE")
    return Path(chosen) if chosen else user_cache_path("trustai", appauthor=False)


def keep(path: Path, content: bytes) -> None:
    """Write a downloaded file under its name once it is whole, so that none is ever half there.

    Args:
        path: In `cache_dir`; its folder is made.
        content: Already checked.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half_written = path.with_suffix(".part")
    half_written.write_bytes(content)
    os.replace(half_written, path)
