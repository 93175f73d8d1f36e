"""Standard training: clean pictures, translated and mirrored."""

from __future__ import annotations

from trustai.train.images.module import ImageTraining
from trustai.train.images.recipe import ImageRecipe
from trustai.train.recipe import RECIPES

RECIPES.add(
    "signs-resnet18",
    ImageRecipe(
        title="Road signs, standard",
        summary="Reads road signs. Trained on clean pictures only, so a small attack fools it.",
        training=ImageTraining,
        dataset="signs",
        width=16,
        epochs=6,
        lr=0.2,
        flip=False,  # a mirrored "turn left" is a "turn right"
    ),
)

RECIPES.add(
    "cifar10-resnet18",
    ImageRecipe(
        title="CIFAR-10, standard",
        summary="Ten kinds of things in small photographs. Trained on clean pictures only.",
        training=ImageTraining,
        dataset="cifar10",
        epochs=32,
        lr=0.2,
    ),
)

RECIPES.add(
    "photo-resnet18",
    ImageRecipe(
        title="Photographs, 200 classes",
        summary="Names 200 kinds of things in photographs; learned from Tiny-ImageNet's.",
        training=ImageTraining,
        dataset="tiny-imagenet",
        width=48,
        architecture={"stem_stride": 2},
        epochs=16,
        lr=0.2,
        label_smoothing=0.1,
        zoom=0.5,
        small=0.6,
        stored="int8",  # the largest: 6.4 MB instead of 12.8
        photographs=True,
    ),
)
