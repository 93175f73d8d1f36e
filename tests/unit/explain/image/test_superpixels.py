"""Superpixels: how pictures are cut, hidden and shown."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.toys.images import TinyCNN, pictures
from trustai.explain.base import part_of
from trustai.explain.image import passes
from trustai.explain.image.baselines import BASELINES, baseline_pictures
from trustai.explain.image.superpixels import (
    Superpixels,
    hidden_picture,
    probabilities,
    superpixels,
    usual_number,
)


def scene(height: int, width: int, *, seed: int = 0) -> Tensor:
    """Smooth colours, as in a photograph that is out of focus."""
    return F.interpolate(
        pictures(1, side=5, seed=seed), size=(height, width), mode="bicubic", align_corners=False
    )[0].clamp(0, 1)


def sizes(pieces: Superpixels) -> Tensor:
    return pieces.labels.flatten().bincount(minlength=pieces.n)


@pytest.mark.parametrize(("side", "wanted"), [(32, 23), (64, 32), (224, 60)])
def test_as_many_pieces_as_usual_none_of_them_empty(side: int, wanted: int) -> None:
    assert usual_number(side, side + 9) == wanted
    pieces = superpixels(scene(side, side))
    assert pieces.labels.shape == (side, side)
    assert pieces.labels.dtype == torch.int64
    assert wanted / 2 <= pieces.n <= 1.3 * wanted
    assert len(sizes(pieces)) == pieces.n
    assert sizes(pieces).min() > 0
    assert sizes(pieces).max() < side * side / 4


@pytest.mark.parametrize("n_segments", [4, 20, 100])
def test_about_as_many_pieces_as_asked_for(n_segments: int) -> None:
    assert n_segments / 2 <= superpixels(scene(48, 64), n_segments=n_segments).n <= n_segments * 1.5


@pytest.mark.parametrize("x", [pictures(1, side=64)[0], torch.zeros(3, 64, 64)])
def test_noise_and_nothing_are_cut_too(x: Tensor) -> None:
    """Where there is no edge to follow SLIC's usual compactness gives a single piece of noise."""
    pieces = superpixels(x)
    assert pieces.n >= 16
    assert sizes(pieces).max() < 64 * 64 / 4


def test_pieces_keep_to_the_edges() -> None:
    x = torch.zeros(3, 64, 64)
    x[:, :, 21:] = 1
    labels = superpixels(x).labels
    left, right = set(labels[:, :21].flatten().tolist()), set(labels[:, 21:].flatten().tolist())
    assert len(left) > 3
    assert len(right) > 6
    assert not left & right


def test_the_same_picture_is_always_cut_the_same_way() -> None:
    x = scene(64, 64)
    expected = superpixels(x).labels
    start = Barrier(8)

    def work(_: int) -> Tensor:
        start.wait()
        return superpixels(x).labels

    with ThreadPoolExecutor(8) as pool:
        assert all(found.equal(expected) for found in pool.map(work, range(8)))
    assert not superpixels(scene(64, 64, seed=1)).labels.equal(expected)


def test_painting_gives_every_pixel_the_value_of_its_piece() -> None:
    pieces = Superpixels(torch.tensor([[0, 0, 2], [1, 1, 2]]), 3)
    painted = pieces.painted(torch.tensor([0.5, -2, 3], dtype=torch.float64))
    assert painted.dtype == torch.float32
    assert painted.tolist() == [[0.5, 0.5, 3], [-2, -2, 3]]


def test_the_mean_colour_of_every_piece() -> None:
    x, network = scene(16, 24), TinyCNN().freeze()
    pieces = superpixels(x)
    hidden = hidden_picture(network, x, pieces, "mean")
    for piece in range(pieces.n):
        inside = pieces.labels == piece
        expected = x[:, inside].mean(1, keepdim=True).expand(3, int(inside.sum()))
        torch.testing.assert_close(hidden[:, inside], expected)


@pytest.mark.parametrize("baseline", ["grey", "blur"])
def test_the_other_fills_are_those_of_all_methods(baseline: str) -> None:
    x, network = scene(16, 24), TinyCNN().freeze()
    hidden = hidden_picture(network, x, superpixels(x), baseline)  # type: ignore[arg-type]
    assert hidden.equal(baseline_pictures(network, x[None], baseline)[0])  # type: ignore[arg-type]


def test_probabilities_of_versions_by_hand() -> None:
    network, x = TinyCNN().freeze(), pictures(1, side=12)[0]
    rows = torch.arange(12).expand(12, 12)
    pieces = Superpixels((rows // 4).contiguous(), 3)  # three columns of four pixels
    hidden = torch.full_like(x, 0.25)
    shown = torch.tensor([[True, True, True], [False, False, False], [False, True, False]])
    middle = hidden.clone()
    middle[:, :, 4:8] = x[:, :, 4:8]
    found = probabilities(network, x, pieces, hidden, shown)
    expected = network.predict(torch.stack([x, hidden, middle])).double().softmax(1)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert found.unique(dim=0).shape == (3, 5)


def test_many_versions_go_through_in_batches_and_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "PIXELS_AT_ONCE", 5 * 224**2)
    network, x = TinyCNN().freeze(), pictures(1, side=224)[0]
    pieces = superpixels(x, n_segments=4)
    shown = torch.rand(12, pieces.n, generator=torch.Generator().manual_seed(0)) < 0.5
    batches: list[int] = []
    network.register_forward_hook(lambda module, inputs, output: batches.append(len(output)))
    shares: list[float] = []
    found = probabilities(network, x, pieces, torch.zeros_like(x), shown, shares.append)
    assert batches == [5, 5, 2]
    assert shares == pytest.approx([1 / 3, 2 / 3, 1])
    one = probabilities(network, x, pieces, torch.zeros_like(x), shown[7:8])
    torch.testing.assert_close(found[7:8], one, rtol=0, atol=1e-6)


def test_a_part_of_the_work_tells_its_share_of_the_whole() -> None:
    told: list[float] = []
    report = part_of(told.append, 1, 4)
    assert report is not None
    report(0.5)
    report(1)
    assert told == [0.375, 0.5]
    assert part_of(None, 0, 1) is None


@pytest.mark.parametrize("n_segments", [1, 0, -3])
def test_fewer_than_two_pieces_are_refused(n_segments: int) -> None:
    with pytest.raises(ValueError, match="expected n_segments to be at least 2"):
        superpixels(scene(16, 16), n_segments=n_segments)


def test_an_unknown_fill_is_refused() -> None:
    x, network = scene(16, 16), TinyCNN().freeze()
    with pytest.raises(
        ValueError, match=f"expected baseline among {', '.join(BASELINES)}, got 'pink'"
    ):
        hidden_picture(network, x, superpixels(x), "pink")  # type: ignore[arg-type]


def test_without_scikit_image_the_error_is_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(ValueError, match=r"scikit-image.*pip install scikit-image"):
        superpixels(scene(16, 16))
