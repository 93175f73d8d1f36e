"""Parsing of an uploaded CSV: bytes become a grid of short texts.

Whatever the bytes are, `read_grid` returns a `Grid` or raises one `ValueError` of one sentence. It
reads bytes only, never a path or an address, evaluates nothing and stops at the first row too many.
Rows are counted as a spreadsheet shows them: the header is row 1.

The standard library's `csv` takes the rows apart, because pandas fills up short rows silently. What
the cells mean is decided column by column, in `trustai.data.tables.csv_column`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from trustai.data.tables.encodings import encoding_note, encoding_of
from trustai.data.tables.file_kind import other_kind
from trustai.data.tables.number_formats import is_number

MAX_BYTES: Final = 10 * 2**20
MAX_ROWS: Final = 10_000
MAX_COLUMNS: Final = 100
MAX_CELL: Final = 1_000
MAX_NAME: Final = 80

_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_NAMED_SEPARATOR: Final = re.compile(r"""\s*"?sep=(.)"?[,;\t|]*\s*?(\r\n|\r|\n)""", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_JOINERS: Final = "\u200c\u200d"  # part of how Persian and Hindi words are written


@dataclass(frozen=True)
class Grid:
    """The cells of a CSV as text, trimmed, without empty rows; what they mean is not decided yet.

    Attributes:
        names: Of the columns; no two differ only in case.
        columns: The cells of each column, below the header.
        row_numbers: The number of each row in a spreadsheet.
        separator: Of the cells.
        encoding: One of `trustai.data.tables.encodings.ENCODINGS`; empty: Unicode.
        sha256: Hex digest of the bytes that came in.
    """

    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    row_numbers: tuple[int, ...]
    separator: str
    sha256: str
    encoding: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, in words: ``"separated by semicolons"``."""
        notes = [encoding_note(self.encoding)] if self.encoding else []
        if self.separator != ",":
            notes.append(f"separated by {_SEPARATORS[self.separator]}s")
        return tuple(notes)


def read_grid(data: bytes, *, max_bytes: int = MAX_BYTES, max_rows: int = MAX_ROWS) -> Grid:
    """Takes a CSV apart, separated by comma, semicolon, tab or vertical bar.

    It is in UTF-8, in UTF-16 or surely in another encoding, see `trustai.data.tables.encodings`.

    A first line ``sep=;``, as Excel writes it, names the separator and is no row. At most 100
    columns and 1,000 characters in a cell.

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
    decoded, encoding = _decoded(data, max_bytes)
    text, separator = _separator(decoded)
    header, rows = _rows(text, separator, max_rows)
    return Grid(
        names=_names(header),
        columns=tuple(zip(*(cells for _, cells in rows), strict=True)),
        row_numbers=tuple(number for number, _ in rows),
        separator=separator,
        sha256=hashlib.sha256(data).hexdigest(),
        encoding=encoding,
    )


def tidy(text: str) -> str:
    """One line without what makes a text look like another: invisible characters, and letters
    whose accent is a code of its own."""
    line = unicodedata.normalize("NFC", " ".join(text.split()))
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


def _decoded(data: bytes, max_bytes: int) -> tuple[str, str]:
    """The text, and its encoding where that is not Unicode."""
    if not data:
        raise ValueError("expected a CSV file, got an empty file")
    if len(data) > max_bytes:
        raise ValueError(
            f"expected a file of at most {max_bytes // 2**20} MB, got {len(data) / 2**20:.1f} MB"
        )
    if kind := other_kind(data):
        raise ValueError(f"expected a CSV file, got {kind}")
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = ""
    try:
        text = data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        encoding = "" if marked else encoding_of(data) or ""
        text = data.decode(encoding, errors="replace") if encoding else ""
        if not text or "\ufffd" in text:
            row = data[: error.start].count(b"\n") + 1
            raise ValueError(
                f"expected text in UTF-8, got other bytes in line {row} of an encoding that cannot "
                "be told (save it as “CSV UTF-8”)"
            ) from None
    if found := _CONTROL.search(text):
        row = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"expected text, got the control character {found[0]!r} in line {row}")
    if not text.strip():
        raise ValueError("expected a CSV file, got nothing but blanks")
    return text, encoding


# What a line above the header may consist of: spreadsheets leave rows of separators there.
_BLANK = " ,;\t|"


def _separator(text: str) -> tuple[str, str]:
    """The rows, and what parts their cells: what the first line names, or else what takes the
    header into the most cells."""
    if named := _NAMED_SEPARATOR.match(text):
        if named[1] not in _SEPARATORS:
            raise ValueError(
                f"expected sep= with comma, semicolon, tab or vertical bar, got {shown(named[1])}"
            )
        return text[named.end() :], named[1]
    lines = [line for line in text.splitlines() if line.strip()]
    header = next((line for line in lines if line.strip(_BLANK + '"')), lines[0])
    if len(header) > MAX_COLUMNS * MAX_CELL:
        raise ValueError(f"expected a header of names, got a line of {len(header):,} characters")
    cells = {s: len(next(csv.reader([header], delimiter=s))) for s in _SEPARATORS}
    best = max(cells, key=lambda s: cells[s])
    if cells[best] == 1:
        raise _single_column(header)
    return text, best


def _single_column(header: str) -> ValueError:
    return ValueError(
        "expected columns separated by comma, semicolon, tab or vertical bar, got a single column "
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
