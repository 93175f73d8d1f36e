"""Image parameterisation: pixels or Fourier spectrum, decorrelated colours.

A `Parameterisation` holds one tensor, its `leaf`, that an optimizer moves, and turns it into a
picture inside ``[0, 1]`` whatever the leaf holds. All of them can express the same pictures; they
differ in which directions a step of ascent finds short: for pixels every pixel is as near as
any other, for a spectrum a slow gradation is as near as a fine grain (Olah et al. 2017,
https://distill.pub/2017/feature-visualization, "preconditioning").
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from trustai.data.images.blur import gaussian_blur
from trustai.explain.image.visualization.colour_axes import COLOUR_COVARIANCE, colour_root

PARAMETERISATIONS = ("pixels", "fourier")

# Standard deviation of the noise around grey from which every ascent starts, in pixel units. Grey
# itself would be the same for every seed, and for a symmetric network a point without a gradient.
START_NOISE = 0.01


class Parameterisation(ABC):
    """One picture ``(1, 3, size, size)`` as a function of `leaf`.

    Attributes:
        leaf: What the optimizer moves; requires a gradient.
    """

    leaf: Tensor

    @abstractmethod
    def raw(self) -> Tensor:
        """The picture before its colours, ``(1, 3, size, size)``; linear in `leaf`."""

    @abstractmethod
    def to_picture(self, raw: Tensor) -> Tensor:
        """The picture that `raw` stands for, ``float32 (1, 3, size, size)``, differentiable."""

    @abstractmethod
    def move(self, delta: Tensor) -> None:
        """Changes `leaf` such that `raw` changes by `delta` ``(1, 3, size, size)``."""

    def picture(self) -> Tensor:
        """``float32 (1, 3, size, size)`` in ``[0, 1]``, differentiable with respect to `leaf`."""
        return self.to_picture(self.raw())

    @torch.no_grad()
    def blur(self, sigma: float) -> None:
        """Blurs `raw` by a Gaussian of standard deviation `sigma` pixels."""
        raw = self.raw()
        self.move(gaussian_blur(raw, sigma=sigma) - raw)

    def project(self) -> None:  # noqa: B027 - most cannot leave [0, 1]
        """Brings the leaf back to where its picture is inside ``[0, 1]``, after a step."""


class ClampedPixels(Parameterisation):
    """The pixels themselves, cut off at 0 and 1 after every step: projected gradient ascent."""

    def __init__(self, *, size: int, generator: torch.Generator, device: torch.device) -> None:
        noise = torch.randn((1, 3, size, size), generator=generator) * START_NOISE
        self.leaf = (0.5 + noise).clamp(0, 1).to(device).requires_grad_(True)

    def raw(self) -> Tensor:
        return self.leaf

    def to_picture(self, raw: Tensor) -> Tensor:
        # Not clamped here: that would cut the gradient, and pixels would stick at 0 and 1.
        return raw

    @torch.no_grad()
    def move(self, delta: Tensor) -> None:
        self.leaf += delta

    @torch.no_grad()
    def project(self) -> None:
        self.leaf.clamp_(0, 1)


class SigmoidParameterisation(Parameterisation):
    """``picture = sigmoid(R u)`` of an unbounded picture ``u``, ``R`` the colours' root.

    Args:
        decorrelate: Whether the three channels of ``u`` are decorrelated colours; otherwise they
            are red, green and blue, ``R = 1``.
    """

    def __init__(self, *, decorrelate: bool, device: torch.device) -> None:
        self._root = (
            colour_root(torch.tensor(COLOUR_COVARIANCE)).to(device) if decorrelate else None
        )

    def to_picture(self, raw: Tensor) -> Tensor:
        if self._root is not None:
            raw = torch.einsum("ij,njhw->nihw", self._root, raw)
        return raw.sigmoid()


class SigmoidPixels(SigmoidParameterisation):
    """One unbounded number per pixel and colour."""

    def __init__(
        self, *, size: int, decorrelate: bool, generator: torch.Generator, device: torch.device
    ) -> None:
        super().__init__(decorrelate=decorrelate, device=device)
        # The sigmoid's slope at grey is 1/4.
        noise = torch.randn((1, 3, size, size), generator=generator) * (4 * START_NOISE)
        self.leaf = noise.to(device).requires_grad_(True)

    def raw(self) -> Tensor:
        return self.leaf

    @torch.no_grad()
    def move(self, delta: Tensor) -> None:
        self.leaf += delta


class FourierSpectrum(SigmoidParameterisation):
    """The Fourier coefficients of the unbounded picture: ``u = irfft2(s * z)``.

    ``s(f) ~ 1 / max(|f|, 1/size)`` is how amplitudes fall with the frequency ``f`` (cycles per
    pixel) in photographs, scaled so that a standard normal spectrum ``z`` gives a picture ``u`` of
    unit variance at every size. A step of equal length in every coefficient is then a large
    change in coarse shapes and a small one in fine grain.
    """

    def __init__(
        self, *, size: int, decorrelate: bool, generator: torch.Generator, device: torch.device
    ) -> None:
        super().__init__(decorrelate=decorrelate, device=device)
        self._size = size
        self._scale = spectral_scale(size).to(device)
        # The last axis holds the real and the imaginary part of every coefficient.
        noise = torch.randn((1, 3, *self._scale.shape, 2), generator=generator)
        self.leaf = (noise * (4 * START_NOISE)).to(device).requires_grad_(True)

    def raw(self) -> Tensor:
        spectrum = torch.view_as_complex(self.leaf) * self._scale
        return torch.fft.irfft2(spectrum, s=(self._size, self._size), norm="ortho")

    @torch.no_grad()
    def move(self, delta: Tensor) -> None:
        spectrum = torch.fft.rfft2(delta, norm="ortho") / self._scale
        self.leaf += torch.view_as_real(spectrum)


def _frequencies(size: int) -> Tensor:
    """``(size, size // 2 + 1)``: cycles per pixel of every coefficient that `irfft2` takes."""
    return torch.hypot(torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)[None, :])


def spectral_scale(size: int) -> Tensor:
    """``s``, ``float32 (size, size // 2 + 1)``: the amplitude of every coefficient.

    See `FourierSpectrum`.

    A picture made of independent coefficients of unit variance in both their parts, times ``s``,
    by the orthonormal `irfft2`, has unit variance on average over its pixels.
    """
    scale = 1 / _frequencies(size).clamp_min(1 / size)
    # By Parseval's theorem the variance of the picture is the mean power over the full plane, of
    # which `irfft2` is given half: columns that stand for their mirror image too count twice.
    # In the columns that are their own mirror image it keeps half of the power of noise.
    columns = torch.full((size // 2 + 1,), 2.0)
    columns[0] = 0.5
    if size % 2 == 0:
        columns[-1] = 0.5
    power = 2 * (columns * scale**2).sum() / size**2
    return scale / power.sqrt()


def initial_parameterisation(
    parameterisation: str,
    *,
    size: int,
    decorrelate: bool,
    generator: torch.Generator,
    device: torch.device,
) -> Parameterisation:
    """Noise around grey, parameterised.

    Args:
        parameterisation: One of `PARAMETERISATIONS`.
        size: Side of the square picture in pixels, at least 2.
        decorrelate: Steps along decorrelated colours rather than red, green and blue.
        generator: Of the noise.
        device: Where the picture is wanted.
    """
    if parameterisation == "fourier":
        return FourierSpectrum(
            size=size, decorrelate=decorrelate, generator=generator, device=device
        )
    if decorrelate:
        return SigmoidPixels(size=size, decorrelate=True, generator=generator, device=device)
    return ClampedPixels(size=size, generator=generator, device=device)
