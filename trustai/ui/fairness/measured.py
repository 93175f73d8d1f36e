"""What the views share: the measured path over lambda, and how its groups are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import streamlit as st

from trustai.fairness.densities import densities
from trustai.fairness.path import MeasuredPart, MeasuredPath, load_path
from trustai.fairness.thresholds import LEAST_RATIO
from trustai.metrics.fairness import Counts, Interval, counts_by_threshold, group_counts
from trustai.metrics.group_rates import CRITERIA, criterion_of
from trustai.plots import colours
from trustai.ui.components.live_slider import Dash
from trustai.ui.kit.glossary import hint

ATTRIBUTES: Final = ("sex", "race")
KEPT: Final = 0.05
"""A difference up to here counts as none: chance alone makes some."""
LEGAL: Final = LEAST_RATIO
"""The p%-rule that is a common legal limit."""
THRESHOLD: Final = 0.5
STOPS: Final = tuple(k / 100 for k in range(1, 100))
"""Where a slider of thresholds may rest."""
_COLOURS: Final = {
    "sex": (colours.OTHERS[0], colours.OTHERS[1]),
    "race": (colours.OTHERS[2], colours.OTHERS[3]),
}
_DASHES: Final[tuple[Dash, ...]] = ("solid", "dashed", "dotted")


@dataclass(frozen=True)
class GroupLook:
    """A group that criteria compare, and how it is drawn.

    Attributes:
        name: Of the group.
        colour, dash: Of its curve.
    """

    name: str
    colour: str
    dash: Dash


def path() -> MeasuredPath:
    """The measured path of the page; treat it as read-only."""
    return load_path()


def pick_attribute() -> str:
    """A choice of the attribute whose groups are compared, bound to the URL."""
    return str(
        st.segmented_control(
            "Compare by", ATTRIBUTES, default=ATTRIBUTES[0], key="attribute", bind="query-params",
            required=True, format_func=str.capitalize, help=hint("sensitive attribute"),
        )
    )  # fmt: skip


def looks(part: MeasuredPart, attribute: str) -> list[GroupLook]:
    """The groups of an attribute that are compared, in their order."""
    names = part.names[attribute][: part.compared[attribute]]
    return [
        GroupLook(name, _COLOURS[attribute][k % 2], _DASHES[k % 3]) for k, name in enumerate(names)
    ]


def compared(part: MeasuredPart, attribute: str) -> npt.NDArray[np.int64]:
    """The group of every row, -1 where it is none that is compared."""
    group = part.groups[attribute]
    return np.where(group < part.compared[attribute], group, -1)


def counts_at(part: MeasuredPart, step: int, attribute: str, *, every: bool = False) -> Counts:
    """Counts ``(G, 2, 2)`` of one step at the threshold 50 %.

    Args:
        every: All groups and not only those that are compared.
    """
    n = len(part.names[attribute]) if every else part.compared[attribute]
    group = part.groups[attribute] if every else compared(part, attribute)
    chosen = part.probability[step] >= THRESHOLD
    return group_counts(part.labels, chosen, group, n_groups=n)


@st.cache_data(show_spinner=False, max_entries=64)
def threshold_counts(sha: str, split: str, step: int, attribute: str) -> Counts:
    """Counts ``(T, G, 2, 2)`` at every one of `STOPS` of the groups that are compared.

    Args:
        sha: Of the weights, so that those of new weights are counted anew.
    """
    part = path().parts[split]
    return counts_by_threshold(
        part.probability[step],
        part.labels,
        compared(part, attribute),
        thresholds=STOPS,
        n_groups=part.compared[attribute],
    )


@st.cache_data(show_spinner=False, max_entries=8)
def heights(sha: str, attribute: str) -> npt.NDArray[np.float64]:
    """The square roots of the densities ``(K, G, P)`` of the compared groups on the test part.

    Args:
        sha: As of `threshold_counts`.
    """
    part = path().parts["test"]
    found = densities(
        part.probability, compared(part, attribute), n_groups=part.compared[attribute]
    )
    return np.asarray(np.sqrt(found))


def lambda_text(measured: MeasuredPath, step: int) -> str:
    """The strength of a step in words."""
    weights = measured.lambdas[step]
    if not any(weights.values()):
        return "0, no repair"
    if len({f"{w:.3g}" for w in weights.values()}) == 1:
        return f"{next(iter(weights.values())):.3g}"
    return ", ".join(f"{w:.3g} for {attribute}" for attribute, w in weights.items())


def criteria_text(measured: MeasuredPath) -> str:
    """What the repair does to two other criteria than the p%-rule, by attribute."""
    part, told = measured.parts["test"], []
    for name in ("equal_opportunity", "equalised_odds"):
        parts = []
        for attribute in ATTRIBUTES:
            before, after = (
                float(criterion_of(CRITERIA[name], counts_at(part, step, attribute).astype(float)))
                for step in (0, measured.chosen)
            )
            way = "worse" if after > before else "better"
            parts.append(f"{way} for {attribute} (from {before:.1%} to **{after:.1%}**)")
        told.append(f"{CRITERIA[name].title} becomes {' and '.join(parts)}")
    return (
        "The repair is made for the p%-rule, and it can harm other criteria. At "
        f"λ = {lambda_text(measured, measured.chosen)} {told[0]}, and {told[1]}. Both are "
        "differences between the groups, and 0 is fair."
    )


def percent(share: float) -> str:
    """A share as it is written on the page.

    >>> percent(0.1234), percent(float("nan"))
    ('12.3%', '–')
    """
    return "–" if np.isnan(share) else f"{share:.1%}"


def interval_text(one: Interval) -> str:
    """A share and its interval as they are written on the page.

    >>> interval_text(Interval(0.5, 0.41, 0.6))
    '50.0% (41.0% to 60.0%)'
    """
    if np.isnan(one.value):
        return "–"
    return f"{percent(one.value)} ({percent(one.low)} to {percent(one.high)})"
