"""Our distances of two samples against SciPy's, which scikit-learn brings along."""

from __future__ import annotations

import numpy as np
import pytest

from trustai.data.tables.closeness import distances

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize("seed", range(5))
def test_same_as_scipy_also_with_ties(seed: int) -> None:
    random = np.random.default_rng(seed)
    a = np.round(random.normal(0, 2, 300))
    b = np.round(random.exponential(3, 200), seed % 2)
    ks, wasserstein = distances(a, b)
    assert ks == pytest.approx(stats.ks_2samp(a, b).statistic)
    assert wasserstein == pytest.approx(stats.wasserstein_distance(a, b) / a.std(ddof=1))
