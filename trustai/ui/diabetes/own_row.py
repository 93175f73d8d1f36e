"""Explanation and counterfactual of one row of an uploaded table."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st
from torch import Tensor

from trustai import data
from trustai.data.splits import sample
from trustai.explain import tabular
from trustai.explain.tabular.counterfactual import grace
from trustai.explain.tabular.counterfactual.contrast import Contrast
from trustai.live.table import TrainedTableModel
from trustai.plots import charts, colours, tabular_models
from trustai.types import Table, TabularAttribution
from trustai.ui.kit.caching import cached_call, sha256_of
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import how_made, result_caption
from trustai.ui.kit.jobs import Countdown
from trustai.ui.kit.own_table.training import OwnTable

COLOURS = (colours.CLEAN, colours.ATTACKED, *colours.OTHERS)
"""Of the methods, in the order of the menus."""
N_BACKGROUND = 100
MOST = 15
"""Columns in one figure."""


def explain_row(own: OwnTable, trained: TrainedTableModel, seed: int) -> None:
    """Pickers of a test row and of methods, their values side by side, and the contrastive row."""
    st.subheader("Why this answer for one row?")
    test, model = trained.test, trained.model
    number = st.number_input(
        f"Test row, 0 to {len(test) - 1}", 0, len(test) - 1, 0, key="own-row",
        help="A row of the fifth of the table that was not used for training.",
    )  # fmt: skip
    at = int(number)
    row = test.rows[at]
    said = float(model.probability(row[None]))
    truth = test.classes[int(test.labels[at])]
    line = own.reading.csv.row_numbers[int(test.indices[at])]
    st.markdown(
        f"For row {line} of the file, the network gives “{plain(test.classes[1])}” a probability "
        f"of **{said:.1%}**. True value: {plain(truth)}."
    )
    st.dataframe(row_table(test, row, model.filled(row[None])[0]), hide_index=True)
    known = {
        name: tabular.get(name).title
        for name in tabular.names()
        if tabular.get(name).why_not(model, "probability") is None
    }
    names = st.pills(
        "Methods", list(known), format_func=lambda n: known[n], selection_mode="multi",
        default=["lime", "shapley" if "shapley" in known else "kernel_shap"], key="own-methods",
    )  # fmt: skip
    found = {}
    background = sample(trained.train, N_BACKGROUND, 0).rows
    for name in [n for n in known if n in (names or ["integrated_gradients"])]:
        try:
            found[name] = _explained(own, trained, name, row, background, seed)
        except ValueError as error:
            st.info(plain(f"{known[name]}: {unfit(error)}"), icon=":material/block:")
    if found:
        _bars(found, test)
    contrast = _contrast(own, trained, row)
    _how(found, contrast)
    _export(own, trained, at, found, contrast).show()


def _how(found: dict[str, TabularAttribution], contrast: Contrast) -> None:
    with how_made():
        for one in found.values():
            gap = one.facts["additivity_gap"].item()
            result_caption(one.circumstances, f"error of the sum {gap:.1g}")
        result_caption(contrast.circumstances)


def _explained(
    own: OwnTable, trained: TrainedTableModel, name: str, row: Tensor, background: Tensor, seed: int
) -> TabularAttribution:
    card, method = trained.model.card, tabular.get(name)
    bar = Countdown(f"Computing {method.title}")
    params = method.quick or method.params()
    return cached_call(
        lambda: tabular.explain(
            name,
            trained.model,
            row[None],
            background=background,
            seed=seed,
            output="probability",
            params=params,
            on_progress=bar,
        ),
        subject=own,
        weights_sha="" if card is None else card.weights_sha256,
        inputs=[sha256_of(row, background)],
        method=f"explain.tabular/{name}/probability",
        parameters=params,
        seed=seed,
        heavy="explaining one row",
        bar=bar,
    )


def _bars(found: dict[str, TabularAttribution], table: Table) -> None:
    groups = [
        (
            tabular.get(name).title,
            COLOURS[tabular.names().index(name) % len(COLOURS)],
            one.values[0].tolist(),
            None if one.spread is None else one.spread[0].tolist(),
        )
        for name, one in found.items()
    ]
    title = f"added to the probability of “{charts.label(table.classes[1], 24)}”"
    figure = tabular_models.shares_of_columns(groups, table.columns, x_title=title, most=MOST)
    chart(figure, key="own-reasons", title="Contributions of the columns")
    if len(table.columns) > MOST:
        st.caption(f"The figure shows the {MOST} most important columns. The file has all of them.")


def _contrast(own: OwnTable, trained: TrainedTableModel, row: Tensor) -> Contrast:
    bar = Countdown("Looking for the smallest change")
    found = cached_call(
        lambda: bar.beside(lambda: grace.contrast(trained.model, row, table=trained.train)),
        subject=own,
        weights_sha="" if trained.model.card is None else trained.model.card.weights_sha256,
        inputs=[sha256_of(row), data.split_sha(trained.train)],
        method="explain.tabular.grace",
        heavy="looking for the smallest change",
        bar=bar,
    )
    st.markdown("**What would change the decision?**")
    st.markdown(plain(found.sentence()))
    return found


def row_table(table: Table, row: Tensor, filled: Tensor) -> pd.DataFrame:
    """The row's values as text, categories by name, and what stands in for the missing ones."""
    return pd.DataFrame(
        {
            name: [
                f"not recorded ({value_text(table, i, filled[i].item())} used)"
                if math.isnan(row[i].item())
                else value_text(table, i, row[i].item())
            ]
            for i, name in enumerate(table.columns)
        }
    )


def value_text(table: Table, column: int, value: float) -> str:
    """A value of a column as text: the level of a category."""
    levels = table.levels[column]
    return f"{value:.7g}" if levels is None else levels[round(value)]


def _export(
    own: OwnTable,
    trained: TrainedTableModel,
    at: int,
    found: dict[str, TabularAttribution],
    contrast: Contrast,
) -> Export:
    assert trained.model.card is not None
    row = trained.test.rows[at]
    return Export(
        name="your-table-explained",
        key="own",
        csv=_values(own, row, found, contrast).to_csv(index=False),
        json={
            "network": trained.model.card.as_dict(),
            "row": row,
            "explanations": {
                name: {"values": one.values[0], "base": one.base[0], "how": one.circumstances}
                for name, one in found.items()
            },
            "contrast": {"sentence": contrast.sentence(), "row": contrast.rows[1],
                         "probability": contrast.probability},
        },
        python=PYTHON.format(
            arguments=own.reading.arguments,
            target=own.table.target,
            positive=own.positive,
            columns=list(own.table.columns),
            seed=trained.model.card.seed,
            line=own.reading.csv.row_numbers[int(trained.test.indices[at])],
            at=at,
            methods=list(found),
            n_background=N_BACKGROUND,
        ),
    )  # fmt: skip


def _values(
    own: OwnTable, row: Tensor, found: dict[str, TabularAttribution], contrast: Contrast
) -> pd.DataFrame:
    """A row per column of the table: the value, and what every method gives it."""
    values: dict[str, Any] = {
        "column": list(own.table.columns),
        "value": [
            "" if math.isnan(v) else value_text(own.table, i, v) for i, v in enumerate(row.tolist())
        ],
    }
    for name, one in found.items():
        values[name] = one.values[0].tolist()
        if one.spread is not None:
            values[f"{name}_spread"] = one.spread[0].tolist()
    values["contrast"] = contrast.rows[1].tolist()
    return pd.DataFrame(values)


PYTHON = """
from trustai.data.splits import sample
from trustai.data.tables.csv_table import read_csv
from trustai.explain import tabular
from trustai.explain.tabular.counterfactual import grace
from trustai.live.table import train_table_model

uploaded = read_csv(open("your-table.csv", "rb").read(){arguments})
table = uploaded.table(target={target!r}, positive={positive!r}, columns={columns!r})
trained = train_table_model(table, seed={seed})
row = trained.test.rows[{at}:{at} + 1]  # row {line} of the file
background = sample(trained.train, {n_background}, 0).rows
for name in {methods!r}:
    method = tabular.get(name)
    found = tabular.explain(
        name, trained.model, row, background=background, seed={seed}, output="probability",
        params=method.quick or method.params(),
    )
    print(name, found.values[0].tolist())
print(grace.contrast(trained.model, row[0], table=trained.train).sentence())
"""
