"""Road signs: the same by seed and index, with a mask that tells the truth."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from trustai.data.signs import CLASSES, OFF_CENTRE, SIZE, SPLITS, Sticker, draw, generate
from trustai.data.signs.plates import face
from trustai.types import ImageSet

DISCS = ("no entry", "speed limit 30", "speed limit 80", "turn left", "turn right")


@pytest.fixture(scope="module")
def many() -> ImageSet:
    return generate(split="test", n=800)


def _grown(mask: np.ndarray, by: int) -> np.ndarray:
    """`mask` and everything within `by` pixels of it."""
    padded = np.pad(mask, by)
    spans = range(2 * by + 1)
    height, width = mask.shape
    return np.any([padded[i : i + height, j : j + width] for i in spans for j in spans], axis=0)


def test_classes() -> None:
    assert len(CLASSES) == len(set(CLASSES)) == 16
    assert {"stop", "yield", "speed limit 30", "turn left", "pedestrian crossing"} <= set(CLASSES)


def test_an_image_set_is_complete(many: ImageSet) -> None:
    assert (many.name, many.split, many.classes) == ("signs", "test", CLASSES)
    assert many.images.dtype == torch.uint8
    assert many.images.shape == (800, 3, SIZE, SIZE)
    assert many.labels.dtype == torch.int64
    assert many.labels.shape == (800,)
    assert many.masks is not None
    assert many.masks.dtype == torch.bool
    assert many.masks.shape == (800, SIZE, SIZE)
    assert many.indices.tolist() == list(range(800))


def test_pictures_are_contrasty_colour_and_all_different(many: ImageSet) -> None:
    assert (many.images.float().std((1, 2, 3)) > 8).all()
    assert ((many.images[:, 0].float() - many.images[:, 2].float()).abs().amax((1, 2)) > 40).all()
    assert len({picture.numpy().tobytes() for picture in many.images}) == len(many)


def test_a_picture_is_the_same_whatever_is_asked_for(many: ImageSet) -> None:
    part = generate(split="test", n=70, start=130)
    assert part.masks is not None
    assert many.masks is not None
    assert part.indices.tolist() == list(range(130, 200))
    assert torch.equal(part.images, many.images[130:200])
    assert torch.equal(part.masks, many.masks[130:200])
    assert torch.equal(part.labels, many.labels[130:200])
    one = draw(0, 150)
    assert np.array_equal(one.image, many.images[150].permute(1, 2, 0).numpy())
    assert np.array_equal(one.mask, many.masks[150].numpy())
    assert one.label == many.labels[150]


def test_eight_threads_at_once_get_the_bytes_of_one(many: ImageSet) -> None:
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda k: draw(0, k % 40), range(160)))
    for k, drawing in enumerate(drawn):
        assert drawing.image.transpose(2, 0, 1).tobytes() == many.images[k % 40].numpy().tobytes()


def test_global_random_state_is_neither_read_nor_moved() -> None:
    np.random.seed(1)
    first, state = draw(5, 5).image, np.random.get_state()[1]
    np.random.seed(2)
    assert np.array_equal(first, draw(5, 5).image)
    np.random.seed(1)
    draw(5, 6)
    assert np.array_equal(state, np.random.get_state()[1])


def test_splits_and_seeds_are_different_streams() -> None:
    seen = set()
    for split in SPLITS:
        for seed in (0, 1):
            batch = generate(split=split, n=40, seed=seed)
            seen |= {picture.numpy().tobytes() for picture in batch.images}
    assert len(seen) == 40 * 2 * len(SPLITS)


def test_classes_are_balanced(many: ImageSet) -> None:
    # 50 pictures of each class on average; the standard deviation of a fair draw is 7.
    counts = torch.bincount(many.labels, minlength=len(CLASSES)).double()
    assert counts.min() >= 25
    assert counts.max() <= 80
    chi_square = ((counts - 50) ** 2 / 50).sum()
    # Of fair draws over 16 classes one in a thousand exceeds 37.7.
    assert chi_square < 37.7


def test_masks_cover_a_sensible_share(many: ImageSet) -> None:
    assert many.masks is not None
    share = many.masks.float().mean((1, 2))
    assert share.min() > 0.04
    assert share.max() < 0.6
    assert 0.15 < share.mean() < 0.3


@pytest.mark.parametrize("index", range(12))
def test_another_class_changes_the_mask_and_nothing_else(index: int) -> None:
    first, second = (draw(3, index, label=CLASSES.index(name)) for name in DISCS[1:3])
    assert np.array_equal(first.mask, second.mask)
    change = np.abs(first.image.astype(int) - second.image).max(-1)
    # Blur and shaking carry the face a few pixels over its edge, no farther.
    assert change[~_grown(first.mask, 3)].max() == 0
    assert change[first.mask].max() > 40
    red = draw(3, index, label=CLASSES.index("no entry"))
    differs = np.abs(first.image.astype(int) - red.image).max(-1)[first.mask]
    assert (differs > 8).mean() > 0.3


def test_own_class_is_what_is_drawn_without_a_label() -> None:
    one = draw(0, 9)
    assert np.array_equal(one.image, draw(0, 9, label=one.label).image)


def test_left_and_right_are_mirror_images_of_each_other() -> None:
    left, right = (np.asarray(face(name, 128)) for name in ("turn left", "turn right"))
    assert np.abs(left[:, ::-1].astype(int) - right).mean() < 3
    assert np.abs(left.astype(int) - right).mean() > 10


def test_what_stands_before_the_face_is_not_in_its_mask() -> None:
    # A disc seen at an angle is an ellipse, hence convex: a hole or a bite is an occluder.
    cut = 0
    for index in range(60):
        mask = draw(0, index, label=CLASSES.index("no entry")).mask
        rows = [row.nonzero()[0] for row in mask if row.any()]
        cut += any(np.ptp(row) + 1 > len(row) for row in rows)
    assert 4 <= cut <= 30


@pytest.mark.parametrize("size", [96, 128, 224])
def test_larger_pictures_show_the_same_scene(size: int) -> None:
    for index in range(6):
        small, large = draw(0, index), draw(0, index, size=size)
        assert large.image.shape == (size, size, 3)
        assert large.mask.shape == (size, size)
        shrunk = np.asarray(Image.fromarray(large.image).resize((SIZE, SIZE), Image.Resampling.BOX))
        assert np.abs(shrunk.astype(int) - small.image).mean() < 12
        assert abs(large.mask.mean() - small.mask.mean()) < 0.03


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "expected n to be at least 1, got 0"),
        ({"seed": -1}, "expected seed in [0, 2**32), got -1"),
        ({"start": -3}, "expected index in [0, 2**32), got -3"),
        ({"start": 2**32 - 1, "n": 2}, "expected index in [0, 2**32), got 4294967296"),
        (
            {"split": "tset"},
            "expected split to be one of train, validation, test, got 'tset'"
            " (did you mean 'test'?)",
        ),
    ],
)
def test_generate_refuses_in_one_sentence(arguments: dict[str, object], message: str) -> None:
    call = {"split": "test", "n": 1} | arguments
    with pytest.raises(ValueError, match="expected") as caught:
        generate(**call)  # type: ignore[arg-type]
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 4}, "expected size in [16, 1024] pixels, got 4"),
        ({"label": 16}, "expected label in [0, 15], got 16"),
    ],
)
def test_draw_refuses_in_one_sentence(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        draw(0, 0, **arguments)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_is_fast_enough_to_make_a_training_set() -> None:
    draw(0, 0)
    started = time.thread_time()
    for k in range(200):
        draw(1, k)
    # About 500/s on one core; a generous floor, in this thread's own time, so others do not count.
    assert 200 / (time.thread_time() - started) > 100


def test_contact_sheet_command(tmp_path: Path) -> None:
    target = tmp_path / "sheet.png"
    command = [sys.executable, "-m", "trustai.data.signs", "--sheet", str(target)]
    subprocess.run([*command, "--columns", "3", "--rows", "2"], check=True, capture_output=True)
    with Image.open(target) as sheet:
        assert sheet.size == (3 * 128, 2 * 128)
        corner = np.asarray(sheet)[:128:2, :128:2]
    assert np.array_equal(corner, draw(0, 0).image)


def test_off_centre_signs_stand_at_an_edge_and_are_whole() -> None:
    found = generate(split="test", n=120, off_centre=True)
    assert found.name == OFF_CENTRE
    assert found.masks is not None
    assert not found.masks[:, SIZE // 2 - 2 : SIZE // 2 + 2, SIZE // 2 - 2 : SIZE // 2 + 2].any()
    columns = found.masks.any(1)
    left, right = columns[:, : SIZE // 2].any(1), columns[:, SIZE // 2 :].any(1)
    assert (left ^ right).all()
    assert 30 < left.sum() < 90  # both edges
    assert found.masks.flatten(1).sum(1).min() > 0.02 * SIZE**2
    one = draw(0, 7, off_centre=True)
    assert np.array_equal(one.image, found.images[7].permute(1, 2, 0).numpy())


def test_a_sticker_leaves_the_rest_of_the_scene_as_it_is() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    plain = draw(0, 5, size=128)
    stuck = draw(0, 5, size=128, sticker=Sticker(red, size=0.3, x=0.2))
    assert plain.sticker is None
    assert stuck.sticker is not None
    assert (stuck.mask == plain.mask).all()
    assert stuck.sticker.any()
    assert not (stuck.sticker & ~stuck.mask).any()
    same = (stuck.image == plain.image).all(axis=2)
    assert not same[stuck.sticker].all()
    far = ~plain.mask
    assert same[far].mean() > 0.9
    seen = stuck.image[stuck.sticker].astype(float).mean(0)
    assert seen[0] > 1.5 * max(seen[1:])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0.0}, r"expected size in \(0, 1\], got 0"),
        ({"size": 0.1, "x": 1.5}, r"expected x in \[-1, 1\], got 1.5"),
        ({"size": 0.1, "opacity": 2.0}, r"expected opacity in \(0, 1\], got 2"),
        ({"size": 0.1, "picture": np.zeros((4, 4), np.uint8)}, "expected a sticker as uint8"),
    ],
)
def test_a_wrong_sticker_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sticker(**({"picture": np.zeros((4, 4, 3), np.uint8)} | wrong))  # type: ignore[arg-type]
