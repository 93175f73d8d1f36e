"""Unlearning: the network learns the true labels of pictures with the reconstructed trigger."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from trustai import seeds
from trustai.backdoor.defences.base import DEFENCES, Repair, RepairDefence, Work, part_of
from trustai.backdoor.defences.methods.neural_cleanse import NeuralCleanse, NeuralCleanseParams
from trustai.backdoor.defences.results import NetworkInspection
from trustai.backdoor.defences.tuning import TuningParams, tune
from trustai.types import ImageSet
from trustai.zoo import checks


@dataclass(frozen=True)
class UnlearningParams(TuningParams):
    """Parameters of unlearning; those of the training as of fine-tuning.

    Attributes:
        stamped: Share of the pictures that carry the reconstructed trigger; the paper takes 0.2.
    """

    epochs: int = 5
    lr: float = 0.001  # a stamped picture has a large loss at first: 0.01 destroys the network
    stamped: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number("stamped", self.stamped)
        if not 0 < self.stamped <= 1:
            raise ValueError(f"expected stamped in (0, 1], got {self.stamped:g}")


class Unlearning(RepairDefence[UnlearningParams]):
    """Fine-tuning on clean pictures, of which a share carries the trigger and keeps its label.

    The trigger is the one that Neural Cleanse reconstructs for the class that it suspects most; if
    it flags none, for the class with the smallest trigger.
    """

    name = "unlearning"
    title = "Unlearning"
    paper = (
        "Wang et al. 2019, Neural Cleanse: Identifying and Mitigating Backdoor Attacks in Neural "
        "Networks"
    )
    url = "https://doi.org/10.1109/SP.2019.00031"
    description = (
        "Reconstructs the sticker with Neural Cleanse, puts it on clean pictures and trains the "
        "network to give them their true labels."
    )
    formula = "min over theta of L(f(x), y) + L(f((1 - m) x + m t), y)"
    cost = "slow"
    params = UnlearningParams

    def repair(
        self,
        clean: ImageSet,
        reconstructed: NetworkInspection | None,
        *,
        work: Work[UnlearningParams],
    ) -> Repair:
        x, begin = clean.pixels, 0.0
        if reconstructed is None:
            begin = 0.7
            reconstructed = NeuralCleanse().inspect(
                x,
                work=Work(
                    work.model.replica().requires_grad_(False),
                    NeuralCleanseParams(),
                    work.seed,
                    part_of(work.report, 0, begin),
                ),
            )
        label = (*reconstructed.suspects, int(reconstructed.norms.argmin()))[0]
        count = max(1, round(work.params.stamped * len(x)))
        rows = torch.randperm(len(x), generator=seeds.torch_generator(work.seed))[:count]
        x[rows] = reconstructed.stamp(x[rows], label)
        losses = tune(
            work.model, x, clean.labels, params=work.params, seed=work.seed,
            report=part_of(work.report, begin, 1),
        )  # fmt: skip
        return Repair(
            {"label": float(label), "stamped": float(count)}, {"loss": losses}, reconstructed
        )


DEFENCES.add(Unlearning.name, Unlearning(), order=70)
