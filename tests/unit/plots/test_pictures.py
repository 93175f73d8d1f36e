"""Pictures for the eye, checked by hand."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from trustai.plots import colours, pictures


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


def test_heat_runs_from_dark_to_bright_and_ends_at_the_percentile() -> None:
    values = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    values[0, 0] = 50.0  # one extreme pixel must not leave all others black
    shown = pictures.heat(values, signed=False)
    table = pictures.colour_table(colours.MAGNITUDES)
    assert shown.shape == (20, 20, 3)
    assert tuple(shown[0, 0]) == tuple(shown[-1, -1]) == tuple(table[255])
    assert tuple(shown[0, 1]) in {tuple(row) for row in table[:3]}
    assert shown[10].sum(1).tolist() == sorted(shown[10].sum(1).tolist())


def test_signed_heat_is_centred_at_zero() -> None:
    values = np.array([[-2.0, 0.0, 2.0]], dtype=np.float32)
    low, middle, high = pictures.heat(values, signed=True)[0]
    assert low[2] > low[0], "blue speaks against"
    assert high[0] > high[2], "red speaks for"
    assert middle.min() > 235, "nothing is nearly white"


def test_a_map_of_zeros_has_a_scale_too() -> None:
    assert pictures.heat_scale(np.zeros((4, 4), np.float32)) == 1.0


def test_an_overlay_of_opacity_0_is_the_picture_and_of_1_the_map() -> None:
    x = torch.rand(3, 6, 6, generator=torch.Generator().manual_seed(0))
    coloured = pictures.heat(np.random.default_rng(0).random((6, 6), np.float32), signed=False)
    picture = pictures.to_pixels(x)
    assert np.array_equal(pictures.overlay(picture, coloured, opacity=0), picture)
    assert np.array_equal(pictures.overlay(picture, coloured, opacity=1), coloured)
    half = pictures.overlay(picture, np.zeros_like(coloured), opacity=0.5)
    assert (half[..., 0] == half[..., 1]).all(), "the picture below the map is grey"


def test_a_coarse_map_is_enlarged_to_its_picture() -> None:
    picture = np.zeros((8, 12, 3), np.uint8)
    coarse = np.full((2, 3, 3), (10, 20, 30), np.uint8)
    shown = pictures.overlay(picture, coarse, opacity=1)
    assert shown.shape == picture.shape
    assert (shown == (10, 20, 30)).all()


def test_fine_lines_stand_around_grey() -> None:
    pixels = torch.zeros(3, 8, 8)
    pixels[0, 0, 0], pixels[1, 1, 1] = 1.0, -1.0
    shown = pictures.fine_lines(pixels)
    assert shown[4, 4].tolist() == [128, 128, 128]
    assert shown[0, 0, 0] == 255
    assert shown[1, 1, 1] == 0


def test_a_grid_and_a_mosaic_hold_every_tile() -> None:
    reds = [np.full((8, 8, 3), (40 * i, 0, 0), np.uint8) for i in range(1, 6)]
    sheet = pictures.grid([(f"tile {i}", red) for i, red in enumerate(reds)], columns=2, side=64)
    small = pictures.mosaic(reds, columns=3, side=32)
    for red in reds:
        for picture in (sheet, small):
            assert (picture == red[0, 0]).all(2).any()
    assert small.shape == (2 * 38 - 6, 3 * 38 - 6, 3)


@pytest.mark.parametrize("title", ["A", "SmoothGrad-Guided Grad-CAM", "کلمه", "× 3"])
def test_a_title_is_no_longer_than_its_picture(title: str) -> None:
    font = pictures.fitting(title, 220, largest=20)
    assert font.getlength(title) <= 220


@pytest.mark.parametrize("letter", ["ا", "گ", "پ", "ی", "×", "é"])
def test_the_font_of_pictures_knows_the_letters_of_both_languages(letter: str) -> None:
    font = pictures.font_of(20)
    assert bytes(font.getmask(letter)) != bytes(font.getmask("\U000f0000")), "not the empty box"
