"""Training of an ensemble whose members leave out one fold each, and when to stop it.

With few rows a validation part is either too small to judge by or too large to spare. Here every
row is held out by one member and learned by the others; the epoch that is kept has the best mean
ROC AUC over all members, each on its own fold (Krogh & Vedelsby 1995, Neural Network Ensembles,
Cross Validation, and Active Learning). Epoch 0 is the logistic regression from which training
starts, and it is kept unless an epoch is better by more than chance.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.metrics import binary
from trustai.types import OnProgress, Table
from trustai.zoo import checks
from trustai.zoo.architectures.tabular_ensemble import TabularEnsemble

History = dict[str, list[float | None]]


@dataclass(frozen=True)
class FoldsParams:
    """How an ensemble is trained.

    Attributes:
        epochs, steps: The most of each: the length does not depend on the machine.
        patience: Stop after so many epochs without a better one.
        lr, weight_decay: Of AdamW (Loshchilov & Hutter 2019), one cycle.
        noise: Standard deviation of the Gaussian noise on the standardised columns.
        min_gain: Of the mean ROC AUC on the folds, and at least its standard error: below it the
            linear part alone is kept.
    """

    epochs: int = 60
    steps: int = 3000
    patience: int = 15
    lr: float = 3e-3
    weight_decay: float = 0.3
    noise: float = 0.3
    min_gain: float = 0.003

    def __post_init__(self) -> None:
        checks.typed(self)
        for name in ("epochs", "steps", "patience"):
            checks.at_least(name, getattr(self, name), 1)
        for name in ("lr", "weight_decay", "noise", "min_gain"):
            checks.at_least(name, getattr(self, name), 0)


@dataclass(frozen=True)
class Learned:
    """How a training went.

    Attributes:
        history: By epoch the mean over the members: losses, and ROC AUC on the folds.
        kept: Epoch that is kept; 0 is the linear part alone.
        auc: Mean ROC AUC on the folds at epoch 0 and at the best epoch.
    """

    history: History
    kept: int
    auc: tuple[float, float]


def train_on_folds(
    model: TabularEnsemble,
    table: Table,
    *,
    params: FoldsParams,
    generator: torch.Generator,
    report: OnProgress,
) -> Learned:
    """Train `model` in place on the rows of `table`.

    Args:
        model: With the statistics of `table`.
        table: At least as many rows of each class as there are members.
        params: How.
        generator: Of the start, the folds, the order and the noise.
        report: Called with the share done after every epoch.
    """
    model.initialise(generator)
    folds = _Folds(model, table, generator)
    steps = _Steps(model, folds, params, generator)
    history: History = {"train_loss": [], "val_loss": [], "val_roc_auc": []}
    first = best = folds.auc()
    kept, state = 0, _state(model)
    for epoch in range(1, steps.epochs + 1):
        steps.epoch()
        auc = folds.auc()
        for name, value in zip(history, (*folds.losses(), statistics.fmean(auc)), strict=True):
            history[name].append(value)
        if statistics.fmean(auc) > statistics.fmean(best):
            best, kept, state = auc, epoch, _state(model)
        report(epoch / steps.epochs)
        if epoch - kept >= params.patience:
            break
    model.load_state_dict(state)
    if not _better_than_chance(first, best, params.min_gain):
        model.silence()
        kept = 0
    folds.put_linear_part()
    return Learned(history, kept, (statistics.fmean(first), statistics.fmean(best)))


def _better_than_chance(first: list[float], best: list[float], least: float) -> bool:
    """Whether the mean gain is at least `least` and at least its standard error."""
    gains = [b - a for a, b in zip(first, best, strict=True)]
    error = statistics.stdev(gains) / len(gains) ** 0.5
    return statistics.fmean(gains) >= max(least, error)


class _Folds:
    """Which rows each member learns from, and a logistic regression of the same rows."""

    def __init__(self, model: TabularEnsemble, table: Table, generator: torch.Generator) -> None:
        self.model, self.x, self.labels = model, model.encoded(table.rows), table.labels
        fold = torch.empty(len(table), dtype=torch.long)
        for label in (0, 1):
            rows = (table.labels == label).nonzero()[:, 0]
            order = torch.randperm(len(rows), generator=generator)
            fold[rows[order]] = torch.arange(len(rows)) % model.members
        self.held_out = torch.stack([fold == m for m in range(model.members)])
        lines = [linear_part(self.x[~out], self.labels[~out]) for out in self.held_out]
        self.weight = torch.stack([weight for weight, _ in lines])
        self.bias = torch.tensor([bias for _, bias in lines])
        self.linear = self.x @ self.weight.T + self.bias  # (N, M)

    @torch.no_grad()
    def _logits(self) -> Tensor:
        return self.linear.T + self.model.corrections(self.x)

    def auc(self) -> list[float]:
        """Of each member on its own fold."""
        pairs = zip(self._logits(), self.held_out, strict=True)
        return [binary.roc_auc(self.labels[out], logits[out]) for logits, out in pairs]

    def losses(self) -> tuple[float, float]:
        """Mean over the members, on the rows learned from and on those held out."""
        logits = self._logits()
        target = self.labels.float().expand_as(logits)
        each = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return float(each[~self.held_out].mean()), float(each[self.held_out].mean())

    def put_linear_part(self) -> None:
        """The mean of the members' linear parts, which is that of their ensemble."""
        with torch.no_grad():
            self.model.linear.weight.copy_(self.weight.mean(0, keepdim=True))
            self.model.linear.bias.copy_(self.bias.mean()[None])


class _Steps:
    """The optimiser with its schedule, and one epoch of steps."""

    def __init__(
        self,
        model: TabularEnsemble,
        folds: _Folds,
        params: FoldsParams,
        generator: torch.Generator,
    ) -> None:
        self.model, self.folds, self.params, self.generator = model, folds, params, generator
        self.rows = [(~out).nonzero()[:, 0] for out in folds.held_out]
        fewest = min(map(len, self.rows))
        self.size = min(256, max(32, fewest // 50), fewest)
        self.n = fewest // self.size
        self.epochs = min(params.epochs, max(1, params.steps // self.n))
        groups = [
            {"params": [*model.weights], "weight_decay": params.weight_decay},
            {"params": [*model.biases], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=params.lr)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, params.lr, total_steps=self.epochs * self.n, pct_start=0.1
        )

    def epoch(self) -> None:
        folds = self.folds
        order = [rows[torch.randperm(len(rows), generator=self.generator)] for rows in self.rows]
        batches = torch.stack([rows[: self.n * self.size] for rows in order])
        for at in batches.split(self.size, dim=1):
            x = folds.x[at]
            noise = torch.randn(x.shape, generator=self.generator)
            corrections = self.model.corrections(x + self.params.noise * noise)
            logits = folds.linear.T.gather(1, at) + corrections
            each = F.binary_cross_entropy_with_logits(
                logits, folds.labels[at].float(), reduction="none"
            )
            self.optimizer.zero_grad()
            each.mean(1).sum().backward()
            self.optimizer.step()
            self.schedule.step()


def linear_part(x: Tensor, labels: Tensor) -> tuple[Tensor, float]:
    """Weights ``(D,)`` and bias of scikit-learn's logistic regression.

    Args:
        x: ``(N, D)``, encoded rows.
        labels: ``(N,)`` of 0 and 1, both there.
    """
    from sklearn.linear_model import LogisticRegression  # a second, which only training needs

    found = LogisticRegression(max_iter=500).fit(x.double().numpy(), labels.numpy())
    return torch.from_numpy(found.coef_[0]).float(), float(found.intercept_[0])


def _state(model: TabularEnsemble) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}
