"""Ours against captum on the same pictures and weights, and against hand computation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.toys.images import TinyCNN, pictures, two_classes
from trustai import zoo
from trustai.explain import image
from trustai.explain.image.methods.integrated_gradients import IntegratedGradientsParams
from trustai.explain.image.methods.smoothgrad import SmoothGradParams
from trustai.explain.image.passes import enlarge
from trustai.zoo.classifier import Classifier

captum = pytest.importorskip("captum.attr")
# What captum says of its own hooks on our replicas.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:captum")


@pytest.fixture(scope="module", params=["tiny", "resnet18"])
def subject(request: pytest.FixtureRequest) -> tuple[Classifier, Tensor, Tensor]:
    """A network in eval mode, pictures, and a target that is not always the predicted class."""
    if request.param == "tiny":
        network: Any = TinyCNN()
    else:
        torch.manual_seed(0)
        network = zoo.build("resnet18-cifar", n_classes=5, width=16)
        # Batch norm as after training, or every layer would be centred.
        network.train()
        with torch.no_grad():
            network(pictures(32, side=32))
    network.freeze()
    x = pictures(3, side=32, seed=3)
    return network, x, torch.tensor([0, 3, 1])


def last_layer(network: Classifier) -> nn.Module:
    return network.get_submodule(network.stages[-1].name)


def test_gradient_is_captums_saliency(subject: Any) -> None:
    network, x, target = subject
    ours = image.explain("gradient", network, x, target=target)
    theirs = captum.Saliency(network).attribute(x.clone(), target=target, abs=False)
    torch.testing.assert_close(ours.pixels, theirs)
    torch.testing.assert_close(ours.map, theirs.abs().amax(1))


def test_gradient_x_input_is_captums(subject: Any) -> None:
    network, x, target = subject
    ours = image.explain("gradient_x_input", network, x, target=target)
    theirs = captum.InputXGradient(network).attribute(x.clone(), target=target)
    torch.testing.assert_close(ours.pixels, theirs)


@pytest.mark.parametrize("steps", [1, 8, 50])
def test_integrated_gradients_is_captums(subject: Any, steps: int) -> None:
    network, x, target = subject
    params = IntegratedGradientsParams(steps=steps)
    ours = image.explain("integrated_gradients", network, x, target=target, params=params)
    theirs = captum.IntegratedGradients(network).attribute(
        x.clone(), target=target, n_steps=steps, method="gausslegendre"
    )
    torch.testing.assert_close(ours.pixels, theirs.float(), atol=1e-5, rtol=1e-3)


def test_guided_backprop_is_captums(subject: Any) -> None:
    network, x, target = subject
    ours = image.explain("guided_backprop", network, x, target=target)
    theirs = captum.GuidedBackprop(network.replica()).attribute(x.clone(), target=target)
    torch.testing.assert_close(ours.pixels, theirs)
    plain = image.explain("gradient", network, x, target=target)
    assert not torch.allclose(ours.pixels, plain.pixels)


def resnet(subject: Any) -> tuple[Classifier, Tensor, Tensor]:
    if not subject[0].stages:
        pytest.skip("the toy names no layers")
    return subject


@pytest.mark.parametrize("stage", range(5))
def test_grad_cam_is_captums(subject: Any, stage: int) -> None:
    network, x, target = resnet(subject)
    name = network.stages[stage].name
    ours = image.explain("grad_cam", network, x, target=target, layer=name)
    method = captum.LayerGradCam(network, network.get_submodule(name))
    theirs = method.attribute(x.clone(), target=target, relu_attributions=True)
    torch.testing.assert_close(ours.map, enlarge(theirs[:, 0], x))
    assert ours.layer == name
    assert ours.grid == theirs.shape[2:]


def test_guided_grad_cam_is_captums_with_the_papers_bilinear_enlargement(subject: Any) -> None:
    network, x, target = resnet(subject)
    ours = image.explain("guided_grad_cam", network, x, target=target)
    own = network.replica()
    theirs = captum.GuidedGradCam(own, last_layer(own)).attribute(
        x.clone(), target=target, interpolate_mode="bilinear"
    )
    torch.testing.assert_close(ours.pixels, theirs)


def test_smoothgrad_is_captums_noise_tunnel_on_average(subject: Any) -> None:
    """Other random numbers, so: the mean of many agrees far better than it does with one draw."""
    network, x, target = subject
    x, target = x[:1], target[:1]
    sigma = 0.1
    params = SmoothGradParams(n=300, sigma=sigma)
    ours = image.explain("smoothgrad", network, x, target=target, params=params).pixels
    torch.manual_seed(0)
    theirs = captum.NoiseTunnel(captum.Saliency(network)).attribute(
        x.clone(), nt_type="smoothgrad", nt_samples=300, nt_samples_batch_size=50, abs=False,
        stdevs=sigma * float(x.max() - x.min()), target=target,
    )  # fmt: skip
    both = torch.stack([ours.flatten(), theirs.flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.97
    single = image.explain(
        "smoothgrad", network, x, target=target, params=SmoothGradParams(n=1, sigma=sigma)
    ).pixels
    apart = (single - theirs).norm()
    assert (ours - theirs).norm() < 0.5 * apart


# -- by hand ---------------------------------------------------------------------------------


def test_on_a_linear_network_everything_is_its_weights() -> None:
    network, w = two_classes()
    x = pictures(2, side=4)
    weights = (w / 2).view(1, 3, 4, 4).expand(2, 3, 4, 4)
    gradient = image.explain("gradient", network, x, target=1)
    torch.testing.assert_close(gradient.pixels, weights)
    product = image.explain("gradient_x_input", network, x, target=1)
    torch.testing.assert_close(product.map, (weights * x).sum(1))
    whole = image.explain("integrated_gradients", network, x, target=1)
    torch.testing.assert_close(whole.map, (weights * x).sum(1))
    assert float(whole.facts["completeness_gap"].max()) < 1e-5
    smooth = image.explain("smoothgrad", network, x, target=1)
    torch.testing.assert_close(smooth.pixels, weights)


class TwoMaps(Classifier):
    """``logits_t = mean(v_t,0 A_0 + v_t,1 A_1)`` with the maps ``A = relu(red), relu(green)``."""

    stages = (zoo.Stage("relu", "the maps"),)

    def __init__(self, v: Tensor) -> None:
        super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
        self.relu = nn.ReLU(inplace=True)
        self.linear = nn.Linear(2, len(v), bias=False)
        self.linear.weight.data.copy_(v)

    def features(self, x: Tensor) -> Tensor:
        return self.relu(self.normalise(x)[:, :2] * 1).mean((2, 3))

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


def test_the_cams_by_hand() -> None:
    v = torch.tensor([[2.0, -1.0], [0.5, 3.0]])
    network = TwoMaps(v).freeze()
    x = pictures(2, side=4)
    maps, places = x[:, :2], 16
    for target in (0, 1):
        cam = image.explain("grad_cam", network, x, target=target).map
        expected = (v[target].view(1, 2, 1, 1) / places * maps).sum(1).relu()
        torch.testing.assert_close(cam, expected)
        layer_cam = image.explain("layer_cam", network, x, target=target).map
        positive = (v[target].relu().view(1, 2, 1, 1) / places * maps).sum(1)
        torch.testing.assert_close(layer_cam, positive)
        plus = image.explain("grad_cam_pp", network, x, target=target).map
        g = v[target].view(1, 2, 1, 1).expand_as(maps) / places
        alpha = g**2 / (2 * g**2 + maps.sum((2, 3), keepdim=True) * g**3)
        weights = (alpha * g.relu()).sum((2, 3), keepdim=True)
        torch.testing.assert_close(plus, (weights * maps).sum(1).relu())


def test_guided_backprop_by_hand() -> None:
    """A negative weight argues against: nothing of it comes back through the ReLU."""
    network = TwoMaps(torch.tensor([[2.0, -1.0], [0.5, 3.0]])).freeze()
    x = pictures(1, side=4, low=0.1)
    guided = image.explain("guided_backprop", network, x, target=0).pixels
    assert torch.allclose(guided[:, 0], torch.tensor(2 / 16))
    assert guided[:, 1:].abs().max() == 0
    plain = image.explain("gradient", network, x, target=0).pixels
    assert torch.allclose(plain[:, 1], torch.tensor(-1 / 16))
