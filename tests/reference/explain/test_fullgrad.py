"""FullGrad: completeness on networks that are linear in pieces, and the map by its formula."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import DenseNet as TorchvisionDenseNet
from torchvision.models import MobileNetV2 as TorchvisionMobileNetV2
from torchvision.models import VisionTransformer as TorchvisionTransformer

from tests.toys.images import LayeredCNN, TinyCNN, pictures
from trustai import zoo
from trustai.explain import image
from trustai.explain.image.methods.fullgrad import bias_of, rescaled
from trustai.explain.image.passes import enlarge
from trustai.zoo.classifier import Classifier
from trustai.zoo.pretrained.torchvision_families import Convolutional, MobileNetV2
from trustai.zoo.pretrained.transformers import VisionTransformer


class ByHand(Classifier):
    """``logit_t = v_t mean(act(bn(conv(z)))) + b_t``, every module with a bias."""

    def __init__(self, act: nn.Module) -> None:
        super().__init__(mean=(0.2, 0.4, 0.6), std=(0.1, 0.2, 0.1))
        torch.manual_seed(0)
        self.conv, self.bn, self.act = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4, eps=0.01), act
        self.linear = nn.Linear(4, 2)
        with torch.no_grad():
            self.bn.weight.copy_(torch.tensor([1.0, -2.0, 3.0, 0.5]))
            self.bn.bias.copy_(torch.tensor([0.5, 4.0, -0.5, 5.5]))
            self.bn.running_mean.copy_(torch.tensor([0.3, -0.2, 0.1, 0.0]))
            self.bn.running_var.copy_(torch.tensor([1.5, 0.5, 0.2, 2.0]))

    def features(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(self.normalise(x)))).mean((2, 3))

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


@pytest.mark.parametrize("act", [nn.ReLU(inplace=True), nn.ReLU6(inplace=True)])
def test_the_parts_by_hand(act: nn.Module) -> None:
    """Every gradient and bias written out; the sum of all parts is the logit."""
    network, x, target = ByHand(act).freeze(), pictures(2, side=4), 1
    end = 6.0 if isinstance(act, nn.ReLU6) else float("inf")
    z = network.normalise(x)
    convolved, bn = network.conv(z), network.bn
    normed = bn(convolved)
    scale = (bn.weight / (bn.running_var + bn.eps).sqrt()).view(1, 4, 1, 1)
    passes = (normed > 0) & (normed < end)
    of_act = network.linear.weight[target].view(1, 4, 1, 1).expand_as(normed) / 16
    of_bn = of_act * passes
    of_conv = of_bn * scale
    of_z = torch.einsum("nkhw,kc->nchw", of_conv, network.conv.weight[:, :, 0, 0])
    implicit = bn.bias.view(1, 4, 1, 1) - scale * bn.running_mean.view(1, 4, 1, 1)
    parts = [of_z * z, of_conv * network.conv.bias.view(1, 4, 1, 1), of_bn * implicit]
    if end == 6:
        assert (normed >= 6).any(), "or 6 would not be tested"
        parts.append(of_act * 6 * (normed >= 6))
    total = sum(part.sum((1, 2, 3)) for part in parts) + network.linear.bias[target]
    torch.testing.assert_close(total, network.predict(x)[:, target])
    expected = sum(enlarge(rescaled(part).sum(1), x) for part in parts)
    found = image.explain("fullgrad", network, x, target=target)
    torch.testing.assert_close(found.map, expected, rtol=1e-4, atol=1e-5)
    assert float(found.facts["completeness_gap"].max()) < 1e-5


class Hidden(Classifier):
    """Linear layers and a pooling of maxima behind the maps."""

    def __init__(self) -> None:
        super().__init__(mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2))
        self.body = nn.Sequential(
            nn.Conv2d(3, 6, 3), nn.ReLU(inplace=True), nn.MaxPool2d(5), nn.Flatten(),
            nn.Linear(216, 20), nn.ReLU6(inplace=True), nn.Dropout(),
        )  # fmt: skip
        self.last = nn.Linear(20, 5)

    def features(self, x: Tensor) -> Tensor:
        return self.body(self.normalise(x))

    def head(self, features: Tensor) -> Tensor:
        return self.last(features)


def network_of(kind: str) -> Classifier:
    torch.manual_seed(0)
    network: Any
    if kind == "tiny":
        return TinyCNN().freeze()
    if kind == "resnet":
        network = zoo.build("resnet18-cifar", n_classes=5, width=8)
    elif kind == "linear":
        network = Hidden()
    elif kind == "densenet":  # a function F.relu among the modules
        network = Convolutional(TorchvisionDenseNet(4, (2, 2), 8, num_classes=5))
    elif kind == "mobilenet":
        network = MobileNetV2(TorchvisionMobileNetV2(num_classes=5, width_mult=0.25))
    else:
        network = zoo.build("efficientnet-lite0", n_classes=5)
    network.train()
    with torch.no_grad():
        network(pictures(8, side=32))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # biases that count, and numbers that reach 6
            nn.init.normal_(module.bias, 1.0)
            nn.init.uniform_(module.weight, 1.0, 3.0)
    return network.freeze()


@pytest.mark.parametrize(
    "kind", ["tiny", "resnet", "linear", "densenet", "mobilenet", "efficientnet-lite0"]
)
def test_completeness(kind: str) -> None:
    network, x = network_of(kind), pictures(2, side=32, seed=1)
    for target in (1, 4):
        found = image.explain("fullgrad", network, x, target=target)
        assert float(found.facts["completeness_gap"].max()) < 1e-4
        assert found.problems == (None, None)
        assert found.map.min() >= 0


def test_something_that_is_not_affine_shows_in_the_gap() -> None:
    class Functional(LayeredCNN):
        def features(self, x: Tensor) -> Tensor:
            return F.softplus(super().features(x))

    x = pictures(2, side=16)
    gap = image.explain("fullgrad", Functional().freeze(), x).facts["completeness_gap"]
    assert float(gap.min()) > 0.01
    network = LayeredCNN()
    network.body[1], network.body[3] = nn.Softplus(), nn.SiLU()  # as modules they have a bias
    gap = image.explain("fullgrad", network.freeze(), x).facts["completeness_gap"]
    assert float(gap.max()) < 1e-4


@pytest.mark.parametrize(
    "act", [nn.ReLU6(), nn.SiLU(), nn.GELU(), nn.Sigmoid(), nn.Hardswish(), nn.ELU(), nn.Tanh()]
)
def test_the_bias_of_an_activation_is_what_its_slope_leaves(act: nn.Module) -> None:
    x = torch.linspace(-8, 8, 33).add(0.03).view(1, -1)
    step = 1e-4
    slope = (act(x.double() + step) - act(x.double() - step)) / (2 * step)
    expected = act(x.double()) - slope * x
    found = bias_of(act, x, act(x))
    assert found is not None
    torch.testing.assert_close(found.double(), expected, rtol=1e-3, atol=1e-5)
    assert bias_of(nn.ReLU(), x, x.relu()) is None


@pytest.mark.parametrize("affine", [True, False])
def test_the_implicit_bias_of_batch_norm_is_what_it_makes_of_zero(affine: bool) -> None:
    norm = nn.BatchNorm2d(3, affine=affine)
    norm.train()(torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(0)) * 2 + 1)
    norm.eval()
    zero = torch.zeros(1, 3, 2, 2)
    bias = bias_of(norm, zero, norm(zero))
    assert bias is not None
    torch.testing.assert_close(bias.expand(1, 3, 2, 2), norm(zero))


def test_a_transformer_is_refused() -> None:
    network = VisionTransformer(TorchvisionTransformer(16, 4, 2, 2, 8, 12, num_classes=5)).freeze()
    with pytest.raises(ValueError, match=r"expected a network of conv.*(LayerNorm|Multi)"):
        image.explain("fullgrad", network, pictures(1, side=16))
