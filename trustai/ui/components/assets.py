"""The style sheets and scripts of the components, read from their folders."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def joined(*files: str) -> str:
    """The texts of `files`, paths below the folder of the components, one after the other."""
    return "\n".join((_FOLDER / file).read_text(encoding="utf-8") for file in files)
