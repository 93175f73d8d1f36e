"""Why one person got an answer, which columns carry the group, and all of it to take away."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from trustai.fairness.path import MeasuredPath
from trustai.fairness.proxies import mutual_information
from trustai.plots import colours, tabular_models
from trustai.plots.fairness.answers import information
from trustai.ui.fairness.person.counterparts import Case, Counterparts, shapley
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export

COLOURS = (colours.ATTACKED, colours.TRAINED_AGAINST)


def shap_values(case: Case, measured: MeasuredPath) -> dict[str, list[float]]:
    """What each column adds to the probability, without a repair and with it, drawn and said."""
    st.subheader("Why this answer, before and after the repair")
    steps = (0, measured.chosen)
    found = [shapley(case, measured, step) for step in steps]
    names = ("before", "after")
    values = {name: one.values[0].tolist() for name, one in zip(names, found, strict=True)}
    figure = tabular_models.shares_of_columns(
        [(name, c, values[name], None) for name, c in zip(names, COLOURS, strict=True)],
        case.census.learned.columns,
        x_title="added to the probability of a high income",
    )
    chart(
        figure,
        key="person-shap",
        title="Shapley values before and after the repair",
        about=f"Exact Shapley values of person {case.number}.",
    )
    columns = case.census.learned.columns
    drop = np.abs(values[names[0]]) - np.abs(values[names[1]])
    fell = int(drop.argmax())
    st.markdown(
        f"The repair takes most from **{plain(columns[fell])}**: it adds "
        f"{values[names[0]][fell]:+.1%} before and {values[names[1]][fell]:+.1%} after. An average "
        f"person gets {found[0].base[0].item():.1%} before and {found[1].base[0].item():.1%} after."
    )
    return values


def carried_by(case: Case) -> dict[str, float]:
    """Which columns carry the group."""
    learned, groups = case.census.learned, case.census.groups["train"][case.attribute]
    found = mutual_information(learned, groups.codes)
    shares = np.bincount(groups.codes[groups.codes >= 0]) / (groups.codes >= 0).sum()
    entropy = float(-sum(p * math.log(p) for p in shares if p > 0))
    chart(
        information(list(found), list(found.values()), most=entropy),
        key=f"information-{case.attribute}",
        title=f"How much each column tells about {case.attribute}",
        about="Mutual information, training part. 100 % would name the group with certainty.",
    )
    first, second = list(found)[:2]
    st.markdown(
        f"**{plain(first)}** tells the most about {case.attribute} "
        f"({found[first] / entropy:.1%}), and {plain(second)} the second most "
        f"({found[second] / entropy:.1%}). Whoever leaves {case.attribute} out of the table still "
        "has these columns."
    )
    return found


def export(
    case: Case,
    measured: MeasuredPath,
    found: Counterparts,
    said: list[list[float]],
    values: dict[str, list[float]],
    carried: dict[str, float],
) -> Export:
    """What the view shows, to take away."""
    learned = case.census.learned
    return Export(
        name=f"person-{case.number}-{case.attribute}",
        key="one-person-export",
        csv=_columns(case, values, carried).to_csv(index=False),
        json={
            "table": case.census.test.name,
            "synthetic": case.census.test.synthetic,
            "person": case.number,
            "attribute": case.attribute,
            "from": case.names[case.source],
            "to": case.names[case.target],
            "weights_sha256": measured.card.weights_sha256,
            "steps": [0, measured.chosen],
            "probability": {"without_repair": _named(said[0]), "repaired": _named(said[1])},
            "nearest": {"row": int(learned.indices[found.nearest.position]),
                        "distance": found.nearest.distance},
            "shap": values,
            "mutual_information": carried,
        },
        python=PYTHON.format(
            table=case.census.test.name, model=measured.card.id, number=case.number,
            attribute=case.attribute, source=case.source, target=case.target,
            chosen=measured.chosen,
        ),
    )  # fmt: skip


def _named(said: list[float]) -> dict[str, float]:
    keys = ("person", "only_group_changed", "moved_mean", "nearest", "moved_low", "moved_high")
    return dict(zip(keys, said, strict=True))


def _columns(case: Case, values: dict[str, list[float]], carried: dict[str, float]) -> pd.DataFrame:
    """A row per column: what it adds, and what it tells of the group."""
    columns = case.census.learned.columns
    return pd.DataFrame(
        {
            "column": columns,
            **{f"shap, {name}": one for name, one in values.items()},
            "mutual_information": [carried[name] for name in columns],
        }
    )


PYTHON = """
from trustai import data, zoo
from trustai.fairness import groups_of
from trustai.fairness.person import nearest
from trustai.fairness.proxies import moved, mutual_information
from trustai.zoo.architectures.tabular_path import TabularPath

path = zoo.load("{model}", kind=TabularPath)
train, test = (data.load("{table}", split=split) for split in ("train", "test"))
group = groups_of(train)["{attribute}"].codes
train, test = train.select(path.columns), test.select(path.columns)
row = test.rows[{number}]
counterparts = moved(train, group, row, source={source}, target={target})
(real,) = nearest(train, row, group == {target})
for step in (0, {chosen}):
    network = path.at(step)
    print(step, network.probability(row[None]).item(),
          network.probability(counterparts.rows).mean().item(),
          network.probability(train.rows[[real.position]]).item())
print(mutual_information(train, group))
"""
