"""Occlusion: by hand, and against captum."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.toys.images import FOLDED_ROUNDING, pictures, probability, two_classes
from trustai.explain import image
from trustai.explain.image.baselines import BASELINES, baseline_pictures
from trustai.explain.image.methods.occlusion import OcclusionParams, starts
from trustai.zoo.classifier import Classifier


def test_occlusion_by_hand() -> None:
    network, w = two_classes()
    x = pictures(2, side=4)
    bias = float(-0.5 * w.sum())
    found = image.explain(
        "occlusion",
        network,
        x,
        target=1,
        params=OcclusionParams(patch=2, stride=1, baseline="black"),
    )
    weights = w.view(3, 4, 4)
    for i in range(2):
        before = torch.sigmoid((weights * x[i]).sum() + bias)
        drops: dict[tuple[int, int], list[float]] = {}
        for top, left in itertools.product(range(3), range(3)):
            kept = torch.ones(4, 4)
            kept[top : top + 2, left : left + 2] = 0
            drop = before - torch.sigmoid((weights * x[i] * kept).sum() + bias)
            for r, c in itertools.product((top, top + 1), (left, left + 1)):
                drops.setdefault((r, c), []).append(float(drop))
        for (r, c), several in drops.items():
            assert float(found.map[i, r, c]) == pytest.approx(np.mean(several), abs=1e-6)
        assert len(drops) == 16
        assert float(found.facts["probability"][i]) == pytest.approx(float(before), abs=1e-6)
    assert found.grid == (3, 3)
    assert found.signed
    assert found.map.min() < 0 < found.map.max()


@pytest.mark.filterwarnings("ignore::UserWarning:captum")
@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize(("patch", "stride"), [(4, 2), (6, 5), (5, 1)])
def test_occlusion_is_captums(
    network: Classifier, x: Tensor, patch: int, stride: int, baseline: Any
) -> None:
    """Where the steps come out even; else captum lets the last patch hang over the edge."""
    captum = pytest.importorskip("captum.attr")
    target = torch.tensor([0, 3, 1])
    ours = image.explain(
        "occlusion", network, x, target=target, params=OcclusionParams(patch, stride, baseline)
    )
    theirs = captum.Occlusion(lambda pixels: network(pixels).softmax(1)).attribute(
        x,
        target=target,
        sliding_window_shapes=(3, patch, patch),
        strides=(3, stride, stride),
        baselines=baseline_pictures(network, x, baseline).contiguous(),
    )
    torch.testing.assert_close(ours.map, theirs[:, 0], rtol=0, atol=FOLDED_ROUNDING)
    assert theirs.abs().max() > 0.01


def test_occlusion_covers_the_whole_side_with_whole_patches() -> None:
    assert starts(10, 4, 3) == [0, 3, 6]
    assert starts(11, 4, 3) == [0, 3, 6, 7]
    assert starts(4, 4, 2) == [0]
    assert starts(5, 1, 1) == [0, 1, 2, 3, 4]


def test_occlusion_with_a_rest_and_two_sides(network: Classifier) -> None:
    """A patch of the whole shorter side, five positions: the mean of those that cover a column."""
    x = pictures(1, side=16)[:, :, :8]
    found = image.explain(
        "occlusion", network, x, target=2, params=OcclusionParams(1.0, 3, "grey")
    )  # fmt: skip
    assert found.grid == (1, 4)
    hidden = baseline_pictures(network, x, "grey")
    total, count = torch.zeros(16).double(), torch.zeros(16)
    for left in (0, 3, 6, 8):
        version = x.clone()
        version[..., left : left + 8] = hidden[..., left : left + 8]
        total[left : left + 8] += probability(network, torch.cat([x, version]), 2).diff().neg()
        count[left : left + 8] += 1
    expected = (total / count).float().expand(1, 8, 16)
    torch.testing.assert_close(found.map, expected, rtol=0, atol=FOLDED_ROUNDING)


def test_occlusion_lengths_are_shares_or_pixels() -> None:
    assert OcclusionParams().in_pixels(64, 64) == (13, 6)
    assert OcclusionParams().in_pixels(300, 224) == (45, 22)
    assert OcclusionParams(patch=8).in_pixels(64, 64) == (8, 4)
    assert OcclusionParams(patch=0.5, stride=3).in_pixels(32, 64) == (16, 3)
    assert OcclusionParams(patch=1, stride=1).in_pixels(9, 9) == (1, 1)
    assert OcclusionParams(patch=1.0).in_pixels(9, 9) == (9, 4)
