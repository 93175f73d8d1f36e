"""LRP against the epsilon rule by hand, and against captum where captum is right."""

from __future__ import annotations

import captum.attr
import pytest
import torch
from torch import Tensor, nn

from tests.toys import captum as toys
from tests.toys.images import pictures
from trustai import zoo
from trustai.explain import image
from trustai.explain.image.methods.lrp import LrpParams
from trustai.zoo.classifier import Classifier


@pytest.fixture(scope="module")
def x() -> Tensor:
    return pictures(3, side=toys.SIDE, seed=1)


def stabilised(z: Tensor, epsilon: float) -> Tensor:
    return z + epsilon * torch.where(z < 0, -1.0, 1.0)


@pytest.mark.parametrize("epsilon", [1e-6, 0.5])
@pytest.mark.parametrize("activation", [nn.ReLU(), nn.ReLU6()])
def test_the_epsilon_rule_by_hand(activation: nn.Module, epsilon: float) -> None:
    network, target = toys.Dense(activation).freeze(), 1
    x = pictures(2, side=2, seed=3)
    params = LrpParams(epsilon=epsilon)
    ours = image.explain("lrp", network, x, target=target, params=params)
    z = network.first(x.flatten(1))
    a, logit = activation(z), network(x)[:, target]
    if isinstance(activation, nn.ReLU6):
        assert (z > 6).any()
    hidden = a * network.last.weight[target] * (logit / stabilised(logit, epsilon))[:, None]
    passed_on = (hidden / stabilised(z, epsilon)) @ network.first.weight
    by_hand = (x.flatten(1) * passed_on).view_as(x)
    torch.testing.assert_close(ours.pixels, by_hand, rtol=1e-3, atol=1e-4)
    lost = 1 - by_hand.sum((1, 2, 3)) / logit
    torch.testing.assert_close(ours.facts["not_conserved"], lost, rtol=1e-3, atol=1e-4)


def test_is_captums_where_every_operation_is_a_module(x: Tensor) -> None:
    network = toys.Plain().freeze()
    body = nn.Sequential(network.conv1, network.act1, network.pool, network.conv2, network.act2,
                         network.average, nn.Flatten(), network.linear)  # fmt: skip
    body[6].rule = captum.attr._utils.lrp_rules.EpsilonRule()
    pixels = network.normalise(x).requires_grad_(True)
    theirs = captum.attr.LRP(body).attribute(pixels, target=2)
    ours = image.explain("lrp", network, x, target=2)
    torch.testing.assert_close(ours.pixels, theirs.detach(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", [toys.Functional, toys.Reusing])
def test_the_way_it_is_written_does_not_matter(kind: type[toys.Plain], x: Tensor) -> None:
    ours = image.explain("lrp", kind().freeze(), x, target=2)
    plain = image.explain("lrp", toys.Plain().freeze(), x, target=2)
    torch.testing.assert_close(ours.pixels, plain.pixels)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.ReLU6])
@pytest.mark.parametrize("kind", [toys.Plain, toys.Functional, toys.Reusing, toys.Residual])
def test_without_biases_relevance_is_conserved(
    kind: type[toys.Plain], activation: type[nn.Module], x: Tensor
) -> None:
    network = kind(activation, bias=False).freeze()
    found = image.explain("lrp", network, x, target=1)
    torch.testing.assert_close(
        found.pixels.sum((1, 2, 3)), network.predict(x)[:, 1], rtol=1e-3, atol=1e-4
    )
    assert found.facts["not_conserved"].abs().max() < 1e-3


def test_captum_doubles_relevance_at_a_sum(x: Tensor) -> None:
    """Why sums are rebuilt as modules: as functions they give both branches all of it."""
    network = toys.Residual(bias=False).freeze().replica()
    pixels = network.normalise(x).requires_grad_(True)
    network.normalise = lambda x: x  # type: ignore[method-assign]
    theirs = captum.attr.LRP(network).attribute(pixels, target=1).sum((1, 2, 3))
    assert not torch.allclose(theirs.detach(), network(pixels)[:, 1], rtol=0.1)


def test_relevance_of_a_residual_block_by_hand() -> None:
    """``logit = sum a_i + v a``: each branch gets its part of the sum."""

    class Two(Classifier):
        def __init__(self) -> None:
            super().__init__(mean=(0.0,) * 3, std=(1.0,) * 3)
            self.branch = nn.Conv2d(3, 3, 1, bias=False)
            self.last = nn.Linear(3, 2, bias=False)
            self.branch.weight.data = torch.diag(torch.tensor([1.0, -0.5, 3.0]))[:, :, None, None]
            self.last.weight.data = torch.tensor([[1.0, 2.0, -1.0], [0.5, 1.0, 1.0]])

        def features(self, x: Tensor) -> Tensor:
            x = self.normalise(x)
            return (x + self.branch(x)).flatten(1)

        def head(self, features: Tensor) -> Tensor:
            return self.last(features)

    x = torch.tensor([0.5, 0.25, 0.125]).view(1, 3, 1, 1)
    found = image.explain("lrp", Two().freeze(), x, target=0)
    # Sums: 1, 0.125, 0.5; relevances 1, 0.25, -0.5; each colour reaches its own sum only.
    torch.testing.assert_close(found.pixels.flatten(), torch.tensor([1.0, 0.25, -0.5]))


def test_batch_norm_is_folded_before() -> None:
    """Of a norm that only scales, nothing is lost."""
    network = zoo.build("resnet18-cifar", n_classes=4, width=8, mean=(0.0,) * 3, std=(1.0,) * 3)
    assert isinstance(network, Classifier)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(0.7)
        if isinstance(module, nn.Linear):
            module.bias.data.zero_()
    network.freeze()
    found = image.explain("lrp", network, pictures(2, side=32), target=1)
    assert found.facts["not_conserved"].abs().max() < 0.01


def test_relu_networks_have_nearly_gradient_x_normalised_input() -> None:
    network = zoo.load("signs-resnet18", kind=Classifier)
    x = pictures(1, side=64)
    found = image.explain("lrp", network, x, target=1)
    gradient = image.explain("gradient", network, x, target=1).pixels
    assert found.pixels is not None
    assert gradient is not None
    expected = network.normalise(x) * network.std * gradient
    both = torch.stack([found.pixels.flatten(), expected.flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.99


def test_no_weight_is_written(x: Tensor) -> None:
    """captum restores what it changed by writing; here nothing was, and others are reading."""
    network = toys.Plain().freeze()
    before = [p._version for p in network.parameters()]
    image.explain("lrp", network, x, target=1)
    assert [p._version for p in network.parameters()] == before


@pytest.mark.parametrize("epsilon", [0.0, -1.0, float("nan")])
def test_epsilon_is_positive(epsilon: float) -> None:
    with pytest.raises(ValueError, match="epsilon"):
        LrpParams(epsilon=epsilon)
