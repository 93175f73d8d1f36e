"""How every file in ``models/`` was made: ``python -m trustai.train <recipe>``.

Importing this package registers the recipes; nothing here is imported by the app.
"""

from trustai.train import adversarial, captions, corrupted, diabetes, left_out, metric, standard
from trustai.train.recipe import RECIPES, CaptionRecipe, Recipe, TableRecipe
from trustai.train.run import smoke, train
from trustai.train.trainer import Machine

__all__ = [
    "RECIPES",
    "CaptionRecipe",
    "Machine",
    "Recipe",
    "TableRecipe",
    "adversarial",
    "captions",
    "corrupted",
    "diabetes",
    "left_out",
    "metric",
    "smoke",
    "standard",
    "train",
]
