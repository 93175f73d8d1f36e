"""Adult, the census income data set: 48,842 Americans of 1994, and who earned more than $50,000.

(Kohavi, "Scaling Up the Accuracy of Naive-Bayes Classifiers", 1996; UCI, doi 10.24432/C5XW20.) Two
columns are left out: `fnlwgt`, a weight of the survey, and `education-num`, the number of the level
of `education`, which is ordered here. A ``?`` is a missing value. Sources, tried in order:

1. ``$TRUSTAI_DATA/adult/adult.data`` and ``adult.test``, as UCI gives them;
2. the user's cache, where `download` left what OpenML gives, in the same format;
3. the synthetic census of `trustai.data.census.synthetic`, which says so.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import torch

from trustai.data.sources import DataMissing, cache_dir, keep, prepared_dir
from trustai.data.tables.base import WHOLE
from trustai.types import Table

TARGET: Final = "income"
CLASSES: Final = ("<=50K", ">50K")
N_ROWS: Final = 48_842
TEST_SHARE: Final = 0.3
OPENML_ID: Final = 1590

_EDUCATION = (
    "Preschool, 1st-4th, 5th-6th, 7th-8th, 9th, 10th, 11th, 12th, HS-grad, Some-college, "
    "Assoc-voc, Assoc-acdm, Bachelors, Masters, Prof-school, Doctorate"
)
_COUNTRIES = (
    "Cambodia, Canada, China, Columbia, Cuba, Dominican-Republic, Ecuador, El-Salvador, England, "
    "France, Germany, Greece, Guatemala, Haiti, Holand-Netherlands, Honduras, Hong, Hungary, "
    "India, Iran, Ireland, Italy, Jamaica, Japan, Laos, Mexico, Nicaragua, "
    "Outlying-US(Guam-USVI-etc), Peru, Philippines, Poland, Portugal, Puerto-Rico, Scotland, "
    "South, Taiwan, Thailand, Trinadad&Tobago, United-States, Vietnam, Yugoslavia"
)
# As UCI writes them, its spelling included; None for whole numbers.
_LEVELS: Final[dict[str, str | None]] = {
    "age": None,
    "workclass": "Private, Self-emp-not-inc, Self-emp-inc, Federal-gov, Local-gov, State-gov, "
    "Without-pay, Never-worked",
    "education": _EDUCATION,
    "marital-status": "Married-civ-spouse, Divorced, Never-married, Separated, Widowed, "
    "Married-spouse-absent, Married-AF-spouse",
    "occupation": "Tech-support, Craft-repair, Other-service, Sales, Exec-managerial, "
    "Prof-specialty, Handlers-cleaners, Machine-op-inspct, Adm-clerical, Farming-fishing, "
    "Transport-moving, Priv-house-serv, Protective-serv, Armed-Forces",
    "relationship": "Wife, Own-child, Husband, Not-in-family, Other-relative, Unmarried",
    "race": "White, Asian-Pac-Islander, Amer-Indian-Eskimo, Other, Black",
    "sex": "Female, Male",
    "capital-gain": None,
    "capital-loss": None,
    "hours-per-week": None,
    "native-country": _COUNTRIES,
}
COLUMNS: Final = tuple(_LEVELS)
LEVELS: Final = tuple(
    None if levels is None else tuple(levels.split(", ")) for levels in _LEVELS.values()
)
SENSITIVE: Final = ("sex", "race")
"""Columns that name a group; they are protected by law. Every split has the same shares of them,
because there are few people of some groups."""
_WRITTEN: Final = (
    *("age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation"),
    *("relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week"),
    *("native-country", TARGET),
)


def table_of(rows: np.ndarray, labels: np.ndarray, *, name: str, synthetic: bool) -> Table:
    """A whole table in these columns.

    Args:
        rows: ``(N, F)``, NaN where missing; numbers of levels as in `LEVELS`.
        labels: ``(N,)``, 1 for more than $50,000.
        name, synthetic: Of the table.
    """
    return Table(
        name=name,
        split=WHOLE,
        rows=torch.from_numpy(rows.astype(np.float32)),
        labels=torch.from_numpy(labels.astype(np.int64)),
        columns=COLUMNS,
        classes=CLASSES,
        indices=torch.arange(len(labels)),
        integer=(True,) * len(COLUMNS),
        synthetic=synthetic,
        levels=LEVELS,
        target=TARGET,
        test_share=TEST_SHARE,
        strata=SENSITIVE,
    )


def read_adult(*files: bytes) -> Table:
    """Reads files as UCI gives them: no header, fields apart by a comma, ``?`` missing.

    In the official test file the labels end in a full stop, and its first line is a remark.

    Args:
        files: Contents, read one after the other.

    Raises:
        ValueError: another format, or a value that the data set does not have.
    """
    frames = [
        pd.read_csv(
            io.BytesIO(content), names=list(_WRITTEN), comment="|", skipinitialspace=True,
            na_values="?", keep_default_na=False,
        )
        for content in files
    ]  # fmt: skip
    frame = pd.concat(frames, ignore_index=True)
    columns = []
    for name, levels in zip(COLUMNS, LEVELS, strict=True):
        if levels is None:
            values = pd.to_numeric(frame[name], errors="coerce").to_numpy(float)
            wrong = np.isnan(values)
        else:
            codes = pd.Index(levels).get_indexer(pd.Index(frame[name]))
            values = np.where(codes < 0, np.nan, codes.astype(float))
            wrong = np.isnan(values) & frame[name].notna().to_numpy()
        if wrong.any():
            got = frame[name][int(wrong.argmax())]
            raise ValueError(f"expected {name} as in the Adult data set, got {got!r}")
        columns.append(values)
    written = frame[TARGET].astype(str).str.rstrip(".")
    if not written.isin(CLASSES).all():
        got = written[~written.isin(CLASSES)].iloc[0]
        raise ValueError(f"expected {TARGET} as one of {', '.join(CLASSES)}, got {got!r}")
    labels = (written == CLASSES[1]).to_numpy()
    return table_of(np.stack(columns, axis=1), labels, name="adult", synthetic=False)


def source() -> str | None:
    """``"prepared"``, ``"cache"`` or None: where the real table would be read from."""
    if _prepared():
        return "prepared"
    return "cache" if _cached().is_file() else None


def read() -> Table:
    """The whole real table.

    Raises:
        DataMissing: it is not on this machine, or the files there are damaged.
    """
    paths = _prepared() or [_cached()]
    if not paths[0].is_file():
        raise DataMissing(
            "expected adult.data and adult.test in $TRUSTAI_DATA/adult or the cache, got neither: "
            "run `python -m trustai.data download adult` (6 MB)"
        )
    try:
        table = read_adult(*(path.read_bytes() for path in paths))
        if len(table) != N_ROWS:
            raise ValueError(f"expected {N_ROWS} rows, got {len(table)}")
    except (ValueError, pd.errors.ParserError) as error:
        raise DataMissing(f"{error} of {paths[0]} (replace it or remove it)") from None
    return table


def download() -> Iterator[float]:
    """Fetch the table from OpenML, through fairlearn's fetcher, into the user's cache.

    Raises:
        DataMissing: no network, or what came is not this table.
    """
    # Imported here: it takes a second, and only this function needs it.
    from fairlearn.datasets import fetch_adult

    yield 0.0
    try:
        fetched = fetch_adult(cache=False, as_frame=True)
        frame = pd.DataFrame(fetched.data).assign(**{TARGET: fetched.target})
        content = frame[list(_WRITTEN)].to_csv(index=False, header=False, na_rep="?").encode()
        if len(read_adult(content)) != N_ROWS:
            raise ValueError(f"expected {N_ROWS} rows, got {len(frame)}")
    except (OSError, KeyError, ValueError) as error:
        raise DataMissing(
            f"expected the Adult table from OpenML ({OPENML_ID}), got: {error}. "
            "Check the network and try again"
        ) from None
    keep(_cached(), content)
    yield 1.0


def _prepared() -> list[Path]:
    """The two official files, or nothing."""
    folder = prepared_dir()
    if folder is None:
        return []
    paths = [folder / "adult" / name for name in ("adult.data", "adult.test")]
    return paths if all(path.is_file() for path in paths) else []


def _cached() -> Path:
    return cache_dir() / "adult" / "adult.csv"
