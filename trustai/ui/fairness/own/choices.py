"""What a person chooses of a table of their own: outcome, groups, and what is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from trustai.data.census import synthetic
from trustai.data.tables.csv_column import Column
from trustai.data.tables.csv_table import CsvTable, read_csv
from trustai.explain.tabular.exploration.separation import sensitive_columns
from trustai.fairness.own_groups import ColumnGroups, groups_of_columns
from trustai.types import Table
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.own_table.outcome import pick_outcome, say_unused
from trustai.ui.kit.own_table.reading import Reading, ask, read_upload
from trustai.ui.kit.own_table.training import OwnTable
from trustai.ui.kit.uploads import csv_from_user

FORMAT: Final = (
    "The file is a CSV with a header, 50 to 10,000 rows, at most 100 columns and 10 MB. The "
    "outcome is a column with exactly two different values. One or two columns name the groups. "
    "Empty cells are missing values. The file stays in memory for this session and is never "
    "stored."
)
NETWORK: Final = "A small network"
EXAMPLE_ROWS: Final = 1_500


@dataclass(frozen=True, eq=False)
class Chosen:
    """A table with its groups, and what is judged.

    Attributes:
        own: The table: outcome and the columns that a network may use.
        groups: Of all rows.
        group_columns: Their names.
        score: The column of scores that is judged; None for a network that is trained.
    """

    own: OwnTable
    groups: ColumnGroups
    group_columns: tuple[str, ...]
    score: Column | None

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """The score of every row, NaN where it is missing."""
        assert self.score is not None
        return self.score.values


def pick() -> Chosen:
    """Upload and pickers; the synthetic census until there is an upload."""
    uploaded = csv_from_user(
        read_upload, key="own-upload", label="A table of your own", help=FORMAT
    )
    if uploaded is None:
        st.warning(
            "**Synthetic**: you see a part of the synthetic census until you upload a table.",
            icon=":material/science:",
        )
    reading = Reading(example()) if uploaded is None else ask(uploaded)
    csv = reading.csv
    which = f"fair-{csv.sha256[:8]}"  # another file, other choices
    target, positive = pick_outcome(csv, key=which, column="Outcome", value="Favourable outcome")
    columns = _group_columns(csv, target, which)
    score = _judged(csv, target, columns, which)
    usable = [name for name in csv.usable(target=target) if name not in columns]
    inputs = usable or list(csv.usable(target=target))
    if score is None:
        inputs = st.multiselect(
            "Predict it from",
            csv.usable(target=target),
            default=inputs,
            key=f"{which}-inputs-{target}-{'-'.join(columns)}",
            help="The columns of the groups are left out at first. You can add them.",
        )
    table = csv.table(target=target, columns=inputs, positive=positive)
    say_unused(csv, target)
    own = OwnTable(reading, table, positive, private=uploaded is not None)
    groups = groups_of_columns([csv.column(name) for name in columns])
    return Chosen(own, groups, tuple(columns), score)


@st.cache_resource(show_spinner=False)
def example() -> CsvTable:
    """A part of the synthetic census, through the same door as an upload; treat it as read-only."""
    return read_csv(csv_of(synthetic.generate(n=EXAMPLE_ROWS)))


def csv_of(table: Table) -> bytes:
    """A table as somebody would upload it: levels and classes by name."""
    columns = {}
    for k, (name, levels) in enumerate(zip(table.columns, table.levels, strict=True)):
        values = table.rows[:, k].tolist()
        columns[name] = [
            "" if value != value else f"{value:g}" if levels is None else levels[int(value)]
            for value in values
        ]
    columns[table.target] = [table.classes[label] for label in table.labels.tolist()]
    return pd.DataFrame(columns).to_csv(index=False).encode()


def _group_columns(csv: CsvTable, target: str, which: str) -> list[str]:
    usable = csv.usable(target=target)
    table = csv.table(target=target, columns=usable)
    named = sensitive_columns(table)
    suitable = [*named, *(name for name in usable if name not in named)]
    chosen = st.multiselect(
        "Groups",
        suitable,
        default=_first(named, suitable),
        max_selections=2,
        key=f"{which}-groups-{target}",
        help=hint("sensitive attribute"),
    )
    if not chosen:
        raise ValueError("expected one or two columns of groups, got none")
    return chosen


def _first(named: list[str], suitable: list[str]) -> list[str]:
    """The column that the view begins with: the one of sex if there is one."""
    by_sex = [name for name in named if {"sex", "gender"} & {name.casefold()}]
    return [*by_sex, *named, *suitable][:1]


def _judged(csv: CsvTable, target: str, groups: list[str], which: str) -> Column | None:
    """A column of scores in [0, 1], or None for a network."""
    columns = {
        c.name: c
        for c in csv.columns
        if c.kind == "number" and c.name not in (target, *groups) and _in_unit(c)
    }
    chosen = st.selectbox(
        "What is judged",
        [NETWORK, *columns],
        format_func=lambda name: name if name == NETWORK else f"The scores in “{name}”",
        key=f"{which}-judged-{target}",
        help="The small network is trained on this table. Or bring the scores of your own model as "
        "a column of numbers between 0 and 1.",
    )
    return columns.get(chosen)


def _in_unit(column: Column) -> bool:
    values = column.different
    return bool(len(values) >= 2 and values[0] >= 0 and values[-1] <= 1)
