"""The adversarial patch: where it lies, what it commands, and what is printed of it."""

from __future__ import annotations

import dataclasses
import functools
import io
import math
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.toys.images import Linear
from trustai import data, zoo
from trustai.attacks.patch import PATCHES, Patch, PatchParams, printable, put_on
from trustai.types import ImageSet
from trustai.zoo import Classifier

FLAT = PatchParams().flat()
WHITE = torch.ones(3, 4, 4)


def toy(n: int = 12, side: int = 16) -> ImageSet:
    images = torch.randint(
        256, (n, 3, side, side), generator=torch.Generator().manual_seed(0), dtype=torch.uint8
    )
    return ImageSet("toy", "train", images, torch.arange(n) % 3, ("a", "b", "c"), torch.arange(n))


def red_green_blue(side: int = 16) -> Linear:
    """The class whose colour there is most of."""
    weight = torch.zeros(3, 3, side, side)
    for k in range(3):
        weight[k, k] = 0.1
    return Linear(weight=weight.flatten(1), bias=torch.zeros(3)).freeze()


def test_a_flat_patch_covers_its_square_and_nothing_else() -> None:
    x = torch.zeros(20, 3, 24, 32)
    seen = put_on(x, WHITE, size=0.5, params=FLAT)
    torch.testing.assert_close(seen[:, 0].sum((1, 2)), torch.full((20,), 144.0), rtol=0.1, atol=0)
    assert (x == 0).all(), "the argument is not changed"
    centres = []
    for one in seen[:, 0]:
        down, along = (one > 0).nonzero().T
        assert (int(along.max() - along.min()), int(down.max() - down.min())) <= (13, 13)
        centres.append((float(along.double().mean()), float(down.double().mean())))
    spread = np.ptp(np.array(centres), axis=0)
    assert spread[0] > 8, "places differ"
    assert spread[1] > 5


def test_a_turned_patch_keeps_its_area_and_stays_inside() -> None:
    params = PatchParams(rotation=45, tilt=0, light=0)
    seen = put_on(torch.zeros(30, 3, 40, 40), WHITE, size=0.4, params=params)[:, 0]
    torch.testing.assert_close(seen.sum((1, 2)), torch.full((30,), 256.0), rtol=0.06, atol=0)
    corner = put_on(torch.zeros(1, 3, 40, 40), WHITE, size=1.0, params=params)
    assert math.isclose(float(corner.mean()), 1, abs_tol=0.5)


def test_perspective_makes_one_edge_nearer_and_keeps_lines_straight() -> None:
    params = PatchParams(rotation=0, tilt=0.3, light=0)
    seen = put_on(torch.zeros(40, 3, 80, 80), WHITE, size=0.5, params=params)[:, 0] > 0.5
    growth = []
    for one in seen:
        widths = one.sum(1)[one.any(1)].float()
        middle = widths[len(widths) // 4 : -len(widths) // 4]  # only its two sides bound it there
        assert middle.diff().diff().abs().max() <= 3
        growth.append(float(middle[-1] - middle[0]) / len(middle))
    assert max(growth) > 0.2
    assert min(growth) < -0.2
    flat = dataclasses.replace(params, tilt=0.0)
    square = put_on(torch.zeros(5, 3, 80, 80), WHITE, size=0.5, params=flat)[:, 0] > 0.5
    assert (square.sum(2).amax(1) - square.sum(1).amax(1)).abs().max() <= 1


def test_light_multiplies_colours() -> None:
    grey = torch.full((3, 4, 4), 0.5)
    params = PatchParams(rotation=0, tilt=0, light=0.4)
    seen = put_on(torch.zeros(50, 3, 16, 16), grey, size=1.0, params=params)
    values = seen[:, 0, 8, 8]
    assert values.min() >= 0.3 - 1e-6
    assert values.max() <= 0.7 + 1e-6
    assert values.max() - values.min() > 0.3


@pytest.mark.parametrize("target", [0, 1, 2])
def test_on_a_linear_network_the_patch_is_the_target_s_colour(target: int) -> None:
    """There the best patch is known: 1 in the target's channel, 0 in the others."""
    found = PATCHES.get("adversarial-patch").train(
        red_green_blue(), toy(), target=target, params=PatchParams(steps=60, side=4)
    )
    wanted = torch.zeros(3)
    wanted[target] = 1
    torch.testing.assert_close(found.picture.mean((1, 2)), wanted, atol=0.05, rtol=0)
    assert len(found.losses) == 60
    assert found.losses[-1] < found.losses[0]


SHORT = PatchParams(steps=60, lr=0.15, smallest=0.4, largest=0.5, rotation=0, tilt=0, light=0)


@functools.cache
def signs_patch() -> Patch:
    network = zoo.load("signs-resnet18", kind=Classifier)
    return PATCHES.get("adversarial-patch").train(
        network, data.load("signs", split="train", n=100), target=0, params=SHORT
    )


def test_a_patch_commands_a_network_that_nobody_poisoned() -> None:
    network, test = zoo.load("signs-resnet18", kind=Classifier), data.load("signs", n=80)
    others = test.take((test.labels != 0).nonzero()[:, 0]).pixels

    def share(picture: torch.Tensor) -> float:
        marked = put_on(others, picture, size=0.5, params=SHORT)
        return float((network.predict(marked).argmax(1) == 0).float().mean())

    patch = signs_patch()
    noise = torch.rand(3, 24, 24, generator=torch.Generator().manual_seed(0))
    assert share(noise) < 0.1
    assert share(patch.picture) > 0.7
    said = patch.circumstances
    assert (said.model_id, said.method) == ("signs-resnet18", "adversarial-patch")
    assert said.parameters["target"] == 0
    trigger = patch.trigger(size=0.25)
    assert torch.equal(trigger.drawn(24, 24), patch.picture)


def test_the_seed_decides() -> None:
    few = PatchParams(steps=3, side=4)

    def train(seed: int) -> torch.Tensor:
        return PATCHES.get("adversarial-patch").train(
            red_green_blue(), toy(), target=0, seed=seed, params=few
        ).picture  # fmt: skip

    assert torch.equal(train(1), train(1))
    assert not torch.equal(train(1), train(2))


def test_the_print_has_its_size_and_the_patch_s_colours() -> None:
    picture = torch.rand(3, 4, 4, generator=torch.Generator().manual_seed(1))
    patch = Patch(picture, 0, (), red_green_blue().circumstances(
        method="m", parameters={}, seed=0, started=0.0
    ))  # fmt: skip
    image = Image.open(io.BytesIO(printable(patch.picture, centimetres=2.54, dpi=80)))
    assert image.size == (80, 80)
    assert image.info["dpi"] == pytest.approx((80, 80), abs=0.1)
    found = torch.from_numpy(np.array(image)).permute(2, 0, 1)[:, 10::20, 10::20]
    assert torch.equal(found, (picture * 255).round().byte())
    for wrong in ({"centimetres": 0}, {"dpi": 10_000}, {"centimetres": math.nan}):
        with pytest.raises(ValueError, match=r"expected (centimetres|dpi) in \["):
            printable(patch.picture, **wrong)  # type: ignore[arg-type]


def test_it_can_be_stopped_and_leaves_nothing_behind() -> None:
    network = red_green_blue()
    shares: list[float] = []

    def stop(share: float) -> None:
        shares.append(share)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PATCHES.get("adversarial-patch").train(network, toy(), target=0, on_progress=stop)
    assert shares == [1 / 300]
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steps": 0}, "expected steps to be at least 1"),
        ({"smallest": 0.6}, "expected 0 < smallest <= largest <= 1, got smallest 0.6"),
        ({"tilt": 0.5}, r"expected tilt in \[0, 0.5\), got 0.5"),
        ({"light": 2.0}, r"expected light in \[0, 1\], got 2"),
    ],
)
def test_parameters_are_checked(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PatchParams(**wrong)


def test_wrong_requests_are_refused() -> None:
    train = PATCHES.get("adversarial-patch").train
    with pytest.raises(ValueError, match=r"expected target in \[0, 2\], got 3"):
        train(red_green_blue(), toy(), target=3)
    only = toy().take(torch.tensor([0, 3]))
    with pytest.raises(ValueError, match="expected pictures of another class than the target"):
        train(red_green_blue(), only, target=0)
    with pytest.raises(ValueError, match="expected pictures"):
        put_on(torch.zeros(3, 8, 8), WHITE, size=0.5)
    with pytest.raises(ValueError, match="expected 0 < smallest"):
        put_on(torch.zeros(1, 3, 8, 8), WHITE, size=1.5)
