"""How every file in ``models/`` was made: ``python -m trustai.train <recipe>``.

Importing this package registers the recipes; nothing here is imported by the app.
"""

import trustai.train.captions.training
import trustai.train.images.recipes.adversarial
import trustai.train.images.recipes.corrupted
import trustai.train.images.recipes.left_out
import trustai.train.images.recipes.metric_learning
import trustai.train.images.recipes.standard
import trustai.train.tables.recipes.diabetes  # noqa: F401  each registers its recipes
from trustai.train.recipe import RECIPES, CaptionRecipe, Recipe, TableRecipe
from trustai.train.run import smoke, train
from trustai.train.trainer import Machine

__all__ = ["RECIPES", "CaptionRecipe", "Machine", "Recipe", "TableRecipe", "smoke", "train"]
