"""Does the network know what it does not know? Scores of strangeness by name.

A higher score is more out-of-distribution; a picture is accepted where ``score <= threshold``.

>>> from trustai import ood
>>> ood.names()[:3]
['msp', 'max-logit', 'energy']
>>> strange = ood.score("energy", classifier, x)  # doctest: +SKIP
>>> limit = ood.threshold_at(strange, keep=0.95)  # doctest: +SKIP
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

# Importing registers, and this is the order of the menus.
# ruff: isort: off
from trustai.ood.methods.msp import MSP
from trustai.ood.methods.max_logit import MaxLogit
from trustai.ood.methods.energy import Energy
from trustai.ood.methods.entropy import Entropy
from trustai.ood.methods.odin import ODIN
from trustai.ood.methods.mahalanobis import Mahalanobis
from trustai.ood.methods.knn import KNN
from trustai.ood.methods.vim import ViM
from trustai.ood.methods.react import ReAct
from trustai.ood.methods.feature_norm import FeatureNorm
# ruff: isort: on

__all__ = [
    "KNN",
    "MSP",
    "ODIN",
    "Detector",
    "Energy",
    "Entropy",
    "FeatureNorm",
    "Mahalanobis",
    "MaxLogit",
    "OODLeaderboardRow",
    "ReAct",
    "Reliability",
    "Score",
    "ViM",
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


def names() -> list[str]:
    """Every score, in the order of the menus."""
    return SCORES.names()


def get(name: str) -> Score[Any]:
    """The score `name`: its title, paper, description and the class of its `params`.

    Raises:
        ValueError: no such score.
    """
    return SCORES.get(name)
