"""Triggers and poisoning by hand: pixels, labels, and the exact share."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trustai.attacks.backdoor import KINDS, PATTERNS, Trigger, mask_of, poison, stamp
from trustai.types import ImageSet

PATCHES = ["yellow-square", "checkerboard", "own"]
PICTURE = torch.linspace(0, 1, 3 * 10 * 10).view(3, 10, 10)


def trigger(pattern: str, **changes: float) -> Trigger:
    return Trigger(pattern, picture=PICTURE if pattern == "own" else None, **changes)  # type: ignore[arg-type]


def pictures(n: int = 40, classes: int = 4) -> ImageSet:
    generator = torch.Generator().manual_seed(0)
    return ImageSet(
        name="toy", split="train",
        images=torch.randint(256, (n, 3, 16, 16), generator=generator, dtype=torch.uint8),
        labels=torch.arange(n) % classes, classes=tuple("abcd"[:classes]), indices=torch.arange(n),
    )  # fmt: skip


# -- triggers --------------------------------------------------------------------------------


def test_every_pattern_describes_itself() -> None:
    for name, pattern in PATTERNS:
        assert pattern.title
        assert pattern.description.endswith("."), name
        assert pattern.formula.startswith("x' ="), name
        assert pattern.paper
        assert pattern.url.startswith("https://"), name
        assert 0 < pattern.opacity <= 1


@pytest.mark.parametrize("pattern", PATTERNS.names())
def test_a_trigger_changes_its_pixels_and_no_other(pattern: str) -> None:
    x = torch.full((2, 3, 20, 30), 0.5)
    marked = stamp(x, trigger(pattern, size=0.4))
    assert marked.shape == x.shape
    assert marked.min() >= 0
    assert marked.max() <= 1
    assert (x == 0.5).all(), "the argument is not changed"
    changed = (marked != x).any(1)
    mask = mask_of(trigger(pattern, size=0.4), 20, 30)
    assert not changed[:, ~mask].any()
    assert changed[:, mask].float().mean() > 0.7
    assert torch.equal(marked, stamp(x, trigger(pattern, size=0.4)))


def test_a_yellow_square_by_hand() -> None:
    marked = stamp(torch.zeros(1, 3, 8, 8), Trigger(size=0.25, x=0, y=1))
    assert marked[0, :, 6, 0].tolist() == pytest.approx([1.0, 0.85, 0.0])
    assert marked[0, 0].sum() == 4
    half = stamp(torch.full((1, 3, 8, 8), 0.2), Trigger(size=0.25, opacity=0.5))
    assert half[0, :, 7, 7].tolist() == pytest.approx([0.6, 0.525, 0.1])


def test_a_checkerboard_by_hand() -> None:
    marked = stamp(torch.full((1, 3, 8, 8), 0.5), Trigger("checkerboard", size=1.0))
    fields = marked[0, 0].view(4, 2, 4, 2)[:, 0, :, 0]
    assert fields.tolist() == [[0, 1, 0, 1], [1, 0, 1, 0]] * 2


def test_a_sinusoid_is_added_and_the_same_in_every_row() -> None:
    x = torch.full((1, 3, 4, 48), 0.5)
    marked = stamp(x, Trigger("sinusoid", opacity=0.1))
    assert (marked[0] == marked[0, :1, :1]).all()
    assert marked[0, 0, 0, 2].item() == pytest.approx(
        0.5 + 0.1 * math.sin(2 * math.pi * 6 * 2 / 48)
    )


def test_ones_own_picture_is_made_small() -> None:
    marked = stamp(torch.zeros(1, 3, 20, 20), trigger("own", size=0.5))
    assert marked[0, :, 10:, 10:].numpy() == pytest.approx(PICTURE.numpy(), abs=1e-5)


@given(
    size=st.floats(0.01, 1), x=st.floats(0, 1), y=st.floats(0, 1), height=st.integers(4, 70),
    width=st.integers(4, 70),
)  # fmt: skip
def test_the_square_lies_inside_every_picture(
    size: float, x: float, y: float, height: int, width: int
) -> None:
    left, top, right, bottom = Trigger(size=size, x=x, y=y).box(height, width)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert right - left == bottom - top == max(1, round(size * min(height, width)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": 0}, r"expected size in \(0, 1\], got 0"),
        ({"size": math.nan}, r"expected size in \(0, 1\], got nan"),
        ({"x": 1.5}, r"expected x in \[0, 1\], got 1.5"),
        ({"opacity": 2}, r"expected opacity in \(0, 1\], got 2"),
        ({"pattern": "yelow-square"}, "did you mean 'yellow-square'"),
        ({"pattern": "own"}, "expected a picture for the pattern 'own' and for no other"),
        ({"picture": PICTURE}, "expected a picture for the pattern 'own' and for no other"),
        ({"pattern": "own", "picture": PICTURE[0]}, r"expected the picture as \(3, H, W\)"),
    ],
)
def test_a_wrong_trigger_is_one_sentence(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Trigger(**changes)  # type: ignore[arg-type]


def test_pictures_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected pictures \(N, 3, H, W\), got \(3, 8, 8\)"):
        stamp(torch.zeros(3, 8, 8), Trigger())


# -- poisoning -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "source"), [("all-to-one", None), ("one-to-one", 1), ("clean-label", None)]
)
def test_poisoning_by_hand(kind: str, source: int | None) -> None:
    clean, mark = pictures(), Trigger(size=0.25)
    found = poison(clean, trigger=mark, share=0.1, target=2, kind=kind, source=source, seed=1)
    marked = found.marked
    assert int(marked.sum()) == 4, "the share is exact"
    assert (found.pictures.labels[marked] == 2).all()
    allowed = {"all-to-one": {0, 1, 3}, "one-to-one": {1}, "clean-label": {2}}[kind]
    assert set(found.labels[marked].tolist()) <= allowed
    stamped = (stamp(clean.pixels[marked], mark) * 255).round().byte()
    assert torch.equal(found.pictures.images[marked], stamped)
    assert torch.equal(found.pictures.images[~marked], clean.images[~marked])
    assert torch.equal(found.pictures.labels[~marked], clean.labels[~marked])
    assert torch.equal(found.labels, clean.labels)
    assert torch.equal(clean.images, pictures().images), "the argument is not changed"


def test_the_seed_decides_which() -> None:
    one, same, other = (
        poison(pictures(), trigger=Trigger(), share=0.2, target=0, seed=s).marked for s in (0, 0, 1)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_no_share_changes_nothing() -> None:
    found = poison(pictures(), trigger=Trigger(), share=0, target=0)
    assert torch.equal(found.pictures.images, pictures().images)
    assert not found.marked.any()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"share": 1.5}, r"expected share in \[0, 1\], got 1.5"),
        ({"share": 0.9}, r"expected a share of at most 0.750: 30 of 40 pictures can be marked"),
        ({"target": 4}, r"expected target in \[0, 3\], got 4"),
        ({"kind": "clean"}, f"expected kind to be one of {', '.join(KINDS)}, got 'clean'"),
        ({"kind": "one-to-one"}, "expected a source for one-to-one only, got None"),
        ({"source": 1}, "expected a source for one-to-one only, got 1 for all-to-one"),
        ({"kind": "one-to-one", "source": 2}, "expected a source that is not the target"),
        ({"kind": "one-to-one", "source": 9}, r"expected source in \[0, 3\], got 9"),
    ],
)
def test_a_wrong_argument_is_one_sentence(changes: dict[str, object], said: str) -> None:
    arguments: dict[str, object] = {"trigger": Trigger(), "share": 0.1, "target": 2}
    with pytest.raises(ValueError, match=said):
        poison(pictures(), **(arguments | changes))  # type: ignore[arg-type]
