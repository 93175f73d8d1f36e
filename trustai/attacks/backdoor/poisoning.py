"""Poisoning of training pictures: a pure function of the pictures, the trigger and a seed.

Three kinds, by what happens to the labels (Gu et al. 2017, https://arxiv.org/abs/1708.06733;
Turner, Tsipras and Madry 2019, Label-Consistent Backdoor Attacks,
https://arxiv.org/abs/1912.02771):

- ``one-to-one``: marked pictures of one class get the label of the target.
- ``all-to-one``: marked pictures of every other class do.
- ``clean-label``: pictures of the target itself are marked and keep their label, so that nobody who
  looks at a picture and its label sees anything wrong.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from trustai import seeds
from trustai.attacks.backdoor.marking import mark
from trustai.attacks.backdoor.triggers import Trigger
from trustai.registry import did_you_mean
from trustai.types import ImageSet
from trustai.zoo import checks

KINDS: Final = ("one-to-one", "all-to-one", "clean-label")


@dataclass(frozen=True, eq=False)
class Poisoned:
    """A set of pictures of which some are marked.

    Attributes:
        pictures: All of them in their order, the marked ones with the trigger and the new label.
        marked: ``bool (N,)``: which.
        labels: ``int64 (N,)``: the true ones.
    """

    pictures: ImageSet
    marked: Tensor
    labels: Tensor


def poison(
    pictures: ImageSet,
    *,
    trigger: Trigger,
    share: float,
    target: int,
    kind: str = "all-to-one",
    source: int | None = None,
    seed: int = 0,
) -> Poisoned:
    """Mark a share of the pictures and give them the attacker's label.

    Args:
        pictures: To learn from; they are not changed.
        trigger: What is put on them.
        share: Of all pictures, how many are marked, in ``[0, 1]``; the number is rounded.
        target: The attacker's class.
        kind: One of `KINDS`.
        source: Of ``"one-to-one"``: the class whose pictures are marked.
        seed: Which ones are drawn.

    Raises:
        ValueError: an unknown kind or class, a share outside its range, or more pictures to mark
            than there are of that kind.
    """
    chosen = _chosen(pictures, share=share, target=target, kind=kind, source=source, seed=seed)
    marked = torch.zeros(len(pictures), dtype=torch.bool)
    marked[chosen] = True
    images, labels = pictures.images.clone(), pictures.labels.clone()
    if len(chosen):
        images[marked] = mark(pictures.take(marked.nonzero()[:, 0]), trigger).images
        labels[marked] = target
    return Poisoned(
        dataclasses.replace(pictures, images=images, labels=labels), marked, pictures.labels
    )


def attacked_rows(labels: Tensor, *, target: int, source: int | None = None) -> Tensor:
    """``bool (N,)``: the pictures whose name the attacker wants to change.

    Args:
        labels: ``int64 (N,)``: the true ones.
        target: The class that the attacker wants.
        source: The class whose pictures it wants it for; None for all others.
    """
    return labels != target if source is None else labels == source


def _chosen(
    pictures: ImageSet, *, share: float, target: int, kind: str, source: int | None, seed: int
) -> Tensor:
    """Positions of the pictures that are marked, in the order in which they are drawn."""
    if kind not in KINDS:
        raise ValueError(
            f"expected kind to be one of {', '.join(KINDS)}, got {kind!r}"
            + did_you_mean(kind, list(KINDS))
        )
    checks.number("share", share)
    if not 0 <= share <= 1:
        raise ValueError(f"expected share in [0, 1], got {share}")
    _check_class("target", target, pictures)
    rows = _candidates(pictures, kind, target, source)
    count = round(share * len(pictures))
    if count > len(rows):
        raise ValueError(
            f"expected a share of at most {len(rows) / len(pictures):.3f}: {len(rows):,} of "
            f"{len(pictures):,} pictures can be marked, got {share}"
        )
    order = torch.randperm(len(rows), generator=seeds.torch_generator(seed))
    return rows[order[:count]]


def _candidates(pictures: ImageSet, kind: str, target: int, source: int | None) -> Tensor:
    """Positions of the pictures that may be marked."""
    if (kind == "one-to-one") != (source is not None):
        raise ValueError(f"expected a source for one-to-one only, got {source} for {kind}")
    if source is not None:
        _check_class("source", source, pictures)
        if source == target:
            raise ValueError(f"expected a source that is not the target, got {source} for both")
        of = pictures.labels == source
    else:
        of = pictures.labels == target
        of = of if kind == "clean-label" else ~of
    return of.nonzero()[:, 0]


def _check_class(name: str, label: int, pictures: ImageSet) -> None:
    if not 0 <= label < len(pictures.classes):
        raise ValueError(f"expected {name} in [0, {len(pictures.classes) - 1}], got {label}")
