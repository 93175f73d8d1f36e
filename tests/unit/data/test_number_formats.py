"""Number formats of a column: signs, groups, units, other digits, and what is unclear."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustai.data.tables.number_formats import fitting, is_number, read_number, read_numbers

POINT = {
    "1,234": 1234,
    "12,345,678.5": 12345678.5,
    "1 234.5": 1234.5,
    "1\u00a0234": 1234,
    "1\u202f234.5": 1234.5,
    "1'234.5": 1234.5,
    "1\u2019234": 1234,
    "50 %": 50,
    "12.5%": 12.5,
    "$1,234.50": 1234.5,
    "-$5": -5,
    "$-5": -5,
    "5 \u20ac": 5,
    "\ufdfc 5": 5,
    "(1,234)": -1234,
    "($5.25)": -5.25,
    "\u22125": -5,
    "\u06f4\u06f1": 41,
    "\u0664\u0661\u066b\u0665": 41.5,
    "\u06f1\u066c\u06f2\u06f3\u06f4": 1234,
    "\u06f5\u06f0\u066a": 50,
    "\u200e-5": -5,
    "+.5": 0.5,
    "3.": 3,
    "1e-3": 0.001,
}
COMMA = {
    "7,5": 7.5,
    "1.234,5": 1234.5,
    "1.234.567": 1234567,
    "1 234,5": 1234.5,
    "(7,5 \u20ac)": -7.5,
    "-7,5%": -7.5,
    ",5": 0.5,
    "1,5E+3": 1500,
    "\u06f1.\u06f2\u06f3\u06f4,\u06f5": 1234.5,
}
NEITHER = [
    "", "nan", "inf", "1_000", "0x1f", "--1", "1e", ".", "1 2", "1,23,4", "1,234,56", "12,34.5",
    "1.2.3", "0,123,456", "1 234,567 890", "1'234,567'890", "5 kg", "$5%", "5-", "()", "(-5)",
    "1/2", "2020-01-02", "- 5", "%", "$", "1,234.5.6",
]  # fmt: skip


@pytest.mark.parametrize("cell", POINT)
def test_numbers_with_a_decimal_point(cell: str) -> None:
    found = read_number(cell, decimal=".")
    assert found is not None
    assert found.value == POINT[cell]


@pytest.mark.parametrize("cell", COMMA)
def test_numbers_with_a_decimal_comma(cell: str) -> None:
    found = read_number(cell, decimal=",")
    assert found is not None
    assert found.value == COMMA[cell]


@pytest.mark.parametrize("cell", NEITHER)
def test_other_things_that_programs_or_people_take_for_numbers(cell: str) -> None:
    assert read_number(cell, decimal=".") is None
    assert read_number(cell, decimal=",") is None
    assert not is_number(cell)


@pytest.mark.parametrize(
    ("cells", "marks"),
    [
        (["950", "1,234", "875", "12,500"], (".", ",")),
        (["950", "1.234"], (".", ",")),
        (["1,234", "7,5"], (",",)),
        (["1,234", "7.5"], (".",)),
        (["0.627", "2.288"], (".",)),  # no thousand begins with a zero
        (["0,627"], (",",)),
        (["1,234,567"], (".",)),
        (["1.234.567"], (",",)),
        (["1 234", "12"], (".",)),  # the same number either way
        (["7,5", "7.5"], ()),
        (["x"], ()),
        ([], (".",)),
    ],
)
def test_which_decimal_mark_fits_a_column(cells: list[str], marks: tuple[str, ...]) -> None:
    assert fitting(cells) == marks


def test_a_column_has_one_unit() -> None:
    found = read_numbers(["5 \u20ac", "7 \u20ac", "8 $", "", "9"])
    assert (found.unit, found.others) == ("\u20ac", [2, 4])
    assert found.values[:2].tolist() == [5, 7]
    assert all(map(math.isnan, found.values[2:]))


def test_the_mark_that_reads_most_is_taken_and_the_rest_named() -> None:
    found = read_numbers(["7,5", "12,25", "1.5", "100,0"])
    assert (found.decimal, found.others) == (",", [2])


def test_what_float64_cannot_tell_apart_is_found() -> None:
    assert read_numbers(["9007199254740993", "9007199254740992"]).inexact is not None
    assert read_numbers(["1234567890123", "1234567890124"]).inexact is None
    assert read_numbers(["0.1000000000000000055", "0.2"]).inexact is None  # only rounded
    assert read_numbers(["1e400", "1e401"]).values.tolist() == [math.inf, math.inf]


def test_two_numbers_in_two_lines_of_a_cell_are_no_numbers() -> None:
    assert fitting(["1.25\n2.25", "3.5"]) == ()
    assert read_numbers(["1.25\n2.25", "3.5"], decimal=".").others == [0]
    assert read_numbers(["3.5", "x"], missing=["x"], decimal=".").values[0] == 3.5
    assert read_numbers([""], missing=[], decimal=".").others == [0]


@pytest.mark.parametrize(
    "cell",
    ["1234567890123456e99999999999999999999", "1" * 1000, "1e" + "9" * 900, "0." + "1" * 900],
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_endless_numbers_do_no_harm(cell: str, sign: str) -> None:
    negative = cell.replace("e", "e-") if sign else cell
    found = read_numbers([negative, negative + "0", "2"])
    assert found.others == []
    assert fitting([negative, "2"]) == (".",)


@given(st.lists(st.text("0123456789.,eE+-% '()\u066b\u20ac", max_size=12), max_size=5))
def test_whatever_looks_like_numbers(cells: list[str]) -> None:
    found = read_numbers(cells)
    assert len(found.values) == len(cells)
    for i, cell in enumerate(cells):
        number = read_number(cell, decimal=found.decimal)
        if i in found.others or cell == "":
            assert np.isnan(found.values[i])
        else:
            assert number is not None
            assert number.value == found.values[i]
