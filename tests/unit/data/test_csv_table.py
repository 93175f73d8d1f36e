"""An uploaded CSV with a binary target: kinds of columns, refusals, and the table it makes."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trustai import data
from trustai.data.tables import csv_table
from trustai.data.tables.csv_table import CsvTable, read_csv

N = 60


def lines(*columns: list[str]) -> bytes:
    return "\n".join(",".join(row) for row in zip(*columns, strict=True)).encode()


def column(name: str, *values: object, n: int = N) -> list[str]:
    """A column that repeats `values`."""
    return [name, *(str(values[i % len(values)]) for i in range(n))]


def counted(name: str, start: int = 0, n: int = N) -> list[str]:
    return [name, *(str(start + i) for i in range(n))]


ILL = column("ill", "no", "yes")
AGE = column("age", 41, 38, 55.5)
SMOKER = column("smoker", "never", "daily", "?", "Once")


@pytest.fixture
def uploaded() -> CsvTable:
    return read_csv(lines(counted("id"), AGE, SMOKER, ILL, column("country", "IR")))


# -- kinds -----------------------------------------------------------------------------------


def test_the_doctest() -> None:
    assert doctest.testmod(csv_table).failed == 0


def test_numbers_and_categories(uploaded: CsvTable) -> None:
    assert [c.name for c in uploaded.columns] == ["id", "age", "smoker", "ill", "country"]
    age, smoker = uploaded.column("age"), uploaded.column("smoker")
    assert (age.kind, age.levels, age.integer, age.n_missing) == ("number", (), False, 0)
    np.testing.assert_array_equal(age.values[:4], [41, 38, 55.5, 41])
    assert (smoker.kind, smoker.levels) == ("category", ("daily", "never", "Once"))
    np.testing.assert_array_equal(smoker.values[:5], [1, 0, np.nan, 2, 1])
    assert smoker.n_missing == N // 4
    assert len(uploaded) == N


def test_targets_and_usable_columns(uploaded: CsvTable) -> None:
    assert uploaded.targets() == ["ill"]
    assert uploaded.usable(target="ill") == ["age", "smoker"]
    assert uploaded.column("id").problem == "it only counts the rows"
    assert uploaded.column("country").problem == "it is 'IR' wherever it is known"


@pytest.mark.parametrize("empty", ["", "?", "-", "NA", "n/a", "NaN", "null", "None", "#N/A"])
def test_ways_to_say_missing(empty: str) -> None:
    age = read_csv(lines(column("age", 41, empty, 38, 40), ILL)).column("age")
    assert age.kind == "number"
    np.testing.assert_array_equal(np.isnan(age.values[:4]), [False, True, False, False])


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (column("x", 5), "it is 5 wherever it is known"),
        (column("x", "?", 5), "it is 5 wherever it is known"),
        (column("x", ""), "it is empty"),
        (
            column("x", 1.00000001, 1.00000002),  # the same in float32
            "it has values too close to each other, from 1.00000001 to 1.00000002: subtract a "
            "constant",
        ),
        (
            column("x", 9000000000000001, 9000000000000002, 9000000000000003),
            "it has values too close to each other, from 9000000000000001 to 9000000000000003: "
            "subtract a constant",
        ),
        (
            column("x", 1e-40, 2e-40),
            "it has values too close to each other, from 1e-40 to 2e-40: use another unit",
        ),
        (counted("x", start=100), "it only counts the rows"),
        (
            column("x", *[f"w{i}" for i in range(21)]),
            "it has 21 different texts, and 20 are the most",
        ),
        (column("x", *range(50), "abc"), "it holds numbers, but 'abc' in row 52"),
    ],
)
def test_unusable_columns_say_why(cells: list[str], problem: str) -> None:
    table = read_csv(lines(cells, AGE, ILL))
    assert table.column("x").problem == problem
    assert table.usable(target="ill") == ["age"]
    with pytest.raises(ValueError, match="expected a usable column, got 'x': it ") as caught:
        table.table(target="ill", columns=["age", "x"])
    assert str(caught.value).endswith(problem)


# -- numbers ---------------------------------------------------------------------------------


def semicolons(*columns: list[str]) -> bytes:
    return "\n".join(";".join(row) for row in zip(*columns, strict=True)).encode()


PRICE = column("price", "950", "1,234", "875", "12,500")


def test_numbers_that_can_be_read_in_two_ways_are_refused_until_somebody_says_how() -> None:
    content = semicolons(PRICE, ILL)
    with pytest.raises(
        ValueError, match=r"^expected numbers that can be read in one way"
    ) as caught:
        read_csv(content)
    assert "'price', where '1,234' in row 3 can be 1234 or 1.234" in str(caught.value)
    assert len(str(caught.value)) < 200
    point = read_csv(content, decimals={"price": "."}).column("price")
    assert point.values[:4].tolist() == [950, 1234, 875, 12500]
    assert point.notes == ("thousands parted as in '1,234'",)
    comma = read_csv(content, decimals={"price": ","}).column("price")
    assert comma.values[:4].tolist() == [950, 1.234, 875, 12.5]
    assert comma.notes == ("decimal commas",)
    neither = read_csv(content, decimals={"price": None})
    assert neither.column("price").problem == "'1,234' in row 3 can be 1234 or 1.234"
    assert neither.usable(target="ill") == []
    assert list(neither.doubts) == ["price"]


def test_a_target_that_can_be_read_in_two_ways_is_no_target_yet() -> None:
    content = semicolons(AGE, column("y", "1,234", "2,345"), ILL)
    assert read_csv(content, decimals={"y": None}).targets() == ["ill"]
    assert read_csv(content, decimals={"y": "."}).table(target="y").classes == (
        "y = 1234",
        "y = 2345",
    )


def test_every_column_has_its_own_decimal_mark() -> None:
    table = read_csv(semicolons(column("a", "1.5", "2.25"), column("b", "7,5", "12,25", "100,0")))
    assert table.column("a").values[:2].tolist() == [1.5, 2.25]
    assert table.column("b").values[:3].tolist() == [7.5, 12.25, 100]
    assert table.notes == ("separated by semicolons", "decimal commas in 'b'")


@pytest.mark.parametrize(
    ("content", "open_"),
    [
        (lines(column("x", "1.234", "2.500", "4.125"), ILL), False),  # as computers write
        (semicolons(column("x", "1.234", "2.500", "4.125"), ILL), True),
        (semicolons(column("x", "1.234", "2.500", "4.125"), ILL, column("y", "1.5", "2.5")), False),
        (semicolons(column("x", "1.234", "2.500", "4.125"), ILL, column("y", "1,5", "2,5")), True),
        (lines(column("x", '"1,234"', '"2,500"', '"4,125"'), ILL), True),
    ],
)
def test_three_digits_behind_a_point_are_asked_about_where_the_file_does_not_tell(
    content: bytes, open_: bool
) -> None:
    table = read_csv(content, decimals={"x": None})
    assert list(table.doubts) == ["x"] * open_
    if not open_:
        assert read_csv(content).column("x").values[:3].tolist() == [1.234, 2.5, 4.125]


def test_texts_that_look_like_numbers_are_named() -> None:
    mixed = read_csv(semicolons(column("x", "7,5", "12,25", "1.5"), ILL)).column("x")
    assert mixed.kind == "category"
    assert mixed.notes == (
        "a category: it holds numbers, but '1.5' in row 4 and other text in 19 more",
    )
    money = read_csv(semicolons(column("x", *(f"{i} €" for i in range(29)), "5 $"), ILL)).column(
        "x"
    )
    assert money.problem == "it holds numbers, but '5 $' in row 31 and other text in 1 more"


def test_units_groups_and_signs_of_a_column() -> None:
    cells = column("x", '"(1,234.50 €)"', '"−2,000 €"', "5 €")
    x = read_csv(lines(cells, ILL)).column("x")
    assert x.values[:3].tolist() == [-1234.5, -2000, 5]
    assert x.notes == ("thousands parted as in '(1,234.50 €)'", "numbers in €")


# -- values are themselves -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("1234567890123", "1234567890124"),
        ("0.1", "0.10000000000000002"),
        ("9007199254740992", "9007199254740993"),  # one number in float64: two texts
        ("123456789012345678901", "123456789012345678902"),
    ],
)
def test_values_that_are_written_alike_are_two_classes(low: str, high: str) -> None:
    table = read_csv(lines(AGE, column("y", low, high)))
    names = [name.removeprefix("y = ") for name in table.table(target="y").classes]
    assert names == [low, high]
    for positive, first in ((low, 1), (high, 0)):
        labels = table.table(target="y", positive=positive).labels
        assert labels[:2].tolist() == [first, 1 - first]


def test_too_many_digits_are_a_category_that_says_so() -> None:
    y = read_csv(lines(AGE, column("y", "9007199254740992", "9007199254740993"))).column("y")
    assert y.kind == "category"
    assert y.notes == ("a category: '9007199254740993' in row 3 has too many digits for a number",)
    cells = [str(2**60 + i) for i in range(30)]
    assert "too many digits" in str(read_csv(lines(column("x", *cells), ILL)).column("x").problem)


@given(st.lists(st.floats(-1e30, 1e30), min_size=2, max_size=2, unique=True))
def test_no_two_numbers_have_one_name(pair: list[float]) -> None:
    table = read_csv(lines(AGE, column("y", *map(repr, pair))))
    names = table.table(target="y").classes
    assert [float(name.removeprefix("y = ")) for name in names] == sorted(pair)


# -- missing words ---------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["none", "NA", "-", "None"])
def test_a_word_that_may_mean_missing_is_a_value_among_texts(word: str) -> None:
    table = read_csv(lines(AGE, column("y", word, "mild")))
    assert sorted(table.table(target="y").classes) == sorted([word, "mild"])
    y = table.column("y")
    assert (y.words, y.missing) == ({word.casefold(): N // 2}, frozenset())
    assert f"'{word.casefold()}' kept as a value (30 rows) in 'y'" in table.notes


def test_what_was_taken_for_missing_is_told_and_can_be_turned() -> None:
    content = lines(
        column("drinks", 1, 2, "none", 4),
        column("region", "NA", "EU", "AS", "?"),
        ILL,
    )
    table = read_csv(content)
    drinks, region = table.column("drinks"), table.column("region")
    assert (drinks.kind, drinks.n_missing, drinks.missing) == ("number", 15, {"none"})
    assert (region.levels, region.n_missing, region.missing) == (("AS", "EU", "NA"), 15, {"?"})
    assert region.words == {"na": 15, "?": 15}
    assert "'none' taken for missing (15 rows) in 'drinks'" in table.notes
    turned = read_csv(content, missing={"drinks": [], "region": ["NA", "?"]})
    assert turned.column("drinks").levels == ("1", "2", "4", "none")
    assert turned.column("region").levels == ("AS", "EU")
    assert turned.column("region").n_missing == 30
    assert turned.column("ill").missing == frozenset()


def test_a_target_never_loses_a_level_without_a_word() -> None:
    table = read_csv(lines(AGE, ILL, column("y", "yes", "no", "?")))
    with pytest.raises(ValueError, match=r"got none in row 4 \('\?' taken for missing\)$"):
        table.table(target="y")
    table = read_csv(lines(AGE, ILL, column("y", 1, "none")))
    with pytest.raises(ValueError, match=r"got 1 in 'y': '1' \('none' taken for missing\)$"):
        table.table(target="y")
    turned = read_csv(lines(AGE, ILL, column("y", 1, "none")), missing={"y": []})
    assert turned.table(target="y").classes == ("1", "none")


def test_levels_in_two_unicode_forms_are_one_level() -> None:
    table = read_csv(lines(AGE, column("drink", "caf\u00e9", "cafe\u0301", "tea"), ILL))
    assert table.column("drink").levels == ("caf\u00e9", "tea")


# -- the table -------------------------------------------------------------------------------


def test_the_table_keeps_levels_kinds_and_names(uploaded: CsvTable) -> None:
    table = uploaded.table(target="ill")
    assert (table.columns, table.classes, table.target) == (("age", "smoker"), ("no", "yes"), "ill")
    assert table.levels == (None, ("daily", "never", "Once"))
    assert table.integer == (False, True)
    assert (table.split, table.synthetic) == ("whole", False)
    assert table.rows.dtype == torch.float32
    assert table.labels.tolist() == [0, 1] * (N // 2)
    assert table.rows[0].tolist() == [41, 1]
    assert table.rows[2, 1].isnan()
    assert table.name == f"upload-{uploaded.sha256[:8]}"
    assert len(data.part(table, "test")) == 12


def test_columns_in_the_order_asked_for(uploaded: CsvTable) -> None:
    assert uploaded.table(target="ill", columns=["smoker", "age"]).columns == ("smoker", "age")


def test_which_class_is_positive(uploaded: CsvTable) -> None:
    table = uploaded.table(target="ill", positive="no")
    assert table.classes == ("yes", "no")
    assert table.labels.tolist() == [1, 0] * (N // 2)


def test_a_target_of_numbers_is_named_with_its_column() -> None:
    table = read_csv(lines(AGE, column("y", -1, 1))).table(target="y")
    assert table.classes == ("y = -1", "y = 1")
    assert table.labels[:2].tolist() == [0, 1]
    large = read_csv(lines(AGE, column("y", 1000001, 1000002))).table(target="y")
    assert large.classes == ("y = 1000001", "y = 1000002")


# -- refusals --------------------------------------------------------------------------------


BAD_FILES = {
    "few rows": (
        lines(column("a", 1, 2, n=49), column("b", 0, 1, n=49)),
        "at least 50 rows, got 49",
    ),
    "infinite": (
        lines(column("a", 1, 2, "-inf"), ILL),
        "expected numbers between -1e30 and 1e30, got '-inf' in row 4 of column 'a'",
    ),
    "infinite by size": (
        lines(column("a", 1, 2, "1e999"), ILL),
        "got '1e999' in row 4 of column 'a'",
    ),
    "too large": (lines(column("a", 1, 2, "1e31"), ILL), "got '1e31' in row 4 of column 'a'"),
    "no target": (lines(AGE, SMOKER), "expected a column with exactly two different values"),
    "ragged": (b"a,b\n" + b"1,2\n" * 60 + b"1\n", "expected 2 cells in every row, got 1 in row 62"),
    "empty": (b"", "expected a CSV file, got an empty file"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_refused(case: str) -> None:
    content, message = BAD_FILES[case]
    with pytest.raises(ValueError, match=r"^expected ") as caught:
        read_csv(content)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


BAD_CHOICES = {
    "no such target": ({"target": "il"}, "got 'il' (did you mean 'ill'?)"),
    "hostile name": ({"target": "\n" * 99 + "x" * 99}, "…'"),
    "three classes": (
        {"target": "smoker"},
        "expected a target with two different values, got 3 in 'smoker': 'daily', 'never', 'Once'",
    ),
    "numbers": ({"target": "id"}, "got 60 in 'id': '0', '1', '2', …"),
    "one class": ({"target": "country"}, "got 1 in 'country': 'IR'"),
    "empty target": ({"target": "nothing"}, "got 0 in 'nothing'"),
    "gap in target": (
        {"target": "gap"},
        "value of the target 'gap' in every row, got none in row 4",
    ),
    "rare class": ({"target": "rare"}, "expected at least 10 rows of each class, got 6"),
    "no columns": ({"target": "ill", "columns": []}, "expected at least one column"),
    "target itself": (
        {"target": "ill", "columns": ["age", "ill"]},
        "other than the target, got 'ill'",
    ),
    "twice": ({"target": "ill", "columns": ["age", "age"]}, "every column once, got 'age' twice"),
    "no such column": ({"target": "ill", "columns": ["agee"]}, "(did you mean 'age'?)"),
    "unusable": (
        {"target": "ill", "columns": ["country"]},
        "expected a usable column, got 'country'",
    ),
    "no such class": (
        {"target": "ill", "positive": "maybe"},
        "class 1 to be 'no' or 'yes', got 'maybe'",
    ),
}


@pytest.mark.parametrize("case", BAD_CHOICES)
def test_bad_choices_are_refused(case: str) -> None:
    arguments, message = BAD_CHOICES[case]
    gap = column("gap", 0, 1, "")
    rare = column("rare", *[0] * 9, 1)
    table = read_csv(
        lines(
            counted("id"),
            AGE,
            SMOKER,
            ILL,
            column("country", "IR"),
            gap,
            rare,
            column("nothing", ""),
        )
    )
    with pytest.raises(ValueError, match=r"^expected ") as caught:
        table.table(**arguments)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_nothing_to_predict_from() -> None:
    table = read_csv(lines(counted("id"), ILL))
    with pytest.raises(ValueError, match="expected at least one column to predict from, got none"):
        table.table(target="ill")


CELLS = st.sampled_from(
    [
        "",
        "0",
        "1",
        "-2.5",
        "1e29",
        "1e-40",
        "NA",
        "inf",
        "=1+1",
        "yes",
        "No",
        "۷",
        "a b",
        "5 €",
        "50%",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=2, max_size=4), st.integers(0, 3))
def test_whatever_stands_in_the_cells(columns: list[list[str]], chosen: int) -> None:
    content = lines(*(column(f"c{i}", *cells) for i, cells in enumerate(columns)))
    try:
        uploaded = read_csv(content)
        table = uploaded.table(target=f"c{chosen}")
    except ValueError as error:
        assert str(error).startswith("expected ")  # noqa: PT017
        return
    assert table.rows.shape == (len(uploaded), len(table.columns))
    assert not table.rows.isinf().any()
    assert set(table.labels.tolist()) == {0, 1}
    for j, levels in enumerate(table.levels):
        known = table.rows[:, j][~table.rows[:, j].isnan()]
        assert len(known.unique()) > 1
        if levels is not None:
            assert known.unique().tolist() == list(range(len(levels)))
