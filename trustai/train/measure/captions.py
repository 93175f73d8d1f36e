"""Measurements of networks for captions.

``scores``: BLEU, METEOR and CIDEr on the test pictures, and a table of the generated captions.
``signs``: of scenes, whether the right signs are named. ``variants``: the same recipe with another
attention, with scheduled sampling and with a Transformer, each trained here.
``corpus``: counts of the words it learned from.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from trustai import captions, data, zoo
from trustai.captions import Captioner, corpus
from trustai.captions.score_intervals import compare_bleu
from trustai.data.scenes import mentions
from trustai.data.text import Vocabulary, split
from trustai.metrics.intervals import compare_draws
from trustai.train.captions.evaluation import (
    DECODINGS,
    CaptionPredictions,
    loss_draws,
    metrics_of,
    predict,
    predictions_of,
    table_of,
    worst_of,
)
from trustai.train.captions.recipe import CaptionRecipe
from trustai.train.captions.run import CaptionCorpus, corpus_of, fit_decoder, new_decoder
from trustai.train.measure.stage import MeasuringStage, Metrics, StageInput, StageResult
from trustai.train.recipe import RECIPES
from trustai.train.trainer import Job, Machine, Run
from trustai.zoo import CaptionDecoder, Card, Classifier, Metric

VARIANTS: Mapping[str, dict[str, Any]] = {
    "soft": {},
    "dot": {"arguments": {"attention": "dot"}},
    "multi-head": {"arguments": {"attention": "multi-head"}},
    "hard": {"arguments": {"attention": "hard"}},
    "scheduled-linear": {"options": {"schedule": "linear"}},
    "scheduled-sigmoid": {"options": {"schedule": "inverse-sigmoid"}},
    "transformer": {"architecture": "caption-transformer", "arguments": None},
}
"""What each changes in the recipe: its arguments, its options or its architecture."""

COURSE_LANGUAGE = "fa"
"""Of the variants, where the captions are in several: the course compared them in Persian."""


def recipe_of(card: Card) -> CaptionRecipe:
    recipe = RECIPES.get(card.id)
    if not isinstance(recipe, CaptionRecipe):
        raise ValueError(f"expected a recipe for captions, got {card.id}")
    return recipe


def measure_scores(captioner: Captioner, recipe: CaptionRecipe, n: int | None) -> StageResult:
    """Of both decodings on every test picture, and the table of the captions."""
    said = predict(captioner, recipe.datasets, n=n)
    return StageResult(
        metrics_of(said), tables={"captions": table_of(said), "worst": worst_of(said)}
    )


def measure_signs(captioner: Captioner, recipe: CaptionRecipe, n: int | None) -> StageResult:
    """Share of the test scenes of which exactly the right signs are named, and of the signs.

    BLEU hardly notices a wrong sign: most words of a sentence are about other things.
    """
    found: Metrics = {}
    if "scenes" not in recipe.datasets:
        return StageResult(found)
    scenes = data.caption_set("scenes").read("test", n, 0)
    assert scenes.objects is not None
    annotations = captions.annotations_of(captioner, scenes.images)
    for language in captioner.languages:
        for name, how in DECODINGS.items():
            said = captions.decode(captioner.decoder, annotations, language=language, decoding=how)
            named = [
                sorted(m.name for m in mentions(one[0].words, language=language)) for one in said
            ]
            truth = [sorted(o.name for o in objects) for objects in scenes.objects]
            all_right = sum(a == b for a, b in zip(named, truth, strict=True)) / len(truth)
            hits = sum(
                sum(min(a.count(s), b.count(s)) for s in set(b))
                for a, b in zip(named, truth, strict=True)
            ) / sum(map(len, truth))
            told = {"dataset": "scenes", "split": "test", "n": len(truth)}
            found[f"test/{language}/{name}all_signs_right"] = Metric(round(all_right, 5), told)
            found[f"test/{language}/{name}signs_named"] = Metric(round(hits, 5), told)
    return StageResult(found)


def variant_of(recipe: CaptionRecipe, changes: Mapping[str, Any]) -> CaptionRecipe:
    """What is common to the variants of the recipe, with the changes of one."""
    arguments = changes.get("arguments", {})
    return dataclasses.replace(
        recipe.of_variants(),
        architecture=changes.get("architecture", recipe.architecture),
        arguments={} if arguments is None else recipe.arguments | arguments,
        options=recipe.options | changes.get("options", {}),
    )


def measure_variants(
    captioner: Captioner, recipe: CaptionRecipe, n: int | None, *, resume: bool = False
) -> StageResult:
    """Every one of `VARIANTS` trained in the same way and judged on the same test pictures by
    greedy search, with its loss there and its learning curves; in one language, as in the course.
    They are compared with the best of them picture by picture.
    """
    material = corpus_of(variant_of(recipe, {}), n_train=n)
    if COURSE_LANGUAGE in material.vocabulary.languages:
        material = in_one_language(material, COURSE_LANGUAGE)
    (language, *_) = material.vocabulary.languages
    tests = [data.caption_set(name).read("test", n, 0) for name in recipe.datasets]
    encoder = zoo.load(recipe.encoder, kind=Classifier)
    untrained, _ = new_decoder(recipe, encoder, material.vocabulary)
    looking = Captioner(encoder, untrained)  # as all variants do
    annotations = [captions.annotations_of(looking, test.images) for test in tests]
    told: dict[str, dict[str, Any]] = {}
    judged: dict[str, list[CaptionPredictions]] = {}
    curves: list[pd.DataFrame] = []
    for name, changes in VARIANTS.items():
        job = Job(f"variant-{name}", machine=Machine(precision="32-true"), resume=resume, n_train=n)
        decoder, _, run = fit_decoder(variant_of(recipe, changes), material, job)
        told[name] = _told(decoder, run, language)
        judged[name] = [
            predictions_of(decoder, test, language, some, decodings={"": DECODINGS[""]})
            for test, some in zip(tests, annotations, strict=True)
            if any(test.captions.get(language, ()))
        ]
        curves.append(curve_of(name, run))
        print(f"{name}: trained {run.epochs} epochs", flush=True)
    found = {
        f"variants/{name}/{metric}": Metric(value.value, {**value.how, **told[name]})
        for name, metrics in compared(judged).items()
        for metric, value in metrics.items()
    }
    tables = {"variants": pd.concat(curves, ignore_index=True), "variant-captions": said_by(judged)}
    return StageResult(found, tables=tables)


def _told(decoder: CaptionDecoder, run: Run, language: str) -> dict[str, Any]:
    """How a variant was trained, for its figures."""
    return {
        "epochs": run.epochs,
        "parameters": sum(p.numel() for p in decoder.parameters()),
        "sentences": f"with pictures only, {language}",
        "seed": 0,
    }


def compared(judged: Mapping[str, Sequence[CaptionPredictions]]) -> dict[str, Metrics]:
    """By captioner its figures, as ``fa/bleu4``, and which of them are tied with the best.

    Args:
        judged: By captioner what it says of the same pictures in one language.
    """
    found = {name: _figures(said) for name, said in judged.items()}
    references = [some for one in next(iter(judged.values())) for some in one.references]
    words = {name: [w for one in said for w in one.found[""]] for name, said in judged.items()}
    (language,) = {one.language for said in judged.values() for one in said}
    draws = [loss_draws([v for one in said for v in one.surprises]) for said in judged.values()]
    of_loss = [found[name][f"{language}/loss"].value for name in judged]
    beside = {
        "bleu1": compare_bleu(words, references, n=1),
        "bleu4": compare_bleu(words, references, n=4),
        "loss": compare_draws(of_loss, np.stack(draws, axis=1), higher_is_better=False),
    }
    for figure, comparison in beside.items():
        for k, metrics in enumerate(found.values()):
            metric = metrics[f"{language}/{figure}"]
            tie: dict[str, Any] = {"tied": bool(comparison.tied[k])}
            leads = {"leader": True} if k == comparison.leader else {}
            metrics[f"{language}/{figure}"] = Metric(metric.value, {**metric.how, **tie, **leads})
    return found


def _figures(said: Sequence[CaptionPredictions]) -> Metrics:
    """Of all sets together, named without the split."""
    (language,) = {one.language for one in said}
    return {
        metric.removeprefix("test/"): value
        for metric, value in metrics_of(said).items()
        if metric.split("/")[1] == language  # not of single sets
    }


def said_by(judged: Mapping[str, Sequence[CaptionPredictions]]) -> pd.DataFrame:
    """A row per picture: ``dataset, index, references``, and a column per captioner."""
    (first, *_) = judged.values()
    rows = {
        "dataset": [one.dataset for one in first for _ in one.indices],
        "index": [index for one in first for index in one.indices],
        "references": [[" ".join(w) for w in some] for one in first for some in one.references],
    }
    for name, said in judged.items():
        rows[name] = [" ".join(words) for one in said for words in one.found[""]]
    return pd.DataFrame(rows)


def in_one_language(material: CaptionCorpus, language: str) -> CaptionCorpus:
    """The same pictures with their captions in that language only."""
    train, validation = (
        dataclasses.replace(one, captions={language: one.captions[language]})
        for one in (material.train, material.validation)
    )
    vocabulary = Vocabulary({language: material.vocabulary.words[language]})
    return CaptionCorpus(train, validation, {}, vocabulary)


def curve_of(name: str, run: Run) -> pd.DataFrame:
    """One row per epoch: loss on training and validation sentences, in nats per word, and BLEU-4.

    The loss of training is that of the network with dropout while it still changes, that of
    validation of the averaged one without: it may be the lower of the two.
    """
    columns = {column: run.history[column] for column in ("train_loss", "val_loss", "val_bleu4")}
    return pd.DataFrame({"variant": name, "epoch": range(1, run.epochs + 1), **columns})


def measure_corpus(captioner: Captioner, recipe: CaptionRecipe, n: int | None) -> StageResult:
    """Counts of the words of the training captions, so that a page has them without the files.

    Of every set, and of the sentences without a picture, more is in a table beside the card.
    """
    material = corpus_of(recipe, n_train=n)
    counted = {
        name: corpus.of_set(data.caption_set(name).read("train", n, 0)) for name in recipe.datasets
    }
    if recipe.texts:
        counted[corpus.PAIRS] = corpus.of_pairs()
    found: Metrics = {}
    for language, all_ in material.train.captions.items():
        texts = [text for some in all_ for text in some]
        told = {"dataset": material.train.name, "split": "train", "sentences": len(texts)}
        for name, value in corpus.statistics(texts, language=language).as_dict().items():
            if isinstance(value, int | float):
                found[f"corpus/{language}/{name}"] = Metric(float(value), told)
        known = set(captioner.vocabulary.words[language])
        words = [word for text in texts for word in split(text, language=language)]
        share = sum(word not in known for word in words) / max(1, len(words))
        found[f"corpus/{language}/unknown_to_it"] = Metric(round(share, 5), told)
    return StageResult(found, tables={"corpus": corpus.as_table(counted)})


def _variants(subject: StageInput) -> StageResult:
    captioner, settings = captions.load(subject.card.id), subject.settings
    return measure_variants(captioner, recipe_of(subject.card), settings.n, resume=settings.resume)


Measure = Callable[[Captioner, CaptionRecipe, int | None], StageResult]


def _stage(measure: Measure, *, default: bool = False) -> MeasuringStage:
    def run(subject: StageInput) -> StageResult:
        captioner = captions.load(subject.card.id)
        return measure(captioner, recipe_of(subject.card), subject.settings.n)

    return MeasuringStage(run, "caption", default=default)


STAGES: Mapping[str, MeasuringStage] = {
    "scores": _stage(measure_scores, default=True),
    "signs": _stage(measure_signs, default=True),
    "variants": MeasuringStage(_variants, "caption"),
    "corpus": _stage(measure_corpus),
}
