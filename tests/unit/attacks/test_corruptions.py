"""Every corruption: identity at 0, inside [0, 1], by its seed; and each one's own meaning."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from trustai.attacks import corruptions
from trustai.attacks.corruptions import COURSE_MIX, corrupt, corrupt_mix

RANDOM = {"gaussian_noise", "colour_jitter", "rotation", "white_pixels"}
NAMES = corruptions.names()
every = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def x() -> Tensor:
    """Smooth colourful pictures, as photographs are, not white noise."""
    generator = torch.Generator().manual_seed(0)
    small = torch.rand(8, 3, 6, 6, generator=generator)
    return F.interpolate(small, 32, mode="bilinear", align_corners=True).clamp(0, 1)


def test_the_course_and_the_issue_are_covered() -> None:
    assert set(NAMES) >= RANDOM | {"blur", "jpeg", "contrast"}
    assert set(COURSE_MIX) == {"colour_jitter", "rotation", "gaussian_noise"}


@every
def test_describes_itself(name: str) -> None:
    entry = corruptions.CORRUPTIONS.get(name)
    assert entry.title
    assert entry.description.endswith(".")
    assert entry.description[0].isupper()
    assert "x" in entry.formula
    assert entry.paper
    assert entry.url.startswith("https://")
    assert entry.unit
    assert entry.strongest > 0


@every
def test_severity_zero_changes_no_byte(name: str, x: Tensor) -> None:
    assert torch.equal(corrupt(name, x, severity=0), x)


@every
@pytest.mark.parametrize("severity", [0.01, 0.5, 1])
def test_gives_pictures(name: str, x: Tensor, severity: float) -> None:
    before = x.clone()
    changed = corrupt(name, x, severity=severity)
    assert changed.shape == x.shape
    assert changed.dtype == torch.float32
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert torch.equal(x, before), "the input was changed in place"
    assert not torch.equal(changed, x) or severity < 0.5


@every
def test_the_seed_decides(name: str, x: Tensor) -> None:
    first = corrupt(name, x, severity=0.7, seed=1)
    assert torch.equal(first, corrupt(name, x, severity=0.7, seed=1))
    assert torch.equal(first, corrupt(name, x, severity=0.7, seed=2)) == (name not in RANDOM)


@every
def test_global_random_states_are_left_alone(name: str, x: Tensor) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index]
    corrupt(name, x, severity=0.7)
    assert torch.equal(torch.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # type: ignore[index]


@every
def test_stronger_changes_more(name: str, x: Tensor) -> None:
    distances = [
        (corrupt(name, x, severity=s) - x).abs().mean().item() for s in (0.1, 0.4, 0.7, 1.0)
    ]
    assert distances == sorted(distances)
    assert distances[-1] > 1.5 * distances[0] > 0


@every
def test_each_picture_can_have_its_own_severity(name: str, x: Tensor) -> None:
    severity = torch.tensor([0, 1, 0.5, 0, 1, 0.5, 0, 1])
    mixed = corrupt(name, x, severity=severity)
    for value in (0, 0.5, 1):
        rows = severity == value
        alone = corrupt(name, x, severity=value)
        torch.testing.assert_close(mixed[rows], alone[rows], rtol=0, atol=2e-3)
    assert torch.equal(mixed[severity == 0], x[severity == 0])


@every
@pytest.mark.parametrize("severity", [-0.1, 1.1, float("nan"), torch.tensor([0.5] * 7 + [2.0])])
def test_severity_outside_the_unit_interval_is_refused(
    name: str, x: Tensor, severity: float | Tensor
) -> None:
    with pytest.raises(ValueError, match=r"expected severity in \[0, 1\], got"):
        corrupt(name, x, severity=severity)


def test_unknown_name_gets_a_hint(x: Tensor) -> None:
    with pytest.raises(ValueError, match=r"got 'blurr' \(did you mean 'blur'\?\)"):
        corrupt("blurr", x, severity=0.5)


@pytest.mark.parametrize("severity", [0.1, 0.3])
def test_gaussian_noise_has_the_stated_deviation(severity: float) -> None:
    grey = torch.full((4, 3, 64, 64), 0.5)
    noise = corrupt("gaussian_noise", grey, severity=severity) - grey
    assert noise.std().item() == pytest.approx(0.3 * severity, rel=0.02)
    assert noise.mean().item() == pytest.approx(0, abs=0.01 * severity)
    # Independent in every channel.
    r = torch.corrcoef(noise.transpose(0, 1).flatten(1))
    assert (r - torch.eye(3)).abs().max() < 0.05


@pytest.mark.parametrize(("severity", "count"), [(0.01, 1), (0.37, 37), (1, 100)])
def test_exactly_n_white_pixels(severity: float, count: int) -> None:
    black = torch.zeros(5, 3, 32, 32)
    changed = corrupt("white_pixels", black, severity=severity)
    white = (changed == 1).all(1)
    assert white.sum((1, 2)).tolist() == [count] * 5
    assert changed.sum().item() == 3 * 5 * count
    assert not torch.equal(white[0], white[1])


def test_rotation_turns_about_the_centre_by_at_most_ten_degrees() -> None:
    # A bright dot 20 pixels to the right of the centre tells the angle.
    n, side, radius = 64, 65, 20
    dot = torch.zeros(n, 3, side, side)
    dot[:, :, 31:34, 31 + radius : 34 + radius] = 1
    turned = corrupt("rotation", dot, severity=1.0)[:, 0]
    places = torch.arange(side, dtype=torch.float32) - side // 2
    mass = turned.sum((1, 2))
    down = (turned.sum(2) @ places) / mass
    right = (turned.sum(1) @ places) / mass
    angle = torch.rad2deg(torch.atan2(down, right))
    assert angle.abs().max() < 10.5
    assert angle.max() > 7
    assert angle.min() < -7
    torch.testing.assert_close(
        (down**2 + right**2).sqrt(), torch.full((n,), float(radius)), rtol=0.02, atol=0
    )
    assert angle.std() == pytest.approx(10 / 3**0.5, rel=0.25)  # uniform in [-10, 10]


def test_blur_keeps_brightness_and_takes_detail(x: Tensor) -> None:
    blurred = corrupt("blur", x, severity=0.5)
    torch.testing.assert_close(blurred.mean((1, 2, 3)), x.mean((1, 2, 3)), rtol=0, atol=0.02)
    assert (blurred.std((2, 3)) < x.std((2, 3))).all()
    grey = torch.full((1, 3, 32, 32), 0.3)
    torch.testing.assert_close(corrupt("blur", grey, severity=1), grey)


def test_blur_spreads_a_point_as_a_gaussian_and_no_channel_into_another() -> None:
    point = torch.zeros(1, 3, 33, 33)
    point[0, 1, 16, 16] = 1
    blurred = corrupt("blur", point, severity=0.5)[0]
    assert blurred[[0, 2]].abs().max() == 0
    assert blurred.sum().item() == pytest.approx(1, abs=1e-4)
    places = torch.arange(33, dtype=torch.float32) - 16
    variance = (blurred[1].sum(0) * places**2).sum().item()
    assert variance**0.5 == pytest.approx(0.04 * 33, rel=0.03)


def test_contrast_halves_the_deviation_and_keeps_the_mean(x: Tensor) -> None:
    faded = corrupt("contrast", x, severity=0.5 / 0.9)
    torch.testing.assert_close(faded.std((1, 2, 3)), x.std((1, 2, 3)) / 2)
    torch.testing.assert_close(faded.mean((1, 2, 3)), x.mean((1, 2, 3)))


def test_jpeg_is_pillows(x: Tensor) -> None:
    file = io.BytesIO()
    pixels = (x[0] * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(file, "JPEG", quality=5)
    opened = np.asarray(Image.open(file)).transpose(2, 0, 1)
    torch.testing.assert_close(
        corrupt("jpeg", x[:1], severity=1)[0], torch.from_numpy(opened / np.float32(255))
    )


def test_colour_jitter_leaves_grey_without_colour() -> None:
    generator = torch.Generator().manual_seed(0)
    grey = (0.3 + 0.2 * torch.rand(8, 1, 16, 16, generator=generator)).expand(-1, 3, -1, -1)
    changed = corrupt("colour_jitter", grey, severity=0.4)
    torch.testing.assert_close(changed[:, 0], changed[:, 2], rtol=0, atol=5e-3)
    assert (changed - grey).abs().mean() > 0.01


def test_the_mixture_is_its_parts_in_order(x: Tensor) -> None:
    assert torch.equal(corrupt_mix(x, severity=0), x)
    mixed = corrupt_mix(x, severity=1, seed=3)
    assert torch.equal(mixed, corrupt_mix(x, severity=1, seed=3))
    assert not torch.equal(mixed, corrupt_mix(x, severity=1, seed=4))
    # The first part draws first, so it is the same as on its own.
    first = corrupt("colour_jitter", x, severity=COURSE_MIX["colour_jitter"], seed=3)
    assert (mixed - first).abs().mean() < (mixed - x).abs().mean()
    distances = [(corrupt_mix(x, severity=s) - x).abs().mean() for s in (0.2, 0.6, 1.0)]
    assert distances[0] < distances[1] < distances[2]
    with pytest.raises(ValueError, match="expected severity"):
        corrupt_mix(x, severity=1.2)
