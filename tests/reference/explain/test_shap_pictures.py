"""Shapley values of superpixels: by definition, by enumeration, against the library."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.toys.images import FOLDED_ROUNDING, LayeredCNN, probability
from trustai.explain import image
from trustai.explain.image.baselines import Baseline, baseline_pictures
from trustai.explain.image.methods.shap import (
    ShapParams,
    coalitions,
    shapley_values,
    standard_errors,
)
from trustai.explain.image.superpixels import Superpixels, hidden_picture, superpixels
from trustai.zoo.classifier import Classifier

Game = Callable[[NDArray[np.bool_]], NDArray[np.float64]]


def enumerated(n: int) -> NDArray[np.bool_]:
    return np.array(list(itertools.product([False, True], repeat=n)))


def by_definition(n: int, game: Game) -> NDArray[np.float64]:
    """``sum_(S without s) |S|! (n - |S| - 1)! / n! (v(S + s) - v(S))``."""
    rows = enumerated(n)
    worth = dict(zip(map(tuple, rows.tolist()), game(rows), strict=True))
    values = np.zeros(n)
    for row in rows.tolist():
        size = sum(row)
        for s in range(n):
            if not row[s]:
                with_s = (*row[:s], True, *row[s + 1 :])
                share = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
                values[s] += share * (worth[with_s] - worth[tuple(row)])
    return values


def game_of(n: int, *, seed: int) -> Game:
    """A saturating game with interactions, as a network's probability is one."""
    random = np.random.default_rng(seed)
    a, b = random.normal(0.5, 1, n), random.normal(0, 0.3, (n, n))

    def game(rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        z = rows.astype(float)
        return 1 / (1 + np.exp(-(z @ a + ((z @ b) * z).sum(1) - a.sum() / 2)))

    return game


def estimated(
    n: int, game: Game, *, n_samples: int, seed: int, what: Any = shapley_values
) -> NDArray[np.float64]:
    among = coalitions(n, n_samples - 2, np.random.default_rng(seed))
    nothing, everything = game(np.array([[False] * n, [True] * n]))
    found: NDArray[np.float64] = what(
        among, game(among.shown) - nothing, total=everything - nothing
    )
    return found


def network_game(
    network: Classifier, x: Tensor, target: int, n_segments: int, baseline: Baseline = "grey"
) -> tuple[Superpixels, Game]:
    pieces = superpixels(x, n_segments=n_segments)
    hidden = hidden_picture(network, x, pieces, baseline)

    def game(rows: NDArray[Any]) -> NDArray[np.float64]:
        versions = []
        for row in rows:
            version = hidden.clone()
            for s in range(pieces.n):
                if row[s]:
                    version[:, pieces.labels == s] = x[:, pieces.labels == s]
            versions.append(version)
        return probability(network, torch.stack(versions), target).numpy()

    return pieces, game


@pytest.mark.parametrize("baseline", ["grey", "blur", "mean"])
@pytest.mark.parametrize("target", [0, 2])
def test_shap_is_the_definition_when_everything_can_be_enumerated(
    network: Classifier, x: Tensor, target: int, baseline: Any
) -> None:
    params = ShapParams(n_samples=256, n_segments=6, baseline=baseline)
    ours = image.explain("shap", network, x, target=target, params=params)
    assert ours.facts["exact"].tolist() == [1, 1, 1]
    for i in range(3):
        pieces, game = network_game(network, x[i], target, 6, baseline)
        assert 3 <= pieces.n <= 8
        expected = pieces.painted(torch.from_numpy(by_definition(pieces.n, game)))
        torch.testing.assert_close(ours.map[i], expected, rtol=0, atol=1e-5)
        assert expected.abs().max() > 0.01


def kernel_shap(n: int, game: Game, *, n_samples: int, seed: int) -> NDArray[np.float64]:
    """The library; it draws from numpy's process-wide generator."""
    library = pytest.importorskip("shap")
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        explainer = library.KernelExplainer(lambda rows: game(rows > 0.5), np.zeros((1, n)))
        found: NDArray[np.float64] = explainer.shap_values(
            np.ones(n), nsamples=n_samples - 2, l1_reg=False, silent=True
        )
    finally:
        np.random.set_state(before)
    return found


def test_shap_is_the_librarys_kernel_explainer(network: Classifier, x: Tensor) -> None:
    ours = image.explain(
        "shap", network, x[:1], target=1, params=ShapParams(n_samples=1024, n_segments=9)
    )
    pieces, game = network_game(network, x[0], 1, 9)
    assert ours.facts["exact"].item() == 1
    theirs = kernel_shap(pieces.n, game, n_samples=2**pieces.n, seed=0)
    expected = pieces.painted(torch.from_numpy(theirs))
    torch.testing.assert_close(ours.map[0], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_samples", [40, 120, 300])
def test_shap_on_a_budget_is_no_worse_than_the_library(n_samples: int) -> None:
    n, ours, theirs = 11, [], []
    for seed in range(12):
        game = game_of(n, seed=seed)
        exact = estimated(n, game, n_samples=2**n, seed=0)  # the definition, as shown below
        ours.append(np.linalg.norm(estimated(n, game, n_samples=n_samples, seed=seed) - exact))
        theirs.append(np.linalg.norm(kernel_shap(n, game, n_samples=n_samples, seed=seed) - exact))
    assert np.mean(ours) < 1.15 * np.mean(theirs)


def test_shap_gets_better_with_the_budget_and_is_right_on_average() -> None:
    n, game = 8, game_of(8, seed=1)
    exact = by_definition(n, game)
    errors = {}
    for n_samples in (34, 70, 160):
        found = np.array([estimated(n, game, n_samples=n_samples, seed=s) for s in range(60)])
        errors[n_samples] = np.abs(found - exact).mean()
        assert np.abs(found.mean(0) - exact).mean() < 0.35 * errors[n_samples]
    assert errors[34] > 1.5 * errors[70] > 2 * errors[160] > 0
    np.testing.assert_allclose(estimated(n, game, n_samples=256, seed=0), exact, atol=1e-12)


@pytest.mark.parametrize(("n", "n_samples"), [(8, 60), (20, 100), (20, 400)])
def test_shap_knows_how_much_chance_moves_it(n: int, n_samples: int) -> None:
    game = game_of(n, seed=2)
    runs = [estimated(n, game, n_samples=n_samples, seed=s) for s in range(60)]
    said = [
        estimated(n, game, n_samples=n_samples, seed=s, what=standard_errors) for s in range(20)
    ]
    # Careful rather than bold: the values again are from fewer draws.
    assert 0.8 < np.mean(said) / np.std(runs, axis=0).mean() < 1.8
    assert estimated(8, game_of(8, seed=2), n_samples=256, seed=0, what=standard_errors).max() == 0


@pytest.mark.parametrize("n", [1, 2, 3, 7, 30])
def test_shap_of_a_sum_is_its_terms_whatever_is_drawn(n: int) -> None:
    terms = np.random.default_rng(n).normal(size=n)
    for n_samples in (4 * n + 2, 4 * n + 17):
        found = estimated(n, lambda rows: 3 + rows @ terms, n_samples=n_samples, seed=4)
        np.testing.assert_allclose(found, terms, atol=1e-10)


@pytest.mark.parametrize("n", [2, 3, 5, 8, 12, 40])
def test_coalitions_keep_the_budget_and_the_kernel(n: int) -> None:
    every = 2**n - 2
    kernel = [1 / (k * (n - k)) for k in range(1, n)]
    for budget in (4 * n, 4 * n + 31, 300, min(every, 500)):
        among = coalitions(n, budget, np.random.default_rng(0))
        sizes = among.shown.sum(1)
        assert min(budget - 1, every) <= len(sizes) <= budget
        assert among.exact == (budget >= every)
        assert sizes.min() == 1
        assert sizes.max() == n - 1
        assert (sizes == 1).sum() >= n
        assert among.weights.shape == sizes.shape
        assert among.weights.min() > 0
        assert among.weights.sum() == pytest.approx(sum(kernel))
        for pair in range(among.pair.max() + 1):
            one, other = among.shown[among.pair == pair]
            assert np.array_equal(one, ~other)
        whole = among.pair < 0
        assert len({tuple(row) for row in among.shown[whole].tolist()}) == whole.sum()
        for k in set(sizes[whole].tolist()):
            found = among.weights[whole & (sizes == k)]
            np.testing.assert_allclose(found, kernel[k - 1] / math.comb(n, k))
            assert len(found) == math.comb(n, k)


def test_coalitions_draw_every_size_and_every_piece() -> None:
    among = coalitions(13, 4000, np.random.default_rng(0))
    drawn = among.shown[among.pair >= 0]
    sizes = np.bincount(drawn.sum(1), minlength=14)
    # Sizes are drawn equally often, so the weights have to bring in the kernel.
    kernel = among.weights[among.pair >= 0] * drawn.sum(1) * (13 - drawn.sum(1))
    np.testing.assert_allclose(kernel, kernel[0])
    middle = sizes[sizes > 0]
    assert 2 < len(middle) < 12
    assert middle.max() - middle.min() <= 2
    assert np.abs(drawn[: len(drawn) // 2].mean(0) - drawn[: len(drawn) // 2].mean()).max() < 0.06


@pytest.mark.parametrize("n_samples", [42, 60, 200])
def test_shap_adds_up(network: Classifier, x: Tensor, n_samples: int) -> None:
    params = ShapParams(n_samples=n_samples, n_segments=9)
    found = image.explain("shap", network, x, target=3, params=params)
    assert found.facts["additivity_gap"].max() < 1e-6
    before = probability(network, x, 3)
    hidden = probability(network, baseline_pictures(network, x, "grey"), 3)
    torch.testing.assert_close(
        found.facts["probability"].double(), before, rtol=0, atol=FOLDED_ROUNDING
    )
    for i in range(3):
        pieces = superpixels(x[i], n_segments=9)
        per_piece = [found.map[i][pieces.labels == s].unique() for s in range(pieces.n)]
        assert all(len(values) == 1 for values in per_piece)
        total = torch.cat(per_piece).double().sum()
        torch.testing.assert_close(total, before[i] - hidden[i], rtol=0, atol=5e-6)


def test_shap_asks_the_network_no_more_often_than_allowed(network: Classifier, x: Tensor) -> None:
    asked: list[int] = []
    params = ShapParams(n_samples=60, n_segments=9)

    class Counting(LayeredCNN):
        def forward(self, x: Tensor) -> Tensor:
            asked.append(len(x))
            return super().forward(x)

    counting = network.replica()
    counting.__class__ = Counting
    counting.card = None
    image.explain("shap", counting, x[:1], target=torch.tensor([1]), params=params)
    # One to count the classes, for a network without a card.
    assert 50 < sum(asked) - 1 <= params.n_samples


def test_shap_refuses_a_budget_that_determines_nothing(network: Classifier, x: Tensor) -> None:
    n = superpixels(x[0], n_segments=30).n
    with pytest.raises(ValueError, match=f"n_samples to be at least {4 * n + 2} for {n} superp"):
        image.explain("shap", network, x[:1], params=ShapParams(n_samples=4 * n, n_segments=30))
