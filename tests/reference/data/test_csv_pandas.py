"""The reader of uploaded CSV files against pandas' own, on files that can be read in one way."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trustai.data.tables.csv_table import MIN_ROWS, read_csv
from trustai.data.tables.number_formats import DecimalMark

WORDS = st.sampled_from(
    ["red", "dark blue", "a;b", "x,y", 'say "so"', "\u06a9\u062a\u0627", "=1+1"]
)
NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(-1e6, 1e6).map(lambda value: round(value, 2)),
    st.floats(0.001, 1e9),
)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Columns of numbers and of words, some with gaps, and a target."""
    n = MIN_ROWS
    columns: dict[str, Any] = {}
    for i in range(draw(st.integers(1, 4))):
        few = draw(st.lists(draw(st.sampled_from([NUMBERS, WORDS])), min_size=1, max_size=12))
        if draw(st.booleans()):
            few.append(None)
        columns[f"c{i}"] = [few[k % len(few)] for k in range(n)]
    return pd.DataFrame(columns | {"target": ["yes", "no"] * (n // 2)})


def unambiguous(frame: pd.DataFrame) -> bool:
    """No number has exactly three digits behind its mark."""
    numbers = [frame[name] for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    texts = [repr(float(v)) for column in numbers for v in column.dropna()]
    return not any(len(text.partition(".")[2]) == 3 for text in texts)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    frame=frames(),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([0, 1]),
)
def test_what_pandas_reads_is_read(
    frame: pd.DataFrame,
    separator: str,
    decimal: DecimalMark,
    end: str,
    encoding: str,
    quoting: int,
) -> None:
    if not unambiguous(frame):
        return
    content = frame.to_csv(
        sep=separator,
        decimal=decimal,
        lineterminator=end,
        quoting=quoting,
        index=False,  # type: ignore[call-overload]
    ).encode(encoding)
    theirs = pd.read_csv(io.BytesIO(content), sep=separator, decimal=decimal, encoding=encoding)
    ours = read_csv(content)
    assert [column.name for column in ours.columns] == list(theirs.columns)
    for column in ours.columns:
        expected = theirs[column.name]
        if pd.api.types.is_numeric_dtype(expected):
            assert column.kind == "number"
            np.testing.assert_allclose(column.values, expected.to_numpy(float), rtol=1e-14)
        else:
            texts = [None if math.isnan(v) else column.levels[int(v)] for v in column.values]
            assert texts == [None if pd.isna(v) else v for v in expected]
