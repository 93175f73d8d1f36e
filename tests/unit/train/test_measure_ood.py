"""What a card says a network knows not to know, measured on a toy and checked by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from tests.toys.files import contents
from trustai import data, ood, zoo
from trustai.ood import ood_sets
from trustai.ood.leaderboard import OODLeaderboardRow
from trustai.train.measure import feature_statistics
from trustai.train.measure import ood as measure_ood
from trustai.train.measure.__main__ import main
from trustai.train.measure.run import measure
from trustai.train.measure.stage import MeasuringSettings, StageInput
from trustai.zoo.leaderboard import Leaderboard

SETS = ["textures", "noise"]


def rows_on(card):
    return Leaderboard.from_card(card, OODLeaderboardRow).rows


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(ood_sets, "SHORT_TITLES", dict.fromkeys((*SETS, "cifar10"), ""))
    monkeypatch.setattr(measure_ood, "N_OOD", 12)
    monkeypatch.setattr(feature_statistics, "PER_CLASS", 5)


def test_every_number_is_what_it_says(tiny, few, models):
    card = measure("tiny", stages=["ood"])
    assert zoo.read_card("tiny") == card
    classifier, fitted = zoo.load("tiny"), zoo.feature_statistics(zoo.load("tiny"))
    table = zoo.measurements("tiny", topic="ood")
    assert list(table.columns) == ["set", "index", "label", "predicted", *ood.names()]
    assert list(table["set"].cat.categories) == ["inlier", "left out", *SETS]
    assert (table[ood.names()].dtypes == np.float16).all()

    # Rows: every picture once, in the numbering of its own set.
    test = data.load("cifar10", split="test")
    frog = test.classes.index("frog")
    for name, rows in table.groupby("set", observed=True):
        if name in SETS:
            images = ood_sets.load(name, card, n=12).images
        else:
            images = test.take(((test.labels == frog) == (name == "left out")).nonzero()[:, 0])
        assert rows["index"].tolist() == images.indices.tolist()
        assert rows["label"].tolist() == images.labels.tolist()
        predicted = classifier.predict(images.pixels).argmax(1)
        assert rows["predicted"].tolist() == predicted.tolist()
        for score in ood.names():
            again = ood.score(score, classifier, images.pixels, fitted=fitted)
            np.testing.assert_allclose(rows[score], again, rtol=2e-3, atol=1e-4)

    # Figures: from the scores in full precision.
    validation = data.load("cifar10", split="validation", without="frog")
    inliers, frogs = test.without("frog"), test.only("frog")
    rows = {(row.method, row.set): row for row in rows_on(card)}
    assert list(rows) == [(s, k) for s in ood.names() for k in ("left out", *SETS)]
    for score in ood.names():
        known, others, fixed = (
            ood.score(score, classifier, images.pixels, fitted=fitted)
            for images in (inliers, frogs, validation)
        )
        row = rows[score, "left out"]
        assert row.title == ood.get(score).title
        assert row.n == len(frogs) == 4
        assert row.threshold == ood.threshold_at(fixed)
        assert row.kept == pytest.approx((known <= row.threshold).double().mean().item())
        assert row.test_threshold == ood.threshold_at(known)
        assert (known <= row.test_threshold).double().mean() >= 0.95
        assert row.accepted == pytest.approx((others <= row.threshold).double().mean().item())
        assert row.fpr95 == pytest.approx((others <= row.test_threshold).double().mean().item())
        assert row.auroc == pytest.approx(ood.auroc(known, others), abs=1e-5)
        assert row.aupr == pytest.approx(ood.aupr(known, others), abs=1e-5)
    told = card.metrics["ood/pictures"]
    assert told.value == told.how["n"] == 36
    assert told.how["sets"]["left out"] == {"n": 4, "note": "frog"}
    assert told.how["parameters"]["odin"] == {"T": 1000.0, "eps": 0.0014}

    # Calibration: fitted on validation, judged on the known test pictures.
    value = {key: metric.value for key, metric in card.metrics.items()}
    logits, fixed = classifier.predict(inliers.pixels), classifier.predict(validation.pixels)
    temperature = ood.fit_temperature(fixed, validation.labels)
    assert value["calibration/temperature"] == pytest.approx(temperature)
    for suffix, t in (("", 1.0), ("_scaled", temperature)):
        found = ood.reliability(logits, inliers.labels, temperature=t)
        assert value[f"calibration/ece{suffix}"] == pytest.approx(found.ece)
        nll = ood.nll(logits, inliers.labels, temperature=t)
        assert value[f"calibration/nll{suffix}"] == pytest.approx(nll)
    diagrams = zoo.measurements("tiny", topic="calibration")
    assert diagrams["temperature"].nunique() == 33
    plain = diagrams[diagrams["temperature"] == 1]
    assert plain["count"].sum() == 36
    share = plain["count"] / 36
    ece = (share * (plain["accuracy"] - plain["confidence"]).abs()).sum()
    assert ece == pytest.approx(value["calibration/ece"], rel=1e-4)
    assert plain["ece"].iloc[0] == pytest.approx(value["calibration/ece"], rel=1e-4)

    # Again, the same bytes; a figure of a score that is gone does not stay.
    before = contents(models)
    stale = {**card.metrics, "ood/gone/threshold": card.metrics["ood/pictures"]}
    zoo.save_card(dataclasses.replace(card, metrics=stale))
    measure("tiny", stages=["ood"])
    assert contents(models) == before


def test_a_sample_writes_nothing(tiny, few, models, capsys):
    assert main(["tiny", "--stages", "ood", "--n", "20"]) == 1
    assert "trustai.train.measure tiny --stages feature-statistics" in capsys.readouterr().err
    feature_statistics.fit("tiny")
    before = contents(models)
    assert main(["tiny", "--stages", "ood", "--n", "20"]) == 0
    assert "tiny: ood/energy/left out/auroc 0." in capsys.readouterr().out
    assert contents(models) == before


def test_a_network_that_saw_everything_has_no_ood_sets(
    models, tiny_cifar, make_card, make_network, capsys
):
    zoo.save(make_network(), make_card())
    assert main(["tiny", "--stages", "ood"]) == 1
    assert "expected a network that never saw one class, got tiny" in capsys.readouterr().err
    assert rows_on(zoo.read_card("tiny")) == ()


def test_labels_as_the_network_counts(tiny):
    test = data.load("cifar10", split="test")
    found = measure_ood.in_logit_order(test, "frog")
    for label, own in zip(found.tolist(), test.labels.tolist(), strict=True):
        name = test.classes[own]
        assert (label == -1) if name == "frog" else (tiny.classes[label] == name)


def test_a_leaderboard_survives_the_card():
    figures = {"auroc": 0.5, "aupr": 0.25, "fpr95": 1.0, "accepted": 0.75}
    of_score = {"threshold": 3, "kept": 1, "test_threshold": 2}
    row = OODLeaderboardRow("knn", ood.get("knn").title, n=9, set="left out", **figures, **of_score)
    how = {"n": 5, "sets": {"left out": {"n": 9, "note": ""}}}
    board = Leaderboard(kind=OODLeaderboardRow, rows=(row,), n=5, how=how)
    card = type("Card", (), {"metrics": board.as_metrics()})()
    assert Leaderboard.from_card(card, OODLeaderboardRow) == board
    assert torch.tensor(card.metrics["ood/knn/threshold"].value) == 3


def test_photographs_are_scored_without_training_pictures(tiny, few, models, monkeypatch):
    monkeypatch.setattr(measure_ood, "N_DRAWN", 5)
    network = zoo.load("tiny")
    card = dataclasses.replace(zoo.read_card("tiny"), without=None)
    subject = StageInput(network, card, MeasuringSettings())
    result = measure_ood.measure_ood_of_photographs(subject)
    assert result.metrics == {}
    table = result.tables["ood"]
    names = [name for name in ood.names() if not ood.get(name).needs_fitted]
    assert list(table.columns) == ["set", "index", "label", "predicted", *names]
    assert table["set"].value_counts().to_dict() == {
        "inlier": len(subject.test), "textures": 5, "noise": 5, "signs": 5
    }  # fmt: skip
    again = ood.score("energy", network, subject.test.pixels)
    rows = table.loc[table["set"] == "inlier", "energy"]
    np.testing.assert_allclose(rows, again, rtol=2e-3, atol=1e-4)
