"""Spectral signatures against scikit-learn's PCA, the principal direction of the features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from trustai.backdoor.defences.methods.spectral_signatures import (
    SpectralSignatures,
    SpectralSignaturesParams,
)


@pytest.mark.parametrize("seed", range(3))
def test_spectral_scores_are_the_squared_first_component(seed: int) -> None:
    x = torch.randn(80, 16, generator=torch.Generator().manual_seed(seed)).double()
    x[:8] += 2
    found = SpectralSignatures().of_class(x, params=SpectralSignaturesParams(), seed=0)
    first = PCA(1, svd_solver="full").fit_transform(x.numpy())[:, 0]
    assert np.allclose(found.scores.numpy(), first**2)
    assert found.flagged.sum() == 12
