"""Thresholds and figures of out-of-distribution detection, by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from trustai import ood
from trustai.metrics import detection, intervals

NAN = float("nan")
# Few distinct values, so that ties are the rule.
SCORES = st.lists(st.integers(-4, 4), min_size=1, max_size=30).map(
    lambda values: torch.tensor(values, dtype=torch.float32) / 2
)
SHARES = st.floats(0.01, 1.0)


def test_by_hand_with_ties():
    inliers, outliers = torch.tensor([1.0, 2, 2, 3]), torch.tensor([2.0, 4])
    # 2 beats 1 and ties with two of four: (1 + 2/2) / 4; 4 beats all.
    assert ood.auroc(inliers, outliers) == pytest.approx((0.5 + 1) / 2)
    assert ood.threshold_at(inliers, keep=0.5) == 2  # both twos come along: three are kept
    assert ood.accepted_share(inliers, threshold=2) == 0.75
    assert ood.threshold_at(inliers, keep=0.75) == 2
    assert ood.threshold_at(inliers, keep=0.76) == 3
    assert ood.fpr_at_tpr(inliers, outliers, tpr=0.76) == 0.5
    assert ood.fpr_at_tpr(inliers, outliers, tpr=0.25) == 0
    # From the top: 4 is an outlier; at 3 a wrong one joins; at 2 one right and two wrong; at 1.
    precision, recall, thresholds = ood.precision_recall(inliers, outliers)
    assert thresholds.tolist() == [4, 3, 2, 1]
    assert precision.tolist() == pytest.approx([1, 1 / 2, 2 / 5, 2 / 6])
    assert recall.tolist() == [0.5, 0.5, 1, 1]
    assert ood.aupr(inliers, outliers) == pytest.approx(0.5 * 1 + 0.5 * 2 / 5)
    accepted, kept, thresholds = ood.roc(inliers, outliers)
    assert thresholds.tolist() == [-np.inf, 1, 2, 3, 4]
    assert accepted.tolist() == [0, 0, 0.5, 0.5, 1]
    assert kept.tolist() == [0, 0.25, 0.75, 1, 1]


def test_the_extremes():
    low, high = torch.tensor([0.0, 1]), torch.tensor([2.0, 3])
    assert ood.auroc(low, high) == 1
    assert ood.auroc(high, low) == 0
    assert ood.auroc(low, low) == 0.5
    assert ood.aupr(low, high) == 1
    assert ood.fpr_at_tpr(low, high) == 0
    assert ood.fpr_at_tpr(high, low) == 1
    # Infinities are scores like others.
    assert ood.auroc(low, torch.tensor([torch.inf])) == 1
    # The share of outliers is the precision of knowing nothing.
    assert ood.aupr(torch.zeros(6), torch.zeros(2)) == 0.25


@pytest.mark.parametrize("figure", [ood.auroc, ood.aupr, ood.fpr_at_tpr, ood.roc])
def test_one_class_only_and_nan_are_rejected(figure):
    some, none = torch.tensor([1.0]), torch.empty(0)
    for inliers, outliers, wrong in (
        (none, some, "at least one of the inliers, got none"),
        (some, none, "at least one of the outliers, got none"),
        (torch.tensor([1, NAN]), some, "numbers among the inliers, got NaN"),
        (some, torch.tensor([NAN]), "numbers among the outliers, got NaN"),
    ):
        with pytest.raises(ValueError, match=wrong):
            figure(inliers, outliers)


@pytest.mark.parametrize("keep", [0, -0.5, 1.01, NAN])
def test_a_threshold_keeps_a_share(keep):
    with pytest.raises(ValueError, match=r"expected keep in \(0, 1\], got"):
        ood.threshold_at(torch.zeros(3), keep=keep)
    with pytest.raises(ValueError, match="got NaN"):
        ood.threshold_at(torch.tensor([NAN]))
    with pytest.raises(ValueError, match="got none"):
        ood.accepted_share(torch.empty(0), threshold=0)


@pytest.mark.parametrize("n", [1, 7, 20, 100, 1000])
def test_the_threshold_is_exact_at_every_share(n):
    """``0.07 * 100`` is a little more than 7 in floats: no picture too many is kept for that."""
    scores = torch.randperm(n, generator=torch.Generator().manual_seed(n)).float()
    for k in range(1, n + 1):
        threshold = ood.threshold_at(scores, keep=k / n)
        assert int((scores <= threshold).sum()) == k


@settings(max_examples=40, deadline=None)
@given(SCORES, SHARES)
def test_the_threshold_is_the_smallest_that_keeps_enough(inliers, keep):
    threshold = ood.threshold_at(inliers, keep=keep)
    assert ood.accepted_share(inliers, threshold=threshold) >= keep
    below = inliers[inliers < threshold]
    assert len(below) / len(inliers) < keep


@settings(max_examples=40, deadline=None)
@given(SCORES, SCORES, SHARES, SHARES)
def test_keeping_more_lets_more_in(inliers, outliers, one, other):
    less, more = sorted((one, other))
    assert ood.threshold_at(inliers, keep=less) <= ood.threshold_at(inliers, keep=more)
    let_in = [ood.fpr_at_tpr(inliers, outliers, tpr=keep) for keep in (less, more)]
    assert let_in[0] <= let_in[1]


@settings(max_examples=40, deadline=None)
@given(SCORES, SCORES)
def test_only_the_order_counts_and_the_curve_holds_the_area(inliers, outliers):
    area = ood.auroc(inliers, outliers)
    assert ood.auroc(inliers.exp() + 5, outliers.exp() + 5) == area
    assert ood.auroc(outliers, inliers) == pytest.approx(1 - area)
    accepted, kept, thresholds = ood.roc(inliers, outliers)
    assert torch.trapezoid(kept, accepted).item() == pytest.approx(area)
    assert (accepted.diff() >= 0).all()
    assert (kept.diff() >= 0).all()
    assert (thresholds.diff() > 0).all()
    assert accepted[-1] == kept[-1] == 1


@settings(max_examples=40, deadline=None)
@given(SCORES, SCORES)
def test_agrees_with_scikit_learn(inliers, outliers):
    truth = np.r_[np.zeros(len(inliers)), np.ones(len(outliers))]
    values = torch.cat([inliers, outliers]).numpy()
    assert ood.auroc(inliers, outliers) == pytest.approx(roc_auc_score(truth, values))
    ours = ood.aupr(inliers, outliers)
    assert ours == pytest.approx(average_precision_score(truth, values))


def _drawn(n: int, m: int, draws: int) -> tuple[torch.Tensor, torch.Tensor]:
    known = intervals.weights(n, seed=0, draws=draws)
    other = intervals.weights(m, seed=1, draws=draws)
    return torch.from_numpy(known), torch.from_numpy(other)


@given(inliers=SCORES, outliers=SCORES)
@settings(max_examples=40, deadline=None)
def test_draws_are_the_figures_of_repeated_pictures(inliers, outliers):
    """A draw is the figure of the pictures, each repeated as often as it was taken."""
    weights = _drawn(len(inliers), len(outliers), 5)
    auroc = detection.auroc_draws(inliers, outliers, weights=weights)
    fpr = detection.fpr_draws(inliers, outliers, weights=weights)
    for k in range(5):
        inside = inliers.repeat_interleave(weights[0][k].long())
        outside = outliers.repeat_interleave(weights[1][k].long())
        assert auroc[k].item() == pytest.approx(detection.auroc(inside, outside))
        assert fpr[k].item() == pytest.approx(detection.fpr_at_tpr(inside, outside))
