"""View of one person: the same person with another sex or race, before and after the repair."""

from __future__ import annotations

import math
from collections import Counter

import pandas as pd
import streamlit as st
from torch import Tensor

from trustai import data
from trustai.fairness.path import MeasuredPath
from trustai.fairness.proxies import DRAWS
from trustai.plots.fairness.answers import Answers, answers
from trustai.types import Table
from trustai.ui.fairness.measured import lambda_text, path, pick_attribute
from trustai.ui.fairness.person.counterparts import (
    N_BACKGROUND,
    Case,
    Census,
    Counterparts,
    case_of,
    census_of,
    counterparts,
    first_above,
    probabilities,
)
from trustai.ui.fairness.person.reasons import COLOURS, carried_by, export, shap_values
from trustai.ui.fairness.tables import pick_table
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.frame import finding, first_rows, fold, how_made
from trustai.ui.kit.glossary import hint


def show() -> None:
    measured = path()
    pickers, result = first_rows()
    with pickers:
        left, right = st.columns([1, 1.4], vertical_alignment="bottom")
        with left:
            table = pick_table()
        census = census_of(table, tuple(measured.card.arguments["columns"]))
        with right:
            case = _pick(measured, census)
    found = counterparts(case)
    said = [probabilities(case, found, measured, step) for step in (0, measured.chosen)]
    with result:
        finding(finding_text(case, said))
        _answers(case, measured, said)
    st.caption(_explained(case, said))
    values = shap_values(case, measured)
    with fold("The nearest real person"):
        _people(case, found)
    with fold(f"Which values change with {case.attribute}?"):
        _changes(case, found)
    with fold(f"Which columns tell {case.attribute}?"):
        carried = carried_by(case)
    _how(case, measured)
    export(case, measured, found, said, values, carried).show()


def finding_text(case: Case, said: list[list[float]]) -> str:
    """What changes if only the group is changed, and what if its proxies are moved, too."""
    before, after = said
    other = plain(case.names[case.target])
    only = "the same" if before[0] == before[1] else f"**{before[1]:.1%}**"
    return (
        f"The network gives this person a probability of **{before[0]:.1%}**. With "
        f"{case.attribute} set to {other} alone it gives {only}. With all columns changed that "
        f"depend on {case.attribute} it gives **{before[2]:.1%}** on average. After the repair it "
        f"gives {after[0]:.1%} and {after[2]:.1%}."
    )


def _pick(measured: MeasuredPath, census: Census) -> Case:
    first, second, third = st.columns([1, 1.1, 1.2], vertical_alignment="bottom")
    number = first.number_input(
        "Person", 0, len(census.test) - 1, first_above(measured, census), key="person",
        bind="query-params", help="The number of a row of the test part. No network learned it.",
    )  # fmt: skip
    with second:
        attribute = pick_attribute()
    case = case_of(census, int(number), attribute)
    target = third.selectbox(
        "Compare with the group",
        [name for k, name in enumerate(case.names) if k != case.source],
        key=f"target-{attribute}-{case.source}",
        help=hint("sensitive attribute"),
    )
    return case_of(census, int(number), attribute, target)


def _answers(case: Case, measured: MeasuredPath, said: list[list[float]]) -> None:
    other = case.names[case.target]
    people = [
        "this person",
        f"only {case.attribute} changed",
        f"all that depends on {case.attribute}",
        "nearest real person",
    ]
    steps = (0, measured.chosen)
    groups = [
        Answers(
            "without repair" if step == 0 else f"repaired, λ = {lambda_text(measured, step)}",
            colour,
            one[:4],
            [(v, v) if i != 2 else (one[4], one[5]) for i, v in enumerate(one[:4])],
        )
        for step, colour, one in zip(steps, COLOURS, said, strict=True)
    ]
    chart(
        answers(people, groups),
        key="one-person",
        title=f"The same person as {other}",
        about=f"{data.table_set(case.census.test.name).title}, person {case.number}. Line: 95 % "
        f"of {DRAWS} counterparts.",
    )


def _explained(case: Case, said: list[list[float]]) -> str:
    unseen = case.attribute not in case.census.learned.columns
    first = (
        f"The network does not see {case.attribute}, so changing it alone changes nothing. This "
        "says little: other columns carry the same information. "
        if unseen and said[0][0] == said[0][1]
        else ""
    )
    return first + (
        "For the third row all columns are moved to the same place in the other group: a number to "
        f"the same quantile, a level as often as the other group has it. {DRAWS} counterparts are "
        "drawn. This follows correlations only. It does not say what would have happened."
    )


def _people(case: Case, found: Counterparts) -> None:
    learned, near = case.census.learned, found.nearest
    real = learned.rows[near.position]
    outcome = learned.classes[int(learned.labels[near.position])]
    truth = case.census.test.classes[int(case.census.test.labels[case.number])]
    st.markdown(
        f"Of {int((case.census.groups['train'][case.attribute].codes == case.target).sum()):,} "
        f"people of the group {plain(case.names[case.target])}, this one differs least "
        f"(Gower's distance {near.distance:.3f}). True income: {plain(truth)} for the person, "
        f"{plain(outcome)} for the nearest one."
    )
    st.dataframe(
        pd.DataFrame(
            {
                "column": learned.columns,
                "this person": [value_text(learned, k, v) for k, v in _numbered(case.row)],
                "nearest real person": [value_text(learned, k, v) for k, v in _numbered(real)],
                "": ["differs" if name in near.different else "" for name in learned.columns],
            }
        ),
        hide_index=True,
    )


def _changes(case: Case, found: Counterparts) -> None:
    """Which columns move, and where to."""
    learned, rows = case.census.learned, found.moved.rows
    lines = []
    for name in found.moved.order:
        k = learned.columns.index(name)
        own = value_text(learned, k, float(case.row[k]))
        drawn = Counter(value_text(learned, k, float(v)) for v in rows[:, k])
        stays = drawn.pop(own, 0) / len(rows)
        others = ", ".join(f"{value} ({n / len(rows):.0%})" for value, n in drawn.most_common(3))
        lines.append((name, own, stays, others, found.moved.given[name] or "–"))
    lines.sort(key=lambda line: line[2])
    shown = pd.DataFrame(
        [(name, own, f"{stays:.0%}", others, given) for name, own, stays, others, given in lines],
        columns=["column", "this person", "keep this value", "most frequent others", "depends on"],
    )
    st.dataframe(shown, hide_index=True)
    st.caption(
        f"Each value of the {DRAWS} counterparts was drawn for the other group. Where a column "
        "depends on another one, it was drawn among the people who share the value of that column."
    )


def value_text(table: Table, column: int, value: float) -> str:
    """A value of a column as text."""
    if math.isnan(value):
        return "not recorded"
    levels = table.levels[column]
    return f"{value:g}" if levels is None else levels[round(value)]


def _numbered(row: Tensor) -> list[tuple[int, float]]:
    return list(enumerate(row.tolist()))


def _how(case: Case, measured: MeasuredPath) -> None:
    with how_made():
        st.caption(
            f"The person is from the test part. Counterparts and the nearest person are found with "
            f"{len(case.census.learned):,} rows of the training part. Columns are drawn one after "
            f"the other along the tree of largest mutual information (Plečko and Meinshausen "
            f"2020), each among the rows that share the value of the column before it, if there "
            f"are at least 30. The Shapley values have {N_BACKGROUND} background rows. Seed 0. "
            f"Weights {measured.card.weights_sha256[:12]}."
        )
