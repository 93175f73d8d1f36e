"""Pictures for the eye, checked by hand."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from trustai import colours, pictures


def test_pixels_are_rounded_clipped_and_turned() -> None:
    x = torch.zeros(3, 2, 4)
    x[0, 1, 3], x[1, 0, 2], x[2, 0, 0] = 1.7, 0.5, -0.2
    shown = pictures.to_pixels(x)
    assert shown.dtype == np.uint8
    assert shown.shape == (2, 4, 3)
    assert shown[1, 3].tolist() == [255, 0, 0]
    assert shown[0, 2].tolist() == [0, 128, 0]
    assert shown.sum() == 255 + 128


def test_perturbation_is_magnified_to_black_or_white() -> None:
    delta = torch.zeros(3, 1, 3)
    delta[:, 0, 0], delta[:, 0, 1] = 4 / 255, -8 / 255
    shown, factor = pictures.magnified(delta)
    assert factor == pytest.approx(255 / 16)
    assert shown[0, :, 0].tolist() == [191, 0, 128]


def test_no_perturbation_stays_grey() -> None:
    shown, factor = pictures.magnified(torch.zeros(3, 2, 2))
    assert factor == 1
    assert np.unique(shown).tolist() == [128]


def test_small_pictures_are_enlarged_without_smoothing() -> None:
    pixels = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    shown = pictures.framed(pixels, colours.CLEAN, side=20, border=3)
    assert shown.shape == (10 + 6, 20 + 6, 3)
    inside = shown[3:-3, 3:-3]
    assert np.unique(inside[:, :10]).tolist() == [0]
    assert np.unique(inside[:, 10:]).tolist() == [255]
    frame = np.ones(shown.shape[:2], bool)
    frame[3:-3, 3:-3] = False
    assert np.unique(shown[frame], axis=0).tolist() == [[0, 114, 178]]


def test_large_pictures_are_scaled_down_to_the_side() -> None:
    pixels = np.full((100, 400, 3), 77, np.uint8)
    shown = pictures.framed(pixels, colours.ATTACKED, side=80, border=2)
    assert shown.shape == (20 + 4, 80 + 4, 3)
    assert np.unique(shown[2:-2, 2:-2]).tolist() == [77]


def test_no_border_is_the_picture_alone() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    np.testing.assert_array_equal(pictures.framed(pixels, colours.CLEAN, side=2, border=0), pixels)


def test_a_frame_takes_no_text_for_a_colour() -> None:
    with pytest.raises(ValueError, match="expected a colour"):
        pictures.framed(np.zeros((2, 2, 3), np.uint8), "red; }")


def test_png_is_lossless() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    data = pictures.png(pixels)
    assert data.startswith(b"\x89PNG")
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), pixels)
