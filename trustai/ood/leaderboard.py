"""The table of scores against sets of strangers, and how a card keeps it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trustai.ood.base import SCORES
from trustai.zoo import Card, Metric

PREFIX = "ood"
LEFT_OUT = "left out"
KEEP = 0.95


@dataclass(frozen=True)
class Row:
    """One score against one set of strangers; a figure that was not measured is nan.

    Attributes:
        score, title: Name in the registry, and for people.
        set: ``"left out"`` or the name of a data set.
        n: Strangers of that set.
        auroc: Chance that a stranger scores higher than a known picture; 0.5 says nothing.
        aupr: Average precision of finding the strangers; chance is their share.
        fpr95: Share of the strangers accepted where the threshold keeps 95 % of the known *test*
            pictures: the literature's figure and the course's.
        accepted: Share accepted at `threshold`: what a user would meet.
        threshold: Keeps 95 % of the known *validation* pictures, up to and with it.
        kept: Share of the known test pictures that it keeps.
        test_threshold: Keeps 95 % of the known test pictures; belongs to `fpr95`.
    """

    score: str
    title: str
    set: str
    n: int = 0
    auroc: float = math.nan
    aupr: float = math.nan
    fpr95: float = math.nan
    accepted: float = math.nan
    threshold: float = math.nan
    kept: float = math.nan
    test_threshold: float = math.nan


FIGURES = ("auroc", "aupr", "fpr95", "accepted")
OF_SCORE = ("threshold", "kept", "test_threshold")


def as_metrics(rows: list[Row], *, how: Mapping[str, Any]) -> dict[str, Metric]:
    """The rows as metrics of a card: ``ood/<score>/<set>/<figure>`` and ``ood/<score>/threshold``.

    What they share stands once, with ``ood/pictures``, the number of known test pictures.

    Args:
        how: The data set, ``n`` and what else the rows have in common; by set, under ``sets``, how
            many strangers and what they are.
    """
    found = {f"{PREFIX}/pictures": Metric(float(how["n"]), dict(how))}
    for row in rows:
        short = {"n": row.n, "as": f"{PREFIX}/pictures"}
        own = {"keep": KEEP, "as": f"{PREFIX}/pictures"}
        for figure in FIGURES:
            name = f"{PREFIX}/{row.score}/{row.set}/{figure}"
            found[name] = Metric(round(getattr(row, figure), 5), short)
        for figure in OF_SCORE:
            chosen_on = {"threshold": "validation", "kept": "validation", "test_threshold": "test"}
            told = own | {"threshold_on": chosen_on[figure]}
            found[f"{PREFIX}/{row.score}/{figure}"] = Metric(getattr(row, figure), told)
    return found


def standings(card: Card) -> list[Row]:
    """The rows that `as_metrics` put on a card: by score in the order of the menus, then by set.

    Empty where nothing was measured.
    """
    if f"{PREFIX}/pictures" not in card.metrics:
        return []
    sets = card.metrics[f"{PREFIX}/pictures"].how["sets"]
    rows = []
    for name, entry in SCORES:
        for set_ in sets:
            start = f"{PREFIX}/{name}/{set_}"
            if f"{start}/auroc" not in card.metrics:
                continue
            figures = {figure: card.metrics[f"{start}/{figure}"] for figure in FIGURES}
            of_score = {figure: card.metrics[f"{PREFIX}/{name}/{figure}"] for figure in OF_SCORE}
            values = {key: metric.value for key, metric in (figures | of_score).items()}
            n = int(figures["auroc"].how["n"])
            rows.append(Row(score=name, title=entry.title, set=set_, n=n, **values))
    return rows
