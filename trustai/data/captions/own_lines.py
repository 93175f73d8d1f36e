"""Uploaded captions: reader of a CSV, or of JSON as COCO's."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from trustai.data.tables.csv_text import (
    MAX_CELL,
    read_grid,
    shown,
)
from trustai.data.tables.file_kind import is_json
from trustai.data.text import LANGUAGES, language_named, split

_log = logging.getLogger(__name__)

MAX_CAPTIONS: Final = 500_000
MAX_TEXT_BYTES: Final = 200 * 2**20  # COCO's own captions are 91 MB


@dataclass(frozen=True)
class CaptionLine:
    """One caption: of which picture, in which language, and where it stands."""

    file: str
    text: str
    language: str
    place: str


def read_lines(path: Path | bytes, *, language: str | None) -> list[CaptionLine]:
    """All captions of a file in their order.

    Args:
        path: Of a CSV or JSON file, or its bytes, see `trustai.data.captions.own.read_folder`.
        language: Of all captions of which no column says it.

    Raises:
        ValueError: in one sentence, for anything else.
    """
    if language is not None:
        language = language_named(language)
        LANGUAGES.get(language)
    data = _content(path)
    lines = _coco(data, language) if is_json(data) else _csv(data, language)
    if len(lines) > MAX_CAPTIONS:
        raise ValueError(f"expected at most {MAX_CAPTIONS:,} captions, got {len(lines):,}")
    for line in lines:
        if not line.file:
            raise ValueError(f"expected the name of a picture, got none in {line.place}")
        if len(line.text) > MAX_CELL:
            raise ValueError(
                f"expected captions of at most {MAX_CELL:,} characters, got {len(line.text):,} in "
                f"{line.place}"
            )
        if line.language not in LANGUAGES.names():
            known = ", ".join(LANGUAGES.names())
            raise ValueError(
                f"expected language to be one of {known}, got {shown(line.language)} in "
                f"{line.place}"
            )
        if not split(line.text, language=line.language):
            raise ValueError(f"expected words in every caption, got none in {line.place}")
    return lines


def _content(path: Path | bytes) -> bytes:
    if isinstance(path, Path) and not path.is_file():
        raise ValueError(f"expected captions as a CSV or JSON file, got no file {shown(path.name)}")
    size = len(path) if isinstance(path, bytes) else path.stat().st_size
    if size > MAX_TEXT_BYTES:
        raise ValueError(
            f"expected captions of at most {MAX_TEXT_BYTES // 2**20} MB, got {size / 2**20:.1f} MB"
        )
    return path if isinstance(path, bytes) else path.read_bytes()


def _csv(data: bytes, language: str | None) -> list[CaptionLine]:
    grid = read_grid(data, max_bytes=MAX_TEXT_BYTES, max_rows=MAX_CAPTIONS)
    columns = dict(zip((name.casefold() for name in grid.names), grid.columns, strict=True))
    if not {"file", "caption"} <= set(columns):
        raise ValueError(
            "expected the columns file and caption, got " + ", ".join(map(shown, grid.names[:5]))
        )
    spoken = columns.get("language", ("",) * len(grid.row_numbers))
    if language is None and not all(spoken):
        row = grid.row_numbers[spoken.index("")]
        raise ValueError(f"expected a language for every caption, got none in row {row}")
    rows = zip(columns["file"], columns["caption"], spoken, grid.row_numbers, strict=True)
    return [
        CaptionLine(file, text, language_named(own) or language or "", f"row {row}")
        for file, text, own, row in rows
    ]


def _coco(data: bytes, language: str | None) -> list[CaptionLine]:
    if language is None:
        raise ValueError("expected a language, which COCO's JSON does not say, got none")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:  # also wrong bytes, endless digits, deep nesting
        _log.info("unreadable captions: %s", type(error).__name__)  # its text may quote the file
        raise ValueError("expected captions as JSON, got a damaged file") from error
    files = {
        _key(image, "id", "image"): _text(image, "file_name", "image")
        for image in _rows(content, "images")
    }
    lines = []
    for i, row in enumerate(_rows(content, "annotations"), 1):
        number = _key(row, "image_id", "annotation")
        if number not in files:
            raise ValueError(
                f"expected an image for every annotation, got none for {shown(str(number))}"
            )
        text = _text(row, "caption", "annotation")
        lines.append(CaptionLine(files[number], text, language, f"annotation {i}"))
    return lines


def _rows(content: Any, name: str) -> list[dict[str, Any]]:
    rows = content.get(name) if isinstance(content, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"expected COCO's JSON with a list of {name}, got something else")
    return rows


def _key(row: dict[str, Any], name: str, kind: str) -> int:
    if not isinstance(value := row.get(name), int):
        raise ValueError(f"expected a number as {name} of every {kind}, got something else")
    return value


def _text(row: dict[str, Any], name: str, kind: str) -> str:
    if not isinstance(value := row.get(name), str):
        raise ValueError(f"expected text as {name} of every {kind}, got something else")
    return value.strip()
