"""The leaderboard of methods: every figure against the same computed by picture."""

from __future__ import annotations

import dataclasses
import importlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.toys.images import Linear, TinyCNN, pictures
from trustai import zoo
from trustai.explain import image
from trustai.explain.image import base, passes
from trustai.explain.image.evaluation.faithfulness import FaithfulnessParams, faithfulness
from trustai.explain.image.evaluation.leaderboard import TOLERANCE, leaderboard
from trustai.explain.image.evaluation.localisation import inside_share, pointing_game
from trustai.explain.image.evaluation.rows import SaliencyLeaderboardRow
from trustai.train.measure.__main__ import main as measure
from trustai.train.measure.images import N_TIMED
from trustai.train.measure.run import stages_for
from trustai.types import ImageSet, NoParameters
from trustai.zoo.classifier import Stage
from trustai.zoo.leaderboard import Leaderboard

MODULE = importlib.import_module("trustai.explain.image.evaluation.leaderboard")
FIGURES = SaliencyLeaderboardRow.figures()
QUICK = FaithfulnessParams(steps=4, n_random=2)
SIDE, N, WRONG = 34, 9, 2  # TOLERANCE of this side is one pixel


def rows_on(card: zoo.Card) -> tuple[SaliencyLeaderboardRow, ...]:
    return Leaderboard.from_card(card, SaliencyLeaderboardRow).rows


@pytest.fixture
def network() -> TinyCNN:
    network = TinyCNN().freeze()
    network.stages = (Stage("body.3", "Second"),)
    return network


def labelled(network: zoo.Classifier, *, masks: bool = True) -> ImageSet:
    """Nine pictures of which two are labelled otherwise than the network sees them."""
    images = (pictures(N, side=SIDE) * 255).to(torch.uint8)
    labels = network.predict(images.float() / 255).argmax(1)
    labels[[1, 5]] = (labels[[1, 5]] + 1) % 5
    mask = torch.zeros(N, SIDE, SIDE, dtype=torch.bool)
    for i in range(N):
        mask[i, i : i + 12, 5 : 6 + 2 * i] = True
    return ImageSet(
        "toys", "test", images, labels, tuple("abcde"), torch.arange(N), mask if masks else None
    )


@pytest.fixture
def half_zero(monkeypatch: pytest.MonkeyPatch) -> str:
    """A method whose map is zero for every picture with a dark first pixel."""

    class HalfZero(base.Method[NoParameters]):
        name, title, params = "half_zero", "Half zero", NoParameters

        def attribute(self, task: base.Task[NoParameters]) -> base.Maps:
            return base.Maps(task.x.mean(1) * (task.x[:, 0, :1, :1] > 0.4))

    monkeypatch.setitem(base.METHODS._entries, "half_zero", HalfZero())
    return "half_zero"


def all_together(network: TinyCNN, images: ImageSet, name: str) -> dict[str, Tensor]:
    """Every figure of every picture, in one batch; the leaderboard goes picture by picture."""
    right = network.predict(images.pixels).argmax(1) == images.labels
    images = images.take(right.nonzero()[:, 0])
    found = base.explain(name, network, images.pixels, target=images.labels)
    judged = faithfulness(network, images.pixels, found, seed=0, params=QUICK)
    assert images.masks is not None
    figures = {
        "deletion": judged.deletion.area,
        "insertion": judged.insertion.area,
        "random_deletion": judged.random_deletion.area,
        "random_insertion": judged.random_insertion.area,
        "beats_random": (judged.deletion.area < judged.random_deletion.area).float(),
        "pointing": pointing_game(found.map, images.masks, tolerance=1),
        "inside_share": inside_share(found.map, images.masks),
        "mask_share": images.masks.float().mean((1, 2)),
    }
    good = torch.tensor([problem is None for problem in found.problems])
    return {key: value[good] for key, value in figures.items()}


@pytest.mark.parametrize("together", [100, 3])
def test_every_figure(
    network: TinyCNN, half_zero: str, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = labelled(network)
    names = ["gradient", "grad_cam", half_zero, "integrated_gradients"]
    assert images.masks is not None
    peak = int(base.explain("gradient", network, images.pixels[:1]).map.argmax())
    images.masks[0] = False
    images.masks[0, peak // SIDE, peak % SIDE - 1] = True  # one pixel beside the maximum
    expected = {name: all_together(network, images, name) for name in names}
    monkeypatch.setattr(passes, "PIXELS_AT_ONCE", together * SIDE**2)
    result = leaderboard(network, images, methods=names, params=QUICK)
    assert (result.how["n"], result.n) == (N, N - WRONG)
    assert [row.method for row in result.rows] == names
    for row in result.rows:
        mean = {key: value.mean().item() for key, value in expected[row.method].items()}
        assert {key: getattr(row, key) for key in mean} == pytest.approx(mean, abs=2e-5)
        assert set(mean) | {"seconds"} == set(FIGURES)
        assert row.n == len(expected[row.method]["deletion"])
        assert row.n + row.problems == N - WRONG
        assert row.title == base.METHODS.get(row.method).title
        assert row.reason is None
        assert row.seconds > 0
    problems = {row.method: row.problems for row in result.rows}
    assert 0 < problems.pop(half_zero) < N - WRONG
    assert set(problems.values()) == {0}
    gradient, cam, *_ = result.rows
    assert gradient.random_deletion != cam.random_deletion  # its own grid
    assert cam.parameters == {"layer": "body.3"}
    assert result.circumstances.parameters == {
        "steps": 4,
        "baseline": "blur",
        "n_random": 2,
        "blur": 0.1,
        "tolerance": TOLERANCE,
        "threads": torch.get_num_threads(),
    }


def test_the_ideal_method_wins() -> None:
    """On a linear network of two opposite logits, gradient x input is what every pixel adds."""
    weight = torch.randn(3 * SIDE**2, generator=torch.Generator().manual_seed(3)) * 0.02
    network = Linear(weight=torch.stack([weight, -weight]), bias=torch.zeros(2)).freeze()
    images = labelled(network, masks=False)
    params = FaithfulnessParams(steps=8, baseline="grey")  # black for this network
    (row,) = leaderboard(network, images, methods=["gradient_x_input"], params=params).rows
    assert row.n == N - WRONG
    assert row.deletion < row.random_deletion - 0.2
    assert row.insertion > row.random_insertion + 0.2
    assert row.beats_random == 1
    for unknown in (row.pointing, row.inside_share, row.mask_share):
        assert math.isnan(unknown)


def test_a_method_that_cannot_apply_is_listed_with_its_sentence(network: TinyCNN) -> None:
    weight = torch.rand((2, 3 * SIDE**2), generator=torch.Generator().manual_seed(0))
    linear = Linear(weight=weight, bias=torch.tensor([1e4, 0])).freeze()
    images = dataclasses.replace(labelled(network), labels=torch.zeros(N, dtype=torch.int64))
    result = leaderboard(linear, images, methods=["guided_backprop", "gradient"], params=QUICK)
    guided, gradient = result.rows
    assert "expected a network with ReLU modules" in str(guided.reason)
    assert guided.n == guided.problems == 0
    assert all(math.isnan(getattr(guided, figure)) for figure in FIGURES)
    assert gradient.reason is None
    assert gradient.n == N


def test_only_explaining_may_fail_with_a_sentence(
    network: TinyCNN, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Tensor:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(MODULE, "pointing_game", broken)
    with pytest.raises(ValueError, match="a fault of ours"):
        leaderboard(network, labelled(network), methods=["gradient"], params=QUICK)


def test_random_maps_are_judged_once_per_grid(
    network: TinyCNN, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []
    original = MODULE.random_curves

    def spy(classifier: Any, x: Any, grid: tuple[int, int], **options: Any) -> Any:
        calls.append(grid)
        return original(classifier, x, grid, **options)

    monkeypatch.setattr(MODULE, "random_curves", spy)
    names = ["gradient", "guided_backprop", "grad_cam", "gradient_x_input"]
    result = leaderboard(network, labelled(network), methods=names, params=QUICK)
    assert calls == [(SIDE, SIDE)] * (N - WRONG) + [(17, 17)] * (N - WRONG)
    of_pixels = {row.random_deletion for row in result.rows if row.method != "grad_cam"}
    assert len(of_pixels) == 1


def test_same_seed_same_leaderboard_and_progress(network: TinyCNN) -> None:
    def run(seed: int, **options: Any) -> SaliencyLeaderboardRow:
        result = leaderboard(
            network, labelled(network), methods=["smoothgrad"], seed=seed, params=QUICK, **options
        )
        return dataclasses.replace(result.rows[0], seconds=0.0)

    shares: list[float] = []
    first = run(0, on_progress=shares.append)
    assert run(0) == first
    assert run(1).inside_share != first.inside_share  # the method's own noise
    assert run(1).random_deletion != first.random_deletion
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert len(shares) > 3 * (N - WRONG)

    def stop(share: float) -> None:
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(0, on_progress=stop)


def test_faults_of_the_caller(network: TinyCNN) -> None:
    images = labelled(network)
    with pytest.raises(ValueError, match="expected explanation method to be one of"):
        leaderboard(network, images, methods=["gradient", "saliency"])
    predicted = network.predict(images.pixels).argmax(1)
    wrong = dataclasses.replace(images, labels=(predicted + 1) % 5)
    with pytest.raises(ValueError, match="classifies correctly, got none in 9"):
        leaderboard(network, wrong, methods=["gradient"])
    with pytest.raises(ValueError, match="eval mode"):
        leaderboard(network.replica().train(), images, methods=["gradient"])


def test_the_network_stays_as_it_is(network: TinyCNN) -> None:
    before = {k: v.clone() for k, v in network.state_dict().items()}
    leaderboard(network, labelled(network), methods=["guided_grad_cam"], params=QUICK)
    assert all(v.equal(before[k]) for k, v in network.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


def test_a_card_keeps_the_leaderboard(
    network: TinyCNN, half_zero: str, make_card: Callable[..., Any]
) -> None:
    names = ["grad_cam", half_zero]
    result = leaderboard(network, labelled(network), methods=names, params=QUICK, seed=3)
    rejected = SaliencyLeaderboardRow(
        "gradient", base.METHODS.get("gradient").title, reason="expected more"
    )
    result = dataclasses.replace(result, rows=(rejected, *result.rows))
    card = make_card(metrics=result.as_metrics(how={"dataset": "toys", "n": 999}))
    card = zoo.Card.from_json(card.to_json())
    assert "NaN" not in card.to_json()
    rows = rows_on(card)
    assert [row.method for row in rows] == ["gradient", "grad_cam", half_zero]
    for row, kept in zip(result.rows, rows, strict=True):
        for field in dataclasses.fields(row):
            value, again = getattr(row, field.name), getattr(kept, field.name)
            if isinstance(value, float):
                assert again == pytest.approx(value, abs=1e-5, nan_ok=True)
            else:
                assert again == value
    shared = card.metrics["saliency/pictures"]
    assert shared.value == N - WRONG
    assert shared.how["n"] == N
    assert shared.how["seed"] == 3
    assert shared.how["steps"] == 4
    figure = card.metrics["saliency/grad_cam/deletion"]
    assert figure.how == {"n": N - WRONG, "seed": 3, "as": "saliency/pictures"}
    assert card.metrics["saliency/grad_cam/n"].how["parameters"] == {"layer": "body.3"}
    assert card.metrics["saliency/gradient/n"].how["reason"] == "expected more"
    assert rows_on(make_card()) == ()


def test_the_table_is_pandas(network: TinyCNN) -> None:
    result = leaderboard(network, labelled(network), methods=["gradient", "grad_cam"], params=QUICK)
    table = result.table()
    assert table.index.tolist() == ["gradient", "grad_cam"]
    assert set(FIGURES) <= set(table.columns)
    assert table.loc["grad_cam", "deletion"] == result.rows[1].deletion


def test_the_measuring_command(
    models: Path,
    tiny_cifar: Path,
    make_card: Callable[..., Any],
    make_network: Callable[..., zoo.Classifier],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image, "names", lambda: ["gradient", "grad_cam"])
    network = make_network()
    network.linear.bias.data[0] += 1e4  # every aeroplane is right, nothing else
    stale = {
        "saliency/layer_cam/n": zoo.Metric(3.0, {"n": 3}),
        "clean_accuracy": zoo.Metric(0.5, {"n": 2}),
    }
    zoo.save(network, make_card(metrics=stale))
    before = (models / "tiny/weights.safetensors").read_bytes()
    assert measure(["tiny", "--stages", "saliency", "--n-saliency", "30"]) == 0
    card = zoo.read_card("tiny")
    shared = card.metrics["saliency/pictures"]
    assert shared.how["n"] == 30
    assert shared.how["dataset"] == "cifar10"
    assert 0 < shared.value <= 4  # the aeroplanes
    assert [row.method for row in rows_on(card)] == ["gradient", "grad_cam"]
    assert {row.n + row.problems for row in rows_on(card)} == {shared.value}
    for name in ("deletion", "insertion", "random_deletion", "seconds", "beats_random"):
        assert np.isfinite(card.metrics[f"saliency/gradient/{name}"].value)
    assert "saliency/gradient/pointing" not in card.metrics
    assert card.metrics["clean_accuracy"].value == 0.5  # what was not measured stays
    assert "saliency/layer_cam/n" not in card.metrics  # what was measured before does not
    assert (models / "tiny/weights.safetensors").read_bytes() == before
    assert "saliency" not in stages_for("picture", default=True)  # only when asked for
    assert measure(["tiny", "--stages", "saliency-seconds"]) == 0
    again = zoo.read_card("tiny")
    timed = again.metrics["saliency/gradient/seconds"]
    assert timed.value > 0
    assert timed.how["n"] == N_TIMED
    assert timed.how["threads"] >= 1
    assert again.metrics["saliency/grad_cam/deletion"] == card.metrics["saliency/grad_cam/deletion"]
    assert {name for name in again.metrics if again.metrics[name] != card.metrics[name]} == {
        "saliency/gradient/seconds",
        "saliency/grad_cam/seconds",
    }
