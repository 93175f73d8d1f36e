"""Common corruptions of pictures (noise, blur, rotation, ...) with a severity.

Each takes ``x (N, 3, H, W)`` in ``[0, 1]`` and a severity in ``[0, 1]``: 0 leaves the picture as
it is, 1 is the strongest, whose meaning in the corruption's own unit is its `strongest`.
The names follow Hendrycks & Dietterich 2019, https://arxiv.org/abs/1903.12261.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from trustai import seeds
from trustai.data.images.blur import gaussian_blur
from trustai.registry import Registry
from trustai.zoo import checks

# (x, amount (N,) in the corruption's own unit, generator) -> x'
Apply = Callable[[Tensor, Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Corruption:
    """A registered corruption.

    Attributes:
        title, description: For people.
        formula: One line; ``x`` is the picture and ``a`` the amount.
        paper, url: Reference.
        strongest: The amount at severity 1, in `unit`.
        unit: What the amount counts, for the slider's caption.
        apply: ``(x, amount (N,), generator) -> x'``; may leave ``[0, 1]``, the caller clips.
    """

    title: str
    description: str
    formula: str
    strongest: float
    unit: str
    apply: Apply
    paper: str
    url: str


HENDRYCKS = (
    "Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness to Common Corruptions "
    "and Perturbations",
    "https://arxiv.org/abs/1903.12261",
)
"""Paper and address of those that name no other."""
CORRUPTIONS: Registry[Corruption] = Registry("corruption")


def _register(
    name: str, *, title: str, description: str, formula: str, strongest: float, unit: str,
    paper: str = HENDRYCKS[0], url: str = HENDRYCKS[1],
) -> Callable[[Apply], Apply]:  # fmt: skip
    def add(apply: Apply) -> Apply:
        entry = Corruption(title, description, formula, strongest, unit, apply, paper, url)
        CORRUPTIONS.add(name, entry)
        return apply

    return add


def _uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """``(n,)``, drawn on the CPU so that every device sees the same numbers."""
    return low + (high - low) * torch.rand(n, generator=generator)


def _per_picture(values: Tensor, x: Tensor) -> Tensor:
    return values.to(x).view(-1, 1, 1, 1)


@_register(
    "gaussian_noise",
    title="Gaussian noise",
    description="Adds random normal noise to every colour channel of every pixel.",
    formula="x' = clip(x + a n), n ~ N(0, 1)",
    strongest=0.3,
    unit="standard deviation (pixels lie in 0 to 1)",
)
def _gaussian_noise(x: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    noise = torch.randn(x.shape, generator=generator).to(x)
    return x + _per_picture(amount, x) * noise


@_register(
    "colour_jitter",
    title="Colour jitter",
    description="Changes brightness, contrast, saturation and hue at random, as other cameras do.",
    formula="x' = c (s (M x b - g) + g - m) + m; b, s, c ~ 1 + a U(-1, 1); M turns the hue",
    paper="Hosseini and Poovendran 2018, Semantic Adversarial Examples",
    url="https://arxiv.org/abs/1804.00499",
    strongest=0.8,
    unit="largest relative change of brightness, contrast and saturation",
)
def _colour_jitter(x: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    n = len(x)
    brightness, contrast, saturation = (
        _per_picture(1 + amount * _uniform(n, -1, 1, generator), x) for _ in range(3)
    )
    # Hue: a turn of the colour plane of YIQ, at most a quarter of half a circle.
    angle = amount * _uniform(n, -1, 1, generator) * math.pi / 4
    to_yiq = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    turn = torch.eye(3).repeat(n, 1, 1)
    turn[:, 1, 1] = turn[:, 2, 2] = angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -angle.sin(), angle.sin()
    matrix = (torch.linalg.inv(to_yiq) @ turn @ to_yiq).to(x)
    x = torch.einsum("nij,njhw->nihw", matrix, x) * brightness
    grey = x.mean(1, keepdim=True)
    x = grey + saturation * (x - grey)
    middle = x.mean((1, 2, 3), keepdim=True)
    return middle + contrast * (x - middle)


@_register(
    "rotation",
    title="Rotation",
    description="Turns the picture about its centre by a random angle, up to the stated one.",
    formula="x'(p) = x(R(t) p), t ~ a U(-1, 1)",
    paper="Engstrom et al. 2019, Exploring the Landscape of Spatial Robustness",
    url="https://arxiv.org/abs/1712.02779",
    strongest=10.0,
    unit="degrees, at most, either way",
)
def _rotation(x: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    angle = torch.deg2rad(amount * _uniform(len(x), -1, 1, generator))
    theta = torch.zeros(len(x), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = angle.cos()
    theta[:, 0, 1], theta[:, 1, 0] = -angle.sin(), angle.sin()
    grid = F.affine_grid(theta.to(x), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


@_register(
    "white_pixels",
    title="White pixels",
    description="Sets single pixels at random places to white.",
    formula="x'(p) = 1 for a random pixels p, else x(p)",
    strongest=100.0,
    unit="pixels",
)
def _white_pixels(x: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    n, _, height, width = x.shape
    order = torch.rand(n, height * width, generator=generator).argsort(1).argsort(1)
    chosen = (order < amount.round().view(-1, 1)).view(n, 1, height, width)
    return torch.where(chosen.to(x.device), torch.ones_like(x), x)


@_register(
    "blur",
    title="Blur",
    description="Blurs the picture, as a camera that is out of focus.",
    formula="x' = x * G, G a Gaussian of standard deviation a",
    strongest=0.08,
    unit="standard deviation, as a share of the picture's side",
)
def _blur(x: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    return gaussian_blur(x, sigma=amount * min(x.shape[-2:]))


@_register(
    "jpeg",
    title="JPEG compression",
    description="Saves the picture as a JPEG file of low quality and opens it again.",
    formula="x' = decode(encode(x, quality = 100 - a))",
    strongest=95.0,
    unit="100 minus the JPEG quality",
)
def _jpeg(x: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    pictures = (x * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    out = np.empty_like(pictures)
    for i, (picture, lost) in enumerate(zip(pictures, amount.tolist(), strict=True)):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=max(1, round(100 - lost)))
        with Image.open(file, formats=["JPEG"]) as opened:
            out[i] = np.asarray(opened)
    return torch.from_numpy(out).to(x.device).permute(0, 3, 1, 2).to(x.dtype) / 255


@_register(
    "contrast",
    title="Low contrast",
    description="Moves every pixel towards the mean of the picture, as fog does.",
    formula="x' = m + (1 - a) (x - m), m = mean(x)",
    strongest=0.9,
    unit="share of the contrast that is lost",
)
def _contrast(x: Tensor, amount: Tensor, generator: torch.Generator) -> Tensor:
    middle = x.mean((1, 2, 3), keepdim=True)
    return middle + (1 - _per_picture(amount, x)) * (x - middle)


# What the course trained and tested on: the three together, in this order.
COURSE_MIX = {"colour_jitter": 0.5, "rotation": 1.0, "gaussian_noise": 1 / 3}


def names() -> list[str]:
    """Every corruption, in the order of the menus."""
    return CORRUPTIONS.names()


def corrupt(name: str, x: Tensor, *, severity: float | Tensor, seed: int = 0) -> Tensor:
    """Corrupt a batch.

    Args:
        name: One of `names()`.
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        severity: In ``[0, 1]``, one number or one per picture ``(N,)``. 0 changes nothing.
        seed: Of everything random; the same inputs and seed give the same bytes.

    Returns:
        ``float32 (N, 3, H, W)`` in ``[0, 1]``.

    Raises:
        ValueError: unknown name, or a severity outside ``[0, 1]``.

    >>> x = torch.full((1, 3, 2, 2), 0.5)
    >>> corrupt("gaussian_noise", x, severity=0.5).std() > 0
    tensor(True)
    >>> torch.equal(corrupt("blur", x, severity=0), x)
    True
    """
    return _corrupt(name, x, severity, seeds.torch_generator(seed))


def corrupt_mix(x: Tensor, *, severity: float | Tensor = 1.0, seed: int = 0) -> Tensor:
    """The course's mixture: colour jitter, rotation and Gaussian noise, one after another.

    Args:
        x: ``float32 (N, 3, H, W)`` in ``[0, 1]``.
        severity: Scales the severities in `COURSE_MIX` (jitter 0.4, up to 10 degrees, noise of
            standard deviation 0.1 at 1); one number or one per picture ``(N,)``.
        seed: Of everything random.

    Returns:
        ``float32 (N, 3, H, W)`` in ``[0, 1]``.

    >>> corrupt_mix(torch.full((2, 3, 8, 8), 0.5), severity=torch.tensor([0.0, 1.0])).shape
    torch.Size([2, 3, 8, 8])
    """
    generator = seeds.torch_generator(seed)
    severity = torch.as_tensor(severity, dtype=torch.float32)
    for name, share in COURSE_MIX.items():
        x = _corrupt(name, x, severity * share, generator)
    return x


def _corrupt(name: str, x: Tensor, severity: float | Tensor, generator: torch.Generator) -> Tensor:
    corruption = CORRUPTIONS.get(name)
    if not isinstance(severity, Tensor):
        checks.number("severity", severity)
    per_picture = torch.as_tensor(severity, dtype=torch.float32)
    if per_picture.numel() not in (1, len(x)):
        raise ValueError(
            f"expected one severity or one for each of {len(x)} pictures, got {per_picture.numel()}"
        )
    per_picture = per_picture.expand(len(x))
    if not ((per_picture >= 0) & (per_picture <= 1)).all():
        raise ValueError(f"expected severity in [0, 1], got {severity}")
    changed = corruption.apply(x, per_picture * corruption.strongest, generator).clamp(0, 1)
    untouched = (per_picture == 0).view(-1, 1, 1, 1).to(x.device)
    return torch.where(untouched, x, changed)
