"""Feature visualization: ascents whose end is known by hand, and what every ascent must obey."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import torch
from torch import nn

from tests.toys.images import Linear, TinyCNN, two_classes
from trustai import zoo
from trustai.explain.image.visualization.ascent import (
    COURSE,
    GOOD,
    PLAIN,
    VisualizationParams,
    ascend,
)
from trustai.explain.image.visualization.objectives import (
    Channel,
    ClassLogit,
    Neuron,
    total_variation,
)
from trustai.zoo.classifier import Classifier, Stage

SIZE = 12
SHORT = {
    "plain": dataclasses.replace(PLAIN, size=SIZE, steps=6),
    "course": dataclasses.replace(COURSE, size=SIZE, steps=6),
    "good": dataclasses.replace(GOOD, size=SIZE, steps=6),
    "colours": VisualizationParams(size=SIZE, steps=6, decorrelate=True, blur_every=2),
}
short = pytest.mark.parametrize("params", SHORT.values(), ids=SHORT.keys())


class Staged(TinyCNN):
    """`TinyCNN` with its two convolutions as layers to look at."""

    stages = (Stage("body.1", "First"), Stage("body.3", "Second"))


class Threshold(Classifier):
    """Channels ``relu(red - t)`` and ``relu(t - red)``: at grey the first is silent for t > 0.5."""

    stages = (Stage("relu", "Red"),)

    def __init__(self, *, threshold: float) -> None:
        super().__init__(mean=(0, 0, 0), std=(1, 1, 1))
        self.conv = nn.Conv2d(3, 2, 1)
        self.conv.weight.data.copy_(torch.tensor([[1.0, 0, 0], [-1.0, 0, 0]]).view(2, 3, 1, 1))
        self.conv.bias.data.copy_(torch.tensor([-threshold, threshold]))
        self.relu = nn.ReLU(inplace=True)

    def features(self, x):
        return self.relu(self.conv(self.normalise(x))).mean((2, 3))

    def head(self, features):
        return features


def final(classifier, objective, **arguments):
    """The last frame of `ascend`."""
    *_, last = ascend(classifier, objective, **arguments)
    return last


@pytest.fixture(scope="module")
def network():
    return Staged().freeze()


@pytest.mark.parametrize("index", [0, 1])
def test_plain_ascent_ends_at_the_corner_that_the_weights_point_to(index):
    classifier, w = two_classes(side=4)
    params = dataclasses.replace(PLAIN, size=4)
    last = final(classifier, ClassLogit(index), params=params)
    towards = w if index == 1 else -w
    best = (towards > 0).float().view(1, 3, 4, 4)
    assert torch.equal(last.picture, best)
    assert last.score == pytest.approx(float(classifier.predict(best)[0, index]), rel=1e-5)
    assert last.curve[0] == pytest.approx(0, abs=1), "the boundary goes through grey"


@pytest.mark.parametrize(
    ("params", "likes"),
    [(COURSE, (1.0, -1.0, 2.0)), (GOOD, (1.0, 2.0, 1.0)), (GOOD, (-1.0, -1.0, -2.0))],
    ids=["course-magenta", "good-white", "good-black"],
)
def test_the_other_settings_approach_the_corner_too(params, likes):
    """A weight per colour, so neither a shift nor a turn nor smoothing changes the way."""
    weight = torch.stack([torch.zeros(48), torch.tensor(likes).repeat_interleave(16)])
    classifier = Linear(weight=weight, bias=torch.zeros(2)).freeze()
    params = dataclasses.replace(params, size=4, shift=2)
    last = final(classifier, ClassLogit(1), params=params)
    corner = (torch.tensor(likes) > 0).float().view(1, 3, 1, 1)
    assert (last.picture - corner).abs().max() < 0.1


@pytest.mark.parametrize(("params", "least"), [(PLAIN, 0.199), (GOOD, 0.1)], ids=["plain", "good"])
def test_a_silent_channel_wakes(params, least):
    params = dataclasses.replace(params, size=8, shift=0)
    last = final(Threshold(threshold=0.8).freeze(), Channel("relu", 0), params=params)
    assert last.curve[0] == 0
    assert least <= last.score <= 0.2 + 1e-6, "where red is 1 everywhere: relu(1 - 0.8)"


def test_a_neuron_paints_its_receptive_field_only():
    classifier = Threshold(threshold=0.3).freeze()
    params = dataclasses.replace(PLAIN, size=9)
    start, *_, last = ascend(classifier, Neuron("relu", 0), params=params)
    expected = start.picture.clone()
    expected[0, 0, 4, 4] = 1  # red, the middle of nine rows and columns
    assert torch.equal(last.picture, expected)
    assert last.score == pytest.approx(0.7)
    *_, corner = ascend(classifier, Neuron("relu", 1, row=0, column=8), params=params)
    assert corner.picture[0, 0, 0, 8] == 0
    assert corner.score == pytest.approx(0.3)


def test_channel_is_the_mean_over_its_map():
    classifier = Threshold(threshold=0.2).freeze()
    first = next(ascend(classifier, Channel("relu", 0), params=SHORT["plain"]))
    assert first.score == pytest.approx(float(first.picture[:, 0].mean()) - 0.2, abs=1e-5)
    assert first.probability is None


@short
@pytest.mark.parametrize("objective", [ClassLogit(2), Channel("body.3", 4), Neuron("body.1", 0)])
def test_frames_tell_the_ascent(network, params, objective):
    frames = list(ascend(network, objective, params=params, seed=1, every=2))
    assert [frame.step for frame in frames] == [0, 2, 4, 6]
    assert [frame.finished for frame in frames] == [False, False, False, True]
    last = frames[-1]
    assert len(last.curve) == 7
    for frame in frames:
        assert frame.picture.shape == (1, 3, SIZE, SIZE)
        assert frame.picture.dtype == torch.float32
        assert not frame.picture.requires_grad
        assert frame.picture.min() >= 0
        assert frame.picture.max() <= 1
        assert frame.curve == last.curve[: frame.step + 1]
        assert frame.score == frame.curve[frame.picture_step]
    for earlier, later in pairwise(frames[:-1]):
        assert not torch.equal(earlier.picture, later.picture), "frames are not one shared tensor"
    assert last.score == max(last.curve)
    stated = last.circumstances.as_dict()
    assert stated["seed"] == 1
    assert stated["parameters"]["objective"] == type(objective).__name__
    assert stated["parameters"]["size"] == SIZE


@short
def test_scores_are_those_of_the_picture_as_it_is(network, params):
    for frame in ascend(network, ClassLogit(2), params=params, every=3):
        logits = network.predict(frame.picture)
        assert frame.score == pytest.approx(float(logits[0, 2]), abs=1e-4)
        assert frame.probability == pytest.approx(float(logits.softmax(1)[0, 2]), abs=1e-5)


@short
def test_same_seed_same_bytes_whatever_is_previewed(network, params):
    results = [
        list(ascend(network, ClassLogit(0), params=params, seed=seed, every=every))[-1]
        for seed, every in [(3, 1), (3, 4), (4, 4)]
    ]
    assert torch.equal(results[0].picture, results[1].picture)
    assert results[0].curve == results[1].curve
    assert not torch.equal(results[0].picture, results[2].picture)


@short
def test_eight_threads_equal_one(network, params):
    jobs = [(k % 5, k) for k in range(8)]

    def job(of):
        return final(network, ClassLogit(of[0]), params=params, seed=of[1]).picture

    alone = [job(of) for of in jobs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(job, jobs))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


def test_the_callers_state_is_left_alone(network):
    """Neither the process's random state, nor the caller's gradient mode between frames."""
    state = torch.get_rng_state()
    with torch.no_grad():
        for _ in ascend(network, ClassLogit(0), params=SHORT["good"], every=1):
            assert not torch.is_grad_enabled()
    for _ in ascend(network, ClassLogit(0), params=SHORT["good"], every=1):
        assert torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), state)


def test_stopping_leaves_nothing_behind():
    copies = []

    class Watched(Staged):
        def replica(self):
            copies.append(weakref.ref(made := super().replica()))
            return made

    classifier = Watched().eval()  # not frozen: its parameters still ask for gradients
    before = {name: value.clone() for name, value in classifier.state_dict().items()}
    running = ascend(classifier, Neuron("body.3", 1), params=SHORT["good"], every=1)
    next(running)
    next(running)
    assert len(copies) >= 2
    assert any(copy() is not None for copy in copies)
    running.close()  # type: ignore[attr-defined]  # it is a generator
    del running
    gc.collect()
    assert all(copy() is None for copy in copies)
    for module in classifier.modules():
        assert not module._forward_hooks
        assert not module.training
    for parameter in classifier.parameters():
        assert parameter.requires_grad
        assert parameter.grad is None
    for name, value in classifier.state_dict().items():
        assert torch.equal(value, before[name])


def test_total_variation_by_hand():
    flat = torch.full((1, 3, 6, 6), 0.3)
    assert total_variation(flat).item() == 0
    edge = flat.clone()
    edge[..., 3:] = 0.8  # one vertical edge, five of its six rows have a pixel below
    per_place = (0.5**2 + 0.03**2) ** 0.5 - 0.03
    assert total_variation(edge).item() == pytest.approx(3 * 5 * per_place, rel=1e-5)
    both = total_variation(torch.cat([flat, edge]))
    assert both[1] == pytest.approx(total_variation(edge).item())


@pytest.mark.parametrize("params", [PLAIN, GOOD], ids=["plain", "good"])
def test_total_variation_smooths_the_result(network, params):
    base = dataclasses.replace(
        params, size=SIZE, steps=40, total_variation=0.0, shift=2, blur_every=0
    )
    rough, smooth = (
        final(network, ClassLogit(1), params=dataclasses.replace(base, total_variation=weight))
        for weight in (0.0, 0.5)
    )
    assert total_variation(smooth.picture) < 0.9 * total_variation(rough.picture)


def test_blur_smooths_the_result(network):
    base = dataclasses.replace(PLAIN, size=SIZE, steps=40)
    blurred = dataclasses.replace(base, blur_every=2, blur_sigma=1.0)
    rough, smooth = (final(network, ClassLogit(1), params=params) for params in (base, blurred))
    assert total_variation(smooth.picture) < 0.7 * total_variation(rough.picture)


def test_log_probability_tells_the_class_from_a_similar_one():
    """Both like red, class 1 twice as much; both dislike green, class 1 much more."""
    likes = torch.tensor([[1.0, -0.2, 0.0], [2.0, -4.0, 0.0]]).repeat_interleave(16, 1)
    classifier = Linear(weight=likes, bias=torch.zeros(2)).freeze()
    base = dataclasses.replace(PLAIN, size=4)
    alone = final(classifier, ClassLogit(0), params=base)
    beside = final(classifier, ClassLogit(0), params=dataclasses.replace(base, log_probability=3))
    assert alone.score == pytest.approx(16), "red 1, green 0; there class 1 has 32"
    assert alone.probability == pytest.approx(0, abs=1e-6)
    assert beside.picture[:, 0].mean() > 0.99
    assert beside.picture[:, 1].mean() > 0.2, "green, though the logit falls by it"
    assert beside.probability is not None
    assert beside.probability > 0.9


@pytest.mark.parametrize(
    "changes",
    [
        {"shift": 3},
        {"rotation": 20.0},
        {"scale": (0.7, 1.3)},
        {"scale": (1.2, 1.2)},
        {"decorrelate": True},
        {"parameterisation": "fourier"},
        {"learning_rate": 0.01},
    ],
    ids=str,
)
def test_every_switch_changes_the_ascent(network, changes):
    """Those that smooth have tests of their own above."""
    with_it = dataclasses.replace(SHORT["plain"], **changes)
    frames = [final(network, ClassLogit(1), params=params) for params in (SHORT["plain"], with_it)]
    assert frames[0].curve[-1] != frames[1].curve[-1]


# As small and as short as the pictures are still recognised; the app's own take 192 steps at 64 px.
ENOUGH = {
    "course": dataclasses.replace(COURSE, size=32, steps=64),
    "good": dataclasses.replace(GOOD, steps=96),
}


@pytest.mark.parametrize("params", ENOUGH.values(), ids=ENOUGH.keys())
@pytest.mark.parametrize(
    "name",
    [
        "stop",
        pytest.param("speed limit 30", marks=pytest.mark.slow),
        pytest.param("turn left", marks=pytest.mark.slow),
    ],
)
def test_the_signs_network_recognises_the_picture(name, params):
    if "signs-resnet18" not in [card.id for card in zoo.catalog()]:
        pytest.skip("signs-resnet18 is not in models/")
    classifier = zoo.load("signs-resnet18")
    objective = ClassLogit(classifier.card.classes.index(name))
    start, *_, last = ascend(classifier, objective, params=params, every=64)
    logits = classifier.predict(torch.cat([start.picture, last.picture]))
    assert logits[1, objective.index] > logits[0, objective.index]
    assert logits.softmax(1)[1, objective.index] >= 0.9
