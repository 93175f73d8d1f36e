"""Grad-CAM on real photographs: what it points at matters more to the network than chance does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from trustai.explain import image
from trustai.explain.image.evaluation.faithfulness import random_maps
from trustai.zoo import Classifier


@pytest.mark.slow
def test_removing_what_grad_cam_points_at_costs_more_than_removing_at_random(
    imagenet_samples: tuple[Tensor, Tensor, list[str]],
    prepared_network: Callable[[str], Classifier],
) -> None:
    """The probability lost with the top fifth of the map, on MobileNetV2.

    Measured on the 86 pictures that it gets right, with imputed pixels: Grad-CAM costs 0.336. A map
    of random pixels costs 0.028, and on 90 % of the pictures less than Grad-CAM. Random maps as
    coarse as its own 7 x 7 cost 0.185, on 67 % less: where an object fills the picture, any blot
    takes some of it.
    """
    classifier = prepared_network("imagenet-mobilenet-v2")
    x, y, _ = imagenet_samples
    right = classifier.predict(x, batch_size=16).argmax(1) == y
    x, y = x[right], y[right]
    assert len(x) == pytest.approx(85, abs=2)
    result = image.explain("grad_cam", classifier, x, target=y)
    by_map = image.removal(classifier, x, result.map, target=y)
    (pixels,) = random_maps(x, (x.shape[2], x.shape[3]), n=1, seed=0)
    assert (by_map > image.removal(classifier, x, pixels, target=y)).float().mean() >= 0.8
    coarse = [
        image.removal(classifier, x, one, target=y)
        for one in random_maps(x, result.grid, n=2, seed=0)
    ]
    by_chance = torch.stack(coarse).mean(0)
    assert by_map.mean() - by_chance.mean() > 0.07
    assert (by_map > by_chance).float().mean() > 0.6
