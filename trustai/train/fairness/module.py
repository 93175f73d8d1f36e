r"""Adversarial debiasing: the prediction shall not tell to which group a person belongs.

A classifier :math:`f` says :math:`\hat p = \sigma(f(x))`, and an adversary :math:`g` predicts from
:math:`\hat p` alone every attribute :math:`z_a`, with the loss :math:`L_a`. In turn

.. math:: \min_g \sum_a L_a(g(\hat p), z_a), \qquad
          \min_f \; L_y(f(x), y) - \sum_a \lambda_a L_a(g(\hat p), z_a):

the adversary learns from all rows, the classifier from one batch, so that the adversary is always a
little ahead. (Louppe, Kagan and Cranmer 2017, Learning to Pivot with Adversarial Networks,
https://arxiv.org/abs/1611.01046; Zhang, Lemoine and Mitchell 2018, Mitigating Unwanted Biases with
Adversarial Learning, https://arxiv.org/abs/1801.07593.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.metrics.fairness import group_counts
from trustai.metrics.group_rates import CRITERIA, criterion_of
from trustai.train.fairness.census import Census
from trustai.train.fairness.recipe import ROUND, DebiasingRecipe
from trustai.train.module import TrainingModule
from trustai.zoo import TabularMLP

WIDTH = 32


class Adversary(nn.Sequential):
    """Predicts the attributes from the prediction: four linear layers with ReLUs between.

    ``(N, 1)`` in ``[0, 1]`` -> logits ``(N, A)``.
    """

    def __init__(self, attributes: int) -> None:
        super().__init__(
            nn.Linear(1, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(),
            nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, attributes),
        )  # fmt: skip


def losses(logits: Tensor, membership: Tensor) -> Tensor:
    """Cross entropy of every attribute ``(A,)``: the mean over its two groups of the mean over
    their rows, so that a small group counts as much as a large one.

    Args:
        logits: ``(N, A)``.
        membership: ``(N, A)`` of 0, 1 and nan; a row without a group is left out.
    """
    found = []
    for guessed, of in zip(logits.T, membership.T, strict=True):
        groups = [
            F.binary_cross_entropy_with_logits(guessed[of == z], of[of == z])
            for z in (0, 1)
            if (of == z).any()
        ]
        found.append(torch.stack(groups).mean() if groups else guessed.sum() * 0)
    return torch.stack(found)


def fit_adversary(
    adversary: nn.Module, optimizer: torch.optim.Optimizer, predictions: Tensor,
    membership: Tensor, *, passes: int, batch_size: int, generator: torch.Generator,
) -> float:  # fmt: skip
    """Passes over all rows in random order; returns the mean loss of the last batch.

    Args:
        predictions: ``(N, 1)`` in ``[0, 1]``, which are not changed.
        membership: ``(N, A)`` of 0, 1 and nan.
    """
    loss = torch.zeros(())
    for _ in range(passes):
        order = torch.randperm(len(predictions), generator=generator)
        for at in order.split(batch_size):
            loss = losses(adversary(predictions[at]), membership[at]).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return float(loss.detach())


def fresh_adversary(
    predictions: Tensor, membership: Tensor, recipe: DebiasingRecipe, *, seed: int
) -> Adversary:
    """An adversary that learned from predictions as they are, and was never fought.

    Args:
        predictions: ``(N,)`` in ``[0, 1]`` of the training rows.
        membership: ``(N, A)`` of 0, 1 and nan.
    """
    torch.manual_seed(seed)  # process-wide: allowed in training, and only there
    adversary = Adversary(membership.shape[1])
    fit_adversary(
        adversary,
        torch.optim.Adam(adversary.parameters(), lr=recipe.adversary_lr),
        predictions[:, None].float(),
        membership,
        passes=recipe.adversary_epochs,
        batch_size=recipe.adversary_batch_size,
        generator=torch.Generator().manual_seed(seed),
    )
    return adversary


class Rounds:
    """Batches of positions ``int64 (B,)`` of training rows, drawn anew in every round."""

    def __init__(self, n: int, *, batch_size: int, iterations: int, seed: int) -> None:
        self.n, self.batch_size, self.iterations = n, min(batch_size, n), iterations
        self.seed, self.round = seed, 0

    def __len__(self) -> int:
        return min(ROUND, self.iterations)

    def __iter__(self) -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.round)
        for _ in range(len(self)):
            yield torch.randint(self.n, (self.batch_size,), generator=generator)


class AdversarialDebiasing(TrainingModule):
    """One classifier against one adversary, by turns.

    Args:
        network: The classifier, trained already.
        recipe: What both learn by.
        census: Its training part is learned from, its validation part is watched.
        lambdas: ``(A,)``: of each attribute.
        seed: Of the adversary, the order and the batches.
    """

    network: TabularMLP
    automatic_optimization = False
    monitor = "round"  # the last one is kept: early ones are accurate because they are not fair
    mode = "max"

    def __init__(
        self, network: TabularMLP, recipe: DebiasingRecipe, *, census: Census, lambdas: Tensor,
        seed: int,
    ) -> None:  # fmt: skip
        super().__init__(network, average=recipe.average, weight_decay=0.0)
        self.recipe, self.census, self.lambdas, self.seed = recipe, census, lambdas, seed
        torch.manual_seed(seed)  # process-wide: allowed in training, and only there
        self.adversary = Adversary(len(lambdas))
        train = census.parts["train"]
        self.encoded, self.labels = network.encoded(train.rows), train.labels.float()
        self.membership = census.membership("train")

    def configure_optimizers(self) -> Any:
        classifier = torch.optim.Adam(self.network.parameters(), lr=self.recipe.debiasing_lr)
        adversary = torch.optim.Adam(self.adversary.parameters(), lr=self.recipe.adversary_lr)
        steps = self.recipe.rounds * ROUND
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(classifier, steps)
        return [classifier, adversary], [schedule]

    def train_dataloader(self) -> Rounds:
        recipe = self.recipe
        return Rounds(
            len(self.labels), batch_size=recipe.debiasing_batch_size,
            iterations=recipe.iterations, seed=self.seed,
        )  # fmt: skip

    def val_dataloader(self) -> list[int]:
        return [0]  # one batch: the whole part

    def on_train_epoch_start(self) -> None:
        self.trainer.train_dataloader.round = self.current_epoch
        if self.current_epoch == 0:
            recipe = self.recipe
            self._learn_adversary(recipe.adversary_epochs, recipe.adversary_batch_size)

    def training_step(self, at: Tensor, batch_idx: int) -> None:
        adversary_loss = self._learn_adversary(1, self.recipe.pass_batch_size)
        optimizer, _ = self.optimizers()
        logits = self.network.score(self.encoded[at])
        own = F.binary_cross_entropy_with_logits(logits, self.labels[at])
        against = losses(self.adversary(logits.sigmoid()[:, None]), self.membership[at])
        optimizer.zero_grad()
        self.manual_backward(own - (self.lambdas * against).sum())
        optimizer.step()
        self.lr_schedulers().step()
        for name, value in (("train_loss", own.detach()), ("adversary_loss", adversary_loss)):
            self.log(name, value, on_step=False, on_epoch=True, batch_size=1)

    def _learn_adversary(self, passes: int, batch_size: int) -> float:
        self.network.eval()
        with torch.no_grad():
            predictions = self.network.score(self.encoded).sigmoid()[:, None]
        self.network.train()
        _, optimizer = self.optimizers()
        seed = self.seed * 1_000_003 + self.current_epoch * ROUND + int(self.average.n_averaged)
        return fit_adversary(
            self.adversary, optimizer, predictions, self.membership, passes=passes,
            batch_size=batch_size, generator=torch.Generator().manual_seed(seed),
        )  # fmt: skip

    def validation_step(self, batch: int, batch_idx: int) -> None:
        """Loss, accuracy and p%-rules of the averaged network on the validation part."""
        part = self.census.parts["validation"]
        network: TabularMLP = self.average.module  # type: ignore[assignment]
        network.eval()
        with torch.no_grad():
            logits = network(part.rows)
        said = (logits > 0).long()
        scores = {
            "val_loss": F.binary_cross_entropy_with_logits(logits, part.labels.float()),
            "val_accuracy": (said == part.labels).float().mean(),
            "round": float(self.current_epoch),
        }
        for attribute, groups in self.census.groups["validation"].items():
            counts = group_counts(part.labels, said, groups.binary(), n_groups=groups.compared)
            rule = criterion_of(CRITERIA["p_percent_rule"], counts)
            scores[f"val_p_percent_rule_{attribute}"] = float(rule)
        for name, value in scores.items():
            self.log(name, value, on_step=False, on_epoch=True, batch_size=1)

    def trained(self) -> TabularMLP:
        """The averaged classifier, in eval mode and frozen."""
        network: TabularMLP = self.average.module  # type: ignore[assignment]
        return network.freeze()
