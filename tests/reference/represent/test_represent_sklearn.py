"""Our neighbours, votes and principal axes against scikit-learn's on the same features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from trustai import represent
from trustai.represent import METRICS, KNNClassifier

R, N, D, C = 400, 300, 16, 7


@pytest.fixture(scope="module")
def sets() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Overlapping clouds, so that votes differ and tie: reference, its labels, queries."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(C, D, generator=generator)
    labels = torch.arange(R) % C
    reference = centres[labels] + 1.3 * torch.randn(R, D, generator=generator)
    queries = centres[torch.arange(N) % C] + 1.3 * torch.randn(N, D, generator=generator)
    return reference, labels, queries


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [1, 2, 3, 5, 10])
def test_the_same_neighbours_and_the_same_answer_where_votes_do_not_tie(
    sets: tuple[torch.Tensor, torch.Tensor, torch.Tensor], metric: represent.knn.Metric, k: int
) -> None:
    reference, labels, queries = sets
    theirs = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(reference, labels)
    ours = KNNClassifier(reference, labels, C, metric)
    found = ours.neighbours(queries, k=k)
    apart, rows = theirs.kneighbors(queries)
    np.testing.assert_array_equal(found.rows.numpy(), rows)
    np.testing.assert_allclose(found.distances.numpy(), apart, atol=1e-5)
    votes = np.stack([np.bincount(row, minlength=C) for row in labels.numpy()[rows]])
    tied = (votes == votes.max(1, keepdims=True)).sum(1) > 1
    answer = ours.predict(queries, k=k).numpy()
    np.testing.assert_array_equal(answer[~tied], theirs.predict(queries)[~tied])
    assert (~tied).sum() > N / 4
    # Where they tie scikit-learn takes the lowest class; we take the nearest of them.
    for i in tied.nonzero()[0]:
        best = (votes[i] == votes[i].max()).nonzero()[0]
        assert answer[i] == next(c for c in labels.numpy()[rows[i]] if c in best)


def test_the_same_map_up_to_the_signs(
    sets: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
) -> None:
    reference, _, queries = sets
    theirs = PCA(2, svd_solver="full").fit(reference.double().numpy())
    ours = represent.pca(reference)
    signs = np.sign((ours.axes.numpy() * theirs.components_).sum(1))
    np.testing.assert_allclose(ours.axes.numpy(), signs[:, None] * theirs.components_, atol=1e-6)
    np.testing.assert_allclose(ours.share, theirs.explained_variance_ratio_, rtol=1e-6)
    places = theirs.transform(queries.double().numpy()) * signs
    np.testing.assert_allclose(ours.place(queries).numpy(), places, atol=1e-5)
