"""Score-CAM: channels weighed by the score of the picture masked with them (Wang et al. 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import torch
from torch import Tensor

from trustai.explain.base import progress_of
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import at_once, enlarge
from trustai.zoo import checks

Fade = Literal["black", "grey"]
FADES: tuple[Fade, ...] = ("black", "grey")


@dataclass(frozen=True)
class ScoreCAMParams:
    """Parameters of Score-CAM.

    Attributes:
        channels: Look only at this many channels, those of the largest mean activation, at least
            1; None: at all. Each costs one pass through the network, so 32 of 256 take an eighth of
            the time. But a weight is a share among the channels looked at, and a quiet channel
            can be the one that matters: the map becomes another, often a coarser one.
        fade: Towards what a mask fades: ``"black"`` multiplies the pixels; ``"grey"``, the mean
            colour of the training pictures, multiplies the normalised pixels.
    """

    channels: int | None = None
    fade: Fade = "black"

    def __post_init__(self) -> None:
        checks.typed(self)
        if self.channels is not None:
            checks.at_least("channels", self.channels, 1)
        if self.fade not in FADES:
            raise ValueError(f"expected fade among {', '.join(FADES)}, got {self.fade!r}")


def telling_channels(activation: Tensor, most: int | None) -> Tensor:
    """Indices of the channels of ``(K, h, w)`` that are not constant, the largest mean first.

    A constant channel singles out no place: its mask would be 0 / 0.
    """
    order = activation.mean((1, 2)).argsort(descending=True, stable=True)
    varies = activation.amax((1, 2)) > activation.amin((1, 2))
    return order[varies[order]][:most]


def masks(activation: Tensor, like: Tensor) -> Tensor:
    """``(M, h, w)`` -> ``(M, 1, H, W)`` in ``[0, 1]``: enlarged, then ``(A - min A) / (max A -
    min A)``."""
    large = enlarge(activation, like)
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    return ((large - low) / (high - low))[:, None]


class ScoreCAM(Method[ScoreCAMParams]):
    """``relu(sum_k w_k A_k)``, ``w = softmax_k(f_t(x * H_k) - f_t(x_b))``, enlarged bilinearly.

    ``f_t`` is the target's logit and ``H_k`` the channel ``A_k`` as `masks` makes it. The
    baseline score ``f_t(x_b)`` is the same for all channels, so it cancels in the softmax and is
    not computed. ``facts["effective_channels"]`` is ``1 / sum_k w_k^2``: 1 when the softmax leaves
    one channel to carry the map, as it often does.
    """

    name = "score_cam"
    title = "Score-CAM"
    paper = "Wang et al. 2020, Score-CAM: Score-Weighted Visual Explanations"
    url = "https://arxiv.org/abs/1910.01279"
    description = (
        "Shows the network only the part of the picture that one channel marks, and weights the "
        "channel by the class's score for that part."
    )
    layered = True
    alone = True
    formula = (
        r"\mathrm{ReLU}\big(\sum_k w_k A_k\big),\quad w_k = \mathrm{softmax}_k\big(f_t(x "
        r"\odot H_k) - f_t(x_b)\big)"
    )
    fact_texts = MappingProxyType({"effective_channels": "effective number of channels {:,.1f}"})
    cost = "slow"
    params = ScoreCAMParams
    suits_large_pictures = False
    quick = ScoreCAMParams(channels=32)

    def attribute(self, task: Task[ScoreCAMParams]) -> Maps:
        x, activations = task.x, task.passes.plain.activations[task.layer]
        network = task.passes.classifier.folded()
        faded = torch.zeros_like(x)
        if task.params.fade == "grey":
            faded = network.mean.expand_as(x)
        chosen = [telling_channels(one, task.params.channels) for one in activations]
        together = at_once(x)
        jobs = [(i, part) for i, indices in enumerate(chosen) for part in indices.split(together)]
        scores = activations.new_zeros(activations.shape[:2])
        for i, part in progress_of(jobs, task.on_progress):
            mask = masks(activations[i, part], x)
            logits = network.predict(faded[i] + mask * (x[i] - faded[i]), batch_size=together)
            scores[i, part] = logits[:, task.passes.target[i]]
        coarse, effective = [], []
        for one, indices, score in zip(activations, chosen, scores, strict=True):
            weights = score[indices].softmax(0)
            coarse.append((weights[:, None, None] * one[indices]).sum(0).relu())
            # No channel that varies: no weight, and a map of zeros.
            effective.append(weights.sum() / weights.square().sum().clamp_min(1e-12))
        cam = torch.stack(coarse)
        return Maps(
            enlarge(cam, x),
            facts={"effective_channels": torch.stack(effective)},
            grid=(cam.shape[1], cam.shape[2]),
        )


METHODS.add(ScoreCAM.name, ScoreCAM(), order=120)
