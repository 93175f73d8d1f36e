"""The maps on a card, measured on a tiny network where each number can be made again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.toys.files import contents
from trustai import data, represent, zoo
from trustai.represent import KNNClassifier, picture_states
from trustai.represent.attack import EmbeddingPGDParams
from trustai.train.measure import feature_statistics
from trustai.train.measure import represent as measure_map
from trustai.train.measure.__main__ import main
from trustai.train.measure.run import measure
from trustai.train.measure.stage import MeasuringSettings

Make = Callable[..., Any]
N = 24


@pytest.fixture
def tiny(
    models: Path,
    tiny_cifar: Path,
    make_card: Make,
    make_network: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> zoo.Classifier:
    """A saved and fitted network; PCA stands in for UMAP, which compiles for twenty seconds."""
    monkeypatch.setattr(measure_map, "KS", (1, 3))
    monkeypatch.setattr(measure_map, "N", N)
    monkeypatch.setattr(picture_states, "ATTACK_PARAMS", EmbeddingPGDParams(steps=2))
    monkeypatch.setattr(represent, "umap", represent.pca)
    zoo.save(make_network(width=4), make_card(arguments={"n_classes": 10, "width": 4}))
    feature_statistics.fit("tiny")
    return zoo.load("tiny", kind=zoo.Classifier)


def test_every_column_is_what_it_says(tiny: zoo.Classifier) -> None:
    card = measure("tiny", stages=["map"])
    assert zoo.read_card("tiny") == card
    table = zoo.measurements("tiny", topic="map")
    assert table is not None
    assert list(table.columns) == [
        "view", "index", "label", "predicted",
        "cosine_1", "cosine_3", "euclidean_1", "euclidean_3",
        "pca_x", "pca_y", "umap_x", "umap_y",
    ]  # fmt: skip
    fitted = zoo.feature_statistics(tiny)
    test = data.load("cifar10")
    assert table["view"].value_counts().to_dict() == dict.fromkeys(
        ("clean", "corrupted", "attacked", "distance"), N
    ) | {"training": len(fitted.labels)}
    projection = represent.pca(fitted.reference)
    for name in ("clean", "corrupted", "attacked", "distance"):
        rows = table[table["view"] == name]
        drawn = test.take(torch.tensor(rows["index"].to_list()))
        assert rows["label"].tolist() == drawn.labels.tolist()
        numbers = drawn.indices.tolist()
        x = represent.in_state(name, tiny, drawn.pixels, drawn.labels, numbers=numbers)
        features = represent.features_of(tiny, x)
        assert rows["predicted"].tolist() == tiny.head(features).argmax(1).tolist()
        for metric in represent.METRICS:
            votes = KNNClassifier.of(fitted, metric=metric).predict(features, k=3)
            assert rows[f"{metric}_3"].tolist() == votes.tolist()
            share = (votes == drawn.labels).float().mean().item()
            assert card.metrics[f"map/{name}/knn/{metric}"].value == pytest.approx(share, abs=1e-5)
        places = rows[["pca_x", "pca_y"]].to_numpy(np.float32)
        np.testing.assert_allclose(places, projection.place(features).numpy(), rtol=2e-3, atol=1e-3)


def test_the_training_view_leaves_each_picture_out(tiny: zoo.Classifier) -> None:
    card = measure("tiny", stages=["map"], settings=MeasuringSettings(n=N))
    value = {name: metric.value for name, metric in card.metrics.items()}
    fitted = zoo.feature_statistics(tiny)
    votes = KNNClassifier.of(fitted).predict(fitted.reference, leave_one_out=True)
    share = (votes == fitted.labels).float().mean().item()
    assert value["map/training/knn/cosine"] == pytest.approx(share, abs=1e-5)
    for name in represent.PICTURE_STATES.names():
        assert -1 <= value[f"map/{name}/pca/silhouette"] <= 1
        assert 0 <= value[f"map/{name}/pca/trustworthiness"] <= 1
        assert 0 <= value[f"map/{name}/pca/knn_accuracy"] <= 1
    assert card.metrics["map/pictures"].how["n"] == N
    assert card.metrics["map/pictures"].how["eps"] == "8/255"


def test_a_sample_writes_nothing(
    tiny: zoo.Classifier, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(models)
    assert main(["tiny", "--stages", "map", "--n", "24"]) == 0
    assert "tiny: map/clean/accuracy" in capsys.readouterr().out
    assert contents(models) == before


def test_what_is_missing_is_one_sentence(
    models: Path, make_card: Make, make_network: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tiny", "--stages", "map"]) == 1
    assert "expected a model id among (none present)" in capsys.readouterr().err
    zoo.save(make_network(), make_card())
    assert main(["tiny", "--stages", "map"]) == 1
    assert (
        "run `python -m trustai.train.measure tiny --stages feature-statistics`"
        in capsys.readouterr().err
    )
