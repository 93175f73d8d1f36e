"""The Adult data set as UCI writes it, and the synthetic census drawn from its statistics."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from trustai import data
from trustai.data.census import adult, closeness, dependence, synthetic
from trustai.types import Table

LINE = "39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, "
LINE += "Male, 2174, 0, 40, United-States, <=50K\n"
OTHER = "25, ?, 1, 7th-8th, 4, Divorced, ?, Unmarried, Black, Female, 0, 0, 20, ?, >50K.\n"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No prepared files, an empty cache."""
    monkeypatch.delenv("TRUSTAI_DATA", raising=False)
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))


def value(table: Table, row: int, column: str) -> float | str:
    """What stands there, a level by its name."""
    j = table.columns.index(column)
    found, levels = table.rows[row, j].item(), table.levels[j]
    return found if levels is None or math.isnan(found) else levels[int(found)]


def test_a_row_is_read_as_uci_writes_it() -> None:
    table = adult.read_adult(LINE.encode(), b"|1x3 Cross validator\n" + OTHER.encode())
    assert table.rows.shape == (2, 12)
    assert table.labels.tolist() == [0, 1]
    assert [value(table, 0, name) for name in ("age", "capital-gain", "sex", "education")] == [
        39, 2174, "Male", "Bachelors",
    ]  # fmt: skip
    assert value(table, 1, "race") == "Black"
    missing = [c for c in table.columns if math.isnan(table.rows[1, table.columns.index(c)])]
    assert missing == ["workclass", "occupation", "native-country"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (LINE.replace("Male", "Robot"), "expected sex as in the Adult data set, got 'Robot'"),
        (LINE.replace("39", "old"), "expected age as in the Adult data set, got 'old'"),
        (LINE.replace("<=50K", "rich"), "expected income as one of <=50K, >50K, got 'rich'"),
    ],
)
def test_another_value_is_one_sentence(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adult.read_adult(line.encode())


def test_without_files_the_synthetic_census_stands_in_and_says_so(nowhere: None) -> None:
    table = data.load("adult", split="test")
    assert table.synthetic
    assert table.name == "adult-synthetic"
    assert data.table_set("adult").source() == "embedded"


def test_a_damaged_file_says_what_to_do(
    nowhere: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    (tmp_path / "adult").mkdir()
    for name in ("adult.data", "adult.test"):
        (tmp_path / "adult" / name).write_text(LINE)
    with pytest.raises(data.DataMissing, match=r"expected 48842 rows, got 2 .*replace it or"):
        data.load("adult")


def test_the_split_is_that_of_the_course_with_a_validation_part_inside() -> None:
    parts = {split: data.load("adult-synthetic", split=split) for split in data.SPLITS}
    sizes = {split: len(part) / adult.N_ROWS for split, part in parts.items()}
    assert sizes == pytest.approx({"train": 0.6, "validation": 0.1, "test": 0.3}, abs=1e-4)
    shares = [part.labels.double().mean().item() for part in parts.values()]
    assert max(shares) - min(shares) < 1e-3, "stratified"
    numbers = torch.cat([part.indices for part in parts.values()])
    assert numbers.sort().values.tolist() == list(range(adult.N_ROWS))


def test_the_same_seed_draws_the_same_people() -> None:
    one, again = (synthetic.generate(n=500, seed=3) for _ in range(2))
    assert data.split_sha(one) == data.split_sha(again)
    assert data.split_sha(one) != data.split_sha(synthetic.generate(n=500, seed=4))
    with pytest.raises(ValueError, match="expected n to be at least 1, got 0"):
        synthetic.generate(n=0)


def test_synthetic_people_are_possible() -> None:
    table = synthetic.generate(n=5_000)
    for j, (name, levels) in enumerate(zip(table.columns, table.levels, strict=True)):
        known = table.rows[:, j][~table.rows[:, j].isnan()]
        assert (known == known.round()).all(), name
        assert known.min() >= 0, name
        if levels is not None:
            assert known.max() < len(levels), name
    ages = table.rows[:, table.columns.index("age")]
    assert ages.min() >= 17
    assert ages.max() <= 90
    # Nobody is a husband and a woman but by the smoothing of the smallest cells.
    wives = table.rows[:, table.columns.index("sex")] == 0
    husbands = table.rows[:, table.columns.index("relationship")] == 2
    assert (wives & husbands).double().mean() < 0.001


def test_the_tree_finds_the_column_that_another_depends_on() -> None:
    """A copy of a column is its neighbour, and the network draws it as a copy."""
    people = synthetic.generate(n=4_000, seed=1)
    rows = people.rows.clone()
    race, sex = people.columns.index("race"), people.columns.index("sex")
    rows[:, race] = rows[:, sex]  # nobody is of another race than their sex's number
    found = synthetic.statistics_of(dataclasses.replace(people, rows=rows))
    parents = {one.name: one.parent for one in found.columns}
    assert parents["race"] == "sex"
    assert parents["sex"] == ""
    drawn = synthetic.generate(n=4_000, statistics=found)
    assert (drawn.rows[:, race] == drawn.rows[:, sex]).double().mean() > 0.995


def test_mutual_information_by_hand() -> None:
    a = np.array([0, 0, 1, 1])
    assert dependence.mutual_information(a, a) == pytest.approx(math.log(2))
    assert dependence.mutual_information(a, np.array([0, 1, 0, 1])) == pytest.approx(0)
    # Given the label nothing is left to learn.
    assert dependence.mutual_information(a, a, given=a) == pytest.approx(0)
    # Two columns that depend on each other within one of two labels only.
    b, y = np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    c = np.array([0, 0, 1, 1, 0, 1, 0, 1])
    assert dependence.mutual_information(b, c, given=y) == pytest.approx(math.log(2) / 2)


def test_conditional_probabilities_by_hand() -> None:
    codes, above = np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1])
    table = np.array(synthetic._conditional(codes, above, np.array([0, 0, 0, 1])))
    assert table.sum(2) == pytest.approx(1, abs=1e-4)
    assert table[0, 0] == pytest.approx([(1 + 0.1 / 3) / 2.1, (1 + 0.2 / 3) / 2.1], abs=1e-4)
    assert table[1, 1].tolist() == [0, 1]


def test_closeness_sees_a_census_without_dependence() -> None:
    """Columns shuffled one by one agree alone, and not in pairs."""
    people = synthetic.generate(n=6_000, seed=1)
    other = synthetic.generate(n=6_000, seed=2)
    random = torch.Generator().manual_seed(0)
    shuffled = torch.stack(
        [column[torch.randperm(len(column), generator=random)] for column in other.rows.T], dim=1
    )
    near = closeness.compare(people, other)
    far = closeness.compare(people, dataclasses.replace(other, rows=shuffled))
    assert far["columns"]["synthetic"]["mean"] < 1.5 * near["columns"]["synthetic"]["mean"] + 0.01
    assert far["pairs"]["synthetic"]["mean"] > 1.5 * near["pairs"]["synthetic"]["mean"]
    assert far["models"]["synthetic"]["auc"] < 0.7 < 0.85 < near["models"]["synthetic"]["auc"]


def test_the_embedded_statistics_are_those_of_the_real_training_part() -> None:
    if adult.source() is None:
        pytest.skip("the Adult table is not on this machine")
    real = adult.read()
    assert len(real) == adult.N_ROWS
    assert real.labels.double().mean().item() == pytest.approx(0.2393, abs=1e-4)
    assert synthetic.statistics_of(data.part(real, "train")) == synthetic.load()
    found = synthetic.measured()
    assert found["sha256"]["real"] == data.split_sha(real)
    assert found["sha256"]["synthetic"] == data.split_sha(synthetic.generate())
    gaps = closeness._farthest(
        *(
            closeness._cells(table, [closeness._edges(c) for c in reference.T])
            for reference in [data.part(real, "train").rows.double().numpy()]
            for table in (data.part(real, "test"), synthetic.generate())
        ),
        order=1,
    )
    assert gaps["mean"] == pytest.approx(found["columns"]["synthetic"]["mean"], abs=1e-4)
