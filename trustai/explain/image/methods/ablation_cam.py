"""Ablation-CAM: channels weighed by what the score loses without them (Desai & Ramaswamy 2020)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from trustai.explain.base import part_of, progress_of
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import enlarge
from trustai.explain.image.rest import split_at
from trustai.types import OnProgress
from trustai.zoo import checks

# Numbers of the layer's output that go through the rest of the network together: 32 MB.
NUMBERS_AT_ONCE = 2**23


@dataclass(frozen=True)
class AblationCAMParams:
    """Parameters of Ablation-CAM.

    Attributes:
        channels: Switch off only this many channels, at least 1: those of the largest mean absolute
            activation; None: all. Each costs one pass through the part of the network behind the
            layer. Of the others the loss is estimated to first order, ``sum_ij A_k,ij g_k,ij``
            with the gradient ``g_k = d f_t / d A_k``: the map of 64 channels of up to 1280
            correlated with that of all by at least 0.95.
    """

    channels: int | None = None

    def __post_init__(self) -> None:
        checks.typed(self)
        if self.channels is not None:
            checks.at_least("channels", self.channels, 1)


class AblationCAM(Method[AblationCAMParams]):
    """``relu(sum_k w_k A_k)`` with ``w_k = (f_t - f_t,k) / |f_t|``, enlarged bilinearly.

    ``A_k`` is channel ``k`` of the layer, ``f_t`` the target's logit, and ``f_t,k`` the same logit
    when ``A_k`` is 0 everywhere. The paper divides by ``f_t``; with its absolute value the map of a
    class whose logit is negative is not turned around. No gradient enters, unless only some
    channels are asked about. A channel that is 0 anyway costs nothing: its weight is exactly 0.
    In a transformer a channel is one number of every patch's token; the class token keeps its own.
    """

    name = "ablation_cam"
    title = "Ablation-CAM"
    paper = "Desai & Ramaswamy 2020, Ablation-CAM"
    url = "https://doi.org/10.1109/WACV45572.2020.9093360"
    description = (
        "Switches off one channel of a layer at a time and measures how much the class's score "
        "falls. It is Grad-CAM without gradients."
    )
    layered = True
    alone = True
    formula = (
        r"\mathrm{ReLU}\big(\sum_k w_k A_k\big),\quad w_k = \frac{f_t - f_{t,k}}{|f_t|},\quad "
        r"f_{t,k} = f_t \text{ with } A_k = 0"
    )
    cost = "slow"
    params = AblationCAMParams
    suits_large_pictures = False
    quick = AblationCAMParams(channels=64)

    def attribute(self, task: Task[AblationCAMParams]) -> Maps:
        n, cams = len(task.x), []
        for i in range(n):
            output, rest = split_at(task.passes.classifier, task.layer, task.x[i : i + 1])
            (activation,) = task.passes.classifier.as_map(output)
            lost = self._lost(task, i, output, rest, part_of(task.on_progress, i, n))
            cams.append((lost[:, None, None] * activation).sum(0).relu())
        coarse = torch.stack(cams)
        return Maps(enlarge(coarse, task.x), grid=(coarse.shape[1], coarse.shape[2]))

    @staticmethod
    def _lost(
        task: Task[AblationCAMParams],
        i: int,
        output: Tensor,
        rest: Callable[[Tensor], Tensor],
        on_progress: OnProgress | None,
    ) -> Tensor:
        """``w_k`` of every channel of the `i`-th picture, ``(K,)``."""
        as_map, target = task.passes.classifier.as_map, task.passes.target[i]
        size = as_map(output)[0].abs().mean((1, 2))
        order = size.argsort(descending=True, stable=True)
        chosen = order[size[order] > 0][: task.params.channels]
        lost = torch.zeros_like(size)
        if task.params.channels is not None:
            plain = task.passes.plain
            first_order = plain.activations[task.layer][i] * plain.gradients[task.layer][i]
            lost = first_order.sum((1, 2))
        score = rest(output)[0, target]
        together = max(1, NUMBERS_AT_ONCE // output.numel())
        for part in progress_of(chosen.split(together), on_progress):
            without = output.repeat(len(part), *[1] * (output.ndim - 1))
            as_map(without)[torch.arange(len(part)), part] = 0  # a view of `without`
            lost[part] = score - rest(without)[:, target]
        return lost / score.abs().clamp_min(torch.finfo(score.dtype).tiny)


METHODS.add(AblationCAM.name, AblationCAM(), order=125)
