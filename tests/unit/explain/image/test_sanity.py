"""Which maps notice that the network has been set back to random weights, and which do not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from tests.toys.images import Linear, TinyCNN, pictures
from trustai import zoo
from trustai.explain.image import base
from trustai.explain.image.evaluation.sanity import (
    HEAD,
    SanityStep,
    cascade,
    randomise,
    sanity,
)
from trustai.types import NoParameters
from trustai.zoo.classifier import Stage

STAGES = (Stage("body.1", "First"), Stage("body.3", "Second"))


@pytest.fixture
def network() -> TinyCNN:
    network = TinyCNN(width=8).freeze()
    network.stages = STAGES
    return network


@pytest.fixture
def method(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[base.Task], Tensor]], None]:
    """Registers a method of a function for the length of a test."""

    def register(name: str, function: Callable[[base.Task], Tensor]) -> None:
        class Fake(base.Method[NoParameters]):
            params = NoParameters

            def attribute(self, task: base.Task[NoParameters]) -> base.Maps:
                return base.Maps(function(task))

        Fake.name = name
        monkeypatch.setitem(base.METHODS._entries, name, Fake())

    return register


def edges(task: base.Task) -> Tensor:
    return task.x.mean(1).diff(dim=1, append=task.x[:, 0, -1:]).abs()


def test_the_gradient_notices(network: TinyCNN) -> None:
    x = pictures(6, side=16)
    steps = list(sanity("gradient", network, x))
    assert [step.layer for step in steps] == ["", HEAD, "body.3", "body.1"]
    assert [step.label for step in steps[2:]] == ["Second", "First"]
    trained, *later = steps
    assert trained.rank_correlation.tolist() == pytest.approx([1] * 6)
    assert trained.ssim.tolist() == pytest.approx([1] * 6)
    torch.testing.assert_close(trained.map, base.explain("gradient", network, x).map)
    for step in later:
        assert step.map.shape == (6, 16, 16)
        assert (step.rank_correlation < 0.95).all()
        assert not torch.allclose(step.map, trained.map)
    assert later[-1].rank_correlation.mean().abs() < 0.25  # nothing of the old map is left
    assert later[-1].ssim.mean() < 0.5


def test_an_edge_detector_does_not(network: TinyCNN, method: Callable[..., None]) -> None:
    method("edges", edges)
    for step in sanity("edges", network, pictures(3, side=16)):
        assert step.rank_correlation.tolist() == pytest.approx([1] * 3)
        assert step.ssim.tolist() == pytest.approx([1] * 3)


def test_the_sign_of_a_map_does_not_count(network: TinyCNN, method: Callable[..., None]) -> None:
    def flips(task: base.Task) -> Tensor:
        trained = task.passes.classifier.linear.weight.equal(network.linear.weight)
        return task.x.mean(1) * (1 if trained else -1)

    method("flips", flips)
    for step in sanity("flips", network, pictures(2)):
        assert step.rank_correlation.tolist() == pytest.approx([1, 1])


def test_a_map_that_says_nothing_is_not_a_number(
    network: TinyCNN, method: Callable[..., None]
) -> None:
    def forgets(task: base.Task) -> Tensor:
        trained = task.passes.classifier.linear.weight.equal(network.linear.weight)
        return task.x.mean(1) * trained

    method("forgets", forgets)
    first, second, *_ = sanity("forgets", network, pictures(2))
    assert first.problems == (None, None)
    assert second.rank_correlation.isnan().all()
    assert second.ssim.isnan().all()
    assert "zero everywhere" in str(second.problems[1])


def test_the_target_stays_the_trained_networks(
    network: TinyCNN, method: Callable[..., None]
) -> None:
    targets: list[Tensor] = []
    seen: list[Tensor] = []

    def spy(task: base.Task) -> Tensor:
        targets.append(task.passes.target)
        seen.append(task.passes.classifier.predict(task.x).argmax(1))
        return edges(task)

    method("spy", spy)
    x = pictures(8)
    list(sanity("spy", network, x))
    assert len(targets) == 4
    assert all(target.equal(network.predict(x).argmax(1)) for target in targets)
    assert any(not prediction.equal(targets[0]) for prediction in seen[1:])
    targets.clear()
    list(sanity("spy", network, x, target=3))
    assert all((target == 3).all() for target in targets)


def test_steps_come_one_by_one(network: TinyCNN, method: Callable[..., None]) -> None:
    calls: list[int] = []

    def count(task: base.Task) -> Tensor:
        calls.append(len(task.x))
        return edges(task)

    method("count", count)
    shares: list[float] = []
    steps = sanity("count", network, pictures(2), on_progress=shares.append)
    assert calls == []
    next(steps)
    assert calls == [2]
    assert shares[-1] == pytest.approx(1 / 4)
    list(steps)
    assert calls == [2] * 4
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_seeds(network: TinyCNN) -> None:
    x = pictures(2)

    def maps(seed: int) -> list[Tensor]:
        return [step.map for step in sanity("gradient", network, x, seed=seed)]

    once, again, other = maps(1), maps(1), maps(2)
    assert all(a.equal(b) for a, b in zip(once, again, strict=True))
    assert [a.equal(b) for a, b in zip(once, other, strict=True)] == [True, False, False, False]


def test_the_cascade_leaves_no_parameter_out(
    network: TinyCNN, make_network: Callable[..., zoo.Classifier]
) -> None:
    steps = {stage.name: names for stage, names in cascade(network).items()}
    assert list(steps) == [HEAD, "body.3", "body.1"]
    assert steps[HEAD] == ["body.4", "body.5", "body.6", "linear"]
    assert steps["body.3"] == ["body.2", "body.2.0", "body.2.1", "body.3"]
    assert steps["body.1"] == ["", "body", "body.0", "body.0.0", "body.0.1", "body.1"]

    resnet = make_network()
    steps = {stage.name: names for stage, names in cascade(resnet).items()}
    assert list(steps) == [HEAD, "layer4", "layer3", "layer2", "layer1", "stem"]
    assert steps[HEAD] == ["pool", "linear"]
    assert all(name.startswith("layer3") for name in steps["layer3"])
    everything = [name for names in steps.values() for name in names]
    assert sorted(everything) == sorted(name for name, _ in resnet.named_modules())

    without_stages = Linear(weight=torch.ones(2, 192), bias=torch.zeros(2))
    assert list(cascade(without_stages).values()) == [["", "linear"]]


def test_each_step_sets_back_its_own_part_only(network: TinyCNN) -> None:
    copied = network.replica()
    generator = torch.Generator().manual_seed(0)
    changed: set[str] = set()
    expected = [
        {"linear.weight", "linear.bias"},
        {f"body.2.{k}" for k in ("0.weight", "1.weight", "1.bias")}
        | {f"body.2.1.running_{k}" for k in ("mean", "var")},
        {f"body.0.{k}" for k in ("0.weight", "1.weight", "1.bias")}
        | {f"body.0.1.running_{k}" for k in ("mean", "var")},
    ]
    for names, new in zip(cascade(network).values(), expected, strict=True):
        randomise(copied, names, generator)
        changed |= new
        now = copied.state_dict()
        differ = {k for k, v in network.state_dict().items() if not v.equal(now[k])}
        assert differ == changed
    torch.testing.assert_close(copied.mean, network.mean)
    assert not any(p.requires_grad for p in copied.parameters())
    assert not copied.training


def test_random_weights_are_those_before_training() -> None:
    layers = nn.Sequential(nn.Conv2d(64, 128, 3), nn.BatchNorm2d(128), nn.Linear(50, 400))
    layers[1].running_mean.fill_(7)
    randomise(layers, ["0", "1", "2"], torch.Generator().manual_seed(0))
    assert layers[0].weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert layers[2].weight.std().item() == pytest.approx((2 / 50) ** 0.5, rel=0.03)
    assert layers[0].weight.mean().abs().item() < 1e-3
    for zero in (layers[0].bias, layers[1].bias, layers[2].bias, layers[1].running_mean):
        assert zero.abs().max() == 0
    for one in (layers[1].weight, layers[1].running_var):
        assert one.eq(1).all()


def test_the_classifier_is_not_touched(
    make_network: Callable[..., zoo.Classifier], make_card: Callable[..., zoo.Card]
) -> None:
    network = make_network()
    network.card = make_card()
    values = {k: v.clone() for k, v in network.state_dict().items()}
    places = {k: v.data_ptr() for k, v in network.state_dict().items()}
    steps = list(sanity("grad_cam", network, pictures(2, side=16), layer="layer2"))
    assert len(steps) == 7
    for key, value in network.state_dict().items():
        assert value.equal(values[key])
        assert value.data_ptr() == places[key]
    assert network.card is not None
    assert not any(module._forward_hooks for module in network.modules())
    last = steps[-1].circumstances
    assert last.model_id == "tiny"
    assert last.parameters == {
        "layer": "layer2",
        "randomised": ["head", "layer4", "layer3", "layer2", "layer1", "stem"],
    }
    assert steps[0].circumstances.parameters["randomised"] == []


def test_eight_threads(network: TinyCNN) -> None:
    x = pictures(2)

    def work(_: int) -> list[SanityStep]:
        return list(sanity("smoothgrad", network, x, seed=3))

    with ThreadPoolExecutor(8) as pool:
        first, *others = pool.map(work, range(16))
    for other in others:
        for a, b in zip(first, other, strict=True):
            assert a.map.equal(b.map)
            assert a.ssim.equal(b.ssim)


def test_faults_are_the_methods_own(network: TinyCNN) -> None:
    with pytest.raises(ValueError, match="expected explanation method to be one of"):
        next(sanity("gradeint", network, pictures(1)))
    with pytest.raises(ValueError, match="expected layer to be one of"):
        next(sanity("grad_cam", network, pictures(1), layer="body.9"))
    with pytest.raises(ValueError, match="at least 7 x 7 pixels"):
        next(sanity("gradient", network, pictures(1, side=6)))
    step = next(sanity("gradient", network, pictures(1)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        step.layer = "other"  # type: ignore[misc]
