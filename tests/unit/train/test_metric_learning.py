"""Training on a metric loss teaches a network to keep classes apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from trustai import zoo
from trustai.train import RECIPES, ImageRecipe
from trustai.train.images.batches import Batches
from trustai.train.images.recipes.metric_learning import MetricTraining
from trustai.train.images.run import start_network
from trustai.types import ImageSet
from trustai.zoo import EmbeddingResNet18

pytest.importorskip("pytorch_metric_learning")


def stripes(n: int, *, seed: int) -> ImageSet:
    """Three classes of 16 x 16 pictures that differ in the direction of weak stripes, not in
    their colours."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    waves = torch.stack([torch.sin(rows * 1.6), torch.sin(columns * 1.6), torch.sin(rows * 0.5)])
    noise = torch.randn(n, 3, 16, 16, generator=generator) * 25
    tint = torch.rand(n, 3, 1, 1, generator=generator) * 80
    images = 90 + tint + 22 * waves[labels][:, None] + noise
    return ImageSet(
        name="stripes",
        split="train",
        images=images.clamp(0, 255).byte(),
        labels=labels,
        classes=("across", "down", "wide"),
        indices=torch.arange(n),
    )


def nearest_is_own(network: EmbeddingResNet18, pictures: ImageSet, reference: ImageSet) -> float:
    """Share whose nearest reference picture is of their class."""
    network.eval()
    with torch.no_grad():
        near = network.features(pictures.pixels) @ network.features(reference.pixels).T
    return (reference.labels[near.argmax(1)] == pictures.labels).float().mean().item()


def recipe_of(name: str, *, embedding: int, start_from: str | None = None) -> ImageRecipe:
    recipe = RECIPES.get(name)
    assert isinstance(recipe, ImageRecipe)
    return dataclasses.replace(
        recipe,
        dataset="stripes",
        width=8,  # with 4 channels torch crashes on some processors, see `ImageRecipe.smoke`
        architecture={"embedding": embedding},
        start_from=start_from,
    )


def learn(
    network: EmbeddingResNet18, recipe: ImageRecipe, train: ImageSet, *, epochs: int, lr: float
) -> list[float]:
    """Its losses, step by step."""
    module = MetricTraining(network, recipe, train=train, validation=train, seed=0)
    network.train()
    optimizer = torch.optim.SGD(network.parameters(), lr=lr, momentum=0.9)
    losses: list[float] = []
    batches = Batches(train, batch_size=60, train=True, balanced=True)
    for epoch in range(epochs):
        batches.set_epoch(epoch)
        for x, y in batches:
            loss, logits = module.loss(x, y)
            assert logits.shape == (60, 3)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def by_centres(network: EmbeddingResNet18, pictures: ImageSet) -> float:
    """Share whose nearest centre, as it followed in training, is their class."""
    network.eval()
    return (network.predict(pictures.pixels).argmax(1) == pictures.labels).float().mean().item()


def test_alike_comes_near_and_another_loss_goes_on_from_there(
    models: Path, make_card: Callable[..., zoo.Card]
) -> None:
    train, test = stripes(180, seed=0), stripes(90, seed=1)
    torch.manual_seed(0)
    recipe = recipe_of("cifar10-angular", embedding=6)
    network, arguments = start_network(recipe, train)
    assert isinstance(network, EmbeddingResNet18)
    before = nearest_is_own(network, test, train)
    losses = learn(network, recipe, train, epochs=12, lr=0.02)
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])
    assert nearest_is_own(network, test, train) >= max(0.9, before + 0.1)
    assert by_centres(network, test) >= 0.85

    zoo.save(
        network.freeze(),
        make_card("first", architecture="resnet18-embedding", arguments=arguments),
    )
    recipe = recipe_of("cifar10-circle", embedding=9, start_from="first")
    second, arguments = start_network(recipe, train)
    assert isinstance(second, EmbeddingResNet18)
    assert arguments["embedding"] == 9
    old, new = zoo.load("first").state_dict(), second.state_dict()
    fits = [n for n in old if old[n].shape == new[n].shape]
    assert len(fits) == len(old) - 3  # all but the last layer's two and the centres
    assert all(torch.equal(old[n], new[n]) for n in fits)
    assert all(p.requires_grad for p in second.parameters())

    losses = learn(second, recipe, train, epochs=12, lr=0.0005)
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])
    assert nearest_is_own(second, test, train) >= 0.9
    assert by_centres(second, test) >= 0.85
