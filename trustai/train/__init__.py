"""How every file in ``models/`` was made: ``python -m trustai.train <recipe>``.

Importing this package registers the recipes; nothing here is imported by the app.
"""

from trustai.train import adversarial, corrupted, standard
from trustai.train.recipe import RECIPES, Recipe
from trustai.train.run import Machine, smoke, train

__all__ = ["RECIPES", "Machine", "Recipe", "adversarial", "corrupted", "smoke", "standard", "train"]
