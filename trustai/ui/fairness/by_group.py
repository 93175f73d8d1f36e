"""View of a threshold for each group, and of what each definition of fairness asks of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import streamlit as st

from trustai.fairness import thresholds
from trustai.fairness.path import MeasuredPath
from trustai.metrics.fairness import Counts
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of
from trustai.ui.components.group_thresholds import (
    Choice,
    Compared,
    ThresholdGroup,
    group_thresholds,
)
from trustai.ui.fairness.measured import (
    KEPT,
    LEGAL,
    STOPS,
    THRESHOLD,
    compared,
    lambda_text,
    looks,
    path,
    pick_attribute,
    threshold_counts,
)
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, how_made, methods
from trustai.ui.kit.glossary import hint

SHOWN: Final = {
    "selection_rate": "selected",
    "true_positive_rate": "true positive rate",
    "false_positive_rate": "false positive rate",
    "precision": "precision",
}
JUDGED: Final = ("p_percent_rule", "equal_opportunity", "equalised_odds", "predictive_parity")
"""Criteria that are shown, and for which thresholds are chosen."""
BINS: Final = 50
NETWORKS: Final = ("Not repaired", "Repaired")


def show() -> None:
    measured = path()
    pickers, result = first_rows()
    with pickers:
        attribute, step = _pick(measured)
    sha = measured.card.weights_sha256
    validation, test = (threshold_counts(sha, s, step, attribute) for s in ("validation", "test"))
    chosen = choices_of(validation)
    with result:
        above = st.container()
        at = _sliders(measured, step, attribute, test, chosen)
        with above:
            finding(finding_text(measured, attribute, test, at, chosen["p_percent_rule"]))
    _say(measured, step)
    methods(*(CriterionMethod(name) for name in JUDGED), label="About these criteria")
    _export(measured, step, attribute, test, chosen).show()


def _pick(measured: MeasuredPath) -> tuple[str, int]:
    """Attribute and step."""
    left, right = st.columns(2)
    with left:
        attribute = pick_attribute()
    with right:
        network = st.segmented_control(
            "Network", NETWORKS, default=NETWORKS[0], key="network", bind="query-params",
            required=True, help=hint("adversarial debiasing"),
        )  # fmt: skip
    return attribute, 0 if network == NETWORKS[0] else measured.chosen


def _sliders(
    measured: MeasuredPath,
    step: int,
    attribute: str,
    test: Counts,
    chosen: Mapping[str, tuple[float, ...]],
) -> tuple[float, ...]:
    """The thresholds at which the handles rest."""
    groups = groups_of(measured, step, attribute, test)
    judged = [CRITERIA[name] for name in JUDGED]
    return group_thresholds(
        groups,
        [
            Compared(one.title, one.rates, True, LEGAL)
            if one.ratio
            else Compared(f"{one.title}, difference", one.rates, False, KEPT)
            for one in judged
        ],
        [
            Choice("nothing, 50 % for all", "One threshold for all.", (THRESHOLD,) * len(groups)),
            *(Choice(CRITERIA[n].title, CRITERIA[n].sentence, cuts) for n, cuts in chosen.items()),
        ],
        n=int(test[0].sum()),
        stops=STOPS,
        shown=SHOWN,
        label="Equalise:",
        start=THRESHOLD,
        of=f"{measured.card.weights_sha256}/{step}/{attribute}",
    )


def choices_of(validation: Counts) -> dict[str, tuple[float, ...]]:
    """By criterion the thresholds that keep it best on validation rows.

    Args:
        validation: Counts ``(T, G, 2, 2)`` at `STOPS`.
    """
    return {
        name: tuple(STOPS[i] for i in thresholds.equalise(validation, criterion=name))
        for name in JUDGED
    }


def counts_of(counts: Counts, at: Sequence[float]) -> Counts:
    """Counts ``(G, 2, 2)`` where every group has the threshold of its own."""
    return np.stack([counts[STOPS.index(cut), k] for k, cut in enumerate(at)])


def finding_text(
    measured: MeasuredPath,
    attribute: str,
    test: Counts,
    at: Sequence[float],
    fair: Sequence[float],
) -> str:
    """What the thresholds do, and what others would do."""
    names = [look.name for look in looks(measured.parts["test"], attribute)]
    if len(set(at)) > 1:
        return f"With {_words(names, at)} {_figures(test, at)}."
    return (
        f"With one threshold of {at[0]:.0%} for both groups {_figures(test, at)}. With "
        f"{_words(names, fair)} {_figures(test, fair)}."
    )


def _words(names: Sequence[str], at: Sequence[float]) -> str:
    return " and ".join(f"{cut:.0%} for {name}" for name, cut in zip(names, at, strict=True))


def _figures(test: Counts, at: Sequence[float]) -> str:
    found = _judged(test, at)
    return (
        f"the p%-rule is **{found['p_percent_rule']:.1%}** and the accuracy "
        f"**{found['accuracy']:.1%}**"
    )


def groups_of(
    measured: MeasuredPath, step: int, attribute: str, test: Counts
) -> list[ThresholdGroup]:
    """The groups as the component takes them."""
    part = measured.parts["test"]
    found = []
    for k, look in enumerate(looks(part, attribute)):
        scores = part.probability[step][compared(part, attribute) == k]
        table = test[:, k].astype(float)
        found.append(
            ThresholdGroup(
                look.name,
                look.colour,
                look.dash,
                (np.histogram(scores, BINS, (0, 1))[0] / max(1, len(scores))).round(5).tolist(),
                (test[:, k, 0, 0] + test[:, k, 1, 1]).tolist(),
                {name: RATES[name].of(table).tolist() for name in SHOWN},
            )
        )
    return found


class CriterionMethod:
    """A criterion as `trustai.ui.kit.methods` shows it."""

    def __init__(self, name: str) -> None:
        found = CRITERIA[name]
        self.title, self.description = found.title, found.sentence
        self.formula, self.paper, self.url = found.formula, found.paper, found.url


def _say(measured: MeasuredPath, step: int) -> None:
    part = measured.parts["test"]
    st.caption(
        "Drag a threshold, or press a button that keeps one definition of fairness. People right "
        "of the handle are selected. Look at the other definitions: to keep one of them breaks "
        f"others. A ratio is kept from {LEGAL:.0%} on, a difference up to {100 * KEPT:.0f} points. "
        "The buttons choose the thresholds on other people than those shown here, so a definition "
        "may be missed by a little. Whoever sets thresholds by group must know the group of every "
        "person, and the law may forbid that."
    )
    with how_made():
        st.caption(
            f"The network has λ = {lambda_text(measured, step)}. The buttons have thresholds that "
            f"were chosen on {len(measured.parts['validation'].labels):,} validation rows. All "
            f"figures are those of {len(part.labels):,} test rows, without the groups that are "
            "too small to compare."
        )


def _export(
    measured: MeasuredPath,
    step: int,
    attribute: str,
    test: Counts,
    chosen: Mapping[str, tuple[float, ...]],
) -> Export:
    names = [look.name for look in looks(measured.parts["test"], attribute)]
    rules = {"accuracy alone, 50 %": (THRESHOLD,) * len(names), **chosen}
    judged = {rule: _judged(test, at) for rule, at in rules.items()}
    lines = [",".join(["equalised", *names, "accuracy", *JUDGED])]
    for rule, at in rules.items():
        lines.append(",".join([f'"{rule}"', *(f"{v:.5f}" for v in (*at, *judged[rule].values()))]))
    return Export(
        name=f"{measured.card.id}-{step}-by-group-{attribute}",
        key="by-group",
        csv="\n".join(lines) + "\n",
        json={
            "model": measured.card.id,
            "weights_sha256": measured.card.weights_sha256,
            "step": step,
            "groups": names,
            "thresholds": rules,
            "on_test": judged,
        },
        python=_python(measured, step, attribute),
    )


def _judged(test: Counts, at: Sequence[float]) -> dict[str, float]:
    table = counts_of(test, at).astype(float)
    found = {"accuracy": float(RATES["accuracy"].of(table.sum(0)))}
    return found | {name: float(criterion_of(CRITERIA[name], table)) for name in JUDGED}


def _python(measured: MeasuredPath, step: int, attribute: str) -> str:
    return f"""
import numpy as np

from trustai import fairness
from trustai.fairness import thresholds
from trustai.metrics.fairness import counts_by_threshold
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of

stops = [k / 100 for k in range(1, 100)]
counts = {{}}
for split, part in fairness.load_path("{measured.card.id}").parts.items():
    n = part.compared["{attribute}"]
    group = np.where(part.groups["{attribute}"] < n, part.groups["{attribute}"], -1)
    counts[split] = counts_by_threshold(
        part.probability[{step}], part.labels, group, thresholds=stops, n_groups=n
    )
for name in {JUDGED}:
    at = thresholds.equalise(counts["validation"], criterion=name)
    table = np.stack([counts["test"][i, k] for k, i in enumerate(at)]).astype(float)
    print(name, [stops[i] for i in at], "accuracy", RATES["accuracy"].of(table.sum(0)))
    print(*(f"{{one}} {{criterion_of(CRITERIA[one], table):.4f}}" for one in {JUDGED}))
"""
