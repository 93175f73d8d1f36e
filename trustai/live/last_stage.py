"""Training of the end of a network on activations that were computed once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.zoo import checks
from trustai.zoo.classifier import Classifier

Unfrozen = Literal["head", "last-stage"]


@dataclass(frozen=True)
class LiveBackdoorParams:
    """How a network learns poisoned pictures.

    Attributes:
        epochs: Passes over the pictures, at least 1.
        lr: The largest learning rate of Adam (Kingma & Ba 2015), in one cycle (Smith 2018).
        batch_size: Pictures in a step, at least 1.
        unfrozen: ``"last-stage"``: the last stage and the last layer learn. ``"head"``: two new
            linear layers learn on the features, and everything else is frozen.
    """

    epochs: int = 8
    lr: float = 3e-3
    batch_size: int = 32
    unfrozen: Unfrozen = "last-stage"

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("epochs", self.epochs, 1)
        checks.positive("lr", self.lr)
        checks.at_least("batch_size", self.batch_size, 1)
        if self.unfrozen not in get_args(Unfrozen):
            raise ValueError(
                f"expected unfrozen to be one of {', '.join(get_args(Unfrozen))}, "
                f"got {self.unfrozen!r}"
            )


class LastStage:
    """A copy of a network, of which the end learns.

    Args:
        classifier: With a `last_stage`; it is not changed.
        n_classes: What the copy tells apart.
        new: Whether it gets a new last layer, as it must for other classes.
        params: Which part learns, and how.
        generator: Of new layers and of the order.
    """

    def __init__(
        self,
        classifier: Classifier,
        *,
        n_classes: int,
        new: bool,
        params: LiveBackdoorParams,
        generator: torch.Generator,
    ) -> None:
        self.params, self.generator = params, generator
        self.network = classifier.replica()
        self.whole = params.unfrozen == "last-stage"
        if new or not self.whole:
            last = classifier.get_submodule("linear")
            assert isinstance(last, nn.Linear)  # as `Classifier.last_stage` promises
            self.network.linear = _head(last.in_features, n_classes, generator, deep=not self.whole)
        names = [*(classifier.last_stage if self.whole else ()), "linear"]
        self.learning = [p for name in names for p in _own(self.network.get_submodule(name))]

    @torch.no_grad()
    def inputs(self, activations: Tensor) -> Tensor:
        """What the learning part gets: activations, or of ``"head"`` the features from them."""
        if self.whole:
            return activations
        return torch.cat([self.network.tail(part) for part in activations.split(64)])

    @torch.no_grad()
    def predict(self, inputs: Tensor) -> Tensor:
        """Classes ``(N,)`` that the network says now."""
        return torch.cat([self._logits(part).argmax(1) for part in inputs.split(64)])

    def epochs(self, inputs: Tensor, labels: Tensor) -> Iterator[float]:
        """Train; gives the mean cross entropy of every epoch as it ends."""
        params, n = self.params, len(labels)
        optimizer = torch.optim.Adam(self.learning, lr=params.lr)
        steps = -(-n // params.batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, params.lr, total_steps=params.epochs * steps
        )
        for _ in range(params.epochs):
            total = 0.0
            for rows in torch.randperm(n, generator=self.generator).split(params.batch_size):
                loss = F.cross_entropy(self._logits(inputs[rows]), labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += float(loss.detach()) * len(rows)
            yield total / n

    def _logits(self, inputs: Tensor) -> Tensor:
        return self.network.head(self.network.tail(inputs) if self.whole else inputs)


def _own(part: nn.Module) -> Iterator[nn.Parameter]:
    """Parameters of its own for a part of a replica, which shares storage and version counters."""
    for module in part.modules():
        for name, shared in list(module.named_parameters(recurse=False)):
            own = nn.Parameter(shared.detach().clone())
            setattr(module, name, own)
            yield own


def _head(width: int, n_classes: int, generator: torch.Generator, *, deep: bool) -> nn.Module:
    """One linear layer, or two with a ReLU between them."""
    layers = [nn.Linear(width, width), nn.Linear(width, n_classes)][0 if deep else 1 :]
    for layer in layers:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1]) if deep else layers[0]
