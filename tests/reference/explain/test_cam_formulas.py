"""HiResCAM, XGrad-CAM, Eigen-CAM: by hand, by their formulas in NumPy, and what they promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.toys.images import LayeredCNN, pictures
from trustai.explain import image
from trustai.explain.image.methods.eigen_cam import first_component
from trustai.explain.image.passes import Passes, enlarge
from trustai.zoo.classifier import Classifier, Stage

NAMES = ["hires_cam", "xgrad_cam", "eigen_cam"]


class TwoMaps(Classifier):
    """``logit_t = sum_k,ij v_t,k u_ij A_k,ij + b_t``, ``A = act(red, green)``, places weigh ``u``.

    So the gradient ``v_t,k u_ij`` differs from place to place.
    """

    stages = (Stage("act", "the maps"),)

    def __init__(self, act: nn.Module) -> None:
        super().__init__(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
        self.act = act
        self.linear = nn.Linear(2, 2)
        self.linear.weight.data.copy_(torch.tensor([[2.0, -1.0], [0.5, 3.0]]))
        self.linear.bias.data.copy_(torch.tensor([0.3, -0.7]))
        self.u = nn.Parameter(torch.tensor([[1.0, -2.0], [0.5, 3.0]]))

    def features(self, x: Tensor) -> Tensor:
        return (self.act(self.normalise(x)[:, :2] * 1) * self.u).sum((2, 3))

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


def parts(network: Classifier, x: Tensor, layer: str, target: int) -> tuple[Any, Any]:
    """Activation and gradient of a layer, as NumPy has them, ``(N, K, h, w)``."""
    found = Passes(network, x, target=torch.full((len(x),), target), seed=0).plain
    return found.activations[layer].double().numpy(), found.gradients[layer].double().numpy()


def coarse_by_formula(name: str, activation: Any, gradient: Any) -> Any:
    """The methods written as loops, one picture and one channel at a time."""
    maps = []
    for a, g in zip(activation, gradient, strict=True):
        if name == "hires_cam":
            maps.append(sum(g[k] * a[k] for k in range(len(a))))
        elif name == "xgrad_cam":
            total = np.zeros_like(a[0])
            for k in range(len(a)):
                if np.abs(a[k]).sum() > 0:
                    total += (a[k] / a[k].sum() * g[k]).sum() * a[k]
            maps.append(np.maximum(total, 0))
        else:
            rows = a.reshape(len(a), -1).T
            _, _, right = np.linalg.svd(rows, full_matrices=False)
            projected = rows @ right[0]
            projected = projected if projected.sum() >= 0 else -projected
            maps.append(np.maximum(projected, 0).reshape(a[0].shape))
    return torch.from_numpy(np.stack(maps)).float()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layer", ["body.1", "body.3"])
def test_the_formula_on_a_deep_network(
    network: Classifier, x: Tensor, name: str, layer: str
) -> None:
    coarse = coarse_by_formula(name, *parts(network, x, layer, 3))
    found = image.explain(name, network, x, target=3, layer=layer)
    torch.testing.assert_close(found.map, enlarge(coarse, x), rtol=1e-3, atol=1e-4)
    assert found.grid == coarse.shape[1:]


def test_hires_cam_by_hand() -> None:
    """Place by place, also what speaks against; the places sum to the logit without its bias."""
    network, x = TwoMaps(nn.ReLU(inplace=True)).freeze(), pictures(2, side=2)
    for target, (red, green) in enumerate([(2.0, -1.0), (0.5, 3.0)]):
        found = image.explain("hires_cam", network, x, target=target)
        expected = network.u * (red * x[:, 0] + green * x[:, 1])
        torch.testing.assert_close(found.map, expected)
        assert found.map.min() < 0
        logit = network.predict(x)[:, target]
        torch.testing.assert_close(found.map.sum((1, 2)) + network.linear.bias[target], logit)


def test_xgrad_cam_by_hand() -> None:
    network, x = TwoMaps(nn.ReLU()).freeze(), pictures(1, side=2)
    x[0, 1] = 0  # a channel that is silent has no weighted average, and no part in the map
    red = x[0, 0]
    weight = 2 * (network.u * red).sum() / red.sum()
    found = image.explain("xgrad_cam", network, x, target=0).map[0]
    torch.testing.assert_close(found, (weight * red).relu())


def test_xgrad_cam_without_its_relu_sums_to_gradient_times_activation(
    network: Classifier, x: Tensor
) -> None:
    activation, gradient = parts(network, x, "body.3", 1)
    coarse = image.get("xgrad_cam")
    whole = (activation * gradient).sum((1, 2, 3))
    weights = (activation * gradient).sum((2, 3)) / np.maximum(activation.sum((2, 3)), 1e-12)
    before = np.einsum("nk,nkhw->nhw", weights, activation)
    np.testing.assert_allclose(before.sum((1, 2)), whole, rtol=1e-6)
    found = image.explain(coarse.name, network, x, target=1, layer="body.3").map
    torch.testing.assert_close(
        found, enlarge(torch.from_numpy(before).float().relu(), x), rtol=1e-3, atol=1e-4
    )


def test_xgrad_cam_of_a_channel_that_cancels_is_finite() -> None:
    network, x = TwoMaps(nn.Identity()).freeze(), torch.full((1, 3, 2, 2), 0.5)
    network.mean[:] = torch.tensor([0.5, 0.0, 0.0]).view(1, 3, 1, 1)  # red becomes -.5, .5 around 0
    x[0, 0] = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    found = image.explain("xgrad_cam", network, x, target=1).map[0]
    green = 3 * network.u.mean() * x[0, 1]  # its weight is the plain mean: green is even
    torch.testing.assert_close(found, green.relu())


def test_eigen_cam_of_one_pattern_is_the_pattern() -> None:
    """Rank one: ``A_k = c_k P``, so the first component is ``P |c|`` and explains everything."""
    pattern = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.5, 0.0]])
    strengths = torch.tensor([3.0, 0.0, 4.0])
    projection, share = first_component((strengths.view(3, 1, 1) * pattern)[None])
    torch.testing.assert_close(projection[0], 5 * pattern)
    assert float(share) == pytest.approx(1)


def test_the_sign_of_eigen_cam_is_fixed() -> None:
    """Where all activations are positive the map is; of a turned activation it is the same map."""
    generator = torch.Generator().manual_seed(1)
    for shape in [(5, 4, 6), (40, 2, 3)]:  # more places than channels, and fewer
        positive = torch.rand((3, *shape), generator=generator)
        projection, share = first_component(positive)
        assert projection.min() > 0
        turned, same_share = first_component(-positive)
        torch.testing.assert_close(turned, projection)
        torch.testing.assert_close(share, same_share)
        mixed = torch.randn((3, *shape), generator=generator)
        assert first_component(mixed)[0].sum((1, 2)).min() >= 0


def test_eigen_cam_explains_the_share_that_it_says(network: Classifier, x: Tensor) -> None:
    activation, _ = parts(network, x, "body.3", 0)
    found = image.explain("eigen_cam", network, x, layer="body.3")
    for a, share in zip(activation, found.facts["explained_share"], strict=True):
        values = np.linalg.svd(a.reshape(len(a), -1), compute_uv=False)
        assert float(share) == pytest.approx(values[0] ** 2 / (values**2).sum(), rel=1e-5)
    assert torch.equal(found.map, image.explain("eigen_cam", network, x, target=2).map)
    assert "same for every class" in image.get("eigen_cam").description


def test_eigen_cam_of_a_dead_layer_is_diagnosed() -> None:
    network = LayeredCNN()
    network.body[3] = nn.Hardtanh(0, 0.0 + 1e-9)
    network.freeze()
    zero = torch.zeros(1, 2, 3, 3)
    projection, share = first_component(zero)
    assert projection.abs().max() == 0
    assert float(share) == 0
