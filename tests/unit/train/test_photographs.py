"""Photographs of cats and dogs, and the side at which a network knows them best."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from torch import Tensor

from trustai import data
from trustai.data.images import tiny_imagenet
from trustai.train.measure.photographs import (
    KINDS,
    SIDES,
    best_side,
    by_confidence,
    by_crop,
    resized,
)
from trustai.zoo import PHOTO_SIDE, Card, Classifier

N_TRAIN, N_TEST = 210, 12


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Cats are red, dogs are blue; one photograph lies, the next one stands."""
    folder = tmp_path / "cats-dogs"
    folder.mkdir()
    for split, n in (("train", N_TRAIN), ("test", N_TEST)):
        cells = []
        for i in range(n):
            pixels = np.zeros((128, 170, 3) if i % 4 < 2 else (150, 128, 3), np.uint8)
            pixels[..., 0 if i % 2 == 0 else 2] = 200
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "PNG")
            cells.append(file.getvalue())
        labels = pa.array([i % 2 for i in range(n)], pa.int64())
        pq.write_table(pa.table({"image": cells, "label": labels}), folder / f"{split}.parquet")
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    return tmp_path


class OnlyAt96(Classifier):
    """Knows a red tabby from a blue Chihuahua at 96 pixels; elsewhere all is goldfish."""

    def __init__(self) -> None:
        super().__init__(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))

    def features(self, x: Tensor) -> Tensor:
        return x.mean((2, 3)) * (x.shape[-1] == 96)

    def head(self, features: Tensor) -> Tensor:
        logits = torch.zeros(len(features), len(tiny_imagenet.CLASSES))
        logits[:, tiny_imagenet.CLASSES.index("goldfish")] = 0.1
        logits[:, tiny_imagenet.CLASSES.index("tabby")] = features[:, 0]
        logits[:, tiny_imagenet.CLASSES.index("Chihuahua")] = features[:, 2]
        return logits


def test_photographs_are_cut_to_centred_squares(photos: Path) -> None:
    sets = {split: data.load("cats-dogs", split=split) for split in data.SPLITS}
    assert {split: len(s) for split, s in sets.items()} == {
        "train": N_TRAIN - 200,
        "validation": 200,
        "test": N_TEST,
    }
    train, validation = sets["train"].indices.tolist(), sets["validation"].indices.tolist()
    assert sorted(train + validation) == list(range(N_TRAIN))
    test = sets["test"]
    assert test.images.shape == (N_TEST, 3, 128, 128)
    assert test.labels.tolist() == [0, 1] * (N_TEST // 2)
    assert test.pixels.amax((2, 3))[0].tolist() == pytest.approx([200 / 255, 0, 0])


def test_without_files_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    assert not data.available("cats-dogs")
    with pytest.raises(data.DataMissing, match=r"TRUSTAI_DATA/cats-dogs as train\.parquet and"):
        data.load("cats-dogs")


def test_every_kind_has_classes() -> None:
    assert {w for kind in KINDS.values() for w in kind} <= set(tiny_imagenet.WORDNET_IDS)


def test_the_side_at_which_the_kind_is_right_is_found(
    photos: Path, make_card: Callable[..., Card]
) -> None:
    network = OnlyAt96().freeze()
    network.card = make_card(classes=tiny_imagenet.CLASSES, input_size=64)
    assert network.card.photo_side == 64
    goldfish = torch.full((4,), tiny_imagenet.CLASSES.index("goldfish"))
    images = torch.zeros(4, 3, 64, 64, dtype=torch.uint8)
    test: Any = data.ImageSet(
        "tiny-imagenet", "test", images, goldfish, tiny_imagenet.CLASSES, torch.arange(4)
    )
    metrics = best_side(network, test, {"split": "test"})
    assert metrics[PHOTO_SIDE].value == 96
    for side in SIDES:
        assert metrics[f"right_kind/{side}"].value == (1 if side == 96 else 0)
        assert metrics[f"accuracy_at/{side}"].value == 1  # black at every size
    assert make_card(metrics=metrics).photo_side == 96


def test_pictures_are_resized_with_antialiasing() -> None:
    stripes = torch.tensor([0.0, 1.0]).repeat(64).expand(1, 3, 128, 128)
    assert (resized(stripes, 64) - 0.5).abs()[..., 2:-2].max() < 0.05
    assert resized(stripes, 128) is stripes


class SaysHowRed(Classifier):
    """Class 1 with the mean of red as its probability, and class 0 with the rest."""

    def __init__(self) -> None:
        super().__init__(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))

    def features(self, x: Tensor) -> Tensor:
        return x[:, 0].mean((1, 2))[:, None].clamp(1e-4, 1 - 1e-4)

    def head(self, features: Tensor) -> Tensor:
        return torch.cat([1 - features, features], 1).log()


def test_accuracy_by_the_part_that_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are of class 1. A photograph is red on the left, one is red on the right; a square one,
    which has no parts, does not count."""
    folder = tmp_path / "imagenet-samples"
    folder.mkdir()
    cells = []
    for place in (slice(0, 240), slice(160, 400), slice(0, 300)):
        pixels = np.zeros((240 if place.stop != 300 else 400, 400, 3), np.uint8)
        pixels[:, place, 0] = 255
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        cells.append(file.getvalue())
    table = pa.table({"image": cells, "label": pa.array([1, 1, 1], pa.int64())})
    pq.write_table(table, folder / "samples.parquet")
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    found = by_crop(SaysHowRed(), {"split": "test"})
    assert {name: metric.value for name, metric in found.items()} == {
        "crops/start": 0.5, "crops/centre": 1.0, "crops/end": 0.5, "crops/whole": 1.0,
    }  # fmt: skip
    assert {(metric.how["n"], metric.how["of"]) for metric in found.values()} == {(2, 3)}


def test_accuracy_by_how_sure_the_network_is() -> None:
    red = torch.tensor([0.55, 0.45, 0.7, 0.89, 0.95, 1.0])
    pictures = data.ImageSet(
        name="reds",
        split="test",
        images=(red.view(-1, 1, 1, 1).expand(-1, 3, 4, 4) * 255).round().byte(),
        labels=torch.tensor([1, 1, 1, 0, 1, 1]),
        classes=("no", "red"),
        indices=torch.arange(6),
    )
    found = by_confidence(SaysHowRed(), pictures, {"split": "test"})
    assert {name: (m.value, m.how["n"], m.how["of"]) for name, m in found.items()} == {
        "confidence/0.3-0.6": (0.5, 2, 6),
        "confidence/0.6-0.9": (0.5, 2, 6),
        "confidence/0.9-1": (1.0, 2, 6),
    }
