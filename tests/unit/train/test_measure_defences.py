"""Measurements of defences: what stands in their table."""

from __future__ import annotations

import torch

from tests.unit.backdoor.test_defences import BAD, clean, planted_network
from trustai.backdoor import Planted
from trustai.backdoor import defences as of
from trustai.backdoor.defences.leaderboard import COLUMNS
from trustai.backdoor.defences.methods.neural_cleanse import NeuralCleanseParams
from trustai.train.measure.backdoors import defences

HIDDEN = Planted(size=0.16, x=0.0, share=0.05, target=BAD)  # one pixel, where the toy looks


def test_a_perfect_score_has_an_auroc_of_one_and_an_interval() -> None:
    low, high = defences.auroc_interval(torch.arange(20.0), torch.arange(15.0, 30))
    assert 0.8 < low < high <= 1
    assert defences.auroc_interval(torch.zeros(9), torch.ones(9)) == (1.0, 1.0)


def test_rows_have_the_columns_of_the_leaderboard() -> None:
    network, images = planted_network(), clean(240)
    seen = of.inspect_network(
        "neural-cleanse", network, images.pixels, params=NeuralCleanseParams(steps=150, pictures=4)
    )
    rows = {
        "data": defences.of_training_data("spectral-signatures", network, images, HIDDEN),
        "clean": defences.of_training_data("spectral-signatures", network, images, None),
        "input": defences.of_inputs("strip", network, images, images, HIDDEN),
        "network": defences.of_network(seen, HIDDEN),
        "repair": defences.of_repair("fine-tuning", network, images, images, HIDDEN, seen),
    }
    for row in rows.values():
        assert row.keys() <= set(COLUMNS)
        assert row["seconds"] > 0
    assert rows["data"]["auroc"] > 0.95
    assert "auroc" not in rows["clean"]
    assert 0.1 < rows["clean"]["false_alarms"] < 0.2  # 1.5 times a tenth, whatever is there
    assert rows["network"]["found"] == 1
    assert rows["repair"]["accuracy_before"] == 1
    assert rows["repair"]["success_low"] <= rows["repair"]["success"]
