"""What is remembered of the training pictures: statistics, file, and the command that writes it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from trustai import data, zoo
from trustai.train.measure import feature_statistics
from trustai.train.measure.__main__ import main
from trustai.zoo import FeatureStatistics


def drawn(*, n=60, d=5, classes=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (n,), generator=generator)
    labels[: 2 * classes] = torch.arange(2 * classes) % classes  # two of each at least
    features = torch.randn((n, d), generator=generator) * torch.arange(1, d + 1)
    return features + 3 * labels[:, None], labels, torch.randperm(n, generator=generator)


def test_statistics_by_numpy():
    features, labels, indices = drawn()
    fitted = FeatureStatistics.of(features, labels, indices, per_class=4)
    values, names = features.numpy().astype(np.float64), labels.numpy()
    assert fitted.counts.tolist() == np.bincount(names).tolist()
    for c in range(3):
        np.testing.assert_allclose(fitted.means[c], values[names == c].mean(0), rtol=1e-5)
    np.testing.assert_allclose(fitted.mean, values.mean(0), rtol=1e-5)
    np.testing.assert_allclose(fitted.total, np.cov(values.T, bias=True), rtol=1e-4, atol=1e-5)
    inside = sum(
        (names == c).sum() * np.cov(values[names == c].T, bias=True) for c in range(3)
    ) / len(values)
    np.testing.assert_allclose(fitted.within, inside, rtol=1e-4, atol=1e-5)
    # The reference: the first four of each class, with their numbers.
    assert fitted.labels.bincount().tolist() == [4, 4, 4]
    for feature, label, index in zip(fitted.reference, fitted.labels, fitted.indices, strict=True):
        row = int((indices == index).nonzero())
        assert torch.equal(feature, features[row])
        assert labels[row] == label
        assert (labels[:row] == label).sum() < 4


def test_a_class_of_one_has_no_spread():
    features, labels, indices = drawn(n=7)
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 2])
    with pytest.raises(ValueError, match="expected two pictures of every class, got 1 of one"):
        FeatureStatistics.of(features, labels, indices, per_class=2)


def test_the_file_holds_all_but_the_last_digits():
    fitted = FeatureStatistics.of(*drawn(), per_class=20)
    again = FeatureStatistics.from_tensors(fitted.to_tensors())
    for field in dataclasses.fields(FeatureStatistics):
        before, after = getattr(fitted, field.name), getattr(again, field.name)
        assert after.dtype == before.dtype, field.name
        if field.name not in ("reference", "within"):
            assert torch.equal(after, before), field.name
    step = (fitted.reference.amax(0) - fitted.reference.amin(0)) / 255
    assert ((again.reference - fitted.reference).abs() <= 0.51 * step).all()
    torch.testing.assert_close(again.within, fitted.within, rtol=1e-3, atol=0.01)
    assert torch.linalg.eigvalsh(again.within.double()).min() > 0


def test_a_constant_feature_survives_the_file():
    features, labels, indices = drawn()
    features[:, 2] = 1.25
    again = FeatureStatistics.from_tensors(
        FeatureStatistics.of(features, labels, indices, per_class=5).to_tensors()
    )
    torch.testing.assert_close(again.reference[:, 2], torch.full((15,), 1.25))
    assert again.within[2].abs().max() < 1e-9


def test_fit_goes_through_the_training_pictures_once(tiny, monkeypatch):
    monkeypatch.setattr(feature_statistics, "PER_CLASS", 3)
    classifier = zoo.load("tiny")
    with pytest.raises(
        ValueError, match=r"run `python -m trustai.train.measure tiny --stages feature-statistics`"
    ):
        zoo.feature_statistics(classifier)
    assert main(["tiny", "--stages", "feature-statistics"]) == 0
    fitted = zoo.feature_statistics(classifier)
    train = data.load("cifar10", split="train", without="frog")
    with torch.no_grad():
        features = classifier.features(train.pixels)
    assert fitted.counts.tolist() == train.labels.bincount().tolist()
    assert len(fitted.counts) == 9
    for c in range(9):
        torch.testing.assert_close(
            fitted.means[c], features[train.labels == c].mean(0), rtol=1e-4, atol=1e-5
        )
    assert fitted.reference.shape == (27, 16)
    # Found again by their numbers, up to the file's 255 steps.
    rows = [int((train.indices == i).nonzero()) for i in fitted.indices]
    assert torch.equal(train.labels[rows], fitted.labels)
    spread = features[rows].amax(0) - features[rows].amin(0)
    assert ((fitted.reference - features[rows]).abs() <= spread / 255 + 1e-4).all()
    # Drawn from all over the split, and the same again.
    assert fitted.indices.sort().values.tolist() != list(range(27))
    assert torch.equal(feature_statistics.fit("tiny").indices, fitted.indices)


def test_statistics_of_other_weights_are_refused(tiny, models):
    feature_statistics.fit("tiny")
    old = (models / "tiny/feature_statistics.safetensors").read_bytes()
    network = zoo.load("tiny")
    network.linear.weight[0, 0] += 1
    zoo.save(network, tiny)
    assert not (models / "tiny/feature_statistics.safetensors").exists()
    (models / "tiny/feature_statistics.safetensors").write_bytes(old)
    with pytest.raises(ValueError, match="got that of others"):
        zoo.feature_statistics(zoo.load("tiny"))
    (models / "tiny/feature_statistics.safetensors").write_bytes(old[:50])
    with pytest.raises(ValueError, match="in safetensors format"):
        zoo.feature_statistics(zoo.load("tiny"))


def test_an_unknown_model_is_one_sentence(models, capsys):
    assert main(["tiny", "--stages", "feature-statistics"]) == 1
    assert "got 'tiny'" in capsys.readouterr().err
