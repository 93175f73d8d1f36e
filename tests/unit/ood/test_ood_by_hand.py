"""Each OOD score by hand, and the ranges of its parameters."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from tests.toys.images import Linear, Wave
from trustai import ood
from trustai.ood.methods import entropy, msp, vim
from trustai.ood.methods.energy import EnergyParams
from trustai.ood.methods.knn import KNNParams
from trustai.ood.methods.mahalanobis import MahalanobisParams
from trustai.ood.methods.odin import ODINParams
from trustai.ood.methods.react import ReActParams
from trustai.ood.methods.vim import ViMParams
from trustai.zoo import FeatureStatistics

# By hand: a picture of one pixel, three features, which are its colours.
W, B = torch.tensor([[2.0, 0, 0], [0, 2, 0]]), torch.tensor([0.5, -0.5])


def small():
    return Linear(weight=W, bias=B).freeze()


def colour(*rgb):
    return torch.tensor([rgb], dtype=torch.float32)[:, :, None, None]


def at(name, x, *, params=None, fitted=None):
    return ood.score(name, small(), x, fitted=fitted, params=params).item()


def test_logit_scores_by_hand():
    x = colour(0.25, 1.0, 0.5)  # logits 1 and 1.5
    p = 1 / (1 + math.exp(-0.5))
    assert at("msp", x) == pytest.approx(1 - p)
    assert at("max-logit", x) == pytest.approx(-1.5)
    assert at("energy", x) == pytest.approx(-math.log(math.e + math.exp(1.5)))
    half = EnergyParams(T=0.5)
    assert at("energy", x, params=half) == pytest.approx(-0.5 * math.log(math.exp(2) + math.exp(3)))
    assert at("entropy", x) == pytest.approx(-p * math.log(p) - (1 - p) * math.log(1 - p))
    assert at("feature-norm", x) == pytest.approx(-math.sqrt(0.0625 + 1 + 0.25))


def test_odin_by_hand():
    """The step raises class 1: green up, red down, blue as it was."""
    x = colour(0.25, 0.5, 0.5)  # logits 1 and 0.5: class 0, so red up and green down
    z0, z1 = 2 * 0.35 + 0.5, 2 * 0.4 - 0.5
    p = 1 / (1 + math.exp(-(z0 - z1) / 10))
    found = at("odin", x, params=ODINParams(T=10, eps=0.1))
    assert found == pytest.approx(-10 * math.log(2 * p), rel=1e-5)


def test_a_confident_network_is_no_tie():
    logits = torch.tensor([[30.0, 0], [25.0, 0], [20.0, 0]])
    for one in (msp.msp, entropy.entropy):
        assert one(logits).diff().min() > 0
    assert msp.msp(logits)[0].item() == pytest.approx(math.exp(-30), rel=1e-2)


def by_hand(**changes):
    fitted = FeatureStatistics(
        reference=torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]),
        labels=torch.tensor([0, 1, 1]),
        indices=torch.arange(3),
        means=torch.tensor([[1.0, 0, 0], [0, 1, 0]]),
        counts=torch.tensor([2, 2]),
        within=torch.diag(torch.tensor([1.0, 4, 4])),
    )
    return replace(fitted, **changes)


def test_mahalanobis_by_hand():
    x = colour(1.0, 0.5, 1.0)
    # From class 0: 0, 0.5, 1 over 1, 2, 2; from class 1: 1, -0.5, 1.
    exact = MahalanobisParams(shrinkage=0)
    assert at("mahalanobis", x, params=exact, fitted=by_hand()) == pytest.approx(
        math.sqrt(0.25 / 4 + 1 / 4)
    )
    # All sphere: variance 3 in every direction.
    sphere = MahalanobisParams(shrinkage=1)
    assert at("mahalanobis", x, params=sphere, fitted=by_hand()) == pytest.approx(
        math.sqrt(1.25 / 3)
    )


def test_a_feature_that_never_varies_needs_shrinkage():
    flat = by_hand(within=torch.diag(torch.tensor([1.0, 4, 0])))
    assert math.isfinite(at("mahalanobis", colour(1.0, 0, 1), fitted=flat))
    with pytest.raises(ValueError, match="can be inverted, got none at shrinkage 0"):
        at("mahalanobis", colour(1.0, 0, 1), params=MahalanobisParams(shrinkage=0), fitted=flat)


def test_knn_by_hand():
    x = colour(0.6, 0.8, 0.0)  # angles with cosines 0.6, 0.8, 0
    for k, cosine in ((1, 0.8), (2, 0.6), (3, 0.0)):
        found = at("knn", x, params=KNNParams(k=k), fitted=by_hand())
        assert found == pytest.approx(math.sqrt(2 - 2 * cosine))
    # Twice as long, the same direction.
    assert at("knn", x / 2, params=KNNParams(k=1), fitted=by_hand()) == pytest.approx(
        math.sqrt(0.4)
    )
    with pytest.raises(ValueError, match="expected k to be at most 3"):
        at("knn", x, params=KNNParams(k=4), fitted=by_hand())


def test_vim_by_hand():
    """Training features vary in red and green only: blue is the residual."""
    flat = by_hand(within=torch.diag(torch.tensor([1.0, 4, 0])))
    # o = (-1/4, 1/4, 0). Residuals of the reference: 0, 0, 1; largest logits 2.5, 1.5, 0.5.
    alpha = (4.5 / 3) / (1 / 3)
    x = colour(0.25, 1.0, 0.5)
    energy = -math.log(math.e + math.exp(1.5))
    found = at("vim", x, params=ViMParams(dim=2), fitted=flat)
    assert found == pytest.approx(alpha * 0.5 + energy, rel=1e-5)
    with pytest.raises(ValueError, match=r"expected dim in \[1, 2\], got 3"):
        at("vim", x, params=ViMParams(dim=3), fitted=flat)


def test_vim_and_its_head():
    weight, bias = vim.head_weights(small(), n_features=3)
    torch.testing.assert_close(weight, W.double())
    torch.testing.assert_close(bias, B.double())
    with pytest.raises(ValueError, match="whose last layer is linear"):
        vim.head_weights(Wave(periods=3).freeze(), n_features=1)


def test_react_by_hand():
    # Activations of the reference: six zeros and three ones; the 75th percentile is a one.
    x = colour(0.25, 1.0, 0.5)
    half = by_hand(reference=0.5 * by_hand().reference)
    found = at("react", x, params=ReActParams(percentile=100), fitted=half)
    assert found == pytest.approx(-math.log(math.e + math.exp(0.5)))
    assert at("react", x, params=ReActParams(percentile=100), fitted=by_hand()) == pytest.approx(
        at("energy", x)
    )


@pytest.mark.parametrize(
    "params",
    [
        lambda: EnergyParams(T=0),
        lambda: ODINParams(T=-1),
        lambda: ODINParams(eps=-0.1),
        lambda: KNNParams(k=0),
        lambda: MahalanobisParams(shrinkage=1.5),
        lambda: ReActParams(percentile=0),
        lambda: ViMParams(dim=0),
    ],
)
def test_parameters_have_ranges(params):
    with pytest.raises(ValueError, match="expected"):
        params()
