"""Recipes of networks that never saw one class, for out-of-distribution detection."""

from __future__ import annotations

from trustai.train.images.module import ImageTraining
from trustai.train.images.recipe import ImageRecipe
from trustai.train.recipe import RECIPES

RECIPES.add(
    "signs-no-stop",
    ImageRecipe(
        title="Road signs without stop signs",
        summary="Reads road signs, but has never seen a stop sign.",
        training=ImageTraining,
        dataset="signs",
        without="stop",
        width=16,
        epochs=6,
        lr=0.2,
        flip=False,  # a mirrored "turn left" is a "turn right"
    ),
)

for _class in ("frog", "cat"):
    RECIPES.add(
        f"cifar10-no-{_class}",
        ImageRecipe(
            title=f"CIFAR-10 without {_class}s",
            summary=f"Nine kinds of things in small photographs; it has never seen a {_class}.",
            training=ImageTraining,
            dataset="cifar10",
            without=_class,
            width=16,
            epochs=48,
            lr=0.2,
            small=0.5,
        ),
    )
