"""Training: recipes by name, ``python -m trustai.train <recipe>``.

Importing this package registers the recipes; nothing here is imported by the app.
"""

import trustai.train.captions.training  # noqa: F401  registers its recipes
from trustai.registry import discover
from trustai.train.recipe import RECIPES, CaptionRecipe, Recipe, TableRecipe
from trustai.train.run import smoke, train
from trustai.train.trainer import Machine

discover("trustai.train.images.recipes")
discover("trustai.train.tables.recipes")

__all__ = ["RECIPES", "CaptionRecipe", "Machine", "Recipe", "TableRecipe", "smoke", "train"]
