"""Order and augmentation of training pictures."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.train.images.batches import (
    Batches,
    crop_and_flip,
    random_zoom,
)
from trustai.types import ImageSet


def numbered(n: int, *, side: int = 4) -> ImageSet:
    """Picture k has every byte equal to k, and label k."""
    images = torch.arange(n, dtype=torch.uint8).view(n, 1, 1, 1).expand(n, 3, side, side).clone()
    labels = torch.arange(n)
    return ImageSet("numbers", "train", images, labels, ("a",), labels)


def order(batches: Batches) -> list[int]:
    return [int(label) for _, y in batches for label in y]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_pictures_travel_with_their_labels() -> None:
    for x, y in Batches(numbered(10), batch_size=4, train=True, padding=1, flip=True):
        assert x.dtype == torch.float32
        torch.testing.assert_close(x, (y / 255).view(-1, 1, 1, 1).expand(-1, 3, 4, 4))


def test_an_epoch_shows_every_picture_once() -> None:
    whole = Batches(numbered(12), batch_size=4, train=True)
    assert sorted(order(whole)) == list(range(12))
    dropped = Batches(numbered(14), batch_size=4, train=True)
    assert len(dropped) == len(list(dropped)) == 3
    assert len(set(order(dropped))) == 12


def test_evaluation_keeps_order_and_the_rest() -> None:
    batches = Batches(numbered(10), batch_size=4, train=False, padding=2, flip=True)
    assert order(batches) == list(range(10))
    assert len(batches) == len(list(batches)) == 3


def test_order_depends_on_seed_and_epoch_only() -> None:
    def shown(seed: int, epoch: int, *, before: int = 0) -> list[int]:
        batches = Batches(numbered(32), batch_size=8, train=True, seed=seed)
        for _ in range(before):
            list(batches)
        batches.set_epoch(epoch)
        return order(batches)

    assert shown(0, 5) == shown(0, 5, before=2)
    assert len({tuple(shown(s, e)) for s in range(3) for e in range(3)}) == 9


def test_augmentation_depends_on_seed_and_epoch_only() -> None:
    images = numbered(32, side=8)
    images.images.copy_(torch.randint(0, 256, images.images.shape, generator=seeded()))

    def shown(epoch: int) -> Tensor:
        batches = Batches(images, batch_size=8, train=True, padding=2, flip=True)
        batches.set_epoch(epoch)
        return torch.cat([x for x, _ in batches])

    assert torch.equal(shown(1), shown(1))
    assert not torch.equal(shown(1), shown(2))


def test_a_batch_is_never_larger_than_the_set() -> None:
    assert order(Batches(numbered(3), batch_size=128, train=True)) != []


def test_ranks_share_an_epoch_without_overlap() -> None:
    ranks = [
        order(Batches(numbered(24), batch_size=4, train=True, rank=r, world=3)) for r in range(3)
    ]
    assert [len(rank) for rank in ranks] == [8, 8, 8]
    assert sorted(k for rank in ranks for k in rank) == list(range(24))


@pytest.mark.parametrize("flip", [False, True])
def test_every_crop_is_a_window_of_the_padded_picture(flip: bool) -> None:
    padding, n, height, width = 2, 200, 5, 6
    picture = torch.rand(1, 3, height, width, generator=seeded())
    shown = crop_and_flip(
        picture.expand(n, -1, -1, -1), padding=padding, flip=flip, generator=seeded(1)
    )
    padded = F.pad(picture, (padding,) * 4, mode="reflect")[0]
    windows = {
        (top, left, mirrored): (w.flip(2) if mirrored else w)
        for top in range(2 * padding + 1)
        for left in range(2 * padding + 1)
        for mirrored in ([False, True] if flip else [False])
        for w in [padded[:, top : top + height, left : left + width]]
    }
    seen = set()
    for crop in shown:
        matches = [place for place, window in windows.items() if torch.equal(window, crop)]
        assert matches, "a crop that is no window"
        seen.update(matches)
    assert {top for top, _, _ in seen} == set(range(5))
    assert {left for _, left, _ in seen} == set(range(5))
    assert {mirrored for _, _, mirrored in seen} == ({False, True} if flip else {False})


@pytest.mark.parametrize("padding", [0, 3])
def test_half_of_the_pictures_are_mirrored(padding: int) -> None:
    n = 1000
    ramp = torch.linspace(0, 1, 8).expand(n, 3, 8, 8)
    shown = crop_and_flip(ramp, padding=padding, flip=True, generator=seeded())
    # The middle of the ramp tells its direction wherever the window lies.
    falling = (shown[:, 0, 0, 3] > shown[:, 0, 0, 4]).float()
    assert 0.44 < falling.mean() < 0.56


def test_nothing_to_augment_is_the_identity() -> None:
    x = torch.rand(4, 3, 8, 8, generator=seeded())
    assert torch.equal(crop_and_flip(x, padding=0, flip=False, generator=seeded()), x)


def test_zoom_shows_a_part_of_the_picture_of_the_promised_size() -> None:
    """On a ramp the range of what is left tells the side of the crop."""
    n, side, zoom = 400, 64, 0.25
    ramp = torch.linspace(0, 1, side)
    across = ramp.expand(n, 3, side, side)
    down = ramp.view(side, 1).expand(n, 3, side, side)
    width, height = (
        (shown.amax((1, 2, 3)) - shown.amin((1, 2, 3)))
        for shown in (random_zoom(x, zoom=zoom, generator=seeded()) for x in (across, down))
    )
    area = width * height
    # A crop that the border cuts is smaller by at most the stretch.
    assert area.min() > zoom * 0.75 * 0.9
    assert area.max() <= 1.01
    assert 0.5 < area.mean() < 0.7
    ratio = width / height
    assert ratio.min() > 0.7
    assert ratio.max() < 1.4
    starts = random_zoom(across, zoom=zoom, generator=seeded()).amin((1, 2, 3))
    assert starts.min() < 0.02
    assert starts.max() > 0.3


def test_no_zoom_is_the_identity_but_for_the_stretch() -> None:
    plain = torch.rand(4, 3, 1, 1, generator=seeded()).expand(4, 3, 8, 8)
    shown = random_zoom(plain, zoom=0.3, generator=seeded())
    torch.testing.assert_close(shown, plain)  # a crop of one colour is that colour


def test_zoom_is_for_training_only() -> None:
    images = numbered(6, side=8)
    shown = [x for x, _ in Batches(images, batch_size=3, train=False, zoom=0.2)]
    assert torch.equal(torch.cat(shown), images.pixels)


def test_the_first_epochs_may_see_smaller_pictures() -> None:
    batches = Batches(numbered(6, side=8), batch_size=3, train=True, small=2)
    sides = []
    for epoch in range(3):
        batches.set_epoch(epoch)
        sides.append({tuple(x.shape[2:]) for x, _ in batches})
    assert sides == [{(6, 6)}, {(6, 6)}, {(8, 8)}]
    validation = Batches(numbered(6, side=8), batch_size=3, train=False, small=2)
    assert {tuple(x.shape[2:]) for x, _ in validation} == {(8, 8)}


def test_balanced_batches_hold_as_many_of_every_class() -> None:
    labels = torch.tensor([0] * 30 + [1] * 12 + [2] * 19)
    images = ImageSet(
        "toy", "train", torch.arange(61, dtype=torch.uint8).view(61, 1, 1, 1).expand(61, 3, 8, 8),
        labels, ("a", "b", "c"), torch.arange(61),
    )  # fmt: skip
    batches = Batches(images, batch_size=9, train=True, balanced=True)
    assert len(batches) == 36 // 9
    seen: list[int] = []
    for epoch in range(6):
        batches.set_epoch(epoch)
        for x, y in batches:
            assert y.bincount().tolist() == [3, 3, 3]
            numbers = (x[:, 0, 0, 0] * 255).round().long()
            assert (labels[numbers] == y).all()
            seen += numbers.tolist()
    assert len(set(seen)) > 55, "the larger classes take turns"
    plain = Batches(images, batch_size=9, train=False, balanced=True)
    assert sum(len(y) for _, y in plain) == 61
