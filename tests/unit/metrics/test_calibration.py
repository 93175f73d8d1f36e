"""Reliability, ECE and the temperature, by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trustai import ood
from trustai.metrics.calibration import COLDEST, HOTTEST

NAN = float("nan")


def two(*confidences):
    """Logits of two classes that give class 0 these probabilities."""
    p = torch.tensor(confidences, dtype=torch.float64)
    return torch.stack([(p / (1 - p)).log(), torch.zeros_like(p)], 1)


def overconfident(n=4000, *, factor=3.0, seed=0):
    """Logits of which ``1 / factor`` would be right: labels drawn from the milder softmax."""
    generator = torch.Generator().manual_seed(seed)
    mild = 2 * torch.randn((n, 5), generator=generator)
    labels = torch.multinomial(mild.softmax(1), 1, generator=generator)[:, 0]
    return factor * mild, labels


def test_by_hand():
    # Two bins. (0, 0.5]: nothing. (0.5, 1]: 0.65 right, 0.75 wrong, 0.95 right, 0.85 (of class 1).
    logits, labels = two(0.65, 0.75, 0.95, 0.15), torch.tensor([0, 1, 0, 1])
    found = ood.reliability(logits, labels, bins=2)
    assert found.low.tolist() == [0, 0.5]
    assert found.high.tolist() == [0.5, 1]
    assert found.count.tolist() == [0, 4]
    assert found.confidence[1].item() == pytest.approx(0.8)
    assert found.accuracy[1].item() == pytest.approx(0.75)
    assert found.confidence[0].isnan()
    assert found.accuracy[0].isnan()
    assert found.ece == pytest.approx(0.05)
    # Ten bins part the four: |1 - 0.65|, |0 - 0.75|, |1 - 0.95|, |1 - 0.85| a quarter each.
    found = ood.reliability(logits, labels, bins=10)
    assert found.count.tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert found.ece == pytest.approx((0.35 + 0.75 + 0.05 + 0.15) / 4)
    assert ood.nll(logits, labels) == pytest.approx(
        -(math.log(0.65) + math.log(0.25) + math.log(0.95) + math.log(0.85)) / 4
    )


def test_all_bins_are_counted():
    """The lowest and the highest bins too: uniform over 15 classes, and certain."""
    logits = torch.cat([torch.zeros(3, 15), 1e3 * torch.eye(15)[:2]])
    labels = torch.tensor([0, 1, 2, 0, 5])
    found = ood.reliability(logits, labels, bins=15)
    assert found.count.sum() == 5
    assert found.count[-1] == 2
    # The uniform ones say 1/15, are taken for class 0 and are right once; the certain ones too.
    assert found.ece == pytest.approx(3 / 5 * (1 / 3 - 1 / 15) + 2 / 5 * 0.5)


def test_a_bin_holds_its_upper_edge():
    found = ood.reliability(torch.zeros(1, 2), torch.tensor([0]), bins=2)
    assert found.count.tolist() == [1, 0]


def test_the_temperature_that_made_it_is_found():
    logits, labels = overconfident()
    found = ood.fit_temperature(logits, labels)
    assert found == pytest.approx(3, rel=0.05)
    least = ood.nll(logits, labels, temperature=found)
    for factor in (0.99, 1.01):
        assert ood.nll(logits, labels, temperature=factor * found) > least
    before, after = (ood.reliability(logits, labels, temperature=t).ece for t in (1.0, found))
    assert after < 0.03 < 0.1 < before


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 3.0))
def test_scaled_logits_want_a_scaled_temperature(scale):
    logits, labels = overconfident(200, seed=1)
    plain = ood.fit_temperature(logits, labels)
    assert ood.fit_temperature(scale * logits, labels) == pytest.approx(scale * plain, rel=1e-4)


def test_without_a_minimum_the_end_of_the_range():
    logits = torch.tensor([[2.0, 0], [0, 3.0]])
    assert ood.fit_temperature(logits, torch.tensor([0, 1])) == COLDEST
    assert ood.fit_temperature(logits, torch.tensor([1, 0])) == HOTTEST


def test_the_temperature_changes_no_prediction_and_cools_confidence():
    logits, labels = overconfident(50)
    cold, hot = (ood.reliability(logits, labels, temperature=t, bins=1) for t in (0.5, 4.0))
    assert torch.equal(cold.accuracy, hot.accuracy)
    assert hot.confidence < cold.confidence


@pytest.mark.parametrize(
    ("logits", "labels", "changes", "message"),
    [
        (torch.zeros(2, 3), torch.zeros(3, dtype=torch.long), {}, "expected logits"),
        (torch.zeros(2, 3), torch.zeros(2), {}, "expected logits"),
        (torch.zeros(0, 3), torch.zeros(0, dtype=torch.long), {}, "got none"),
        (torch.zeros(1, 3), torch.tensor([3]), {}, r"expected labels in 0..2"),
        (torch.tensor([[NAN, 0]]), torch.tensor([0]), {}, "got NaN"),
        (torch.zeros(1, 2), torch.tensor([0]), {"temperature": 0.0}, "greater than 0"),
        (torch.zeros(1, 2), torch.tensor([0]), {"temperature": NAN}, "greater than 0"),
        (torch.zeros(1, 2), torch.tensor([0]), {"bins": 0}, "bins to be at least 1"),
    ],
)
def test_nonsense_is_rejected(logits, labels, changes, message):
    with pytest.raises(ValueError, match=message):
        ood.reliability(logits, labels, **changes)
