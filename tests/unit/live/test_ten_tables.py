"""Networks for one's own table beside logistic regression, on ten tables in the style of public
ones."""

from __future__ import annotations

import statistics

import pytest

from tests.toys.ten_tables import ten_tables
from trustai.live.table import train_table_model


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_never_worse_than_logistic_regression_on_ten_tables() -> None:
    """Measured, each the median of three seeds: ROC AUC is higher by 0.004 in the median table, by
    0.597 in the best, and as high in the worst."""
    gains = {}
    for table in ten_tables():
        each = []
        for seed in range(3):
            card = train_table_model(table, seed=seed).model.card
            assert card is not None
            ours, line = (card.metrics[f"roc_auc{at}"].value for at in ("", "/logistic_regression"))
            each.append(ours - line)
        gains[table.name] = statistics.median(each)
        print(f"{table.name:10s} {len(table):5d} rows: " + " ".join(f"{g:+.3f}" for g in each))
    print(f"median {statistics.median(gains.values()):+.4f}, least {min(gains.values()):+.4f}")
    assert statistics.median(gains.values()) > 0
    assert min(gains.values()) > -0.01
    assert sum(gain > 0.03 for gain in gains.values()) >= 4, "more than a line where there is more"
