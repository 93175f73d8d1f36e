"""Bootstrap confidence intervals, and who is tied with the leader of a leaderboard.

All methods are judged on the same items (pictures, rows), so they are compared item by item: a draw
takes items with replacement, the same ones for every method (the paired bootstrap). An interval is
the percentile interval of those draws.

Papers: Efron and Tibshirani, *An Introduction to the Bootstrap*, Chapman & Hall 1993; Holm, *A
simple sequentially rejective multiple test procedure*, Scandinavian Journal of Statistics 6, 1979.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trustai import seeds

Floats = npt.NDArray[np.float64]
DRAWS = 2_000
LEVEL = 0.95
HOW = {"intervals": {"level": LEVEL, "paired_bootstrap": DRAWS, "tied": "Holm", "seed": 0}}
"""What a card says of intervals with these settings."""
AT_ONCE = 2_000_000  # weights in memory


@dataclass(frozen=True)
class Comparison:
    """Methods beside the best of them, in the order in which they were given.

    Attributes:
        estimate: ``(K,)``, the figure of every method.
        low, high: ``(K,)``, its interval at `LEVEL`.
        leader: Index of the method with the best estimate, the first of equal ones.
        difference: ``(K,)``, estimate minus the leader's.
        difference_low, difference_high: ``(K,)``, the paired interval of that difference.
        p: ``(K,)``, two-sided bootstrap p value of a difference of 0, corrected by Holm for the
            ``K - 1`` comparisons with the leader; 1 for the leader itself.
        tied: ``(K,)``, whether nothing was found that tells a method from the leader:
            ``p >= 1 - LEVEL``. The leader is tied with itself.
    """

    estimate: Floats
    low: Floats
    high: Floats
    leader: int
    difference: Floats
    difference_low: Floats
    difference_high: Floats
    p: Floats
    tied: npt.NDArray[np.bool_]

    def of_shares(self, *, n: int) -> Comparison:
        """With the intervals that `surely` gives to shares of `n` items."""
        low, high = surely(self.low, self.high, self.estimate, n=n)
        return dataclasses.replace(self, low=low, high=high)


def weights(n: int, *, seed: int = 0, draws: int = DRAWS) -> npt.NDArray[np.float32]:
    """How often each of `n` items is taken in each draw: ``(draws, n)``, rows sum to n.

    Args:
        n: At least 1.
        seed: In ``[0, 2**32)``.
        draws: At least 1.

    Raises:
        ValueError: no item, or no draw.

    >>> weights(4, draws=3).sum(axis=1).tolist()
    [4.0, 4.0, 4.0]
    """
    if n < 1:
        raise ValueError("expected at least one item, got none")
    if draws < 1:
        raise ValueError(f"expected at least one draw, got {draws}")
    taken = seeds.numpy_generator(seed).integers(n, size=(draws, n), dtype=np.int32)
    rows = np.arange(draws, dtype=np.int64)[:, None] * n
    counts = np.bincount((taken + rows).ravel(), minlength=draws * n)
    return counts.reshape(draws, n).astype(np.float32)


def mean_draws(values: npt.ArrayLike, *, seed: int = 0, draws: int = DRAWS) -> Floats:
    """Means of resampled items, the same items for every method.

    Args:
        values: ``(K, N)``: a row per method, a column per item.
        seed, draws: As of `weights`.

    Returns:
        ``(draws, K)``.

    Raises:
        ValueError: another shape, no item, or a value that is not finite.
    """
    table = _checked(values)
    n = table.shape[1]
    found, some = [], max(1, AT_ONCE // n)
    for first in range(0, draws, some):
        # a stream of its own for each part, so that memory stays small and the seed decides all
        part = min(some, draws - first)
        stream = int(np.random.SeedSequence((seeds.checked(seed), first)).generate_state(1)[0])
        found.append(weights(n, seed=stream, draws=part).astype(np.float64) @ table.T / n)
    return np.concatenate(found)


def interval(values: npt.ArrayLike, *, seed: int = 0, draws: int = DRAWS) -> tuple[float, float]:
    """The 95 % interval of the mean of `values`, ``(N,)``, a number per item.

    Raises:
        ValueError: no value, or one that is not finite.

    >>> low, high = interval([0.0, 1.0] * 50)
    >>> 0.39 <= low < 0.5 < high <= 0.61
    True
    """
    table = np.asarray(values, dtype=float)[None]
    low, high = percentiles(mean_draws(table, seed=seed, draws=draws))
    if _yes_or_no(table):
        low, high = surely(low, high, table.mean(axis=1), n=table.shape[1])
    return float(low[0]), float(high[0])


def surely(low: Floats, high: Floats, share: Floats, *, n: int) -> tuple[Floats, Floats]:
    """The intervals ``(K,)``; Wilson's where a share is 0 or 1 and the bootstrap has no spread.

    None of `n` items does not mean none at all: of 0 in 128 the upper end is 2.9 %.

    >>> zero = np.zeros(1)
    >>> surely(zero, zero, zero, n=128)[1].round(3).tolist()
    [0.029]
    """
    none, all_ = proportion(0, n), proportion(n, n)
    low = np.where((share == 1) & (low == high), all_[0], low)
    high = np.where((share == 0) & (low == high), none[1], high)
    return low, high


def percentiles(drawn: Floats) -> tuple[Floats, Floats]:
    """Lower and upper ends ``(K,)`` of the interval at `LEVEL`, of draws ``(draws, K)``."""
    outside = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [outside, 1 - outside], axis=0)
    return low, high


def compare(
    values: npt.ArrayLike, *, higher_is_better: bool = True, seed: int = 0, draws: int = DRAWS
) -> Comparison:
    """Methods compared by the mean of what each got on the same items.

    Args:
        values: ``(K, N)``: a row per method, a column per item.
        higher_is_better: Whether the leader has the highest mean or the lowest.
        seed, draws: As of `weights`.

    Raises:
        ValueError: another shape, no item, or a value that is not finite.

    >>> found = compare([[1.0] * 30, [0.0, 1.0] * 15, [1.0] * 30])
    >>> found.leader, found.tied.tolist()
    (0, [True, False, True])
    """
    table = _checked(values)
    drawn = mean_draws(table, seed=seed, draws=draws)
    found = compare_draws(table.mean(axis=1), drawn, higher_is_better=higher_is_better)
    return found.of_shares(n=table.shape[1]) if _yes_or_no(table) else found


def compare_draws(
    estimate: npt.ArrayLike, drawn: npt.ArrayLike, *, higher_is_better: bool = True
) -> Comparison:
    """Methods compared by any figure, of which the caller gives the bootstrap draws.

    Args:
        estimate: ``(K,)``, the figure on all items.
        drawn: ``(draws, K)``, on resampled ones, the same items for every method.
        higher_is_better: Whether the leader has the highest figure or the lowest.

    Raises:
        ValueError: no method, or shapes that do not fit.

    >>> compare_draws([0.2, 0.9], [[0.1, 0.9], [0.3, 0.8]], higher_is_better=False).leader
    0
    """
    figures, draws = np.asarray(estimate, dtype=float), np.asarray(drawn, dtype=float)
    if figures.ndim != 1 or not len(figures) or draws.shape[1:] != figures.shape:
        raise ValueError(
            "expected estimates (K,) and draws (D, K) of the same methods, "
            f"got {figures.shape} and {draws.shape}"
        )
    leader = int((figures if higher_is_better else -figures).argmax())
    apart = draws - draws[:, [leader]]
    low, high = percentiles(draws)
    apart_low, apart_high = percentiles(apart)
    p = _p_values(apart, leader)
    return Comparison(
        estimate=figures,
        low=low,
        high=high,
        leader=leader,
        difference=figures - figures[leader],
        difference_low=apart_low,
        difference_high=apart_high,
        p=p,
        tied=p >= 1 - LEVEL,
    )


def _p_values(apart: Floats, leader: int) -> Floats:
    """Two-sided and corrected, of differences to the leader ``(draws, K)``."""
    single = p_values(apart)
    others = [k for k in range(apart.shape[1]) if k != leader]
    p = np.ones(apart.shape[1])
    p[others] = holm(single[others])
    return p


def p_values(draws: npt.ArrayLike) -> Floats:
    """Two-sided p values ``(K,)`` of a figure of 0, of its bootstrap draws ``(D, K)``.

    Twice the smaller share of the draws on one side of 0, itself counted as one of them; not
    corrected for several figures.

    >>> p_values([[0.1, -1.0]] * 99 + [[0.1, 2.0]]).round(3).tolist()
    [0.02, 0.04]
    """
    drawn = np.asarray(draws, dtype=float)
    beyond = np.minimum((drawn <= 0).sum(0), (drawn >= 0).sum(0))
    return np.minimum(2 * (beyond + 1) / (len(drawn) + 1), 1.0)


def holm(p: npt.ArrayLike) -> Floats:
    """P values ``(K,)`` of several tests, corrected so that all of them hold together.

    Sorted ascending, :math:`\\tilde p_k = \\max_{j \\le k} \\min(1, (K - j + 1) p_j)`.

    Raises:
        ValueError: a value outside ``[0, 1]``.

    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    single = np.asarray(p, dtype=float)
    if single.ndim != 1 or not ((single >= 0) & (single <= 1)).all():
        raise ValueError(f"expected p values in [0, 1], got {single.tolist()}")
    order = single.argsort(kind="stable")
    times = np.arange(len(single), 0, -1)
    together = np.empty_like(single)
    together[order] = np.minimum(np.maximum.accumulate(times * single[order]), 1.0)
    return together


def proportion(count: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of `count` in `n`, where only the count is known.

    Raises:
        ValueError: not ``0 <= count <= n`` or no item.

    >>> [round(end, 3) for end in proportion(8, 10)]
    [0.49, 0.943]
    """
    if n < 1 or not 0 <= count <= n:
        raise ValueError(f"expected a count in [0, n] of n >= 1 items, got {count} of {n}")
    from scipy import stats

    found = stats.binomtest(count, n).proportion_ci(confidence_level=LEVEL, method="wilson")
    return float(found.low), float(found.high)


def _yes_or_no(table: Floats) -> bool:
    """Whether every item is a 0 or a 1, so that its mean is a share."""
    return bool(np.isin(table, (0, 1)).all())


def _checked(values: npt.ArrayLike | Sequence[Sequence[float]]) -> Floats:
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"expected values (methods, items), got {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("expected finite values, got one that is not")
    return table
