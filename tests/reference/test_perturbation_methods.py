"""Score-CAM, occlusion, LIME and Shapley values: by hand, by enumeration, against the libraries."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.unit.toys import TinyCNN, pictures, two_classes
from trustai.explain import image
from trustai.explain.image.fills import FILLS, Fill, filled
from trustai.explain.image.lime_superpixels import Lime, seeds_of, spread_of
from trustai.explain.image.occlusion import Occlusion, starts
from trustai.explain.image.passes import enlarge
from trustai.explain.image.score_cam import ScoreCAM
from trustai.explain.image.shap_superpixels import (
    Shap,
    coalitions,
    shapley_values,
    standard_errors,
)
from trustai.explain.image.superpixels import Superpixels, hidden_picture, superpixels
from trustai.types import Attribution
from trustai.zoo.classifier import Classifier, Stage

# From pixels: 16 x 16 noise cut into 9 pieces or so takes milliseconds.
SHORT: dict[str, Any] = {
    "score_cam": ScoreCAM(),
    "occlusion": Occlusion(patch=5, stride=3),
    "lime": Lime(n_samples=50, n_segments=9, runs=2),
    "shap": Shap(n_samples=60, n_segments=9),
}
NAMES = list(SHORT)
# The passes run on a copy with folded batch norm: the same function up to float32 rounding.
ROUNDING = 2e-6


class LayeredCNN(TinyCNN):
    stages = (Stage("body.1", "first"), Stage("body.3", "second"))


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


@pytest.fixture(scope="module")
def network() -> Classifier:
    return LayeredCNN().freeze()


@pytest.fixture(scope="module")
def x() -> Tensor:
    return pictures(3, side=16, seed=5)


def probability(network: Classifier, x: Tensor, target: int) -> Tensor:
    return network.predict(x).double().softmax(1)[:, target]


# -- Score-CAM -------------------------------------------------------------------------------


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
    found = image.explain("score_cam", network, x[:1], target=3, params=ScoreCAM(fade=fade))
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
    found = image.explain("score_cam", network, x, target=0, params=ScoreCAM(channels=1))
    torch.testing.assert_close(found.map, x[:, brighter])


# -- occlusion -------------------------------------------------------------------------------


def test_occlusion_by_hand() -> None:
    network, w = two_classes()
    x = pictures(2, side=4)
    bias = float(-0.5 * w.sum())
    found = image.explain(
        "occlusion", network, x, target=1, params=Occlusion(patch=2, stride=1, fill="black")
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
@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize(("patch", "stride"), [(4, 2), (6, 5), (5, 1)])
def test_occlusion_is_captums(
    network: Classifier, x: Tensor, patch: int, stride: int, fill: Any
) -> None:
    """Where the steps come out even; else captum lets the last patch hang over the edge."""
    captum = pytest.importorskip("captum.attr")
    target = torch.tensor([0, 3, 1])
    ours = image.explain(
        "occlusion", network, x, target=target, params=Occlusion(patch, stride, fill)
    )
    theirs = captum.Occlusion(lambda pixels: network(pixels).softmax(1)).attribute(
        x,
        target=target,
        sliding_window_shapes=(3, patch, patch),
        strides=(3, stride, stride),
        baselines=filled(network, x, fill).contiguous(),
    )
    torch.testing.assert_close(ours.map, theirs[:, 0], rtol=0, atol=ROUNDING)
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
        "occlusion", network, x, target=2, params=Occlusion(1.0, 3, "grey")
    )  # fmt: skip
    assert found.grid == (1, 4)
    hidden = filled(network, x, "grey")
    total, count = torch.zeros(16).double(), torch.zeros(16)
    for left in (0, 3, 6, 8):
        version = x.clone()
        version[..., left : left + 8] = hidden[..., left : left + 8]
        total[left : left + 8] += probability(network, torch.cat([x, version]), 2).diff().neg()
        count[left : left + 8] += 1
    expected = (total / count).float().expand(1, 8, 16)
    torch.testing.assert_close(found.map, expected, rtol=0, atol=ROUNDING)


def test_occlusion_lengths_are_shares_or_pixels() -> None:
    assert Occlusion().in_pixels(64, 64) == (13, 6)
    assert Occlusion().in_pixels(300, 224) == (45, 22)
    assert Occlusion(patch=8).in_pixels(64, 64) == (8, 4)
    assert Occlusion(patch=0.5, stride=3).in_pixels(32, 64) == (16, 3)
    assert Occlusion(patch=1, stride=1).in_pixels(9, 9) == (1, 1)
    assert Occlusion(patch=1.0).in_pixels(9, 9) == (9, 4)


# -- LIME ------------------------------------------------------------------------------------


def lime_itself(
    network: Classifier, x: Tensor, params: Lime, *, target: int, seed: int
) -> tuple[Superpixels, NDArray[np.float64], float]:
    """The library called as its documentation says, with our pieces and our fill."""
    library = pytest.importorskip("lime.lime_image")
    pieces = superpixels(x, n_segments=params.n_segments)
    hidden = hidden_picture(network, x, pieces, params.fill)

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
        Lime(n_samples=50, n_segments=9, runs=1),
        Lime(n_samples=120, n_segments=20, runs=1, fill="blur", kernel_width=0.6),
        Lime(n_samples=80, runs=1, fill="mean"),
    ],
)
@pytest.mark.parametrize("target", [0, 4])
def test_lime_is_the_library(network: Classifier, x: Tensor, params: Lime, target: int) -> None:
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
    params = Lime(n_samples=50, n_segments=9, runs=4)
    ours = image.explain("lime", network, x[:1], target=1, seed=3, params=params)
    runs = [
        lime_itself(network, x[0], params, target=1, seed=seed)[1] for seed in seeds_of(3, runs=4)
    ]
    per_piece = [np.std([run[s] for run in runs], ddof=1) for s in range(len(runs[0]))]
    expected = np.mean(per_piece) / np.mean(np.abs(runs))
    assert float(ours.facts["seed_spread"][0]) == pytest.approx(expected, rel=1e-3)
    more = image.explain(
        "lime", network, x[:1], target=1, params=Lime(n_samples=2000, n_segments=9, runs=4)
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
    image.explain("lime", network, x[:1], params=SHORT["lime"])
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


# -- Shapley values --------------------------------------------------------------------------

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
    network: Classifier, x: Tensor, target: int, n_segments: int, fill: Fill = "grey"
) -> tuple[Superpixels, Game]:
    pieces = superpixels(x, n_segments=n_segments)
    hidden = hidden_picture(network, x, pieces, fill)

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


@pytest.mark.parametrize("fill", ["grey", "blur", "mean"])
@pytest.mark.parametrize("target", [0, 2])
def test_shap_is_the_definition_when_everything_can_be_enumerated(
    network: Classifier, x: Tensor, target: int, fill: Any
) -> None:
    params = Shap(n_samples=256, n_segments=6, fill=fill)
    ours = image.explain("shap", network, x, target=target, params=params)
    assert ours.facts["exact"].tolist() == [1, 1, 1]
    for i in range(3):
        pieces, game = network_game(network, x[i], target, 6, fill)
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
        "shap", network, x[:1], target=1, params=Shap(n_samples=1024, n_segments=9)
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
    params = Shap(n_samples=n_samples, n_segments=9)
    found = image.explain("shap", network, x, target=3, params=params)
    assert found.facts["additivity_gap"].max() < 1e-6
    before = probability(network, x, 3)
    hidden = probability(network, filled(network, x, "grey"), 3)
    torch.testing.assert_close(found.facts["probability"].double(), before, rtol=0, atol=ROUNDING)
    for i in range(3):
        pieces = superpixels(x[i], n_segments=9)
        per_piece = [found.map[i][pieces.labels == s].unique() for s in range(pieces.n)]
        assert all(len(values) == 1 for values in per_piece)
        total = torch.cat(per_piece).double().sum()
        torch.testing.assert_close(total, before[i] - hidden[i], rtol=0, atol=5e-6)


def test_shap_asks_the_network_no_more_often_than_allowed(network: Classifier, x: Tensor) -> None:
    asked: list[int] = []

    class Counting(LayeredCNN):
        def forward(self, x: Tensor) -> Tensor:
            asked.append(len(x))
            return super().forward(x)

    counting = network.replica()
    counting.__class__ = Counting
    counting.card = None
    image.explain("shap", counting, x[:1], target=torch.tensor([1]), params=SHORT["shap"])
    # One to count the classes, for a network without a card.
    assert 50 < sum(asked) - 1 <= SHORT["shap"].n_samples


def test_shap_refuses_a_budget_that_determines_nothing(network: Classifier, x: Tensor) -> None:
    n = superpixels(x[0], n_segments=30).n
    with pytest.raises(ValueError, match=f"n_samples to be at least {4 * n + 2} for {n} superp"):
        image.explain("shap", network, x[:1], params=Shap(n_samples=4 * n, n_segments=30))


# -- all of them -----------------------------------------------------------------------------


def same(a: Attribution, b: Attribution) -> bool:
    return torch.equal(a.map, b.map) and all(
        torch.equal(a.facts[name], b.facts[name]) for name in a.facts.keys() | b.facts.keys()
    )


@pytest.mark.parametrize("name", NAMES)
def test_neighbours_do_not_matter_to_the_byte(name: str, network: Classifier, x: Tensor) -> None:
    target = torch.tensor([2, 0, 4])
    together = image.explain(name, network, x, target=target, params=SHORT[name])
    panel = image.Panel(network, x, target=target).explain(name, params=SHORT[name])
    for i in range(3):
        alone = image.explain(
            name, network, x[i : i + 1], target=int(target[i]), params=SHORT[name]
        )
        assert torch.equal(together.map[i], alone.map[0])
        torch.testing.assert_close(panel.map[i], alone.map[0], rtol=1e-4, atol=1e-5)
    other = image.explain(name, network, x, target=(target + 1) % 5, params=SHORT[name])
    assert not any(torch.allclose(a, b) for a, b in zip(together.map, other.map, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_eight_threads_with_seeds_of_their_own_and_no_trace(
    name: str, network: Classifier, x: Tensor
) -> None:
    def run(seed: int) -> Attribution:
        return image.explain(name, network, x[:1], seed=seed, params=SHORT[name])

    alone = [run(seed) for seed in range(8)]
    assert not same(alone[0], alone[1]) or name in ("score_cam", "occlusion")
    torch_dice, numpy_dice = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    start = Barrier(8)

    def work(seed: int) -> bool:
        start.wait()
        return same(run(seed), alone[seed])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert torch.equal(torch.random.get_rng_state(), torch_dice)
    assert np.array_equal(np.random.get_state()[1], numpy_dice)
    assert not any(module._forward_hooks for module in network.modules())
    assert not network.training


@pytest.mark.parametrize(
    ("module", "names"),
    [("lime.lime_image", ["lime"]), ("skimage.segmentation", ["lime", "shap"])],
)
def test_without_the_library_the_error_says_what_to_install(
    module: str, names: list[str], network: Classifier, x: Tensor, monkeypatch: Any
) -> None:
    image.explain("lime", network, x[:1], params=SHORT["lime"])  # whatever else it imports is there
    monkeypatch.setitem(sys.modules, module, None)
    for name in NAMES:
        if name in names:
            with pytest.raises(ValueError, match=r"expected the package .* \(pip install"):
                image.explain(name, network, x[:1], params=SHORT[name])
        else:
            image.explain(name, network, x[:1], params=SHORT[name])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: ScoreCAM(channels=0), "channels to be at least 1, got 0"),
        (lambda: ScoreCAM(fade="pink"), "fade among black, grey, got 'pink'"),  # type: ignore[arg-type]
        (lambda: Occlusion(patch=0), "patch of at least 1 pixel, got 0"),
        (lambda: Occlusion(patch=0.0), r"patch as a share in \(0, 1\], got 0"),
        (lambda: Occlusion(patch=8.0), r"patch as a share in \(0, 1\], got 8 \(did you mean 8 p"),
        (lambda: Occlusion(stride=True), "stride to be a number, got True"),
        (lambda: Occlusion(fill="pink"), "fill among grey, blur, mean, black, white, got 'pink'"),  # type: ignore[arg-type]
        (lambda: Occlusion(patch=65).in_pixels(64, 80), "patch of at most 64 pixels, got 65"),
        (lambda: Occlusion(patch=4, stride=5).in_pixels(64, 64), "stride to be at most patch"),
        (lambda: Lime(n_samples=1), "n_samples to be at least 2"),
        (lambda: Lime(n_segments=1), "n_segments to be at least 2"),
        (lambda: Lime(runs=0), "runs to be at least 1"),
        (lambda: Lime(kernel_width=0), "kernel_width to be greater than 0"),
        (lambda: Lime(fill="pink"), "fill among grey, blur, mean, black"),  # type: ignore[arg-type]
        (lambda: Shap(n_samples=3), "n_samples to be at least 4"),
        (lambda: Shap(n_segments=1), "n_segments to be at least 2"),
        (lambda: Shap(fill="pink"), "fill among grey, blur, mean, black"),  # type: ignore[arg-type]
        (lambda: seeds_of(-1, runs=2), r"seed in 0..2\*\*32 - 1, got -1"),
    ],
)  # fmt: skip
def test_bad_parameters_get_one_clear_sentence(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"expected {message}"):
        wrong()


def test_a_seed_below_zero_is_refused(network: Classifier, x: Tensor) -> None:
    for name in ("lime", "shap"):
        with pytest.raises(ValueError, match=r"expected seed .* got -1"):
            image.explain(name, network, x[:1], seed=-1, params=SHORT[name])
