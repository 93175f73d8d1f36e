"""Why a network gave a picture its class: attribution methods by name.

>>> from trustai.explain import image
>>> image.names()[:2]
['gradient', 'gradient_x_input']
>>> result = image.explain("grad_cam", classifier, x)  # doctest: +SKIP
>>> result.map, result.target, result.layer, result.seconds  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

from trustai.explain.image.base import METHODS, Method, Panel, explain
from trustai.explain.image.evaluation.curves import deletion, insertion
from trustai.explain.image.evaluation.faithfulness import (
    Faithfulness,
    FaithfulnessParams,
    faithfulness,
    random_curves,
    random_maps,
)
from trustai.explain.image.evaluation.leaderboard import leaderboard
from trustai.explain.image.evaluation.localisation import (
    inside_share,
    mask_share,
    pointing_game,
)
from trustai.explain.image.evaluation.rows import SaliencyLeaderboardRow
from trustai.explain.image.evaluation.sanity import SanityStep, sanity
from trustai.explain.image.imputation import imputed, removal
from trustai.explain.image.layers import Layer, layers
from trustai.metrics.similarity import (
    rank_correlation,
    ssim,
    top_overlap,
)

# Importing registers, and this is the order of the menus.
# ruff: isort: off
from trustai.explain.image.methods.gradient import Gradient
from trustai.explain.image.methods.gradient_x_input import GradientXInput
from trustai.explain.image.methods.integrated_gradients import IntegratedGradients
from trustai.explain.image.methods.smoothgrad import SmoothGrad
from trustai.explain.image.methods.guided_backprop import GuidedBackprop
from trustai.explain.image.methods.grad_cam import GradCAM
from trustai.explain.image.methods.guided_grad_cam import GuidedGradCAM
from trustai.explain.image.methods.smoothgrad_guided import SmoothGradGuided
from trustai.explain.image.methods.smoothgrad_guided_grad_cam import SmoothGradGuidedGradCAM
from trustai.explain.image.methods.grad_cam_pp import GradCAMPlusPlus
from trustai.explain.image.methods.layer_cam import LayerCAM
from trustai.explain.image.methods.score_cam import ScoreCAM
from trustai.explain.image.methods.occlusion import Occlusion
from trustai.explain.image.methods.lime import Lime
from trustai.explain.image.methods.shap import Shap
from trustai.explain.image.methods.attention_rollout import AttentionRollout
# ruff: isort: on


__all__ = [
    "AttentionRollout",
    "Faithfulness",
    "FaithfulnessParams",
    "GradCAM",
    "GradCAMPlusPlus",
    "Gradient",
    "GradientXInput",
    "GuidedBackprop",
    "GuidedGradCAM",
    "IntegratedGradients",
    "Layer",
    "LayerCAM",
    "Lime",
    "Method",
    "Occlusion",
    "Panel",
    "SaliencyLeaderboardRow",
    "SanityStep",
    "ScoreCAM",
    "Shap",
    "SmoothGrad",
    "SmoothGradGuided",
    "SmoothGradGuidedGradCAM",
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
    "pointing_game",
    "random_curves",
    "random_maps",
    "rank_correlation",
    "removal",
    "sanity",
    "ssim",
    "top_overlap",
]


def names() -> list[str]:
    """Every method, in the order of the menus."""
    return METHODS.names()


def get(name: str) -> Method[Any]:
    """The method `name`: its title, paper, description and the class of its `params`.

    Raises:
        ValueError: no such method.
    """
    return METHODS.get(name)
