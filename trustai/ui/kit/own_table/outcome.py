"""The outcome of a table that a person brings: its column, and the value that is class 1."""

from __future__ import annotations

import streamlit as st

from trustai.data.tables.csv_table import CsvTable
from trustai.ui.kit.errors import plain


def pick_outcome(csv: CsvTable, *, key: str, column: str, value: str) -> tuple[str, str]:
    """The column that is predicted, and its value that is class 1; by custom the last column.

    Args:
        key: Of the widgets, another one for another file.
        column, value: What the two choices are called.
    """
    targets = csv.targets()
    target = st.selectbox(
        column,
        targets,
        index=len(targets) - 1,
        key=f"{key}-target",
        help="You can choose a column that has exactly two different values.",
    )
    goal = csv.column(target)
    names = [goal.named(one) for one in goal.different]
    return target, st.selectbox(value, names, index=1, key=f"{key}-positive-{target}")


def say_unused(csv: CsvTable, target: str) -> None:
    """Which columns a network cannot use, and why not."""
    for column in csv.columns:
        if column.problem is not None and column.name != target:
            st.caption(f"Not used: {plain(column.name)}, {plain(column.problem)}.")
