"""``python -m trustai.train.measure.captions <model id>``: what else a card says of a captioner.

Stages: ``scores`` (BLEU, METEOR, CIDEr on the test pictures, and the table of what was said),
``signs`` (of scenes: whether the right signs are named), ``variants`` (the same recipe with another
attention, with scheduled sampling, with a Transformer and with an encoder of ImageNet, each trained
here), ``corpus`` (counts of the words it learned from).
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from trustai import captions, data, zoo
from trustai.captions import Captioner, corpus
from trustai.data.scenes import mentions
from trustai.data.text import split
from trustai.train.captions.evaluation import (
    DECODINGS,
    metrics_of,
    said_about,
    table_of,
)
from trustai.train.captions.run import fit_decoder, material_of
from trustai.train.captions.training import Options
from trustai.train.measure.commands import for_each
from trustai.train.recipe import RECIPES, CaptionRecipe
from trustai.train.trainer import Machine
from trustai.zoo import Card, Classifier, Metric

Metrics = dict[str, Metric]
VARIANTS: Mapping[str, dict[str, Any]] = {
    "soft": {},
    "dot": {"arguments": {"attention": "dot"}},
    "multi-head": {"arguments": {"attention": "multi-head"}},
    "hard": {"arguments": {"attention": "hard"}},
    "scheduled-linear": {"options": {"schedule": "linear"}},
    "scheduled-sigmoid": {"options": {"schedule": "inverse-sigmoid"}},
    "transformer": {"architecture": "caption-transformer", "arguments": None},
    "mobilenet": {
        "encoder": "imagenet-mobilenet-v2",
        "stages": ("network.features.18",),
        "side": 224,
    },
}
"""What each changes in the recipe: its arguments, its options, its architecture or its encoder."""

EPOCHS = 10  # of each variant, at most


def recipe_of(card: Card) -> CaptionRecipe:
    recipe = RECIPES.get(card.id)
    if not isinstance(recipe, CaptionRecipe):
        raise ValueError(f"expected a recipe for captions, got {card.id}")
    return recipe


def measured_scores(captioner: Captioner, recipe: CaptionRecipe, n: int | None) -> Metrics:
    """Of both decodings on every test picture; the table is written beside it."""
    said = said_about(captioner, recipe.datasets, n=n)
    if n is None and captioner.card is not None:
        zoo.save_measurements(captioner.card.id, table_of(said), topic="captions")
    return metrics_of(said)


def measured_signs(captioner: Captioner, recipe: CaptionRecipe, n: int | None) -> Metrics:
    """Share of the test scenes of which exactly the right signs are named, and of the signs.

    BLEU hardly notices a wrong sign: most words of a sentence are about other things.
    """
    found: Metrics = {}
    if "scenes" not in recipe.datasets:
        return found
    scenes = data.caption_set("scenes").read("test", n, 0)
    assert scenes.objects is not None
    grid = captions.grids(captioner, scenes.images)
    for language in captioner.languages:
        for name, how in DECODINGS.items():
            said = captions.decode(captioner.decoder, grid, language=language, decoding=how)
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
    return found


def variant_of(recipe: CaptionRecipe, changes: Mapping[str, Any]) -> CaptionRecipe:
    """The recipe, shorter and on sentences with pictures only, with the changes of a variant."""
    arguments = changes.get("arguments", {})
    return dataclasses.replace(
        recipe,
        texts=0.0,
        views=0,
        batch_size=64,
        epochs=min(EPOCHS, recipe.epochs),
        architecture=changes.get("architecture", recipe.architecture),
        arguments={} if arguments is None else recipe.arguments | arguments,
        encoder=changes.get("encoder", recipe.encoder),
        stages=changes.get("stages", recipe.stages),
        side=changes.get("side", recipe.side),
        options=dataclasses.asdict(Options()) | changes.get("options", {}),
    )


def measured_variants(captioner: Captioner, recipe: CaptionRecipe, n: int | None) -> Metrics:
    """Every one of `VARIANTS` trained in the same way and judged on the same test pictures.

    An encoder whose weights are not on this machine is left out, with a word.
    """
    found: Metrics = {}
    plain = variant_of(recipe, {})
    material = material_of(plain, n_train=n)
    for name, changes in VARIANTS.items():
        variant = variant_of(recipe, changes)
        try:
            encoder = zoo.load(variant.encoder, kind=Classifier)
        except zoo.WeightsMissing as error:
            print(f"{name}: left out; {error}", flush=True)
            continue
        decoder, _, run = fit_decoder(
            variant,
            material,
            name=f"variant-{name}",
            seed=0,
            machine=Machine(precision="32-true"),
            runs=Path("runs"),
        )
        told = {
            "epochs": run.epochs,
            "encoder": variant.encoder,
            "parameters": sum(p.numel() for p in decoder.parameters()),
            "sentences": "with pictures only",
            "seed": 0,
        }
        said = said_about(Captioner(encoder, decoder), recipe.datasets, n=n)
        for metric, value in metrics_of(said).items():
            if metric.split("/")[1] in decoder.vocabulary.languages:  # not of single sets
                place = f"variants/{name}/{metric.removeprefix('test/')}"
                found[place] = Metric(value.value, {**value.how, **told})
        print(f"{name}: {found[f'variants/{name}/en/bleu4'].value:.4f}", flush=True)
    return found


def measured_corpus(captioner: Captioner, recipe: CaptionRecipe, n: int | None) -> Metrics:
    """Counts of the words of the training captions, so that a page has them without the files.

    Of every set, and of the sentences without a picture, more is in a table beside the card.
    """
    material = material_of(recipe, n_train=n)
    counted = {
        name: corpus.of_set(data.caption_set(name).read("train", n, 0)) for name in recipe.datasets
    }
    if recipe.texts:
        counted[corpus.PAIRS] = corpus.of_pairs()
    if n is None and captioner.card is not None:
        table = corpus.as_table(counted)
        zoo.save_measurements(captioner.card.id, table, topic="corpus")
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
    return found


STAGES: Mapping[str, Callable[[Captioner, CaptionRecipe, int | None], Metrics]] = {
    "scores": measured_scores,
    "signs": measured_signs,
    "variants": measured_variants,
    "corpus": measured_corpus,
}


def measure(model_id: str, *, stages: list[str], n: int | None = None) -> Card:
    """Measure, write the card unless `n` is given, and return it.

    Args:
        stages: Of `STAGES`.
        n: Use only this many pictures of a set; nothing is written then.
    """
    captioner = captions.load(model_id)
    card = zoo.read_card(model_id)
    recipe = recipe_of(card)
    for stage in stages:
        found = STAGES[stage](captioner, recipe, n)
        card = dataclasses.replace(card, metrics={**card.metrics, **found})
        if n is None:
            zoo.save_card(card)
    return card


def main(arguments: list[str]) -> int:
    p = argparse.ArgumentParser(
        prog="python -m trustai.train.measure.captions", description=__doc__
    )
    p.add_argument("models", nargs="+", help="model ids")
    p.add_argument("--stages", nargs="+", choices=list(STAGES), default=["scores", "signs"])
    p.add_argument("--n", type=int, help="only this many pictures; nothing is written")
    args = p.parse_args(arguments)

    def work(model_id: str) -> None:
        card = measure(model_id, stages=args.stages, n=args.n)
        for name, metric in card.metrics.items():
            if name.endswith(("bleu4", "signs_right")):
                print(f"{card.id}: {name} {metric.value:.4f}")

    return for_each(args.models, work)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
