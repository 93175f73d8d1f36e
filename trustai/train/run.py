"""Train a recipe: each kind of recipe brings the function that does it."""

from __future__ import annotations

import functools
from pathlib import Path

from trustai.train.recipe import RECIPES, Recipe
from trustai.train.trainer import Job, Machine
from trustai.zoo import Card


@functools.singledispatch
def run(recipe: Recipe, job: Job) -> Card:
    """Train, test once, write the checkpoint; chosen by the class of the recipe.

    ``@run.register(MyRecipe)`` adds a kind.
    """
    raise TypeError(f"expected a kind of recipe that can be run, got {type(recipe).__name__}")


def train(
    recipe_id: str,
    *,
    recipe: Recipe | None = None,
    machine: Machine | None = None,
    seed: int = 0,
    resume: bool = False,
    n_train: int | None = None,
    runs: Path = Path("runs"),
    command: str = "",
) -> Card:
    """Train one recipe and write its checkpoint to ``models/``.

    Args:
        recipe_id: Name in `RECIPES`, and the id of the checkpoint.
        recipe: A changed recipe (other epochs, width, …); by default the registered one.
        machine: Where to compute; by default on what is there.
        seed: Of initialisation, order and augmentation.
        resume: Go on from ``runs/<id>/last.ckpt`` where there is one.
        n_train: Use only this many training pictures or rows (for tests).
        runs: Folder of logs and resumable states.
        command: The line that repeats this, for the card.

    Returns:
        The card as saved.

    Raises:
        ValueError: no such recipe, data are missing, or another run would be resumed.
    """
    job = Job(recipe_id, machine or Machine(), seed, resume, n_train, runs, command)
    return run(recipe or RECIPES.get(recipe_id), job)
