"""Image parameterisations, colour decorrelation and random transformations, each alone."""

from __future__ import annotations

import math

import pytest
import torch

from tests.toys.images import pictures
from trustai import data
from trustai.data.images import samples
from trustai.data.images.blur import gaussian_blur
from trustai.explain.image.visualization.colour_axes import (
    COLOUR_COVARIANCE,
    colour_covariance,
    colour_root,
)
from trustai.explain.image.visualization.parameterisation import (
    FourierSpectrum,
    initial_parameterisation,
)
from trustai.explain.image.visualization.transforms import (
    RandomTransform,
    rotated,
    shifted,
)

KINDS = [("pixels", False), ("pixels", True), ("fourier", False), ("fourier", True)]
kinds = pytest.mark.parametrize(("parameterisation", "decorrelate"), KINDS)


def made(parameterisation, decorrelate, *, size=16, seed=0):
    return initial_parameterisation(
        parameterisation,
        size=size,
        decorrelate=decorrelate,
        generator=torch.Generator().manual_seed(seed),
        device=torch.device("cpu"),
    )


def generator():
    return torch.Generator().manual_seed(0)


GREY = 0.5


def dot(*, row, column, side=33):
    """A soft dot on grey, wide enough to be sampled between pixels."""
    places = torch.arange(side)
    near = (places[:, None] - row) ** 2 + (places[None] - column) ** 2
    return GREY + 0.5 * (-near / (2 * 2.0**2)).exp().expand(1, 3, side, side)


def centre(x):
    """Of what is brighter than grey in the first picture: row and column of the centre, and sum."""
    mass = x[0, 0] - GREY
    places = torch.arange(x.shape[-1]).float()
    total = float(mass.sum())
    return float(mass.sum(1) @ places) / total, float(mass.sum(0) @ places) / total, total


@kinds
@pytest.mark.parametrize("size", [2, 7, 32, 64, 224])
def test_every_parameterisation_starts_as_noise_around_grey(parameterisation, decorrelate, size):
    picture = made(parameterisation, decorrelate, size=size).picture().detach()
    assert picture.shape == (1, 3, size, size)
    assert (picture - 0.5).abs().max() < 0.2
    assert picture.std() > 0.002
    if size >= 32:
        assert float(picture.std()) == pytest.approx(0.01, rel=0.5)


@kinds
def test_every_parameterisation_stays_a_picture(parameterisation, decorrelate):
    subject = made(parameterisation, decorrelate)
    with torch.no_grad():
        subject.leaf += 100 * torch.randn(subject.leaf.shape, generator=generator())
    subject.project()
    picture = subject.picture()
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert picture.std() > 0.3, "black and white can both be reached"


@kinds
@pytest.mark.parametrize("size", [15, 16])
def test_move_changes_raw_by_what_it_is_told(parameterisation, decorrelate, size):
    subject = made(parameterisation, decorrelate, size=size)
    before = subject.raw().detach().clone()
    delta = pictures(1, side=size) - 0.5
    subject.move(delta)
    torch.testing.assert_close(subject.raw().detach(), before + delta, atol=1e-5, rtol=0)


@kinds
def test_gradient_is_that_of_finite_differences(parameterisation, decorrelate):
    subject = made(parameterisation, decorrelate, size=6)
    weight = pictures(1, side=6, seed=3)
    (gradient,) = torch.autograd.grad((subject.picture() * weight).sum(), subject.leaf)
    for seed in range(3):
        drawn = torch.Generator().manual_seed(seed)
        direction = torch.randn(subject.leaf.shape, generator=drawn)
        values = []
        for step in (0.02, -0.02):
            with torch.no_grad():
                subject.leaf += step * direction
                values.append(float((subject.picture() * weight).double().sum()))
                subject.leaf -= step * direction
        slope = (values[0] - values[1]) / 0.04
        assert float((gradient * direction).sum()) == pytest.approx(slope, rel=2e-3, abs=2e-3)


@pytest.mark.parametrize("size", [31, 32, 224])
def test_a_standard_normal_spectrum_gives_unit_variance_falling_with_the_frequency(size):
    subject = made("fourier", False, size=size)
    assert isinstance(subject, FourierSpectrum)
    power = torch.zeros(size, size // 2 + 1)
    variances = []
    n = 40 if size < 100 else 8
    for seed in range(n):
        drawn = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            subject.leaf.copy_(torch.randn(subject.leaf.shape, generator=drawn))
            raw = subject.raw()
        variances.append(float((raw**2).mean()))
        power += torch.fft.rfft2(raw, norm="ortho").abs().square().mean((0, 1)) / n
    assert sum(variances) / n == pytest.approx(1, rel=0.25)
    # Amplitude ~ 1/f is power ~ 1/f^2: four times the frequency, a sixteenth of the power.
    low, high = power[0, size // 16 + 1], power[0, 4 * (size // 16 + 1)]
    assert 16 / 3 < low / high < 16 * 3


def test_decorrelated_colours_rise_and_fall_together():
    for decorrelate, low, high in [(False, -0.3, 0.3), (True, 0.6, 1.0)]:
        subject = made("pixels", True) if decorrelate else made("fourier", False, size=64)
        picture = subject.picture().detach()[0].flatten(1)
        red_green = float(torch.corrcoef(picture)[0, 1])
        assert low < red_green < high


def test_blur_keeps_the_mean_of_a_flat_picture_and_spreads_a_dot_by_sigma():
    flat = torch.full((2, 3, 9, 9), 0.7)
    torch.testing.assert_close(gaussian_blur(flat, sigma=1.5), flat)
    point = torch.full((1, 3, 33, 33), GREY)
    point[..., 16, 16] += 1
    spread = gaussian_blur(point, sigma=2.0)
    row, column, mass = centre(spread)
    assert (row, column, mass) == pytest.approx((16, 16, 1), abs=1e-4)
    places = torch.arange(33) - 16
    assert float((spread[0, 0] - GREY).sum(0) @ places.float() ** 2) == pytest.approx(4, rel=0.05)
    assert gaussian_blur(point, sigma=0) is point
    assert gaussian_blur(torch.rand(1, 3, 2, 2), sigma=5.0).shape == (1, 3, 2, 2)


@kinds
def test_blur_of_a_parameterisation_is_the_blur_of_its_raw_picture(parameterisation, decorrelate):
    subject = made(parameterisation, decorrelate)
    before = subject.raw().detach().clone()
    subject.blur(1.0)
    torch.testing.assert_close(
        subject.raw().detach(), gaussian_blur(before, sigma=1.0), atol=1e-5, rtol=0
    )


def test_movements_of_zero_are_the_identity():
    x = pictures(2)
    assert shifted(x, down=0, right=0) is x
    assert rotated(x, degrees=0, scale=1) is x
    assert RandomTransform(0, 0.0, (1.0, 1.0))(x, generator=generator()) is x


def test_shift_moves_and_loses_nothing():
    x = pictures(1)
    moved = shifted(x, down=2, right=-1)
    assert torch.equal(moved[..., 2:, :-1], x[..., :-2, 1:])
    assert torch.equal(moved.flatten().sort().values, x.flatten().sort().values)
    assert torch.equal(shifted(moved, down=-2, right=1), x)


def test_a_quarter_turn_is_counter_clockwise_and_exact():
    x = pictures(1)
    torch.testing.assert_close(
        rotated(x, degrees=90, scale=1), torch.rot90(x, 1, (2, 3)), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("degrees", [-30, 20, 35])
@pytest.mark.parametrize("scale", [0.8, 1.0, 1.25])
def test_turning_and_resizing_carry_a_dot_to_where_it_belongs(degrees, scale):
    right, up = 7.0, 2.0
    x = dot(row=16 - up, column=16 + right)
    row, column, mass = centre(rotated(x, degrees=degrees, scale=scale))
    angle = math.atan2(up, right) + math.radians(degrees)
    reach = math.hypot(right, up) * scale
    expected = (16 - reach * math.sin(angle), 16 + reach * math.cos(angle))
    assert (row, column) == pytest.approx(expected, abs=0.05)
    assert mass == pytest.approx(centre(x)[2] * scale**2, rel=0.02)


def test_where_a_picture_no_longer_reaches_it_is_grey():
    small = rotated(torch.ones(1, 3, 16, 16), degrees=0, scale=0.5)
    assert torch.equal(small[..., 5:11, 5:11], torch.ones(1, 3, 6, 6))
    assert torch.equal(small[..., :3, :], torch.full((1, 3, 3, 16), GREY))
    assert torch.equal(small[..., 13:], torch.full((1, 3, 16, 3), GREY))


def test_a_turn_keeps_shapes_on_pictures_that_are_not_square():
    x = dot(row=16, column=20, side=33)[
        ..., 6:27, :
    ]  # 21 rows, 33 columns, the dot 4 right of the middle
    found = rotated(x, degrees=90, scale=1)[0, 0]
    row, column = divmod(int(found.argmax()), 33)
    assert (row, column) == (10 - 4, 16)


def test_a_random_transform_stays_inside_its_limits_and_reaches_them():
    x = torch.zeros(1, 3, 17, 17)
    x[..., 8, 8] = 1
    transform, random = RandomTransform(3, 0.0, (1.0, 1.0)), generator()
    places = torch.stack(
        [transform(x, generator=random)[0, 0].nonzero()[0] - 8 for _ in range(200)]
    )
    assert places.min() == -3
    assert places.max() == 3
    assert len(places.unique(dim=0)) > 40, "of 49, in every combination"


def test_a_random_transform_turns_and_resizes_within_its_limits():
    x = dot(row=16, column=16 + 8)  # 8 to the right of the middle
    transform, random = RandomTransform(0, 30.0, (0.7, 1.2)), generator()
    degrees, factors = [], []
    for _ in range(100):
        row, column, _ = centre(transform(x, generator=random))
        degrees.append(math.degrees(math.atan2(16 - row, column - 16)))
        factors.append(math.hypot(16 - row, column - 16) / 8)
    assert -31 < min(degrees) < -24
    assert 24 < max(degrees) < 31
    assert 0.69 < min(factors) < 0.75
    assert 1.15 < max(factors) < 1.21


def test_transformed_pictures_stay_in_range_and_repeat_by_seed():
    x, transform = pictures(1, side=16), RandomTransform(4, 20.0, (0.5, 1.5))
    once = transform(x, generator=generator())
    assert once.shape == x.shape
    assert once.min() >= -1e-6
    assert once.max() <= 1 + 1e-6
    assert torch.equal(once, transform(x, generator=generator()))
    assert not torch.equal(once, x)


def test_colour_covariance_is_the_measured_one():
    photographs = [
        colour_covariance(torch.from_numpy(samples.load(name))[None].permute(0, 3, 1, 2) / 255)
        for name in ("astronaut", "cat", "coffee", "rocket", "motorcycle")
    ]
    signs = colour_covariance(data.load("signs", split="train", n=200).pixels)
    measured = (torch.stack(photographs).mean(0) + signs) / 2
    torch.testing.assert_close(
        measured.float(), torch.tensor(COLOUR_COVARIANCE), atol=0.004, rtol=0
    )


def test_colour_root_correlates_what_was_not():
    covariance = torch.tensor(COLOUR_COVARIANCE)
    drawn = torch.randn((3, 200_000), generator=torch.Generator().manual_seed(0))
    painted = colour_root(covariance) @ drawn
    assert torch.cov(painted).trace() == pytest.approx(3, rel=0.02)
    torch.testing.assert_close(
        torch.corrcoef(painted),
        covariance / (covariance.diag()[:, None] * covariance.diag()).sqrt(),
        atol=0.01,
        rtol=0,
    )
    with pytest.raises(ValueError, match="expected a positive definite covariance"):
        colour_root(torch.ones(3, 3))
