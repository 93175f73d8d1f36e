"""Downloads of the view of one's own table, and the same in Python."""

from __future__ import annotations

from typing import Any

import pandas as pd

from trustai.metrics.fairness import GroupReport
from trustai.metrics.group_rates import RATES
from trustai.ui.fairness.own.choices import Chosen
from trustai.ui.kit.export import Export


def export(
    chosen: Chosen, found: GroupReport, between: GroupReport, cut: float, seed: int
) -> Export:
    """Rates of groups and criteria between them.

    Args:
        chosen: Table and groups.
        found: Of all groups.
        between: Of those that are compared.
        cut: The threshold.
        seed: Of the training.
    """
    rates = _rates(found)
    return Export(
        name="your-table-by-group",
        key="own-groups",
        csv=rates.to_csv(index=False),
        json=_numbers(chosen, between, cut, seed) | {"rates": rates.to_dict("list")},
        python=(PYTHON + (NETWORK if chosen.score is None else SCORES) + REPORT).format(
            arguments=chosen.own.reading.arguments,
            target=chosen.own.table.target,
            positive=chosen.own.positive,
            columns=list(chosen.own.table.columns),
            groups=list(chosen.group_columns),
            score="" if chosen.score is None else chosen.score.name,
            seed=seed,
            cut=cut,
        ),
    )


def _numbers(chosen: Chosen, between: GroupReport, cut: float, seed: int) -> dict[str, Any]:
    return {
        "table_sha256": chosen.own.sha,
        "outcome": chosen.own.table.classes[1],
        "groups": chosen.groups.title,
        "judged": "network" if chosen.score is None else chosen.score.name,
        "seed": seed,
        "threshold": cut,
        "compared": between.groups,
        "criteria": {
            name: {"value": one.value, "low": one.low, "high": one.high}
            for name, one in between.criteria.items()
        },
    }


def _rates(found: GroupReport) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        "group": [*found.groups],
        "rows": found.counts.sum((1, 2)).tolist(),
    }
    for name in RATES:
        for end in ("value", "low", "high"):
            key = name if end == "value" else f"{name}_{end}"
            columns[key] = [getattr(one, end) for one in found.rates[name]]
    return pd.DataFrame(columns)


PYTHON = """
from trustai.data.tables.csv_table import read_csv
from trustai.fairness.own_groups import groups_of_columns
from trustai.live.table import train_table_model
from trustai.metrics import fairness

uploaded = read_csv(open("your-table.csv", "rb").read(){arguments})
table = uploaded.table(target={target!r}, positive={positive!r}, columns={columns!r})
groups = groups_of_columns([uploaded.column(name) for name in {groups!r}])
"""

NETWORK = """
trained = train_table_model(table, seed={seed})
probability = trained.model.probability(trained.test.rows).numpy()
labels, groups = trained.test.labels.numpy(), groups.take(trained.test.indices.numpy())
"""

SCORES = """
probability = uploaded.column({score!r}).values
known = (probability == probability).nonzero()[0]
probability, labels = probability[known], table.labels.numpy()[known]
groups = groups.take(known)
"""

REPORT = """
chosen = probability >= {cut}
counts = fairness.group_counts(labels, chosen, groups.codes, n_groups=len(groups.names))
compared = list(groups.compared())
found = fairness.report(counts[compared], [groups.names[k] for k in compared])
for name, one in found.criteria.items():
    print(name, one.value, one.low, one.high)
"""
