"""The passes through a network that attribution methods share.

A panel of methods on the same pictures asks again and again for the same things: the gradient of
the score, a layer's activation and its gradient, guided backpropagation. `Passes` computes each of
them once. It works on replicas, so nothing it hooks or swaps is ever seen by another thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai import seeds
from trustai.explain.image.fused import fused
from trustai.explain.image.guided import NoUnguidedActivation, guided
from trustai.types import OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier

# Pixels that go through a network together: four pictures of 224 x 224, 49 of 64 x 64. With three,
# SmoothGrad's 16 copies took EfficientNet-Lite0 a tenth longer; VGG16 took a quarter less memory.
PIXELS_AT_ONCE = 4 * 224 * 224


def at_once(x: Tensor) -> int:
    """How many pictures of this size go through a network together within the memory bound."""
    return max(1, PIXELS_AT_ONCE // (x.shape[-1] * x.shape[-2]))


def targets(classifier: Classifier, x: Tensor, target: int | Tensor) -> Tensor:
    """The class asked about in every picture, ``int64 (N,)``.

    Raises:
        ValueError: not a class of the network, or neither one for all nor one per picture.
    """
    card = classifier.card
    n_classes = len(card.classes) if card else classifier.predict(x[:1]).shape[1]
    return checks.targets(target, n=len(x), n_classes=n_classes).to(x.device)


def without_inplace(network: Classifier) -> Classifier:
    """Activations that overwrite their input would overwrite what a hook has kept."""
    for module in network.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
    return network


@dataclass(frozen=True, eq=False)
class Pass:
    """One forward and one backward pass.

    Attributes:
        logits: ``(N, C)``.
        gradient: ``(N, 3, H, W)``, of the target's logit.
        activations, gradients: By stage name, as maps ``(N, K, h, w)``.
    """

    logits: Tensor
    gradient: Tensor
    activations: Mapping[str, Tensor]
    gradients: Mapping[str, Tensor]


class Passes:
    """What is known of some pictures under one network, computed on demand and once.

    Args:
        classifier: Shared with others; never touched.
        x: ``(N, 3, H, W)`` in ``[0, 1]``.
        target: ``int64 (N,)``, or None for the predicted class.
        seed: Of everything that is drawn.
    """

    def __init__(
        self, classifier: Classifier, x: Tensor, *, target: Tensor | None, seed: int
    ) -> None:
        self.classifier, self.x, self.seed = classifier, x, seed
        self._target = target
        self._smooth: dict[tuple[Any, ...], Tensor] = {}
        self._networks: dict[tuple[bool, bool], Classifier] = {}

    @property
    def target(self) -> Tensor:
        """``int64 (N,)``."""
        if self._target is None:
            self._target = self.plain.logits.argmax(1)
        return self._target

    @cached_property
    def plain(self) -> Pass:
        """Logits, input gradient, and every stage's activation and gradient, of one pass."""
        network = without_inplace(self.classifier.replica())
        kept: dict[str, Tensor] = {}
        for stage in network.stages:
            network.get_submodule(stage.name).register_forward_hook(_keeping(kept, stage.name))
        leaf = self.x.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            logits = network(leaf)
            if self._target is None:
                self._target = logits.detach().argmax(1)
            score = logits.gather(1, self._target[:, None]).sum()
            gradient, *of_stages = torch.autograd.grad(score, [leaf, *kept.values()])
        maps = {name: network.as_map(value.detach()) for name, value in kept.items()}
        of_maps = {name: network.as_map(value) for name, value in zip(kept, of_stages, strict=True)}
        return Pass(logits.detach(), gradient, maps, of_maps)

    def _network(self, *, guided_relu: bool, folded: bool) -> Classifier:
        """The copy for gradients at many pictures, made once.

        Laid out channels-last, which is faster, but for guided backpropagation at the picture
        itself: where a ReLU's input is rounding, its one map would show another rounding.
        """
        key = (guided_relu, folded)
        if key not in self._networks:
            network = self.classifier.folded() if folded else self.classifier.replica()
            network = guided(network) if guided_relu else network
            network = network if folded else fused(network)
            exact = guided_relu and not folded
            self._networks[key] = (
                network if exact else network.to(memory_format=torch.channels_last)
            )
        return self._networks[key]

    @cached_property
    def guided_gradient(self) -> Tensor:
        """``(N, 3, H, W)``: guided backpropagation of the target's logit."""
        return self.gradient_at(self.x, guided=True)

    def gradient_at(
        self, x: Tensor, *, guided: bool = False, folded: bool = False, copies: int = 1
    ) -> Tensor:
        """Gradient of the target's logit at other pictures: ``copies`` of each, in blocks of N.

        Args:
            x: ``(copies * N, 3, H, W)``.
            folded: Through the folded network: faster and smaller, and the same function up to
                rounding; but a gradient jumps where a ReLU's input rounds to the other side of 0,
                so this is for gradients at pictures that are random themselves.
        """
        network = self._network(guided_relu=guided, folded=folded)
        leaf = x.detach().clone().requires_grad_(True)
        target = self.target.repeat(copies)
        with torch.enable_grad(), NoUnguidedActivation() if guided else nullcontext():
            score = network(leaf).gather(1, target[:, None]).sum()
        (gradient,) = torch.autograd.grad(score, leaf)
        return gradient.contiguous()

    def smooth(
        self, *, guided: bool, n: int, sigma: float, on_progress: OnProgress | None = None
    ) -> Tensor:
        """SmoothGrad: the mean gradient at `n` noisy copies of every picture.

        ``1/n sum_i g(x + e_i)``, ``e_i ~ N(0, (sigma * (max x - min x))^2)`` (Smilkov et al. 2017).
        Every picture meets the same noise, so its map does not depend on its neighbours in the
        batch.
        """
        key = (guided, n, sigma)
        if key not in self._smooth:
            if sigma == 0:  # all copies are the picture itself
                self._smooth[key] = self.guided_gradient if guided else self.plain.gradient
            else:
                self._smooth[key] = self._averaged(guided, n, sigma, on_progress)
        return self._smooth[key]

    def _averaged(
        self, guided: bool, n: int, sigma: float, on_progress: OnProgress | None
    ) -> Tensor:
        generator = seeds.torch_generator(self.seed)
        spread = (self.x.amax((1, 2, 3)) - self.x.amin((1, 2, 3))).view(-1, 1, 1, 1) * sigma
        together = max(1, at_once(self.x) // len(self.x))
        total = torch.zeros_like(self.x)
        for first in range(0, n, together):
            copies = min(together, n - first)
            noise = [torch.randn(self.x.shape[1:], generator=generator) for _ in range(copies)]
            noisy = torch.cat([self.x + spread * one.to(self.x.device) for one in noise])
            gradient = self.gradient_at(noisy, guided=guided, folded=True, copies=copies)
            total += gradient.view(copies, *self.x.shape).sum(0)
            if on_progress is not None:
                on_progress((first + copies) / n)
        return total / n


def _keeping(kept: dict[str, Tensor], name: str) -> Callable[..., None]:
    def hook(module: nn.Module, inputs: Any, output: Tensor) -> None:
        kept[name] = output

    return hook


def enlarge(maps: Tensor, like: Tensor) -> Tensor:
    """``(N, h, w)`` enlarged bilinearly to the height and width of the pictures `like`."""
    size = like.shape[-2:]
    return F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def magnitude(pixels: Tensor) -> Tensor:
    """``(N, 3, H, W)`` -> ``(N, H, W)``: the largest absolute value over the colours.

    As in Simonyan et al. 2014, https://arxiv.org/abs/1312.6034.
    """
    return pixels.abs().amax(1)
