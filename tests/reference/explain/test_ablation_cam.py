"""Ablation-CAM: channel by channel with whole passes, on every kind of network."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import DenseNet as TorchvisionDenseNet
from torchvision.models import MobileNetV2 as TorchvisionMobileNetV2
from torchvision.models import VisionTransformer as TorchvisionTransformer

from tests.toys.images import pictures
from trustai import zoo
from trustai.explain import image
from trustai.explain.image.methods.ablation_cam import AblationCAMParams
from trustai.explain.image.passes import enlarge
from trustai.explain.image.rest import split_at
from trustai.zoo.classifier import Classifier, Stage
from trustai.zoo.pretrained.torchvision_families import Convolutional, MobileNetV2
from trustai.zoo.pretrained.transformers import VisionTransformer


class TwoMaps(Classifier):
    """``logit_t = mean(v_t,0 A_0 + v_t,1 A_1) + b_t`` with the maps ``A = relu(red, green)``."""

    stages = (Stage("relu", "the maps"),)

    def __init__(self) -> None:
        super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
        self.relu = nn.ReLU(inplace=True)
        self.linear = nn.Linear(2, 3)
        self.linear.weight.data.copy_(torch.tensor([[2.0, -1.0], [0.5, 3.0], [1.0, 1.0]]))
        self.linear.bias.data.copy_(torch.tensor([0.25, 0.5, -9.0]))

    def features(self, x: Tensor) -> Tensor:
        return self.relu(self.normalise(x)[:, :2] * 1).mean((2, 3))

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


def test_by_hand() -> None:
    """The loss is what the channel adds; a negative logit does not turn the map around."""
    network, x = TwoMaps().freeze(), pictures(2, side=4)
    red, green = x[:, 0], x[:, 1]
    for target, (a, b, c) in enumerate([(2.0, -1.0, 0.25), (0.5, 3.0, 0.5), (1.0, 1.0, -9.0)]):
        first, second = (a * red.mean((1, 2)), b * green.mean((1, 2)))
        logit = (first + second + c).abs().view(-1, 1, 1)
        expected = first.view(-1, 1, 1) * red + second.view(-1, 1, 1) * green
        found = image.explain("ablation_cam", network, x, target=target)
        torch.testing.assert_close(found.map, expected.relu() / logit)
    assert found.map.min() > 0
    assert not found.signed


def network_of(kind: str) -> Classifier:
    torch.manual_seed(0)
    network: Any
    if kind == "densenet":
        inner = TorchvisionDenseNet(4, (2, 2), 8, num_classes=5)
        network = Convolutional(inner)
    elif kind == "mobilenet":
        network = MobileNetV2(TorchvisionMobileNetV2(num_classes=5, width_mult=0.1))
    elif kind == "resnet":
        network = zoo.build("resnet18-cifar", n_classes=5, width=4)
    else:
        inner = TorchvisionTransformer(32, 8, 3, 2, 8, 12, num_classes=5)
        inner.heads.head.weight.data.normal_()
        network = VisionTransformer(inner)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the statistics of this one batch, so that nothing fades out
    if kind != "vit":
        network.train()(pictures(8, side=32))
    return network.freeze()


def whole_passes(network: Classifier, x: Tensor, layer: str) -> Tensor:
    """The coarse maps of all classes ``(C, h, w)``, from one whole pass for each channel.

    They are not divided by the logit.
    """
    own, silent = network.replica(), -1
    for module in own.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
    kept: list[Tensor] = []

    def hook(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        if silent < 0:
            kept.append(output)
            return output
        output = output.clone()
        if output.ndim == 3:  # tokens: the first is the class token
            output[:, 1:, silent] = 0
        else:
            output[:, silent] = 0
        return output

    own.get_submodule(layer).register_forward_hook(hook)
    with torch.no_grad():
        (scores,) = own(x)
        activation = network.as_map(kept[0])[0]
        coarse = torch.zeros(len(scores), *activation.shape[1:])
        for silent in range(len(activation)):
            weights = scores - own(x)[0]
            coarse += weights[:, None, None] * activation[silent]
    return coarse.relu()


@pytest.mark.parametrize("kind", ["resnet", "densenet", "mobilenet", "vit"])
def test_against_whole_passes(kind: str) -> None:
    network, x = network_of(kind), pictures(1, side=32, seed=3)
    for stage in network.stages[:4]:  # the last one of a MobileNet has 1280 channels
        coarse = whole_passes(network, x, stage.name)
        target = int(coarse.amax((1, 2)).argmax())
        expected = enlarge(coarse[target : target + 1], x)
        assert expected.max() > 0, "or nothing would be compared"
        found = image.explain("ablation_cam", network, x, target=target, layer=stage.name)
        assert found.grid == coarse.shape[1:]
        logit = network.predict(x)[0, target].abs()
        torch.testing.assert_close(
            found.map * logit / expected.max(), expected / expected.max(), rtol=1e-3, atol=2e-3
        )


def test_of_few_channels_the_others_are_estimated(network: Classifier, x: Tensor) -> None:
    """The last layer of the toy is followed by averages only: to first order is exact there."""
    full = image.explain("ablation_cam", network, x, target=1)
    some = image.explain("ablation_cam", network, x, target=1, params=AblationCAMParams(channels=2))
    torch.testing.assert_close(some.map, full.map, rtol=1e-3, atol=1e-5)
    early = [
        image.explain(
            "ablation_cam", network, x, target=1, layer="body.1",
            params=AblationCAMParams(channels=channels),
        ).map
        for channels in (1, 3, 6, None)
    ]  # fmt: skip
    torch.testing.assert_close(early[2], early[3])
    assert not torch.allclose(early[0], early[3])


def test_only_what_comes_behind_the_layer_is_computed_again(network: Classifier, x: Tensor) -> None:
    computed: list[tuple[str, int]] = []

    class Counting(nn.Conv2d):
        label = ""

        def forward(self, x: Tensor) -> Tensor:
            computed.append((self.label, len(x)))
            return super().forward(x)

    counted = network.replica()
    for name, module in counted.named_modules():
        if isinstance(module, nn.Conv2d):
            module.__class__ = Counting
            module.label = name
    output, rest = split_at(counted, "body.1", x[:1])
    computed.clear()
    rest(output.repeat(7, 1, 1, 1))
    assert computed == [("body.2.conv", 7)] or [n for _, n in computed] == [7]
    torch.testing.assert_close(rest(output), network.predict(x[:1]))


def test_a_module_that_is_called_again_behind_the_layer_goes_on_working(x: Tensor) -> None:
    class Twice(Classifier):
        """One ReLU before the layer and behind it."""

        stages = (Stage("second", "the layer"),)

        def __init__(self) -> None:
            super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
            self.first, self.second = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1)
            self.relu, self.linear = nn.ReLU(), nn.Linear(4, 2)

        def features(self, x: Tensor) -> Tensor:
            return self.relu(self.second(self.relu(self.first(self.normalise(x))))).mean((2, 3))

        def head(self, features: Tensor) -> Tensor:
            return self.linear(features)

    torch.manual_seed(1)
    network = Twice().freeze()
    output, rest = split_at(network, "second", x[:1])
    none = rest(torch.zeros_like(output))
    torch.testing.assert_close(none[0], network.linear.bias)
    assert not torch.allclose(rest(output), none)


def test_a_network_that_cannot_be_cut_is_a_fault(x: Tensor) -> None:
    class Again(TwoMaps):
        """The layer answers twice in a pass, and differently."""

        def features(self, x: Tensor) -> Tensor:
            return self.relu(self.relu(self.normalise(x)[:, :2]) - 0.5).mean((2, 3))

    with pytest.raises(RuntimeError, match="cannot be cut at relu"):
        split_at(Again().freeze(), "relu", x[:1])


def test_no_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="expected channels to be at least 1, got 0"):
        AblationCAMParams(channels=0)
