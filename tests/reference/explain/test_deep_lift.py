"""DeepLIFT against the rescale rule by hand, and against captum where captum is right."""

from __future__ import annotations

from collections.abc import Callable

import captum.attr
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.toys import captum as toys
from tests.toys.images import pictures
from trustai import zoo
from trustai.explain import image
from trustai.explain.image.baselines import BASELINES, Baseline
from trustai.explain.image.methods.deep_lift import DeepLiftParams, Windows
from trustai.zoo.classifier import Classifier


@pytest.fixture(scope="module")
def x() -> Tensor:
    return pictures(3, side=toys.SIDE, seed=1)


def captums(network: Classifier, x: Tensor, target: int) -> Tensor:
    """captum's own attributions, from black."""
    method = captum.attr.DeepLift(network.replica(), eps=1e-6)
    return method.attribute(x.clone().requires_grad_(True), target=target).detach()


@pytest.mark.parametrize("baseline", ["black", "white"])
@pytest.mark.parametrize(
    "activation", [nn.ReLU(), nn.ReLU6(), nn.GELU(), nn.SiLU(), nn.Hardswish(), nn.Tanh()]
)
def test_the_rescale_rule_by_hand(activation: nn.Module, baseline: Baseline) -> None:
    network = toys.Dense(activation).freeze()
    x, target = pictures(2, side=2, seed=3), 1
    start = torch.full_like(x, 0.0 if baseline == "black" else 1.0)
    params = DeepLiftParams(baseline=baseline)
    ours = image.explain("deep_lift", network, x, target=target, params=params)
    z, z0 = network.first(x.flatten(1)), network.first(start.flatten(1))
    if isinstance(activation, nn.ReLU6):
        assert (z > 6).any(), "where a ReLU would be another function"
    multiplier = network.last.weight[target] * (activation(z) - activation(z0)) / (z - z0)
    by_hand = ((x - start).flatten(1) * (multiplier @ network.first.weight)).view_as(x)
    torch.testing.assert_close(ours.pixels, by_hand, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(ours.map, by_hand.sum(1), rtol=1e-3, atol=1e-4)


def test_is_captums_where_every_operation_is_a_module(x: Tensor) -> None:
    """And where no pooling meets the very tensor that a ReLU gave."""
    ours = image.explain("deep_lift", toys.Plain().freeze(), x, target=2)
    theirs = [captums(toys.Apart().freeze(), one[None], 2) for one in x]
    torch.testing.assert_close(ours.pixels, torch.cat(theirs))


@pytest.mark.parametrize("kind", [toys.Functional, toys.Reusing])
def test_the_way_it_is_written_does_not_matter(kind: type[toys.Plain], x: Tensor) -> None:
    ours = image.explain("deep_lift", kind().freeze(), x, target=2)
    plain = image.explain("deep_lift", toys.Plain().freeze(), x, target=2)
    torch.testing.assert_close(ours.pixels, plain.pixels)


def test_what_captum_does_with_these_networks(x: Tensor) -> None:
    """Why they are rebuilt: what its hooks do not see is passed over without an error."""
    x = x[:1]
    right = captums(toys.Apart().freeze(), x, 2)
    assert not torch.allclose(captums(toys.Plain().freeze(), x, 2), right, rtol=0.1)
    assert not torch.allclose(captums(toys.Functional().freeze(), x, 2), right, rtol=0.1)
    with pytest.raises(RuntimeError, match="being used more than once"):
        captums(toys.Reusing().freeze(), x, 2)


@pytest.mark.parametrize(
    "make",
    [toys.Plain, toys.Functional, toys.Reusing, toys.Residual, toys.Overlapping,
     lambda: toys.Plain(nn.ReLU6), lambda: toys.Plain(nn.SiLU)],
)  # fmt: skip
@pytest.mark.parametrize("baseline", BASELINES)
def test_attributions_sum_to_the_difference(
    make: Callable[[], toys.Plain], baseline: Baseline, x: Tensor
) -> None:
    network = make().freeze()
    params = DeepLiftParams(baseline=baseline)
    found = image.explain("deep_lift", network, x, target=1, params=params)
    assert found.facts["completeness_gap"].max() < 1e-3
    if baseline == "black":
        difference = (network.predict(x) - network.predict(torch.zeros_like(x)))[:, 1]
        torch.testing.assert_close(found.map.sum((1, 2)), difference, rtol=1e-3, atol=1e-4)


def test_captum_loses_some_where_windows_overlap(x: Tensor) -> None:
    class ApartOverlapping(toys.Apart, toys.Overlapping):
        pass

    network = ApartOverlapping().freeze()
    difference = (network.predict(x) - network.predict(torch.zeros_like(x)))[:, 1]
    theirs = captums(network, x, 1).sum((1, 2, 3))
    assert not torch.allclose(theirs, difference, rtol=0.01)


@pytest.mark.parametrize(
    ("size", "stride", "padding", "ceil_mode"),
    [(2, 2, 0, False), (3, 2, 1, False), (3, 2, 0, True), (3, 1, 1, False), (2, 3, 0, True),
     ((2, 3), (1, 2), (1, 0), False)],
)  # fmt: skip
def test_windows_side_by_side_pool_to_the_same(
    size: int, stride: int, padding: int, ceil_mode: bool
) -> None:
    x = torch.randn(2, 3, 10, 11, generator=torch.Generator().manual_seed(0))
    pool = nn.MaxPool2d(size, stride, padding, ceil_mode=ceil_mode)
    assert torch.equal(F.max_pool2d(Windows(pool)(x), size), pool(x))


@pytest.mark.slow
@pytest.mark.parametrize("model_id", ["photo-resnet18", "imagenet-efficientnet-lite0"])
def test_attributions_sum_to_the_difference_of_networks_of_photographs(model_id: str) -> None:
    network = zoo.load(model_id, kind=Classifier)
    assert network.card is not None
    found = image.explain("deep_lift", network, pictures(1, side=network.card.input_size), target=1)
    assert found.facts["completeness_gap"].max() < 1e-3
