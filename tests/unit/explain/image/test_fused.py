"""Batch norm and ReLU as one operation: the same values to the bit, the same gradient."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.toys.images import pictures
from trustai import zoo
from trustai.explain.image.fused import NormAct, fused
from trustai.explain.image.guided import guided
from trustai.zoo.classifier import Classifier


def network(name: str) -> Classifier:
    """With batch norm as after training, of which a scale is negative."""
    arguments: dict[str, Any] = {"width": 8} if name == "resnet18-cifar" else {}
    torch.manual_seed(0)
    made = zoo.build(name, n_classes=5, **arguments)
    made.train()
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.copy_(torch.randn_like(module.weight))
                module.bias.copy_(torch.randn_like(module.bias))
        made(pictures(16, side=32))
    assert isinstance(made, Classifier)
    return made.freeze()


def logits_and_gradient(made: Classifier, x: Tensor) -> tuple[Tensor, Tensor]:
    leaf = x.clone().requires_grad_(True)
    logits = made(leaf)
    (gradient,) = torch.autograd.grad(logits[:, 1].sum(), leaf)
    return logits.detach(), gradient


@pytest.mark.parametrize("guide", [False, True])
@pytest.mark.parametrize("name", ["efficientnet-lite0", "resnet18-cifar"])
def test_the_function_and_its_gradient_stay(name: str, guide: bool) -> None:
    plain = network(name)
    other = guided(plain) if guide else plain.replica()
    x = pictures(3, side=32, seed=1)
    logits, gradient = logits_and_gradient(other, x)
    made = fused(guided(plain) if guide else plain.replica())
    again, same = logits_and_gradient(made, x)
    assert torch.equal(again, logits)  # so every ReLU is open where it was
    torch.testing.assert_close(same, gradient, atol=1e-5 * float(gradient.abs().max()), rtol=1e-4)
    kept = {id(module) for module in plain.modules() if isinstance(module, nn.BatchNorm2d)}
    assert len(found(made)) == len(kept)  # all of them
    assert not found(plain)  # and the one that others use is as it was


def found(made: Classifier) -> list[NormAct]:
    return [module for module in made.modules() if isinstance(module, NormAct)]
