"""Attention beside Grad-CAM, removal and the truth, on a captioner computed by hand."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from tests.toys.captions import CELLS, SHARPNESS, captioner, picture
from trustai import captions
from trustai.captions import Caption
from trustai.captions.attention import (
    agreement,
    attention_on_objects,
    log_probabilities,
    word_grad_cam,
)
from trustai.captions.removal import RemovalParams, removal
from trustai.types import SceneObject

FOUR = picture((0.9, 0.2, 0.1), (0.1, 0.8, 0.3), (0.2, 0.3, 0.7), (0.6, 0.1, 0.4))
QUARTER = RemovalParams(share=0.25, fill="mean")
SIX = RemovalParams(share=0.25, fill="mean", draws=6)
SAID = ("red", "green", "blue", "red")


def said(language: str = "en") -> Caption:
    return captions.caption(captioner(), FOUR, language=language)[0][0]


def test_the_toy_says_the_colours_in_both_languages() -> None:
    assert said().words == SAID
    assert said().finished
    assert said("fa").words == ("سرخ", "سبز", "آبی", "سرخ")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_teacher_forcing_gives_the_probabilities_of_decoding(language: str) -> None:
    network, caption = captioner(), said(language)
    log_p = log_probabilities(network, network.annotations(FOUR), caption)[0]
    own = log_p.gather(1, torch.tensor(caption.ids)[:, None])[:, 0]
    assert own.tolist() == pytest.approx(list(caption.log_probabilities), abs=1e-6)
    assert log_p.exp().sum(1).tolist() == pytest.approx([1.0] * len(caption.ids), abs=1e-5)


def test_grad_cam_of_a_word_by_hand() -> None:
    found = word_grad_cam(captioner(), FOUR, said())
    # The logit of word t is SHARPNESS * A[colour, cell t]: the mean gradient over four cells is
    # SHARPNESS / 4 on that colour, so the map is that colour everywhere.
    colours = FOUR[0, :, ::4, ::4]
    for t, channel in enumerate((0, 1, 2, 0)):
        torch.testing.assert_close(found.maps[t], SHARPNESS / 4 * colours[channel])
        assert found.logits[t].item() == pytest.approx(
            SHARPNESS * float(colours[channel].flatten()[t]), abs=1e-4
        )
    assert found.maps[4].abs().max() == 0, "the end is said whatever the picture shows"
    assert found.circumstances.seconds > 0


def test_grad_cam_leaves_nothing_behind_and_is_the_same_from_eight_threads() -> None:
    network, caption = captioner(), said()
    once = word_grad_cam(network, FOUR, caption).maps
    with ThreadPoolExecutor(8) as pool:
        all_ = list(pool.map(lambda _: word_grad_cam(network, FOUR, caption).maps, range(8)))
    assert all(torch.equal(once, one) for one in all_)
    for part in (network.encoder, network.decoder):
        assert not part.training
        assert not any(module._forward_hooks for module in part.modules())


def test_agreement_of_a_map_with_itself_and_with_its_opposite() -> None:
    maps = torch.rand(3, 5, 5, generator=torch.Generator().manual_seed(0))
    same = agreement(maps, maps * 7)
    assert same.rank_correlation.tolist() == pytest.approx([1.0] * 3)
    assert same.overlap.tolist() == [1.0] * 3
    assert same.share == 0.2
    opposite = agreement(maps, 1 - maps)
    assert opposite.rank_correlation.tolist() == pytest.approx([-1.0] * 3)
    assert opposite.overlap.tolist() == [0.0] * 3
    assert agreement(maps, torch.ones(3, 5, 5)).overlap.isnan().all()


def test_what_was_attended_to_is_what_the_toy_needs() -> None:
    gone = removal(captioner(), FOUR, said(), by="attention", params=QUARTER)
    assert gone.cells.shape == (1, 5, CELLS, CELLS)
    for t in range(4):
        assert gone.cells[0, t].flatten().nonzero().tolist() == [[t]]
    # The mean of the picture is (.45, .35, .375): red wins in every emptied cell.
    assert gone.instead[0][:4] == ("red", "red", "red", "red")
    assert gone.changed[0].tolist() == [False, True, True, False, False]
    mean = FOUR.mean((2, 3))[0]
    before = torch.log_softmax(SHARPNESS * FOUR[0, :, 0, 4], 0)[1]
    after = torch.log_softmax(SHARPNESS * mean, 0)[1]
    assert gone.before[1].item() == pytest.approx(before.item(), abs=1e-4)
    assert gone.drop[1].item() == pytest.approx((before - after).item(), abs=1e-4)
    assert gone.drop[4].abs().item() < 1e-6


def test_random_cells_touch_a_word_only_where_they_hit_its_cell() -> None:
    gone = removal(
        captioner(),
        FOUR,
        said(),
        by="random",
        params=SIX,
    )
    assert gone.cells.shape == (6, 5, CELLS, CELLS)
    assert (gone.cells.sum((2, 3)) == 1).all()
    assert (gone.cells == gone.cells[:, :1]).all(), "the same cells for all words"
    hit = torch.stack([gone.cells[:, t].flatten(1)[:, t] for t in range(4)], 1)
    assert torch.equal(gone.changed[:, 1:3], hit[:, 1:3])
    again = removal(
        captioner(),
        FOUR,
        said(),
        by="random",
        params=SIX,
    )
    assert torch.equal(gone.cells, again.cells)
    other = removal(captioner(), FOUR, said(), by="random", params=SIX, seed=1)
    assert not torch.equal(gone.cells, other.cells)


def test_the_nulls_are_as_smooth_in_the_middle_and_of_another_word() -> None:
    caption = said()
    centre = removal(captioner(), FOUR, caption, by="centre", params=QUARTER)
    assert (centre.cells == centre.cells[:, :1]).all(), "it knows no word"
    other = removal(captioner(), FOUR, caption, by="other word", params=QUARTER)
    own = removal(captioner(), FOUR, caption, by="attention", params=QUARTER)
    for t in range(5):
        assert torch.equal(other.cells[0, t], own.cells[0, (t - 2) % 5])
    # What the toy attends to is all that it needs, so its own cells cost most.
    assert own.drop[1:3].mean() > max(centre.drop[1:3].mean(), other.drop[1:3].mean())


def test_random_cells_are_as_smooth_as_the_attention() -> None:
    """Of a caption that attends to one half of the picture, random cells are neighbours, too."""
    ramp = torch.arange(16.0).expand(16, 16)
    caption = dataclasses.replace(said(), attention=(ramp / ramp.sum()).expand(5, 16, 16))
    params = RemovalParams(share=0.25, draws=6)
    smooth = removal(captioner(), FOUR, caption, by="random", params=params).cells[:, 0].float()
    alike = (smooth[:, :, 1:] == smooth[:, :, :-1]).float().mean()
    assert alike > 0.85  # of independent cells .625 are
    assert not torch.equal(smooth[0], smooth[1])


def test_grad_cam_cells_are_those_of_its_map() -> None:
    gone = removal(captioner(), FOUR, said(), by="grad-cam", params=RemovalParams(share=0.25))
    maps = word_grad_cam(captioner(), FOUR, said()).maps
    for t in range(4):
        assert gone.cells[0, t].flatten().long().argmax() == maps[t].flatten().argmax()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: {"by": "nothing"},
        lambda: {"params": RemovalParams(share=1.0)},
        lambda: {"params": RemovalParams(share=0.0)},
        lambda: {"params": RemovalParams(fill="pink")},  # type: ignore[arg-type]
        lambda: {"params": RemovalParams(draws=0)},
    ],
)
def test_removal_refuses(wrong: Callable[[], dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        removal(captioner(), FOUR, said(), **wrong())


def test_one_picture_in_range() -> None:
    for x in (FOUR.repeat(2, 1, 1, 1), FOUR * 255):
        with pytest.raises(ValueError, match=r"^expected "):
            word_grad_cam(captioner(), x, said())


def thing(name: str, word: str, mask: torch.Tensor) -> SceneObject:
    return SceneObject(name=name, words={"en": (word,)}, mask=mask)


def test_share_on_object_by_hand() -> None:
    left, corner = torch.zeros(2, 6, 6, dtype=torch.bool)
    left[:, :3] = True
    corner[4:, 4:] = True  # a sixth of two thirds of its cell: 4 of 9 pixels
    objects = (thing("a", "red", left), thing("b", "blue", corner), thing("c", "blue", left))
    attention = torch.tensor([[0.4, 0.3], [0.2, 0.1]]).expand(5, 2, 2)
    caption = Caption(SAID, (5, 6, 7, 5, 1), attention, (0.0,) * 5, 0.0, "en", finished=True)
    red, green, blue, again = attention_on_objects(caption, objects)
    assert green is None
    assert red is not None
    assert again is not None
    assert blue is not None
    assert red.attention == again.attention == pytest.approx(0.6)
    assert red.area == 0.5
    assert len(blue.objects) == 2
    assert blue.attention == pytest.approx(0.6 + 0.1 * 4 / 9)
    assert blue.area == pytest.approx((18 + 4) / 36)
    assert not math.isnan(blue.attention)
    persian = Caption(SAID, caption.ids, attention, (0.0,) * 5, 0.0, "fa", finished=True)
    assert attention_on_objects(persian, objects) == (None,) * 4
