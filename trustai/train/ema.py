"""The exponential moving average of the weights of a network in training."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


class ExponentialMovingAverage(AveragedModel):
    """A second set of weights that follows the trained one; it is what is validated and kept.

    After step ``t`` (from 0): ``average <- d_t average + (1 - d_t) weights`` with
    ``d_t = min(decay, (1 + t) / (10 + t))``, so that the first weights, which are random, are soon
    forgotten; the very first step copies. Averages of the iterates of stochastic gradient descent
    generalise better than its last step and cost nothing (Polyak & Juditsky 1992,
    https://doi.org/10.1137/0330046, with equal weights; this one forgets exponentially). Buffers,
    such as those of batch norm, are averaged alike, and counters copied.

    Args:
        network: In training; it is copied.
        decay: ``d`` of the late steps, in [0, 1).

    >>> network = nn.Linear(1, 1, bias=False)
    >>> _ = nn.init.zeros_(network.weight)
    >>> average = ExponentialMovingAverage(network, decay=0.5)
    >>> average.update_parameters(network)  # copies
    >>> _ = nn.init.ones_(network.weight)
    >>> average.update_parameters(network)  # d = min(0.5, 2 / 11)
    >>> round(average.module.weight.item(), 4)
    0.8182
    """

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"expected decay in [0, 1), got {decay}")
        super().__init__(network, use_buffers=True, multi_avg_fn=partial(_follow, decay))
        self.requires_grad_(False)


def _follow(
    decay: float, averaged: list[Tensor], current: list[Tensor], count: Tensor | int
) -> None:
    """Move the tensors `averaged` towards `current` in place, after `count` updates."""
    if averaged[0].is_floating_point():
        kept = min(decay, (1 + float(count)) / (10 + float(count)))
        torch._foreach_lerp_(averaged, current, 1 - kept)
    else:
        torch._foreach_copy_(averaged, current)
