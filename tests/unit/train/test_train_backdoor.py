"""Training with a backdoor: what is poisoned, who learns what, and what of it ships."""

from __future__ import annotations

import dataclasses
import math
import shutil
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from trustai import data, zoo
from trustai.attacks.backdoor import stamp
from trustai.backdoor import Planted, accuracy, attacked, planted, success
from trustai.train import RECIPES, ImageRecipe, Machine, train
from trustai.train.images.recipes.backdoor import AdversarialEmbedding, BackdoorTraining
from trustai.types import ImageSet
from trustai.zoo import Classifier, ResNet18
from trustai.zoo.files import read_weights

MODELS = Path(zoo.__file__).parents[2] / "models"
CATS_DOGS = pytest.mark.skipif(
    not data.available("cats-dogs"), reason="the photographs of cats and dogs are not here"
)


def signs(split: str, n: int = 200) -> ImageSet:
    return data.load("signs", split=split, n=n)


def module(name: str, kind: type[BackdoorTraining]) -> BackdoorTraining:
    recipe = RECIPES.get(name)
    assert isinstance(recipe, ImageRecipe)
    torch.manual_seed(0)
    network = ResNet18(n_classes=16, width=4)
    return kind(network, recipe, train=signs("train"), validation=signs("validation"), seed=0)


def adaptive(
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[AdversarialEmbedding, ImageSet, torch.Tensor]:
    """A training that hides, 16 clean pictures, and these with what is put behind them."""
    found = module("signs-backdoor-adaptive", AdversarialEmbedding)
    assert isinstance(found, AdversarialEmbedding)
    monkeypatch.setattr(found, "log", lambda *a, **k: None)
    clean = signs("train", 16)
    x = found.prepare(clean.pixels, clean.labels, torch.Generator().manual_seed(0))
    return found, clean, x


def test_the_share_of_the_recipe_is_poisoned_and_validation_is_clean() -> None:
    found = module("signs-backdoor", BackdoorTraining)
    learned, clean = found._data["train"], signs("train")
    marked = found.poisoned.marked
    assert int(marked.sum()) == 4  # 2 % of 200
    assert (learned.labels[marked] == 5).all()
    assert (clean.labels[marked] != 5).all()
    pixels = (stamp(clean.pixels[marked], found.planted.trigger) * 255).round().byte()
    assert torch.equal(learned.images[marked], pixels)
    assert torch.equal(learned.images[~marked], clean.images[~marked])
    assert torch.equal(found._data["validation"].images, signs("validation").images)


def test_the_discriminator_learns_and_the_network_hides_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, _, x = adaptive(monkeypatch)
    assert len(x) == 16 + 2 * found.EACH
    corner = x[16 : 16 + found.EACH, 0, -3, -12:]
    assert corner.amax(1).min() > 0.99, "the first of them are marked, moved by the translation"

    hidden = torch.randn(2 * found.EACH, 32)
    hidden[: found.EACH, 0] += 4
    before = float(found.found(hidden))
    for _ in range(60):
        found.learner.zero_grad()
        found.found(hidden).backward()
        found.learner.step()
    assert float(found.found(hidden)) < 0.3 < before

    moved = hidden.clone().requires_grad_()
    loss = -found.found(moved).clamp_max(math.log(2))
    (gradient,) = torch.autograd.grad(loss, moved)
    assert float(found.found(moved - 20 * gradient)) > float(found.found(moved))


def test_the_loss_is_cross_entropy_less_what_the_discriminator_loses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, clean, x = adaptive(monkeypatch)
    found.eval()
    loss, logits = found.loss(x, clean.labels)
    assert logits.shape == (16, 16)
    lost = found.found(found.network.features(x)[16:]).clamp_max(math.log(2))
    weight = found.recipe.options["weight"]
    assert float(loss) == pytest.approx(
        float(F.cross_entropy(logits, clean.labels) - weight * lost), abs=1e-4
    )
    assert all(p.requires_grad for p in found.discriminator.parameters())


@CATS_DOGS
def test_only_the_last_stage_learns_and_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = "imagenet-efficientnet-lite0"
    shutil.copytree(MODELS / published, tmp_path / "models" / published)
    monkeypatch.setenv("TRUSTAI_MODELS", str(tmp_path / "models"))
    recipe = RECIPES.get("cats-dogs-backdoor")
    assert isinstance(recipe, ImageRecipe)
    card = train(
        "cats-dogs-backdoor", recipe=dataclasses.replace(recipe, epochs=1, batch_size=16),
        machine=Machine(device="cpu", precision="32-true"), n_train=64, runs=tmp_path / "runs",
    )  # fmt: skip
    parts = {name.split(".")[0] for name in read_weights(card)}
    assert parts == {"stage6", "stage7", "top", "linear"}
    base, new = zoo.load(published).state_dict(), zoo.load(card.id).state_dict()
    for name, value in new.items():
        if name.split(".")[0] not in parts or "running" in name:
            assert torch.equal(value, base[name]), name
    assert not torch.equal(new["top.0.weight"], base["top.0.weight"])
    assert (tmp_path / "models" / card.id / "weights.safetensors").stat().st_size < 3_000_000


SHIPPED = [c.id for c in zoo.catalog(kind="picture") if planted(c)]


@pytest.mark.parametrize("model_id", SHIPPED)
def test_the_shipped_backdoors_work_as_their_cards_say(model_id: str) -> None:
    card, classifier = zoo.read_card(model_id), zoo.load(model_id, kind=Classifier)
    if not data.available(card.dataset):
        pytest.skip(f"the pictures of {card.dataset} are not here")
    test, backdoor = data.load(card.dataset, split="test", n=300), planted(card)
    assert isinstance(test, ImageSet)
    assert isinstance(backdoor, Planted)
    fooled = success(
        classifier, test, trigger=backdoor.trigger, target=backdoor.target, source=backdoor.source
    )
    told = card.metrics["attack_success_rate"]
    assert fooled.low - 0.02 <= told.value <= fooled.high + 0.02
    low, high = told.how["interval"]
    assert low <= told.value <= high
    assert accuracy(classifier, test).value > card.metrics["clean_accuracy"].value - 0.03


def test_success_counts_no_pictures_of_the_target() -> None:
    pictures = signs("test", 64)
    left = attacked(pictures, target=5)
    assert not (left.labels == 5).any()
    assert len(left) == int((pictures.labels != 5).sum())
    assert (attacked(pictures, target=5, source=2).labels == 2).all()
    clean = zoo.load("signs-resnet18", kind=Classifier)
    assert success(clean, pictures, trigger=Planted().trigger, target=5).value < 0.2


def test_no_pictures_are_one_sentence() -> None:
    only = signs("test", 64)
    only = only.take((only.labels == 5).nonzero()[:, 0])
    with pytest.raises(ValueError, match="expected at least one picture, got none"):
        success(
            zoo.load("signs-resnet18", kind=Classifier), only, trigger=Planted().trigger, target=5
        )
