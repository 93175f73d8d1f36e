"""Downloads of a result: picture, table, arrays, all numbers, and the code that repeats it."""

from __future__ import annotations

import csv as csv_format
import importlib
import io
import json as json_format
import math
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

import numpy as np
import streamlit as st

from trustai.data.tables.csv_text import defused
from trustai.ui.kit.frame.lecture import lecture
from trustai.ui.kit.report.notes import Numbers, note


@dataclass(frozen=True, eq=False)
class Export:
    """One result to take away.

    Attributes:
        name: File name without its ending.
        key: Unique on the page.
        png: Bytes of the picture.
        slide: Bytes of a picture with title, data set, method, class, colour bar and unit inside;
            see `trustai.plots.slides`.
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
    slide: bytes | None = None
    csv: str | None = None
    npz: bytes | None = None
    json: Mapping[str, Any] | None = None
    python: str = ""

    def show(self) -> None:
        """A row of buttons for what is given, and the Python folded away."""
        note(Numbers(self.json, self.csv, self.python), place=self.key)
        offers = [
            ("Slide (PNG)", self.slide, "slide.png", "image/png"),
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
        if self.python and not lecture():
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


@dataclass(frozen=True, eq=False)
class Named:
    """A value of a call and the words that stand for it in Python.

    >>> Named("8 / 255", 8 / 255).python
    '8 / 255'
    """

    python: str
    value: Any


class Call:
    """A call of the core that a page makes and shows: one and the same, arguments included.

    Args:
        function: Its public name with the package, ``"trustai.attacks.run"``.
        arguments, keywords: As the function takes them; what cannot be written down as it is, a
            network or a picture, is `Named`.

    >>> call = Call("trustai.metrics.binary.figures", Named("labels", [0, 1]), eps=Named("1/2", .5))
    >>> print(call.imports, call.python, sep=chr(10))
    from trustai.metrics import binary
    binary.figures(labels, eps=1/2)
    """

    def __init__(self, function: str, *arguments: Any, **keywords: Any) -> None:
        self.module, _, self.name = function.rpartition(".")
        self.arguments, self.keywords = arguments, keywords

    def __call__(self, **more: Any) -> Any:
        """What the function gives.

        Args:
            more: What is no part of the result, such as ``on_progress``.
        """
        function = getattr(importlib.import_module(self.module), self.name)
        keywords = {name: _value(one) for name, one in self.keywords.items()}
        return function(*map(_value, self.arguments), **keywords, **more)

    @property
    def imports(self) -> str:
        """The lines that bring the function and the parameters that it is called with."""
        lines = [_import_line(self.module)]
        for one in (*self.arguments, *self.keywords.values()):
            if is_dataclass(one) and not isinstance(one, Named):
                lines.append(f"from {type(one).__module__} import {type(one).__name__}")
        return "\n".join(dict.fromkeys(lines))

    @property
    def python(self) -> str:
        """The call as it is written.

        Raises:
            ValueError: an argument that has no words.
        """
        words = [_words(one) for one in self.arguments]
        words += [f"{name}={_words(one)}" for name, one in self.keywords.items()]
        return f"{self.module.rpartition('.')[2]}.{self.name}({', '.join(words)})"


def _value(one: Any) -> Any:
    return one.value if isinstance(one, Named) else one


def _words(one: Any) -> str:
    if isinstance(one, Named):
        return one.python
    if one is None or isinstance(one, str | int | float | tuple | list) or is_dataclass(one):
        return repr(one)
    raise ValueError(f"expected an argument with words, such as Named('x', x), got {type(one)}")


def _import_line(module: str) -> str:
    package, _, name = module.rpartition(".")
    return f"from {package} import {name}"


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
