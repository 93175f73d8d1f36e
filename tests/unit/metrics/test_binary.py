"""Figures of two classes by hand, and beside scikit-learn on random ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from trustai.metrics import binary
from trustai.metrics.calibration import reliability_of

LABELS = torch.tensor([0, 0, 1, 1, 1])
SAID = torch.tensor([0.1, 0.6, 0.35, 0.8, 0.6])


def test_figures_by_hand() -> None:
    found = binary.figures(LABELS, SAID)
    assert binary.confusion(LABELS, SAID) == [[1, 1], [1, 2]]
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(2 / 3)
    # Of six pairs of one of each class four are in order, one is reversed, one is a tie.
    assert found["roc_auc"] == pytest.approx(4.5 / 6)
    # Recall 1/3 at precision 1, 2/3 at 2/3 (the two of 0.6 come together), 1 at 3/4.
    assert found["average_precision"] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert found["brier"] == pytest.approx((0.01 + 0.36 + 0.65**2 + 0.04 + 0.16) / 5)
    # In tenths: 0.1 for nobody, 0.35 for one of one, 0.6 for one of two, 0.8 for one of one.
    assert found["ece"] == pytest.approx((0.1 + 0.65 + 2 * 0.1 + 0.2) / 5, abs=1e-6)


def test_the_threshold_counts_itself() -> None:
    assert binary.confusion(LABELS, SAID, threshold=0.8) == [[2, 0], [2, 1]]
    assert binary.confusion(LABELS, SAID, threshold=1.0) == [[2, 0], [3, 0]]
    never = binary.figures(LABELS, SAID, threshold=1.0)
    assert math.isnan(never["precision"]), "undefined is not nought"
    assert (never["recall"], never["f1"]) == (0, 0)


def test_certainty_falls_into_the_last_bin() -> None:
    bins = reliability_of(torch.tensor([1.0, 0.0]), torch.tensor([1, 0]), bins=binary.BINS)
    some = bins.count > 0
    assert bins.confidence[some].tolist() == [0, 1]
    assert bins.accuracy[some].tolist() == [0, 1]
    assert bins.count[some].tolist() == [1, 1]


def test_curves_start_where_they_should() -> None:
    roc = binary.roc(LABELS, SAID)
    assert (roc.false_positive[0], roc.true_positive[0], roc.thresholds[0]) == (0, 0, torch.inf)
    assert (roc.false_positive[-1], roc.true_positive[-1]) == (1, 1)
    assert binary.precision_recall(LABELS, SAID).recall[-1] == 1


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_has_no_curve(label: int) -> None:
    with pytest.raises(ValueError, match="expected labels of both classes, got only one"):
        binary.figures(torch.full((4,), label), torch.rand(4))


@settings(deadline=None)
@given(st.integers(4, 80), st.integers(2, 50), st.integers(0, 10_000))
def test_as_scikit_learn(n: int, values: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    y = np.concatenate([[0, 1], random.integers(0, 2, n - 2)])
    p = random.integers(0, values + 1, n) / values  # with ties
    labels, said = torch.tensor(y), torch.tensor(p)
    found = binary.figures(labels, said)
    expected = {
        "accuracy": metrics.accuracy_score(y, p >= 0.5),
        "precision": metrics.precision_score(y, p >= 0.5, zero_division=np.nan),
        "recall": metrics.recall_score(y, p >= 0.5),
        "f1": metrics.f1_score(y, p >= 0.5, zero_division=0),
        "roc_auc": metrics.roc_auc_score(y, p),
        "average_precision": metrics.average_precision_score(y, p),
        "brier": metrics.brier_score_loss(y, p),
    }
    assert {name: found[name] for name in expected} == pytest.approx(
        expected, abs=1e-9, nan_ok=True
    )
    fpr, tpr, thresholds = metrics.roc_curve(y, p, drop_intermediate=False)
    roc = binary.roc(labels, said)
    np.testing.assert_allclose(roc.false_positive, fpr)
    np.testing.assert_allclose(roc.true_positive, tpr)
    np.testing.assert_allclose(roc.thresholds, thresholds)
