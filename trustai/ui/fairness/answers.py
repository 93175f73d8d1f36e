"""Answers to the questions of the page, each made from measured numbers."""

from __future__ import annotations

import numpy as np

from trustai.fairness.path import MeasuredPath
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of
from trustai.ui.fairness.by_group import choices_of, counts_of
from trustai.ui.fairness.measured import (
    ATTRIBUTES,
    counts_at,
    lambda_text,
    looks,
    path,
    threshold_counts,
)


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
        f"**{before['p_percent_rule_sex']:.1%}** to **{after['p_percent_rule_sex']:.1%}**."
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


def _rates(measured: MeasuredPath, step: int) -> str:
    part = measured.parts["test"]
    rates = RATES["selection_rate"].of(counts_at(part, step, "sex").astype(float))
    return " and ".join(
        f"**{rate:.1%}** of the group {look.name}"
        for look, rate in zip(looks(part, "sex"), rates, strict=True)
    )
