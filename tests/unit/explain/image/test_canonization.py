"""Networks rebuilt for captum's hooks: the same function, or one sentence that refuses."""

from __future__ import annotations

import copy
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from tests.toys import captum as toys
from tests.toys.images import pictures
from tests.unit.zoo.test_imagenet import MAKERS, drawn
from trustai import zoo
from trustai.explain import image
from trustai.explain.image.canonization import Canonized, Rules
from trustai.explain.image.methods.deep_lift import RescaleRules
from trustai.zoo.classifier import Classifier

KINDS = [toys.Plain, toys.Functional, toys.Reusing, toys.Residual, toys.Overlapping]
METHODS = ["deep_lift", "lrp"]


@pytest.fixture(scope="module")
def x() -> Tensor:
    return pictures(2, side=toys.SIDE, seed=1)


def same_function(network: Classifier, x: Tensor) -> Canonized:
    normalised = network.normalise(x)
    rebuilt = Canonized(network, normalised, RescaleRules())
    for pixels in (normalised, normalised.flip(0), normalised):  # and again, and again
        expected = network.predict(pixels * network.std + network.mean)
        torch.testing.assert_close(rebuilt(pixels).detach(), expected, rtol=1e-4, atol=1e-5)
    return rebuilt


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_same_function(kind: type[toys.Plain], x: Tensor) -> None:
    network = kind().freeze()
    before = copy.deepcopy(network)
    rebuilt = same_function(network, x)
    assert sum(type(m) is nn.ReLU for m in rebuilt.modules()) >= 2, "one for each place"
    assert str(network) == str(before), "the shared one is as it was"
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


@pytest.mark.parametrize("name", ["vgg", "resnet", "mobilenet", "squeezenet", "densenet"])
def test_torchvisions_families_are_the_same_function(name: str) -> None:
    family, make, _ = MAKERS[name]
    same_function(family(drawn(make())).freeze(), pictures(1, side=64))


def test_our_own_are_the_same_function() -> None:
    for architecture in ("resnet18-cifar", "efficientnet-lite0"):
        network = zoo.build(architecture, n_classes=4).freeze()
        assert isinstance(network, Classifier)
        same_function(network, pictures(1, side=64))


class Watched(Rules):
    """Notes what it is asked about."""

    title = "the test"
    elementwise: ClassVar[frozenset[type[nn.Module]]] = frozenset([nn.ReLU])

    def __init__(self) -> None:
        self.sums: list[tuple[int, ...]] = []

    def layer(self, module: nn.Module) -> nn.Module | None:
        return None if isinstance(module, nn.LayerNorm) else module

    def total(self) -> nn.Module:
        return Sum(self.sums)


class Sum(nn.Module):
    def __init__(self, seen: list[tuple[int, ...]]) -> None:
        super().__init__()
        self.seen = seen

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        self.seen.append(tuple(a.shape))
        return a + b


def test_sums_go_through_the_modules_of_the_rules(x: Tensor) -> None:
    rules, network = Watched(), toys.Residual().freeze()
    rebuilt = Canonized(network, network.normalise(x), rules)
    assert rules.sums == [], "the first pass only watches"
    for n in (1, 2):
        with torch.set_grad_enabled(n == 2):
            rebuilt(network.normalise(x).requires_grad_(True))
        assert rules.sums == [(2, 4, 6, 6)] * n


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (toys.Gated, "mul|sigmoid"),
        (toys.Normed, "LayerNorm"),
        (toys.SharedWeights, "the same Conv2d in 2 places"),
    ],
)
def test_what_has_no_rule_is_refused(
    kind: type[toys.Plain], what: str, method: str, x: Tensor
) -> None:
    title = image.get(method).title
    with pytest.raises(ValueError, match=rf"all of whose layers {title} has a rule.*({what}):"):
        image.explain(method, kind().freeze(), x)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("architecture", ["torchvision", "timm"])
def test_transformers_are_refused(method: str, architecture: str) -> None:
    name = "vit_b_16" if architecture == "torchvision" else "vit_tiny_patch16_224"
    network = zoo.build(architecture, network=name, n_classes=3).freeze()
    assert isinstance(network, Classifier)
    with pytest.raises(ValueError, match="has a rule, got one with LayerNorm"):
        image.explain(method, network, pictures(1, side=224), target=0)


def test_lrp_has_no_rule_for_gelu(x: Tensor) -> None:
    network = toys.Plain(nn.GELU).freeze()
    with pytest.raises(ValueError, match="LRP has a rule, got one with GELU"):
        image.explain("lrp", network, x)
    assert image.explain("deep_lift", network, x).facts["completeness_gap"].max() < 1e-4
