"""View of the diabetes page: an uploaded table, and a small network trained on it."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from trustai.data.tables import cohort
from trustai.data.tables.csv_table import CsvTable, read_csv
from trustai.explain.tabular.exploration import separation, summary
from trustai.live import table as live_table
from trustai.live.table import TrainedTableModel
from trustai.plots import charts, tabular_models
from trustai.ui.diabetes.own_reading import Reading, ask, read_upload
from trustai.ui.diabetes.own_row import OwnTable, explain_row
from trustai.ui.kit.caching import cached_call
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted, plain
from trustai.ui.kit.measured import figure_text
from trustai.ui.kit.site import PAGES
from trustai.ui.kit.uploads import csv_from_user

FORMAT = (
    "A CSV with a header, 50 to 10,000 rows, up to 100 columns and 10 MB; one column has exactly "
    "two different values, which is what the network learns to tell. Numbers and short texts are "
    "understood, empty cells are missing. It stays in this computer's memory, for this session "
    "only, and is never stored."
)
UNDEFINED = " No row is called so, and a share of nothing is not defined."
ONLY_LINEAR = (
    "No epoch was better than the logistic regression by more than chance, so the network is that. "
)
FIGURES = {
    "accuracy": "Accuracy",
    "roc_auc": "ROC AUC",
    "precision": "Precision",
    "recall": "Recall",
}


def show() -> None:
    pickers, results = st.columns([1, 2.2], gap="medium")
    with pickers:
        own = _pick()
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="own-seed"))
    with results:
        _about(own)
        if not _wanted(own, seed):
            return
        trained = _train(own, seed)
        _figures(trained)
        explain_row(own, trained, seed)


def _pick() -> OwnTable:
    uploaded = csv_from_user(
        read_upload, key="own-upload", label="A table of your own", help=FORMAT
    )
    if uploaded is None:
        st.caption("Until you upload one, this is the synthetic diabetes cohort as an example.")
    reading = Reading(_example()) if uploaded is None else ask(uploaded)
    csv = reading.csv
    which = csv.sha256[:8]  # another file, other choices
    targets = csv.targets()
    target = st.selectbox(
        "What to predict",
        targets,
        index=len(targets) - 1,  # by custom it stands last
        key=f"own-target-{which}",
        help="The columns that have exactly two different values.",
    )
    goal = csv.column(target)
    names = [goal.named(value) for value in goal.different]
    positive = st.selectbox(
        "The value whose probability is shown",
        names,
        index=1,
        key=f"own-positive-{which}-{target}",
    )
    usable = csv.usable(target=target)
    columns = st.multiselect(
        "Predict it from", usable, default=usable, key=f"own-columns-{which}-{target}"
    )
    for column in csv.columns:
        if column.problem is not None and column.name != target:
            st.caption(f"Left out: {plain(column.name)}, {plain(column.problem)}.")
    table = csv.table(target=target, columns=columns, positive=positive)
    return OwnTable(reading, table, positive, private=uploaded is not None)


@st.cache_resource(show_spinner=False)
def _example() -> CsvTable:
    """The cohort, through the same door as an upload; treat it as read-only."""
    frame = summary.frame(cohort.generate())
    return read_csv(frame.to_csv(index=False, float_format="%.6g").encode())


def _about(own: OwnTable) -> None:
    st.subheader("The table")
    st.markdown(
        f"{counted(len(own.table), 'row')}, {counted(len(own.table.columns), 'column')}. "
        f"{plain(summary.balance(own.table).sentence)}"
    )
    st.markdown(plain(summary.missing(own.table).sentence))
    alone = separation.separation(own.table)
    st.markdown(plain(alone.sentence))
    for name in alone.answers:
        st.warning(
            f"**{plain(name)}** alone nearly tells the answer (ROC AUC "
            f"{alone.strength(name):.3f}). Probably it is the answer itself, or is known only "
            "after it. Leave it out?",
            icon=":material/key:",
        )
    if sensitive := separation.sensitive_columns(own.table):
        st.info(_sensitive(sensitive), icon=":material/balance:")
    if not own.private:
        st.warning("**Synthetic**: nobody was ever measured.", icon=":material/science:")


def _sensitive(names: list[str]) -> str:
    """What to think of where a column may not decide about people."""
    columns = ", ".join(f"**{plain(name)}**" for name in names)
    text = (
        f"{columns}: a network that decides about people by this may be unfair, and leaving the "
        "column out is not enough, because other columns tell it too."
    )
    known = any(info.topic == "fairness" for info in PAGES)
    return text + (" [Measure how fair it is](/fairness)." if known else "")


def _wanted(own: OwnTable, seed: int) -> bool:
    """Whether to train on it: the example at once, an upload once its button was pressed."""
    choice = f"{own.sha}-{seed}"
    if not own.private:
        return True
    if st.button("Train a network on it", type="primary", icon=":material/play_arrow:"):
        st.session_state["own-trained"] = choice
    if st.session_state.get("own-trained") == choice:
        return True
    st.caption("Takes a few seconds; your choice on the left may change before.")
    return False


def _train(own: OwnTable, seed: int) -> TrainedTableModel:
    st.subheader("A network for it")
    bar = st.empty()
    trained = cached_call(
        lambda: live_table.train_table_model(
            own.table,
            seed=seed,
            on_progress=lambda share: _moved(bar, share, "Training"),
        ),
        subject=own,
        weights_sha="",
        method="live.table.train_table_model",
        seed=seed,
        heavy="training a small network",
    )
    bar.empty()
    return trained


def _moved(bar: Any, share: float, words: str) -> None:
    bar.progress(share, text=f"{words} … {share:.0%}")


def _figures(trained: TrainedTableModel) -> None:
    card = trained.model.card
    assert card is not None  # `train_table_model` writes one
    for sentence in trained.warnings:
        st.warning(plain(sentence), icon=":material/warning:")
    for cell, (name, title) in zip(st.columns(len(FIGURES)), FIGURES.items(), strict=True):
        ours, beside = card.metrics[name].value, card.metrics[f"{name}/logistic_regression"].value
        cell.metric(
            title,
            figure_text(name, ours),
            help=f"On {counted(len(trained.test), 'row')} that took no part in training."
            + (UNDEFINED if math.isnan(ours) else ""),
            border=True,
        )
        cell.caption(f"logistic regression {figure_text(name, beside)}")
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            tabular_models.learning(card.history, what="loss", percent=False),
            key="own-learning",
            title="Loss while training",
        )
    with right:
        if card.confusion is not None:
            chart(
                charts.confusion(card.confusion, short_classes(trained)),
                key="own-confusion",
                title="Confusion matrix",
                about="rows of the test part",
            )
    training = card.training
    kept = training["kept_epoch"]
    st.caption(
        f"{counted(training['epochs'], 'epoch')} on {counted(training['training_rows'], 'row')} in "
        f"{training['seconds']} s, {counted(training['parameters'], 'parameter')}, seed "
        f"{card.seed}. "
        + (f"Epoch {kept} was the best on rows left out. " if kept else ONLY_LINEAR)
        + f"Judged on {counted(len(trained.test), 'row')}, at probability 0.5. It is gone with "
        "this session."
    )


def short_classes(trained: TrainedTableModel) -> list[str]:
    """The classes as an axis can show them: short, and never the same twice."""
    prefix = f"{trained.test.target} = "
    names = [charts.label(c.removeprefix(prefix), 20) for c in trained.test.classes]
    return names if names[0] != names[1] else [f"{name} ({i})" for i, name in enumerate(names)]
