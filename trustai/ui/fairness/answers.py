"""Answers to the questions of the page, each made from measured numbers."""

from __future__ import annotations

import numpy as np

from trustai.fairness.calibration import by_group
from trustai.fairness.path import MeasuredPath
from trustai.fairness.proxies import mutual_information
from trustai.metrics.fairness import RARE, report
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of
from trustai.ui.fairness.by_group import choices_of, counts_of
from trustai.ui.fairness.measured import (
    ATTRIBUTES,
    compared,
    counts_at,
    criteria_text,
    lambda_text,
    looks,
    path,
    threshold_counts,
)
from trustai.ui.fairness.person.counterparts import (
    case_of,
    census_of,
    counterparts,
    first_above,
    probabilities,
)
from trustai.ui.fairness.tables import first_table


def dropped_columns() -> str:
    """Why it does not help to leave out sex and race."""
    measured = path()
    metrics, row = measured.card.metrics, measured.front.iloc[0]
    names = [f"proxy/adversary_auc/{attribute}" for attribute in ATTRIBUTES]
    from_inputs = (
        "An adversary that sees all the other columns tells the sex with a ROC AUC of "
        f"**{metrics[names[0]].value:.3f}** and the race with **{metrics[names[1]].value:.3f}**. "
        if all(name in metrics for name in names)
        else ""
    )
    return (
        f"The other columns tell the group. {from_inputs}An adversary that sees nothing but the "
        "answer of the network still tells the sex with a ROC AUC of "
        f"**{row['adversary_auc_sex']:.3f}** and the race with "
        f"**{row['adversary_auc_race']:.3f}**; 0.5 is chance. So the network uses the group "
        f"without seeing it. It predicts a high income for {_rates(measured, 0)}."
    )


def unfair_network() -> str:
    """Which figures show that the network is unfair."""
    measured = path()
    row = measured.front.iloc[0]
    return (
        f"The p%-rule is **{row['p_percent_rule_sex']:.1%}** for sex and "
        f"**{row['p_percent_rule_race']:.1%}** for race, far from 100 %. An adversary that sees "
        "only the answer of the network tells the sex with a ROC AUC of "
        f"**{row['adversary_auc_sex']:.3f}**. The accuracy is **{row['accuracy']:.1%}**: a good "
        "accuracy says nothing about fairness."
    )


def adversary() -> str:
    """What the adversary changes."""
    measured = path()
    before, after = (measured.front.iloc[step] for step in (0, measured.chosen))
    return (
        "The adversary gets only the answer of the network and tries to tell the group. The "
        "network is trained so that this fails. With "
        f"λ = {lambda_text(measured, measured.chosen)} the adversary's AUC falls for sex from "
        f"**{before['adversary_auc_sex']:.3f}** to **{after['adversary_auc_sex']:.3f}** and for "
        f"race from **{before['adversary_auc_race']:.3f}** to "
        f"**{after['adversary_auc_race']:.3f}**. The p%-rule for sex rises from "
        f"**{before['p_percent_rule_sex']:.1%}** to **{after['p_percent_rule_sex']:.1%}**. "
        + criteria_text(measured)
    )


def trade_off() -> str:
    """Why the repair costs accuracy."""
    measured = path()
    part = measured.parts["test"]
    counts = counts_at(part, 0, "sex").astype(float)
    base = RATES["base_rate"].of(counts)
    names = [look.name for look in looks(part, "sex")]
    before, after = (measured.front.iloc[step] for step in (0, measured.chosen))
    fewest = wrong_at_least(base, counts.sum((1, 2)))
    return (
        f"In the data {base[0]:.1%} of the group {names[0]} and {base[1]:.1%} of the group "
        f"{names[1]} have a high income. So even a network that is always right has a p%-rule of "
        f"only **{base.min() / base.max():.1%}**. Whoever wants 80 % must be wrong for at least "
        f"**{fewest:.1%}** of the people. Here the accuracy falls from "
        f"**{before['accuracy']:.1%}** to **{after['accuracy']:.1%}**."
    )


def wrong_at_least(base: np.ndarray, sizes: np.ndarray, *, rule: float = 0.8) -> float:
    """The smallest share of wrong predictions among all people with which two groups keep a
    p%-rule.

    Of the group with the base rate ``b`` the share ``s`` is selected, at the least with
    ``|s - b|`` wrong; the sum over both groups is smallest at ``s_low = b_low`` or
    ``s_high = b_high``.

    Args:
        base: Two base rates.
        sizes: Of the groups.
        rule: In ``(0, 1]``.

    >>> round(wrong_at_least(np.array([0.1, 0.3]), np.array([100, 100])), 3)
    0.07
    """
    low, high = int(np.argmin(base)), int(np.argmax(base))
    if base[low] >= rule * base[high]:
        return 0.0
    up = (rule * base[high] - base[low]) * sizes[low]
    down = (base[high] - base[low] / rule) * sizes[high]
    return float(min(up, down) / sizes.sum())


def definitions() -> str:
    """Why one definition of fairness excludes another."""
    measured = path()
    sha = measured.card.weights_sha256
    test = threshold_counts(sha, "test", 0, "sex")
    chosen = choices_of(threshold_counts(sha, "validation", 0, "sex"))
    told = []
    for name in ("p_percent_rule", "equal_opportunity", "predictive_parity"):
        table = counts_of(test, chosen[name]).astype(float)
        rule, opportunity, precision = (
            float(criterion_of(CRITERIA[one], table))
            for one in ("p_percent_rule", "equal_opportunity", "predictive_parity")
        )
        told.append(
            f"- Thresholds for **{CRITERIA[name].title}**: the p%-rule is {rule:.1%}, the true "
            f"positive rates differ by {opportunity:.1%}, and the precisions by {precision:.1%}."
        )
    return (
        "The groups have different base rates, so the definitions ask for different thresholds. "
        "To keep one of them breaks another:\n\n" + "\n".join(told)
    )


def one_person() -> str:
    """Why it says little to change only the sex of a person."""
    measured = path()
    census = census_of(first_table(), tuple(measured.card.arguments["columns"]))
    case = case_of(census, first_above(measured, census), "sex")
    found = counterparts(case)
    before, after = (probabilities(case, found, measured, k) for k in (0, measured.chosen))
    tells = list(mutual_information(census.learned, census.groups["train"]["sex"].codes))[:2]
    return (
        f"It says little. The network does not see the sex, so the probability of this person is "
        f"**{before[0]:.1%}** before the change and **{before[1]:.1%}** after it. But other "
        f"columns tell the sex, most of all {tells[0]} and {tells[1]}. If all columns that depend "
        f"on the sex are changed too, the network gives **{before[2]:.1%}** on average. For the "
        f"repaired network the same change goes from **{after[0]:.1%}** to **{after[2]:.1%}**."
    )


def calibration() -> str:
    """What the repair does to the calibration of the groups."""
    measured = path()
    part = measured.parts["test"]
    names = part.names["sex"][: part.compared["sex"]]
    before, after = (
        by_group(part.probability[k], part.labels, compared(part, "sex"), names)
        for k in (0, measured.chosen)
    )
    told = [
        f"- Group **{old.group}**: {old.observed.value:.1%} have a high income. The network "
        f"expects {old.said:.1%} without the repair and **{new.said:.1%}** after it. The "
        f"calibration error goes from {old.ece:.1%} to **{new.ece:.1%}**."
        for old, new in zip(before, after, strict=True)
    ]
    return (
        "Before the repair yes, and after it no. The repair makes the answers for both groups "
        "similar, but the groups have different shares of people with a high income. So the same "
        "probability now means something else in each group:\n\n" + "\n".join(told)
    )


def small_tables() -> str:
    """How much chance there is in the p%-rule of a small table."""
    told = []
    for n in (RARE, 300, 3_000):
        alike = np.array([[[n * 4 // 5, 0], [0, n // 5]]] * 2)
        rule = report(alike, ["a", "b"]).criteria["p_percent_rule"]
        told.append(f"- {n:,} rows in each group: from **{rule.low:.0%}** to **{rule.high:.0%}**.")
    return (
        "Only if the table has enough rows. Suppose that a model selects 20 % of both groups, so "
        "that the p%-rule is 100 %. These are the 95 % intervals of the p%-rule:\n\n"
        + "\n".join(told)
        + "\n\nSo in a small table a p%-rule below 80 % may be chance."
    )


def _rates(measured: MeasuredPath, step: int) -> str:
    part = measured.parts["test"]
    rates = RATES["selection_rate"].of(counts_at(part, step, "sex").astype(float))
    return " and ".join(
        f"**{rate:.1%}** of the group {look.name}"
        for look, rate in zip(looks(part, "sex"), rates, strict=True)
    )
