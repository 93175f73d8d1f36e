"""View of the diabetes page: an uploaded table, and a small network trained on it."""

from __future__ import annotations

import math

import streamlit as st

from trustai.data.tables import cohort
from trustai.data.tables.csv_table import CsvTable, read_csv
from trustai.explain.tabular.exploration import separation, summary
from trustai.live.table import TrainedTableModel
from trustai.plots import charts, tabular_models
from trustai.types import Table
from trustai.ui.diabetes.own_row import explain_row
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted, plain
from trustai.ui.kit.frame import finding, first_look, fold, two_by_two
from trustai.ui.kit.measured import figure_text
from trustai.ui.kit.own_table.outcome import pick_outcome, say_unused
from trustai.ui.kit.own_table.reading import Reading, ask, read_upload
from trustai.ui.kit.own_table.training import OwnTable, train, wanted
from trustai.ui.kit.site import PAGES
from trustai.ui.kit.uploads import csv_from_user

FORMAT = (
    "The file is a CSV with a header, 50 to 10,000 rows, at most 100 columns and 10 MB. The column "
    "that the network learns to predict has exactly two different values. Other columns have "
    "numbers or short texts. Empty cells are missing values. The file stays in memory for this "
    "session and is never stored."
)
UNDEFINED = " No row has this prediction, so the figure is undefined."
ONLY_LINEAR = "No epoch was clearly better than logistic regression, so the network is that. "
FIGURES = {
    "accuracy": "Accuracy",
    "roc_auc": "ROC AUC",
    "precision": "Precision",
    "recall": "Recall",
}


def show() -> None:
    pickers, results = first_look(results=2.4)
    with pickers:
        own = _pick()
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="own-seed"))
    with results:
        said, about = st.empty(), st.container()
        if not wanted(own, seed):
            with about:
                _about(own)
            return
        trained = train(own, seed)
        with said.container():
            finding(plain(learned(own.table, trained)))
        _figures(trained)
        _about(own)
    explain_row(own, trained, seed)


def learned(table: Table, trained: TrainedTableModel) -> str:
    """How good the network is beside always guessing the larger class of the test rows."""
    card, labels = trained.model.card, trained.test.labels
    assert card is not None  # `train_table_model` writes one
    share = float(labels.double().mean())
    right, guess = card.metrics["accuracy"].value, max(share, 1 - share)
    way = "better than" if right > guess else "not better than"
    return (
        f"The network learned from {len(table) - len(labels):,} rows and is right for {right:.0%} "
        f"of {len(labels):,} other rows. This is {way} always guessing the larger class, which "
        f"gives {guess:.0%} accuracy."
    )


def _pick() -> OwnTable:
    uploaded = csv_from_user(
        read_upload, key="own-upload", label="A table of your own", help=FORMAT
    )
    if uploaded is None:
        st.caption("You see the synthetic diabetes cohort as an example until you upload a table.")
    reading = Reading(_example()) if uploaded is None else ask(uploaded)
    csv = reading.csv
    which = f"own-{csv.sha256[:8]}"  # another file, other choices
    target, positive = pick_outcome(
        csv, key=which, column="What to predict", value="Show the probability of this value"
    )
    usable = csv.usable(target=target)
    columns = st.multiselect(
        "Predict it from", usable, default=usable, key=f"{which}-columns-{target}"
    )
    say_unused(csv, target)
    table = csv.table(target=target, columns=columns, positive=positive)
    return OwnTable(reading, table, positive, private=uploaded is not None)


@st.cache_resource(show_spinner=False)
def _example() -> CsvTable:
    """The cohort, through the same door as an upload; treat it as read-only."""
    frame = summary.frame(cohort.generate())
    return read_csv(frame.to_csv(index=False, float_format="%.6g").encode())


def _about(own: OwnTable) -> None:
    alone = separation.separation(own.table)
    with fold("The table", icon=":material/table:"):
        st.markdown(
            f"{counted(len(own.table), 'row')}, {counted(len(own.table.columns), 'column')}. "
            f"{plain(summary.balance(own.table).sentence)}"
        )
        st.markdown(plain(summary.missing(own.table).sentence))
        st.markdown(plain(alone.sentence))
    for name in alone.answers:
        st.warning(
            f"**{plain(name)}** alone almost gives the answer (ROC AUC "
            f"{alone.strength(name):.3f}). Perhaps it is the answer itself, or it is known only "
            "after the answer. Should you leave it out?",
            icon=":material/key:",
        )
    if sensitive := separation.sensitive_columns(own.table):
        st.info(_sensitive(sensitive), icon=":material/balance:")
    if not own.private:
        st.warning("**Synthetic**: these people do not exist.", icon=":material/science:")


def _sensitive(names: list[str]) -> str:
    """What to think of where a column may not decide about people."""
    columns = ", ".join(f"**{plain(name)}**" for name in names)
    text = (
        f"{columns}: a network that uses this to decide about people may be unfair. It is not "
        "enough to leave the column out, because other columns carry the same information."
    )
    known = any(info.topic == "fairness" for info in PAGES)
    return text + (" [Measure how fair it is](/fairness)." if known else "")


def _figures(trained: TrainedTableModel) -> None:
    card = trained.model.card
    assert card is not None  # `train_table_model` writes one
    for sentence in trained.warnings:
        st.warning(plain(sentence), icon=":material/warning:")
    cells = two_by_two(len(FIGURES), key="own-figures")
    for cell, (name, title) in zip(cells, FIGURES.items(), strict=True):
        ours, beside = card.metrics[name].value, card.metrics[f"{name}/logistic_regression"].value
        cell.metric(
            title,
            figure_text(name, ours),
            help=f"On {counted(len(trained.test), 'row')} that were not used for training."
            + (UNDEFINED if math.isnan(ours) else ""),
            border=True,
        )
        cell.caption(f"logistic regression {figure_text(name, beside)}")
    with fold("How it learned, and its confusion matrix", icon=":material/show_chart:"):
        _learned(trained)


def _learned(trained: TrainedTableModel) -> None:
    card = trained.model.card
    assert card is not None  # `train_table_model` writes one
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
        f"The network has {counted(training['parameters'], 'parameter')}. It was trained for "
        f"{counted(training['epochs'], 'epoch')} on {counted(training['training_rows'], 'row')} in "
        f"{training['seconds']} s with seed {card.seed}. "
        + (f"Epoch {kept} was the best on the validation rows. " if kept else ONLY_LINEAR)
        + f"It was tested on {counted(len(trained.test), 'row')} at threshold 0.5. It is deleted "
        "at the end of this session."
    )


def short_classes(trained: TrainedTableModel) -> list[str]:
    """The classes as an axis can show them: short, and never the same twice."""
    prefix = f"{trained.test.target} = "
    names = [charts.label(c.removeprefix(prefix), 20) for c in trained.test.classes]
    return names if names[0] != names[1] else [f"{name} ({i})" for i, name in enumerate(names)]
