"""Adversarial debiasing: its losses by hand, a toy it must repair, and the recipe end to end."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from trustai import data, zoo
from trustai.fairness import load_path
from trustai.fairness.groups import Groups
from trustai.train import RECIPES, Machine
from trustai.train.__main__ import main
from trustai.train.fairness import run
from trustai.train.fairness.census import Census, census_of
from trustai.train.fairness.evaluation import (
    accuracy_and_criteria,
    adversary_auc,
    criteria_of,
    decisions_of,
)
from trustai.train.fairness.module import losses
from trustai.train.fairness.recipe import ROUND, DebiasingRecipe
from trustai.train.trainer import Job
from trustai.types import Table

EXACT = Machine(device="cpu", precision="32-true")


@pytest.fixture(scope="module")
def recipe() -> DebiasingRecipe:
    found = RECIPES.get("adult-debiased")
    assert isinstance(found, DebiasingRecipe)
    return found


# -- by hand ---------------------------------------------------------------------------------


def test_a_small_group_counts_as_much_as_a_large_one() -> None:
    logits = torch.tensor([[0.0], [2.0], [2.0], [2.0], [9.0]])
    membership = torch.tensor([[1.0], [0.0], [0.0], [0.0], [torch.nan]])
    (found,) = losses(logits, membership)
    of_each = F.softplus(torch.tensor([0.0, 2.0]))
    assert found.item() == pytest.approx(of_each.mean().item())


def test_rows_of_no_group_have_no_loss_and_a_gradient_of_zero() -> None:
    logits = torch.zeros(3, 2, requires_grad=True)
    found = losses(logits, torch.full((3, 2), torch.nan))
    assert found.tolist() == [0.0, 0.0]
    found.sum().backward()
    assert logits.grad is not None
    assert not logits.grad.any()


def test_lambdas_are_weights_times_strengths(recipe: DebiasingRecipe) -> None:
    few = dataclasses.replace(recipe, weights={"sex": 2.0, "race": 5.0}, strengths=(0.0, 0.5))
    assert few.lambdas == {"sex": [0.0, 1.0], "race": [0.0, 2.5]}
    with pytest.raises(ValueError, match="expected strengths that begin with 0"):
        dataclasses.replace(recipe, strengths=(0.1, 1.0))


def test_inputs_hold_neither_sex_nor_race() -> None:
    census = census_of(data.load("adult-synthetic", split="whole"), n_train=50)
    assert {len(part.columns) for part in census.parts.values()} == {10}
    assert not {"sex", "race"} & set(census.parts["train"].columns)
    membership = census.membership("train")
    race = census.groups["train"]["race"].codes
    assert torch.equal(membership[:, 1].isnan(), torch.from_numpy(race > 1))


def _census(labels: list[int], group: list[int]) -> Census:
    n = len(labels)
    table = Table(
        name="toy", split="whole", rows=torch.zeros(n, 1), labels=torch.tensor(labels),
        columns=("x",), classes=("no", "yes"), indices=torch.arange(n), integer=(False,),
        synthetic=True,
    )  # fmt: skip
    groups = {"sex": Groups(("a", "b"), np.array(group), 2)}
    return Census({"train": table, "validation": table, "test": table},
                  dict.fromkeys(("train", "validation", "test"), groups))  # fmt: skip


def test_accuracy_and_criteria_by_hand() -> None:
    census = _census([0, 1, 1, 0, 1, 1], [0, 0, 0, 1, 1, 1])
    scores = np.array([0.2, 0.4, 0.9, 0.1, 0.8, 0.7])
    found = accuracy_and_criteria(decisions_of({"test": scores}), census, split="test")
    assert found["accuracy"].value == pytest.approx(5 / 6)
    assert found["p_percent_rule_sex"].value == pytest.approx((1 / 3) / (2 / 3))
    assert found["equalised_odds_sex"].value == pytest.approx(0.5)
    twice = criteria_of(
        decisions_of({"train": scores, "validation": scores}), census, "sex",
        splits=("train", "validation"),
    )  # fmt: skip
    assert twice["p_percent_rule"].value == pytest.approx(0.5)


def test_a_fresh_adversary_finds_a_group_where_scores_tell_it(recipe: DebiasingRecipe) -> None:
    """Not only by their order: here the middle scores belong to one group."""
    random = np.random.default_rng(0)
    group = random.integers(2, size=1500)
    apart = np.where(group == 1, 0.5, np.where(random.random(1500) < 0.5, 0.1, 0.9))
    census = _census([0, 1] * 750, group.tolist())
    told, silent = (
        adversary_auc(decisions_of({"train": s, "test": s}), census, recipe, split="test", seed=0)[
            "adversary_auc_sex"
        ].value
        for s in (apart, np.full(1500, 0.3))
    )
    assert told > 0.95
    assert silent == pytest.approx(0.5)


# -- a toy that must be repaired -------------------------------------------------------------


@pytest.mark.slow
def test_debiasing_reaches_parity_where_the_group_is_the_only_signal(
    recipe: DebiasingRecipe, tmp_path: Path
) -> None:
    """Beside the group nothing tells the label, so a fair network must treat both alike."""
    random = np.random.default_rng(0)
    group = random.integers(2, size=2000)
    labels = (random.random(2000) < np.where(group == 1, 0.8, 0.3)).astype(np.int64)
    x = (group + 0.4 * random.normal(size=2000)).astype(np.float32)
    census = _census(labels.tolist(), group.tolist())
    table = dataclasses.replace(census.parts["train"], rows=torch.from_numpy(x[:, None]))
    census = Census(dict.fromkeys(("train", "validation", "test"), table), census.groups)
    toy = dataclasses.replace(
        recipe, weights={"sex": 10.0}, strengths=(0.0, 1.0), debiasing_batch_size=512,
        pass_batch_size=128, iterations=24 * ROUND,
    )  # fmt: skip
    job = Job("toy", machine=EXACT, runs=tmp_path)
    classifier, _ = run.classifier_of(toy, census, job)
    repaired, told = run.debias(classifier, toy, census, job, step=1)
    said = [decisions_of(run.scores_of(network, census)) for network in (classifier, repaired)]
    before, after = (accuracy_and_criteria(one, census, split="test") for one in said)
    assert before["p_percent_rule_sex"].value < 0.5
    assert after["p_percent_rule_sex"].value > 0.9
    auc = [
        adversary_auc(one, census, toy, split="test", seed=0)["adversary_auc_sex"].value
        for one in said
    ]
    assert auc[0] > 0.85
    assert auc[1] == pytest.approx(0.5, abs=0.1)
    assert len(told.history["val_accuracy"]) == 24


def test_the_chosen_step_is_fair_before_it_is_accurate() -> None:
    """The test part has no say: here it would choose otherwise."""
    census = _census([1, 0, 1, 0], [0, 0, 1, 1])
    unfair, fair, worse = ([0.9, 0.9, 0.9, 0.1], [0.9, 0.1, 0.9, 0.1], [0.1, 0.9, 0.9, 0.1])
    scores = [
        {"train": np.array(s), "validation": np.array(s), "test": np.array(unfair)}
        for s in (unfair, worse, fair)
    ]
    assert run.choose(scores, census) == 2
    assert run.choose(scores[:1], census) == 0


# -- the command -----------------------------------------------------------------------------


def test_smoke(models: Path, tmp_path: Path) -> None:
    command = ["adult-debiased", "--smoke", "--device", "cpu", "--runs", str(tmp_path / "runs")]
    assert main(command) == 0
    path = load_path("adult-debiased")
    assert zoo.kind_of(path.card) == "path"
    assert path.lambdas[0] == {"sex": 0, "race": 0}
    network = zoo.load("adult-debiased", kind=zoo.TabularPath)
    whole = data.load(path.card.dataset, split="test")
    assert isinstance(whole, Table)
    test = whole.select(network.columns)
    measured = path.parts["test"]
    assert measured.indices.tolist() == test.indices.tolist()
    assert measured.labels.tolist() == test.labels.tolist()
    again = network.probability(test.rows).numpy()
    assert measured.probability == pytest.approx(again, abs=1e-4)
    right = ((measured.probability >= 0.5) == measured.labels).mean(axis=1)
    assert path.front["accuracy"].to_numpy() == pytest.approx(right, abs=2e-5)
    assert path.card.metrics["unrepaired/accuracy"].value == path.front["accuracy"][0]
