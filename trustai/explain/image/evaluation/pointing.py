"""The pointing games of all methods on one set of pictures, beside what knows nothing.

Where objects stand in the middle the middle wins, so this is measured on pictures whose objects
stand elsewhere too, such as the signs of ``signs-off-centre``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from trustai.explain.comparison import compared, with_figures
from trustai.explain.image.base import METHODS, explain
from trustai.explain.image.evaluation.leaderboard import TOLERANCE, classified_correctly
from trustai.explain.image.evaluation.localisation import controls, inside_share, pointing_game
from trustai.types import ImageSet
from trustai.zoo.classifier import Classifier
from trustai.zoo.leaderboard import Leaderboard, LeaderboardRow, figure

HIGHER_IS_BETTER = {"pointing": True, "inside_share": True}


@dataclass(frozen=True)
class PointingLeaderboardRow(LeaderboardRow):
    """One attribution method in both pointing games; see `SaliencyLeaderboardRow` for the names."""

    prefix: ClassVar[str] = "pointing"
    methods = METHODS

    pointing: float = figure()
    inside_share: float = figure()
    chance_pointing: float = figure()
    centre_pointing: float = figure()
    centre_inside: float = figure()
    mask_share: float = figure()


def pointing_board(
    classifier: Classifier, images: ImageSet, *, methods: Sequence[str], seed: int = 0
) -> Leaderboard[PointingLeaderboardRow]:
    """Both pointing games of every method on the same pictures.

    Args:
        classifier: In eval mode.
        images: With masks; those that are classified correctly are used.
        methods: Some of `names()`; those that cannot apply to the network are left out.
        seed: Of the methods and of the bootstrap.

    Raises:
        ValueError: no masks, an unknown method, or no picture that is classified correctly.
    """
    if images.masks is None:
        raise ValueError(f"expected pictures whose objects are known, got {images.name}")
    used = classified_correctly(classifier, images)
    rows: list[PointingLeaderboardRow] = []
    values: dict[str, dict[str, NDArray[np.float64]]] = {}
    for method in (METHODS.get(name) for name in methods):
        try:
            found = explain(
                method.name, classifier, used.pixels, target=used.labels, seed=seed,
                params=method.leaderboard_params,
            )  # fmt: skip
        except ValueError:
            continue
        values[method.name] = _values(found.map, used)
        means = {name: float(np.nanmean(one)) for name, one in values[method.name].items()}
        row = PointingLeaderboardRow(method.name, method.title, n=len(used))
        rows.append(with_figures(row, means))
    told = compared(rows, values, higher_is_better=HIGHER_IS_BETTER, seed=seed)
    how = {"dataset": images.name, "n": len(images), "seed": seed, "tolerance": TOLERANCE}
    return Leaderboard(PointingLeaderboardRow, told, len(used), how)


def _values(maps: torch.Tensor, images: ImageSet) -> dict[str, NDArray[np.float64]]:
    assert images.masks is not None  # as was asked before
    tolerance = TOLERANCE * max(maps.shape[1:])
    figures = {
        "pointing": pointing_game(maps, images.masks, tolerance=tolerance),
        "inside_share": inside_share(maps, images.masks),
        **controls(images.masks, tolerance=tolerance),
    }
    return {name: one.double().numpy() for name, one in figures.items()}
