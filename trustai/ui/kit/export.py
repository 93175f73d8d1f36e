"""Downloads of a result: picture, table, arrays, all numbers, and the code that repeats it."""

from __future__ import annotations

import csv as csv_format
import io
import json as json_format
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from trustai.data.tables.csv_text import defused


@dataclass(frozen=True, eq=False)
class Export:
    """One result to take away.

    Attributes:
        name: File name without its ending.
        key: Unique on the page.
        png: Bytes of the picture.
        csv: The table as text; no cell of what is saved is run as a formula by a spreadsheet.
        npz: Bytes of NumPy's archive of arrays.
        json: Plain values, arrays and tensors, and `Circumstances` among them.
        python: The few lines that give the same result without the app; they run as they stand.

    >>> Export(name="fgsm", key="one", csv=table.to_csv(index=False),      # doctest: +SKIP
    ...        json={"circumstances": result.circumstances}).show()
    """

    name: str
    key: str
    png: bytes | None = None
    csv: str | None = None
    npz: bytes | None = None
    json: Mapping[str, Any] | None = None
    python: str = ""

    def show(self) -> None:
        """A row of buttons for what is given, and the Python folded away."""
        offers = [
            ("Picture (PNG)", self.png, "png", "image/png"),
            ("Table (CSV)", None if self.csv is None else defused_csv(self.csv), "csv",
             "text/csv"),
            ("Arrays (NPZ)", self.npz, "npz", "application/octet-stream"),
            ("All numbers (JSON)", None if self.json is None else json_text(self.json), "json",
             "application/json"),
        ]  # fmt: skip
        if any(data is not None for _, data, _, _ in offers):
            with st.container(horizontal=True):
                for label, data, ending, mime in offers:
                    if data is not None:
                        self._button(label, data, ending, mime)
        if self.python:
            with st.expander("The same in Python", icon=":material/code:"):
                st.code(self.python.strip(), language="python")

    def _button(self, label: str, data: bytes | str, ending: str, mime: str) -> None:
        st.download_button(
            label,
            data,
            file_name=f"{self.name}.{ending}",
            mime=mime,
            key=f"{self.key}__{ending}",
            on_click="ignore",
            icon=":material/download:",
        )


def defused_csv(text: str) -> str:
    """A CSV in which nothing that came from a user, as the names of files and columns, is a
    formula.

    >>> defused_csv('picture,label\\n"=HYPERLINK(0)",-1\\n')
    "picture,label\\n'=HYPERLINK(0),-1\\n"
    """
    written = io.StringIO()
    rows = csv_format.reader(io.StringIO(text, newline=""))
    csv_format.writer(written, lineterminator="\n").writerows(map(defused, row) for row in rows)
    return written.getvalue()


def json_text(value: Any) -> str:
    """Strict JSON of a result's plain values; inf and nan, which JSON lacks, become null."""
    return json_format.dumps(_jsonable(value), indent=2, allow_nan=False, ensure_ascii=False)


def _jsonable(value: Any) -> Any:
    if hasattr(value, "as_dict"):  # Circumstances
        return _jsonable(value.as_dict())
    if isinstance(value, Mapping):
        return {str(key): _jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(one) for one in value]
    if isinstance(value, np.generic):
        return _jsonable(value.item())
    if hasattr(value, "tolist"):  # NumPy arrays and tensors
        return _jsonable(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
