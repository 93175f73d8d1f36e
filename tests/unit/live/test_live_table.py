"""A network for one's own table: it learns, says how far, stops in time and refuses in words."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
import torch

from trustai import data
from trustai.live import table as live_table
from trustai.live.table import TrainedTableModel
from trustai.types import Table


def fit(table: Table, *, seconds: float = 600, **arguments: Any) -> TrainedTableModel:
    """With time enough on a machine that is busy with other things."""
    return live_table.train_table_model(table, seconds=seconds, **arguments)


def ring(n: int = 400, *, seed: int = 0, **changes: Any) -> Table:
    """Class 1 inside a circle of raw units, which no line separates; a column of noise, missing
    values, and a category that says nothing."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(n, 4, generator=generator)
    labels = (rows[:, 0].square() + rows[:, 1].square() < 1.4).long()
    rows[:, 0] = rows[:, 0] * 50 + 300
    rows[:, 3] = torch.randint(0, 3, (n,), generator=generator).float()
    rows[::17, 2] = torch.nan
    fields: dict[str, Any] = {
        "name": "ring",
        "split": "whole",
        "rows": rows,
        "labels": labels,
        "columns": ("x", "y", "noise", "colour"),
        "classes": ("outside", "inside"),
        "indices": torch.arange(n),
        "integer": (False, False, False, True),
        "levels": (None, None, None, ("red", "green", "blue")),
        "synthetic": False,
    }
    return Table(**(fields | changes))


def test_it_learns_what_a_line_cannot() -> None:
    shares: list[float] = []
    table = ring(800)
    found = fit(table, on_progress=shares.append)
    card = found.model.card
    assert card is not None
    assert card.metrics["roc_auc"].value > 0.95
    assert card.metrics["roc_auc/logistic_regression"].value < 0.7
    assert card.metrics["accuracy"].value > 0.85
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(card.history["val_loss"]) == card.training["epochs"] == len(shares) - 1
    # The figures are of the test part, which is the data's own.
    assert torch.equal(found.test.indices, data.part(table, "test").indices)
    assert card.confusion is not None
    assert sum(map(sum, card.confusion)) == card.metrics["accuracy"].how["n"] == len(found.test)
    right = (found.model.probability(found.test.rows) >= 0.5) == found.test.labels.bool()
    assert float(right.float().mean()) == pytest.approx(card.metrics["accuracy"].value)
    assert not found.model.training
    assert not any(p.requires_grad for p in found.model.parameters())
    said = found.model.circumstances(method="m", parameters={}, seed=0, started=0.0)
    assert (said.model_id, said.weights_sha) == ("your-table", card.weights_sha256)


def test_the_seed_decides_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_table, "EPOCHS", 4)
    table = ring()
    state = torch.get_rng_state()
    first, second, other = (fit(table, seed=seed).model.card for seed in (3, 3, 4))
    assert first is not None
    assert second is not None
    assert other is not None
    assert first.weights_sha256 == second.weights_sha256 != other.weights_sha256
    assert first.metrics == second.metrics
    # Building a network draws from torch's generator; what is learned does not depend on it.
    torch.set_rng_state(state)
    torch.rand(7)
    again = fit(table, seed=3).model.card
    assert again is not None
    assert again.weights_sha256 == first.weights_sha256


def test_noise_is_not_learned() -> None:
    table = ring(600)
    generator = torch.Generator().manual_seed(5)
    labels = torch.randint(0, 2, (600,), generator=generator)
    card = fit(dataclasses.replace(table, labels=labels)).model.card
    assert card is not None
    assert card.training["epochs"] < live_table.EPOCHS, "early stopping should have ended it"
    assert abs(card.metrics["roc_auc"].value - 0.5) < 0.15


def test_time_is_up() -> None:
    table = ring()
    card = fit(table, seconds=0).model.card
    assert card is not None
    assert card.training["epochs"] == 1


@pytest.mark.slow
def test_ten_thousand_rows_are_a_matter_of_seconds() -> None:
    started = time.thread_time()
    fit(ring(10_000))
    assert time.thread_time() - started < 15


def test_it_can_be_stopped() -> None:
    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(ring(), on_progress=stop)


def many(n: int) -> dict[str, Any]:
    return {
        "rows": torch.zeros(400, n),
        "columns": tuple(f"c{i}" for i in range(n)),
        "integer": (False,) * n,
        "levels": (None,) * n,
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (lambda: ring(49), "expected 50 to 50,000 rows, got 49"),
        (lambda: ring(50_001), "expected 50 to 50,000 rows, got 50,001"),
        (
            lambda: ring(labels=(torch.arange(400) < 9).long()),
            "expected at least 10 rows of each class, got 9",
        ),
        (lambda: ring(**many(301)), "expected at most 300 columns and levels together, got 301"),
        (
            lambda: ring(rows=torch.full((400, 4), torch.nan)),
            "expected values in column 'x', got none",
        ),
        (lambda: data.part(ring(), "test"), "expected"),
    ],
)
def test_a_hopeless_table_is_rejected_in_one_sentence(table: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        fit(table())
    assert "\n" not in str(caught.value)


def test_columns_that_never_vary_do_no_harm() -> None:
    table = ring()
    table.rows[:, 2] = 7.0
    card = fit(table).model.card
    assert card is not None
    assert card.metrics["roc_auc"].value > 0.85
