"""One column of an uploaded CSV: numbers or a category, what is missing, and what was assumed.

A column in which every cell that is not missing is a number is one of numbers; any other with at
most 20 different texts is a category. Where numbers can be read in two ways, `undecided` finds it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from trustai.data.tables import missing_words
from trustai.data.tables.csv_text import Grid, shown, tidy
from trustai.data.tables.number_formats import (
    MARKS,
    DecimalMark,
    Numbers,
    fitting,
    number_text,
    read_number,
    read_numbers,
)

MAX_LEVELS: Final = 20
MAX_NUMBER: Final = 1e30  # float32 ends at 3.4e38, and squares are taken of standardised values
MIN_SPREAD: Final = 1e-30  # and begins to lose digits at 1.2e-38
MIN_STEPS: Final = 20  # of float32 that a standard deviation is wide: fewer, and rows fall together
_INFINITE: Final = frozenset({"inf", "infinity", "∞"})


@dataclass(frozen=True, eq=False)
class Column:
    """One column of an uploaded CSV.

    Attributes:
        name: As in the header, trimmed.
        kind: ``"number"``, or ``"category"`` for text.
        values: ``float64 (N,)``, NaN where missing; of a category the number of its level.
        levels: The different texts of a category in order; empty for numbers.
        problem: Why it cannot be used to predict, in words, or None.
        words: Words in it that may mean missing, in lower case, and in how many cells.
        missing: Those of them that were taken for missing.
        notes: What was assumed of its numbers, in words: ``"decimal commas"``.
    """

    name: str
    kind: Literal["number", "category"]
    values: NDArray[np.float64]
    levels: tuple[str, ...]
    problem: str | None
    words: Mapping[str, int] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def n_missing(self) -> int:
        return int(np.isnan(self.values).sum())

    @property
    def integer(self) -> bool:
        """Whole numbers only."""
        return bool((self.different == np.round(self.different)).all())

    @cached_property
    def different(self) -> NDArray[np.float64]:
        """Its different values in order."""
        return np.unique(self.values[~np.isnan(self.values)])

    def named(self, value: float) -> str:
        """A value as text: the level of a category, or the shortest text that is this number
        alone."""
        return self.levels[int(value)] if self.kind == "category" else number_text(value)


@dataclass(frozen=True)
class TwoReadings:
    """Numbers of which nobody but their owner knows whether a mark parts decimals or thousands.

    Attributes:
        column: Its name.
        cell, row: Where it shows, with the row as in a spreadsheet.
        values: What the cell is with each decimal mark.
    """

    column: str
    cell: str
    row: int
    values: Mapping[DecimalMark, float]

    def __str__(self) -> str:
        either = " or ".join(map(number_text, self.values.values()))
        return f"{shown(self.cell)} in row {self.row} can be {either}"


def fits_of(grid: Grid) -> dict[str, tuple[DecimalMark, ...]]:
    """Per column the decimal marks with which all its cells are numbers."""
    columns = zip(grid.names, grid.columns, strict=True)
    return {name: fitting(_known(cells)) for name, cells in columns}


def undecided(grid: Grid, fits: Mapping[str, tuple[DecimalMark, ...]]) -> dict[str, TwoReadings]:
    """The columns whose numbers can be read in two ways, by name.

    Every comma is followed by exactly three digits: then it may part the thousands. The same of
    points, unless the file speaks for decimal points: by a column that can only be read so, or by
    being separated by commas, as computers write it, while no column has decimal commas.

    Args:
        grid: The file.
        fits: Of its columns, see `fits_of`.
    """
    columns = dict(zip(grid.names, grid.columns, strict=True))
    only = {name: fit[0] for name, fit in fits.items() if len(fit) == 1}
    marks = {m for name, m in only.items() if any("." in c or "," in c for c in columns[name])}
    points = "," not in marks and ("." in marks or grid.separator == ",")
    return {
        name: _two_readings(name, grid)
        for name, fit in fits.items()
        if len(fit) == 2 and (any("," in cell for cell in columns[name]) or not points)
    }


def _known(cells: Sequence[str]) -> set[str]:
    """The different cells of a column that are no word for missing."""
    return {cell for cell in cells if cell and cell.casefold() not in missing_words.WORDS}


def _two_readings(name: str, grid: Grid) -> TwoReadings:
    for cell, row in zip(grid.columns[grid.names.index(name)], grid.row_numbers, strict=True):
        values = {m: n.value for m in MARKS if (n := read_number(cell, decimal=m)) is not None}
        if len({*values.values()}) == 2:
            return TwoReadings(name, cell, row, values)
    raise AssertionError(name)  # `fitting` found a difference


def read_column(
    name: str,
    grid: Grid,
    *,
    decimal: DecimalMark | None = None,
    missing: Collection[str] | None = None,
    doubt: TwoReadings | None = None,
) -> Column:
    """A column of a grid.

    Args:
        name: Of the column.
        grid: The file.
        decimal: What parts the decimals; by default what makes numbers of the most cells.
        missing: Words that mean missing beside the empty cell; by default what
            `trustai.data.tables.missing_words` says.
        doubt: Nobody has decided how to read its numbers: they are not read.

    Raises:
        ValueError: infinite or huge numbers.
    """
    cells = grid.columns[grid.names.index(name)]
    words = missing_words.words_in(cells)
    among = missing_words.taken(words, among_numbers=True)
    none = among if missing is None else frozenset({"", *(word.casefold() for word in missing)})
    numbers = read_numbers(cells, missing=none, decimal=decimal)
    if missing is None and (numbers.others or numbers.empty):
        none = missing_words.taken(words, among_numbers=False)
        numbers = read_numbers(cells, missing=none, decimal=decimal)
    _check_finite(name, cells, numbers, grid)
    if doubt is not None:
        column = Column(name, "number", np.full(len(cells), np.nan), (), str(doubt))
    elif numbers.others or numbers.inexact is not None:
        column = _category(name, grid, numbers, none)
    else:
        problem, notes = _problem_of_numbers(numbers.values), _notes(cells, numbers)
        column = Column(name, "number", numbers.values, (), problem, notes=notes)
    return replace(column, words=words, missing=none & words.keys())


def _check_finite(name: str, cells: Sequence[str], numbers: Numbers, grid: Grid) -> None:
    infinite = [i for i in numbers.others if cells[i].lstrip("+-").casefold() in _INFINITE]
    if len(infinite) < len(numbers.others):  # a category of words may have one of these names
        infinite = []
    too_large = np.flatnonzero(np.abs(numbers.values) > MAX_NUMBER).tolist()
    if infinite or too_large:
        i = min(infinite + too_large)
        raise ValueError(
            f"expected numbers between -1e30 and 1e30, got {shown(cells[i])} in row "
            f"{grid.row_numbers[i]} of column {shown(name)}"
        )


def _notes(cells: Sequence[str], numbers: Numbers) -> tuple[str, ...]:
    found = []
    if numbers.decimal == "," and any("," in cell for cell in cells):
        found.append("decimal commas")
    if numbers.grouped is not None:
        found.append(f"thousands parted as in {shown(cells[numbers.grouped])}")
    if numbers.unit:
        found.append(f"numbers in {numbers.unit}")
    return tuple(found)


def _problem_of_numbers(values: NDArray[np.float64]) -> str | None:
    known = values[~np.isnan(values)]
    present = np.unique(known)
    if not len(present):
        return "it is empty"
    if len(present) == 1:
        return f"it is {number_text(present[0])} wherever it is known"
    spread = float(known.std())
    ends = f"from {number_text(present[0])} to {number_text(present[-1])}"
    if spread < MIN_SPREAD:
        return f"it has values too close to each other, {ends}: use another unit"
    step = float(np.spacing(np.float32(np.abs(present).max())))
    if len(np.unique(present.astype(np.float32))) < len(present) and spread < MIN_STEPS * step:
        return f"it has values too close to each other, {ends}: subtract a constant"
    steps = np.diff(np.sort(values))
    if len(present) > 2 and (steps == 1).all():  # NaN is no step of 1
        return "it only counts the rows"
    return None


def _category(name: str, grid: Grid, numbers: Numbers, none: Collection[str]) -> Column:
    cells = grid.columns[grid.names.index(name)]
    texts = ["" if cell.casefold() in none else tidy(cell) for cell in cells]
    levels = tuple(sorted({text for text in texts if text}, key=lambda t: (t.casefold(), t)))
    number_of = {level: float(i) for i, level in enumerate(levels)} | {"": np.nan}
    values = np.array([number_of[text] for text in texts])
    odd = _no_number(cells, numbers, grid)
    problem = None
    if not levels:
        problem = "it is empty"
    elif len(levels) == 1:
        problem = f"it is {shown(levels[0])} wherever it is known"
    elif len(levels) > MAX_LEVELS:
        problem = odd or f"it has {len(levels)} different texts, and {MAX_LEVELS} are the most"
    notes = () if problem or not odd else (f"a category: {odd}",)
    return Column(name, "category", values, levels, problem, notes=notes)


def _no_number(cells: Sequence[str], numbers: Numbers, grid: Grid) -> str | None:
    """What keeps a column that looks like numbers from being read as numbers."""
    if numbers.inexact is not None and not numbers.others:
        i = numbers.inexact
        return f"{shown(cells[i])} in row {grid.row_numbers[i]} has too many digits for a number"
    if len(numbers.others) > np.isfinite(numbers.values).sum():
        return None
    i, more = numbers.others[0], len(numbers.others) - 1
    return f"it holds numbers, but {shown(cells[i])} in row {grid.row_numbers[i]}" + (
        f" and other text in {more} more" if more else ""
    )
