"""Objectives of feature visualization: a class, a channel of a layer, or a single neuron."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trustai.explain.image.layers import chosen_layer
from trustai.explain.image.passes import without_inplace
from trustai.zoo.classifier import Classifier

# Differences below it count as grain of a flat area. Ten of 255 levels, about.
_TV_EPS = 0.03


class Objective(ABC):
    """A number that a network gives a picture. Sub-classes are frozen dataclasses.

    `layer` is the stage it is read from, or None for the logits.
    """

    layer: str | None

    @abstractmethod
    def check(self, found: Tensor) -> None:
        """Whether `found`, of the shape that `scores` takes, has what is asked for.

        Raises:
            ValueError: it has not.
        """

    @abstractmethod
    def scores(self, found: Tensor) -> Tensor:
        """``(N,)`` of the logits ``(N, C)``, or of the layer's map ``(N, K, h, w)``."""


@dataclass(frozen=True)
class ClassLogit(Objective):
    """The logit of class `index`, before the softmax.

    Not its probability: that can also be raised by lowering all the other logits, which shows
    what the other classes are (Simonyan et al. 2014, https://arxiv.org/abs/1312.6034).
    """

    index: int
    layer = None

    def check(self, found: Tensor) -> None:
        _within("index of the class", self.index, found.shape[1])

    def scores(self, found: Tensor) -> Tensor:
        return found[:, self.index]


@dataclass(frozen=True)
class Channel(Objective):
    """The mean over the map of `channel` of the stage `layer`: what texture or part it looks for.

    The picture fills with it, since every place of the map counts.
    """

    layer: str
    channel: int

    def check(self, found: Tensor) -> None:
        _within(f"channel of {self.layer}", self.channel, found.shape[1])

    def scores(self, found: Tensor) -> Tensor:
        return found[:, self.channel].mean((1, 2))


@dataclass(frozen=True)
class Neuron(Objective):
    """One place of the map of `channel` of the stage `layer`; only its receptive field is painted.

    Attributes:
        row, column: Place in the map, from the upper left; None for its middle.
    """

    layer: str
    channel: int
    row: int | None = None
    column: int | None = None

    def check(self, found: Tensor) -> None:
        _within(f"channel of {self.layer}", self.channel, found.shape[1])
        for name, place, side in zip(
            ("row", "column"), (self.row, self.column), found.shape[2:], strict=True
        ):
            if place is not None:
                _within(f"{name} in the map of {self.layer}", place, side)

    def scores(self, found: Tensor) -> Tensor:
        height, width = found.shape[2:]
        row = height // 2 if self.row is None else self.row
        column = width // 2 if self.column is None else self.column
        return found[:, self.channel, row, column]


class Probe:
    """Reads an objective off a network, hooked where the objective looks.

    Args:
        network: A copy of one's own, never a shared one: it is hooked and frozen.

    Raises:
        ValueError: the network has no such layer.
    """

    def __init__(self, network: Classifier, objective: Objective) -> None:
        self.objective = objective
        self.network = without_inplace(network).requires_grad_(False)
        self._kept: Tensor | None = None
        if objective.layer is not None:
            where = chosen_layer(network, objective.layer)
            self.network.get_submodule(where).register_forward_hook(self._keep)

    def _keep(self, module: nn.Module, inputs: object, output: Tensor) -> None:
        self._kept = output

    def found(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Of pictures ``(N, 3, H, W)``: the logits ``(N, C)``, and what the objective looks at."""
        logits = self.network(x)
        if self.objective.layer is None:
            return logits, logits
        assert self._kept is not None, "a stage takes part in every forward pass"
        kept, self._kept = self._kept, None
        return logits, self.network.as_map(kept)

    def maximised(self, x: Tensor, *, log_probability: float = 0.0) -> Tensor:
        """``(N,)``: what an ascent maximises over the pictures, differentiable.

        The score, and for a class ``log_probability * log p(class)`` beside it.
        """
        logits, found = self.found(x)
        scores = self.objective.scores(found)
        if log_probability > 0 and isinstance(self.objective, ClassLogit):
            return scores + log_probability * logits.log_softmax(1)[:, self.objective.index]
        return scores

    @torch.no_grad()
    def measure(self, x: Tensor) -> tuple[float, float | None]:
        """Of one picture ``(1, 3, H, W)``: its score, and for a class also its probability."""
        logits, found = self.found(x)
        score = float(self.objective.scores(found))
        if isinstance(self.objective, ClassLogit):
            return score, float(logits.softmax(1)[0, self.objective.index])
        return score, None


def total_variation(x: Tensor) -> Tensor:
    """``(N,)``: how much neighbouring pixels differ (Rudin, Osher & Fatemi 1992), smoothed.

    ``TV(x) = sum sqrt(d^2 + r^2 + eps^2) - eps`` over all colours and places, with ``d`` and ``r``
    the differences to the pixels below and to the right, ``eps = 0.03`` in pixel units: 0 for a
    flat picture, about the length times the height of every edge for others. Unlike a squared
    difference it does not spread a sharp edge into a soft one; ``eps`` gives it a gradient
    that vanishes where a picture is flat.

    Args:
        x: ``(N, C, H, W)`` with H and W at least 2.
    """
    here = x[..., :-1, :-1]
    down, right = x[..., 1:, :-1] - here, x[..., :-1, 1:] - here
    return ((down**2 + right**2 + _TV_EPS**2).sqrt() - _TV_EPS).sum((1, 2, 3))


def _within(what: str, value: int, n: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"expected the {what} to be an integer, got {value!r}")
    if not 0 <= value < n:
        raise ValueError(f"expected the {what} in 0..{n - 1}, got {value}")
