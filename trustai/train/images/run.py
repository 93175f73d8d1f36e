"""Train a network for pictures: data, network, trainer, and the checkpoint with its card."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import torch

from trustai import data, zoo
from trustai.train.card import LearnedFrom, card_of
from trustai.train.images.module import ImageTraining
from trustai.train.images.recipe import ImageRecipe
from trustai.train.run import run
from trustai.train.trainer import Job, fit
from trustai.types import ImageSet
from trustai.zoo import Card, Classifier, Metric
from trustai.zoo.pretrained import packaged


def part_of(recipe: ImageRecipe, split: str, n: int | None) -> ImageSet:
    """A part of the recipe's data set without the class that it leaves out.

    Args:
        n: At most so many pictures (for tests): a data set that is drawn when it is read is then
            not drawn whole to leave out one class.
    """
    if n is None or recipe.without is None:
        found = data.load(recipe.dataset, split=split, n=n, without=recipe.without)
    else:
        found = data.load(recipe.dataset, split=split, n=2 * n).without(recipe.without)
        found = found.take(torch.arange(min(n, len(found))))
    assert isinstance(found, ImageSet)
    return found


def pixel_statistics(images: ImageSet) -> tuple[list[float], list[float]]:
    """Mean and standard deviation per channel, in [0, 1]."""
    sample = images.images[:10_000].float() / 255
    mean, std = sample.mean((0, 2, 3)), sample.std((0, 2, 3))
    return [round(v, 4) for v in mean.tolist()], [round(v, 4) for v in std.tolist()]


def split_sha(images: ImageSet) -> str:
    """The sha256 of pixels and labels."""
    digest = hashlib.sha256(images.images.numpy().tobytes())
    digest.update(images.labels.numpy().tobytes())
    return digest.hexdigest()


def training_of(recipe: ImageRecipe) -> type[ImageTraining]:
    """The recipe's training class.

    Raises:
        ValueError: it is not one for pictures.
    """
    if not issubclass(recipe.training, ImageTraining):
        raise ValueError(f"expected an ImageTraining, got {recipe.training.__name__}")
    return recipe.training


def start_network(recipe: ImageRecipe, train: ImageSet) -> tuple[Classifier, dict[str, Any]]:
    """A new network, or a copy of the one that the recipe starts from, and its arguments."""
    if recipe.start_from is None:
        mean, std = pixel_statistics(train)
        arguments: dict[str, Any] = {
            "n_classes": len(train.classes),
            **({"width": recipe.width} if recipe.width else {}),
            "mean": mean,
            "std": std,
            **recipe.architecture,
        }
        started = zoo.build(training_of(recipe).architecture, **arguments)
        assert isinstance(started, Classifier)
        return started, arguments
    network = zoo.load(recipe.start_from, kind=Classifier)
    assert network.card is not None  # `load` always sets it
    arguments = dict(network.card.arguments)
    if arguments.get("width") != recipe.width:
        raise ValueError(
            f"expected --width {arguments['width']}, the width of {recipe.start_from}, "
            f"got {recipe.width}: train {recipe.start_from} at that width first"
        )
    network.card = None
    if arguments != arguments | recipe.architecture:
        arguments |= recipe.architecture
        network = _rebuilt(network, training_of(recipe).architecture, arguments)
    return network.requires_grad_(True), arguments


def _rebuilt(network: Classifier, architecture: str, arguments: dict[str, Any]) -> Classifier:
    """A network of other arguments that takes over every weight that fits."""
    new = zoo.build(architecture, **arguments)
    assert isinstance(new, Classifier)
    shapes = {name: value.shape for name, value in new.state_dict().items()}
    fitting = {n: v for n, v in network.state_dict().items() if shapes.get(n) == v.shape}
    new.load_state_dict(fitting, strict=False)
    return new


@run.register(ImageRecipe)
def train_images(recipe: ImageRecipe, job: Job) -> Card:
    """As `trustai.train.train`, for pictures."""
    torch.manual_seed(job.seed)  # process-wide: allowed here, and only here
    training_set = part_of(recipe, "train", job.n_train)
    n_validation = None if job.n_train is None else max(64, job.n_train // 4)
    validation = part_of(recipe, "validation", n_validation)
    network, arguments = start_network(recipe, training_set)
    training = training_of(recipe)
    module = training(network, recipe, train=training_set, validation=validation, seed=job.seed)
    module.train()
    fitted = fit(module, recipe, job)
    classifier = module.trained().cpu()
    classifier.stored = torch.int8 if recipe.stored == "int8" else torch.float16
    classifier.parts = module.learning
    backbone = {packaged.BACKBONE: recipe.start_from} if recipe.frozen else {}
    card = card_of(
        recipe,
        job,
        classifier,
        fitted,
        architecture=training.architecture,
        arguments=arguments,
        learned_from=LearnedFrom(
            dataset=recipe.dataset,
            split_sha256=split_sha(training_set),
            classes=training_set.classes,
            input_size=training_set.images.shape[-1],
            counts={"training_pictures": len(training_set)},
        ),
        settings={"precision": job.machine.precision, **backbone},
        metrics=_test(classifier, recipe, job.n_train),
    )
    card = dataclasses.replace(card, without=recipe.without, photographs=recipe.photographs)
    return zoo.save(classifier, card)


def _test(classifier: Classifier, recipe: ImageRecipe, n: int | None) -> dict[str, Metric]:
    """Once, after the selection on validation is over."""
    test = part_of(recipe, "test", n)
    correct = classifier.predict(test.pixels).argmax(1) == test.labels
    how = {"dataset": recipe.dataset, "split": "test", "n": len(test)}
    return {"clean_accuracy": Metric(correct.float().mean().item(), how)}
