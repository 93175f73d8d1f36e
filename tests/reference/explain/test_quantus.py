"""Quantus judges the same maps: both pointing games and the deletion curve are its own figures.

Hedström et al. 2023, Quantus, https://arxiv.org/abs/2202.06861: an evaluation library that others
wrote, used in development only.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

from trustai import data, zoo
from trustai.explain import image
from trustai.metrics.similarity import ranking

quantus = pytest.importorskip("quantus", exc_type=ImportError)
MODEL = "signs-resnet18"
N, STEPS = 8, 16
AS_THEY_ARE: dict[str, Any] = {
    "abs": False,
    "normalise": False,
    "disable_warnings": True,
    "display_progressbar": False,
}
pytestmark = pytest.mark.skipif(
    MODEL not in [card.id for card in zoo.catalog()], reason=f"{MODEL} is not in models/"
)


@pytest.fixture(scope="module", params=["grad_cam", "gradient", "smoothgrad"])
def judged(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Maps of signs by one method, and all that a metric of Quantus is given."""
    classifier, signs = zoo.load(MODEL), data.load("signs", n=N)
    found = image.explain(request.param, classifier, signs.pixels, target=signs.labels)
    assert signs.masks is not None
    given = {
        "model": classifier,
        "x_batch": signs.pixels.numpy(),
        "y_batch": signs.labels.numpy(),
        "a_batch": found.map[:, None].numpy(),
        "s_batch": signs.masks[:, None].numpy(),
        "device": "cpu",
        "softmax": True,
    }
    return {"classifier": classifier, "signs": signs, "found": found, "given": given}


def of_quantus(metric: Any, given: dict[str, Any]) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every metric that it is only a metric
        return np.array(metric(**given), dtype=float)


def test_the_pointing_game(judged: dict[str, Any]) -> None:
    ours = image.pointing_game(judged["found"].map, judged["signs"].masks)
    theirs = of_quantus(quantus.PointingGame(**AS_THEY_ARE), judged["given"])
    np.testing.assert_array_equal(ours, theirs)


def test_the_energy_based_pointing_game(judged: dict[str, Any]) -> None:
    """Its relevance mass accuracy, on maps that are at least 0."""
    assert judged["found"].map.min() >= 0
    ours = image.inside_share(judged["found"].map, judged["signs"].masks)
    theirs = of_quantus(quantus.RelevanceMassAccuracy(**AS_THEY_ARE), judged["given"])
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_the_deletion_curve(judged: dict[str, Any]) -> None:
    """Its pixel flipping, to black. It counts colours: every third of its steps is one of ours.

    Which of two equal pixels goes first is anybody's choice, so both get the ranks of ours.
    """
    signs, found = judged["signs"], judged["found"]
    size = signs.images[0, 0].numel()
    order = ranking(found.map)
    ranked = torch.empty(found.map.flatten(1).shape)
    ranked.scatter_(1, order, torch.arange(size, 0, -1.0).expand(N, -1))
    ranked = ranked.view_as(found.map)
    flipping = quantus.PixelFlipping(
        **AS_THEY_ARE, features_in_step=size // STEPS, perturb_baseline=0.0
    )
    theirs = of_quantus(flipping, judged["given"] | {"a_batch": ranked[:, None].numpy()})[:, 2::3]
    curve = image.deletion(
        judged["classifier"], signs.pixels, found.map, target=signs.labels, steps=STEPS,
        baseline="black",
    )  # fmt: skip
    assert theirs.shape == (N, STEPS)
    np.testing.assert_allclose(curve.probability[:, 1:], theirs, atol=1e-4)
    assert theirs.std() > 0.01
