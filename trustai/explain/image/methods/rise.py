"""RISE: the mean of random masks, weighed by the score that each leaves (Petsiuk et al. 2018)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai import seeds
from trustai.explain.base import progress_of
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.baselines import Baseline, baseline_pictures, checked_baseline
from trustai.explain.image.passes import at_once
from trustai.zoo import checks


@dataclass(frozen=True)
class RiseParams:
    """Parameters of RISE.

    Attributes:
        n: Masks, at least 1; the paper's ``N``, there 4,000 to 8,000. Each costs one pass; with few
            the map depends on the seed.
        s: Cells along each side of the grid from which a mask is enlarged, at least 1.
        p: Probability with which a cell is shown, in ``(0, 1)``.
        baseline: What hidden pixels become, see
            `trustai.explain.image.baselines.baseline_pictures`. ``"grey"`` multiplies the
            normalised picture with the mask, as in the paper.
    """

    n: int = 1000
    s: int = 7
    p: float = 0.5
    baseline: Baseline = "grey"

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("n", self.n, 1)
        checks.at_least("s", self.s, 1)
        if not 0 < self.p < 1:
            raise ValueError(f"expected p between 0 and 1, got {self.p:g}")
        checked_baseline(self.baseline)


def random_masks(params: RiseParams, *, height: int, width: int, seed: int) -> Iterator[Tensor]:
    """Random masks, drawn one by one, so that never all of them are in memory.

    A grid of ``s x s`` cells, each 1 with probability ``p``, is enlarged bilinearly to one cell
    more than the picture on each side, and cut to the picture at a random place within one cell.
    The mean of every pixel over all masks is ``p``.

    Args:
        params: ``n``, ``s`` and ``p``.
        height, width: Of the picture, at least ``s``.
        seed: The same masks for the same seed.

    Yields:
        ``(1, H, W)`` in ``[0, 1]``, ``n`` times.

    Raises:
        ValueError: the grid has more cells along a side than the picture has pixels, or no seed.

    >>> [mask.shape for mask in random_masks(RiseParams(n=2), height=20, width=30, seed=0)]
    [torch.Size([1, 20, 30]), torch.Size([1, 20, 30])]
    """
    s = params.s
    if s > min(height, width):
        raise ValueError(f"expected s of at most {min(height, width)} cells, got {s}")
    generator = seeds.torch_generator(seed)
    cells = math.ceil(height / s), math.ceil(width / s)
    size = [(s + 1) * cell for cell in cells]
    for _ in range(params.n):
        shown = (torch.rand((1, 1, s, s), generator=generator) < params.p).float()
        i, j = (int(torch.randint(cell, (), generator=generator)) for cell in cells)
        large = F.interpolate(shown, size=size, mode="bilinear", align_corners=False)
        yield large[0, :, i : i + height, j : j + width].clamp(0, 1)


class Rise(Method[RiseParams]):
    """``S(u) = 1 / (N p) sum_i p_t(x * M_i) M_i(u)`` over random masks ``M_i``, see `random_masks`.

    ``p_t`` is the target's probability, so ``S(u)`` estimates the probability given that pixel
    ``u`` is shown. A black box is enough: neither gradients nor layers enter.
    """

    name = "rise"
    title = "RISE"
    paper = "Petsiuk et al. 2018, RISE: Randomized Input Sampling for Explanation"
    url = "https://arxiv.org/abs/1806.07421"
    description = (
        "Shows the network many random parts of the picture. A pixel is important if the "
        "class's probability is high whenever the pixel is visible."
    )
    alone = True
    formula = r"S(u) = \frac{1}{N p} \sum_i p_t(x \odot M_i)\, M_i(u)"
    cost = "slow"
    params = RiseParams
    suits_large_pictures = False
    quick = RiseParams(n=300)
    leaderboard_params = RiseParams(n=300)

    def attribute(self, task: Task[RiseParams]) -> Maps:
        params, x, (height, width) = task.params, task.x, task.x.shape[-2:]
        network, together = task.passes.classifier.folded(), at_once(x)
        hidden = baseline_pictures(network, x, params.baseline)
        total = torch.zeros_like(x[:, 0])
        masks = random_masks(params, height=height, width=width, seed=task.seed)
        for _ in progress_of(range(0, params.n, together), task.on_progress):
            mask = torch.stack(list(islice(masks, together))).to(x.device)
            for k, target in enumerate(task.passes.target):
                versions = hidden[k] + mask * (x[k] - hidden[k])
                logits = network.predict(versions, batch_size=together)
                probability = logits.softmax(1)[:, target]
                total[k] += (probability[:, None, None] * mask[:, 0]).sum(0)
        return Maps(total / (params.n * params.p), grid=(params.s, params.s))


METHODS.add(Rise.name, Rise(), order=137)
