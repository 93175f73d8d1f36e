"""Number formats: which character parts the decimals and which the thousands, column by column.

A number may have groups of thousands (comma, point, space, apostrophe, Arabic separator), a decimal
point, comma or Arabic separator, digits of any script, a sign or accountants' parentheses, and one
unit: per cent or a currency sign. A comma and a point can each mean either, so a column is read as
a whole: what fits every cell is right, and where both fit, nobody but its owner knows.

>>> fitting(["7,5", "12,25"]), fitting(["1,234.5"]), fitting(["1,234", "950"])
((',',), ('.',), ('.', ','))
>>> read_number("(1.234,50 €)", decimal=",")
Number(value=-1234.5, unit='€', text='-1234.50', grouped=True)
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

DecimalMark = Literal[".", ","]
MARKS: Final[tuple[DecimalMark, ...]] = (".", ",")
SAFE_DIGITS: Final = 15  # as many decimal digits go through float64 and back

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ARABIC_DECIMAL, _ARABIC_THOUSANDS = "\u066b", "\u066c"
_BETWEEN: Final = "\x1f"  # the unit separator: no text of a CSV that was read holds it
_EXPONENT: Final = r"(?:[eE][+-]?\d+)?"


def _pattern(decimal: DecimalMark) -> re.Pattern[str]:
    mark = f"[{decimal}{_ARABIC_DECIMAL}]"
    groups = f"[ '{_ARABIC_THOUSANDS}{',' if decimal == '.' else '.'}]"
    whole = rf"(?:\d+|[1-9]\d{{0,2}}(?P<group>{groups})\d{{3}}(?:(?P=group)\d{{3}})*)"
    return re.compile(rf"{whole}(?:{mark}\d*)?{_EXPONENT}|{mark}\d+{_EXPONENT}")


def _column_pattern(decimal: DecimalMark) -> re.Pattern[str]:
    mark = re.escape(decimal)
    return re.compile(
        rf"(?:[+-]?(?:\d+(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?(?:{_BETWEEN}|\Z))++"
    )


# A whole column of plain numbers is recognised at once: cell by cell a large file takes seconds.
_COLUMNS: Final = {mark: _column_pattern(mark) for mark in MARKS}
_NO_GROUP: Final = {mark: re.compile(rf"{re.escape(mark)}(?!\d{{3}}(?!\d))") for mark in MARKS}
_MANY_DIGITS: Final = re.compile(rf"[\d.,]{{{SAFE_DIGITS + 1}}}")
_PATTERNS: Final = {mark: _pattern(mark) for mark in MARKS}
_GROUPS: Final = {mark: f" '{_ARABIC_THOUSANDS}{',' if mark == '.' else '.'}" for mark in MARKS}
# Characters that mean the same: minus signs, spaces that do not break, apostrophes. Marks that only
# steer the direction of writing vanish.
_SAME: Final = (
    dict.fromkeys("\u2212\ufe63\uff0d", "-")
    | dict.fromkeys("\u00a0\u2007\u2009\u202f", " ")
    | dict.fromkeys("\u2018\u2019\u02bc", "'")
    | dict.fromkeys("\u061c\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2069", "")
    | {"\u066a": "%", "\uff05": "%"}
)


class Number(NamedTuple):
    """A cell that is a number.

    Attributes:
        value: The nearest float64.
        unit: ``"%"``, a currency sign or nothing.
        text: The number in digits, with a point and without groups.
        grouped: Its thousands were parted.
    """

    value: float
    unit: str
    text: str
    grouped: bool


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column read with one decimal mark.

    Attributes:
        values: ``float64 (N,)``, NaN where a cell is missing or no number.
        others: Positions of the cells that are neither a number nor missing.
        unit: That of the numbers, or nothing.
        decimal: The mark.
        grouped: Position of a number whose thousands were parted, or None.
        inexact: Position of a number that float64 cannot tell from another one here, or None.
    """

    values: NDArray[np.float64]
    others: list[int]
    unit: str
    decimal: DecimalMark
    grouped: int | None
    inexact: int | None

    @property
    def empty(self) -> bool:
        """There is no number at all."""
        return bool(np.isnan(self.values).all())


def is_number(cell: str) -> bool:
    """Whether a cell is a number as computers write it.

    >>> [is_number(cell) for cell in ("3.5", "-1e3", "nan", "1_000")]
    [True, True, False, False]
    """
    return _NUMBER.fullmatch(cell) is not None


def number_text(value: float) -> str:
    """The shortest text that is this float64 and no other.

    >>> number_text(41.0), number_text(9000000000000001.0), number_text(0.1 + 0.2)
    ('41', '9000000000000001', '0.30000000000000004')
    """
    return repr(float(value)).removesuffix(".0")


def read_number(cell: str, *, decimal: DecimalMark) -> Number | None:
    """A cell as a number, or None where it is none.

    Args:
        cell: As people write it.
        decimal: What parts the decimals; the other one of comma and point parts thousands.
    """
    if decimal == "." and _NUMBER.fullmatch(cell):  # most are
        return Number(float(cell), "", cell, grouped=False)
    body, sign, unit = _taken_apart(cell)
    if not (found := _PATTERNS[decimal].fullmatch(body)):
        return None
    for group in _GROUPS[decimal]:
        body = body.replace(group, "")
    text = sign + body.replace(decimal, ".").replace(_ARABIC_DECIMAL, ".")
    return Number(float(text), unit, text, grouped=found["group"] is not None)


def fitting(cells: Collection[str]) -> tuple[DecimalMark, ...]:
    """The decimal marks with which every cell is a number: none, one, or both.

    Both only where it makes a difference; where it makes none, the point.

    Args:
        cells: Without the missing ones.
    """
    column = _BETWEEN.join(cells)
    for mark in MARKS:
        if _COLUMNS[mark].fullmatch(column) and _NO_GROUP[mark].search(column):
            return (mark,)
    fits, differ = list(MARKS), False
    for cell in cells:
        read = [read_number(cell, decimal=mark) for mark in fits]
        differ |= len({number.value for number in read if number}) == 2
        fits = [mark for mark, number in zip(fits, read, strict=True) if number]
    return tuple(fits) if differ or len(fits) < 2 else (".",)


def read_numbers(
    cells: Sequence[str], *, missing: Collection[str] = ("",), decimal: DecimalMark | None = None
) -> Numbers:
    """The cells of a column as numbers.

    A column has one unit, the commonest: a number of another one is something else.

    Args:
        cells: As people write them.
        missing: What stands for no value, in lower case.
        decimal: What parts the decimals; by default what makes numbers of the most cells.

    >>> read_numbers(["1,5", "", "x"]).values.tolist()
    [1.5, nan, nan]
    """
    known = [cell for cell in cells if cell.casefold() not in missing]
    for mark in (decimal,) if decimal else ():
        column = _BETWEEN.join(known)
        if _COLUMNS[mark].fullmatch(column) and not _MANY_DIGITS.search(column):
            read = iter(map(float, column.replace(mark, ".").split(_BETWEEN)))
            values = [np.nan if cell.casefold() in missing else next(read) for cell in cells]
            return Numbers(np.array(values, dtype=np.float64), [], "", mark, None, None)
    return _read_cell_by_cell(cells, Counter(known), (decimal,) if decimal else MARKS)


def _read_cell_by_cell(
    cells: Sequence[str], known: Counter[str], marks: Sequence[DecimalMark]
) -> Numbers:
    read = {
        mark: {cell: found for cell in known if (found := read_number(cell, decimal=mark))}
        for mark in marks
    }
    best = max(read, key=lambda mark: sum(known[cell] for cell in read[mark]))
    numbers = read[best]
    units = Counter(number.unit for number in numbers.values())
    unit = units.most_common(1)[0][0] if units else ""
    numbers = {cell: number for cell, number in numbers.items() if number.unit == unit}
    values = [numbers[cell].value if cell in numbers else np.nan for cell in cells]
    others = [i for i, cell in enumerate(cells) if cell in known and cell not in numbers]
    grouped = next((cell for cell, number in numbers.items() if number.grouped), None)
    lost = _inexact(numbers)
    return Numbers(
        values=np.array(values, dtype=np.float64),
        others=others,
        unit=unit,
        decimal=best,
        grouped=None if grouped is None else cells.index(grouped),
        inexact=None if lost is None else cells.index(lost),
    )


def _taken_apart(cell: str) -> tuple[str, str, str]:
    """Digits and separators, the sign, the unit."""
    if not cell.isascii():
        letters = (str(unicodedata.decimal(c)) if c.isdecimal() else _SAME.get(c, c) for c in cell)
        cell = "".join(letters)
    sign = ""
    if cell.startswith("(") and cell.endswith(")"):
        sign, cell = "-", cell[1:-1].strip()
    cell, sign = _signed(cell, sign)
    if cell and _is_unit(cell[0]):
        unit, cell = cell[0], cell[1:].lstrip()
        cell, sign = _signed(cell, sign)
    elif cell and _is_unit(cell[-1]):
        unit, cell = cell[-1], cell[:-1].rstrip()
    else:
        unit = ""
    return cell, sign, unit


def _signed(cell: str, sign: str) -> tuple[str, str]:
    """The cell without a sign in front, which it may have once."""
    if sign or not cell.startswith(("+", "-")):
        return cell, sign
    return cell[1:].lstrip() if _is_unit(cell[1:].lstrip()[:1]) else cell[1:], cell[0]


def _is_unit(letter: str) -> bool:
    return letter == "%" or (letter != "" and unicodedata.category(letter) == "Sc")


def _inexact(numbers: dict[str, Number]) -> str | None:
    """A cell whose number is, in float64, that of a cell with another number."""
    exact: dict[float, Decimal] = {}
    for cell, number in numbers.items():
        # Infinite ones are refused elsewhere; `Decimal` takes no exponent without bounds.
        if sum(map(str.isdigit, number.text)) <= SAFE_DIGITS or not 0 < abs(number.value) < np.inf:
            continue
        if exact.setdefault(number.value, Decimal(number.text)) != Decimal(number.text):
            return cell
    return None
