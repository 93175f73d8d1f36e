"""Recipes for the diabetes table: a multilayer perceptron and an additive network."""

from __future__ import annotations

from trustai.train.recipe import RECIPES
from trustai.train.tables.module import TableTraining
from trustai.train.tables.recipe import TableRecipe
from trustai.train.tables.recipes.nam_training import AdditiveTraining

RECIPES.add(
    "diabetes-mlp",
    TableRecipe(
        title="Diabetes, perceptron (MLP)",
        summary="Says from eight measurements who falls ill with diabetes within five years.",
        training=TableTraining,
        dataset="diabetes",
        architecture="tabular-mlp",
    ),
)

RECIPES.add(
    "diabetes-nam",
    TableRecipe(
        title="Diabetes, additive",
        summary="A sum of one learned function per measurement, so it is its own explanation.",
        training=AdditiveTraining,
        dataset="diabetes",
        architecture="nam",
        arguments={"members": 10, "hidden": [32, 16], "units": "relu", "dropout": 0.1},
        lr=5e-3,
        weight_decay=1e-2,
        noise=0.0,
        options={"feature_dropout": 0.05, "output_penalty": 1e-3, "share": 0.875},
    ),
)
