"""The numbers on a card, measured on a tiny network where each can be checked by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
import torch

from tests.toys.files import contents
from trustai import attacks, data, zoo
from trustai.attacks import corruptions
from trustai.train.measure import images, robustness
from trustai.train.measure.__main__ import main
from trustai.train.measure.run import STAGES, measure, stages_for
from trustai.train.measure.stage import (
    MeasuringSettings,
    MeasuringStage,
    StageInput,
    StageResult,
    drawn,
)

Make = Callable[..., Any]


@pytest.fixture
def tiny(
    models: Path,
    tiny_cifar: Path,
    make_card: Make,
    make_network: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """A saved network that has learned something, and few epsilons."""
    monkeypatch.setattr(images, "EPSILONS", (0.25, 8))
    monkeypatch.setattr(images, "NOISE_EPSILONS", (0.25, 8))
    monkeypatch.setattr(robustness, "STEPS", 3)
    network = make_network(width=4)
    train = data.load("cifar10", split="train")
    with torch.no_grad():  # the last layer by least squares, with a little ridge
        features = network.features(train.pixels)
        design = torch.cat([features, torch.ones(len(train), 1)], 1).double()
        truth = torch.nn.functional.one_hot(train.labels, 10).double()
        normal = design.T @ design + 1e-5 * torch.eye(33, dtype=torch.float64)
        solution = torch.linalg.solve(normal, design.T @ truth).float()
        network.linear.weight.copy_(solution[:-1].T)
        network.linear.bias.copy_(solution[-1])
    zoo.save(network, make_card(arguments={"n_classes": 10, "width": 4}))
    return zoo.load("tiny")


def test_every_number_is_what_it_says(tiny: zoo.Classifier, models: Path) -> None:
    card = measure("tiny", settings=MeasuringSettings(n_autoattack=1))
    assert zoo.read_card("tiny") == card
    test = data.load("cifar10")
    predicted = tiny.predict(test.pixels).argmax(1)
    value = {name: metric.value for name, metric in card.metrics.items()}

    # Confusion: rows true, columns predicted.
    confusion = np.zeros((10, 10), int)
    for truth, called in zip(test.labels.tolist(), predicted.tolist(), strict=True):
        confusion[truth, called] += 1
    assert card.confusion == confusion.tolist()
    assert confusion.sum(1).tolist() == [4] * 10
    assert value["clean_accuracy"] == confusion.trace() / 40
    assert value["clean_accuracy"] > 0.2  # chance is 0.1
    for k, name in enumerate(test.classes):
        assert value[f"clean_accuracy/{name}"] == confusion[k, k] / 4

    # Corruptions.
    for name in corruptions.names():
        metric = card.metrics[f"corrupted_accuracy/{name}"]
        x = corruptions.corrupt(
            name, test.pixels, severity=metric.how["severity"], seed=metric.how["seed"]
        )
        correct = tiny.predict(x).argmax(1) == test.labels
        assert metric.value == pytest.approx(correct.float().mean().item())
    x = corruptions.corrupt_mix(test.pixels, severity=1.0, seed=0)
    correct = tiny.predict(x).argmax(1) == test.labels
    assert value["corrupted_accuracy"] == pytest.approx(correct.float().mean().item())

    # Sweeps: the table and the curve tell the same story.
    table = zoo.measurements("tiny")
    assert table is not None
    columns = ["index", "label", "predicted"]
    for attack in images.ATTACKS:
        columns += [f"{attack}_eps", f"{attack}_label"]
    assert list(table.columns) == columns
    assert table["index"].tolist() == test.indices.tolist()
    assert table["label"].tolist() == test.labels.tolist()
    assert table["predicted"].tolist() == predicted.tolist()
    wrong = (table["label"] != table["predicted"]).to_numpy()
    for attack in images.ATTACKS:
        smallest = table[f"{attack}_eps"].to_numpy()
        assert set(np.unique(smallest.round(3))) <= {0, 0.25, 8, np.inf}
        np.testing.assert_array_equal(smallest == 0, wrong)
        fooled = table[f"{attack}_label"].to_numpy() != table["label"].to_numpy()
        np.testing.assert_array_equal(fooled, np.isfinite(smallest))
        for eps in images.EPSILONS:
            standing = (smallest > eps * (1 + 1e-5)).mean()
            assert value[f"accuracy/{attack}/{eps:g}"] == pytest.approx(standing)
    assert value["accuracy/pgd_linf/8"] < value["clean_accuracy"]
    assert value["accuracy/pgd_linf/8"] <= value["pgd20_accuracy"] + 0.1
    assert 0 <= value["pgd20_accuracy"] < value["clean_accuracy"]
    assert card.metrics["pgd20_accuracy"].how == {
        "dataset": "cifar10",
        "split": "test",
        "n": 40,
        "attack": "pgd_linf",
        "eps": "8/255",
        "steps": 3,
        "seed": 0,
    }

    # Measured again, the same; what was not measured stays.
    before = contents(models)
    again = measure("tiny", stages=("clean", "pgd20"))
    assert again.metrics == card.metrics
    assert contents(models) == before


def test_pgd_is_our_own_at_the_stated_strength(
    tiny: zoo.Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[dict[str, Any]] = []
    sweep = attacks.sweep

    def spy(*arguments: Any, **options: Any) -> Any:
        calls.append(options)
        return sweep(*arguments, **options)

    monkeypatch.setattr(attacks, "sweep", spy)
    test = data.load("cifar10", n=8)
    metrics = robustness.strong_pgd(tiny, test, {})
    (options,) = calls
    assert options["attack"] == "pgd_linf"
    assert options["eps"] == pytest.approx([8 / 255])
    assert options["params"].steps == 3
    assert options["params"].alpha == pytest.approx(2 / 255)
    assert options["params"].random_start
    curve = sweep(tiny, test.pixels, test.labels, **options)
    standing = curve.smallest_eps.isinf().float().mean()
    assert metrics["pgd20_accuracy"].value == pytest.approx(standing.item())


def test_two_runs_at_once_lose_nothing(
    tiny: zoo.Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another run writes to the card while a stage runs stays there."""

    def slow(subject: StageInput) -> StageResult:
        meanwhile = zoo.read_card("tiny")
        others = {**meanwhile.metrics, "of_another_run": zoo.Metric(0.5, {})}
        zoo.save_card(dataclasses.replace(meanwhile, metrics=others))
        return StageResult({"of_this_run": zoo.Metric(0.25, {})})

    stages = {**STAGES, "slow": MeasuringStage(slow, "picture")}
    monkeypatch.setattr("trustai.train.measure.run.STAGES", stages)
    measure("tiny", stages=["slow"])
    found = zoo.read_card("tiny").metrics
    assert {"of_another_run", "of_this_run"} <= set(found)


def test_a_sample_writes_nothing(
    tiny: zoo.Classifier, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(models)
    assert main(["tiny", "--n", "10", "--stages", "clean"]) == 0
    assert "tiny: clean_accuracy 0." in capsys.readouterr().out
    assert contents(models) == before


def test_an_unknown_model_is_one_sentence(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tiny"]) == 1
    assert "expected a model id among (none present), got 'tiny'" in capsys.readouterr().err


def test_autoattack_is_measured_beside_pgd_on_the_same_pictures(
    tiny: zoo.Classifier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """AutoAttack sees only what PGD left; a picture that either fools is not robust."""
    asked: list[torch.Tensor] = []

    def fake_run(name: str, _c: object, x: torch.Tensor, y: torch.Tensor, **_: object) -> object:
        assert name == "autoattack"
        asked.append(x)
        return type("Result", (), {"success": torch.arange(len(x)) < 2})()

    def fake_sweep(_c: object, x: torch.Tensor, y: torch.Tensor, **_: object) -> object:
        smallest = torch.full((len(x),), torch.inf)
        smallest[:2], smallest[2:6] = 0, 8 / 255  # wrong at once, and fooled by PGD
        return type("Curve", (), {"smallest_eps": smallest})()

    monkeypatch.setattr(attacks, "run", fake_run)
    monkeypatch.setattr(attacks, "sweep", fake_sweep)
    monkeypatch.setattr(robustness, "AT_ONCE", 4)
    test = data.load("cifar10")
    kept = tmp_path / "runs" / "autoattack.json"
    metrics, table = robustness.under_autoattack(tiny, test, {"n": 40}, 12, kept=kept)
    assert [len(x) for x in asked] == [4, 2]
    part = drawn(test, 12)
    assert torch.equal(torch.cat(asked), part.pixels[6:])
    assert metrics["clean_accuracy_same_pictures"].value == pytest.approx(10 / 12)
    assert metrics["pgd20_accuracy_same_pictures"].value == pytest.approx(6 / 12)
    assert metrics["autoattack_accuracy"].value == pytest.approx(2 / 12)
    gap = metrics["autoattack_gap"]
    assert gap.value == pytest.approx(4 / 12)
    low, high = gap.how["interval"]
    assert 0 < low < gap.value < high
    assert {metric.how["n"] for metric in metrics.values()} == {12}
    assert table["index"].tolist() == part.indices.tolist()
    assert table["autoattack"].sum() == 2

    again = robustness.under_autoattack(tiny, test, {"n": 40}, 12, kept=kept, resume=True)
    assert len(asked) == 2  # every verdict was known
    pd.testing.assert_frame_equal(again[1], table)
    robustness.under_autoattack(tiny, test, {"n": 40}, 12, kept=kept)
    assert len(asked) == 4
    none = torch.zeros(12, dtype=torch.bool)
    robust = robustness.robust_to_autoattack(tiny, part, none, kept, resume=False)
    assert not robust.any()
    assert len(asked) == 4  # of no picture nothing is asked


def test_a_tightened_curve_is_of_the_same_pictures(
    tiny: zoo.Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robustness, "EPSILONS", (1, 8))
    test = data.load("cifar10")
    metrics, table = robustness.tightened(tiny, test, {"n": 40}, 10)
    assert table["index"].tolist() == drawn(test, 10).indices.tolist()
    assert (table["tightened_eps"] <= table["sweep_eps"]).all()
    share = (table["tightened_eps"] > 8).mean()
    assert metrics["tightened/8"].value == pytest.approx(share)
    lower = (table["sweep_eps"] > 8).mean() - share
    assert metrics["tightened/8/lower_by"].value == pytest.approx(lower)
    assert metrics["tightened/8"].how["restarts"] == 4


def test_the_stages_of_every_kind() -> None:
    assert stages_for("picture", default=True) == [
        "clean", "fgsm", "pgd_linf", "random_signs", "corruptions", "pgd20",
    ]  # fmt: skip
    slow = {"photographs", "saliency-seconds", "autoattack", "tightened", "saliency"}
    slow |= {
        "crops",
        "confidence",
        "explain-cost",
        "grad-cam",
        "msp-threshold",
        "pointing",
        "real-signs",
    }
    assert {*stages_for("picture")} == {
        *stages_for("picture", default=True), *slow, "feature-statistics", "ood",
        "ood-photographs", "map", "patch", "backdoor", "backdoor-grid", "backdoor-defences",
    }  # fmt: skip
    assert stages_for("table") == ["tabular", "agreement", "grace", "removal"]
    assert stages_for("table", default=True) == stages_for("table")
    assert stages_for("caption") == ["scores", "signs", "variants", "corpus"]
    assert stages_for("path") == ["repairs", "repair-ties", "proxies"]
    assert sum(len(stages_for(kind)) for kind in get_args(zoo.Kind)) == len(STAGES)


def test_a_stage_for_another_kind_is_one_sentence(
    tiny: zoo.Classifier, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(models)
    assert main(["tiny", "--stages", "tabular"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("expected stages of tiny among clean, fgsm, ")
    assert error.endswith("got 'tabular'\n")
    assert contents(models) == before
