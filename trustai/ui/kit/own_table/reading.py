"""Questions about an uploaded CSV: what its decimal marks and its words for missing mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import streamlit as st

from trustai.data.tables.csv_column import Column
from trustai.data.tables.csv_table import CsvTable, table_of
from trustai.data.tables.csv_text import Grid, read_grid
from trustai.data.tables.number_formats import DecimalMark, number_text
from trustai.ui.kit.errors import counted, plain

Decimals: TypeAlias = dict[str, DecimalMark | None]
MOST_NOTES = 6
MARKS = {".": "the point is the decimal mark", ",": "the comma is the decimal mark"}


@dataclass(frozen=True, eq=False)
class Upload:
    """An uploaded file taken apart, and read without any choice of its owner."""

    grid: Grid
    csv: CsvTable


@dataclass(frozen=True, eq=False)
class Reading:
    """A file as its owner says that it is to be read.

    Attributes:
        csv: The table.
        arguments: What `read_csv` was told beside the file, as Python.
    """

    csv: CsvTable
    arguments: str = ""


def read_upload(content: bytes) -> Upload:
    """An upload; columns that can be read in two ways are left out until somebody says how.

    Raises:
        ValueError: as `read_csv`.
    """
    grid = read_grid(content)
    return Upload(grid, table_of(grid, decimals=dict.fromkeys(grid.names)))


def ask(upload: Upload) -> Reading:
    """Ask what cannot be known, say what was assumed, and read the file accordingly."""
    key = upload.csv.sha256[:8]  # another file, other choices
    decimals: Decimals = {name: _mark(upload.csv, name, key) for name in upload.csv.doubts}
    missing = _missing([column for column in upload.csv.columns if column.words], key)
    csv = _read_again(upload, decimals, missing)
    if csv.notes:
        more = ", …" if len(csv.notes) > MOST_NOTES else ""
        st.caption("Your table: " + plain(", ".join(csv.notes[:MOST_NOTES]) + more) + ".")
    arguments = f", decimals={decimals!r}" if decimals else ""
    return Reading(csv, arguments + (f", missing={missing!r}" if missing else ""))


def _mark(csv: CsvTable, name: str, key: str) -> DecimalMark | None:
    doubt = csv.doubts[name]
    return st.selectbox(
        f"How are the numbers of “{plain(name)}” written?",
        list(doubt.values),
        index=None,
        format_func=lambda m: f"{doubt.cell} is {number_text(doubt.values[m])}: {MARKS[m]}",
        placeholder="Choose one. Until then the column is not used",
        key=f"own-decimal-{key}-{name}",
        help=f"{plain(str(doubt))}. Only you know which is right.",
    )


def _missing(columns: Sequence[Column], key: str) -> dict[str, list[str]]:
    """By column the words that mean missing, where that is not what was assumed."""
    if not columns:
        return {}
    found = {}
    with st.expander(f"Words that may mean “missing”: {counted(len(columns), 'column')}"):
        for column in columns:
            rows = {word: f"{word} ({counted(n, 'row')})" for word, n in column.words.items()}
            chosen = st.multiselect(
                f"Missing in “{plain(column.name)}”",
                sorted(rows),
                default=sorted(column.missing),
                format_func=rows.__getitem__,
                key=f"own-missing-{key}-{column.name}",
                help="These words count as missing. A word that you remove counts as a value.",
            )
            if {*chosen} != column.missing:
                found[column.name] = sorted(chosen)
    return found


def _read_again(upload: Upload, decimals: Decimals, missing: dict[str, list[str]]) -> CsvTable:
    """The file read with these choices; a rerun with the same ones costs nothing."""
    if not missing and not any(decimals.values()):
        return upload.csv
    choices = (upload.csv.sha256, repr(decimals), repr(missing))
    held = st.session_state.get("own-reading")
    if held is None or held[0] != choices:
        held = (choices, table_of(upload.grid, decimals=decimals, missing=missing))
        st.session_state["own-reading"] = held
    csv: CsvTable = held[1]
    return csv
