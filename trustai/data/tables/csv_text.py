"""Parsing of an uploaded CSV: bytes become a grid of short texts.

Whatever the bytes are, `read_grid` returns a `Grid` or raises one `ValueError` of one sentence. It
reads bytes only, never a path or an address, evaluates nothing and stops at the first row too many.
Rows are counted as a spreadsheet shows them: the header is row 1.

The standard library's `csv` takes the rows apart, because pandas fills up short rows silently.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 10 * 2**20
MAX_ROWS: Final = 10_000
MAX_COLUMNS: Final = 100
MAX_CELL: Final = 1_000
MAX_NAME: Final = 80

_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA_NUMBER: Final = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_JOINERS: Final = "\u200c\u200d"  # part of how Persian and Hindi words are written
_OTHERS: Final = (
    (b"PK\3\4", "an Excel or ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"%PDF", "a PDF file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "a database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x80\4", "a pickle"),
    (b"\x80\5", "a pickle"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "a web page or XML"),
)


@dataclass(frozen=True)
class Grid:
    """The cells of a CSV as text, trimmed, without empty rows.

    Attributes:
        names: Of the columns; no two differ only in case.
        columns: The cells of each column, below the header.
        row_numbers: The number of each row in a spreadsheet.
        notes: What was assumed, in words: ``"separated by semicolons"``.
        sha256: Hex digest of the bytes that came in.
    """

    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    row_numbers: tuple[int, ...]
    notes: tuple[str, ...]
    sha256: str


def read_grid(data: bytes, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS) -> Grid:
    """Takes a CSV apart: UTF-8 or UTF-16, separated by comma, semicolon or tab.

    A decimal comma is understood where the separator is another character. At most 100 columns and
    1,000 characters in a cell.

    Args:
        data: The file's content.
        max_bytes, max_rows: How much is read, if not 10 MB and 10,000 rows.

    Raises:
        ValueError: in one sentence, for anything else.

    >>> read_grid(b"")
    Traceback (most recent call last):
    ...
    ValueError: expected a CSV file, got an empty file
    """
    text = _decoded(data, max_bytes)
    separator = _separator(text)
    header, rows = _rows(text, separator, max_rows)
    names = _names(header)
    notes = [] if separator == "," else [f"separated by {_SEPARATORS[separator]}s"]
    columns = list(zip(*(cells for _, cells in rows), strict=True))
    if separator != "," and _decimal_comma(columns):
        notes.append("decimal commas read as points")
        columns = [_with_points(cells) for cells in columns]
    return Grid(
        names=names,
        columns=tuple(columns),
        row_numbers=tuple(number for number, _ in rows),
        notes=tuple(notes),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def is_number(cell: str) -> bool:
    """Whether a cell is a number as people write it.

    >>> [is_number(cell) for cell in ("3.5", "-1e3", "nan", "1_000")]
    [True, True, False, False]
    """
    return _NUMBER.fullmatch(cell) is not None


def tidy(text: str) -> str:
    """One line without invisible characters, which could make a name look like another."""
    line = " ".join(text.split())
    return "".join(c for c in line if c.isprintable() or c in _JOINERS)


def shown(text: str) -> str:
    """Uploaded text as it stands in a sentence: quoted, tidy, at most 30 characters."""
    short = tidy(text)
    return repr(short if len(short) <= 30 else short[:29] + "…")


def defused(text: str) -> str:
    """Uploaded text for a CSV that somebody may open in a spreadsheet.

    A cell that begins with ``= + - @``, a tab or a carriage return would be run as a formula; an
    apostrophe in front keeps it text. Numbers need no such thing.

    >>> defused("=1+1"), defused("-5"), defused("Glucose")
    ("'=1+1", '-5', 'Glucose')
    """
    formula = text.startswith(("=", "+", "-", "@", "\t", "\r")) and not is_number(text)
    return "'" + text if formula else text


def _decoded(data: bytes, max_bytes: int) -> str:
    if not data:
        raise ValueError("expected a CSV file, got an empty file")
    if len(data) > max_bytes:
        raise ValueError(
            f"expected a file of at most {max_bytes // 2**20} MB, got {len(data) / 2**20:.1f} MB"
        )
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, kind in _OTHERS:
        if start.startswith(magic):
            raise ValueError(f"expected a CSV file, got {kind}")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise ValueError(
            f"expected text in UTF-8, got other bytes in line {row} (save it as “CSV UTF-8”)"
        ) from None
    if found := _CONTROL.search(text):
        row = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"expected text, got the control character {found[0]!r} in line {row}")
    if not text.strip():
        raise ValueError("expected a CSV file, got nothing but blanks")
    return text


# What a line above the header may consist of: spreadsheets leave rows of separators there.
_BLANK = " ,;\t"


def _separator(text: str) -> str:
    """The one that takes the header into the most cells."""
    lines = [line for line in text.splitlines() if line.strip()]
    header = next((line for line in lines if line.strip(_BLANK + '"')), lines[0])
    if len(header) > MAX_COLUMNS * MAX_CELL:
        raise ValueError(f"expected a header of names, got a line of {len(header):,} characters")
    cells = {s: len(next(csv.reader([header], delimiter=s))) for s in _SEPARATORS}
    best = max(cells, key=lambda s: cells[s])
    if cells[best] == 1:
        raise _single_column(header)
    return best


def _single_column(header: str) -> ValueError:
    return ValueError(
        "expected columns separated by comma, semicolon or tab, got a single column "
        f"{shown(header)}"
    )


def _records(text: str, separator: str) -> Iterator[list[str]]:
    # newline="": the reader itself knows the three kinds of line end, in and out of quotes.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
    row = 0
    while True:
        row += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                raise ValueError(
                    f"expected cells of at most {MAX_CELL:,} characters, got far more in row {row} "
                    "(is a quote left open?)"
                ) from None
            raise ValueError(f"expected well-formed quotes, got {error} in row {row}") from None
        yield record


def _rows(
    text: str, separator: str, max_rows: int
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and every row that is not empty with its number."""
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for number, record in enumerate(_records(text, separator), 1):
        if len(rows) == max_rows or number > 3 * max_rows:  # many empty rows are many rows, too
            raise ValueError(f"expected at most {max_rows:,} rows, got more")
        cells = [cell.strip() for cell in record]
        if not any(cells) or not (header or any(cell.strip(_BLANK) for cell in cells)):
            continue
        if (longest := max(map(len, cells))) > MAX_CELL:
            raise ValueError(
                f"expected cells of at most {MAX_CELL:,} characters, got {longest:,} in row "
                f"{number}"
            )
        if not header:
            header = cells
            if len(header) == 1:
                raise _single_column(header[0])
            if len(header) > MAX_COLUMNS:
                raise ValueError(f"expected at most {MAX_COLUMNS} columns, got {len(header)}")
            continue
        if len(cells) != len(header):
            raise ValueError(
                f"expected {len(header)} cells in every row, got {len(cells)} in row {number}"
            )
        rows.append((number, cells))
    if not rows:
        raise ValueError("expected rows below the header, got none")
    return header, rows


def _names(header: Sequence[str]) -> tuple[str, ...]:
    for i, cell in enumerate(header, 1):
        if is_number(cell):
            raise ValueError(
                f"expected a first row of column names, got the number {cell[:30]} in column {i}"
            )
        if len(cell) > MAX_NAME:
            raise ValueError(
                f"expected column names of at most {MAX_NAME} characters, got {len(cell)} in "
                f"column {i}"
            )
    # Tables saved by pandas begin with a column that has no name.
    names = tuple(tidy(cell) or f"column {i}" for i, cell in enumerate(header, 1))
    seen: dict[str, int] = {}
    for i, name in enumerate(names, 1):
        first = seen.setdefault(name.casefold(), i)
        if first != i:
            raise ValueError(
                f"expected every column name once, got {shown(name)} in columns {first} and {i}"
            )
    return names


def _decimal_comma(columns: Sequence[tuple[str, ...]]) -> bool:
    """Some cell is written 3,5 and none 3.5: then a comma cannot part the thousands."""
    cells = [cell for column in columns for cell in column]
    if any("." in cell and is_number(cell) for cell in cells):
        return False
    return any(_COMMA_NUMBER.fullmatch(cell) for cell in cells)


def _with_points(cells: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(c.replace(",", ".") if _COMMA_NUMBER.fullmatch(c) else c for c in cells)
