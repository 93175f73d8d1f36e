"""View of the data: how often each group has the favourable outcome, before any model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from trustai import data
from trustai.data.census import synthetic
from trustai.fairness import groups_of
from trustai.metrics import fairness
from trustai.metrics.fairness import RARE, GroupReport
from trustai.metrics.intervals import DRAWS
from trustai.plots.fairness.rates import GroupRate, rates
from trustai.types import Table
from trustai.ui.fairness.tables import pick_table
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, how_made

CROSSED = "sex and race"
TITLES = {"sex": "Sex", "race": "Race", CROSSED: "Sex and race together"}


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        table = pick_table()
    reports = reports_of(table)
    overall = float(table.labels.double().mean())
    with result:
        finding(finding_text(reports["sex"]))
        columns = st.columns(2, gap="large")
        for column, attribute in zip(columns, ("sex", "race"), strict=True):
            with column:
                _chart(table, attribute, reports[attribute], overall)
        _chart(table, CROSSED, reports[CROSSED], overall)
    _say_rare(reports)
    if table.synthetic:
        _closeness()
    _how(table)
    _export(table, reports).show()


def finding_text(by_sex: GroupReport) -> str:
    """How often both groups of sex have the favourable outcome."""
    women, men = (by_sex.rates["base_rate"][by_sex.groups.index(g)] for g in ("Female", "Male"))
    return (
        f"In this table **{women.value:.1%}** of the group Female and **{men.value:.1%}** of the "
        "group Male earn more than 50,000 dollars. A model that learns from the table also learns "
        "this difference."
    )


@st.cache_data(show_spinner=False, max_entries=4, hash_funcs={Table: lambda t: data.split_sha(t)})
def reports_of(table: Table) -> Mapping[str, GroupReport]:
    """Base rates with intervals of the groups by sex, by race and by both."""
    labels = table.labels.numpy()
    groups = groups_of(table)
    crossed, both = fairness.intersections(
        [one.names for one in groups.values()], [one.codes for one in groups.values()]
    )
    found = {}
    for key, levels, group in (
        *((name, one.names, one.codes) for name, one in groups.items()),
        (CROSSED, crossed, both),
    ):
        # The labels are taken for the predictions: only base rates are read.
        counts = fairness.group_counts(labels, labels, group, n_groups=len(levels))
        found[key] = fairness.report(counts, levels)
    return found


def _chart(table: Table, attribute: str, found: GroupReport, overall: float) -> None:
    sizes = found.counts.sum((1, 2)).tolist()
    order = np.argsort([-one.value for one in found.rates["base_rate"]])
    groups = [
        GroupRate(found.groups[i], sizes[i], one.value, one.low, one.high)
        for i in order
        for one in [found.rates["base_rate"][i]]
        if sizes[i]
    ]
    chart(
        rates(groups, name="share of people", overall=overall),
        key=f"base-rate-{attribute.replace(' ', '-')}",
        title=f"Income above 50,000 dollars, by {attribute}",
        about=f"{data.table_set(table.name).title}. In brackets: people. Lines: 95 % intervals.",
    )


def _say_rare(reports: Mapping[str, GroupReport]) -> None:
    rare = [group for one in reports.values() for group in one.rare]
    if rare:
        st.warning(
            f"These groups have fewer than {RARE} people, so their rates say little: "
            f"{plain('; '.join(rare))}."
        )


def _closeness() -> None:
    found = synthetic.measured()
    columns, pairs, models = found["columns"], found["pairs"], found["models"]
    groups = found["positive"]
    st.subheader("How similar is the synthetic census to the real one?")
    st.markdown(
        f"- The distribution of a column differs from that of the real test rows by "
        f"{columns['synthetic']['mean']:.1%} on average. Real training rows differ by "
        f"{columns['real']['mean']:.1%}: this much is chance.\n"
        f"- The distribution of a pair of columns differs by {pairs['synthetic']['mean']:.1%} on "
        f"average, and that of real training rows by {pairs['real']['mean']:.1%}.\n"
        f"- In the real test rows {groups['real']['sex']['Female']:.1%} of the group Female and "
        f"{groups['real']['sex']['Male']:.1%} of the group Male earn more than 50,000 dollars. In "
        f"the synthetic census it is {groups['synthetic']['sex']['Female']:.1%} and "
        f"{groups['synthetic']['sex']['Male']:.1%}.\n"
        f"- Gradient boosting that was fitted on synthetic rows classifies "
        f"{models['synthetic']['accuracy']:.1%} of the real test rows correctly. Fitted on real "
        f"rows, it classifies {models['real']['accuracy']:.1%} correctly."
    )


def _how(table: Table) -> None:
    with how_made():
        st.markdown(
            f"**{plain(data.table_set(table.name).title)}**: {len(table):,} rows, "
            f"{len(table.columns)} columns, the target {plain(table.target)}."
        )
        st.caption(
            f"The intervals are bootstrap intervals with {DRAWS:,} draws. The sha256 of the rows "
            f"is {data.split_sha(table)[:12]}."
        )


def _export(table: Table, reports: Mapping[str, GroupReport]) -> Export:
    lines = ["attribute,group,people,base_rate,low,high"]
    for attribute, found in reports.items():
        sizes = found.counts.sum((1, 2)).tolist()
        for group, n, one in zip(found.groups, sizes, found.rates["base_rate"], strict=True):
            name = f'"{group}"' if "," in group else group
            lines.append(f"{attribute},{name},{n},{one.value:.5f},{one.low:.5f},{one.high:.5f}")
    return Export(
        name=f"{table.name}-base-rates",
        key="base-rates",
        csv="\n".join(lines) + "\n",
        json={
            "table": table.name,
            "synthetic": table.synthetic,
            "sha256": data.split_sha(table),
            "base_rate": {
                attribute: {
                    group: {"value": one.value, "low": one.low, "high": one.high}
                    for group, one in zip(found.groups, found.rates["base_rate"], strict=True)
                }
                for attribute, found in reports.items()
            },
        },
        python=f"""
from trustai import data
from trustai.metrics import fairness

table = data.load("{table.name}", split="whole")
labels, column = table.labels.numpy(), table.columns.index("sex")
groups = table.rows[:, column].int().numpy()
counts = fairness.group_counts(labels, labels, groups, n_groups=2)
found = fairness.report(counts, table.levels[column])
for group, rate in zip(found.groups, found.rates["base_rate"]):
    print(group, rate.value, rate.low, rate.high)
""",
    )
