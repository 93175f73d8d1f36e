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
from trustai.explain.image.evaluation.localisation import controls, inside_share, pointing_game
from trustai.explain.image.evaluation.nulls import partners
from trustai.explain.image.evaluation.pointing import pointing_board
from trustai.explain.image.evaluation.rows import SaliencyLeaderboardRow
from trustai.train.measure.__main__ import main as measure
from trustai.train.measure.run import stages_for
from trustai.train.measure.saliency import N_TIMED
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
    partner = partners(images.labels)
    assert partner is not None
    others = {"picture": found.map[partner]}  # all are of one class, so there is no other
    assert images.labels.unique().numel() == 1
    judged = faithfulness(network, images.pixels, found, seed=0, params=QUICK, others=others)
    silent = [problem is not None for problem in found.problems]
    unknown = {"picture": torch.tensor(silent)[partner]}
    assert images.masks is not None
    figures = {
        "deletion": judged.deletion.area,
        "insertion": judged.insertion.area,
        "pointing": pointing_game(found.map, images.masks, tolerance=1),
        "inside_share": inside_share(found.map, images.masks),
        **controls(images.masks, tolerance=1),
    }
    for null, curves in judged.nulls.items():
        said_nothing = unknown.get(null, torch.zeros(len(images), dtype=torch.bool))
        for way in ("deletion", "insertion"):
            area = getattr(curves, way).area
            figures[f"{null}_{way}"] = area.masked_fill(said_nothing, torch.nan)
    good = torch.tensor([problem is None for problem in found.problems])
    figures = {key: value.masked_fill(~good, torch.nan) for key, value in figures.items()}
    score = {
        null: (figures[f"{null}_insertion"] - figures[f"{null}_deletion"]) for null in judged.nulls
    }
    best = max(score, key=lambda null: score[null].nanmean().item())
    lead = figures["insertion"] - figures["deletion"] - score[best]
    beats = (lead > 0).float().masked_fill(lead.isnan(), torch.nan)
    return figures | {"lead": lead, "beats_null": beats}


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
        mean = {key: value.nanmean().item() for key, value in expected[row.method].items()}
        assert {key: getattr(row, key) for key in mean} == pytest.approx(mean, abs=2e-5)
        of_class = {"class_deletion", "class_insertion"}
        assert set(mean) | {"seconds", "lead_p"} | of_class == set(FIGURES)
        assert row.n == expected[row.method]["deletion"].isfinite().sum()
        for key, value in expected[row.method].items():
            kept = result.values[row.method][key]
            np.testing.assert_allclose(kept, value, atol=2e-5, err_msg=key)
        assert row.n + row.problems == N - WRONG
        assert row.title == base.METHODS.get(row.method).title
        assert row.reason is None
        assert row.seconds > 0
    problems = {row.method: row.problems for row in result.rows}
    assert 0 < problems.pop(half_zero) < N - WRONG
    assert set(problems.values()) == {0}
    gradient, cam, *_ = result.rows
    assert gradient.field_deletion != cam.field_deletion  # each as smooth as its own maps
    assert gradient.blob_deletion == cam.blob_deletion
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
    for null in ("field", "blob", "picture"):
        assert row.score_of() > row.score_of(null) + 0.4
    assert row.beats_null == 1
    for unknown in (row.pointing, row.inside_share, row.mask_share, row.centre_pointing):
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


def test_the_blob_is_judged_once_per_picture(
    network: TinyCNN, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    original = MODULE.perturbation_curves

    def spy(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        return original(*arguments, **options)

    monkeypatch.setattr(MODULE, "perturbation_curves", spy)
    leaderboard(network, labelled(network), methods=["gradient", "grad_cam"], params=QUICK)
    assert len(calls) == N - WRONG


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Registers a method whose maps are a function of the pictures and their targets."""

    def make(name: str, function: Callable[[Tensor, Tensor], Tensor]) -> str:
        class Made(base.Method[NoParameters]):
            params = NoParameters

            def attribute(self, task: base.Task[NoParameters]) -> base.Maps:
                return base.Maps(function(task.x, task.passes.target))

        Made.name, Made.title = name, name.title()
        monkeypatch.setitem(base.METHODS._entries, name, Made())
        return name

    return make


def spots(*, centred: bool, n: int = 24) -> tuple[Linear, ImageSet]:
    """A network that sums red minus green, and pictures that are grey but for one coloured spot.

    Class 0 has a red spot, class 1 a green one, in the middle or at a place of its own.
    """
    side, generator = 16, torch.Generator().manual_seed(4)
    weight = torch.zeros(3, side, side)
    weight[0], weight[1] = 0.4, -0.4
    network = Linear(weight=torch.stack([weight, -weight]).flatten(1), bias=torch.zeros(2)).freeze()
    images = torch.full((n, 3, side, side), 128, dtype=torch.uint8)
    masks = torch.zeros(n, side, side, dtype=torch.bool)
    for i in range(n):
        row, column = (6, 6) if centred else torch.randint(0, 13, (2,), generator=generator)
        images[i, i % 2, row : row + 4, column : column + 4] = 255
        masks[i, row : row + 4, column : column + 4] = True
    labels = torch.arange(n) % 2
    return network, ImageSet("spots", "test", images, labels, ("a", "b"), torch.arange(n), masks)


def truth(x: Tensor, target: Tensor) -> Tensor:
    """What every pixel adds to the logit of its target: exact for the network of `spots`."""
    sign = 1 - 2 * target.float()
    return (x[:, 0] - x[:, 1]) * sign[:, None, None]


def middle(x: Tensor, target: Tensor) -> Tensor:
    """Knows nothing: the centred blob, with a little of its own so that it is no copy."""
    ripple = 1e-3 * torch.linspace(0, 1, x.shape[-1])
    return image.blob(x) + ripple


GREY = FaithfulnessParams(steps=8, n_random=1, baseline="grey")


def test_where_objects_are_in_the_middle_a_blob_is_hard_to_beat(made: Callable[..., str]) -> None:
    """A map that only says "the middle" beats random fields on centred spots. It may not count as
    faithful for that: the blob does as well."""
    network, images = spots(centred=True)
    names = [made("middle", middle), made("truth", truth)]
    found = {
        row.method: row for row in leaderboard(network, images, methods=names, params=GREY).rows
    }
    row = found["middle"]
    assert row.score_of() > row.score_of("field") + 0.1, "the old null would call it faithful"
    assert row.score_of() == pytest.approx(row.score_of("blob"), abs=0.01)
    assert not row.shows_faithfulness
    assert row.pointing == row.centre_pointing == 1 > row.chance_pointing
    assert row.inside_share == pytest.approx(row.centre_inside, abs=0.01)
    # On such pictures the truth itself is hardly better than the blob: they cannot tell.
    assert found["truth"].score_of("blob") > 0.8 * found["truth"].score_of()


def test_where_objects_are_anywhere_only_the_truth_leads(made: Callable[..., str]) -> None:
    network, images = spots(centred=False)

    def noise(x: Tensor, target: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(int(1e4 * x.mean(0).std()) % 1000)
        return torch.rand(x[:, 0].shape, generator=generator)

    names = [made("middle", middle), made("truth", truth), made("noise", noise)]
    result = leaderboard(network, images, methods=names, params=GREY)
    found = {row.method: row for row in result.rows}
    assert found["truth"].shows_faithfulness
    assert found["truth"].lead > 0.1
    assert not found["middle"].shows_faithfulness
    assert not found["noise"].shows_faithfulness
    sure = {name: row.intervals["lead"] for name, row in found.items()}
    assert sure["truth"].leader
    assert not sure["middle"].tied
    assert not sure["noise"].tied
    assert sure["truth"].low < found["truth"].lead < sure["truth"].high
    assert found["middle"].centre_pointing < 0.3


def test_two_equal_methods_tie(made: Callable[..., str]) -> None:
    """The same but for noise in the last places; a third one that is worse by construction."""
    network, images = spots(centred=False)

    def nearly(x: Tensor, target: Tensor) -> Tensor:
        return truth(x, target) * 3 + 1e-4 * torch.linspace(0, 1, x.shape[-1])

    def half(x: Tensor, target: Tensor) -> Tensor:
        return truth(x, target) * (torch.arange(x.shape[-1]) % 2)

    names = [made("truth", truth), made("nearly", nearly), made("half", half)]
    rows = leaderboard(network, images, methods=names, params=GREY).rows
    ties = {row.method: row.intervals["lead"].tied for row in rows}
    assert ties == {"truth": True, "nearly": True, "half": False}


def test_the_pointing_games_stand_beside_chance_and_the_middle(made: Callable[..., str]) -> None:
    names = [made("middle", middle), made("truth", truth)]
    for centred in (True, False):
        network, images = spots(centred=centred)
        board = pointing_board(network, images, methods=names)
        blob_like, known = board.rows
        assert known.pointing == 1
        assert known.inside_share == pytest.approx(1)
        assert blob_like.pointing == blob_like.centre_pointing == known.centre_pointing
        assert blob_like.inside_share == pytest.approx(blob_like.centre_inside, abs=0.01)
        assert known.mask_share == pytest.approx(1 / 16)
        assert (known.centre_pointing == 1) == centred
        assert blob_like.intervals["pointing"].tied == centred, "the middle wins by the set alone"
        assert known.intervals["pointing"].tied
    with pytest.raises(ValueError, match="expected pictures whose objects are known"):
        pointing_board(network, dataclasses.replace(images, masks=None), methods=names)


def test_a_map_that_is_the_same_for_every_class_has_no_lead(made: Callable[..., str]) -> None:
    network, images = spots(centred=False)
    names = [made("both", lambda x, target: (x[:, 0] - x[:, 1]).abs()), made("truth", truth)]
    both, known = leaderboard(network, images, methods=names, params=GREY).rows
    assert both.pointing == known.pointing == 1
    assert both.best_null == "class"
    assert both.lead == 0
    assert not both.shows_faithfulness
    assert known.shows_faithfulness


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
    assert run(1).field_deletion != first.field_deletion
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
    same = {"n": N - WRONG, "seed": 3, "as": "saliency/pictures"}
    assert same.items() <= figure.how.items()
    assert figure.how["interval"][0] < figure.value < figure.how["interval"][1]
    assert card.metrics["saliency/grad_cam/blob_deletion"].how == same
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
    for name in ("deletion", "insertion", "field_deletion", "seconds"):
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


def test_what_a_method_costs_in_passes_goes_onto_the_card(
    models: Path, tiny_cifar: Path, make_card: Any, make_network: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(image, "names", lambda: ["gradient", "occlusion", "attention_rollout"])
    zoo.save(make_network(), make_card())
    assert measure(["tiny", "--stages", "explain-cost"]) == 0
    metrics = zoo.read_card("tiny").metrics
    cost = {name: one.value for name, one in metrics.items() if name.startswith("explain_cost/")}
    assert set(cost) == {"explain_cost/gradient", "explain_cost/occlusion"}, "no transformer"
    assert 0 < cost["explain_cost/gradient"] < cost["explain_cost/occlusion"]


def test_how_often_grad_cam_beats_each_null(
    models: Path, tiny_cifar: Path, make_card: Any, make_network: Any
) -> None:
    network = make_network()
    network.linear.weight.data *= 0.02
    network.linear.bias.data[0] = 1  # all are aeroplanes, and none is so surely
    zoo.save(network, make_card())
    assert measure(["tiny", "--stages", "grad-cam"]) == 0
    card = zoo.read_card("tiny")
    table = zoo.measurements("tiny", topic="grad_cam")
    assert table is not None
    assert set(table["method"]) == {"grad_cam"}
    assert table["deletion"].between(0.1, 0.9).all()
    score = table["insertion"] - table["deletion"]
    for null in ("field", "blob"):
        for name, wins in (
            ("deletion", table["deletion"] < table[f"{null}_deletion"]),
            ("score", score > table[f"{null}_insertion"] - table[f"{null}_deletion"]),
        ):
            metric = card.metrics[f"grad_cam/{null}/{name}"]
            known = table[f"{null}_deletion"].notna()
            # The table is rounded to four digits, which can make a draw of a narrow win.
            assert metric.value == pytest.approx(wins[known].mean(), abs=1.5 / known.sum())
            assert metric.how["n"] == known.sum()
            low, high = metric.how["interval"]
            assert low <= metric.value <= high
    assert not [name for name in card.metrics if name.startswith("grad_cam/class")]
