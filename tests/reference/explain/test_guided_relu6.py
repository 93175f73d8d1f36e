"""Guided backpropagation through ReLU6: by hand, and against hooks after the backward pass."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import MobileNetV2 as TorchvisionMobileNetV2

from tests.toys.images import LayeredCNN, pictures
from trustai import zoo
from trustai.explain import image
from trustai.explain.image.guided import GuidedReLU
from trustai.zoo.classifier import Classifier
from trustai.zoo.pretrained.torchvision_families import MobileNetV2

GUIDED = ["guided_backprop", "guided_grad_cam", "smoothgrad_guided"]


class Three(Classifier):
    """``logit_t = sum over the pixels of v_t relu6(10 x - 1)``, one ``v_t`` for each colour."""

    stages = (zoo.Stage("act", "the map"),)

    def __init__(self, act: nn.Module) -> None:
        super().__init__(mean=(0.1, 0.1, 0.1), std=(0.1, 0.1, 0.1))
        self.act = act
        self.linear = nn.Linear(3, 2, bias=False)
        self.linear.weight.data.copy_(torch.tensor([[2.0, -1.0, 1.0], [-3.0, 4.0, 0.5]]))

    def features(self, x: Tensor) -> Tensor:
        return self.act(self.normalise(x)).sum((2, 3))

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


def test_it_passes_between_0_and_6_where_the_gradient_is_positive() -> None:
    """A row of pixels whose inputs of the ReLU6 are below 0, between, and above 6."""
    x = torch.tensor([0.05, 0.3, 0.65, 0.75, 1.0]).expand(1, 3, 1, 5).clone()
    network = Three(nn.ReLU6(inplace=True)).freeze()
    between = torch.tensor([0.0, 1.0, 1.0, 0.0, 0.0])
    for target, weights in enumerate([(2.0, 0.0, 1.0), (0.0, 4.0, 0.5)]):  # the negative dropped
        found = image.explain("guided_backprop", network, x, target=target).pixels
        expected = 10 * torch.tensor(weights).view(1, 3, 1, 1) * between
        torch.testing.assert_close(found, expected)
    # A ReLU goes on above 6.
    found = image.explain("guided_backprop", Three(nn.ReLU()).freeze(), x, target=0).pixels
    torch.testing.assert_close(found[0, 0, 0], 20 * torch.tensor([0.0, 1, 1, 1, 1]))


@pytest.mark.parametrize("end", [6.0, float("inf")])
def test_the_module_at_its_corners(end: float) -> None:
    x = torch.tensor([-1.0, 0.0, 1e-6, 3.0, 5.999, 6.0, 6.001]).requires_grad_(True)
    y = GuidedReLU(end=end)(x)
    assert torch.equal(y, x.clamp(0, end))
    up = torch.autograd.grad(y, x, torch.full_like(x, 2.0), retain_graph=True)[0]
    last = [0.0, 0.0] if end == 6 else [2.0, 2.0]
    assert up.tolist() == [0.0, 0.0, 2.0, 2.0, 2.0, *last]
    assert torch.autograd.grad(y, x, torch.full_like(x, -2.0))[0].abs().max() == 0


def of_relu6(network: Any) -> Classifier:
    """The same network with ReLU6 in place of ReLU, and inputs large enough to reach 6."""
    network.body[1], network.body[3] = nn.ReLU6(), nn.ReLU6(inplace=True)
    return network


def hooked(network: Classifier, x: Tensor, target: int) -> Tensor:
    """Another way to the same: the ordinary backward pass, cut at 0 behind every activation."""

    def cut(module: nn.Module, before: Any, after: Any) -> tuple[Tensor]:
        return (before[0].clamp_min(0),)

    own = network.replica()
    for module in own.modules():
        if type(module) in (nn.ReLU, nn.ReLU6):
            module.inplace = False  # type: ignore[assignment]
            module.register_full_backward_hook(cut)
    leaf = x.clone().requires_grad_(True)
    return torch.autograd.grad(own(leaf)[:, target].sum(), leaf)[0]


@pytest.mark.parametrize("kind", ["toy", "mobilenet", "efficientnet-lite0"])
def test_deep_networks_against_hooks(kind: str) -> None:
    torch.manual_seed(0)
    network: Any
    if kind == "toy":
        network, side = of_relu6(LayeredCNN(n_classes=5, width=6)), 16
    elif kind == "mobilenet":
        network, side = MobileNetV2(TorchvisionMobileNetV2(num_classes=5, width_mult=0.25)), 64
    else:
        network, side = zoo.build("efficientnet-lite0", n_classes=5), 64
    x = pictures(2, side=side, seed=4)
    if kind != "toy":  # batch norm as after training, but so wide that many numbers reach 6
        network.train()(pictures(8, side=side))
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.data *= 4
    network.freeze()
    reached: list[bool] = []
    watched = network.replica()
    for module in watched.modules():
        if isinstance(module, nn.ReLU6):
            module.register_forward_hook(lambda m, i, y: reached.append(bool((y == 6).any())))
    watched(x)
    assert any(reached), "or 6 would not be tested"
    ours = image.explain("guided_backprop", network, x, target=3).pixels
    assert ours is not None
    torch.testing.assert_close(ours, hooked(network, x, 3), rtol=1e-3, atol=1e-5)
    plain = image.explain("gradient", network, x, target=3).pixels
    assert not torch.allclose(ours, plain, rtol=1e-2)


@pytest.mark.parametrize("name", GUIDED)
def test_all_guided_methods_apply(name: str) -> None:
    network = of_relu6(LayeredCNN()).freeze()
    result = image.explain(name, network, pictures(1, side=16))
    assert result.problems == (None,)


@pytest.mark.parametrize("name", GUIDED)
@pytest.mark.parametrize("how", ["F.relu6", "F.hardtanh", "Hardtanh"])
def test_other_forms_of_it_are_refused(name: str, how: str) -> None:
    """One replaced, one not: the gradient would be guided in some layers only."""

    class Mixed(LayeredCNN):
        def features(self, x: Tensor) -> Tensor:
            found = super().features(x)
            if how == "F.relu6":
                return F.relu6(found)
            return F.hardtanh(found, 0, 6) if how == "F.hardtanh" else nn.Hardtanh(0, 6)(found)

    network = of_relu6(Mixed()).freeze()
    with pytest.raises(ValueError, match=r"is a ReLU or ReLU6 module, got one .* hardtanh|relu6"):
        image.explain(name, network, pictures(1, side=16))


def test_the_screen_says_what_happens_at_6() -> None:
    assert "between 0 and 6" in image.get("guided_backprop").description
