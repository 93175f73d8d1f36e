"""Adversarial patch: a printed sticker that makes a network say the target, without any poisoning.

One picture is found for all pictures, places, sizes, turns, views and lights (expectation over
transformation, Athalye et al. 2018, https://arxiv.org/abs/1707.07397),

    p* = argmax_p  E_{x, t, l} [ log P(target | A(p, x, l, t)) ],

where ``A`` puts the patch ``p`` at the place ``l`` under the transformation ``t`` on the picture
``x``. The network is left as it is.
"""

from __future__ import annotations

import dataclasses
import io
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from trustai import seeds, zoo
from trustai.attacks.backdoor import Trigger
from trustai.registry import Registry
from trustai.types import Circumstances, ImageSet, OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier
from trustai.zoo.described import Described

OVERSAMPLING = 2  # along each side, which smooths the edges
INCH = 2.54
PICTURE = "patch-picture"
"""Topic of the table of a network's measured patch: a row per pixel from the upper left."""


@dataclass(frozen=True)
class PatchParams:
    """Of an adversarial patch, and of the views over which it is trained.

    Attributes:
        steps: Of Adam on the pixels of the patch, at least 1.
        lr: Its learning rate.
        batch_size: Pictures in a step, at least 1.
        side: Of the patch in its own pixels, at least 2.
        smallest, largest: Side in a picture, as a share of the picture's shorter side, in (0, 1].
        rotation: At most so many degrees to either side.
        tilt: Of the perspective, in ``[0, 0.5)``: how much nearer one edge may be than its middle.
        light: Colours are multiplied by a factor that differs from 1 by at most so much, in [0, 1].
    """

    steps: int = 300
    lr: float = 0.05
    batch_size: int = 32
    side: int = 24
    smallest: float = 0.15
    largest: float = 0.45
    rotation: float = 20.0
    tilt: float = 0.2
    light: float = 0.2

    def __post_init__(self) -> None:
        checks.typed(self)
        for name, least in (("steps", 1), ("batch_size", 1), ("side", 2), ("rotation", 0)):
            checks.at_least(name, getattr(self, name), least)
        checks.positive("lr", self.lr)
        if not 0 < self.smallest <= self.largest <= 1:
            raise ValueError(
                "expected 0 < smallest <= largest <= 1, "
                f"got smallest {self.smallest:g} and largest {self.largest:g}"
            )
        if not 0 <= self.tilt < 0.5:
            raise ValueError(f"expected tilt in [0, 0.5), got {self.tilt:g}")
        if not 0 <= self.light <= 1:
            raise ValueError(f"expected light in [0, 1], got {self.light:g}")

    def flat(self) -> PatchParams:
        """The same without turns, tilts and light: only places and sizes."""
        return dataclasses.replace(self, rotation=0.0, tilt=0.0, light=0.0)


@dataclass(frozen=True, eq=False)
class Patch:
    """A trained patch.

    Attributes:
        picture: ``float32 (3, side, side)`` in ``[0, 1]``.
        target: The class that a network says of pictures with it.
        losses: Mean cross entropy of the target in every step.
        circumstances: Network, parameters, seed and seconds.
    """

    picture: Tensor
    target: int
    losses: tuple[float, ...]
    circumstances: Circumstances

    def trigger(self, *, size: float, x: float = 1.0, y: float = 1.0) -> Trigger:
        """The patch as a mark at one place, to be compared with that of a backdoor."""
        return Trigger("own", size, x, y, picture=self.picture)


class AdversarialPatch(Described[PatchParams]):
    """Trains a patch on a frozen network."""

    name: ClassVar[str] = "adversarial-patch"
    title = "Adversarial patch"
    paper = "Brown et al. 2017, Adversarial Patch"
    url = "https://arxiv.org/abs/1712.09665"
    description = "A printed sticker that works at any place on any picture; no data is poisoned."
    formula = "p* = argmax_p E_{x,t,l} log P(target | A(p, x, l, t))"
    cost = "slow"
    params = PatchParams
    quick = PatchParams(steps=60)

    def train(
        self,
        classifier: Classifier,
        pictures: ImageSet,
        *,
        target: int,
        seed: int = 0,
        params: PatchParams | None = None,
        on_progress: OnProgress | None = None,
    ) -> Patch:
        """Find the patch.

        Args:
            classifier: In eval mode; it is not changed and may be shared with other threads.
            pictures: To put it on. Those of the target are left out.
            target: The class wanted for all of them.
            seed: Same inputs and seed, same bytes out.
            params: How; None for the defaults.
            on_progress: Called with the share done after every step; may raise to stop.

        Raises:
            ValueError: no such class, no picture of another class, or a wrong parameter.
        """
        started, params = time.perf_counter(), self.checked(params)
        checks.gradients_possible(pictures.images)
        steps = _steps(classifier, _others(pictures, target), target, params, seed)
        losses = []
        for loss, picture in steps:  # noqa: B007 - the last one counts
            losses.append(loss)
            if on_progress is not None:
                on_progress(len(losses) / params.steps)
        told = dataclasses.asdict(params) | {"target": target}
        circumstances = classifier.circumstances(
            method=self.name, parameters=told, seed=seed, started=started
        )
        return Patch(picture, target, tuple(losses), circumstances)


PATCHES: Registry[AdversarialPatch] = Registry("patch")
PATCHES.add(AdversarialPatch.name, AdversarialPatch(), order=10)


def measured_patch(model_id: str) -> Tensor | None:
    """The patch whose success the network's card tells, ``float32 (3, S, S)``; None without one.

    >>> measured_patch("signs-resnet18").shape
    torch.Size([3, 24, 24])
    """
    table = zoo.measurements(model_id, topic=PICTURE)
    if table is None:
        return None
    pixels = torch.tensor(table[["red", "green", "blue"]].to_numpy(), dtype=torch.float32) / 255
    side = math.isqrt(len(pixels))
    return pixels.T.reshape(3, side, side)


def printable(picture: Tensor, *, centimetres: float = 10.0, dpi: int = 300) -> bytes:
    """A PNG that is printed in this size, every pixel of the patch a square of one colour.

    Args:
        picture: ``float32 (3, side, side)`` in ``[0, 1]``.
        centimetres: Side on paper.
        dpi: Dots per inch.

    Raises:
        ValueError: a side outside 1 to 50 centimetres, or a resolution outside 50 to 600.
    """
    for name, value, least, most in (
        ("centimetres", centimetres, 1, 50), ("dpi", dpi, 50, 600),
    ):  # fmt: skip
        checks.number(name, value)
        if not least <= value <= most:
            raise ValueError(f"expected {name} in [{least}, {most}], got {value:g}")
    bytes_ = (picture * 255).round().byte().permute(1, 2, 0).numpy()
    side, file = round(centimetres / INCH * dpi), io.BytesIO()
    large = Image.fromarray(bytes_).resize((side, side), Image.Resampling.NEAREST)
    large.save(file, "PNG", dpi=(dpi, dpi))
    return file.getvalue()


def put_on(
    x: Tensor, picture: Tensor, *, size: float, seed: int = 0, params: PatchParams | None = None
) -> Tensor:
    """Pictures with a patch at a random place, turned, tilted and lit as in training.

    Args:
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``; not changed.
        picture: ``float32 (3, S, S)`` in ``[0, 1]``.
        size: Side of the patch, as a share of the pictures' shorter side, in ``(0, 1]``.
        seed: Of the places and views.
        params: Their range; None for the defaults.

    Raises:
        ValueError: another shape, or a size outside its range.

    >>> white = put_on(torch.zeros(1, 3, 20, 20), torch.ones(3, 4, 4), size=0.5,
    ...                params=PatchParams().flat())
    >>> round(float(white[0, 0].sum()))
    100
    """
    params = checks.params("put_on", params, PatchParams)
    if x.ndim != 4 or x.shape[1] != 3:
        raise ValueError(f"expected pictures (N, 3, H, W), got {tuple(x.shape)}")
    params = dataclasses.replace(params, smallest=size, largest=size)
    with torch.no_grad():
        return _placed(x, picture, params, seeds.torch_generator(seed))


def _steps(
    classifier: Classifier, others: ImageSet, target: int, params: PatchParams, seed: int
) -> Iterator[tuple[float, Tensor]]:
    """The loss of every step, and the patch after it."""
    dice, fast = seeds.torch_generator(seed), classifier.folded()
    patch = torch.rand(3, params.side, params.side, generator=dice).requires_grad_(True)
    optimizer = torch.optim.Adam([patch], lr=params.lr)
    wanted = torch.full((params.batch_size,), target)
    for _ in range(params.steps):
        rows = torch.randint(len(others), (params.batch_size,), generator=dice)
        views = _placed(others.take(rows).pixels, patch, params, dice)
        logits = fast(views.contiguous(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits, wanted)
        (patch.grad,) = torch.autograd.grad(loss, patch)
        optimizer.step()
        with torch.no_grad():
            patch.clamp_(0, 1)
        yield float(loss.detach()), patch.detach().clone()


def _others(pictures: ImageSet, target: int) -> ImageSet:
    if not 0 <= target < len(pictures.classes):
        raise ValueError(f"expected target in [0, {len(pictures.classes) - 1}], got {target}")
    rows = (pictures.labels != target).nonzero()[:, 0]
    if not len(rows):
        raise ValueError("expected pictures of another class than the target, got none")
    return pictures.take(rows)


def _placed(x: Tensor, patch: Tensor, params: PatchParams, dice: torch.Generator) -> Tensor:
    """``A(p, x, l, t)`` for every picture, differentiable in the patch."""
    n = len(x)
    where = _where(n, x.shape[-2:], params, dice)
    light = _between(n, 1 - params.light, 1 + params.light, dice).view(n, 1, 1, 1)
    mask = (where.abs() <= 1).all(dim=3)[:, None].to(x)
    colours = F.grid_sample(
        patch.expand(n, *patch.shape), where, mode="bilinear", padding_mode="border",
        align_corners=False,
    )  # fmt: skip
    covered = F.avg_pool2d(mask, OVERSAMPLING)
    seen = F.avg_pool2d((colours * light).clamp(0, 1) * mask, OVERSAMPLING)
    return x * (1 - covered) + seen


def _where(n: int, shape: torch.Size, params: PatchParams, dice: torch.Generator) -> Tensor:
    """``(N, 2 H, 2 W, 2)``: for places of the pictures those of the patch, in ``[-1, 1]``."""
    height, width = shape
    side = _between(n, params.smallest, params.largest, dice) * min(height, width)
    angle = _between(n, -1, 1, dice) * math.radians(params.rotation)
    cos, sin = angle.cos(), angle.sin()
    # The turned square stays inside the picture; one that is too large is in the middle.
    margin = side / 2 * (cos.abs() + sin.abs())
    dx, dy = (
        (torch.arange(OVERSAMPLING * length) + 0.5) / OVERSAMPLING
        - _between(n, (m := margin.clamp(max=length / 2)), length - m, dice)[:, None]
        for length in (width, height)
    )
    dx, dy = dx[:, None, :], dy[:, :, None]
    cos, sin, half = (value.view(n, 1, 1) for value in (cos, sin, side / 2))
    u, v = (cos * dx + sin * dy) / half, (cos * dy - sin * dx) / half
    # The perspective w = q / (1 + a q) is undone by q = w / (1 - a w).
    across, along = (_between(n, -params.tilt, params.tilt, dice).view(n, 1, 1) for _ in "uv")
    depth = (1 - across * u - along * v)[..., None]
    found = torch.stack([u, v], dim=3) / depth
    return torch.where(depth > 0, found, 2.0)  # 2: behind the camera


def _between(n: int, low: Tensor | float, high: Tensor | float, dice: torch.Generator) -> Tensor:
    """``(N,)`` numbers, uniform in a range."""
    return low + (high - low) * torch.rand(n, generator=dice)
