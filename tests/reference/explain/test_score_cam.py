"""Score-CAM: by hand, one channel at a time."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.toys.images import pictures
from trustai.explain import image
from trustai.explain.image.methods.score_cam import ScoreCAMParams
from trustai.explain.image.passes import enlarge
from trustai.zoo.classifier import Classifier, Stage


class TwoMaps(Classifier):
    """``logits_t = mean(v_t,0 A_0 + v_t,1 A_1)`` with the maps ``A = relu(red), relu(green)``."""

    stages = (Stage("relu", "the maps"),)

    def __init__(self, v: Tensor) -> None:
        super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
        self.relu = nn.ReLU()
        self.linear = nn.Linear(2, len(v), bias=False)
        self.linear.weight.data.copy_(v)

    def features(self, x: Tensor) -> Tensor:
        return self.relu(self.normalise(x)[:, :2]).mean((2, 3))

    def head(self, features: Tensor) -> Tensor:
        return self.linear(features)


def test_score_cam_by_hand() -> None:
    v = torch.tensor([[12.0, -5.0], [2.0, 9.0]])
    network, x = TwoMaps(v).freeze(), pictures(2, side=4)
    for target in (0, 1):
        found = image.explain("score_cam", network, x, target=target)
        for i in range(2):
            red, green = x[i, 0], x[i, 1]
            scores = []
            for channel in (red, green):
                mask = (channel - channel.min()) / (channel.max() - channel.min())
                masked = v[target, 0] * (red * mask).mean() + v[target, 1] * (green * mask).mean()
                scores.append(math.exp(masked))
            weights = [score / sum(scores) for score in scores]
            expected = (weights[0] * red + weights[1] * green).relu()
            torch.testing.assert_close(found.map[i], expected)
            effective = 1 / (weights[0] ** 2 + weights[1] ** 2)
            assert float(found.facts["effective_channels"][i]) == pytest.approx(effective, rel=1e-4)


@pytest.mark.parametrize("fade", ["black", "grey"])
def test_score_cam_on_a_coarse_layer_one_channel_at_a_time(
    network: Classifier, x: Tensor, fade: Any
) -> None:
    kept: list[Tensor] = []
    own = network.replica()
    own.get_submodule("body.3").register_forward_hook(lambda m, i, output: kept.append(output))
    own.predict(x[:1])
    activation = kept[0][0]
    scores, varying = [], []
    for channel in activation:
        if channel.max() == channel.min():
            continue
        large = enlarge(channel[None], x)[0]
        mask = (large - large.min()) / (large.max() - large.min())
        pixels = x[:1] * mask
        if fade == "grey":  # the normalised picture is multiplied, as in the paper
            pixels = network.normalise(x[:1]) * mask * network.std + network.mean
        scores.append(
            network.predict(pixels)[0, 3] - network.predict(torch.zeros_like(x[:1]))[0, 3]
        )
        varying.append(channel)
    weights = torch.stack(scores).softmax(0)
    coarse = sum(w * a for w, a in zip(weights, varying, strict=True))
    assert isinstance(coarse, Tensor)
    found = image.explain("score_cam", network, x[:1], target=3, params=ScoreCAMParams(fade=fade))
    torch.testing.assert_close(found.map, enlarge(coarse.relu()[None], x), rtol=1e-4, atol=1e-5)
    assert found.grid == (8, 8)
    assert not found.signed


def test_score_cam_skips_a_constant_channel_however_strong() -> None:
    network, x = TwoMaps(torch.tensor([[1.0, 50.0], [0, 0]])).freeze(), pictures(1, side=4)
    x[:, 1] = 0.75
    found = image.explain("score_cam", network, x, target=0)
    torch.testing.assert_close(found.map, x[:, 0])
    assert found.problems == (None,)
    flat = image.explain("score_cam", network, torch.full_like(x, 0.5), target=0)
    assert flat.map.abs().max() == 0
    assert flat.problems[0] is not None


def test_score_cam_of_few_channels_takes_those_of_the_largest_mean() -> None:
    network, x = TwoMaps(torch.tensor([[5.0, 1.0], [0, 0]])).freeze(), pictures(1, side=4)
    brighter = int(x[0, :2].mean((1, 2)).argmax())
    found = image.explain("score_cam", network, x, target=0, params=ScoreCAMParams(channels=1))
    torch.testing.assert_close(found.map, x[:, brighter])
