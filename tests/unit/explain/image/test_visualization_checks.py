"""What feature visualization refuses, and in which words."""

from __future__ import annotations

import dataclasses

import pytest

from tests.toys.images import TinyCNN
from trustai.explain.image.visualization.ascent import (
    COURSE,
    PLAIN,
    VisualizationParams,
    ascend,
)
from trustai.explain.image.visualization.objectives import (
    Channel,
    ClassLogit,
    Neuron,
)
from trustai.zoo.classifier import Stage

SMALL = dataclasses.replace(PLAIN, size=12)


class TinyStaged(TinyCNN):
    """`TinyCNN` with its two convolutions as layers to look at."""

    stages = (Stage("body.1", "First"), Stage("body.3", "Second"))


@pytest.fixture(scope="module")
def network():
    return TinyStaged().freeze()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 1}, "expected size to be at least 2, got 1"),
        ({"steps": 0}, "expected steps to be at least 1, got 0"),
        ({"learning_rate": 0}, "expected learning_rate to be greater than 0, got 0"),
        (
            {"parameterisation": "wavelets"},
            "expected parameterisation to be one of pixels, fourier",
        ),
        ({"log_probability": -1}, "expected log_probability to be at least 0, got -1"),
        ({"total_variation": -1}, "expected total_variation to be at least 0, got -1"),
        ({"shift": -1}, "expected shift to be at least 0, got -1"),
        ({"rotation": 181}, r"expected rotation in \[0, 180\] degrees, got 181"),
        ({"scale": (1.2, 0.8)}, r"expected scale as \(smallest, largest\) factor in \[0.1, 10\]"),
        ({"scale": (0.0, 1.0)}, r"got \(0, 1\)"),
        ({"blur_every": -1}, "expected blur_every to be at least 0, got -1"),
        ({"blur_sigma": 0}, "expected blur_sigma to be greater than 0, got 0"),
    ],
)
def test_parameters_are_checked(changes, message):
    with pytest.raises(ValueError, match=message):
        VisualizationParams(**changes)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (ClassLogit(5), r"expected the index of the class in 0\.\.4, got 5"),
        (ClassLogit(True), "expected the index of the class to be an integer, got True"),
        (Channel("body.2", 0), r"expected layer to be one of body\.1, body\.3, got 'body\.2'"),
        (Channel("body.1", 6), r"expected the channel of body\.1 in 0\.\.5, got 6"),
        (Neuron("body.3", -1), r"expected the channel of body\.3 in 0\.\.11, got -1"),
        (Neuron("body.3", 0, row=6), r"expected the row in the map of body\.3 in 0\.\.5, got 6"),
        (Neuron("body.3", 0, column=9), r"expected the column in the map of body\.3 in 0\.\.5"),
    ],
)
def test_objectives_are_checked_at_the_call(network, objective, message):
    with pytest.raises(ValueError, match=message):
        ascend(network, objective, params=SMALL)


def test_calls_are_checked(network, make_card):
    with pytest.raises(ValueError, match="expected size in pixels for a network without a card"):
        ascend(network, ClassLogit(0), params=PLAIN)
    with pytest.raises(ValueError, match="expected shift to be smaller than the picture of 4"):
        ascend(network, ClassLogit(0), params=dataclasses.replace(COURSE, size=4))
    with pytest.raises(ValueError, match="expected every to be at least 1, got 0"):
        ascend(network, ClassLogit(0), params=SMALL, every=0)
    with pytest.raises(ValueError, match="expected a classifier in eval mode"):
        ascend(TinyStaged(), ClassLogit(0), params=SMALL)
    named = TinyStaged().freeze()
    named.card = make_card()
    assert next(ascend(named, ClassLogit(0), params=PLAIN)).picture.shape == (1, 3, 32, 32)
