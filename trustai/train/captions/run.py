"""Running a recipe for captions: annotation vectors once, then the decoder, then its card."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from trustai import captions, data, zoo
from trustai.data.captions.base import TEXTS
from trustai.data.text import LANGUAGES, Vocabulary
from trustai.train.captions.batches import LONGEST, Sentence, sentence, sentences_of
from trustai.train.captions.evaluation import (
    metrics_of,
    predict,
    table_of,
    worst_of,
)
from trustai.train.captions.features import augmented_annotations
from trustai.train.captions.module import CaptionTraining
from trustai.train.captions.recipe import CaptionRecipe
from trustai.train.captions.self_critical import SelfCriticalTraining
from trustai.train.card import LearnedFrom, card_of
from trustai.train.run import run
from trustai.train.trainer import Job, Run, fit
from trustai.types import CaptionSet
from trustai.zoo import CaptionDecoder, Card, Classifier, Metric

N_TEXTS_SMOKE = 200
OF_RECIPE = ("variants", "variant-captions", "corpus")
"""Measurements that another training of the same recipe does not change."""


@dataclasses.dataclass(frozen=True, eq=False)
class CaptionCorpus:
    """What one training learns from and is selected on."""

    train: CaptionSet
    validation: CaptionSet
    texts: Mapping[str, tuple[str, ...]]
    vocabulary: Vocabulary


def joined(names: Iterable[str], *, split: str, n: int | None = None) -> CaptionSet:
    """One part of several caption sets together; `n` pictures of each at most."""
    parts = [data.caption_set(name).read(split, n, 0) for name in names]
    languages = [name for name in LANGUAGES.names() if any(name in p.captions for p in parts)]
    return CaptionSet(
        name="+".join(part.name for part in parts),
        split=split,
        images=torch.cat([part.images for part in parts]),
        captions={
            name: tuple(c for p in parts for c in p.captions.get(name, ((),) * len(p)))
            for name in languages
        },
        indices=torch.cat([part.indices for part in parts]),
    )


def corpus_of(recipe: CaptionRecipe, *, n_train: int | None = None) -> CaptionCorpus:
    """Read what the recipe names.

    Raises:
        DataMissing: its files are not on this machine.
    """
    train = joined(recipe.datasets, split="train", n=n_train)
    validation = joined(recipe.datasets, split="validation", n=n_train)
    texts: dict[str, tuple[str, ...]] = {}
    if recipe.texts:
        few = None if n_train is None else N_TEXTS_SMOKE
        pairs = shuffled([pair for name in recipe.texts_of for pair in TEXTS[name]()])[:few]
        texts = {"en": tuple(en for en, _ in pairs), "fa": tuple(fa for _, fa in pairs)}
    return CaptionCorpus(train, validation, texts, vocabulary_of(recipe, train, texts))


def shuffled(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Drawn by seed 0: so an epoch, which takes some in turn, has some of every source."""
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))
    return [pairs[i] for i in order.tolist()]


def vocabulary_of(
    recipe: CaptionRecipe, train: CaptionSet, texts: Mapping[str, Iterable[str]]
) -> Vocabulary:
    """Words seen often enough in the captions of pictures, or among the sentences without."""
    about = {
        language: [text for texts_ in all_ for text in texts_]
        for language, all_ in train.captions.items()
    }
    known = dict(Vocabulary.of(about, min_count=recipe.min_count).words)
    if texts:
        more = Vocabulary.of(texts, min_count=recipe.min_count_texts).words
        known = {
            name: tuple(dict.fromkeys((*words, *more.get(name, ()))))
            for name, words in known.items()
        }
    return Vocabulary(known)


def new_decoder(
    recipe: CaptionRecipe, encoder: Classifier, vocabulary: Vocabulary
) -> tuple[CaptionDecoder, dict[str, Any]]:
    """A freshly initialised decoder for the encoder, and its arguments.

    A recipe without stages takes the encoder's last one.
    """
    recipe = dataclasses.replace(recipe, stages=recipe.stages or (encoder.stages[-1].name,))
    arguments: dict[str, Any] = {
        "vocabulary": {name: list(words) for name, words in vocabulary.words.items()},
        "encoder": recipe.encoder,
        "stages": list(recipe.stages),
        "side": recipe.side,
        "channels": channels_of(recipe, encoder),
        **recipe.arguments,
    }
    decoder = zoo.build(recipe.architecture, **arguments)
    assert isinstance(decoder, CaptionDecoder)
    return decoder, arguments


def channels_of(recipe: CaptionRecipe, encoder: Classifier) -> int:
    """D of the annotation vectors that the recipe's stages make."""
    with torch.no_grad():
        picture = torch.zeros(1, 3, recipe.side, recipe.side)
        return captions.stage_maps(encoder, recipe.stages, picture).shape[1]


def fit_decoder(
    recipe: CaptionRecipe, material: CaptionCorpus, job: Job
) -> tuple[CaptionDecoder, dict[str, Any], Run]:
    """The trained decoder, its arguments, and how the training went."""
    torch.manual_seed(job.seed)  # process-wide: allowed here, and only here
    encoder = zoo.load(recipe.encoder, kind=Classifier)
    decoder, arguments = new_decoder(recipe, encoder, material.vocabulary)
    captioner = captions.Captioner(encoder, decoder)
    texts: list[Sentence] = [
        sentence(text, language, material.vocabulary, longest=LONGEST)
        for pair in zip(*material.texts.values(), strict=True)
        for language, text in zip(material.texts, pair, strict=True)
    ]
    annotations = augmented_annotations(
        captioner, material.train, flip=recipe.flip, views=recipe.views
    )
    decoder.learn_scale(annotations[0])  # the views would say much the same, six times
    named: dict[str, Any] = {
        "vectors": torch.stack([standardised(decoder, one) for one in annotations]),
        "sentences": sentences_of(material.train.captions, material.vocabulary, longest=LONGEST),
        "texts": texts,
        "validation": augmented_annotations(captioner, material.validation, flip=False, views=0)[
            0
        ].float(),
        "references": material.validation.captions,
        "seed": job.seed,
    }
    assert issubclass(recipe.training, CaptionTraining)  # as the recipe's kind is
    module = recipe.training(decoder, recipe, **named)
    fitted = fit(module, recipe, job)
    if recipe.refine_epochs:
        module, fitted = refined(module, fitted, recipe, job, material=material, named=named)
    return module.trained().cpu(), arguments, fitted


@torch.no_grad()
def standardised(decoder: CaptionDecoder, annotations: Tensor) -> Tensor:
    """``float16``, part by part: all at once would be large."""
    return torch.cat([decoder.standardised(part.float()).half() for part in annotations.split(64)])


def refined(
    module: CaptionTraining, before: Run, recipe: CaptionRecipe, job: Job, *,
    material: CaptionCorpus, named: Mapping[str, Any],
) -> tuple[CaptionTraining, Run]:  # fmt: skip
    """Self-critical training from the best epoch on; what comes out is never worse on validation.

    The history goes on; the seconds and the epochs are those of both.
    """
    decoder = module.trained().cpu().requires_grad_(True)
    recipe, job = recipe.refining(), dataclasses.replace(job, name=f"{job.name}-refined")
    better = SelfCriticalTraining(decoder, recipe, learned=material.train.captions, **named)
    run = fit(better, recipe, job)
    columns = {*before.history, *run.history}
    history = {
        name: before.history.get(name, [None] * before.epochs)
        + run.history.get(name, [None] * run.epochs)
        for name in sorted(columns)
    }
    both = Run(before.seconds + run.seconds, run.device, before.epochs + run.epochs, history)
    return (better if best_of(run) >= best_of(before) else module), both


def best_of(run: Run) -> float:
    """The best BLEU-4 on validation."""
    return max(value for value in run.history["val_bleu4"] if value is not None)


@run.register(CaptionRecipe)
def train_captions(recipe: CaptionRecipe, job: Job) -> Card:
    """As `trustai.train.train`, for captions."""
    machine = dataclasses.replace(job.machine, precision="32-true")  # small; sums of logarithms
    job = dataclasses.replace(job, machine=machine)
    material = corpus_of(recipe, n_train=job.n_train)
    decoder, arguments, fitted = fit_decoder(recipe, material, job)
    encoder = zoo.load(recipe.encoder, kind=Classifier)
    said = predict(captions.Captioner(encoder, decoder), recipe.datasets, n=job.n_train)
    assert encoder.card is not None
    card = card_of(
        recipe,
        job,
        decoder,
        fitted,
        architecture=recipe.architecture,
        arguments=arguments,
        learned_from=LearnedFrom(
            dataset=material.train.name,
            split_sha256=split_sha(material.train),
            classes=(),
            input_size=recipe.side,
            counts={
                "training_pictures": len(material.train),
                "training_texts": {name: len(texts) for name, texts in material.texts.items()},
            },
        ),
        settings={"encoder_sha256": encoder.card.weights_sha256},
        metrics=metrics_of(said),
    )
    metrics, tables = measured_of_recipe(card, recipe)
    card = zoo.save(decoder, dataclasses.replace(card, metrics={**metrics, **card.metrics}))
    tables |= {"captions": table_of(said), "worst": worst_of(said)}
    for topic, table in tables.items():
        zoo.save_measurements(job.name, table, topic=topic)
    return card


def measured_of_recipe(
    card: Card, recipe: CaptionRecipe
) -> tuple[dict[str, Metric], dict[str, pd.DataFrame]]:
    """What the card of this id that lies there says of its recipe and not of its weights: the
    captions it learned from, and shorter trainings of its kind.

    Empty where no card lies there, or where that of another recipe does.

    Args:
        card: The new one.
        recipe: Its recipe.
    """
    try:
        before = zoo.read_card(card.id)
    except ValueError:
        return {}, {}
    shared = _shared_with_variants(before.configuration, recipe)
    if before.split_sha256 != card.split_sha256 or shared != _shared_with_variants(
        card.configuration, recipe
    ):
        return {}, {}
    metrics = {k: m for k, m in before.metrics.items() if k.split("/")[0] in OF_RECIPE}
    tables = {topic: zoo.measurements(card.id, topic=topic) for topic in OF_RECIPE}
    return metrics, {topic: table for topic, table in tables.items() if table is not None}


def _shared_with_variants(configuration: Mapping[str, Any], recipe: CaptionRecipe) -> str:
    """As text, because a card that was read has lists where a new one has tuples."""
    variant = recipe.of_variants()
    fixed = {
        name: getattr(variant, name)
        for name in ("epochs", "refine_epochs", "refine_lr", "draws")
        if configuration.get("epochs", 0) >= variant.epochs
    }
    return json.dumps({**configuration, **fixed}, sort_keys=True)


def split_sha(pictures: CaptionSet) -> str:
    digest = hashlib.sha256(pictures.images.numpy().tobytes())
    digest.update(repr(sorted(pictures.captions.items())).encode())
    return digest.hexdigest()
