"""Marked pictures: flat ones, and drawn signs with the trigger printed on their face."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from trustai import data
from trustai.attacks.backdoor import Trigger, mark, mask_of, masks_of, poison, stamp
from trustai.types import ImageSet

ON_SIGN = Trigger("yellow-square", size=0.3, x=0.5, y=0.5, surface=True)


def signs(n: int = 24, name: str = "signs") -> ImageSet:
    return data.load(name, split="test", n=n)


def test_a_flat_trigger_is_stamped() -> None:
    pictures, trigger = signs(4), Trigger(size=0.2)
    found = mark(pictures, trigger)
    assert torch.equal(found.images, (stamp(pictures.pixels, trigger) * 255).round().byte())
    assert torch.equal(masks_of(pictures, trigger)[2], mask_of(trigger, 64, 64))


@pytest.mark.parametrize("name", ["signs", "signs-off-centre"])
def test_a_trigger_on_the_sign_changes_its_own_pixels_and_no_other(name: str) -> None:
    pictures = signs(name=name)
    found, masks = mark(pictures, ON_SIGN), masks_of(pictures, ON_SIGN)
    assert torch.equal(found.labels, pictures.labels)
    assert masks.shape == (len(pictures), 64, 64)
    assert pictures.masks is not None
    assert masks.any(dim=2).any(dim=1).all()
    assert not (masks & ~pictures.masks).any(), "it is cut off where the face ends"
    changed = (found.images.int() - pictures.images.int()).abs().amax(1) > 12
    for one, mask in zip(changed, masks, strict=True):
        # Blur and a shaken camera carry colour a few pixels beyond the edge.
        near = torch.nn.functional.max_pool2d(mask[None, None].float(), 13, 1, 6)[0, 0] > 0
        assert not (one & ~near).any()
    yellow = found.pixels.permute(0, 2, 3, 1)[masks]
    assert (yellow[:, 0] - yellow[:, 2]).mean() > 0.3, "light and weather let yellow be yellow"
    assert changed[masks].float().mean() > 0.8


def test_it_lies_in_the_sign_s_perspective() -> None:
    """Its area is its share of the face's, and it moves and grows with the sign."""
    pictures = signs(60)
    assert pictures.masks is not None
    masks = masks_of(pictures, ON_SIGN)
    round_ = torch.tensor([c.startswith(("no over", "speed")) for c in pictures.classes])
    rows = round_[pictures.labels].nonzero()[:, 0]
    ratio = masks[rows].sum((1, 2)) / pictures.masks[rows].sum((1, 2))
    # A disc of the plate's width has the area pi / 4; a leaf or a post may hide a part of both.
    assert float((ratio - 0.3**2 / (torch.pi / 4)).abs().median()) < 0.015
    middles = torch.stack([mask.nonzero().double().mean(0) for mask in masks[rows]])
    signs_ = torch.stack([mask.nonzero().double().mean(0) for mask in pictures.masks[rows]])
    assert (middles - signs_).abs().median() < 2
    right = masks_of(pictures, dataclasses.replace(ON_SIGN, x=1.0))[rows]
    aside = torch.stack([mask.nonzero().double().mean(0) for mask in right])
    assert ((aside - middles)[:, 1] > 4).all()


def test_poisoning_prints_it_on_the_chosen_signs_only() -> None:
    pictures = signs(40)
    found = poison(pictures, trigger=ON_SIGN, share=0.2, target=1, seed=3)
    flat = poison(pictures, trigger=Trigger(), share=0.2, target=1, seed=3)
    assert torch.equal(found.marked, flat.marked), "the same pictures are drawn"
    assert int(found.marked.sum()) == 8
    assert set(found.pictures.labels[found.marked].tolist()) == {1}
    rows = found.marked.nonzero()[:, 0]
    assert torch.equal(found.pictures.images[rows], mark(pictures.take(rows), ON_SIGN).images)
    assert torch.equal(found.pictures.images[~found.marked], pictures.images[~found.marked])


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a pattern with a place on the surface"):
        Trigger("sinusoid", surface=True)
    with pytest.raises(ValueError, match="expected a trigger in the plane of the picture"):
        stamp(signs(2).pixels, ON_SIGN)
    with pytest.raises(ValueError, match="expected a trigger in the plane of the picture"):
        mask_of(ON_SIGN, 64, 64)
    with pytest.raises(ValueError, match="expected drawn signs to put a sticker on, got 'toy'"):
        mark(dataclasses.replace(signs(2), name="toy"), ON_SIGN)
    changed = dataclasses.replace(signs(2), images=255 - signs(2).images)
    for wrong in (changed, data.load("signs", split="test", n=2, seed=1)):
        with pytest.raises(ValueError, match="expected signs as they were drawn with seed 0"):
            mark(wrong, ON_SIGN)
