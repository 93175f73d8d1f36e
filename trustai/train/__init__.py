"""Training: recipes by name, ``python -m trustai.train <recipe>``.

Importing this package registers the recipes; nothing here is imported by the app.

>>> RECIPES.get("signs-resnet18").title
'Road signs, standard'
>>> RECIPES.get("signs-resnet18").smoke().described()
'width 16, 2 epochs'
"""

import trustai.train.captions.run
import trustai.train.fairness.run
import trustai.train.images.run
import trustai.train.tables.run  # noqa: F401  each registers recipes, or how they are trained
from trustai.registry import discover
from trustai.train.captions.recipe import CaptionRecipe
from trustai.train.images.recipe import ImageRecipe
from trustai.train.recipe import RECIPES, Recipe
from trustai.train.run import train
from trustai.train.tables.recipe import TableRecipe
from trustai.train.trainer import Machine

discover("trustai.train.captions.recipes")
discover("trustai.train.fairness.recipes")
discover("trustai.train.images.recipes")
discover("trustai.train.tables.recipes")

__all__ = [
    "RECIPES",
    "CaptionRecipe",
    "ImageRecipe",
    "Machine",
    "Recipe",
    "TableRecipe",
    "train",
]
