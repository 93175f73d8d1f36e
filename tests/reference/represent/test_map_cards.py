"""The maps that ship, measured again on a sample."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trustai import data, represent, zoo
from trustai.represent import KNNClassifier

N = 12
MAPPED = [
    c.id for c in zoo.catalog(kind="picture") if zoo.measurements(c.id, topic="map") is not None
]
pytestmark = pytest.mark.skipif(not MAPPED, reason="no network's map was measured")


@pytest.mark.parametrize("model_id", MAPPED)
@pytest.mark.parametrize("state", ["clean", "corrupted"])
def test_places_and_answers_can_be_made_again(model_id: str, state: str) -> None:
    classifier = zoo.load(model_id, kind=zoo.Classifier)
    card, fitted = zoo.read_card(model_id), zoo.feature_statistics(classifier)
    if not data.available(card.dataset):
        pytest.skip(f"the pictures of {card.dataset} are not on this machine")
    table = zoo.measurements(model_id, topic="map")
    assert table is not None
    rows = table[table["view"] == state].iloc[:N]
    numbers = rows["index"].tolist()
    draw = data.dataset(card.dataset).draw
    test = draw("test", numbers) if draw else data.load(card.dataset).take(torch.tensor(numbers))
    y = torch.tensor(rows["label"].tolist())
    x = represent.in_state(state, classifier, test.pixels, y, numbers=numbers, fitted=fitted)
    features = represent.features_of(classifier, x)
    assert (classifier.head(features).argmax(1).numpy() == rows["predicted"]).mean() >= 0.9
    votes = KNNClassifier.of(fitted).predict(features, k=3)
    assert (votes.numpy() == rows["cosine_3"]).mean() >= 0.9
    places = represent.pca(fitted.reference).place(features).numpy()
    shipped = rows[["pca_x", "pca_y"]].to_numpy(np.float32)
    np.testing.assert_allclose(places, shipped, rtol=5e-3, atol=5e-3 * np.abs(shipped).max())


@pytest.mark.parametrize("model_id", MAPPED)
def test_the_figures_are_those_of_the_table(model_id: str) -> None:
    table, card = zoo.measurements(model_id, topic="map"), zoo.read_card(model_id)
    assert table is not None
    for state in represent.PICTURE_STATES.names():
        rows = table[table["view"] == state]
        for column, name in (("predicted", "accuracy"), ("cosine_3", "knn/cosine")):
            share = (rows[column] == rows["label"]).mean()
            assert card.metrics[f"map/{state}/{name}"].value == pytest.approx(share, abs=1e-4)
