"""Recipe for the census: an income classifier, and its adversarial debiasing over lambda."""

from __future__ import annotations

from trustai.train.fairness.module import AdversarialDebiasing
from trustai.train.fairness.recipe import DebiasingRecipe
from trustai.train.recipe import RECIPES

RECIPES.add(
    "adult-debiased",
    DebiasingRecipe(
        title="Income, debiased step by step",
        summary="Says who earns more than $50,000 a year, with more and more weight on a "
        "prediction that does not tell sex or race.",
        training=AdversarialDebiasing,
        dataset="adult",
        weights={"sex": 5.0, "race": 5.0},
        strengths=(0.0, 0.04, 0.08, 0.13, 0.2, 0.3, 0.42, 0.56, 0.72, 0.88, 1.0, 1.15, 1.35),
    ),
)
