"""Picker of the table: the real one, the synthetic cohort or an upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st

from trustai import data
from trustai.data.tables.diabetes import read_diabetes
from trustai.types import Table
from trustai.ui.kit.datasets import fetch
from trustai.ui.kit.uploads import csv_from_user

SOURCES = {
    "diabetes": "Pima Indians",
    "diabetes-synthetic": "Synthetic cohort",
    "upload": "Upload",
}
ORIGINS = {
    "prepared": "from the prepared folder",
    "cache": "from OpenML, downloaded before",
    "embedded": "drawn by our own code",
}
FORMAT = (
    "The table needs eight columns (Pregnancies, Glucose, BloodPressure, SkinThickness, Insulin, "
    "BMI, DiabetesPedigreeFunction, Age) and the column Outcome, 0 or 1. It needs at least 50 rows "
    "and may have 10 MB. The file stays in memory for this session and is never stored."
)


@dataclass(frozen=True, eq=False)
class Chosen:
    """The table at hand.

    Attributes:
        table: Whole; `trustai.data.part` splits it.
        origin: Where it comes from, for people.
        private: It was uploaded: what is computed from it stays in this session.
        python: The line of Python that makes the same table.
    """

    table: Table
    origin: str
    private: bool
    python: str

    @cached_property
    def sha(self) -> str:
        """Of the whole table, for the keys under which results are kept."""
        return data.split_sha(self.table)


def pick_table(*, key: str = "table") -> Chosen:
    """A choice of the table, bound to the URL; a good upload stays for the whole session.

    Where the real table is not on this machine it is no choice, and the cohort is the first.
    """
    real = data.table_set("diabetes").source() != "embedded"
    options = [s for s in SOURCES if s != "diabetes" or real]
    source = st.segmented_control(
        "Table",
        options,
        format_func=lambda s: SOURCES[s],
        default=options[0],
        key=key,
        bind="query-params",
        required=True,
        wrap=True,
        help="The Pima Indians table has 768 women who were examined for NIDDK, and tells who "
        "got diabetes within five years (Smith et al. 1988).",
    )
    if not real:
        _offer_download()
    if source == "upload":
        own = _uploaded(f"{key}-upload")
        if own is not None:
            return own
        st.caption("You see the first table until you upload your own.")
    name = options[0] if source == "upload" else source
    found = data.table_set(name).source() or ""
    table = whole_table(name, found)
    python = f'from trustai import data\ntable = data.load("{table.name}", split="whole")'
    return Chosen(table, ORIGINS[found], False, python)


def _uploaded(key: str) -> Chosen | None:
    own = csv_from_user(
        read_diabetes, key=key, label="A table of your own", help=FORMAT, in_address=True
    )
    python = 'table = read_diabetes(open("your-table.csv", "rb").read())'
    python = f"from trustai.data.tables.diabetes import read_diabetes\n{python}"
    return None if own is None else Chosen(own, "uploaded", True, python)


@st.cache_resource(show_spinner=False, max_entries=4)
def whole_table(name: str, source: str) -> Table:
    """A table read once per server and source; treat it as read-only."""
    return data.table_set(name).read()


def _offer_download() -> None:
    dataset = data.table_set("diabetes")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The real table, Pima Indians, is not on this computer.")
        if dataset.download is None or not st.button(
            f"Download it from OpenML ({dataset.download_size})", icon=":material/download:"
        ):
            return
    fetch(dataset.download(), dataset.title)


def say_synthetic(table: Table) -> None:
    """One line that says that these people do not exist; nothing of a real table."""
    if table.synthetic:
        st.warning(
            "**Synthetic**: these people do not exist. Their values follow the statistics of the "
            "real table.",
            icon=":material/science:",
        )


def closeness_words(measured: Mapping[str, Any]) -> str:
    """What `trustai.data.tables.base.cohort.measured` says, in two sentences."""
    columns, pearson = measured["columns"], measured["correlation"]["pearson"]
    learned = measured["models"]["logistic regression"]
    worst = max(columns, key=lambda name: columns[name]["ks"])
    return (
        "The distributions of the columns differ from those of the real table by at most "
        f"{100 * columns[worst]['ks']:.1f} points ({worst}), and the correlations by at most "
        f"{pearson['max']:.2f} ({' and '.join(pearson['pair'])}). A logistic regression that was "
        f"fitted on synthetic rows reaches a ROC AUC of {learned['synthetic']['auc']:.3f} on real "
        f"test rows. Fitted on real rows, it reaches {learned['real']['auc']:.3f}."
    )
