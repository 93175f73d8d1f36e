"""SHAP: Shapley values of superpixels by weighted regression (Lundberg & Lee 2017).

The library shap estimates the same values, but its kernel explainer draws from the process-wide
random generator, so two sessions at once would disturb each other: the estimate is our own, the
library the reference it is tested against.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trustai import seeds
from trustai.explain.base import part_of
from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.baselines import Baseline, checked_baseline
from trustai.explain.image.superpixels import (
    hidden_picture,
    probabilities,
    square_grid,
    superpixels,
)
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier

Shown: TypeAlias = NDArray[np.bool_]
Values: TypeAlias = NDArray[np.float64]

# Of the pairs drawn, for the jackknife.
GROUPS = 10


@dataclass(frozen=True)
class ShapParams:
    """Parameters of Shapley values over superpixels.

    Attributes:
        n_samples: Evaluations of the network in all; at least four times the number of superpixels
            and two more. From ``2**segments`` on the values are exact.
        n_segments: Pieces to ask for, see `superpixels`.
        baseline: What a hidden piece becomes, see `hidden_picture`.
    """

    n_samples: int = 512
    n_segments: int | None = None
    baseline: Baseline = "grey"

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("n_samples", self.n_samples, 4)
        if self.n_segments is not None:
            checks.at_least("n_segments", self.n_segments, 2)
        checked_baseline(self.baseline)


@dataclass(frozen=True, eq=False)
class Coalitions:
    """Which of `n` pieces are shown together, and how much each such coalition counts.

    Attributes:
        shown: ``bool (M, n)``, neither empty nor full.
        weights: ``(M,)``, greater than 0.
        pair: ``int (M,)``: the number of the pair drawn, -1 for sizes taken as a whole.
    """

    shown: Shown
    weights: Values
    pair: NDArray[np.int64]

    @property
    def exact(self) -> bool:
        """Whether every coalition there is, is among them."""
        return bool((self.pair < 0).all())


def coalitions(n: int, budget: int, random: np.random.Generator) -> Coalitions:
    """Coalitions of `n` pieces whose regression gives their Shapley values.

    All coalitions of a size together have the mass ``1 / (k (n - k))`` of the Shapley kernel. Sizes
    are taken from both ends inwards as a whole while the budget gives them at least as many draws
    as they have members: 1 and ``n - 1`` always, all of them if ``budget >= 2**n - 2``. The rest of
    the budget is drawn in pairs of a coalition and its complement (Covert & Lee 2021,
    https://arxiv.org/abs/2012.01536), each remaining size equally often, as leverage scores have it
    (Musco & Witter 2025, https://arxiv.org/abs/2410.01917); the weights make good for that.

    Args:
        n: Number of pieces, at least 2.
        budget: How many at most; at least ``2 n + 4``, or ``2**n - 2`` if that is less.
        random: Of the coalitions that are drawn.
    """
    # By the smaller size of a pair: a coalition and its complement have the same mass.
    ends = range(1, n // 2 + 1)
    both = {k: 1 if 2 * k == n else 2 for k in ends}
    mass = {k: both[k] / (k * (n - k)) for k in ends}
    members = {k: both[k] * math.comb(n, k) for k in ends}
    rows, weights = [np.zeros((0, n), bool)], [np.zeros(0)]
    pairs = 0
    for first in ends:
        rest = range(first, n // 2 + 1)
        mass_left = sum(mass[k] for k in rest)
        enough = members[first] <= budget * mass[first] / mass_left
        if first > 1 and not enough and sum(members[k] for k in rest) > budget:
            drawn = _pairs(n, budget // 2, list(rest), random)
            each = np.array([mass[k] / both[k] for k in np.minimum(drawn.sum(1), n - drawn.sum(1))])
            rows.append(drawn)
            weights.append(each * mass_left / each.sum())
            pairs = budget // 2
            break
        rows.append(_all_of(n, first))
        weights.append(np.full(members[first], mass[first] / members[first]))
        budget -= members[first]
    whole = sum(map(len, rows)) - 2 * pairs
    pair = np.concatenate([np.full(whole, -1), np.tile(np.arange(pairs), 2)])
    return Coalitions(np.concatenate(rows), np.concatenate(weights), pair)


def _all_of(n: int, k: int) -> Shown:
    """Every coalition of `k` and of ``n - k`` of `n`."""
    chosen = np.array(list(itertools.combinations(range(n), k)))
    rows = np.zeros((len(chosen), n), bool)
    np.put_along_axis(rows, chosen, True, axis=1)
    return rows if 2 * k == n else np.concatenate([rows, ~rows])


def _pairs(n: int, count: int, sizes: list[int], random: np.random.Generator) -> Shown:
    """`count` coalitions and their complements, each of the sizes equally often."""
    # Half of n is one size, all others stand for two.
    shares = np.cumsum([1 if 2 * k == n else 2 for k in sizes])
    at = (np.arange(count) + random.random()) / count * shares[-1]
    wanted = np.array(sizes)[np.searchsorted(shares, at, side="right")]
    ranks = random.random((count, n)).argsort(1).argsort(1)
    rows = ranks < wanted[:, None]
    return np.concatenate([rows, ~rows])


def shapley_values(among: Coalitions, gains: Values, *, total: float) -> Values:
    """``argmin_phi sum_m w_m (gain_m - sum_(s in m) phi_s)^2`` subject to ``sum_s phi_s = total``.

    With all coalitions and the weights of the Shapley kernel the minimum is the Shapley values
    (Lundberg & Lee 2017, theorem 2). With some of them it is an estimate that nears these values as
    the coalitions become more; the sum is right in any case.

    Args:
        among: The coalitions and their weights.
        gains: ``(M,)``: the value of each coalition less that of the empty one.
        total: The gain of the full one.

    Returns:
        ``(n,)``.

    >>> every = coalitions(2, 2, seeds.numpy_generator(0))
    >>> shapley_values(every, np.array([1.0, 0.0]), total=3.0).tolist()  # 1 and 0, and 2 together
    [2.0, 1.0]
    """
    n = among.shown.shape[1]
    z = among.shown.astype(np.float64)
    system, right = np.zeros((n + 1, n + 1)), np.zeros(n + 1)
    system[:n, :n], system[:n, n], system[n, :n] = (z * among.weights[:, None]).T @ z, 1, 1
    right[:n], right[n] = z.T @ (among.weights * gains), total
    values: Values = np.linalg.solve(system, right)[:n]
    return values


def standard_errors(among: Coalitions, gains: Values, *, total: float) -> Values:
    """``(n,)``: by how much `shapley_values` would vary with other draws; 0 where nothing is drawn.

    The jackknife: the values again, each time without one of `GROUPS` groups of the pairs.
    """
    if among.exact:
        return np.zeros(among.shown.shape[1])
    groups = min(GROUPS, int(among.pair.max()) + 1)
    again = []
    for group in range(groups):
        kept = (among.pair < 0) | (among.pair % groups != group)
        raised = np.where(among.pair < 0, 1, groups / (groups - 1))
        rest = Coalitions(among.shown[kept], (among.weights * raised)[kept], among.pair[kept])
        again.append(shapley_values(rest, gains[kept], total=total))
    errors: Values = np.sqrt((groups - 1) * np.var(again, axis=0))
    return errors


class Shap(Method[ShapParams]):
    """Shapley values ``phi_s`` of the superpixels, for the target's probability ``p_t``.

    ``phi_s = sum_S |S|! (n - |S| - 1)! / n! (p_t(S and s) - p_t(S))`` over all sets ``S`` of the
    other superpixels, where those outside of a set are hidden; estimated by `coalitions` and
    `shapley_values`. Every pixel gets the value of its superpixel.

    Additivity: ``sum_s phi_s = p_t(x) - p_t(everything hidden)``; ``facts["additivity_gap"]`` is by
    how much the sum misses that. Further facts: ``seed_spread``, the mean of `standard_errors`
    divided by the mean absolute value (at 1 chance moves a value by as much as it is worth);
    ``probability`` and ``probability_hidden``, the two ends; ``segments``, how many superpixels
    there are; ``exact``, 1 where every coalition was evaluated, else 0.
    """

    name = "shap"
    title = "SHAP"
    paper = "Lundberg & Lee 2017, A Unified Approach to Interpreting Model Predictions"
    url = "https://arxiv.org/abs/1705.07874"
    description = (
        "Divides the probability fairly among the segments of the picture: each segment gets "
        "its Shapley value."
    )
    signed = True
    alone = True
    formula = (
        r"\phi_s = \sum_{S \not\ni s} \frac{|S|!\,(n - |S| - 1)!}{n!} \big(p_t(S \cup s) - "
        r"p_t(S)\big)"
    )
    fact_texts = MappingProxyType(
        {
            "probability": "probability {:.1%}",
            "probability_hidden": "probability with everything hidden {:.1%}",
            "additivity_gap": "the sum differs from it by {:.1e}",
            "seed_spread": "standard error of a value {:.2f}",
            "segments": "{:,.0f} segments",
            "exact": "",
        }
    )
    cost = "slow"
    params = ShapParams
    suits_large_pictures = False
    quick = ShapParams(n_samples=256)

    def attribute(self, task: Task[ShapParams]) -> Maps:
        checks.at_least("seed", task.seed, 0)
        network = task.passes.classifier.folded()
        found = [_of_picture(network, task, i) for i in range(len(task.x))]
        maps, facts = zip(*found, strict=True)
        return Maps(
            torch.stack(maps),
            facts={name: torch.tensor([one[name] for one in facts]) for name in facts[0]},
            grid=square_grid(facts[0]["segments"]),
        )


def _of_picture(
    network: Classifier, task: Task[ShapParams], i: int
) -> tuple[Tensor, dict[str, float]]:
    """Map ``(H, W)`` and facts of the `i`-th picture."""
    params, x, target = task.params, task.x[i], int(task.passes.target[i])
    pieces = superpixels(x, n_segments=params.n_segments)
    least = min(4 * pieces.n + 2, 2**pieces.n)
    if params.n_samples < least:
        raise ValueError(
            f"expected n_samples to be at least {least} for {pieces.n} superpixels, got "
            f"{params.n_samples} (or ask for fewer by n_segments)"
        )
    # The same coalitions for every picture with as many superpixels, whatever its neighbours.
    among = coalitions(pieces.n, params.n_samples - 2, seeds.numpy_generator(task.seed))
    none_and_all = np.repeat([[False], [True]], pieces.n, axis=1)
    answers = probabilities(
        network, x, pieces, hidden_picture(network, x, pieces, params.baseline),
        torch.from_numpy(np.concatenate([none_and_all, among.shown])),
        part_of(task.on_progress, i, len(task.x)),
    )[:, target].cpu().numpy()  # fmt: skip
    nothing, everything = float(answers[0]), float(answers[1])
    gains, total = answers[2:] - nothing, everything - nothing
    values = shapley_values(among, gains, total=total)
    errors, size = standard_errors(among, gains, total=total), float(np.abs(values).mean())
    shares = torch.from_numpy(values).float()
    return pieces.painted(shares), {
        "probability": everything,
        "probability_hidden": nothing,
        "additivity_gap": abs(float(shares.double().sum()) - total),
        "seed_spread": float(errors.mean()) / size if size > 0 else 0.0,
        "segments": float(pieces.n),
        "exact": float(among.exact),
    }


METHODS.add(Shap.name, Shap(), order=150)
