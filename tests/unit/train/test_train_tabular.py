"""Recipes for tables end to end in seconds, and what a loss and a measurement are."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from trustai import data, zoo
from trustai.metrics import binary
from trustai.train import RECIPES, Machine, TableRecipe, train
from trustai.train.__main__ import main
from trustai.train.tables.baselines import probabilities
from trustai.train.tables.evaluation import spread
from trustai.train.tables.fit import parts_of
from trustai.train.tables.module import RowBatches, TableTraining
from trustai.train.tables.recipes.nam_training import AdditiveTraining
from trustai.types import Table
from trustai.zoo.architectures.nam import NeuralAdditiveModel
from trustai.zoo.architectures.tabular import (
    TabularMLP,
    TabularModel,
    statistics,
)

TABLES = [name for name, recipe in RECIPES if isinstance(recipe, TableRecipe)]
EXACT = Machine(device="cpu")
ANYWHERE = {"diabetes", "diabetes-synthetic"}
FIGURES = set(binary.figures(torch.tensor([0, 1]), torch.tensor([0.2, 0.7])))
RECIPE = TableRecipe(
    title="t", summary="s", training=TableTraining, dataset="diabetes",
    architecture="tabular-mlp", epochs=2, batch_size=32,
)  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> Table:
    return data.load("diabetes-synthetic", split="whole")


@pytest.fixture
def parts(whole: Table) -> dict[str, Table]:
    return parts_of(whole, split_seed=0, n_train=64)


# -- the command -----------------------------------------------------------------------------


@pytest.mark.parametrize("recipe_id", TABLES)
def test_smoke(
    recipe_id: str, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [recipe_id, "--smoke", "--device", "cpu", "--runs", str(tmp_path / "runs")]
    assert main([*command, "--epochs", "1"]) == 0
    said = capsys.readouterr().out
    assert f"{recipe_id}: roc_auc/seeds/mean 0." in said
    assert f"{recipe_id}: brier 0." in said
    (card,) = zoo.catalog(kind="table")
    recipe = RECIPES.get(recipe_id)
    assert card.dataset in ANYWHERE
    assert card.classes == ("no diabetes", "diabetes")
    assert card.input_size == len(card.arguments["columns"]) == 8
    assert card.command == f"python -m trustai.train {recipe_id} --smoke --device cpu --epochs 1"
    assert card.configuration["options"] == recipe.options
    assert card.training["training_rows"] == 128
    assert set(card.history) == {
        f"{part}_{score}" for part in ("train", "val") for score in ("loss", "accuracy", "roc_auc")
    }
    assert all(len(column) == 1 and None not in column for column in card.history.values())
    json.loads((models / recipe_id / "card.json").read_text(), parse_constant=refuse)

    network = zoo.load(recipe_id, kind=TabularModel)
    test = data.load("diabetes", split="test")
    probability = network.probability(test.rows)
    figures = binary.figures(test.labels, probability)
    # After one epoch a network may never say class 1, and then its precision is not defined.
    assert ("precision" in card.metrics) != math.isnan(figures["precision"])
    if "precision" in card.metrics:
        assert card.metrics["precision"].value == pytest.approx(figures["precision"], abs=1e-6)
    for name in FIGURES - {"precision"}:
        assert card.metrics[name].value == pytest.approx(figures[name], abs=1e-6), name
        for what in ("seeds", "splits", "logistic_regression/splits", "gradient_boosting/splits"):
            for statistic in ("mean", "std"):
                metric = card.metrics[f"{name}/{what}/{statistic}"]
                assert metric.value >= 0
                assert len(metric.how["each"]) == 2
    assert card.confusion == binary.confusion(test.labels, probability)
    assert card.metrics["roc_auc"].how == card.metrics["roc_auc"].how | {"n": 154, "split": "test"}
    measured = zoo.measurements(recipe_id)
    assert measured["index"].tolist() == test.indices.tolist()
    assert measured["label"].tolist() == test.labels.tolist()
    assert measured["probability"].to_numpy() == pytest.approx(probability.numpy(), abs=1e-6)
    assert set(measured) == {"index", "label", "probability"}, "no row of the table may ship"


def refuse(text: str) -> float:
    raise AssertionError(f"{text} is no JSON")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--width", "8"], "expected no width: diabetes-mlp has none"),
        (["--from-scratch"], "expected no start_from: diabetes-mlp has none"),
        (["--set", "eps=1"], "expected no --set: diabetes-mlp has no options"),
    ],
)
def test_flags_for_pictures_are_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diabetes-mlp", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_without_the_real_table_nothing_that_ships_is_overwritten(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path))
    if not data.load("diabetes", n=1).synthetic:
        pytest.skip("the real table lies in the cache")
    with pytest.raises(ValueError, match="expected the real table diabetes to learn from"):
        train("diabetes-mlp", machine=EXACT, runs=tmp_path)
    assert list(models.iterdir()) == []


# -- what is learned -------------------------------------------------------------------------


@pytest.mark.slow
def test_training_learns_and_its_seed_decides(models: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, dataset="diabetes-synthetic", epochs=12, lr=5e-3)

    def trained(seed: int) -> zoo.Card:
        return train(
            "tiny", recipe=recipe, machine=EXACT, seed=seed, n_train=256, runs=tmp_path / "runs"
        )

    first, second, other = trained(0), trained(0), trained(1)
    assert first.weights_sha256 == second.weights_sha256 != other.weights_sha256
    assert first.metrics == second.metrics
    # The seeds of one card are those of the next ones.
    each = first.metrics["roc_auc/seeds/mean"].how["each"]
    assert each[1] == pytest.approx(other.metrics["roc_auc"].value, abs=1e-4)
    assert first.history["train_loss"][-1] < first.history["train_loss"][0] - 0.02
    assert first.metrics["roc_auc"].value > 0.7


def test_the_best_epoch_on_validation_is_kept(models: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(
        RECIPE, dataset="diabetes-synthetic", epochs=25, lr=0.05, average=0.0, patience=25
    )
    card = train("tiny", recipe=recipe, machine=EXACT, n_train=64, runs=tmp_path)
    losses = [loss for loss in card.history["val_loss"] if loss is not None]
    assert losses[-1] > min(losses) + 0.02, "it should have overfitted"
    validation = data.load("diabetes-synthetic", split="validation")
    logits = zoo.load("tiny")(validation.rows)
    loss = F.binary_cross_entropy_with_logits(logits, validation.labels.float())
    assert float(loss) == pytest.approx(min(losses), abs=1e-5)


# -- batches and losses ----------------------------------------------------------------------


def test_batches_are_the_rows_in_an_order_of_the_epoch(parts: dict[str, Table]) -> None:
    batches = RowBatches(parts["train"], batch_size=24, train=True, seed=1)
    epoch = [positions for _, _, positions in batches]
    assert [len(p) for p in epoch] == [24, 24]  # 64 rows: the last 16 wait for another epoch
    assert len(torch.cat(epoch).unique()) == 48
    for rows, labels, at in batches:
        assert torch.equal(rows.nan_to_num(-1), parts["train"].rows[at].nan_to_num(-1))
        assert torch.equal(labels, parts["train"].labels[at])
    batches.set_epoch(1)
    assert not torch.equal(torch.cat([p for *_, p in batches]), torch.cat(epoch))
    ((rows, _, _),) = RowBatches(parts["validation"], batch_size=4, train=False)
    assert torch.equal(rows.nan_to_num(-1), parts["validation"].rows.nan_to_num(-1))


def additive(parts: dict[str, Table], **options: Any) -> AdditiveTraining:
    recipe = dataclasses.replace(
        RECIPE, training=AdditiveTraining, architecture="nam", options=options
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = NeuralAdditiveModel(
            **statistics(parts["train"]), members=3, hidden=[6], dropout=0.0
        )
    return AdditiveTraining(
        network, recipe, train=parts["train"], validation=parts["validation"], seed=0
    )


def batch(module: TableTraining, parts: dict[str, Table]) -> tuple[Tensor, Tensor, Tensor]:
    train = parts["train"]
    return module.network.encoded(train.rows), train.labels, torch.arange(len(train))


def test_the_loss_is_that_of_every_member_alone(parts: dict[str, Table]) -> None:
    module = additive(parts, feature_dropout=0.0, output_penalty=0.0, share=0.5)
    z, labels, positions = batch(module, parts)
    expected = sum(
        F.binary_cross_entropy(member(z)[kept, 0], labels[kept].float())
        for member, kept in zip(module.ensemble.members, module.kept, strict=True)
    )
    torch.testing.assert_close(module.loss(z, labels, positions), expected)
    share = module.kept.float().mean(1)
    assert share.min() > 0.3
    assert share.max() < 0.7
    assert not torch.equal(module.kept[0], module.kept[1])


def test_the_output_penalty_is_the_mean_square_of_the_terms(parts: dict[str, Table]) -> None:
    losses = []
    for penalty in (0.0, 2.0):
        module = additive(parts, feature_dropout=0.0, output_penalty=penalty, share=1.0)
        z, labels, positions = batch(module, parts)
        losses.append(module.loss(z, labels, positions))
    expected = 2.0 * module.ensemble.raw_terms(z).square().mean((1, 2)).sum()
    torch.testing.assert_close(losses[1] - losses[0], expected, rtol=1e-4, atol=1e-5)


def test_feature_dropout_leaves_whole_terms_out(parts: dict[str, Table]) -> None:
    module = additive(parts, feature_dropout=0.5, output_penalty=0.0, share=1.0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        a, b = (module.loss(*batch(module, parts)) for _ in range(2))
    assert a != b


def test_what_is_trained_is_centred(parts: dict[str, Table]) -> None:
    network = additive(parts).trained()
    means = network.terms(parts["train"].rows).mean(0)
    torch.testing.assert_close(means, torch.zeros(8), rtol=0, atol=1e-5)
    assert network.offsets.abs().max() > 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty": 1.0}, "expected options among feature_dropout, output_penalty, share"),
        ({"share": 0.0}, r"expected share in \(0, 1\], got 0.0"),
        ({"feature_dropout": 1.0}, r"expected feature_dropout in \[0, 1\), got 1.0"),
        ({"output_penalty": -1.0}, "expected output_penalty to be at least 0, got -1.0"),
    ],
)
def test_wrong_options_are_one_sentence(
    parts: dict[str, Table], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        additive(parts, **options)


def test_the_average_of_a_batch_norm_follows_too(parts: dict[str, Table]) -> None:
    network = TabularMLP(**statistics(parts["train"]))
    module = TableTraining(
        network, RECIPE, train=parts["train"], validation=parts["validation"], seed=0
    )
    network.layers[2].running_mean.fill_(3.0)
    module.on_train_batch_end(None, None, 0)  # the first copies
    kept = module.trained()
    assert kept.layers[2].running_mean.tolist() == [3.0] * 100
    assert not kept.training


# -- figures ---------------------------------------------------------------------------------


def test_spread_by_hand() -> None:
    found = spread([{"f1": 0.2}, {"f1": 0.4}, {"f1": 0.6}], "seeds", {"n": 5})
    assert set(found) == {"f1/seeds/mean", "f1/seeds/std"}
    assert found["f1/seeds/mean"].value == pytest.approx(0.4)
    assert found["f1/seeds/std"].value == pytest.approx(0.2)
    assert found["f1/seeds/std"].how == {"n": 5, "each": [0.2, 0.4, 0.6]}


def test_a_figure_that_is_not_defined_counts_for_nothing() -> None:
    repeated = [{"f1": 0.2, "precision": 0.5}, {"f1": 0.4, "precision": math.nan}]
    found = spread(repeated, "seeds", {})
    assert found["precision/seeds/mean"].value == 0.5
    assert found["precision/seeds/mean"].how == {"each": [0.5]}
    assert found["f1/seeds/mean"].value == pytest.approx(0.3)
    never = spread([{"precision": math.nan}], "seeds", {})
    assert never == {}


def test_parts_do_not_overlap_and_differ_by_split(whole: Table) -> None:
    first, second = parts_of(whole, split_seed=0), parts_of(whole, split_seed=1)
    together = torch.cat([part.indices for part in first.values()])
    assert torch.equal(together.sort().values, torch.arange(768))
    assert not torch.equal(first["test"].indices, second["test"].indices)
    assert torch.equal(first["test"].indices, data.load("diabetes-synthetic").indices)
    for part in first.values():
        assert float(part.labels.float().mean()) == pytest.approx(268 / 768, abs=0.02)


def test_baselines_learn_a_line(whole: Table) -> None:
    labels = (whole.rows[:, 1].nan_to_num(0) > 125).long()
    table = dataclasses.replace(whole, labels=labels)
    parts = parts_of(table, split_seed=0)
    found = probabilities(parts["train"], parts["test"].rows, seed=0)
    assert {"logistic_regression", "gradient_boosting"} <= set(found)
    for name, probability in found.items():
        assert binary.roc_auc(parts["test"].labels, probability) > 0.95, name
