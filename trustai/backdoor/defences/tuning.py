"""Training a network further on a few clean pictures, which all repairs do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai import seeds
from trustai.types import OnProgress
from trustai.zoo import Classifier, checks

Unfrozen = Literal["all", "last-stage"]


@dataclass(frozen=True)
class TuningParams:
    """How a network is trained further.

    Attributes:
        epochs: Passes over the pictures.
        lr: Step size of SGD, at first; it falls to 0 along a cosine.
        batch_size: Pictures in a step.
        unfrozen: ``"all"`` layers learn, or the ``"last-stage"`` and the last layer only: many
            times faster, but a backdoor in earlier layers stays.
    """

    epochs: int = 10
    lr: float = 0.01
    batch_size: int = 32
    unfrozen: Unfrozen = "all"

    def __post_init__(self) -> None:
        checks.typed(self)
        for name in ("epochs", "batch_size"):
            checks.at_least(name, getattr(self, name), 1)
        checks.positive("lr", self.lr)
        if self.unfrozen not in ("all", "last-stage"):
            raise ValueError(f"expected unfrozen to be all or last-stage, got {self.unfrozen!r}")


def last_linear(model: Classifier) -> nn.Linear:
    """The last layer, whose columns belong to the features.

    Raises:
        ValueError: the network has none.
    """
    found = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not found:
        raise ValueError("expected a network that ends in a linear layer, got one without")
    return found[-1]


def tune(
    model: Classifier,
    x: Tensor,
    y: Tensor,
    *,
    params: TuningParams,
    seed: int,
    report: OnProgress,
    after_step: Callable[[], None] = lambda: None,
) -> tuple[float, ...]:
    """Train `model` in place with SGD and momentum 0.9; statistics of batch norms stay.

    Args:
        model: With parameters of its own.
        after_step: Called after each step, for instance to keep pruned channels at 0.

    Returns: the mean loss of every epoch.
    """
    inputs, forward, learning = _split(model, x, params)
    sgd = torch.optim.SGD(learning, lr=params.lr, momentum=0.9)
    steps = params.epochs * -(-len(x) // params.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, steps)
    generator, losses, done = seeds.torch_generator(seed), [], 0
    for _ in range(params.epochs):
        total = 0.0
        order = torch.randperm(len(x), generator=generator)
        for rows in order.split(params.batch_size):
            loss = F.cross_entropy(forward(inputs[rows]), y[rows])
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            schedule.step()
            after_step()
            total += float(loss.detach()) * len(rows)
            done += 1
            report(done / steps)
        losses.append(total / len(x))
    model.requires_grad_(False)
    return tuple(losses)


def _split(
    model: Classifier, x: Tensor, params: TuningParams
) -> tuple[Tensor, Callable[[Tensor], Tensor], list[nn.Parameter]]:
    """What goes in, what is trained as a function of it, and the parameters that learn."""
    if params.unfrozen == "all":
        return x, model.requires_grad_(True), list(model.parameters())
    if not model.last_stage:
        raise ValueError(
            "expected unfrozen to be all for a network without a last stage, got last-stage"
        )
    with torch.no_grad():  # never changes, so once
        inputs = torch.cat([model.backbone(part) for part in x.split(64)])
    modules = [model.get_submodule(name) for name in model.last_stage] + [last_linear(model)]
    for module in modules:
        module.requires_grad_(True)
    learning = [parameter for module in modules for parameter in module.parameters()]
    return inputs, lambda a: model.head(model.tail(a)), learning
