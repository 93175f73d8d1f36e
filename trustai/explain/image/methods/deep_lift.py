"""DeepLIFT: differences from a baseline, passed back layer by layer (Shrikumar et al. 2017)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.explain.base import progress_of, required
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.baselines import (
    Baseline,
    baseline_pictures,
    checked_baseline,
    completeness_gap,
)
from trustai.explain.image.canonization import ELEMENTWISE, Canonized, Rules

# Of which the multiplier is the gradient.
LINEAR = (
    nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Flatten,
    nn.Identity, nn.Dropout, nn.Dropout2d, nn.ZeroPad2d,
)  # fmt: skip
# A difference that is smaller is rounding, of which no quotient should be taken.
EPS = 1e-6

# captum says on every call that it sets hooks and takes them away again.
warnings.filterwarnings("ignore", r"\s*Setting forward, backward hooks", UserWarning)


@dataclass(frozen=True)
class DeepLiftParams:
    """Parameters of DeepLIFT.

    Attributes:
        baseline: What the picture is compared with, see
            `trustai.explain.image.baselines.baseline_pictures`.
    """

    baseline: Baseline = "black"

    def __post_init__(self) -> None:
        checked_baseline(self.baseline)


class Windows(nn.Module):
    """The windows of a max pooling laid side by side, so that none overlaps another.

    captum's rule for max pooling overwrites where two windows choose the same pixel, and is lost
    where a ReLU's output is pooled, because both hook that one tensor. Pooling these windows, which
    are a copy, without overlap is the same function.
    """

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.size, self.stride, self.padding = (
            value if isinstance(value, tuple) else (value, value)
            for value in (pool.kernel_size, pool.stride, pool.padding)
        )
        self.ceil_mode = pool.ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            pooled = F.max_pool2d(x, self.size, self.stride, self.padding, 1, self.ceil_mode)
        sides = []
        for axis in (1, 0):  # `pad` begins with the last axis
            length = (pooled.shape[2 + axis] - 1) * self.stride[axis] + self.size[axis]
            before = self.padding[axis]
            sides += [before, length - before - x.shape[2 + axis]]
        x = F.pad(x, sides, value=torch.finfo(x.dtype).min / 4)  # never the largest
        for axis in (0, 1):
            x = x.unfold(2 + axis, self.size[axis], self.stride[axis])
        return x.transpose(3, 4).flatten(4, 5).flatten(2, 3)


class RescaleRules(Rules):
    """DeepLIFT's rescale rule for activations and captum's for max pooling."""

    title = "DeepLIFT"
    elementwise = frozenset(ELEMENTWISE.values())

    def layer(self, module: nn.Module) -> nn.Module | None:
        if isinstance(module, LINEAR):
            return module
        if isinstance(module, nn.MaxPool2d) and module.dilation == 1:
            return nn.Sequential(Windows(module), nn.MaxPool2d(module.kernel_size))
        return None


class DeepLift(Method[DeepLiftParams]):
    """``(x - x') * m``, summed over the colours; ``m`` goes back from layer to layer.

    ``x'`` is the baseline. Through a linear layer the multiplier ``m`` goes as a gradient does;
    through an activation ``y = g(z)`` it is multiplied by ``(y - y') / (z - z')``, the rescale
    rule, where a gradient would be by ``g'(z)``. The attributions sum to ``f_t(x) - f_t(x')``, with
    ``f_t`` the target's logit; ``facts["completeness_gap"]`` is by what share of that difference
    they miss it. Computed by captum on a `Canonized` network, so activations that are functions,
    used twice or unknown to captum (ReLU6) follow the rule too; products of two maps, layer norm
    and attention have no rule and are refused.
    """

    name = "deep_lift"
    title = "DeepLIFT"
    paper = (
        "Shrikumar et al. 2017, Learning Important Features Through Propagating Activation "
        "Differences"
    )
    url = "https://arxiv.org/abs/1704.02685"
    description = (
        "Compares the output of every layer with its output for a black picture and divides the "
        "difference among the pixels. It is like Integrated Gradients, but it needs only one "
        "pass."
    )
    signed = True
    alone = True
    formula = (
        r"\sum_c (x_c - x'_c)\, m_c,\quad m \leftarrow m \cdot \frac{y - y'}{z - z'} \text{ "
        r"at an activation}"
    )
    fact_texts = MappingProxyType({"completeness_gap": "the sum differs from the score by {:.1%}"})
    cost = "fast"
    params = DeepLiftParams

    def attribute(self, task: Task[DeepLiftParams]) -> Maps:
        captum = required("captum.attr", "captum", self.name)
        classifier, x, target = task.passes.classifier, task.x, task.passes.target
        start = baseline_pictures(classifier, x, task.params.baseline).contiguous()
        found = []
        # One at a time: captum's rule for max pooling takes a gradient of the first one for all.
        for i in progress_of(range(len(x)), task.on_progress):
            here, there = (classifier.normalise(one[i : i + 1]) for one in (x, start))
            network = Canonized(classifier, here, RescaleRules())
            method = captum.DeepLift(network, eps=EPS)
            here.requires_grad_(True)  # or captum says that it does so itself
            found.append(method.attribute(here, there, target=int(target[i])).detach())
        pixels = torch.cat(found)
        facts = {"completeness_gap": completeness_gap(task.passes, [start], pixels)}
        return Maps(pixels.sum(1), pixels=pixels, facts=facts)


METHODS.add(DeepLift.name, DeepLift(), order=32)
