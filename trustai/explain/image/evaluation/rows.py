"""The row of the leaderboard of attribution methods for pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from trustai.explain.image.base import METHODS
from trustai.zoo.leaderboard import LeaderboardRow, figure


@dataclass(frozen=True)
class SaliencyLeaderboardRow(LeaderboardRow):
    """One attribution method; a figure that could not be measured is nan.

    Attributes:
        n: Maps judged.
        problems: Maps that said nothing (all zero, constant, not finite): counted here, not
            judged.
        deletion, insertion: Mean areas under the curves; lower and higher is better.
        random_deletion, random_insertion: Those of random maps just as coarse.
        beats_random: Share of the pictures whose deletion area is below that of random maps.
        pointing: Share of the maps whose maximum lies on the object.
        inside_share: Mean share of the positive attribution that lies on the object.
        mask_share: Mean share of the picture that the object fills, for comparison.
        seconds: Median time to explain one picture, alone.
    """

    prefix: ClassVar[str] = "saliency"
    repeated: ClassVar[tuple[str, ...]] = ("seed",)
    methods = METHODS

    problems: int = 0
    deletion: float = figure()
    insertion: float = figure()
    random_deletion: float = figure()
    random_insertion: float = figure()
    beats_random: float = figure()
    pointing: float = figure()
    inside_share: float = figure()
    mask_share: float = figure()
    seconds: float = figure()
