"""Facts about a map are told with their unit: counts are whole, only shares are per cent."""

from __future__ import annotations

import torch

from tests.toys.images import LayeredCNN, pictures
from trustai.explain import image
from trustai.explain.image.methods.lime import LimeParams

NETWORK = LayeredCNN().freeze()


def test_segments_are_counted_and_r2_is_no_share() -> None:
    params = LimeParams(n_samples=40, n_segments=6, runs=2)
    result = image.explain("lime", NETWORK, pictures(1, side=16), params=params)
    r2, segments, spread = image.get("lime").told(result)
    assert segments == f"{int(result.facts['segments'][0])} segments"
    assert r2 == f"R² {result.facts['r2'][0]:.2f}"
    assert spread.startswith("with other seeds a weight changes by ")
    assert "%" not in r2 + segments + spread


def test_each_picture_has_its_own() -> None:
    result = image.explain("integrated_gradients", NETWORK, pictures(2, side=16))
    method, gaps = image.get("integrated_gradients"), result.facts["completeness_gap"]
    assert not torch.equal(gaps[0], gaps[1])
    for i, gap in enumerate(gaps.tolist()):
        assert method.told(result, i) == [f"the sum differs from the score by {gap:.1%}"]
