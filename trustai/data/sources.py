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
