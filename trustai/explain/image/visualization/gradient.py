"""The gradient of an objective with respect to the picture, also where all its ReLUs are off.

Behind a ReLU that is off, the gradient is exactly 0. At a grey start that holds for most channels
of deep layers (156 of the 256 of the last stage of `cifar10-resnet18`), and an ascent would never
begin. There the gradient is that of the same network with leaky ReLUs; the scores shown are never
its own.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn

from trustai.explain.image.visualization.objectives import Objective, Probe
from trustai.zoo.classifier import Classifier

_LEAK = 0.1


def leaky(network: Classifier) -> Classifier:
    """A replica whose ReLU and ReLU6 let through ``min(0, x) / 10`` of what is negative too."""
    copied = network.replica()
    for parent in list(copied.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.ReLU | nn.ReLU6):
                setattr(parent, name, nn.LeakyReLU(_LEAK))
    return copied


class ObjectiveGradient:
    """Gradients of one objective for one ascent; on replicas, `classifier` is never touched.

    They come from a network with its batch norms folded: equal up to rounding, and faster.

    Args:
        log_probability: See `trustai.explain.image.visualization.params.VisualizationParams`.
    """

    def __init__(
        self, classifier: Classifier, objective: Objective, *, log_probability: float
    ) -> None:
        self._probe = Probe(classifier.folded(), objective)
        self._log_probability = log_probability

    @cached_property
    def _leaky(self) -> Probe:
        return Probe(leaky(self._probe.network), self._probe.objective)

    def at(self, x: Tensor, *, leaf: Tensor) -> Tensor:
        """Gradient with respect to `leaf`, from which the picture `x` ``(1, 3, H, W)`` was made.

        Zero only where the network gives none with leaking ReLUs either.
        """
        gradient = self._gradient(self._probe, x, leaf)
        return gradient if gradient.any() else self._gradient(self._leaky, x, leaf)

    def _gradient(self, probe: Probe, x: Tensor, leaf: Tensor) -> Tensor:
        with torch.enable_grad():
            value = probe.maximised(x, log_probability=self._log_probability).sum()
            # The way from the leaf to x may be walked back once more.
            (gradient,) = torch.autograd.grad(value, leaf, retain_graph=True)
        return gradient
