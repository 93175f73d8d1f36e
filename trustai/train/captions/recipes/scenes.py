"""Captions of drawn street scenes."""

import dataclasses

from trustai.train.captions.module import CaptionOptions, CaptionTraining
from trustai.train.captions.recipe import CaptionRecipe
from trustai.train.recipe import RECIPES

RECIPES.add(
    "captions-scenes",
    CaptionRecipe(
        title="Captions of street scenes, English and Persian",
        summary="Says which road signs stand in a drawn street, and where, in two languages.",
        training=CaptionTraining,
        datasets=("scenes",),
        encoder="signs-resnet18",
        stages=("layer3", "layer4"),
        side=96,
        arguments={"embedding": 64, "hidden": 160, "attention_size": 48, "dropout": 0.1},
        epochs=9,
        batch_size=128,
        lr=3e-3,
        plateau=1,
        options=dataclasses.asdict(CaptionOptions(doubly=0.1)),
    ),
)
