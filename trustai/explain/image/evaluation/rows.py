"""The row of the leaderboard of attribution methods for pictures."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import ClassVar

from trustai.explain.image.base import METHODS
from trustai.explain.image.evaluation.nulls import TITLES
from trustai.metrics.intervals import LEVEL
from trustai.zoo.leaderboard import LeaderboardRow, figure

NULLS = tuple(TITLES)


@dataclass(frozen=True)
class SaliencyLeaderboardRow(LeaderboardRow):
    """One attribution method; a figure that could not be measured is nan.

    The nulls are those of `trustai.explain.image.evaluation.nulls`: a random field as smooth as the
    map, a centred blob, the same method's map of another picture, and its map of that picture's
    class. Of each null that could be measured there are a deletion and an insertion area.

    Attributes:
        n: Maps judged.
        problems: Maps that said nothing (all zero, constant, not finite): counted here, not
            judged.
        deletion, insertion: Mean areas under the curves; lower and higher is better.
        field_deletion, field_insertion, blob_deletion, blob_insertion, picture_deletion,
            picture_insertion, class_deletion, class_insertion: Those of the nulls.
        lead: Mean of insertion minus deletion, minus the same of `best_null`.
        lead_p: Two-sided bootstrap p value of a lead of 0, corrected by Holm for all methods.
        beats_null: Share of the pictures on which insertion minus deletion is above that of
            `best_null`.
        pointing: Share of the maps whose maximum lies on the object.
        inside_share: Mean share of the positive attribution that lies on the object.
        chance_pointing, centre_pointing, centre_inside, mask_share: What maps that know nothing
            reach, see `trustai.explain.image.evaluation.localisation.controls`.
        seconds: Median time to explain one picture, alone.
    """

    prefix: ClassVar[str] = "saliency"
    repeated: ClassVar[tuple[str, ...]] = ("seed",)
    methods = METHODS

    problems: int = 0
    deletion: float = figure()
    insertion: float = figure()
    field_deletion: float = figure()
    field_insertion: float = figure()
    blob_deletion: float = figure()
    blob_insertion: float = figure()
    picture_deletion: float = figure()
    picture_insertion: float = figure()
    class_deletion: float = figure()
    class_insertion: float = figure()
    lead: float = figure()
    lead_p: float = figure()
    beats_null: float = figure()
    pointing: float = figure()
    inside_share: float = figure()
    chance_pointing: float = figure()
    centre_pointing: float = figure()
    centre_inside: float = figure()
    mask_share: float = figure()
    seconds: float = figure()

    def score_of(self, null: str = "") -> float:
        """Insertion minus deletion of the method, or of a null by its name.

        Args:
            null: Empty for the method itself.
        """
        start = f"{null}_" if null else ""
        return float(getattr(self, f"{start}insertion") - getattr(self, f"{start}deletion"))

    @property
    def best_null(self) -> str:
        """Name of the null with the highest mean score, of those measured; empty without any."""
        known = {name: self.score_of(name) for name in NULLS if not isnan(self.score_of(name))}
        return max(known, key=known.__getitem__, default="")

    @property
    def shows_faithfulness(self) -> bool:
        """Whether the lead over the best null is above 0 and more than chance explains."""
        return self.lead > 0 and self.lead_p < 1 - LEVEL
