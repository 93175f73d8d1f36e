"""Groups of an uploaded table: levels, numbers, crossings, what is missing and what is rare."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trustai.data.tables.csv_table import CsvTable, read_csv
from trustai.fairness.own_groups import groups_of_columns, unseen_levels
from trustai.metrics.fairness import RARE

SEX = ["f", "m", ""] * 40
RACE = ["a"] * 60 + ["b"] * 55 + ["c"] * 5


def csv(**columns: list[object]) -> CsvTable:
    names = [*columns, "ill"]
    rows = zip(*columns.values(), [i % 2 for i in range(120)], strict=True)
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    return read_csv("\n".join(lines).encode())


@pytest.fixture(scope="module")
def table() -> CsvTable:
    age = [20 + i % 40 for i in range(120)]
    return csv(sex=SEX, race=RACE, age=age, kids=[i % 3 for i in range(120)], same=["x"] * 120)


def test_levels_are_groups_and_a_missing_value_is_none(table: CsvTable) -> None:
    found = groups_of_columns([table.column("sex")])
    assert found.names == ("f", "m")
    assert found.codes[:4].tolist() == [0, 1, -1, 0]
    assert found.n_unknown == 40
    assert found.compared() == (0, 1)


def test_a_rare_group_is_not_compared(table: CsvTable) -> None:
    found = groups_of_columns([table.column("race")])
    assert found.names == ("a", "b", "c")
    assert found.compared() == (0, 1)  # the largest first; c has fewer than 30
    assert found.take(np.arange(RARE - 1)).compared() == ()
    assert found.take(np.arange(RARE)).compared() == (0,)


def test_few_numbers_are_groups_and_many_are_cut_at_the_median(table: CsvTable) -> None:
    kids = groups_of_columns([table.column("kids")])
    assert kids.names == ("kids = 0", "kids = 1", "kids = 2")
    assert kids.codes[:4].tolist() == [0, 1, 2, 0]
    age = groups_of_columns([table.column("age")])
    assert age.names == ("age < 39.5", "age ≥ 39.5")
    assert np.bincount(age.codes).tolist() == [60, 60]


def test_a_median_that_is_the_smallest_value_still_cuts() -> None:
    gain = [0] * 70 + list(range(1, 51))
    found = groups_of_columns([csv(gain=gain).column("gain")])
    assert found.names == ("gain < 1", "gain ≥ 1")
    assert np.bincount(found.codes).tolist() == [70, 50]


def test_two_columns_cross_without_crossings_that_nobody_is_in(table: CsvTable) -> None:
    found = groups_of_columns([table.column("sex"), table.column("race")])
    assert found.title == "sex and race"
    assert set(found.names) <= {f"{s}, {r}" for s in "fm" for r in "abc"}
    wanted = {f"{s}, {r}" for s, r in zip(SEX, RACE, strict=True) if s}
    assert {*found.names} == wanted
    for i, (s, r) in enumerate(zip(SEX, RACE, strict=True)):
        assert (found.codes[i] == -1) if not s else (found.names[found.codes[i]] == f"{s}, {r}")


def test_levels_that_no_training_row_has_are_named(table: CsvTable) -> None:
    whole = table.table(target="ill", columns=["race", "sex", "age"])
    train, test = whole.take(torch.arange(0, 100)), whole.take(torch.arange(100, 120))
    assert unseen_levels(train, test) == {"race": ("c",)}
    assert unseen_levels(whole, test) == {}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "expected one or two columns of groups, got 0"),
        (["sex", "race", "age"], "got 3"),
        (["same"], "expected a column of groups with two different values, got 1 in 'same'"),
    ],
)
def test_errors_say_what_was_expected(table: CsvTable, names: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        groups_of_columns([table.column(name) for name in names])
