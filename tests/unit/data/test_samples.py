"""The sample photographs: really those of the packages, complete, and never downloaded."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

from trustai.data.images import imagenet_samples, samples


def test_every_sample_of_the_wheel_is_there() -> None:
    assert samples.names() == samples.SAMPLES.names()
    assert {"astronaut", "cat", "coffee"} <= set(samples.names())


@pytest.mark.parametrize("name", samples.SAMPLES.names())
def test_is_a_photograph(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a sample photograph opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    picture = samples.load(name)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert min(picture.shape[:2]) >= 224
    # Light, dark and colour: neither a blank page nor a grey one.
    assert picture.std() > 10
    colour = np.abs(picture[..., 0].astype(int) - picture[..., 2]).max()
    assert colour > 30 or name == "photographer", "the one that was taken in grey"


@pytest.mark.parametrize(
    ("name", "loader"), [("astronaut", "astronaut"), ("cat", "chelsea"), ("coffee", "coffee")]
)
def test_equals_what_scikit_image_loads(name: str, loader: str) -> None:
    data = pytest.importorskip("skimage.data")
    np.testing.assert_array_equal(samples.load(name), getattr(data, loader)())


def test_a_caller_may_draw_on_its_copy() -> None:
    first = samples.load("cat")
    first[:] = 0
    assert samples.load("cat").any()


@pytest.mark.parametrize("name", samples.SAMPLES.names())
def test_says_what_it_shows_and_whose_it_is(name: str) -> None:
    sample = samples.describe(name)
    assert len(sample.title) > 5
    assert sample.title[0].isupper()
    assert sample.credit.endswith(".")
    assert len(sample.credit) > 20


def test_unknown_name_is_one_clear_sentence() -> None:
    known = ", ".join(samples.SAMPLES.names())
    with pytest.raises(ValueError, match="expected") as caught:
        samples.load("astronout")
    assert str(caught.value) == (
        f"expected sample photograph to be one of {known}, got 'astronout'"
        " (did you mean 'astronaut'?)"
    )


def test_no_path_is_ever_opened() -> None:
    with pytest.raises(ValueError, match="expected sample photograph"):
        samples.load("../data/astronaut.png")


def test_missing_file_is_left_out_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "_folder", lambda sample: tmp_path)
    assert samples.names() == []
    with pytest.raises(FileNotFoundError, match=r"skimage does not carry astronaut\.png"):
        samples.load("astronaut")


def test_a_missing_package_costs_its_photographs(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = samples.find_spec
    monkeypatch.setattr(
        samples, "find_spec", lambda name: None if name == "matplotlib" else installed(name)
    )
    assert "hopper" not in samples.names()
    assert "coffee" in samples.names()
    with pytest.raises(FileNotFoundError, match="the package matplotlib is not installed"):
        samples.load("hopper")


def test_the_classes_said_to_be_right_are_imagenets() -> None:
    right = [c for _, sample in samples.SAMPLES for c in sample.classes]
    assert len(right) >= 5
    assert set(right) <= set(imagenet_samples.CLASSES)
