"""Captions of photographs, behind a published network that is not trained."""

import dataclasses

from trustai.train.captions.module import CaptionOptions, CaptionTraining
from trustai.train.captions.recipe import CaptionRecipe
from trustai.train.recipe import RECIPES

RECIPES.add(
    "captions-photos",
    CaptionRecipe(
        title="Captions of photographs, English and Persian",
        summary="Puts photographs into words, learned from a thousand of them.",
        training=CaptionTraining,
        datasets=("flickr8k-1000", "coco-mini"),
        encoder="imagenet-efficientnet-lite0",
        stages=("stage3", "stage5", "top"),  # the last one knows objects, the others colours
        side=224,
        arguments={
            "embedding": 128,
            "hidden": 224,
            "attention_size": 80,
            "components": 160,
            "dropout": 0.5,
            "context_dropout": 0.2,
        },
        texts=0.5,
        texts_of=("flickr8k-fa",),
        min_count_texts=10,
        flip=True,
        views=4,
        epochs=12,
        batch_size=96,
        together=16,
        lr=3e-3,
        weight_decay=0.02,
        label_smoothing=0.1,
        average=0.995,
        plateau=0,
        patience=12,
        refine_epochs=4,
        refine_lr=2e-4,
        options=dataclasses.asdict(CaptionOptions(doubly=0.2)),
    ),
)
