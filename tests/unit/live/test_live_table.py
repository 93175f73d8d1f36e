"""Networks for one's own table: they learn, say how far, stop in time and refuse in words."""

from __future__ import annotations

import dataclasses
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from trustai import data
from trustai.live.folds import FoldsParams
from trustai.live.table import _warnings, train_table_model
from trustai.live.threads import torch_threads
from trustai.types import Table
from trustai.zoo.cards import Metric


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
    found = train_table_model(table, on_progress=shares.append)
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


FEW = FoldsParams(epochs=4)


def sha(table: Table, *, seed: int = 3, threads: int = 1) -> str:
    """Of the network that is trained by a job of so many threads."""
    with torch_threads(threads):
        card = train_table_model(table, seed=seed, params=FEW).model.card
    assert card is not None
    return card.weights_sha256


def test_the_seed_decides_and_nothing_else() -> None:
    table = ring()
    state = torch.get_rng_state()
    first, second, other = (
        train_table_model(table, seed=seed, params=FEW).model.card for seed in (3, 3, 4)
    )
    assert first is not None
    assert second is not None
    assert other is not None
    assert first.weights_sha256 == second.weights_sha256 != other.weights_sha256
    assert first.metrics == second.metrics
    # Building a network draws from torch's generator; what is learned does not depend on it.
    torch.set_rng_state(state)
    torch.rand(7)
    again = train_table_model(table, seed=3, params=FEW).model.card
    assert again is not None
    assert again.weights_sha256 == first.weights_sha256


def test_neither_threads_nor_other_jobs_change_the_network() -> None:
    table = ring()
    alone = sha(table)
    assert sha(table, threads=4) == alone
    with ThreadPoolExecutor(3) as pool:
        beside = [pool.submit(sha, table, seed=seed, threads=2) for seed in (3, 5, 3)]
        found = [job.result() for job in beside]
    assert found[0] == found[2] == alone != found[1]


def test_a_job_computes_on_one_thread_and_gives_the_others_back() -> None:
    seen: list[int] = []
    with torch_threads(2):
        train_table_model(
            ring(), params=FEW, on_progress=lambda share: seen.append(torch.get_num_threads())
        )
        assert torch.get_num_threads() == 2
    assert set(seen[:-1]) == {1}


def test_noise_is_not_learned() -> None:
    table = ring(600)
    generator = torch.Generator().manual_seed(5)
    labels = torch.randint(0, 2, (600,), generator=generator)
    card = train_table_model(dataclasses.replace(table, labels=labels)).model.card
    assert card is not None
    assert card.training["epochs"] < FoldsParams().epochs, "early stopping should have ended it"
    assert card.training["kept_epoch"] == 0, "nothing is better than the line by chance alone"
    assert abs(card.metrics["roc_auc"].value - 0.5) < 0.15


def test_the_limit_is_in_steps() -> None:
    card = train_table_model(ring(), params=FoldsParams(steps=1)).model.card
    assert card is not None
    assert card.training["epochs"] == 1
    with pytest.raises(ValueError, match="expected steps to be at least 1, got 0"):
        FoldsParams(steps=0)


def line(n: int = 500, *, slope: float = 1.0, bias: float = 0.0) -> Table:
    """What a logistic regression knows all of."""
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(n, 4, generator=generator)
    said = (slope * (rows[:, 0] - rows[:, 1]) + bias).sigmoid()
    labels = (torch.rand(n, generator=generator) < said).long()
    return ring(n, rows=rows, labels=labels, levels=(None,) * 4)


def test_where_a_line_is_all_the_networks_add_nothing() -> None:
    found = train_table_model(line())
    card = found.model.card
    assert card is not None
    line_auc = card.metrics["roc_auc/logistic_regression"].value
    assert card.metrics["roc_auc"].value == pytest.approx(line_auc, abs=0.01)
    assert found.warnings == ()


def test_a_network_that_says_one_class_only_is_warned_of() -> None:
    found = train_table_model(line(slope=0.2, bias=-2.0))
    card = found.model.card
    assert card is not None
    assert card.confusion is not None
    assert [row[1] for row in card.confusion] == [0, 0]
    assert "It says “outside” of every row, so its decisions tell nothing." in found.warnings
    assert math.isnan(card.metrics["precision"].value), "undefined is not 0 %"


def test_a_network_that_loses_to_the_baseline_is_warned_of() -> None:
    card = train_table_model(line(), params=FEW).model.card
    assert card is not None
    test = line()
    worse = {**card.metrics, "roc_auc": Metric(0.45, {})}
    said = " ".join(_warnings(dataclasses.replace(card, metrics=worse), test))
    assert "A logistic regression ranks these rows better" in said
    assert "no better than chance (ROC AUC 0.450)" in said


@pytest.mark.slow
def test_ten_thousand_rows_are_a_matter_of_seconds() -> None:
    started = time.thread_time()
    train_table_model(ring(10_000))
    assert time.thread_time() - started < 15


def test_it_can_be_stopped() -> None:
    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_table_model(ring(), on_progress=stop)


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
        train_table_model(table())
    assert "\n" not in str(caught.value)


def test_columns_that_never_vary_do_no_harm() -> None:
    table = ring()
    table.rows[:, 2] = 7.0
    card = train_table_model(table).model.card
    assert card is not None
    assert card.metrics["roc_auc"].value > 0.85
