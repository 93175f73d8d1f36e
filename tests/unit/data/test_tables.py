"""Tables by name: one split for everybody, its hash, and what says where the rows come from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trustai import data
from trustai.data.tables import base
from trustai.train.tables.fit import parts_of
from trustai.types import Table


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No prepared files, an empty cache."""
    monkeypatch.delenv("TRUSTAI_DATA", raising=False)
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))


def toy(**changes: object) -> Table:
    fields = {
        "name": "toy",
        "split": "whole",
        "rows": torch.tensor([[1.0, 2.0], [3.0, torch.nan], [5.0, 6.0]]),
        "labels": torch.tensor([0, 1, 0]),
        "columns": ("a", "b"),
        "classes": ("no", "yes"),
        "indices": torch.arange(3),
        "integer": (True, True),
        "synthetic": False,
    }
    return Table(**(fields | changes))  # type: ignore[arg-type]


def labelled(labels: torch.Tensor, **changes: object) -> Table:
    n = len(labels)
    return toy(rows=torch.zeros(n, 2), labels=labels, indices=torch.arange(n), **changes)


# -- Table -----------------------------------------------------------------------------------


def test_a_table_of_numbers_needs_no_levels() -> None:
    assert toy().levels == (None, None)
    assert toy(levels=(None, ("x", "y"))).levels == (None, ("x", "y"))


def test_take_keeps_rows_labels_and_numbers_together() -> None:
    taken = toy(levels=(None, ("x", "y"))).take(torch.tensor([2, 0]))
    assert taken.rows.tolist() == [[5, 6], [1, 2]]
    assert taken.labels.tolist() == [0, 0]
    assert taken.indices.tolist() == [2, 0]
    assert (taken.levels, taken.classes) == ((None, ("x", "y")), ("no", "yes"))
    assert len(taken) == 2


# -- the split -------------------------------------------------------------------------------


def test_the_split_is_70_10_20_within_each_class() -> None:
    labels = torch.tensor([1, 0, 0] * 256 + [1] * 12)  # 512 and 268, mixed
    parts = base.split_rows(labelled(labels))
    counts = {split: torch.bincount(labels[rows]).tolist() for split, rows in parts.items()}
    assert counts == {"train": [359, 187], "validation": [51, 27], "test": [102, 54]}
    assert all(rows.tolist() == rows.sort().values.tolist() for rows in parts.values())


@given(st.integers(10, 60), st.integers(10, 60), st.integers(0, 9))
def test_every_split_parts_the_rows_and_holds_both_classes(
    zeros: int, ones: int, seed: int
) -> None:
    labels = torch.tensor([0] * zeros + [1] * ones)
    parts = base.split_rows(labelled(labels), seed=seed)
    assert sorted(torch.cat(list(parts.values())).tolist()) == list(range(zeros + ones))
    for rows in parts.values():
        assert set(labels[rows].tolist()) == {0, 1}


def test_the_split_is_drawn_and_never_changes() -> None:
    labels = torch.tensor([0] * 20 + [1] * 10)
    parts = base.split_rows(labelled(labels))
    assert parts["test"].tolist() == [2, 4, 6, 19, 22, 26]
    assert parts["validation"].tolist() == [13, 16, 23]
    assert base.split_rows(labelled(labels), seed=1)["test"].tolist() != parts["test"].tolist()


def test_a_table_may_keep_more_for_its_test() -> None:
    """The course's split of the census: 70/30, a validation part inside the 70, everywhere."""
    table = labelled(torch.tensor([0] * 70 + [1] * 30), test_share=0.3)
    wanted = {"train": 60, "validation": 10, "test": 30}
    assert {split: len(rows) for split, rows in base.split_rows(table).items()} == wanted
    assert {split: len(base.part(table, split)) for split in wanted} == wanted
    assert {k: len(part) for k, part in parts_of(table, split_seed=0).items()} == wanted


def test_part_takes_the_rows_of_a_split() -> None:
    whole = data.load("diabetes-synthetic", split="whole")
    test = base.part(whole, "test")
    rows = base.split_rows(whole)["test"]
    assert torch.equal(test.indices, rows)
    assert torch.equal(test.labels, whole.labels[rows])
    assert (test.split, len(test)) == ("test", 154)
    with pytest.raises(ValueError, match="expected a whole table to split, got its part 'test'"):
        base.part(test, "train")
    with pytest.raises(ValueError, match=r"expected split to be one of train, .*, got 'tset'"):
        base.part(whole, "tset")


# -- its hash --------------------------------------------------------------------------------


def test_the_hash_sees_every_change() -> None:
    table = toy()
    changes = [
        {"rows": table.rows + 1},
        {"rows": torch.nan_to_num(table.rows)},
        {"labels": 1 - table.labels},
        {"indices": table.indices + 1},
        {"columns": ("a", "c")},
        {"classes": ("no", "maybe")},
    ]
    shas = {data.split_sha(table)} | {data.split_sha(toy(**change)) for change in changes}
    assert len(shas) == 1 + len(changes)
    assert all(len(sha) == 64 for sha in shas)


def test_the_hash_does_not_depend_on_how_missing_is_written() -> None:
    table = toy()
    other = table.rows.clone()
    other[1, 1] = -torch.tensor(torch.nan)  # another bit pattern
    assert other.numpy().tobytes() != table.rows.numpy().tobytes()
    assert data.split_sha(toy(rows=other)) == data.split_sha(table)


# -- by name ---------------------------------------------------------------------------------


def test_tables_are_not_among_the_pictures() -> None:
    assert data.table_names() == ["diabetes", "diabetes-synthetic", "adult", "adult-synthetic"]
    assert not set(data.names()) & set(data.table_names())
    for name in data.table_names():
        assert len(data.table_set(name).columns) == (12 if "adult" in name else 8)


def test_without_a_file_the_cohort_stands_in_and_says_so(nowhere: None) -> None:
    assert data.table_set("diabetes").source() == "embedded"
    assert data.available("diabetes")
    table = data.load("diabetes")
    assert table.synthetic
    assert table.name == "diabetes-synthetic"
    assert data.split_sha(table) == data.split_sha(data.load("diabetes-synthetic"))


def test_load_gives_each_split_once(nowhere: None) -> None:
    parts = [data.load("diabetes", split=split) for split in data.SPLITS]
    assert [len(part) for part in parts] == [537, 77, 154]
    assert sorted(torch.cat([part.indices for part in parts]).tolist()) == list(range(768))
    assert [int(part.labels.sum()) for part in parts] == [187, 27, 54]
    assert len(data.load("diabetes", split="whole")) == 768


def test_a_sample_of_rows_is_drawn_by_its_seed(nowhere: None) -> None:
    some = data.load("diabetes", n=10)
    assert torch.equal(some.indices, data.load("diabetes", n=10).indices)
    assert not torch.equal(some.indices, data.load("diabetes", n=10, seed=1).indices)
    assert some.indices.tolist() == sorted(set(some.indices.tolist()))
    assert len(data.load("diabetes", n=1000)) == 154


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "diabetis"}, r"expected data set .* \(did you mean 'diabetes'\?\)"),
        (
            {"name": "diabetes", "split": "tset"},
            "one of train, validation, test, whole, got 'tset'",
        ),
        ({"name": "diabetes", "n": 0}, "expected n to be at least 1, got 0"),
        ({"name": "signs", "split": "whole"}, "one of train, validation, test, got 'whole'"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        data.load(**arguments)  # type: ignore[call-overload]


def test_levels_survive_the_split() -> None:
    whole = data.load("diabetes-synthetic", split="whole")
    marked = dataclasses.replace(whole, levels=(("a", "b"), *whole.levels[1:]))
    assert base.part(marked, "test").levels == marked.levels
