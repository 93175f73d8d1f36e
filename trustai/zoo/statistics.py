"""Statistics of the features of a network's training pictures.

OOD scores and nearest neighbours compare a picture with these. They are measured once,
by ``python -m trustai.train.measure <model id> --stages feature-statistics``, and lie beside the
weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NEXT_TO_NOTHING = 1e-6  # share of the largest variance


@dataclass(frozen=True, eq=False)
class FeatureStatistics:
    """Statistics of the features ``(N, D)`` of a network's own training pictures, C classes.

    Attributes:
        reference: ``float32 (R, D)``: features of R training pictures, as many of every class.
        labels: ``int64 (R,)``: their classes.
        indices: ``int64 (R,)``: their numbers in the training split.
        means: ``float32 (C, D)``: per class, over all training pictures.
        counts: ``int64 (C,)``: how many training pictures each class has.
        within: ``float32 (D, D)``: covariance of the features around the means of their classes.
    """

    reference: Tensor
    labels: Tensor
    indices: Tensor
    means: Tensor
    counts: Tensor
    within: Tensor

    @property
    def mean(self) -> Tensor:
        """``(D,)``, of all training pictures."""
        return self._shares @ self.means

    @property
    def total(self) -> Tensor:
        """``(D, D)``: covariance around `mean`, ``within + between``."""
        apart = self.means - self.mean
        return self.within + apart.T @ (self._shares[:, None] * apart)

    @property
    def _shares(self) -> Tensor:
        return self.counts / self.counts.sum()

    @classmethod
    def of(
        cls,
        features: Tensor,
        labels: Tensor,
        indices: Tensor,
        *,
        per_class: int,
        n_classes: int | None = None,
    ) -> FeatureStatistics:
        """Fit to the features ``(N, D)`` of training pictures; the first `per_class` of each
        class are the reference.

        Args:
            n_classes: C; None: up to the last one among `labels`.

        Raises:
            ValueError: a class has fewer than two pictures.
        """
        counts = labels.bincount(minlength=n_classes or 0)
        if counts.min() < 2:
            raise ValueError(f"expected two pictures of every class, got {counts.min()} of one")
        rows = [(labels == c).nonzero()[:, 0] for c in range(len(counts))]
        means = torch.stack([features[r].double().mean(0) for r in rows])
        around = features.double() - means[labels]
        kept = torch.cat([r[:per_class] for r in rows])
        return cls(
            reference=features[kept],
            labels=labels[kept],
            indices=indices[kept],
            means=means.float(),
            counts=counts,
            within=(around.T @ around / len(features)).float(),
        )

    def to_tensors(self) -> dict[str, Tensor]:
        """For a file: the reference in 8 bits a number, between its least and largest, and a
        factor of the covariance, ``within = factor factor^T``, without what is next to nothing.
        """
        least, most = self.reference.amin(0), self.reference.amax(0)
        step = (most - least).clamp_min(1e-12) / 255
        variances, directions = torch.linalg.eigh(self.within.double())
        large = variances > NEXT_TO_NOTHING * variances.max()
        factor = directions[:, large] * variances[large].sqrt()
        size = factor.abs().max()  # so that float16 holds the small ones too
        return {
            "reference": ((self.reference - least) / step).round().to(torch.uint8),
            "least": least,
            "step": step,
            "labels": self.labels.to(torch.int16),
            "indices": self.indices.to(torch.int32),
            "means": self.means,
            "counts": self.counts.to(torch.int32),
            "factor": (factor / size).half(),
            "size": size,
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> FeatureStatistics:
        factor = tensors["factor"].double() * tensors["size"]
        return cls(
            reference=tensors["least"] + tensors["reference"].float() * tensors["step"],
            labels=tensors["labels"].long(),
            indices=tensors["indices"].long(),
            means=tensors["means"],
            counts=tensors["counts"].long(),
            within=(factor @ factor.T).float(),
        )
