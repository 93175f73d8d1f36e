"""LIME of pictures against the library."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai.explain import image
from trustai.explain.image.methods.lime import (
    LimeParams,
    seeds_of,
    spread_of,
)
from trustai.explain.image.superpixels import Superpixels, hidden_picture, superpixels
from trustai.zoo.classifier import Classifier


def lime_itself(
    network: Classifier, x: Tensor, params: LimeParams, *, target: int, seed: int
) -> tuple[Superpixels, NDArray[np.float64], float]:
    """The library called as its documentation says, with our pieces and our baseline."""
    library = pytest.importorskip("lime.lime_image")
    pieces = superpixels(x, n_segments=params.n_segments)
    hidden = hidden_picture(network, x, pieces, params.baseline)

    def classify(versions: NDArray[np.float64]) -> NDArray[np.float64]:
        pixels = torch.from_numpy(versions).permute(0, 3, 1, 2).float()
        return network.predict(pixels).double().softmax(1).numpy()

    explainer = library.LimeImageExplainer(kernel_width=params.kernel_width, random_state=seed)
    explanation = explainer.explain_instance(
        x.permute(1, 2, 0).double().numpy(),
        classify,
        labels=(target,),
        top_labels=None,
        hide_color=hidden.permute(1, 2, 0).double().numpy(),
        num_samples=params.n_samples,
        segmentation_fn=lambda picture: pieces.labels.numpy(),
    )
    weights = np.zeros(pieces.n)
    for piece, weight in explanation.local_exp[target]:
        weights[piece] = weight
    return pieces, weights, explanation.score


@pytest.mark.parametrize(
    "params",
    [
        LimeParams(n_samples=50, n_segments=9, runs=1),
        LimeParams(n_samples=120, n_segments=20, runs=1, baseline="blur", kernel_width=0.6),
        LimeParams(n_samples=80, runs=1, baseline="mean"),
    ],
)
@pytest.mark.parametrize("target", [0, 4])
def test_lime_is_the_library(
    network: Classifier, x: Tensor, params: LimeParams, target: int
) -> None:
    ours = image.explain("lime", network, x[:2], target=target, seed=7, params=params)
    for i in range(2):
        pieces, weights, score = lime_itself(network, x[i], params, target=target, seed=7)
        expected = pieces.painted(torch.from_numpy(weights))
        torch.testing.assert_close(ours.map[i], expected, rtol=0, atol=1e-5)
        assert float(ours.facts["r2"][i]) == pytest.approx(score, abs=1e-4)
        assert int(ours.facts["segments"][i]) == pieces.n
        assert np.abs(weights).max() > 0.01
    assert "seed_spread" not in ours.facts


def test_lime_shows_how_much_the_weights_hang_on_the_seed(network: Classifier, x: Tensor) -> None:
    params = LimeParams(n_samples=50, n_segments=9, runs=4)
    ours = image.explain("lime", network, x[:1], target=1, seed=3, params=params)
    runs = [
        lime_itself(network, x[0], params, target=1, seed=seed)[1] for seed in seeds_of(3, runs=4)
    ]
    per_piece = [np.std([run[s] for run in runs], ddof=1) for s in range(len(runs[0]))]
    expected = np.mean(per_piece) / np.mean(np.abs(runs))
    assert float(ours.facts["seed_spread"][0]) == pytest.approx(expected, rel=1e-3)
    more = image.explain(
        "lime", network, x[:1], target=1, params=LimeParams(n_samples=2000, n_segments=9, runs=4)
    )
    assert more.facts["seed_spread"][0] < 0.5 * ours.facts["seed_spread"][0]


def test_limes_runs_have_seeds_of_their_own() -> None:
    seeds = [seed for first in range(20) for seed in seeds_of(first, runs=4)]
    assert len(set(seeds)) == 80
    assert seeds[::4] == list(range(20))
    assert seeds_of(5, runs=4)[:2] == seeds_of(5, runs=2)
    assert spread_of(np.zeros((3, 4))) == 0
    assert spread_of(np.array([[1.0, 2], [3, 2]])) == pytest.approx(math.sqrt(2) / 2 / 2)


def test_lime_says_nothing_on_the_terminal(
    network: Classifier, x: Tensor, capfd: pytest.CaptureFixture[str]
) -> None:
    image.explain("lime", network, x[:1], params=LimeParams(n_samples=50, n_segments=9, runs=2))
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
