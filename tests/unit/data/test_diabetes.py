"""The diabetes table: its sources, and Kaggle's format with every fault named by row and column."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from trustai import data
from trustai.data import __main__ as command
from trustai.data import sources
from trustai.data.tables import cohort, diabetes
from trustai.data.tables.diabetes import (
    COLUMNS,
    TableFaults,
    read_diabetes,
)

HEADER = [*COLUMNS, "Outcome"]


def rows(n: int = 60) -> list[list[str]]:
    """Patients that differ in Age, half of them ill."""
    return [
        ["1", "120", "70", "20", "80", "30.5", "0.25", str(21 + i), str(i % 2)] for i in range(n)
    ]


def csv_of(cells: list[list[str]], header: list[str] = HEADER) -> bytes:
    return "\n".join(",".join(row) for row in [header, *cells]).encode()


def changed(*changes: tuple[int, str, str]) -> bytes:
    """The patients with some cells (row as in a spreadsheet, column, text) changed."""
    cells = rows()
    for row, column, text in changes:
        cells[row - 2][HEADER.index(column)] = text
    return csv_of(cells)


# -- Kaggle's format -------------------------------------------------------------------------


def test_reads_values_labels_and_names() -> None:
    table = read_diabetes(changed((3, "Glucose", "131"), (4, "Insulin", "")))
    assert (table.columns, table.target) == (COLUMNS, "Outcome")
    assert table.classes == ("no diabetes", "diabetes")
    assert (table.name, table.split, table.synthetic) == ("diabetes-upload", "whole", False)
    torch.testing.assert_close(
        table.rows[0], torch.tensor([1, 120, 70, 20, 80, 30.5, 0.25, 21], dtype=torch.float32)
    )
    assert table.rows[1, 1] == 131
    assert table.rows[2, 4].isnan()
    assert table.labels.tolist() == [0, 1] * 30
    assert table.integer == (True, True, True, True, True, False, False, True)


def test_zeros_are_missing_in_five_columns_only() -> None:
    zeros = changed(*((5, name, "0") for name in HEADER[:-1]))
    missing = read_diabetes(zeros).rows[3].isnan()
    assert [name for name, gone in zip(COLUMNS, missing.tolist(), strict=True) if gone] == [
        "Glucose",
        "BloodPressure",
        "SkinThickness",
        "Insulin",
        "BMI",
    ]
    assert read_diabetes(zeros).rows.isnan().sum() == 5


def test_order_case_and_blanks_of_names_are_forgiven() -> None:
    header = [
        "outcome",
        " Blood Pressure",
        *[name.upper() for name in COLUMNS if name != "BloodPressure"],
    ]
    cells = [[row[8], row[2], *row[:2], *row[3:8]] for row in rows()]
    table = read_diabetes(csv_of(cells, header))
    assert torch.equal(table.rows, read_diabetes(csv_of(rows())).rows)
    assert torch.equal(table.labels, read_diabetes(csv_of(rows())).labels)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((3, "Glucose", "1480"), "Glucose as a whole number in [0, 600], got '1480' in row 3"),
        ((4, "Glucose", "148.5"), "Glucose as a whole number in [0, 600], got '148.5' in row 4"),
        ((5, "BMI", "-1"), "BMI as a number in [0, 100], got '-1' in row 5"),
        ((6, "Age", "old"), "Age as a whole number in [0, 120], got 'old' in row 6"),
        ((7, "Insulin", "inf"), "Insulin as a whole number in [0, 2000], got 'inf' in row 7"),
        ((8, "Outcome", "2"), "Outcome as 0 or 1, got '2' in row 8"),
        ((9, "Outcome", ""), "Outcome as 0 or 1, got nothing in row 9"),
        ((61, "Outcome", "yes"), "Outcome as 0 or 1, got 'yes' in row 61"),
        ((2, "BMI", "=1+1"), "BMI as a number in [0, 100], got '=1+1' in row 2"),
        ((2, "Age", "1e999"), "Age as a whole number in [0, 120], got '1e999' in row 2"),
    ],
)
def test_a_fault_names_its_row_and_column(change: tuple[int, str, str], message: str) -> None:
    with pytest.raises(TableFaults) as caught:
        read_diabetes(changed(change))
    assert str(caught.value) == f"expected {message}"
    (fault,) = caught.value.faults
    assert (fault.row, fault.column) == change[:2]
    assert isinstance(caught.value, ValueError)


def test_all_faults_are_kept_from_the_top() -> None:
    with pytest.raises(TableFaults) as caught:
        read_diabetes(changed((9, "Age", "x"), (3, "Outcome", "x"), (5, "BMI", "900")))
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (3, "Outcome"),
        (5, "BMI"),
        (9, "Age"),
    ]
    assert str(caught.value) == "expected Outcome as 0 or 1, got 'x' in row 3 (and 2 more faults)"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            ["Glucos" if n == "Glucose" else n for n in HEADER],
            r"got 'Glucos' in row 1 \(did you mean",
        ),
        (
            ["Patient" if n == "Age" else n for n in HEADER],
            "only Kaggle's nine columns, got 'Patient'",
        ),
        (
            ["B M I" if n == "Age" else n for n in HEADER],
            "expected BMI once, got it twice in row 1",
        ),
    ],
)
def test_wrong_columns(header: list[str], message: str) -> None:
    with pytest.raises(TableFaults, match=message) as caught:
        read_diabetes(csv_of(rows(), header))
    assert {fault.row for fault in caught.value.faults} == {1}
    assert any(fault.message.startswith("expected a column ") for fault in caught.value.faults)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(TableFaults) as caught:
        read_diabetes(csv_of([row[:-1] for row in rows()], HEADER[:-1]))
    assert str(caught.value) == "expected a column Outcome, got none of that name in row 1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a CSV file, got an empty file"),
        (csv_of(rows(49)), "expected at least 50 rows, got 49"),
        (
            csv_of([[*row[:8], "0"] for row in rows()]),
            "expected at least 10 rows of each class, got 0",
        ),
        (csv_of(rows(), rows()[0]), "expected a first row of column names, got the number 1"),
    ],
)
def test_other_refusals(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_diabetes(content)


# -- sources ---------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No prepared files, an empty cache; returns where the cached table would lie."""
    monkeypatch.delenv("TRUSTAI_DATA", raising=False)
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "diabetes" / "diabetes.csv"


def test_prepared_before_cache_before_cohort(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = data.table_set("diabetes")
    assert (diabetes.source(), chosen.source()) == (None, "embedded")
    cache.parent.mkdir(parents=True)
    cache.write_bytes(changed((2, "Age", "91")))
    assert chosen.source() == "cache"
    assert chosen.read().rows[0, -1] == 91
    prepared = tmp_path / "prepared" / "diabetes" / "diabetes.csv"
    prepared.parent.mkdir(parents=True)
    prepared.write_bytes(changed((2, "Age", "92")))
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path / "prepared"))
    assert chosen.source() == "prepared"
    table = data.load("diabetes", split="whole")
    assert table.rows[0, -1] == 92
    assert (table.name, table.synthetic) == ("diabetes", False)
    assert data.load("diabetes-synthetic").synthetic


def test_missing_and_damaged_files_say_what_to_do(cache: Path) -> None:
    with pytest.raises(sources.DataMissing, match=r"python -m trustai\.data download diabetes"):
        diabetes.read()
    cache.parent.mkdir(parents=True)
    cache.write_bytes(changed((3, "Age", "999")))
    with pytest.raises(
        sources.DataMissing, match=r"got '999' in row 3 of .*diabetes\.csv \(replace"
    ):
        data.load("diabetes")


def openml_frame(n: int) -> pd.DataFrame:
    """As OpenML's table 37 looks."""
    cells = np.array(rows(n), dtype=float)
    frame = pd.DataFrame(cells[:, :8] % 100, columns=list(diabetes._OPENML_NAMES[:8]))
    frame["class"] = pd.Categorical(
        np.where(cells[:, 8] == 1, "tested_positive", "tested_negative")
    )
    return frame


def answer(monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame | Exception) -> dict[str, object]:
    """scikit-learn gives `frame`; returns what it was asked."""
    asked: dict[str, object] = {}

    def fetch(**arguments: object) -> SimpleNamespace:
        asked.update(arguments)
        if isinstance(frame, Exception):
            raise frame
        return SimpleNamespace(frame=frame)

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    return asked


def test_download_writes_a_csv_of_ours(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, openml_frame(768))
    assert list(diabetes.download()) == [0.0, 1.0]
    assert asked["data_id"] == 37
    assert asked["cache"] is False
    assert [path.name for path in cache.parent.iterdir()] == ["diabetes.csv"]
    assert cache.read_text().splitlines()[0] == ",".join(HEADER)
    table = data.load("diabetes", split="whole")
    assert (len(table), table.synthetic) == (768, False)
    assert table.labels[:4].tolist() == [0, 1, 0, 1]
    assert table.rows[0].tolist() == [1, 20, 70, 20, 80, 30.5, 0.25, 21]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (OSError("no route to host"), "no route to host"),
        (openml_frame(700), "expected 768 rows, got 700"),
        (openml_frame(768).drop(columns="mass"), "mass"),
        (openml_frame(768).assign(mass=1000.0), "expected BMI"),
    ],
)
def test_a_failed_download_leaves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame | Exception, reason: str
) -> None:
    answer(monkeypatch, frame)
    with pytest.raises(sources.DataMissing, match="Check the network and try again") as caught:
        list(diabetes.download())
    assert reason in str(caught.value)
    assert not cache.parent.exists()
    assert data.load("diabetes").synthetic


# -- python -m trustai.data ------------------------------------------------------------------


def run_command(*arguments: str) -> int:
    return command.main(list(arguments))


def test_command_downloads_a_table(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, openml_frame(768))
    assert run_command("download", "diabetes") == 0
    assert cache.is_file()
    assert run_command("download", "diabetes-synthetic") == 0
    assert "diabetes-synthetic needs no download" in capsys.readouterr().out


def test_command_fits_the_cohort_to_the_real_table_only(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cohort, "PATH", tmp_path / "cohort.json")
    assert run_command("fit-cohort") == 1
    assert "download diabetes" in capsys.readouterr().err
    assert not cohort.PATH.exists()


# -- the real thing --------------------------------------------------------------------------


@pytest.mark.skipif(diabetes.source() != "prepared", reason="$TRUSTAI_DATA holds no diabetes table")
def test_the_real_table_is_complete() -> None:
    table = data.load("diabetes", split="whole")
    assert torch.bincount(table.labels).tolist() == [500, 268]
    assert table.rows.isnan().sum(0).tolist() == [0, 5, 35, 227, 374, 11, 0, 0]
    assert data.split_sha(table).startswith("942dd591bcf1")
    # What ships was trained on these rows and judged on those.
    shas = {split: data.split_sha(data.load("diabetes", split=split))[:12] for split in data.SPLITS}
    assert shas == {
        "train": "aeab09c26003",
        "validation": "ca5ab2c5cb98",
        "test": "e76f1da707b6",
    }
