"""Pima Indians diabetes: 768 women, eight measurements, diabetes within five years.

(Smith et al., "Using the ADAP learning algorithm to forecast the onset of diabetes mellitus",
1988.) A zero in Glucose, BloodPressure, SkinThickness, Insulin or BMI stands for a value that was
never measured, and is NaN here. Sources, tried in order:

1. ``$TRUSTAI_DATA/diabetes/diabetes.csv``, in Kaggle's format;
2. the user's cache, where `download` left what OpenML gives to scikit-learn, in the same format;
3. the synthetic cohort of `trustai.data.tables.base.cohort`, which says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from trustai.data.sources import DataMissing, cache_dir, keep, prepared_dir
from trustai.data.tables.base import WHOLE
from trustai.data.tables.csv_table import (
    MIN_ROWS,
    check_counts,
)
from trustai.data.tables.csv_text import (
    Grid,
    read_grid,
    shown,
)
from trustai.data.tables.missing_words import WORDS
from trustai.data.tables.number_formats import Numbers, fitting, read_numbers
from trustai.registry import did_you_mean
from trustai.types import Table


@dataclass(frozen=True)
class Feature:
    """A column of the table.

    Attributes:
        low, high: What is possible at all; an uploaded value outside is rejected.
        unit: Empty for a count or an index.
        meaning: For people.
        decimals: With how many it was written down.
        zero_is_missing: A living person cannot have 0.
    """

    name: str
    low: float
    high: float
    unit: str
    meaning: str
    decimals: int = 0
    zero_is_missing: bool = False


FEATURES: Final = (
    Feature("Pregnancies", 0, 25, "", "times pregnant"),
    Feature("Glucose", 0, 600, "mg/dl", "blood sugar two hours after drinking glucose", 0, True),
    Feature("BloodPressure", 0, 250, "mm Hg", "diastolic blood pressure", 0, True),
    Feature("SkinThickness", 0, 150, "mm", "skin fold over the triceps", 0, True),
    Feature("Insulin", 0, 2000, "mu U/ml", "insulin in the blood after two hours", 0, True),
    Feature("BMI", 0, 100, "kg/m²", "weight divided by height squared", 1, True),
    Feature("DiabetesPedigreeFunction", 0, 5, "", "diabetes in the family, weighted", 3),
    Feature("Age", 0, 120, "years", "age"),
)
COLUMNS: Final = tuple(feature.name for feature in FEATURES)
TARGET: Final = "Outcome"
CLASSES: Final = ("no diabetes", "diabetes")
N_ROWS: Final = 768
OPENML_ID: Final = 37
_OPENML_NAMES: Final = ("preg", "plas", "pres", "skin", "insu", "mass", "pedi", "age", "class")
_OPENML_POSITIVE: Final = "tested_positive"
_MISSING: Final = WORDS | {""}


@dataclass(frozen=True)
class Fault:
    """Something wrong with an uploaded table: where, and what, in one sentence."""

    row: int | None
    column: str | None
    message: str


class TableFaults(ValueError):
    """An uploaded table was rejected; `faults` holds every reason, the message the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        rest = len(faults) - 1
        more = f" (and {rest} more fault{'s' * (rest > 1)})" if rest else ""
        super().__init__(faults[0].message + more)


def read_diabetes(data: bytes, *, name: str = "diabetes-upload") -> Table:
    """Reads a CSV in Kaggle's format: the eight features and ``Outcome``, and no other column.

    The order of the columns is free; case and blanks in their names are forgiven. A feature may
    be empty (missing); so are the zeros said above. Every value must lie in the range of its
    feature, and be whole where the feature is.

    Args:
        data: The file's content.
        name: Of the table.

    Raises:
        TableFaults: a `ValueError` with each fault by row (the header is row 1) and column.
        ValueError: not a CSV at all, fewer than 50 rows, or fewer than 10 of a class.
    """
    grid = read_grid(data)
    cells = _by_name(grid)
    faults: list[Fault] = []
    rows = np.stack([_values(f, cells[f.name], grid, faults) for f in FEATURES], axis=1)
    labels = _labels(cells[TARGET], grid, faults)
    if faults:
        raise TableFaults(sorted(faults, key=lambda fault: fault.row or 0))
    if len(labels) < MIN_ROWS:
        raise ValueError(f"expected at least {MIN_ROWS} rows, got {len(labels)}")
    check_counts(labels)
    return Table(
        name=name,
        split=WHOLE,
        rows=torch.from_numpy(rows.astype(np.float32)),
        labels=torch.from_numpy(labels),
        columns=COLUMNS,
        classes=CLASSES,
        indices=torch.arange(len(labels)),
        integer=tuple(feature.decimals == 0 for feature in FEATURES),
        synthetic=False,
        target=TARGET,
    )


def _by_name(grid: Grid) -> dict[str, tuple[str, ...]]:
    """The cells by the official name of their column."""
    known = {official.casefold(): official for official in (*COLUMNS, TARGET)}
    found, faults = {}, []
    for name, cells in zip(grid.names, grid.columns, strict=True):
        official = known.get(name.replace(" ", "").casefold())
        if official in found:
            faults.append(Fault(1, name, f"expected {official} once, got it twice in row 1"))
        elif official is not None:
            found[official] = cells
        else:
            hint = did_you_mean(name, list(known.values()))
            message = f"expected only Kaggle's nine columns, got {shown(name)} in row 1{hint}"
            faults.append(Fault(1, name, message))
    missing = [official for official in known.values() if official not in found]
    faults += [
        Fault(1, c, f"expected a column {c}, got none of that name in row 1") for c in missing
    ]
    if faults:
        raise TableFaults(faults)
    return found


def _values(
    feature: Feature, cells: tuple[str, ...], grid: Grid, faults: list[Fault]
) -> NDArray[np.float64]:
    """The column as numbers; what is wrong with it goes to `faults`."""
    # Where a comma can mean two things, the range of the feature tells which.
    known = {cell for cell in cells if cell.casefold() not in _MISSING}
    marks = fitting(known) or (None,)
    read = [read_numbers(cells, missing=_MISSING, decimal=mark) for mark in marks]
    numbers, wrong = min(
        ((one, _impossible(feature, one)) for one in read), key=lambda found: len(found[1])
    )
    values = numbers.values
    whole = feature.decimals == 0
    wanted = f"{'a whole number' if whole else 'a number'} in [{feature.low:g}, {feature.high:g}]"
    for i in sorted({*numbers.others, *wrong}):
        row = grid.row_numbers[i]
        message = f"expected {feature.name} as {wanted}, got {shown(cells[i])} in row {row}"
        faults.append(Fault(row, feature.name, message))
    if feature.zero_is_missing:
        values[values == 0] = np.nan
    return values


def _impossible(feature: Feature, numbers: Numbers) -> list[int]:
    """Positions of values outside the feature's range, or in parts where it is whole."""
    values = numbers.values
    outside = (values < feature.low) | (values > feature.high)
    broken = (feature.decimals == 0) & np.isfinite(values) & (values != np.round(values))
    return np.flatnonzero(outside | broken).tolist()


def _labels(cells: tuple[str, ...], grid: Grid, faults: list[Fault]) -> NDArray[np.int64]:
    values = read_numbers(cells, missing=_MISSING).values
    for i in np.flatnonzero(~np.isin(values, (0, 1))).tolist():
        row = grid.row_numbers[i]
        got = shown(cells[i]) if cells[i] else "nothing"
        faults.append(Fault(row, TARGET, f"expected {TARGET} as 0 or 1, got {got} in row {row}"))
    return np.nan_to_num(values).astype(np.int64)


def _prepared_file() -> Path | None:
    folder = prepared_dir()
    path = None if folder is None else folder / "diabetes" / "diabetes.csv"
    return path if path is not None and path.is_file() else None


def _cached_file() -> Path:
    return cache_dir() / "diabetes" / "diabetes.csv"


def source() -> str | None:
    """``"prepared"``, ``"cache"`` or None: where the real table would be read from."""
    if _prepared_file() is not None:
        return "prepared"
    return "cache" if _cached_file().is_file() else None


def read() -> Table:
    """The whole real table.

    Raises:
        DataMissing: it is not on this machine, or the file there is damaged.
    """
    path = _prepared_file() or _cached_file()
    if not path.is_file():
        raise DataMissing(
            "expected diabetes.csv in $TRUSTAI_DATA/diabetes or the cache, got neither: "
            "run `python -m trustai.data download diabetes` (24 KB)"
        )
    try:
        return read_diabetes(path.read_bytes(), name="diabetes")
    except ValueError as error:
        raise DataMissing(f"{error} of {path} (replace it or remove it)") from None


def download() -> Iterator[float]:
    """Fetch the table from OpenML through scikit-learn into the user's cache, as a CSV of ours.

    Raises:
        DataMissing: no network, or what came is not this table.
    """
    # Imported here: scikit-learn takes a second, and only this function needs it.
    from sklearn.datasets import fetch_openml

    yield 0.0
    try:
        fetched = fetch_openml(data_id=OPENML_ID, as_frame=True, cache=False, parser="pandas")
        frame = pd.DataFrame(fetched.frame)[list(_OPENML_NAMES)]
        frame.columns = pd.Index([*COLUMNS, TARGET])
        frame[TARGET] = (frame[TARGET] == _OPENML_POSITIVE).astype(int)
        content = frame.to_csv(index=False).encode()
        n_rows = len(read_diabetes(content))
        if n_rows != N_ROWS:
            raise ValueError(f"expected {N_ROWS} rows, got {n_rows}")
    except (OSError, KeyError, ValueError) as error:
        raise DataMissing(
            f"expected the diabetes table from OpenML ({OPENML_ID}), got: {error}. "
            "Check the network and try again"
        ) from None
    keep(_cached_file(), content)
    yield 1.0
