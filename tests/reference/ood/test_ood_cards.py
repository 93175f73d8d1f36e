"""The OOD scores that ship, measured again on a sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from trustai import data, ood, zoo
from trustai.ood import ood_sets
from trustai.ood.leaderboard import LEFT_OUT, OODLeaderboardRow
from trustai.train.measure.ood import INLIER
from trustai.zoo import Card
from trustai.zoo.leaderboard import Leaderboard

PREFIX = OODLeaderboardRow.prefix
MODELS = Path(zoo.__file__).parents[2] / "models"
N = 12
JUDGED = [c.id for c in zoo.catalog(kind="picture") if f"{PREFIX}/pictures" in c.metrics]
pytestmark = pytest.mark.skipif(not JUDGED, reason="no network's OOD sets were measured")


@pytest.fixture(autouse=True)
def _shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTAI_MODELS", str(MODELS))


def shipped(card: Card) -> pd.DataFrame:
    table = zoo.measurements(card.id, topic=PREFIX)
    assert table is not None
    return table


@pytest.mark.parametrize("model_id", JUDGED)
@pytest.mark.parametrize("name", [INLIER, LEFT_OUT, "textures"])
def test_scores_can_be_made_again(model_id: str, name: str) -> None:
    classifier, card = zoo.load(model_id, kind=zoo.Classifier), zoo.read_card(model_id)
    if not data.available(card.dataset):
        pytest.skip(f"the pictures of {card.dataset} are not on this machine")
    table = shipped(card)
    rows = table[table["set"] == name].iloc[:N]
    if name == "textures":
        images = ood_sets.load(name, card, n=1_000).images.take(torch.arange(N))
    else:
        whole = data.load(card.dataset, split="test")
        images = whole.take(torch.tensor(rows["index"].tolist()))
    assert images.indices.tolist() == rows["index"].tolist()
    found = ood.scores(ood.names(), classifier, images.pixels)
    for score in ood.names():
        np.testing.assert_allclose(
            found[score].numpy(), rows[score].to_numpy(np.float32), rtol=4e-3, atol=2e-3
        )


@pytest.mark.parametrize("model_id", JUDGED)
def test_figures_are_those_of_the_table(model_id: str) -> None:
    card = zoo.read_card(model_id)
    table = shipped(card)
    rows = Leaderboard.from_card(card, OODLeaderboardRow).rows
    assert {row.method for row in rows} == set(ood.names())
    for row in rows:
        inliers, others = (
            torch.tensor(table.loc[table["set"] == name, row.method].to_numpy(np.float64))
            for name in (INLIER, row.set)
        )
        assert len(others) == row.n
        assert row.auroc == pytest.approx(ood.auroc(inliers, others), abs=2e-3)
        # The table is in float16: pictures at the threshold may fall to its other side.
        assert row.fpr95 == pytest.approx(ood.fpr_at_tpr(inliers, others), abs=0.02)
        kept = ood.accepted_share(inliers, threshold=row.threshold)
        assert row.kept == pytest.approx(kept, abs=0.02)
