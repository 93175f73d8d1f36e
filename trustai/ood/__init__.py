"""Out-of-distribution (OOD) detection: scores by name, thresholds, detectors.

A higher score is more out-of-distribution; a picture is accepted where ``score <= threshold``.

>>> from trustai import data, ood, zoo
>>> ood.names()[:3]
['msp', 'max-logit', 'energy']
>>> classifier = zoo.load("signs-no-stop")
>>> known = ood.score("mahalanobis", classifier, data.load("signs", n=20).pixels)
>>> textures = ood.score("mahalanobis", classifier, data.load("textures", n=20).pixels)
>>> ood.auroc(known, textures) > 0.9
True
>>> limit = ood.threshold_at(known, keep=0.95)
>>> ood.accepted_share(known, threshold=limit)
0.95
"""

from __future__ import annotations

from typing import Any

from trustai.metrics.calibration import (
    Reliability,
    fit_temperature,
    nll,
    reliability,
)
from trustai.metrics.detection import (
    accepted_share,
    aupr,
    auroc,
    fpr_at_tpr,
    precision_recall,
    roc,
    threshold_at,
)
from trustai.ood.base import SCORES, Score, score, scores
from trustai.ood.detector import Detector
from trustai.ood.leaderboard import OODLeaderboardRow
from trustai.registry import discover

__all__ = [
    "Detector",
    "OODLeaderboardRow",
    "Reliability",
    "Score",
    "accepted_share",
    "aupr",
    "auroc",
    "fit_temperature",
    "fpr_at_tpr",
    "get",
    "names",
    "nll",
    "precision_recall",
    "reliability",
    "roc",
    "score",
    "scores",
    "threshold_at",
]

discover("trustai.ood.methods")


def names() -> list[str]:
    """Every score, in the order of the menus.

    >>> "energy" in names()
    True
    """
    return SCORES.names()


def get(name: str) -> Score[Any]:
    """The score `name`: its title, paper, description and the class of its `params`.

    Args:
        name: One of `names`.

    Raises:
        ValueError: no such score.

    >>> get("msp").title
    'Maximum softmax probability'
    """
    return SCORES.get(name)
