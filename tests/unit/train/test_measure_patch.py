"""The stage of the adversarial patch: three stickers at every size, counted by hand."""

from __future__ import annotations

import torch

from tests.toys.images import Linear
from trustai import data, zoo
from trustai.attacks.patch import Patch, PatchParams, measured_patch, put_on
from trustai.metrics import intervals
from trustai.train.measure.backdoors.patch import PATCH, SIZES, by_size, pixels
from trustai.types import ImageSet
from trustai.zoo import Classifier

SIDE = 20


def blue() -> Patch:
    picture = torch.zeros(3, 4, 4)
    picture[2] = 1
    circumstances = channels().circumstances(method="m", parameters={}, seed=0, started=0.0)
    return Patch(picture, 2, (), circumstances)


def channels() -> Linear:
    """The class whose colour there is most of."""
    weight = torch.zeros(3, 3, SIDE, SIDE)
    for k in range(3):
        weight[k, k] = 0.1
    return Linear(weight=weight.flatten(1), bias=torch.zeros(3)).freeze()


def shades() -> ImageSet:
    """Red pictures, ever more red, and one blue one, which does not count."""
    images = torch.zeros(21, 3, SIDE, SIDE, dtype=torch.uint8)
    for k in range(20):
        images[k, 0] = 5 * (k + 1) + 1
    labels = torch.zeros(21, dtype=torch.long)
    labels[20] = 2
    return ImageSet("toy", "test", images, labels, ("r", "g", "b"), torch.arange(21))


def test_every_sticker_at_every_size() -> None:
    table = by_size(channels(), shades(), blue(), params=PatchParams().flat())
    assert len(table) == 3 * len(SIZES)
    assert set(table["n"]) == {20}
    for row in table.to_dict("records"):
        side = round(row["size"] * SIDE)
        red = (torch.arange(1, 21) * 5 + 1) / 255 * (SIDE**2 - side**2)
        # A yellow square adds no blue; a blue one wins where there is more of it than of red.
        hits = 0 if row["sticker"].startswith("yellow") else int((side**2 > red).sum())
        if row["sticker"] == "patch":  # at places between the pixels its edges are smooth
            assert abs(row["success"] - hits / 20) <= 0.1
        else:
            assert row["success"] == hits / 20
        low, high = intervals.proportion(round(20 * row["success"]), 20)
        assert (row["low"], row["high"]) == (low, high)
    corner = table[table["sticker"] == "patch, corner"]["success"]
    assert corner.is_monotonic_increasing
    assert corner.iloc[0] < 0.2 < corner.iloc[-1]


def test_the_patch_can_be_read_from_its_table() -> None:
    found = pixels(blue())
    assert len(found) == 16
    assert found["blue"].eq(255).all()
    assert found[["red", "green"]].eq(0).all().all()


def test_the_shipped_patch_does_what_its_card_says() -> None:
    card = zoo.read_card("signs-resnet18")
    table, picture = zoo.measurements(card.id, topic=PATCH), measured_patch(card.id)
    assert table is not None
    assert picture is not None
    for row in table[table["sticker"] == PATCH].to_dict("records"):
        metric = card.metrics[f"patch_success/{row['size']:g}"]
        assert metric.value == row["success"]
        assert metric.how["n"] == row["n"]
    target = card.metrics["patch_success/0.3"].how["target"]
    assert card.classes[target] == "speed limit 80"
    network, signs = zoo.load(card.id, kind=Classifier), data.load("signs", split="test", n=60)
    others = signs.take((signs.labels != target).nonzero()[:, 0]).pixels
    for size, least, most in ((0.1, 0.0, 0.1), (0.3, 0.85, 1.0)):
        said = network.predict(put_on(others, picture, size=size)).argmax(1)
        assert least <= float((said == target).float().mean()) <= most
    assert measured_patch("diabetes-mlp") is None
