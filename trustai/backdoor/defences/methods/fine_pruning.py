"""Fine-pruning: channels that clean pictures do not need are cut, then the rest learns on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.backdoor.defences.base import DEFENCES, Repair, RepairDefence, Work, part_of
from trustai.backdoor.defences.results import NetworkInspection
from trustai.backdoor.defences.tuning import TuningParams, last_linear, tune
from trustai.represent.knn import features_of
from trustai.types import ImageSet
from trustai.zoo import Classifier, checks


@dataclass(frozen=True)
class FinePruningParams(TuningParams):
    """Parameters of fine-pruning; those of the training after it as of fine-tuning.

    Attributes:
        loss_of_accuracy: Pruning stops before the accuracy on the clean pictures falls by more.
    """

    loss_of_accuracy: float = 0.04

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.at_least("loss_of_accuracy", self.loss_of_accuracy, 0)


class FinePruning(RepairDefence[FinePruningParams]):
    """The last channels with the smallest mean activation on clean pictures are set to 0.

    A backdoor uses channels that sleep on clean pictures. They are pruned one after the other, the
    quietest first, as long as the clean accuracy holds; a pruned channel is a column of the last
    layer that is 0 and stays so in the fine-tuning that follows.
    """

    name = "fine-pruning"
    title = "Fine-pruning"
    paper = (
        "Liu, Dolan-Gavitt and Garg 2018, Fine-Pruning: Defending Against Backdooring Attacks on "
        "Deep Neural Networks"
    )
    url = "https://arxiv.org/abs/1805.12185"
    description = (
        "Removes the channels of the last layer that clean pictures hardly use, then trains the "
        "network further on clean pictures."
    )
    formula = "prune by ascending mean |h_k(x)| while clean accuracy falls by at most delta"
    cost = "slow"
    params = FinePruningParams

    def repair(
        self,
        clean: ImageSet,
        reconstructed: NetworkInspection | None,
        *,
        work: Work[FinePruningParams],
    ) -> Repair:
        x, y = clean.pixels, clean.labels
        weight = last_linear(work.model).weight
        features = features_of(work.model, x)
        if weight.shape[1] != features.shape[1]:
            raise ValueError(
                f"expected a last layer of {features.shape[1]} columns, one for each feature, "
                f"got {weight.shape[1]}"
            )
        pruned = _pruned(work.model, features, y, work.params.loss_of_accuracy)
        work.report(0.1)

        def keep_pruned() -> None:
            weight.data[:, pruned] = 0

        keep_pruned()
        losses = tune(
            work.model, x, y, params=work.params, seed=work.seed,
            report=part_of(work.report, 0.1, 1), after_step=keep_pruned,
        )  # fmt: skip
        share = len(pruned) / weight.shape[1]
        return Repair({"pruned": float(len(pruned)), "pruned_share": share}, {"loss": losses})


@torch.no_grad()
def _pruned(model: Classifier, features: Tensor, y: Tensor, loss_of_accuracy: float) -> Tensor:
    """The channels to prune, the quietest first."""
    features, order = features.clone(), features.abs().mean(0).argsort(stable=True)

    def accuracy() -> float:
        return float((model.head(features).argmax(1) == y).double().mean())

    least = accuracy() - loss_of_accuracy
    for i, channel in enumerate(order.tolist()):
        features[:, channel] = 0
        if accuracy() < least:
            return order[:i]
    return order[:-1]


DEFENCES.add(FinePruning.name, FinePruning(), order=60)
