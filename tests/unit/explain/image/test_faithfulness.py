"""Deletion and insertion, on networks whose ideal map is known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from tests.toys.images import Linear, TinyCNN, pictures
from trustai.data.images.blur import gaussian_blur
from trustai.explain.image import base, passes
from trustai.explain.image.baselines import (
    BASELINES,
    BLUR,
    Baseline,
    baseline_pictures,
)
from trustai.explain.image.evaluation.curves import (
    PerturbationCurve,
    deletion,
    deletion_and_insertion,
    insertion,
)
from trustai.explain.image.evaluation.faithfulness import (
    FaithfulnessParams,
    faithfulness,
    perturbation_curves,
)
from trustai.explain.image.evaluation.nulls import blob, random_fields
from trustai.zoo.classifier import Stage

SIDE = 8


@pytest.fixture
def linear() -> Linear:
    """Two classes, margins of a few units, so that no probability is saturated."""
    weight = torch.randn(2, 3 * SIDE * SIDE, generator=torch.Generator().manual_seed(3)) * 0.3
    return Linear(weight=weight, bias=torch.zeros(2)).freeze()


@pytest.fixture
def network() -> TinyCNN:
    return TinyCNN().freeze()


def ideal(linear: Linear, x: Tensor, baseline: Baseline) -> Tensor:
    """How much of the margin of class 1 each pixel carries, compared with the baseline."""
    w = (linear.linear.weight[1] - linear.linear.weight[0]).view(3, SIDE, SIDE)
    return (w * (x - baseline_pictures(linear, x, baseline))).sum(1)


def probability(classifier: Any, x: Tensor, target: int = 1) -> Tensor:
    return classifier.predict(x).softmax(1)[:, target]


@pytest.mark.parametrize("baseline", BASELINES)
def test_the_ideal_map_beats_every_other_at_every_step(linear: Linear, baseline: Baseline) -> None:
    x = pictures(6, side=SIDE)
    best = ideal(linear, x, baseline)
    others = [-best, best.abs(), blob(x), *random_fields(best, n=3)]
    for measure, sign in ((deletion, 1), (insertion, -1)):
        curve = measure(linear, x, best, target=1, baseline=baseline)
        for other in others:
            against = measure(linear, x, other, target=1, baseline=baseline)
            assert (sign * (against.probability - curve.probability) > -1e-5).all()
            assert (sign * (against.area - curve.area) > 0.01).all()


@pytest.mark.parametrize("baseline", BASELINES)
def test_curves_by_hand(linear: Linear, baseline: Baseline) -> None:
    x = pictures(3, side=SIDE)
    maps = torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    carried = ideal(linear, x, baseline).flatten(1).double().numpy()
    order = np.argsort(-maps.flatten(1).numpy(), axis=1)
    gone = np.take_along_axis(carried, order, axis=1).cumsum(1)[:, 15::16]  # four equal steps
    gone = np.concatenate([np.zeros((3, 1)), gone], axis=1)
    margin = linear.predict(x).double().diff(dim=1).numpy()
    for measure, left in ((deletion, margin - gone), (insertion, margin - gone[:, -1:] + gone)):
        curve = measure(linear, x, maps, target=1, steps=4, baseline=baseline)
        assert curve.share.tolist() == [0, 0.25, 0.5, 0.75, 1]
        expected = 1 / (1 + np.exp(-left))
        np.testing.assert_allclose(curve.probability.numpy(), expected, atol=1e-5)
        area = np.trapezoid(expected, [0, 0.25, 0.5, 0.75, 1], axis=1)
        np.testing.assert_allclose(curve.area.numpy(), area, atol=1e-5)


@pytest.mark.parametrize("baseline", BASELINES)
def test_curves_start_and_end_where_they_should(network: TinyCNN, baseline: Baseline) -> None:
    x = pictures(5, side=9)
    maps = x.sum(1)
    nothing = baseline_pictures(network, x, baseline)
    clean, empty = probability(network, x, 2), probability(network, nothing, 2)
    deleted = deletion(
        network, x, maps, target=2, steps=7, baseline=baseline
    )  # 81 pixels in 7 steps
    inserted = insertion(network, x, maps, target=2, steps=7, baseline=baseline)
    assert deleted.probability.shape == inserted.probability.shape == (5, 8)
    torch.testing.assert_close(deleted.probability[:, 0], clean)
    torch.testing.assert_close(deleted.probability[:, -1], empty)
    torch.testing.assert_close(inserted.probability[:, 0], empty)
    torch.testing.assert_close(inserted.probability[:, -1], clean)
    assert deleted.share.tolist() == pytest.approx([round(81 * s / 7) / 81 for s in range(8)])


def test_every_picture_has_its_own_target(network: TinyCNN) -> None:
    x = pictures(4)
    target = torch.tensor([0, 3, 1, 3])
    whole = deletion(network, x, x.sum(1), target=target, steps=3)
    for i in range(4):
        one = deletion(network, x[i : i + 1], x[i : i + 1].sum(1), target=int(target[i]), steps=3)
        torch.testing.assert_close(whole.probability[i : i + 1], one.probability)


@pytest.mark.parametrize(("pixels", "most"), [(1, 1), (2 * 64, 2), (3 * 64, 3), (11 * 64, 10)])
def test_memory_is_bounded_and_changes_nothing(
    network: TinyCNN, pixels: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = pictures(5)
    expected = deletion(network, x, x.sum(1), target=1, steps=6)
    monkeypatch.setattr(passes, "PIXELS_AT_ONCE", pixels)
    seen: list[int] = []
    network.register_forward_pre_hook(lambda _module, inputs: seen.append(len(inputs[0])))
    curve = deletion(network, x, x.sum(1), target=1, steps=6)
    torch.testing.assert_close(curve.probability, expected.probability)
    assert max(seen) == most
    assert sum(seen) == 5 * 7 + 1  # one more to count the classes
    seen.clear()
    deleted, inserted = deletion_and_insertion(network, x, x.sum(1), target=1, steps=6)
    assert max(seen) == most
    assert sum(seen) == 5 * (2 * 7 - 2) + 1, "both ways have the same two ends"
    torch.testing.assert_close(deleted.probability, expected.probability)
    backwards = insertion(network, x, x.sum(1), target=1, steps=6)
    torch.testing.assert_close(inserted.probability, backwards.probability)


def test_faithfulness_has_both_curves_beside_those_of_nulls(
    network: TinyCNN, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "PIXELS_AT_ONCE", 12 * 64)
    x = pictures(3)
    found = base.explain("gradient", network, x)
    params = FaithfulnessParams(steps=5, n_random=2, baseline="grey")
    shares: list[float] = []
    result = faithfulness(
        network, x, found, seed=4, first=7, params=params, others={"picture": found.map.roll(1, 0)},
        on_progress=shares.append,
    )  # fmt: skip
    same: dict[str, Any] = {"target": found.target, "steps": 5, "baseline": "grey"}
    maps = {
        "field": random_fields(found.map, n=2, seed=4, first=7),
        "blob": [blob(x)],
        "picture": [found.map[[2, 0, 1]]],
    }
    assert set(result.nulls) == set(maps)
    for measure in (deletion, insertion):
        way = measure.__name__
        own = measure(network, x, found.map, **same)
        torch.testing.assert_close(getattr(result, way).probability, own.probability)
        for null, drawn in maps.items():
            mean = torch.stack([measure(network, x, one, **same).probability for one in drawn])
            curve = getattr(result.nulls[null], way)
            torch.testing.assert_close(curve.probability, mean.mean(0))
    torch.testing.assert_close(result.score, result.insertion.area - result.deletion.area)
    for i in range(3):
        scores = {null: one.score[i].item() for null, one in result.nulls.items()}
        assert scores[result.best_null(i)] == max(scores.values())
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert len(shares) > 4
    assert result.circumstances.method == "gradient"
    assert result.circumstances.seed == 4
    assert result.circumstances.parameters == {
        "steps": 5,
        "baseline": "grey",
        "n_random": 2,
        "blur": BLUR,
    }
    assert result.seconds > 0


def test_curves_that_are_known_are_not_measured_again(network: TinyCNN) -> None:
    x = pictures(3)
    params = FaithfulnessParams(steps=1, n_random=2)
    found = base.explain("gradient", network, x)
    alone = faithfulness(network, x, found, seed=4, params=params)
    seen: list[int] = []
    network.register_forward_pre_hook(lambda _module, inputs: seen.append(len(inputs[0])))
    known = {"blob": perturbation_curves(network, x, blob(x), target=found.target, params=params)}
    assert sum(seen) == 3 * 2 + 1, "at one step a curve has nothing between its ends"
    seen.clear()
    result = faithfulness(network, x, found, seed=4, params=params, known=known)
    assert sum(seen) == 3 * (3 * 2 + 1), "its own and two fields"
    for null, one in alone.nulls.items():
        torch.testing.assert_close(result.nulls[null].score, one.score)


def test_progress_may_stop_the_work(network: TinyCNN) -> None:
    class Enough(Exception):
        pass

    def stop(share: float) -> None:
        raise Enough

    x = pictures(2)
    with pytest.raises(Enough):
        faithfulness(network, x, base.explain("gradient", network, x), on_progress=stop)


def test_blur_is_a_gaussian() -> None:
    x = pictures(2, side=20)[:, :, :14]
    expected = [
        [gaussian_filter(c, 2.0, mode="mirror", radius=6) for c in one] for one in x.numpy()
    ]
    np.testing.assert_allclose(gaussian_blur(x, sigma=2.0).numpy(), expected, atol=1e-5)
    flat = torch.full((1, 3, 9, 9), 0.3)
    torch.testing.assert_close(gaussian_blur(flat, sigma=4.0), flat)
    assert gaussian_blur(x[:, :, :1], sigma=2.0).shape == (2, 3, 1, 20)  # nothing to mirror


def test_grey_is_what_normalises_to_zero(network: TinyCNN) -> None:
    grey = baseline_pictures(network, pictures(2), "grey")
    assert grey.shape == (2, 3, 8, 8)
    torch.testing.assert_close(network.normalise(grey), torch.zeros(2, 3, 8, 8))


def test_the_area_is_numpys() -> None:
    share = torch.tensor([0, 0.2, 0.3, 1])
    values = torch.rand(4, 4, generator=torch.Generator().manual_seed(0))
    expected = np.trapezoid(values.numpy(), share.numpy(), axis=1)
    np.testing.assert_allclose(PerturbationCurve(share, values).area.numpy(), expected, atol=1e-6)


def test_eight_threads_and_the_weights(network: TinyCNN) -> None:
    before = {k: v.clone() for k, v in network.state_dict().items()}
    x = pictures(2)
    network.stages = (Stage("body.3", "Second"),)
    found = base.explain("grad_cam", network, x)

    def work(_: int) -> Tensor:
        return faithfulness(network, x, found, seed=1).nulls["field"].deletion.probability

    with ThreadPoolExecutor(8) as pool:
        first, *others = pool.map(work, range(16))
    assert all(first.equal(other) for other in others)
    assert all(v.equal(before[k]) for k, v in network.state_dict().items())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"maps": torch.rand(2, 8, 7)}, r"expected maps of \(2, 8, 8\), got \(2, 8, 7\)"),
        ({"maps": torch.rand(1, 8, 8)}, r"expected maps of \(2, 8, 8\), got \(1, 8, 8\)"),
        ({"maps": torch.full((2, 8, 8), torch.nan)}, "expected finite maps"),
        ({"x": pictures(2) * 255}, r"did you mean x / 255"),
        ({"target": 5}, r"expected target in 0\.\.4"),
        ({"steps": 0}, "expected steps to be at least 1"),
        (
            {"baseline": "gray"},
            "expected baseline among grey, blur, mean, black, white, got 'gray'",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(
    network: TinyCNN, changes: dict[str, Any], words: str
) -> None:
    arguments = {"x": pictures(2), "maps": torch.rand(2, 8, 8), "target": 0} | changes
    x, maps = arguments.pop("x"), arguments.pop("maps")
    for measure in (deletion, insertion):
        with pytest.raises(ValueError, match=words):
            measure(network, x, maps, **arguments)


def test_parameters_are_checked() -> None:
    for wrong in ({"steps": 0}, {"n_random": 0}, {"baseline": "pink"}):
        with pytest.raises(ValueError, match="expected"):
            FaithfulnessParams(**wrong)  # type: ignore[arg-type]
