"""Attribution methods for pictures, by name, and how faithful their maps are.

>>> from trustai import data, zoo
>>> from trustai.explain import image
>>> image.names()[:2]
['gradient', 'gradient_x_input']
>>> classifier = zoo.load("signs-resnet18")
>>> signs = data.load("signs", n=1)
>>> result = image.explain("grad_cam", classifier, signs.pixels)
>>> result.map.shape, result.layer, classifier.card.classes[result.target]
(torch.Size([1, 64, 64]), 'layer4', 'turn left')
"""

from __future__ import annotations

from typing import Any

from trustai.explain.image.base import METHODS, Method, Panel, explain
from trustai.explain.image.evaluation.curves import deletion, insertion
from trustai.explain.image.evaluation.faithfulness import (
    Faithfulness,
    FaithfulnessParams,
    PerturbationCurves,
    faithfulness,
    perturbation_curves,
)
from trustai.explain.image.evaluation.leaderboard import leaderboard
from trustai.explain.image.evaluation.localisation import (
    controls,
    inside_share,
    mask_share,
    pointing_game,
)
from trustai.explain.image.evaluation.nulls import blob, random_fields, smoothness
from trustai.explain.image.evaluation.rows import SaliencyLeaderboardRow
from trustai.explain.image.evaluation.sanity import SanityStep, sanity
from trustai.explain.image.imputation import imputed, removal
from trustai.explain.image.layers import Layer, layers
from trustai.registry import discover

discover("trustai.explain.image.methods")

__all__ = [
    "Faithfulness",
    "FaithfulnessParams",
    "Layer",
    "Method",
    "Panel",
    "PerturbationCurves",
    "SaliencyLeaderboardRow",
    "SanityStep",
    "blob",
    "controls",
    "deletion",
    "explain",
    "faithfulness",
    "get",
    "imputed",
    "insertion",
    "inside_share",
    "layers",
    "leaderboard",
    "mask_share",
    "names",
    "perturbation_curves",
    "pointing_game",
    "random_fields",
    "removal",
    "sanity",
    "smoothness",
]


def names() -> list[str]:
    """Every method, in the order of the menus.

    >>> names()[-1]
    'attention_rollout'
    """
    return METHODS.names()


def get(name: str) -> Method[Any]:
    """The method `name`: its title, paper, description, formula, cost, and its `params` class.

    Args:
        name: One of `names`.

    Raises:
        ValueError: no such method.

    >>> get("grad_cam").title, get("lime").cost
    ('Grad-CAM', 'slow')
    """
    return METHODS.get(name)
