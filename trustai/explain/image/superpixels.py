"""Superpixels: the pieces of a picture that LIME and Shapley values hide and show.

Pictures are cut by SLIC (Achanta et al. 2012, https://doi.org/10.1109/TPAMI.2012.120) as
scikit-image has it: k-means over colour and place, without any random number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trustai.explain.base import progress_of, required
from trustai.explain.image.baselines import (
    Baseline,
    baseline_pictures,
    checked_baseline,
)
from trustai.explain.image.passes import at_once
from trustai.types import OnProgress
from trustai.zoo import checks
from trustai.zoo.classifier import Classifier

# How much place counts against colour. 10 follows the outlines of things; where colours change from
# pixel to pixel it leaves next to no pieces, and the next value is tried.
COMPACTNESS = (10, 30, 100, 300, 1000)


@dataclass(frozen=True, eq=False)
class Superpixels:
    """A picture cut into pieces.

    Attributes:
        labels: ``int64 (H, W)``: every pixel's piece, 0 to ``n - 1``, none of them empty.
        n: How many there are.
    """

    labels: Tensor
    n: int

    def painted(self, values: Tensor) -> Tensor:
        """One value per piece ``(n,)`` -> ``float32 (H, W)``, every pixel its piece's value."""
        return values.to(self.labels.device, torch.float32)[self.labels]


def usual_number(height: int, width: int) -> int:
    """How many pieces to ask for: ``4 * sqrt(shorter side)``.

    >>> usual_number(32, 48)
    23

    23 for 32 pixels, 32 for 64, 60 for 224: fine enough for the parts of a thing, few enough for
    some hundred evaluations to tell them apart.
    """
    return round(4 * math.sqrt(min(height, width)))


def superpixels(x: Tensor, *, n_segments: int | None = None) -> Superpixels:
    """Cut a picture along its edges; the same picture is always cut the same way.

    Args:
        x: ``float32 (3, H, W)`` in ``[0, 1]``.
        n_segments: How many pieces to ask for, at least 2; None: `usual_number`. SLIC starts from
            a grid of them and merges crumbs, so there may be up to half fewer or some more.

    Returns:
        The pieces, numbered from 0.

    Raises:
        ValueError: `n_segments` is less than 2, or the package scikit-image is missing.
    """
    height, width = x.shape[-2:]
    wanted = usual_number(height, width) if n_segments is None else n_segments
    checks.at_least("n_segments", wanted, 2)
    slic = required("skimage.segmentation", "scikit-image", "superpixels").slic
    pixels = x.permute(1, 2, 0).double().cpu().numpy()
    for compactness in COMPACTNESS:
        found = slic(
            pixels, n_segments=wanted, compactness=compactness, start_label=0, channel_axis=-1
        )
        names, labels = np.unique(found, return_inverse=True)
        if 2 * len(names) >= wanted:
            break
    contiguous = torch.from_numpy(labels.reshape(height, width).astype(np.int64))
    return Superpixels(contiguous.to(x.device), len(names))


def hidden_picture(
    classifier: Classifier, x: Tensor, pieces: Superpixels, baseline: Baseline
) -> Tensor:
    """The picture with every piece hidden.

    Args:
        classifier: Knows the mean colour of its training pictures.
        x: ``float32 (3, H, W)`` in ``[0, 1]``.
        pieces: Of the picture.
        baseline: As in `trustai.explain.image.baselines.baseline_pictures`, but for ``"mean"``:
            every piece has its own mean colour, as the library lime has it. Pieces are of one
            colour by construction, so that hides little: of eight road signs our network still
            knew two.

    Returns:
        ``float32 (3, H, W)`` in ``[0, 1]``.

    Raises:
        ValueError: no such baseline.
    """
    checked_baseline(baseline)
    if baseline != "mean":
        return baseline_pictures(classifier, x[None], baseline)[0]
    labels = pieces.labels.flatten()
    sums = x.new_zeros(3, pieces.n).index_add_(1, labels, x.flatten(1))
    return (sums / labels.bincount(minlength=pieces.n))[:, pieces.labels]


def probabilities(
    network: Classifier,
    x: Tensor,
    pieces: Superpixels,
    hidden: Tensor,
    shown: Tensor,
    on_progress: OnProgress | None = None,
) -> Tensor:
    """What the network says while only some pieces are shown.

    Args:
        network: May be a folded copy.
        x, hidden: ``(3, H, W)``: the picture, and the picture with every piece hidden.
        shown: ``bool (M, n)``: which pieces of which version are those of `x`.

    Returns:
        ``float64 (M, C)`` probabilities of all classes.
    """
    shown = shown.to(x.device)
    found = []
    for part in progress_of(shown.split(at_once(x)), on_progress):
        seen = part[:, pieces.labels][:, None]
        logits = network.predict(torch.where(seen, x, hidden), batch_size=len(part))
        found.append(logits.double().softmax(1))
    return torch.cat(found)


def square_grid(segments: float) -> tuple[int, int]:
    """Rows and columns of the square grid with about as many cells as there are superpixels.

    Superpixels are no grid; a random map as coarse as theirs is drawn on this one.
    """
    side = max(1, round(math.sqrt(segments)))
    return side, side
