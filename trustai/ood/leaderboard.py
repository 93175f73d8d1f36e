"""The row of the leaderboard of OOD scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from trustai.ood.base import SCORES
from trustai.zoo.leaderboard import LeaderboardRow, figure

LEFT_OUT = "left out"
KEEP = 0.95


@dataclass(frozen=True)
class OODLeaderboardRow(LeaderboardRow):
    """One score against one OOD set; a figure that was not measured is nan.

    Attributes:
        n: Pictures of that OOD set.
        set: ``"left out"`` or the name of a data set.
        auroc: Chance that an OOD picture scores higher than a known picture; 0.5 says nothing.
        aupr: Average precision of finding the OOD pictures; chance is their share.
        fpr95: Share of the OOD pictures accepted where the threshold keeps 95 % of the known *test*
            pictures: the literature's figure and the course's.
        accepted: Share accepted at `threshold`: what a user would meet.
        threshold: Keeps 95 % of the known *validation* pictures, up to and with it.
        kept: Share of the known test pictures that it keeps.
        test_threshold: Keeps 95 % of the known test pictures; belongs to `fpr95`.
    """

    prefix: ClassVar[str] = "ood"
    split_by: ClassVar[str] = "set"
    methods = SCORES

    set: str = ""
    auroc: float = figure()
    aupr: float = figure()
    fpr95: float = figure()
    accepted: float = figure()
    threshold: float = figure(of_method={"keep": KEEP, "threshold_on": "validation"})
    kept: float = figure(of_method={"keep": KEEP, "threshold_on": "validation"})
    test_threshold: float = figure(of_method={"keep": KEEP, "threshold_on": "test"})
