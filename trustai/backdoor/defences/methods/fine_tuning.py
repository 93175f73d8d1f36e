"""Fine-tuning: the network learns on from a few clean pictures."""

from __future__ import annotations

from trustai.backdoor.defences.base import DEFENCES, Repair, RepairDefence, Work
from trustai.backdoor.defences.results import NetworkInspection
from trustai.backdoor.defences.tuning import TuningParams, tune
from trustai.types import ImageSet


class FineTuning(RepairDefence[TuningParams]):
    """SGD on clean pictures, hoping that the network forgets what they do not need."""

    name = "fine-tuning"
    title = "Fine-tuning"
    paper = (
        "Liu, Dolan-Gavitt and Garg 2018, Fine-Pruning: Defending Against Backdooring Attacks on "
        "Deep Neural Networks"
    )
    url = "https://arxiv.org/abs/1805.12185"
    description = "Trains the network further on a few clean pictures with their true labels."
    formula = "min over theta of L(f(x), y) on clean pictures"
    cost = "slow"
    params = TuningParams

    def repair(
        self,
        clean: ImageSet,
        reconstructed: NetworkInspection | None,
        *,
        work: Work[TuningParams],
    ) -> Repair:
        losses = tune(
            work.model, clean.pixels, clean.labels, params=work.params, seed=work.seed,
            report=work.report,
        )  # fmt: skip
        return Repair({}, {"loss": losses})


DEFENCES.add(FineTuning.name, FineTuning(), order=50)
