"""Running a recipe for pictures: data, network, Lightning's Trainer, checkpoint and card."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import torch

from trustai import data, zoo
from trustai.train.captions.run import train_captions
from trustai.train.card import card_of
from trustai.train.recipe import (
    RECIPES,
    AnyRecipe,
    CaptionRecipe,
    Recipe,
    TableRecipe,
    configuration,
)
from trustai.train.tables.run import train_table
from trustai.train.trainer import Machine, fit
from trustai.types import ImageSet
from trustai.zoo import Card, Classifier, Metric


def smoke(recipe: AnyRecipe) -> AnyRecipe:
    """The same recipe, end to end in seconds: a small network on a few pictures or rows.

    Width 16, because with fewer channels the strided 1x1 convolutions crash the process in torch's
    CPU library (2.15, float32, channels-last, 64 px, gradient of the weights).
    """
    if not isinstance(recipe, Recipe):
        return dataclasses.replace(recipe, epochs=min(2, recipe.epochs), batch_size=32)
    return dataclasses.replace(
        recipe, width=16, epochs=min(2, recipe.epochs), batch_size=32, start_from=None
    )


def pixel_statistics(images: ImageSet) -> tuple[list[float], list[float]]:
    """Mean and standard deviation per channel, in [0, 1]."""
    sample = images.images[:10_000].float() / 255
    mean, std = sample.mean((0, 2, 3)), sample.std((0, 2, 3))
    return [round(v, 4) for v in mean.tolist()], [round(v, 4) for v in std.tolist()]


def split_sha(images: ImageSet) -> str:
    digest = hashlib.sha256(images.images.numpy().tobytes())
    digest.update(images.labels.numpy().tobytes())
    return digest.hexdigest()


def start_network(recipe: Recipe, train: ImageSet) -> tuple[Classifier, dict[str, Any]]:
    """A new network, or a copy of the one that the recipe starts from, and its arguments."""
    if recipe.start_from is None:
        mean, std = pixel_statistics(train)
        arguments: dict[str, Any] = {
            "n_classes": len(train.classes),
            "width": recipe.width,
            "mean": mean,
            "std": std,
            **recipe.architecture,
        }
        started = zoo.build(recipe.training.architecture, **arguments)
        assert isinstance(started, Classifier)
        return started, arguments
    network = zoo.load(recipe.start_from, kind=Classifier)
    assert network.card is not None  # `load` always sets it
    arguments = dict(network.card.arguments)
    if arguments["width"] != recipe.width:
        raise ValueError(
            f"expected --width {arguments['width']}, the width of {recipe.start_from}, "
            f"got {recipe.width}: train {recipe.start_from} at that width first"
        )
    network.card = None
    if arguments != arguments | recipe.architecture:
        arguments |= recipe.architecture
        network = _rebuilt(network, recipe.training.architecture, arguments)
    return network.requires_grad_(True), arguments


def _rebuilt(network: Classifier, architecture: str, arguments: dict[str, Any]) -> Classifier:
    """A network of other arguments that takes over every weight that fits."""
    new = zoo.build(architecture, **arguments)
    assert isinstance(new, Classifier)
    shapes = {name: value.shape for name, value in new.state_dict().items()}
    fitting = {n: v for n, v in network.state_dict().items() if shapes.get(n) == v.shape}
    new.load_state_dict(fitting, strict=False)
    return new


def train(
    recipe_id: str,
    *,
    recipe: AnyRecipe | None = None,
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
    """
    recipe, machine = recipe or RECIPES.get(recipe_id), machine or Machine()
    if isinstance(recipe, CaptionRecipe):
        return train_captions(
            recipe_id, recipe, machine=machine, seed=seed, resume=resume, n_train=n_train,
            runs=runs, command=command,
        )  # fmt: skip
    if isinstance(recipe, TableRecipe):
        return train_table(
            recipe_id, recipe, machine=machine, seed=seed, resume=resume, n_train=n_train,
            runs=runs, command=command,
        )  # fmt: skip
    torch.manual_seed(seed)  # process-wide: allowed here, and only here
    training_set = data.load(recipe.dataset, split="train", n=n_train, without=recipe.without)
    validation = data.load(
        recipe.dataset,
        split="validation",
        n=None if n_train is None else max(64, n_train // 4),
        without=recipe.without,
    )
    network, arguments = start_network(recipe, training_set)
    network.train()
    precision = {"precision": machine.precision}
    module = recipe.training(network, recipe, train=training_set, validation=validation, seed=seed)
    run = fit(
        module,
        name=recipe_id,
        monitor=module.monitor,
        epochs=recipe.epochs,
        patience=recipe.patience,
        machine=machine,
        settings=configuration(recipe) | precision | {"seed": seed, "n_train": n_train},
        resume=resume,
        runs=runs,
    )
    classifier = module.trained().cpu()
    classifier.stored = torch.int8 if recipe.stored == "int8" else torch.float16
    card = card_of(
        recipe_id,
        recipe,
        classifier,
        run,
        architecture=recipe.training.architecture,
        arguments=arguments,
        classes=training_set.classes,
        input_size=training_set.images.shape[-1],
        dataset=recipe.dataset,
        split_sha256=split_sha(training_set),
        learned_from={"training_pictures": len(training_set)},
        settings=precision,
        metrics=_test(classifier, recipe, n_train),
        seed=seed,
        command=command,
    )
    card = dataclasses.replace(card, without=recipe.without)
    return zoo.save(classifier, card)


def _test(classifier: Classifier, recipe: Recipe, n: int | None) -> dict[str, Metric]:
    """Once, after the selection on validation is over."""
    test = data.load(recipe.dataset, split="test", n=n, without=recipe.without)
    correct = classifier.predict(test.pixels).argmax(1) == test.labels
    how = {"dataset": recipe.dataset, "split": "test", "n": len(test)}
    return {"clean_accuracy": Metric(correct.float().mean().item(), how)}
