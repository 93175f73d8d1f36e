"""View of the diabetes page: the data, each figure with one sentence read from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from trustai import data, zoo
from trustai.data.tables import closeness, cohort
from trustai.explain.tabular.exploration import separation, summary
from trustai.explain.tabular.exploration.summary import CorrelationName
from trustai.plots import charts, tabular_data
from trustai.types import Table
from trustai.ui.diabetes.outliers import outliers_of, removal_of
from trustai.ui.diabetes.tables import (
    Chosen,
    closeness_words,
    pick_table,
    say_synthetic,
)
from trustai.ui.kit.caching import cached_call, tabular_model
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, fold, how_made
from trustai.ui.kit.glossary import hint

NETWORK = "diabetes-mlp"
METHODS: dict[CorrelationName, str] = {
    "pearson": "Pearson (straight line)",
    "spearman": "Spearman (order)",
}
PAIR_COLUMNS = 4


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        chosen = pick_table()
        say_synthetic(chosen.table)
    table = chosen.table
    said: dict[str, str] = {}
    with result:
        finding(plain(separation.separation(table).sentence))
        left, right = st.columns(2, gap="large")
    with left:
        said["balance"] = _balance(table)
    with right:
        said["missing"] = _missing(table)
    said["separation"] = _distributions(table)
    with fold("Correlations"):
        said["correlation"], pair = _correlations(table)
    with fold("Pairs of columns"):
        said["pair"] = _pairs(table, pair)
    said |= outliers_of(chosen)
    if table.synthetic:
        with fold("How similar is the synthetic cohort to the real table?"):
            _closeness()
    said |= removal_of(chosen)
    _facts(chosen)
    _export(chosen, said).show()


def _facts(chosen: Chosen) -> None:
    table = chosen.table
    parts = {split: data.part(table, split) for split in data.SPLITS}
    sizes = ", ".join(f"{len(part)} {split}" for split, part in parts.items())
    title = "your table" if chosen.private else data.table_set(table.name).title
    with how_made():
        st.markdown(
            f"**{plain(title)}**, {chosen.origin}: {len(table):,} rows, {len(table.columns)} "
            f"columns, the target {plain(table.target)}."
        )
        st.caption(
            f"The rows are split with seed 0 within each class: {sizes}. The sha256 of the test "
            f"rows is {data.split_sha(parts['test'])[:12]}. In Glucose, BloodPressure, "
            "SkinThickness, Insulin and BMI a zero means that the value was not recorded. Models "
            "use the median of the training rows instead."
        )


def _balance(table: Table) -> str:
    st.subheader(
        "How many patients have diabetes?" if table.name.startswith("diabetes") else "Classes"
    )
    found = summary.balance(table)
    st.markdown(plain(found.sentence))
    chart(
        tabular_data.class_balance(found.counts, found.classes),
        key="class-balance",
        title="Rows of each class",
    )
    return found.sentence


def _missing(table: Table) -> str:
    st.subheader("Missing values")
    found = summary.missing(table)
    st.markdown(plain(found.sentence))
    counts = found.counts[found.counts.sum(axis=1) > 0]
    if len(counts):
        shares = counts / np.maximum(1, np.array(found.sizes))
        chart(
            tabular_data.shares_by_class(shares, title="share missing"),
            key="missing-values",
            title="Missing values by class",
        )
    return found.sentence


def _distributions(table: Table) -> str:
    st.subheader(
        "Each column alone",
        help="Blue and orange are the two classes. Each adds up to 100 %.",
    )
    found = separation.separation(table)  # its sentence is the finding
    frame = summary.frame(table)
    cells = [cell for _ in range(0, len(table.columns), 4) for cell in st.columns(4)]
    for name, cell in zip(table.columns, cells, strict=False):
        values = [frame.loc[frame[table.target] == k, name].dropna().to_numpy() for k in (0, 1)]
        with cell:
            st.markdown(
                f"**{plain(name)}**",
                help=f"This column alone has a ROC AUC of {found.auc[name]:.2f}.",
            )
            chart(
                tabular_data.distribution(values, table.classes),
                key=f"values-{name}",
                title=charts.label(name, 16),  # the whole name stands above
            )
    return found.sentence


def _correlations(table: Table) -> tuple[str, tuple[str, str]]:
    method = st.segmented_control(
        "Correlation",
        list(METHODS),
        format_func=lambda m: METHODS[m],
        default="pearson",
        key="correlation",
        bind="query-params",
        required=True,
        help=hint("correlation"),
    )
    found = summary.correlation(table, method=method)
    st.markdown(plain(found.sentence))
    chart(
        tabular_data.correlation_matrix(found.matrix),
        key=f"correlation-{method}",
        title=f"{METHODS[method]} correlation",
    )
    return found.sentence, found.pair


def _pairs(table: Table, pair: tuple[str, str]) -> str:
    sentence = summary.pair_sentence(table, pair=pair)
    st.markdown(plain(sentence))
    auc = separation.separation(table).auc
    telling = sorted(auc, key=lambda name: -abs(np.nan_to_num(auc[name], nan=0.5) - 0.5))
    first = [*pair, *(name for name in telling if name not in pair)][:PAIR_COLUMNS]
    columns = st.multiselect(
        "Columns of the pair plot",
        list(table.columns),
        default=first,
        key=f"pairs-{'-'.join(pair)}",
        help="The default is the pair with the largest correlation and the two columns that "
        "separate the classes best.",
    )
    if len(columns) < 2:
        st.caption("You have chosen fewer than two columns. The plot shows the default pair.")
        columns = list(pair)
    figure = tabular_data.pair_plot(
        summary.frame(table), columns, table.target, table.classes, seed=0
    )
    chart(figure, key="pair-plot", title="Pairs of columns")
    return sentence


def _closeness() -> None:
    found = cohort.measured()
    st.markdown(plain(closeness_words(found)))
    st.dataframe(closeness_table(found["columns"]), hide_index=True)
    rows, pearson, spearman = found["rows"], *(found["correlation"][m] for m in summary.TITLES)
    st.markdown(
        f"- The correlations differ by at most {pearson['max']:.3f} (Pearson) and "
        f"{spearman['max']:.3f} (Spearman).\n"
        f"- {rows['equal']} synthetic rows are equal to a real row. The distance of a synthetic "
        f"row to the nearest real row is {rows['nearest']['synthetic']:.2f} on average. Between "
        f"real rows it is {rows['nearest']['real']:.2f}."
    )
    st.dataframe(models_table(found["models"]), hide_index=True)
    _network_on_cohort()
    st.caption("; ".join(f"{plain(key)}: {plain(how)}" for key, how in found["how"].items()) + ".")


def closeness_table(columns: dict[str, Any]) -> pd.DataFrame:
    """One row a column: its distances, and what is missing of it in both tables."""
    return pd.DataFrame(
        [
            {
                "column": name,
                "largest difference of the distributions": f"{one['ks']:.1%}",
                "… within a class": f"{one['ks_by_class']:.1%}",
                "mean shift, standard deviations": round(one["wasserstein"], 3),
                "missing, real": f"{one['missing']['real']:.1%}",
                "missing, synthetic": f"{one['missing']['synthetic']:.1%}",
            }
            for name, one in columns.items()
        ]
    )


def models_table(models: dict[str, Any]) -> pd.DataFrame:
    """One row a model and what it was fitted on: how it does on real rows that it never saw."""
    return pd.DataFrame(
        [
            {
                "model": f"{name}, trained on {fitted} rows",
                "real test rows, AUC": round(one["auc"], 3),
                "real test rows, accuracy": f"{one['accuracy']:.1%}",
            }
            for name, both in models.items()
            for fitted, one in both.items()
        ]
    )


def _network_on_cohort() -> None:
    card = next((card for card in zoo.catalog() if card.id == NETWORK), None)
    if card is None:
        return
    table = cohort.generate()
    model = tabular_model(NETWORK)
    found = cached_call(
        lambda: closeness.accuracy_and_auc(model.probability, table),
        subject=None,
        weights_sha=card.weights_sha256,
        inputs=[data.split_sha(table)],
        method="data.closeness.accuracy_and_auc",
    )
    st.markdown(
        f"- The network of this app was trained on the real table. It classifies "
        f"{found.accuracy:.1%} of {found.n} synthetic rows correctly (ROC AUC {found.auc:.3f})."
    )


def _export(chosen: Chosen, said: dict[str, str]) -> Export:
    table = chosen.table
    both = {m: summary.correlation(table, method=m).matrix for m in METHODS}
    return Export(
        name=f"{table.name}-explored",
        key="explored",
        csv=summary.frame(table).to_csv(index=False),
        json={
            "table": table.name,
            "synthetic": table.synthetic,
            "sha256": data.split_sha(table),
            "sentences": said,
            "correlation": {m: matrix.to_dict() for m, matrix in both.items()},
        },
        python=f"""
{chosen.python}
from trustai.explain.tabular.exploration import outliers, separation, summary

print(summary.correlation(table, method="pearson").sentence)
print(separation.separation(table).sentence)
for effect in outliers.removal(table):
    print(effect.sentence)
""",
    )
