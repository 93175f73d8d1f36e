"""Ours against pytorch-ood 0.4 on the same pictures, logits and features, where it has the score.

It has no feature norm. Where the numbers differ on purpose, the test says how and why; the order of
the pictures is the same but for its entropy (probabilities below 1e-7 are cut off) and its
Mahalanobis score (half its square, and its covariance is a sum over the pictures, not a mean, so
that its ridge of 1e-6 means something else for every number of pictures).
"""

from __future__ import annotations

import math

import pytest
import torch

from tests.toys.images import TinyCNN, pictures
from trustai import ood
from trustai.ood.methods.energy import EnergyParams
from trustai.ood.methods.entropy import entropy
from trustai.ood.methods.knn import KNNParams
from trustai.ood.methods.mahalanobis import MahalanobisParams
from trustai.ood.methods.odin import ODINParams
from trustai.ood.methods.vim import ViMParams
from trustai.zoo import FeatureStatistics

detectors = pytest.importorskip("pytorch_ood.detector")
N_TRAIN = 400


@pytest.fixture(scope="module")
def subject():
    """A network, 20 pictures with logits and features, and the training features with labels."""
    classifier = TinyCNN(width=3).freeze()
    x, train = pictures(20), pictures(N_TRAIN, seed=1)
    with torch.no_grad():
        seen = classifier(x), classifier.features(x)
        features = classifier.features(train)
    labels = classifier.predict(train).argmax(1)
    known = labels.bincount(minlength=5)[labels] >= 2
    order = labels[known].unique(return_inverse=True)[1]
    return classifier, x, seen, features[known], order


@pytest.fixture(scope="module")
def fitted(subject):
    _, _, _, features, labels = subject
    return FeatureStatistics.of(features, labels, torch.arange(len(labels)), per_class=N_TRAIN)


def close(ours, theirs, **tolerance):
    torch.testing.assert_close(
        ours.double(), theirs.double(), **({"rtol": 1e-4, "atol": 1e-5} | tolerance)
    )


def test_logits(subject):
    classifier, x, (logits, _), _, _ = subject
    close(ood.score("msp", classifier, x) - 1, detectors.MaxSoftmax.score(logits))
    close(ood.score("max-logit", classifier, x), detectors.MaxLogit.score(logits))
    close(ood.score("energy", classifier, x), detectors.EnergyBased.score(logits))
    warm = EnergyParams(T=2.5)
    theirs = detectors.EnergyBased.score(logits, t=2.5)
    close(ood.score("energy", classifier, x, params=warm), theirs)
    close(ood.score("entropy", classifier, x), detectors.Entropy.score(logits))


def test_their_entropy_forgets_small_probabilities():
    logits = torch.tensor([[40.0, 0, 0], [20.0, 0, 0]])
    assert entropy(logits)[1].item() == pytest.approx(42 * math.exp(-20), rel=1e-3)
    assert detectors.Entropy.score(logits).diff().abs() < 1e-7


@pytest.mark.parametrize(("T", "eps"), [(1000.0, 0.0014), (10.0, 0.02)])
def test_odin(subject, T, eps):
    """Theirs is ``-S``; ours is ``-T log(C S)``."""
    classifier, x, _, _, _ = subject
    theirs = detectors.ODIN(classifier.double(), eps=eps, temperature=T).predict(x.double())
    classifier.float()
    ours = ood.score("odin", classifier, x, params=ODINParams(T=T, eps=eps))
    close(ours, -T * (-5 * theirs).log(), rtol=1e-3, atol=1e-3)


def test_mahalanobis(subject, fitted):
    """Theirs is half of our square over N: their covariance is not divided by N."""
    classifier, x, (_, features), train, labels = subject
    theirs = detectors.Mahalanobis(classifier.features)
    theirs.fit_features(train, labels)
    ridge = 1e-6 / len(train)
    variance = fitted.within.double().diagonal().mean()
    # The same ridge as a shrinkage, which also shortens the rest by as little.
    shrinkage = float(ridge / (ridge + variance))
    ours = ood.score(
        "mahalanobis", classifier, x, fitted=fitted, params=MahalanobisParams(shrinkage=shrinkage)
    )
    close(ours.square() / len(train) / 2, theirs.predict_features(features), rtol=1e-2)


@pytest.mark.parametrize("k", [1, 10])
def test_knn(subject, fitted, k):
    classifier, x, (_, features), train, labels = subject
    theirs = detectors.KNN(classifier.features, k=k)
    theirs.fit_features(train, labels)
    ours = ood.score("knn", classifier, x, fitted=fitted, params=KNNParams(k=k))
    close(ours, theirs.predict_features(features), atol=1e-4)


@pytest.mark.parametrize("dim", [4, 12])
def test_vim(subject, fitted, dim):
    classifier, x, (_, features), train, labels = subject
    linear = classifier.linear
    theirs = detectors.ViM(classifier.features, d=dim, w=linear.weight, b=linear.bias)
    theirs.fit_features(train, labels)
    ours = ood.score("vim", classifier, x, fitted=fitted, params=ViMParams(dim=dim))
    close(ours, theirs.predict_features(features), rtol=1e-3, atol=1e-3)


def test_react(subject, fitted):
    classifier, x, _, train, labels = subject
    theirs = detectors.ReAct(classifier.features, classifier.head, percentile=0.9)
    theirs.fit_feature_maps(train, labels)
    close(ood.score("react", classifier, x, fitted=fitted), theirs.predict(x))
