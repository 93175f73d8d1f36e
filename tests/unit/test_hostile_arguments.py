"""Public calls with arguments of any kind: a result, or a ValueError in the house's grammar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.toys.images import TinyCNN, pictures
from trustai import attacks, data, seeds
from trustai.attacks import corruptions
from trustai.attacks.methods.pgd import PGDParams
from trustai.explain import image
from trustai.explain.image.methods.smoothgrad import SmoothGradParams
from trustai.explain.image.visualization.ascent import ascend
from trustai.explain.image.visualization.objectives import ClassLogit
from trustai.explain.image.visualization.params import VisualizationParams

NETWORK = TinyCNN().freeze()
X, Y = pictures(2), torch.tensor([0, 1])
ANYTHING = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(max_size=3),
    st.just(np.int64(7)),
)
"""What a caller may pass where a number is wanted."""


def gives_a_result_or_says_what_was_expected(call: Callable[[], Any]) -> None:
    try:
        call()
    except ValueError as error:
        said = str(error)
    else:
        return
    assert said.startswith("expected "), said
    assert ", got " in said, said


@settings(deadline=None, max_examples=25)
@given(seed=ANYTHING)
@pytest.mark.parametrize(
    "call",
    [
        lambda seed: attacks.run("pgd_linf", NETWORK, X, Y, eps=0.1, seed=seed),
        lambda seed: attacks.run("fgsm", NETWORK, X, Y, eps=0.1, seed=seed),
        lambda seed: attacks.sweep(NETWORK, X, Y, attack="pgd_linf", eps=[0.1], seed=seed),
        lambda seed: image.explain("smoothgrad", NETWORK, X, seed=seed),
        lambda seed: image.explain("gradient", NETWORK, X, seed=seed),
        lambda seed: image.Panel(NETWORK, X, seed=seed),
        lambda seed: corruptions.corrupt("gaussian_noise", X, severity=0.5, seed=seed),
        lambda seed: ascend(NETWORK, ClassLogit(0), params=VisualizationParams(size=8), seed=seed),
        lambda seed: data.load("signs", n=1, seed=seed),
        lambda seed: data.load("diabetes-synthetic", n=1, seed=seed),
        lambda seed: data.load("scenes", n=1, seed=seed),
    ],
)
def test_seed(call, seed):
    gives_a_result_or_says_what_was_expected(lambda: call(seed))


@settings(deadline=None, max_examples=25)
@given(value=ANYTHING)
@pytest.mark.parametrize(
    "call",
    [
        lambda v: attacks.run("pgd_linf", NETWORK, X, Y, eps=v),
        lambda v: attacks.run("pgd_linf", NETWORK, X, Y, eps=0.1, params=PGDParams(alpha=v)),
        lambda v: attacks.run("fgsm", NETWORK, X, Y, eps=0.1, target=v),
        lambda v: attacks.sweep(NETWORK, X, Y, attack="fgsm", eps=[v]),
        lambda v: attacks.sweep(NETWORK, X, Y, attack="fgsm", eps=[0.1], batch_size=v),
        lambda v: image.explain("gradient", NETWORK, X, target=v),
        lambda v: image.explain("smoothgrad", NETWORK, X, params=SmoothGradParams(n=2, sigma=v)),
        lambda v: corruptions.corrupt("gaussian_noise", X, severity=v, seed=0),
        lambda v: VisualizationParams(learning_rate=v),
        lambda v: ascend(NETWORK, ClassLogit(v), params=VisualizationParams(size=8)),
        lambda v: data.load("diabetes-synthetic", n=v),
    ],
)
def test_number(call, value):
    gives_a_result_or_says_what_was_expected(lambda: call(value))


@pytest.mark.parametrize("seed", [1.5, 2**70, -1, True, None, "0", float("nan")])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ValueError, match=r"expected seed to be a whole number in \[0, 2\*\*32\)"):
        attacks.run("pgd_linf", NETWORK, X, Y, eps=0.1, seed=seed)


def test_a_seed_of_numpy_is_one():
    assert seeds.checked(np.uint32(5)) == 5


@pytest.mark.parametrize("make", [lambda v: PGDParams(steps=v), lambda v: SmoothGradParams(n=v)])
@pytest.mark.parametrize("value", [2.5, True, "3", None])
def test_a_count_is_a_whole_number(make, value):
    with pytest.raises(ValueError, match="to be a whole number, got"):
        make(value)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: attacks.run("fgsm", NETWORK, x, Y, eps=0.1),
        lambda x: attacks.sweep(NETWORK, x, Y, attack="fgsm", eps=[0.1]),
        lambda x: image.explain("gradient", NETWORK, x),
        lambda x: image.Panel(NETWORK, x).explain("gradient"),
        lambda x: ascend(NETWORK, ClassLogit(0), params=VisualizationParams(size=8)),
    ],
)
def test_inside_inference_mode_there_are_no_gradients(call):
    with (
        torch.inference_mode(),
        pytest.raises(ValueError, match=r"expected a call outside torch.inference_mode\(\)"),
    ):
        call(X.clone())


def test_pictures_made_in_inference_mode_are_refused_too():
    with torch.inference_mode():
        x = X.clone()
    with pytest.raises(ValueError, match=r"expected a call outside torch.inference_mode\(\)"):
        image.explain("gradient", NETWORK, x)
