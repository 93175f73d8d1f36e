"""What the shipped cards claim, measured again on a sample."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from trustai import attacks, data, zoo
from trustai.train.measure import EPSILONS
from trustai.types import ImageSet

FOLDER = Path(zoo.__file__).parents[2] / "models"
LIMIT = 44_000_000
N_CLEAN, N_ATTACKED = 512, 32
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.json"))

every = pytest.mark.parametrize(
    "model_id",
    SHIPPED or [pytest.param("", marks=pytest.mark.skip(reason="models/ holds no card"))],
)


@pytest.fixture(autouse=True)
def _shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTAI_MODELS", str(FOLDER))


@pytest.fixture(scope="module")
def samples() -> dict[str, ImageSet]:
    """Test pictures by data set, read once."""
    return {}


def sample(samples: dict[str, ImageSet], name: str) -> ImageSet:
    if not data.available(name):
        pytest.skip(f"the pictures of {name} are not on this machine")
    if name not in samples:
        samples[name] = data.load(name, split="test", n=N_CLEAN, seed=0)
    return samples[name]


@every
def test_clean_accuracy(model_id: str, samples: dict[str, ImageSet]) -> None:
    classifier = zoo.load(model_id)
    test = sample(samples, zoo.read_card(model_id).dataset)
    claimed = zoo.read_card(model_id).metrics["clean_accuracy"].value
    predicted = classifier.predict(test.pixels).argmax(1)
    measured = (predicted == test.labels).float().mean().item()
    # Four standard deviations of a sample, and one picture for rounding.
    tolerance = 4 * (claimed * (1 - claimed) / len(test)) ** 0.5 + 1 / len(test)
    assert measured == pytest.approx(claimed, abs=tolerance)
    table = zoo.measurements(model_id)
    if table is not None:
        stored = table.set_index("index").loc[test.indices.numpy(), "predicted"].to_numpy()
        assert (stored == predicted.numpy()).mean() > 0.99


@every
def test_smallest_fooling_epsilons(model_id: str, samples: dict[str, ImageSet]) -> None:
    table = zoo.measurements(model_id)
    if table is None or "fgsm_eps" not in table:
        pytest.skip(f"{model_id} has no stored epsilons")
    test = sample(samples, zoo.read_card(model_id).dataset).take(torch.arange(N_ATTACKED))
    curve = attacks.sweep(
        zoo.load(model_id),
        test.pixels,
        test.labels,
        attack="fgsm",
        eps=[eps / 255 for eps in EPSILONS],
    )
    measured = (curve.smallest_eps * 255).numpy()
    stored = table.set_index("index").loc[test.indices.numpy(), "fgsm_eps"].to_numpy()
    # Another machine rounds otherwise; few pictures lie so close to the boundary.
    assert np.isclose(measured, stored, rtol=1e-3).mean() >= 30 / 32


@every
def test_claims_are_consistent(model_id: str) -> None:
    card = zoo.read_card(model_id)
    assert card.confusion is None or len(card.confusion) == len(card.classes)
    assert card.classes == data.dataset(card.dataset).classes
    for name, metric in card.metrics.items():
        assert np.isfinite(metric.value), name
        assert metric.how, name
    if card.confusion is not None:
        counts = np.array(card.confusion)
        share = counts.trace() / counts.sum()
        assert card.metrics["clean_accuracy"].value == pytest.approx(share)


def test_models_fit_into_the_repository() -> None:
    size = sum(
        os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(FOLDER)
        for name in names
    )
    assert size < LIMIT


def test_every_file_belongs_to_a_card() -> None:
    if not SHIPPED:
        pytest.skip("models/ holds no card")
    stray = {
        path.name
        for path in FOLDER.iterdir()
        if path.suffix in (".safetensors", ".parquet", ".json") and path.stem not in SHIPPED
    }
    assert stray == set()
