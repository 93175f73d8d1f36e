"""Rates of a group, and the criteria of group fairness that compare them between groups.

Everything is computed from counts ``(..., G, 2, 2)``: of every group how many rows have which label
(third axis) and which prediction (last axis), 1 being the favourable outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """A rate of one group.

    Attributes:
        title, formula: For people; ``y`` is the label, ``p`` the prediction.
        of: Counts ``(..., 2, 2)`` -> ``(...)``; nan where the rate has no rows.
    """

    title: str
    formula: str
    of: Callable[[Floats], Floats]


@dataclass(frozen=True)
class Criterion:
    """A criterion of group fairness: how far rates differ between groups.

    Attributes:
        title, sentence, formula, paper, url: For people.
        rates: Names in `RATES`; with several, the largest difference counts.
        ratio: Whether it is the smallest rate over the largest, 1 being fair, and not their
            difference, 0 being fair.
    """

    title: str
    sentence: str
    formula: str
    paper: str
    url: str
    rates: tuple[str, ...]
    ratio: bool = False


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


RATES: Mapping[str, Rate] = MappingProxyType(
    {
        "selection_rate": Rate(
            "selection rate", "P(p = 1)", lambda c: _share(c[..., 1].sum(-1), c.sum((-2, -1)))
        ),
        "base_rate": Rate(
            "base rate", "P(y = 1)", lambda c: _share(c[..., 1, :].sum(-1), c.sum((-2, -1)))
        ),
        "accuracy": Rate(
            "accuracy",
            "P(p = y)",
            lambda c: _share(c[..., 0, 0] + c[..., 1, 1], c.sum((-2, -1))),
        ),
        "true_positive_rate": Rate(
            "true positive rate",
            "P(p = 1 | y = 1)",
            lambda c: _share(c[..., 1, 1], c[..., 1, :].sum(-1)),
        ),
        "false_positive_rate": Rate(
            "false positive rate",
            "P(p = 1 | y = 0)",
            lambda c: _share(c[..., 0, 1], c[..., 0, :].sum(-1)),
        ),
        "precision": Rate(
            "precision", "P(y = 1 | p = 1)", lambda c: _share(c[..., 1, 1], c[..., 1].sum(-1))
        ),
    }
)

_HARDT = "Hardt et al. 2016, Equality of Opportunity in Supervised Learning"
_DWORK = "Dwork et al. 2012, Fairness Through Awareness"

CRITERIA: Mapping[str, Criterion] = MappingProxyType(
    {
        "p_percent_rule": Criterion(
            "p%-rule",
            "The selection rate of the group that is selected least, as a share of that of the "
            "group that is selected most. A common legal limit is 80 %.",
            "min_g P(p = 1 | g) / max_g P(p = 1 | g)",
            "Zafar et al. 2017, Fairness Constraints: Mechanisms for Fair Classification",
            "https://arxiv.org/abs/1507.05259",
            ("selection_rate",),
            ratio=True,
        ),
        "demographic_parity": Criterion(
            "demographic parity",
            "How far the selection rates of the groups differ.",
            "max_g P(p = 1 | g) - min_g P(p = 1 | g)",
            _DWORK,
            "https://arxiv.org/abs/1104.3913",
            ("selection_rate",),
        ),
        "equal_opportunity": Criterion(
            "equal opportunity",
            "How far the groups differ in the share of deserving people who are selected.",
            "max_g P(p = 1 | y = 1, g) - min_g P(p = 1 | y = 1, g)",
            _HARDT,
            "https://arxiv.org/abs/1610.02413",
            ("true_positive_rate",),
        ),
        "equalised_odds": Criterion(
            "equalised odds",
            "The larger of two differences between groups: of the true and of the false positive "
            "rates.",
            "max_y (max_g P(p = 1 | y, g) - min_g P(p = 1 | y, g))",
            _HARDT,
            "https://arxiv.org/abs/1610.02413",
            ("true_positive_rate", "false_positive_rate"),
        ),
        "predictive_parity": Criterion(
            "predictive parity",
            "How far the groups differ in the share of selected people who deserve it.",
            "max_g P(y = 1 | p = 1, g) - min_g P(y = 1 | p = 1, g)",
            "Chouldechova 2017, Fair prediction with disparate impact",
            "https://arxiv.org/abs/1703.00056",
            ("precision",),
        ),
        "accuracy_difference": Criterion(
            "accuracy difference",
            "How far the groups differ in the share of right predictions.",
            "max_g P(p = y | g) - min_g P(p = y | g)",
            "Berk et al. 2018, Fairness in Criminal Justice Risk Assessments",
            "https://arxiv.org/abs/1703.09207",
            ("accuracy",),
        ),
    }
)


def criterion_of(criterion: Criterion, counts: npt.ArrayLike) -> Floats:
    """The value of a criterion ``(...)`` of counts ``(..., G, 2, 2)``.

    >>> counts = [[[3, 1], [0, 0]], [[2, 2], [0, 0]]]  # selected: 1 of 4 and 2 of 4
    >>> float(criterion_of(CRITERIA["p_percent_rule"], counts))
    0.5
    """
    table = np.asarray(counts, dtype=float)
    found = []
    for name in criterion.rates:
        values = RATES[name].of(table)
        unknown = np.isnan(values)
        low = np.where(unknown, np.inf, values).min(-1)
        high = np.where(unknown, -np.inf, values).max(-1)
        none = unknown.all(-1)
        low, high = np.where(none, np.nan, low), np.where(none, np.nan, high)
        found.append(_share(low, high) if criterion.ratio else high - low)
    return np.max(np.stack(found), axis=0)
