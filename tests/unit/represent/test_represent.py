"""Neighbours, figures, maps and the attack through the embedding, by hand on toys."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.toys.images import TinyCNN, pictures
from trustai import represent
from trustai.attacks.corruptions import corrupt_mix
from trustai.represent import KNNClassifier, Neighbours, embedding_attack
from trustai.represent.attack import EmbeddingPGDParams
from trustai.represent.picture_states import EPS
from trustai.represent.projection import UMAPParams
from trustai.zoo import Classifier, FeatureStatistics

ROOT = Path(__file__).resolve().parents[3]


def fitted_of(classifier: Classifier, *, n: int = 60, n_classes: int = 5) -> FeatureStatistics:
    x = pictures(n, seed=7)
    features = classifier.features(x).detach()
    labels = torch.arange(n) % n_classes
    return FeatureStatistics.of(features, labels, torch.arange(n), per_class=8)


@pytest.fixture(scope="module")
def network() -> TinyCNN:
    return TinyCNN().freeze()


@pytest.fixture(scope="module")
def fitted(network: TinyCNN) -> FeatureStatistics:
    return fitted_of(network)


# Distances and votes


def test_distances_by_hand() -> None:
    a = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    b = torch.tensor([[3.0, 0.0], [0.0, -1.0]])
    torch.testing.assert_close(
        represent.distances(a, b, metric="euclidean"),
        torch.tensor([[4.0, math.sqrt(34)], [math.sqrt(13), 3.0]]),
    )
    torch.testing.assert_close(
        represent.distances(a, b, metric="cosine"), torch.tensor([[0.4, 1.8], [1.0, 2.0]])
    )


def test_near_points_far_from_the_origin_keep_their_distance() -> None:
    a = torch.tensor([[1000.0, 1000.0]])
    near = represent.distances(a, a + 0.01, metric="euclidean")
    assert near.item() == pytest.approx(0.01 * math.sqrt(2), rel=0.01)


@pytest.mark.parametrize(
    ("labels", "k", "wins"),
    [
        ([2, 1, 1], 3, 1),
        ([2, 1, 1], 1, 2),
        ([2, 1, 1], 2, 2),  # one vote each: the nearer one
        ([2, 1, 0], 3, 2),  # three tied
        ([2, 1, 0, 0, 1], 5, 1),  # 1 and 0 have two votes each; 1 came first
    ],
)
def test_votes_and_their_ties(labels: list[int], k: int, wins: int) -> None:
    found = Neighbours(torch.arange(len(labels))[None], torch.zeros(1, len(labels)), _row(labels))
    assert found.vote(k, n_classes=3).tolist() == [wins]


def _row(labels: list[int]) -> Tensor:
    return torch.tensor([labels])


def test_equally_near_ones_stand_in_their_order() -> None:
    knn = KNNClassifier(torch.tensor([[1.0, 0.0]] * 50), torch.arange(50), 50, "euclidean")
    assert knn.neighbours(torch.zeros(1, 2), k=50).rows.tolist() == [list(range(50))]


def test_none_is_its_own_neighbour_when_left_out() -> None:
    reference = torch.tensor([[0.0, 1.0], [0.0, 1.1], [5.0, 1.0]])
    knn = KNNClassifier(reference, torch.tensor([0, 1, 2]), 3, "euclidean")
    assert knn.predict(reference, k=1).tolist() == [0, 1, 2]
    assert knn.predict(reference, k=1, leave_one_out=True).tolist() == [1, 0, 0]


def test_neighbours_do_not_depend_on_how_many_are_asked_at_once() -> None:
    generator = torch.Generator().manual_seed(0)
    reference = torch.randn(30, 4, generator=generator)
    many = torch.randn(2100, 4, generator=generator)
    knn = KNNClassifier(reference, torch.arange(30) % 3, 3)
    assert torch.equal(knn.predict(many)[2050:], knn.predict(many[2050:]))


@pytest.mark.parametrize("k", [0, 31])
def test_k_is_checked(k: int) -> None:
    knn = KNNClassifier(torch.zeros(30, 4), torch.zeros(30, dtype=torch.int64), 1)
    with pytest.raises(ValueError, match=rf"expected k in 1..30, got {k}"):
        knn.predict(torch.zeros(1, 4), k=k)


def test_other_inputs_are_checked() -> None:
    with pytest.raises(ValueError, match="expected metric to be one of cosine, euclidean"):
        represent.distances(torch.zeros(1, 2), torch.zeros(1, 2), metric="manhattan")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"expected features \(N, D\)"):
        represent.distances(torch.zeros(1, 2), torch.zeros(1, 3))


# Figures


def test_knn_accuracy_by_hand() -> None:
    reference = torch.tensor([[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]])
    classes = torch.tensor([0, 0, 1, 1])
    points = torch.tensor([[1.0, 0.0], [8.0, 0.0], [7.0, 0.0], [2.0, 0.0]])
    truth = torch.tensor([0, 1, 0, 0])
    share = represent.knn_accuracy(points, truth, reference=reference, reference_labels=classes)
    assert share == 0.75
    left_out = represent.knn_accuracy(
        reference, classes, reference=reference, reference_labels=classes, k=1, leave_one_out=True
    )
    assert left_out == 1.0


def test_silhouette_by_hand() -> None:
    points = torch.tensor([[0.0], [1.0], [10.0], [11.0]])
    labels = torch.tensor([0, 0, 1, 1])
    # a is 1 everywhere, b is 10.5 at the ends and 9.5 inside.
    expected = (2 * (9.5 / 10.5) + 2 * (8.5 / 9.5)) / 4
    assert represent.silhouette(points, labels) == pytest.approx(expected)


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2]])
def test_silhouette_where_it_is_not_defined(labels: list[int]) -> None:
    assert represent.silhouette(torch.randn(3, 2), torch.tensor(labels)) is None


def test_trustworthiness_by_hand() -> None:
    line = torch.arange(6.0)[:, None]
    assert represent.trustworthiness(line, line, neighbours=1) == 1.0
    # The map exchanges the ends. On it the nearest of 0 is 4, its 4th neighbour in truth; that of
    # 5 is 1, its 4th; that of 1 is 5, its 5th.
    points = torch.tensor([[5.1], [1.0], [2.0], [3.0], [4.0], [0.1]])
    expected = 1 - 2 / (6 * 1 * (12 - 3 - 1)) * ((4 - 1) + (4 - 1) + (5 - 1))
    assert represent.trustworthiness(line, points, neighbours=1) == pytest.approx(expected)


def test_trustworthiness_needs_points() -> None:
    with pytest.raises(ValueError, match=r"expected neighbours in 1..2 for 6 points, got 3"):
        represent.trustworthiness(torch.zeros(6, 3), torch.zeros(6, 2), neighbours=3)


# Maps


def test_pca_by_hand() -> None:
    generator = torch.Generator().manual_seed(0)
    along = torch.randn(200, 1, generator=generator)
    across = 0.1 * torch.randn(200, 1, generator=generator)
    x = along * torch.tensor([[-0.6, -0.8, 0.0]]) + across * torch.tensor([[0.0, 0.0, 1.0]]) + 5
    found = represent.pca(x)
    torch.testing.assert_close(
        found.axes, torch.tensor([[0.6, 0.8, 0], [0, 0, 1.0]]).double(), atol=0.02, rtol=0
    )
    assert found.share[0] > 0.95
    assert sum(found.share) == pytest.approx(1)
    torch.testing.assert_close(found.place(x), found.points)
    torch.testing.assert_close(found.points.mean(0), torch.zeros(2), atol=1e-5, rtol=0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), d=st.integers(2, 8))
def test_pca_has_one_sign_and_orthogonal_axes(seed: int, d: int) -> None:
    x = torch.randn(20, d, generator=torch.Generator().manual_seed(seed))
    found, mirrored = represent.pca(x), represent.pca(-x)
    torch.testing.assert_close(found.axes @ found.axes.T, torch.eye(2).double())
    torch.testing.assert_close(found.axes, mirrored.axes)
    torch.testing.assert_close(found.points, -mirrored.points, atol=1e-4, rtol=1e-4)


def test_maps_refuse_what_they_cannot_place() -> None:
    found = represent.pca(torch.randn(9, 4, generator=torch.Generator().manual_seed(0)))
    with pytest.raises(ValueError, match="expected 4 features a picture, got 3"):
        found.place(torch.zeros(1, 3))
    with pytest.raises(ValueError, match="expected finite features"):
        represent.pca(torch.full((9, 4), torch.nan))
    with pytest.raises(ValueError, match="of at least 12 pictures"):
        represent.umap(torch.zeros(9, 4))
    with pytest.raises(ValueError, match=r"expected min_dist in \[0, 1\], got 3"):
        UMAPParams(min_dist=3)


EIGHT = """
import json, threading
import torch
from trustai.represent import umap
g = torch.Generator().manual_seed(0)
x = torch.randn(60, 5, generator=g) + 20 * (torch.arange(60) % 2)[:, None]
new = torch.tensor([[0.0] * 5, [20.0] * 5])
found = [None] * 8
def ask(i):
    fitted = umap(x)
    found[i] = (fitted.points, fitted.place(new))
threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
points, placed = found[0]
apart = torch.cdist(placed, points)
nearest = apart.argmin(1) % 2
print(json.dumps({
    "same": all(torch.equal(p, points) and torch.equal(q, placed) for p, q in found),
    "finite": bool(points.isfinite().all()), "nearest": nearest.tolist(),
}))
"""


def run(script: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return ran.stdout


@pytest.mark.slow
def test_eight_at_once_do_not_abort_and_agree() -> None:
    told = json.loads(run(EIGHT).splitlines()[-1])
    assert told == {"same": True, "finite": True, "nearest": [0, 1]}


# The attack through the embedding


def test_distance_to_the_centre_and_to_the_nearest_by_hand() -> None:
    reference = torch.tensor([[1.0, 0], [2, 0], [4, 0], [0, 3], [0, 5], [0, 6]])
    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    fitted = FeatureStatistics.of(reference, labels, torch.arange(6), per_class=3)
    features = torch.tensor([[0.0, 0.0], [0.0, 0.0]])
    y = torch.tensor([0, 1])
    centre = EmbeddingPGDParams(metric="euclidean")
    nearest = EmbeddingPGDParams(metric="euclidean", distance_to="nearest", k=2)
    found = represent.distance_to_class(features, y, fitted=fitted, params=centre)
    torch.testing.assert_close(found, torch.tensor([7 / 3, 14 / 3]))
    found = represent.distance_to_class(features, y, fitted=fitted, params=nearest)
    torch.testing.assert_close(found, torch.tensor([1.5, 4.0]))
    with pytest.raises(ValueError, match="expected 4 references of every class"):
        represent.distance_to_class(
            features, y, fitted=fitted, params=EmbeddingPGDParams(distance_to="nearest", k=4)
        )


@pytest.mark.parametrize("objective", ["distance", "softmax"])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_each_attack_maximises_its_own_objective(
    network: TinyCNN, fitted: FeatureStatistics, objective: str, metric: str
) -> None:
    x, y = pictures(6, seed=3, low=0.2, high=0.8), torch.arange(6) % 5
    for distance_to in ("centre", "nearest"):
        params = EmbeddingPGDParams(metric=metric, distance_to=distance_to)  # type: ignore[arg-type]
        found = embedding_attack(
            network, x, y, eps=EPS, objective=objective, fitted=fitted, params=params  # type: ignore[arg-type]
        )  # fmt: skip
        assert (found.adversarial - x).abs().max() <= EPS + 1e-6
        torch.testing.assert_close(found.features, network.features(found.adversarial))
        torch.testing.assert_close(found.logits, network(found.adversarial))
        if objective == "distance":
            assert (found.distance > found.clean_distance).all()
        else:
            loss = torch.nn.functional.cross_entropy
            assert loss(found.logits, y) > loss(found.clean_logits, y)


def test_the_distance_attack_goes_farther_than_the_softmax_one(
    network: TinyCNN, fitted: FeatureStatistics
) -> None:
    x, y = pictures(16, seed=4, low=0.2, high=0.8), torch.arange(16) % 5
    far = embedding_attack(network, x, y, eps=EPS, fitted=fitted)
    near = embedding_attack(network, x, y, eps=EPS, fitted=fitted, objective="softmax")
    assert far.distance.mean() > near.distance.mean()
    assert not torch.equal(far.adversarial, near.adversarial)


def test_epsilon_zero_is_the_identity(network: TinyCNN, fitted: FeatureStatistics) -> None:
    x, y = pictures(3), torch.zeros(3, dtype=torch.int64)
    found = embedding_attack(network, x, y, eps=0, fitted=fitted)
    assert torch.equal(found.adversarial, x)
    torch.testing.assert_close(found.distance, found.clean_distance)


def test_with_a_seed_each_a_picture_does_not_see_the_others(
    network: TinyCNN, fitted: FeatureStatistics
) -> None:
    x, y = pictures(4, low=0.2, high=0.8), torch.arange(4)
    seeds = [11, 12, 13, 14]
    all_ = embedding_attack(network, x, y, eps=EPS, fitted=fitted, seed=seeds)
    one = embedding_attack(network, x[2:3], y[2:3], eps=EPS, fitted=fitted, seed=[13])
    torch.testing.assert_close(all_.adversarial[2:3], one.adversarial, atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="one for each of 4 pictures, got 2"):
        embedding_attack(network, x, y, eps=EPS, fitted=fitted, seed=[1, 2])


def test_nothing_leaks_to_the_shared_network(network: TinyCNN, fitted: FeatureStatistics) -> None:
    x, y = pictures(2), torch.zeros(2, dtype=torch.int64)
    before = network.predict(x)
    shares: list[float] = []
    embedding_attack(network, x, y, eps=EPS, fitted=fitted, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert torch.equal(network.predict(x), before)
    assert not network.training
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())


def test_what_the_attack_is_given_is_checked(network: TinyCNN, fitted: FeatureStatistics) -> None:
    x, y = pictures(2), torch.zeros(2, dtype=torch.int64)
    with pytest.raises(ValueError, match=r"expected eps in \[0, 1\], got 8"):
        embedding_attack(network, x, y, eps=8, fitted=fitted)
    with pytest.raises(ValueError, match="expected objective to be one of softmax, distance"):
        embedding_attack(network, x, y, eps=EPS, fitted=fitted, objective="head")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected distance_to to be one of centre, nearest"):
        EmbeddingPGDParams(distance_to="far")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected statistics fitted to the training pictures"):
        embedding_attack(network, x, y, eps=EPS)


# Views


def test_a_view_hangs_on_the_numbers_of_its_pictures(
    network: TinyCNN, fitted: FeatureStatistics
) -> None:
    x, y, numbers = pictures(3), torch.arange(3), [5, 900, 17]
    for name in represent.PICTURE_STATES.names():
        made = represent.in_state(name, network, x, y, numbers=numbers, fitted=fitted)
        again = represent.in_state(name, network, x[1:2], y[1:2], numbers=[900], fitted=fitted)
        torch.testing.assert_close(made[1:2], again, atol=1e-5, rtol=0)
        assert torch.equal(made, x) == (name in ("clean", "training"))
    corrupted = represent.in_state("corrupted", network, x, y, numbers=numbers, fitted=fitted)
    assert torch.equal(corrupted[1:2], corrupt_mix(x[1:2], seed=900))
    with pytest.raises(ValueError, match="one number for each of 3 pictures, got 1"):
        represent.in_state("clean", network, x, y, numbers=[1])
