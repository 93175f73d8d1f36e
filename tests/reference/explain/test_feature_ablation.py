"""Feature ablation against hiding the superpixels one by one by hand."""

from __future__ import annotations

import pytest
import torch

from tests.toys.images import FOLDED_ROUNDING, LayeredCNN, pictures, probability
from trustai.explain import image
from trustai.explain.image.baselines import Baseline
from trustai.explain.image.methods.feature_ablation import FeatureAblationParams
from trustai.explain.image.superpixels import hidden_picture, superpixels


@pytest.mark.parametrize("baseline", ["grey", "mean", "black"])
@pytest.mark.parametrize("side", [16, 40])
def test_each_superpixel_hidden_by_hand(baseline: Baseline, side: int) -> None:
    network, x, target = LayeredCNN().freeze(), pictures(2, side=side, seed=4), 2
    params = FeatureAblationParams(n_segments=8, baseline=baseline)
    found = image.explain("feature_ablation", network, x, target=target, params=params)
    before = probability(network, x, target)
    for i in range(len(x)):
        pieces = superpixels(x[i], n_segments=8)
        hidden = hidden_picture(network, x[i], pieces, baseline)
        drops = torch.zeros(pieces.n)
        for piece in range(pieces.n):
            version = torch.where(pieces.labels == piece, hidden, x[i])
            drops[piece] = before[i] - probability(network, version[None], target)[0]
        assert drops.std() > 0
        torch.testing.assert_close(
            found.map[i], pieces.painted(drops), rtol=1e-4, atol=FOLDED_ROUNDING
        )
    torch.testing.assert_close(found.facts["probability"].double(), before, rtol=1e-4, atol=1e-6)


def test_what_is_progressed() -> None:
    shares: list[float] = []
    params = FeatureAblationParams(n_segments=20)
    x = pictures(1, side=200)
    image.explain(
        "feature_ablation", LayeredCNN().freeze(), x, params=params, on_progress=shares.append
    )
    assert shares == sorted(shares)
    assert len(set(shares)) > 3
    assert shares[-1] == 1
