"""Photographs of real signs: their splits, and how a network of drawn signs does on them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from torch import Tensor

from trustai import data, zoo
from trustai.data.signs import CLASSES, gtsrb
from trustai.ood.methods.msp import msp
from trustai.train.measure.ood import msp_threshold
from trustai.train.measure.photographs import real_signs
from trustai.train.measure.stage import MeasuringSettings, StageInput
from trustai.zoo import MSP_THRESHOLD, REAL_ACCURACY, Card, Classifier

RED, BLUE = ("stop", 14), ("turn right ahead", 33)


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop signs are red, arrows blue, and one sign of no class of ours; ten tracks of three."""
    folder = tmp_path / "gtsrb"
    folder.mkdir()
    labels = [14, 33, 14, 31, 14, 33] * 5
    for split in ("train", "test"):
        cells = []
        for label in labels:
            pixels = np.zeros((32, 32, 3), np.uint8)
            pixels[..., 0 if label == 14 else 2] = 200
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "WEBP", lossless=True)
            cells.append(file.getvalue())
        columns = {"image": cells, "label": labels, "track": [i // 3 for i in range(30)]}
        pq.write_table(pa.table(columns), folder / f"{split}.parquet")
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))


class Red(Classifier):
    """All that is red is a stop sign, all else a roundabout; sure by how red it is."""

    def __init__(self) -> None:
        super().__init__(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))

    def features(self, x: Tensor) -> Tensor:
        assert x.shape[-1] == 64
        return x.mean((2, 3))

    def head(self, features: Tensor) -> Tensor:
        logits = torch.zeros(len(features), len(CLASSES))
        logits[:, CLASSES.index("stop")] = 10 * features[:, 0]
        logits[:, CLASSES.index("roundabout")] = 1
        return logits


def test_no_physical_sign_is_in_two_splits(photos: None) -> None:
    sets = {split: data.load(gtsrb.NAME, split=split) for split in data.SPLITS}
    assert {s: len(found) for s, found in sets.items()} == {
        "train": 27, "validation": 3, "test": 30,
    }  # fmt: skip
    tracks = {s: set((found.indices // 3).tolist()) for s, found in sets.items()}
    assert not tracks["train"] & tracks["validation"]


def test_every_photographed_class_is_one_that_is_drawn() -> None:
    assert set(gtsrb.DRAWN) <= set(gtsrb.CLASSES)
    assert set(gtsrb.DRAWN.values()) == set(CLASSES) - {"pedestrian crossing"}


def test_only_signs_of_known_classes_count(photos: None, make_card: Callable[..., Card]) -> None:
    network = Red().freeze()
    network.card = make_card(classes=CLASSES, dataset="signs", input_size=64)
    found = real_signs(network, data.load(gtsrb.NAME, split="test"))
    # 15 stop signs right, 10 arrows wrong, 5 wild animals that nobody asks about.
    assert found[REAL_ACCURACY].value == pytest.approx(15 / 25)
    assert found[REAL_ACCURACY].how["n"] == 25
    assert found[f"{REAL_ACCURACY}/stop"].value == 1
    assert found[f"{REAL_ACCURACY}/turn right"].value == 0
    assert len(found) == 3
    network.card = make_card(dataset="cifar10")
    with pytest.raises(ValueError, match="expected a network of drawn signs"):
        real_signs(network, data.load(gtsrb.NAME, split="test"))


def test_the_threshold_keeps_95_of_100_test_pictures(make_card: Callable[..., Card]) -> None:
    network = Red().freeze()
    card = make_card(classes=CLASSES, dataset="signs", input_size=64)
    subject = StageInput(network, card, MeasuringSettings(n=100))
    limit = msp_threshold(subject).metrics[MSP_THRESHOLD]
    test = data.load("signs", split="test", n=100)
    kept = msp(network.predict(test.pixels)).half() <= limit.value
    assert 95 <= int(kept.sum()) <= 96
    assert limit.how == {"dataset": "signs", "split": "test", "n": 100, "keep": 0.95}


@pytest.mark.parametrize("card", zoo.catalog(kind="picture"), ids=lambda card: card.id)
def test_the_cards_tell_of_real_signs_and_of_the_usual_threshold(card: Card) -> None:
    assert 0 < card.metrics[MSP_THRESHOLD].value < 1
    if card.dataset == "signs":
        real = card.metrics[REAL_ACCURACY]
        assert real.how["n"] >= 1_900
        assert real.value < card.metrics["clean_accuracy"].value - 0.3
