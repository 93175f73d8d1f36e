"""Training of small networks on an uploaded table, in seconds: an ensemble made for few rows.

In plain torch, on one thread: no file is written, nothing outlives the objects that are returned,
and the same seed gives the same network whatever else the machine does.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import Any

import torch

from trustai import data, seeds
from trustai.data.tables.csv_table import MIN_ROWS, check_counts
from trustai.live.folds import FoldsParams, Learned, linear_part, train_on_folds
from trustai.live.threads import torch_threads
from trustai.live.weights import sha256_of
from trustai.metrics import binary
from trustai.types import OnProgress, Table
from trustai.zoo import checks
from trustai.zoo.architectures.tabular import statistics
from trustai.zoo.architectures.tabular_ensemble import TabularEnsemble
from trustai.zoo.cards import Card, Metric

MAX_ROWS = 50_000
MAX_INPUTS = 300
CLEARLY = 0.01
"""Of ROC AUC: a network that is behind its baseline by more is warned of."""


@dataclass(frozen=True, eq=False)
class TrainedTableModel:
    """A trained network and the parts of the table that it learned from and was judged on.

    Attributes:
        model: Frozen. Its card tells the figures on the test part, those of a logistic regression
            beside them, and the learning curves.
        train, test: 80 and 20 percent of the rows.
        warnings: Why not to rely on it, each a sentence; most often none.
    """

    model: TabularEnsemble
    train: Table
    test: Table
    warnings: tuple[str, ...] = ()


def train_table_model(
    table: Table,
    *,
    seed: int = 0,
    params: FoldsParams | None = None,
    on_progress: OnProgress | None = None,
) -> TrainedTableModel:
    """Train a `TabularEnsemble` on 80 percent of `table`, judge it on 20.

    It starts from a logistic regression and keeps it unless the networks are better on rows that
    they did not learn from, see `trustai.live.folds`.

    Args:
        table: A whole table, at least 50 rows and 10 of each class.
        seed: Of the start, the order and the noise. The split does not depend on it.
        params: How to train; None for what suits most tables.
        on_progress: Called with the share done after every epoch.

    Raises:
        ValueError: too few or too many rows, too many columns and levels together, or a column
            without any value.
    """
    params = checks.params("train_table_model", params, FoldsParams)
    generator = seeds.torch_generator(seed)
    checks.gradients_possible(table.rows)
    train, test = _parts(table)
    with torch_threads(1):
        model = _fitted(train, test, seed, params, generator, on_progress or (lambda share: None))
    assert model.card is not None  # `_fitted` writes one
    return TrainedTableModel(model, train, test, _warnings(model.card, test))


def _fitted(
    train: Table,
    test: Table,
    seed: int,
    params: FoldsParams,
    generator: torch.Generator,
    report: OnProgress,
) -> TabularEnsemble:
    """The network, frozen and with its card."""
    started = time.perf_counter()
    arguments = statistics(train)
    model = TabularEnsemble(**arguments)
    learned = train_on_folds(
        model,
        train,
        params=params,
        generator=generator,
        report=lambda share: report(0.98 * share),  # judging is the rest
    )
    model.freeze()
    card = _card(model, arguments, train, test, seed=seed, params=params, learned=learned)
    training = {**card.training, "seconds": round(time.perf_counter() - started, 1)}
    model.card = dataclasses.replace(card, training=training)
    report(1.0)
    return model


def _card(
    model: TabularEnsemble,
    arguments: dict[str, Any],
    train: Table,
    test: Table,
    *,
    seed: int,
    params: FoldsParams,
    learned: Learned,
) -> Card:
    return Card(
        id="your-table",
        title="Your table",
        summary="Small networks beside a linear part, trained a moment ago.",
        architecture="tabular-ensemble",
        arguments=arguments,
        classes=train.classes,
        input_size=len(train.columns),
        dataset=train.name,
        split_sha256=data.split_sha(train),
        recipe=__name__,
        configuration=dataclasses.asdict(params),
        seed=seed,
        command="",
        training={
            "device": "CPU",
            "epochs": len(learned.history["val_loss"]),
            "kept_epoch": learned.kept,
            "parameters": sum(p.numel() for p in model.parameters()),
            "training_rows": len(train),
        },
        revision="",
        versions={"torch": torch.__version__},
        history=learned.history,
        metrics=_metrics(model, train, test),
        confusion=binary.confusion(test.labels, model.probability(test.rows)),
        weights_sha256=sha256_of(model),
    )


def _parts(table: Table) -> tuple[Table, Table]:
    if not MIN_ROWS <= len(table) <= MAX_ROWS:
        raise ValueError(f"expected {MIN_ROWS} to {MAX_ROWS:,} rows, got {len(table):,}")
    check_counts(table.labels.numpy())
    n_inputs = sum(len(names or ()) or 1 for names in table.levels)
    if n_inputs > MAX_INPUTS:
        raise ValueError(
            f"expected at most {MAX_INPUTS} columns and levels together, got {n_inputs}: "
            "leave out some columns"
        )
    rows = data.split_rows(table)
    learned = torch.cat([rows["train"], rows["validation"]]).sort().values
    train = dataclasses.replace(table.take(learned), split="train")
    return train, data.part(table, "test")


def _metrics(model: TabularEnsemble, train: Table, test: Table) -> dict[str, Metric]:
    """Of the network and, under ``…/logistic_regression``, of the simplest thing there is."""
    weight, bias = linear_part(model.encoded(train.rows), train.labels)
    linear = (model.encoded(test.rows) @ weight + bias).sigmoid()
    how: dict[str, Any] = {"split": "test", "n": len(test), "threshold": 0.5}
    ours = binary.figures(test.labels, model.probability(test.rows))
    beside = binary.figures(test.labels, linear)
    return {name: Metric(value, how) for name, value in ours.items()} | {
        f"{name}/logistic_regression": Metric(value, how) for name, value in beside.items()
    }


def _warnings(card: Card, test: Table) -> tuple[str, ...]:
    """Why this network is not sound: it says one class only, or less than a line knows."""
    found = []
    assert card.confusion is not None  # as `_card` writes it
    for k, name in enumerate(test.classes):
        if sum(row[1 - k] for row in card.confusion) == 0:
            found.append(f"It says “{name}” of every row, so its decisions tell nothing.")
    ours, line = (card.metrics[f"roc_auc{at}"].value for at in ("", "/logistic_regression"))
    if ours < line - CLEARLY:
        found.append(
            f"A logistic regression ranks these rows better (ROC AUC {line:.3f} against "
            f"{ours:.3f}): trust that one rather."
        )
    if ours < 0.5 + CLEARLY:
        found.append(f"It ranks the rows no better than chance (ROC AUC {ours:.3f}).")
    return tuple(found)
