"""OOD sets: pictures unlike the training data of a network, and how they are shown to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from trustai import data, seeds
from trustai.types import ImageSet
from trustai.zoo import Card

SHORT_TITLES: Mapping[str, str] = {
    name: data.dataset(name).short_title
    for name in ("textures", "noise", "signs", "cifar10", "mnist", "tiny-imagenet")
}
"""The data sets that serve as OOD sets, with what a legend calls them."""

# Classes of one set that belong to a class of another, or look so much alike that rejecting them
# would be a mistake: {(OOD set, the network's own set): their names}.
ALIKE: Mapping[tuple[str, str], str] = {
    ("tiny-imagenet", "cifar10"): (
        "bullfrog, tailed frog, goose, black stork, king penguin, albatross, Chihuahua, "
        "Yorkshire terrier, golden retriever, Labrador retriever, German shepherd, "
        "standard poodle, tabby, Persian cat, Egyptian cat, cougar, gazelle, beach wagon, "
        "convertible, limousine, sports car, police van, moving van, school bus, trolleybus, "
        "tractor, lifeboat, gondola"
    )
}


@dataclass(frozen=True, eq=False)
class OODSet:
    """Pictures of one set at the input size of a network.

    Attributes:
        images: In the order and with the labels and `indices` of the set itself.
        note: What was left out of it, in words; else empty.
    """

    images: ImageSet
    note: str


def at_side(images: Tensor, *, side: int) -> Tensor:
    """Pictures brought to ``uint8 (N, 3, side, side)``: bilinear, antialiased.

    The one way in which a set of another size is shown to a network. Smoothing averages over the
    area that becomes one pixel; without it a smaller picture would hold patterns of its own.

    Args:
        images: ``uint8 (N, 3, H, W)``.
        side: Of the result, in pixels.
    """
    if images.shape[-2:] == (side, side):
        return images
    resized = functional.interpolate(
        images.float(), size=(side, side), mode="bilinear", antialias=True
    )
    return resized.round().clamp(0, 255).to(torch.uint8)


def names(card: Card) -> list[str]:
    """The OOD sets of a network that are present on this machine.

    Args:
        card: Of the network, whose own data set is left out.
    """
    return [name for name in SHORT_TITLES if name != card.dataset and data.available(name)]


def load(name: str, card: Card, *, n: int = 1_000, seed: int = 0) -> OODSet:
    """Test pictures of an OOD set at the input size of a network.

    Args:
        name: One of `names`.
        card: Of the network.
        n: Pictures, at most.
        seed: Of the draw.

    Raises:
        ValueError: no such set, the network's own set, or its files are missing.
    """
    if name == card.dataset:
        raise ValueError(f"expected a set that {card.id} did not learn from, got {name!r}")
    alike = ALIKE.get((name, card.dataset), "")
    if not alike:
        images = data.load(name, split="test", n=n, seed=seed)
    else:
        whole = data.load(name, split="test")
        other = torch.tensor([c not in alike.split(", ") for c in whole.classes])[whole.labels]
        rows = other.nonzero()[:, 0]
        order = torch.randperm(len(rows), generator=seeds.torch_generator(seed))
        images = whole.take(rows[order[:n].sort().values])
    images = replace(images, images=at_side(images.images, side=card.input_size))
    note = f"without {alike}" if alike else ""
    return OODSet(images, note)
