"""The groups that a census names, and the columns that a table is reduced to."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from trustai import data
from trustai.fairness import groups_of
from trustai.types import Table


@pytest.fixture(scope="module")
def census() -> Table:
    return data.load("adult-synthetic", split="test", n=400)


def test_groups_are_those_of_the_columns(census: Table) -> None:
    found = groups_of(census)
    assert found["sex"].names == ("Female", "Male")
    assert found["race"].names[:2] == ("White", "Black")
    assert len(found["race"].names) == 5
    for attribute, groups in found.items():
        at = census.columns.index(attribute)
        levels = census.levels[at]
        assert levels is not None
        for row, code in zip(census.rows[:, at].tolist(), groups.codes.tolist(), strict=True):
            assert groups.names[code] == levels[int(row)]


def test_only_two_groups_are_compared(census: Table) -> None:
    race = groups_of(census)["race"]
    assert set(race.binary().tolist()) <= {-1, 0, 1}
    assert (race.binary() == race.codes)[race.codes < 2].all()
    assert (race.binary() == -1)[race.codes >= 2].all()


def test_a_missing_value_is_of_no_group(census: Table) -> None:
    rows = census.rows.clone()
    rows[0, census.columns.index("sex")] = torch.nan
    assert groups_of(dataclasses.replace(census, rows=rows))["sex"].codes[0] == -1


def test_a_table_without_the_attribute_is_refused(census: Table) -> None:
    without = census.select([c for c in census.columns if c != "race"])
    with pytest.raises(ValueError, match="expected a column 'race', got age"):
        groups_of(without)


def test_select_keeps_columns_in_order(census: Table) -> None:
    found = census.select(["sex", "age"])
    assert found.columns == ("sex", "age")
    assert found.levels == (("Female", "Male"), None)
    assert found.integer == (True, True)
    at = [census.columns.index(name) for name in ("sex", "age")]
    assert np.array_equal(found.rows.numpy(), census.rows[:, at].numpy(), equal_nan=True)
    with pytest.raises(ValueError, match="expected columns among age"):
        census.select(["wage"])
