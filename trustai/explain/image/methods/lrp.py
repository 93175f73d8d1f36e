"""LRP: layer-wise relevance propagation by the epsilon rule (Bach et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType, ModuleType

import torch
from torch import Tensor, nn

from trustai.explain.base import required
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.canonization import Canonized, Rules
from trustai.zoo import checks

RULED = (
    nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.MaxPool2d,
    nn.Flatten, nn.ZeroPad2d,
)  # fmt: skip


@dataclass(frozen=True)
class LrpParams:
    """Parameters of LRP.

    Attributes:
        epsilon: Added to every denominator, with its sign, greater than 0. The larger, the more of
            the relevance of small sums is dropped.
    """

    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.positive("epsilon", self.epsilon)


class Through(nn.Module):
    """Gives on what it gets, without a hook.

    captum hooks modules without children only; a hook on what is given on would be one on the same
    tensor twice.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return x


class Average(nn.Module):
    """A function that averages, as a module."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class EpsilonRules(Rules):
    """The epsilon rule for everything but activations, through which relevance goes unchanged.

    captum has further rules that change the weights (gamma, alpha1-beta0). They are for layers
    between ReLUs: on the residual networks here, where some layers have none, they gave relevances
    of 1e5 and, with EfficientNet's, of 1e24.
    """

    title = "LRP"
    elementwise = frozenset([nn.ReLU, nn.ReLU6])

    def __init__(self, parts: ModuleType, rules: ModuleType, epsilon: float) -> None:
        self.parts, self.rules, self.epsilon = parts, rules, epsilon

    def layer(self, module: nn.Module) -> nn.Module | None:
        if isinstance(module, nn.Identity | nn.Dropout | nn.Dropout2d):
            return Through()
        return self._ruled(module) if isinstance(module, RULED) else None

    def total(self) -> nn.Module:
        return self._ruled(self.parts.Addition_Module())

    def average(self, function: Callable[..., Tensor]) -> nn.Module:
        return self._ruled(Average(function))

    def _ruled(self, module: nn.Module) -> nn.Module:
        module.rule = self.rules.EpsilonRule(self.epsilon)  # captum finds it under this name
        return module


class Lrp(Method[LrpParams]):
    """``R_i = sum_j a_i w_ij / (z_j + eps sign z_j) R_j`` from layer to layer, from ``R = f_t``.

    ``a_i`` goes into the layer, ``z_j = sum_i a_i w_ij + b_j`` comes out, ``f_t`` is the target's
    logit. The pixels' relevances are summed over the colours. Conservation: they sum to ``f_t``,
    but for what biases and ``eps`` take; ``facts["not_conserved"]`` is that share of the logit,
    ``1 - sum R / f_t``. In a network of ReLUs this is nearly the gradient times the normalised
    pixels; ReLU6 lets relevance through where its gradient is 0.

    Computed by captum on a `Canonized` network with batch norms folded into their convolutions, so
    residual sums share relevance out instead of doubling it. Relevance begins at normalised pixels:
    what has the mean colour has none. Products of two maps, layer norm, attention and activations
    other than ReLU and ReLU6 are refused.
    """

    name = "lrp"
    title = "LRP"
    paper = (
        "Bach et al. 2015, On Pixel-Wise Explanations for Non-Linear Classifier Decisions by "
        "Layer-Wise Relevance Propagation"
    )
    url = "https://doi.org/10.1371/journal.pone.0130140"
    description = (
        "Divides the score of the class among the inputs of the last layer, then among their "
        "inputs, and so on back to the pixels. Evidence against the class is negative."
    )
    signed = True
    formula = (
        r"R_i = \sum_j \frac{a_i w_{ij}}{z_j + \varepsilon\, \mathrm{sign}\, z_j} R_j,\quad "
        r"\text{starting from } R = f_t"
    )
    fact_texts = MappingProxyType({"not_conserved": "{:.1%} of the score is not passed on"})
    cost = "fast"
    params = LrpParams

    def attribute(self, task: Task[LrpParams]) -> Maps:
        captum = required("captum.attr", "captum", self.name)
        parts = required("captum.attr._utils.custom_modules", "captum", self.name)
        rules = required("captum.attr._utils.lrp_rules", "captum", self.name)
        classifier, target = task.passes.classifier, task.passes.target
        x = classifier.normalise(task.x)
        network = Canonized(classifier.folded(), x, EpsilonRules(parts, rules, task.params.epsilon))
        method = captum.LRP(network)
        # It would write the weights back, into the storage that others read; nobody needs them.
        method._restore_state = lambda: None
        pixels = method.attribute(x.requires_grad_(True), target=target).detach()
        with torch.no_grad():
            logits = classifier.predict(task.x).gather(1, target[:, None])[:, 0]
        lost = 1 - pixels.sum((1, 2, 3)) / logits
        return Maps(pixels.sum(1), pixels=pixels, facts={"not_conserved": lost})


METHODS.add(Lrp.name, Lrp(), order=36)
