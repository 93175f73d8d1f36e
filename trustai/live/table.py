"""Training of a small network on an uploaded table, in seconds.

The same network and encoding as ``diabetes-mlp``, in plain torch: no file is written, and nothing
outlives the objects that are returned.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import time
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai import data, seeds
from trustai.data.tables.csv_table import MIN_ROWS, check_counts
from trustai.metrics import binary
from trustai.types import OnProgress, Table
from trustai.zoo.architectures.tabular import TabularMLP, statistics
from trustai.zoo.cards import Card, Metric

MAX_ROWS = 50_000
MAX_INPUTS = 300
EPOCHS, PATIENCE = 60, 12
LR, WEIGHT_DECAY, NOISE = 3e-3, 0.1, 0.2


@dataclass(frozen=True, eq=False)
class TrainedTableModel:
    """A trained network and the parts of the table that it learned from and was judged on.

    Attributes:
        model: Frozen. Its card tells the figures on the test part, those of a logistic regression
            beside them, and the learning curves.
        train, test: 70 and 20 percent of the rows; the rest decided when to stop.
    """

    model: TabularMLP
    train: Table
    test: Table


def train_table_model(
    table: Table,
    *,
    seed: int = 0,
    seconds: float = 30.0,
    on_progress: OnProgress | None = None,
) -> TrainedTableModel:
    """Train a `TabularMLP` on 70 percent of `table`, stop by 10, judge on 20.

    Logistic loss, AdamW, one cycle, Gaussian noise on the standardised columns; the epoch with
    the smallest loss on the validation part is kept.

    Args:
        table: A whole table, at least 50 rows and 10 of each class.
        seed: Of the start, the order and the noise. The split does not depend on it.
        seconds: Stop learning after so long, whatever was reached.
        on_progress: Called with the share done after every epoch.

    Raises:
        ValueError: too few or too many rows, too many columns and levels together, or a column
            without any value.
    """
    started = time.perf_counter()
    report = on_progress or (lambda share: None)
    train, validation, test = _parts(table)
    arguments = statistics(train) | {"dropout": 0.0}  # the noise does that, from its own generator
    model = TabularMLP(**arguments)
    generator = seeds.torch_generator(seed)
    _initialise(model, generator)
    history = _learn(model, train, validation, generator, seconds, report)
    model.freeze()
    card = _card(model, arguments, train, test, seed=seed, history=history)
    training = {**card.training, "seconds": round(time.perf_counter() - started, 1)}
    model.card = dataclasses.replace(card, training=training)
    report(1.0)
    return TrainedTableModel(model, train, test)


def _card(
    model: TabularMLP,
    arguments: dict[str, Any],
    train: Table,
    test: Table,
    *,
    seed: int,
    history: dict[str, list[float | None]],
) -> Card:
    return Card(
        id="your-table",
        title="Your table",
        summary="A small network, trained a moment ago.",
        architecture="tabular-mlp",
        arguments=arguments,
        classes=train.classes,
        input_size=len(train.columns),
        dataset=train.name,
        split_sha256=data.split_sha(train),
        recipe=__name__,
        configuration={"lr": LR, "weight_decay": WEIGHT_DECAY, "noise": NOISE, "epochs": EPOCHS},
        seed=seed,
        command="",
        training={
            "device": "CPU",
            "epochs": len(history["val_loss"]),
            "parameters": sum(p.numel() for p in model.parameters()),
            "training_rows": len(train),
        },
        revision="",
        versions={"torch": torch.__version__},
        history=history,
        metrics=_metrics(model, train, test),
        confusion=binary.confusion(test.labels, model.probability(test.rows)),
        weights_sha256=_sha(model),
    )


def _parts(table: Table) -> tuple[Table, Table, Table]:
    if not MIN_ROWS <= len(table) <= MAX_ROWS:
        raise ValueError(f"expected {MIN_ROWS} to {MAX_ROWS:,} rows, got {len(table):,}")
    check_counts(table.labels.numpy())
    n_inputs = sum(len(names or ()) or 1 for names in table.levels)
    if n_inputs > MAX_INPUTS:
        raise ValueError(
            f"expected at most {MAX_INPUTS} columns and levels together, got {n_inputs}: "
            "leave out some columns"
        )
    train, validation, test = (data.part(table, split) for split in data.SPLITS)
    return train, validation, test


def _initialise(model: nn.Module, generator: torch.Generator) -> None:
    """As torch does it, but without its process-wide generator."""
    for module in model.modules():
        if isinstance(module, nn.Linear):
            bound = 1 / math.sqrt(module.in_features)
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)


def _learn(
    model: TabularMLP,
    train: Table,
    validation: Table,
    generator: torch.Generator,
    seconds: float,
    report: OnProgress,
) -> dict[str, list[float | None]]:
    """Train in place; the learning curves, of the epochs that there were."""
    steps = _Steps(model, train, generator)
    history: dict[str, list[float | None]] = {"train_loss": [], "val_loss": []}
    best, state = math.inf, _state(model)
    best_epoch, deadline = 0, math.inf
    for epoch in range(EPOCHS):
        steps.epoch()
        loss = _loss(model, validation)
        history["train_loss"].append(_loss(model, train))
        history["val_loss"].append(loss)
        if loss < best:
            best, best_epoch, state = loss, epoch, _state(model)
        report(0.98 * (epoch + 1) / EPOCHS)  # judging is the rest
        if epoch == 0:  # from here: in a new process the first step also imports half of torch
            deadline = time.perf_counter() + seconds
        if epoch - best_epoch >= PATIENCE or time.perf_counter() > deadline:
            break
    model.load_state_dict(state)
    return history


class _Steps:
    """The optimiser with its schedule, and one epoch of steps."""

    def __init__(self, model: TabularMLP, train: Table, generator: torch.Generator) -> None:
        self.model, self.generator = model, generator
        self.x, self.y = model.encoded(train.rows), train.labels.float()
        self.size = min(256, max(32, len(self.y) // 50))
        self.n = len(self.y) // self.size
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=WEIGHT_DECAY)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, LR, total_steps=EPOCHS * self.n, pct_start=0.1
        )

    def epoch(self) -> None:
        self.model.train()
        order = torch.randperm(len(self.y), generator=self.generator)
        for at in order.split(self.size)[: self.n]:  # no last batch of one: batch norm
            noise = torch.randn(len(at), self.x.shape[1], generator=self.generator)
            self.optimizer.zero_grad()
            logits = self.model.score(self.x[at] + NOISE * noise)
            F.binary_cross_entropy_with_logits(logits, self.y[at]).backward()
            self.optimizer.step()
            self.schedule.step()
        self.model.eval()


@torch.no_grad()
def _loss(model: TabularMLP, part: Table) -> float:
    return float(F.binary_cross_entropy_with_logits(model(part.rows), part.labels.float()))


def _state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def _metrics(model: TabularMLP, train: Table, test: Table) -> dict[str, Metric]:
    """Of the network and, under ``…/logistic_regression``, of the simplest thing there is."""
    from sklearn.linear_model import LogisticRegression  # a second, which only this needs

    plain = LogisticRegression(max_iter=500)
    plain.fit(model.encoded(train.rows).numpy(), train.labels.numpy())
    linear = torch.from_numpy(plain.predict_proba(model.encoded(test.rows).numpy())[:, 1])
    how: dict[str, Any] = {"split": "test", "n": len(test), "threshold": 0.5}
    ours = binary.figures(test.labels, model.probability(test.rows))
    beside = binary.figures(test.labels, linear)
    return {name: Metric(value, how) for name, value in ours.items()} | {
        f"{name}/logistic_regression": Metric(value, how) for name, value in beside.items()
    }


def _sha(model: nn.Module) -> str:
    """As a checkpoint's sha: two networks that differ have different ones."""
    digest = hashlib.sha256()
    for value in (*model.state_dict().values(), *model.buffers()):
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()
