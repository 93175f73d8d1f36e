"""Bootstrap intervals and ties: toys where the truth is known, and scipy on the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from trustai.metrics import intervals


def test_the_interval_is_scipys() -> None:
    values = np.random.default_rng(0).exponential(size=80)
    ours = intervals.interval(values, draws=20_000)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_about_95_of_100_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(2)
    held = [
        low <= 0.3 <= high
        for low, high in (
            intervals.interval(rng.random(200) < 0.3, seed=seed, draws=500) for seed in range(200)
        )
    ]
    assert 0.90 <= np.mean(held) <= 0.99


def test_items_are_paired() -> None:
    """Methods far apart on every item differ surely, although their intervals overlap."""
    items = np.random.default_rng(3).normal(size=60)
    found = intervals.compare([items, items - 0.1])
    assert found.low[0] < found.high[1]  # side by side nothing would be seen
    assert found.leader == 0
    assert found.tied.tolist() == [True, False]
    assert found.difference_high[1] == pytest.approx(-0.1)


def test_equal_methods_tie_and_a_better_one_leads() -> None:
    rng = np.random.default_rng(40)
    base = rng.normal(size=(3, 300))
    base[2] += 0.5
    found = intervals.compare(base)
    assert found.leader == 2
    assert found.tied.tolist() == [False, False, True]
    assert intervals.compare(base[:2]).tied.all()
    assert intervals.compare([base[0], base[0]]).p.tolist() == [1.0, 1.0]
    assert intervals.compare(base, higher_is_better=False).leader in (0, 1)


def test_several_tests_are_corrected_for() -> None:
    """Of forty methods without a difference few are told apart; uncorrected it would be several."""
    rng = np.random.default_rng(5)
    wrong = [not intervals.compare(rng.normal(size=(2, 100)), seed=k).tied.all() for k in range(60)]
    assert np.mean(wrong) < 0.12
    p = [0.004, 0.02, 0.03, 0.2]
    assert intervals.holm(p) == pytest.approx([0.016, 0.06, 0.06, 0.2])


def test_same_seed_same_interval_and_parts_join() -> None:
    values = np.random.default_rng(6).random((2, 50))
    once, twice = (intervals.mean_draws(values, seed=7, draws=300) for _ in range(2))
    assert (once == twice).all()
    assert once.shape == (300, 2)
    assert (once != intervals.mean_draws(values, seed=8, draws=300)).any()


def test_many_items_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "AT_ONCE", 100)
    drawn = intervals.mean_draws(np.eye(1, 40), draws=1_000)[:, 0]
    assert len(np.unique(drawn[:50])) > 1
    assert not (drawn[:2] == drawn[2:4]).all()
    assert drawn.mean() == pytest.approx(1 / 40, abs=0.004)


def test_none_of_few_is_not_surely_none() -> None:
    assert intervals.interval([0.0] * 20) == pytest.approx((0, 0.161), abs=1e-3)
    assert intervals.interval([1.0] * 20) == pytest.approx((0.839, 1), abs=1e-3)
    found = intervals.compare([[0.0] * 20, [0.0, 1.0] * 10], higher_is_better=False)
    assert found.high[0] == pytest.approx(0.161, abs=1e-3)
    assert intervals.compare([[1.0] * 20, [1.0, 3.0] * 10]).low[0] == 1, "seconds are no shares"


def test_proportion_is_wilsons() -> None:
    low, high = intervals.proportion(0, 20)
    assert low == pytest.approx(0.0)
    assert high == pytest.approx(0.161, abs=0.001)


@pytest.mark.parametrize(
    "call",
    [
        lambda: intervals.compare([[]]),
        lambda: intervals.compare([[1.0, float("nan")]]),
        lambda: intervals.compare([1.0, 2.0]),
        lambda: intervals.compare_draws([1.0, 2.0], [[1.0]]),
        lambda: intervals.weights(0),
        lambda: intervals.weights(3, draws=0),
        lambda: intervals.holm([1.5]),
        lambda: intervals.proportion(3, 2),
    ],
)
def test_what_cannot_be_compared_is_refused(call: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()  # type: ignore[operator]
