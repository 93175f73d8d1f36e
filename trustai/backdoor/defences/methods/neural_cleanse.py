"""Neural Cleanse: a class with a backdoor is reached by a much smaller trigger than the others."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai import seeds
from trustai.attacks.robustness.low_precision import fast_forward
from trustai.attacks.steps import Forward
from trustai.backdoor.defences.base import DEFENCES, NetworkDefence, Work
from trustai.backdoor.defences.results import NetworkInspection
from trustai.types import Circumstances
from trustai.zoo import checks

CONSISTENT = 1.4826
"""Makes the median absolute deviation of normal numbers their standard deviation."""
NOTHING = Circumstances("", "", "", {}, 0, 0.0)


@dataclass(frozen=True)
class NeuralCleanseParams:
    """Parameters of Neural Cleanse.

    Attributes:
        steps: Of Adam, for all classes at once.
        pictures: Clean pictures in each step, for every class the same ones.
        lr: Step size of Adam.
        start: First weight lambda of the L1 norm of the mask, against pixels.
        success: A trigger counts if this share of the pictures takes the class.
        index: A class is flagged from this anomaly index on.
    """

    steps: int = 250
    pictures: int = 5
    lr: float = 0.1
    start: float = 0.001
    success: float = 0.99
    index: float = 2.0

    def __post_init__(self) -> None:
        checks.typed(self)
        for name in ("steps", "pictures"):
            checks.at_least(name, getattr(self, name), 1)
        for name in ("lr", "start", "index"):
            checks.positive(name, getattr(self, name))
        if not 0 < self.success <= 1:
            raise ValueError(f"expected success in (0, 1], got {self.success:g}")


def anomaly_index(norms: Tensor) -> Tensor:
    """How far each norm lies from the median, in deviations: ``float64 (C,)``.

    ``|n - median| / (1.4826 MAD)``, where MAD is the median of ``|n - median|``.

    >>> anomaly_index(torch.tensor([1.0, 9.0, 10.0, 11.0, 12.0])).round(decimals=2).tolist()
    [6.07, 0.67, 0.0, 0.67, 1.35]
    """
    apart = (norms.double() - norms.double().quantile(0.5)).abs()
    return apart / (CONSISTENT * apart.quantile(0.5)).clamp_min(1e-12)


class NeuralCleanse(NetworkDefence[NeuralCleanseParams]):
    r"""The smallest mask and pattern for every class, found by gradient descent.

    .. math:: \min_{m, t} \; L\bigl(f((1 - m) x + m t), c\bigr) + \lambda \lVert m \rVert_1

    for each class :math:`c` over clean pictures :math:`x`; :math:`\lambda` rises while the trigger
    works and falls while it does not. A class is flagged if its norm is below the median and its
    anomaly index, in median absolute deviations, is large. All classes are optimised in one batch.
    """

    name = "neural-cleanse"
    title = "Neural Cleanse"
    paper = (
        "Wang et al. 2019, Neural Cleanse: Identifying and Mitigating Backdoor Attacks in Neural "
        "Networks"
    )
    url = "https://doi.org/10.1109/SP.2019.00031"
    description = (
        "Looks for the smallest sticker that makes the network name every picture a given class. "
        "If one class needs a much smaller sticker than the others, it has a backdoor."
    )
    formula = "min over m, t of L(f((1 - m) x + m t), c) + lambda |m|_1"
    cost = "slow"
    params = NeuralCleanseParams

    def inspect(self, clean: Tensor, *, work: Work[NeuralCleanseParams]) -> NetworkInspection:
        params = work.params
        with torch.no_grad():
            said = work.model.predict(clean)
        masks, patterns = _optimised(clean, said.shape[1], work)
        norms = masks.double().sum((1, 2))
        index = anomaly_index(norms)
        small = norms < norms.quantile(0.5)
        found = NetworkInspection(
            masks,
            patterns,
            norms,
            torch.zeros_like(norms),
            index,
            small & (index > params.index),
            NOTHING,
        )
        return dataclasses.replace(found, success=_success(found, clean, said.argmax(1), work))


class _Triggers:
    """A mask and a pattern for every class, through which gradients flow."""

    def __init__(self, n: int, height: int, width: int, generator: torch.Generator) -> None:
        # small masks at first, patterns at random
        self.m = (torch.randn(n, 1, height, width, generator=generator) * 0.1 - 1).requires_grad_()
        self.t = torch.randn(n, 3, height, width, generator=generator).mul_(0.5).requires_grad_()

    def values(self) -> tuple[Tensor, Tensor]:
        """Both in ``[0, 1]``."""
        return (self.m.tanh() + 1) / 2, (self.t.tanh() + 1) / 2


def _optimised(
    clean: Tensor, n_classes: int, work: Work[NeuralCleanseParams]
) -> tuple[Tensor, Tensor]:
    """The smallest masks ``(C, H, W)`` that worked, and their patterns."""
    params, generator = work.params, seeds.torch_generator(work.seed)
    triggers = _Triggers(n_classes, clean.shape[2], clean.shape[3], generator)
    adam = torch.optim.Adam([triggers.m, triggers.t], lr=params.lr, betas=(0.5, 0.9))
    weight, running = torch.full((n_classes,), params.start), torch.zeros(n_classes)
    best_norm = torch.full((n_classes,), torch.inf)
    best = [value.detach().clone() for value in triggers.values()]
    forward, order = fast_forward(work.model), torch.empty(0, dtype=torch.long)
    n_pictures = min(params.pictures, len(clean))
    for step in range(params.steps):
        if len(order) < n_pictures:
            order = torch.randperm(len(clean), generator=generator)
        x, order = clean[order[:n_pictures]], order[n_pictures:]
        mask, pattern = triggers.values()
        loss, hit = _losses(forward, x, mask, pattern)
        norm = mask.sum((1, 2, 3))
        adam.zero_grad()
        (loss + weight * norm).sum().backward()
        running = 0.8 * running + 0.2 * hit
        works = running >= params.success
        better = works & (norm.detach() < best_norm)
        best_norm = torch.where(better, norm.detach(), best_norm)
        for kept, value in zip(best, (mask, pattern), strict=True):
            kept[better] = value.detach()[better]
        weight = weight * torch.where(works, 1.08, 1 / 1.12)
        adam.step()
        work.report(0.95 * (step + 1) / params.steps)
    never = best_norm.isinf()
    for kept, value in zip(best, triggers.values(), strict=True):
        kept[never] = value.detach()[never]
    return best[0][:, 0], best[1]


def _losses(forward: Forward, x: Tensor, mask: Tensor, pattern: Tensor) -> tuple[Tensor, Tensor]:
    """Of every class the mean cross entropy ``(C,)``, and the share of pictures that take it."""
    stamped = x + mask[:, None] * (pattern[:, None] - x)  # (C, K, 3, H, W)
    logits = forward(stamped.flatten(0, 1)).float()
    wanted = torch.arange(len(mask)).repeat_interleave(len(x))
    loss = F.cross_entropy(logits, wanted, reduction="none").view(len(mask), -1).mean(1)
    return loss, (logits.detach().argmax(1) == wanted).float().view(len(mask), -1).mean(1)


@torch.no_grad()
def _success(
    found: NetworkInspection, clean: Tensor, said: Tensor, work: Work[NeuralCleanseParams]
) -> Tensor:
    """Of pictures that the network names otherwise, on the network itself."""
    shares = torch.zeros(len(found.norms), dtype=torch.float64)
    for label in range(len(shares)):
        others = clean[said != label][:100]
        if len(others):
            named = work.model.predict(found.stamp(others, label)).argmax(1)
            shares[label] = (named == label).double().mean()
    work.report(1.0)
    return shares


DEFENCES.add(NeuralCleanse.name, NeuralCleanse(), order=40)
