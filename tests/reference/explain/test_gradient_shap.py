"""GradientSHAP against captum's, whose random numbers are replaced by ours, and its limits."""

from __future__ import annotations

import captum.attr
import numpy as np
import pytest
import torch
from torch import Tensor

from tests.toys import captum as toys
from tests.toys.images import pictures, two_classes
from trustai.explain import image
from trustai.explain.image.baselines import BASELINES, baseline_pictures
from trustai.explain.image.methods import gradient_shap
from trustai.explain.image.methods.gradient_shap import GradientShapParams


@pytest.fixture(scope="module")
def x() -> Tensor:
    return pictures(2, side=toys.SIDE, seed=1)


def test_is_captums_with_the_same_draws(x: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    network, n, seed = toys.Plain().freeze(), 5, 3
    params = GradientShapParams(n=n, sigma=0)
    ours = image.explain("gradient_shap", network, x, target=1, seed=seed, params=params)
    generator = torch.Generator().manual_seed(seed)
    kinds = torch.randint(len(BASELINES), (n,), generator=generator).tolist()
    total = torch.zeros_like(x)
    for kind, share in zip(kinds, torch.rand(n, generator=generator).tolist(), strict=True):
        for i in range(len(x)):
            one = x[i : i + 1]
            start = baseline_pictures(network, one, BASELINES[kind])
            monkeypatch.setattr(np.random, "uniform", lambda *_, share=share: np.array([share]))
            method = captum.attr.GradientShap(network.replica())
            total[i] += method.attribute(one.clone(), start, n_samples=1, target=1)[0] / n
    torch.testing.assert_close(ours.pixels, total, rtol=1e-3, atol=1e-5)


def test_from_one_baseline_it_nears_integrated_gradients(
    x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = toys.Plain().freeze()
    exact = captum.attr.IntegratedGradients(network).attribute(x.clone(), target=1, n_steps=200)
    monkeypatch.setattr(gradient_shap, "BASELINES", ("black",))

    def error(n: int) -> float:
        params = GradientShapParams(n=n, sigma=0)
        found = image.explain("gradient_shap", network, x, target=1, params=params)
        return float((found.pixels - exact).abs().mean() / exact.abs().mean())

    assert error(1000) < 0.06
    assert error(1000) < error(10)


def test_a_linear_network_needs_one_point() -> None:
    """Every gradient is ``w``: what is left is the mean of ``(x - x') w`` over the baselines."""
    network, _ = two_classes(side=4)
    x = pictures(2, side=4, seed=2)
    params = GradientShapParams(n=400, sigma=0)
    found = image.explain("gradient_shap", network, x, target=1, params=params)
    assert found.facts["completeness_gap"].max() < 1e-3
    starts = torch.stack([baseline_pictures(network, x, kind) for kind in BASELINES]).mean(0)
    expected = (x - starts) * network.linear.weight[1].view(1, 3, 4, 4)
    torch.testing.assert_close(found.pixels, expected, rtol=0, atol=0.1)


def test_noise_is_drawn_by_the_seed_and_counts(x: Tensor) -> None:
    network = toys.Plain().freeze()

    def run(seed: int, sigma: float) -> Tensor:
        params = GradientShapParams(n=4, sigma=sigma)
        return image.explain("gradient_shap", network, x, target=1, seed=seed, params=params).map

    assert torch.equal(run(1, 0.1), run(1, 0.1))
    assert not torch.allclose(run(1, 0.1), run(2, 0.1))
    assert not torch.allclose(run(1, 0.1), run(1, 0.0))


def test_black_pixels_get_attribution() -> None:
    """They get none from Integrated Gradients, which begins with black."""
    network, _ = two_classes(side=4)
    x = torch.zeros(1, 3, 4, 4)
    x[:, :, :2] = 0.8
    ours = image.explain("gradient_shap", network, x, target=1)
    theirs = image.explain("integrated_gradients", network, x, target=1)
    assert theirs.map[0, 2:].abs().max() == 0
    assert ours.map[0, 2:].abs().min() > 0


@pytest.mark.parametrize("arguments", [{"n": 0}, {"sigma": -0.1}, {"sigma": 2.0}])
def test_impossible_parameters(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        GradientShapParams(**arguments)  # type: ignore[arg-type]
