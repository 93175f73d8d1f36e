"""Training of a small network on a table that a person brought, once it is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from trustai import data
from trustai.live import table as live_table
from trustai.live.table import TrainedTableModel
from trustai.types import Table
from trustai.ui.kit.caching import cached_call
from trustai.ui.kit.jobs import Countdown
from trustai.ui.kit.own_table.reading import Reading


@dataclass(frozen=True, eq=False)
class OwnTable:
    """What was chosen.

    Attributes:
        reading: The file, read as its owner says.
        table: With its target and columns.
        positive: The value of the target that is class 1.
        private: It was uploaded: what is computed from it stays in this session.
    """

    reading: Reading
    table: Table
    positive: str
    private: bool

    @cached_property
    def sha(self) -> str:
        """Of the table, for the keys under which results are kept."""
        return data.split_sha(self.table)


def wanted(own: OwnTable, seed: int) -> bool:
    """Whether to train on it: the example at once, an upload once its button was pressed."""
    choice = f"{own.sha}-{seed}"
    if not own.private:
        return True
    if st.button("Train a network on it", type="primary", icon=":material/play_arrow:"):
        st.session_state["own-trained"] = choice
    if st.session_state.get("own-trained") == choice:
        return True
    st.caption("The training takes a few seconds. You can change your choices before.")
    return False


def train(own: OwnTable, seed: int) -> TrainedTableModel:
    """A network trained on four fifths of the table; see `trustai.live.table`.

    Args:
        own: What was chosen.
        seed: Of the training.
    """
    bar = Countdown("Training a network on the table")
    return cached_call(
        lambda: live_table.train_table_model(
            own.table,
            seed=seed,
            on_progress=bar,
        ),
        subject=own,
        weights_sha="",
        method="live.table.train_table_model",
        seed=seed,
        heavy="training a small network",
        bar=bar,
    )
