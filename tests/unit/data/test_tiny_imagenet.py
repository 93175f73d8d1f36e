"""Tiny-ImageNet from prepared files, and a clear sentence where there are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from trustai import data
from trustai.data.images import tiny_imagenet


def test_classes_are_two_hundred_different_names() -> None:
    assert len(tiny_imagenet.CLASSES) == len(set(tiny_imagenet.CLASSES)) == 200
    assert all(i[0] == "n" and len(i) == 9 for i in tiny_imagenet.WORDNET_IDS)
    assert "goldfish" in tiny_imagenet.CLASSES


def test_all_parts_are_read_and_split_once(tiny_cifar: Path) -> None:
    train, validation = (data.load("tiny-imagenet", split=s) for s in ("train", "validation"))
    assert (len(train), len(validation)) == (128, 32)
    both = torch.cat([train.indices, validation.indices])
    assert both.sort().values.tolist() == list(range(160))
    assert train.images.shape[1:] == (3, 64, 64)
    assert train.images.dtype == torch.uint8
    again = data.load("tiny-imagenet", split="validation")
    assert torch.equal(again.indices, validation.indices)


def test_official_validation_pictures_are_the_test(tiny_cifar: Path) -> None:
    test = data.load("tiny-imagenet")
    assert len(test) == 40
    assert test.indices.tolist() == list(range(40))


def test_without_files_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    assert not data.available("tiny-imagenet")
    with pytest.raises(data.DataMissing, match=r"TRUSTAI_DATA/tiny-imagenet as train-\*\.parquet"):
        data.load("tiny-imagenet")


@pytest.mark.skipif(
    not Path(os.environ.get("TRUSTAI_DATA", "/nowhere"), "tiny-imagenet").is_dir(),
    reason="the real set is not in $TRUSTAI_DATA",
)
def test_the_real_classes_stand_in_the_same_order() -> None:
    table = Path(os.environ["TRUSTAI_DATA"], "tiny-imagenet", "classes.tsv")
    lines = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    assert [line[0] for line in lines] == list(tiny_imagenet.WORDNET_IDS)
    for (_, names), ours in zip(lines, tiny_imagenet.CLASSES, strict=True):
        assert names.startswith(ours)
