"""View of one's own table: rates of its groups at every threshold, with intervals and warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from trustai.fairness.own_groups import ColumnGroups, unseen_levels
from trustai.metrics.fairness import (
    RARE,
    Counts,
    GroupReport,
    Interval,
    auc_by_group,
    counts_by_threshold,
    group_counts,
    report,
)
from trustai.metrics.group_rates import CRITERIA, RATES, criterion_of
from trustai.plots import colours
from trustai.plots.fairness.rates import GroupRate, rates
from trustai.ui.components.live_slider import Dash, Figure, Line, XAxis, YAxis, live_slider
from trustai.ui.fairness.every_group import rates_table
from trustai.ui.fairness.measured import STOPS, THRESHOLD, interval_text, percent
from trustai.ui.fairness.own.choices import Chosen, pick
from trustai.ui.fairness.own.take_away import export
from trustai.ui.kit.caching import cached_call, sha256_of
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted, plain
from trustai.ui.kit.frame import finding, first_look, fold, how_made
from trustai.ui.kit.own_table.training import train, wanted

MOST_LINES = 4
LINES = (colours.OTHERS[0], colours.OTHERS[1], colours.OTHERS[2], colours.OTHERS[3])
DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted", "solid")


@dataclass(frozen=True, eq=False)
class JudgedRows:
    """Rows whose predictions are judged.

    Attributes:
        probability: ``(N,)`` in [0, 1].
        labels: ``(N,)``.
        groups: Of these rows.
        what: What gave the probabilities, in words.
        unseen: Levels that the network never saw, by column.
        seed: Of the training.
    """

    probability: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    groups: ColumnGroups
    what: str
    unseen: dict[str, tuple[str, ...]]
    seed: int


def show() -> None:
    pickers, results = first_look(results=2.4)
    with pickers:
        chosen = pick()
        seed = int(st.number_input("Seed", 0, 10_000, 0, key="fair-own-seed"))
    with results:
        said = st.empty()
        judged = _judged(chosen, seed)
        if judged is None:
            with said.container():
                finding(_base_rates(chosen))
            return
        compared = judged.groups.compared()
        _warn(judged)
        if len(compared) < 2:
            raise ValueError(
                f"expected two groups of at least {RARE} judged rows, got {len(compared)}"
            )
        cut = _live(chosen, judged, compared)
        found, between = _reports(judged, compared, cut)
        with said.container():
            finding(finding_text(judged, between, cut))
        _chart(judged, found, cut)
    _tables(found, between, _aucs(chosen, judged, found))
    _how(chosen, judged)
    export(chosen, found, between, cut, judged.seed).show()


def finding_text(judged: JudgedRows, between: GroupReport, cut: float) -> str:
    """Who is selected least and most, and whether that may be chance."""
    rate = between.rates["selection_rate"]
    least, most = (
        between.groups[int(pick_([one.value for one in rate]))] for pick_ in (np.argmin, np.argmax)
    )
    values = {g: one.value for g, one in zip(between.groups, rate, strict=True)}
    rule = between.criteria["p_percent_rule"]
    return (
        f"At the threshold {cut:.0%} the group {plain(least)} is selected in "
        f"**{values[least]:.1%}** and the group {plain(most)} in **{values[most]:.1%}** of the "
        f"rows. The p%-rule is **{percent(rule.value)}**, with an interval from "
        f"{percent(rule.low)} to {percent(rule.high)}."
    )


def _judged(chosen: Chosen, seed: int) -> JudgedRows | None:
    """Test rows of a network that is trained, or all rows that have a score."""
    table = chosen.own.table
    if chosen.score is not None:
        rows = np.flatnonzero(~np.isnan(chosen.scores))
        return JudgedRows(
            chosen.scores[rows],
            table.labels.numpy()[rows],
            chosen.groups.take(rows),
            f"the scores in “{plain(chosen.score.name)}”",
            {},
            seed,
        )
    if not wanted(chosen.own, seed):
        return None
    trained = train(chosen.own, seed)
    for sentence in trained.warnings:
        st.warning(plain(sentence), icon=":material/warning:")
    return JudgedRows(
        trained.model.probability(trained.test.rows).double().numpy(),
        trained.test.labels.numpy(),
        chosen.groups.take(trained.test.indices.numpy()),
        f"a network that learned from {counted(len(trained.train), 'row')}",
        unseen_levels(trained.train, trained.test),
        seed,
    )


def _base_rates(chosen: Chosen) -> str:
    """What is known before a network is trained."""
    labels, groups = chosen.own.table.labels.numpy(), chosen.groups
    counts = group_counts(labels, labels, groups.codes, n_groups=len(groups.names))
    shares = RATES["base_rate"].of(counts.astype(float))
    some = groups.compared()[:MOST_LINES]
    parts = ", ".join(f"**{shares[k]:.1%}** of the group {plain(groups.names[k])}" for k in some)
    outcome = plain(chosen.own.table.classes[1])
    if not some:
        return f"No group of {plain(groups.title)} has {RARE} rows. Choose another column."
    return f"The outcome “{outcome}” is true for {parts}."


def _warn(judged: JudgedRows) -> None:
    groups = judged.groups
    sizes = np.bincount(groups.codes[groups.codes >= 0], minlength=len(groups.names))
    rare = [f"{plain(groups.names[k])} ({sizes[k]})" for k in np.flatnonzero(sizes < RARE)]
    if rare:
        st.warning(
            f"Fewer than {RARE} judged rows, so their rates say little and they are not compared: "
            f"{'; '.join(rare)}.",
            icon=":material/group:",
        )
    if groups.n_unknown:
        st.warning(
            f"{counted(groups.n_unknown, 'judged row')} without a value of {plain(groups.title)}: "
            "left out.",
            icon=":material/help:",
        )
    for column, levels in judged.unseen.items():
        st.caption(
            f"In {plain(column)} the network never saw {plain(', '.join(levels))}: these levels "
            "have no weight."
        )


def _live(chosen: Chosen, judged: JudgedRows, compared: tuple[int, ...]) -> float:
    """The threshold at which the handle rests."""
    groups = judged.groups
    counts = counts_by_threshold(
        judged.probability, judged.labels, groups.codes, thresholds=STOPS,
        n_groups=len(groups.names),
    )[:, list(compared)].astype(float)  # fmt: skip
    selected = RATES["selection_rate"].of(counts)
    rule = criterion_of(CRITERIA["p_percent_rule"], counts)
    odds = criterion_of(CRITERIA["equalised_odds"], counts)
    right = (counts[..., 0, 0] + counts[..., 1, 1]).sum(1) / counts.sum((1, 2, 3))
    drawn = list(enumerate(compared[:MOST_LINES]))
    return live_slider(
        *(Line(groups.names[k], selected[:, i].tolist(), LINES[i], DASHES[i]) for i, k in drawn),
        *(
            Figure(groups.names[k], [percent(v) for v in selected[:, i]], LINES[i], DASHES[i])
            for i, k in drawn
        ),
        Figure("p%-rule", [percent(v) for v in rule], colours.RANDOM),
        Figure("equalised odds", [percent(v) for v in odds], colours.RANDOM),
        Figure("accuracy", [percent(v) for v in right], colours.RANDOM),
        key="own-threshold",
        label="Threshold on the probability",
        values=STOPS,
        start=THRESHOLD,
        x=XAxis(
            value_text=lambda v: f"{v:.0%}",
            tick_labels={t / 10: f"{t * 10} %" for t in range(1, 10)},
        ),
        y=YAxis("selected", (0.0, 1.0)),
        of=f"{chosen.own.sha}/{judged.what}/{groups.title}",
    )


def _reports(
    judged: JudgedRows, compared: tuple[int, ...], cut: float
) -> tuple[GroupReport, GroupReport]:
    """Rates of every group with a row, and criteria between those that are compared."""
    names = judged.groups.names
    chosen = judged.probability >= cut
    counts: Counts = group_counts(judged.labels, chosen, judged.groups.codes, n_groups=len(names))
    there = np.flatnonzero(counts.sum((1, 2)))
    return (
        report(counts[there], [names[k] for k in there]),
        report(counts[list(compared)], [names[k] for k in compared]),
    )


def _aucs(chosen: Chosen, judged: JudgedRows, found: GroupReport) -> tuple[Interval, ...]:
    """The ROC AUC within every group of the report; it is the same at every threshold."""
    names = judged.groups.names
    every: tuple[Interval, ...] = cached_call(
        lambda: auc_by_group(
            judged.probability, judged.labels, judged.groups.codes, n_groups=len(names)
        ),
        subject=chosen.own,
        weights_sha="",
        inputs=[sha256_of(judged.probability, judged.labels, judged.groups.codes)],
        method="metrics.fairness.auc_by_group",
    )
    return tuple(one for name, one in zip(names, every, strict=True) if name in found.groups)


def _chart(judged: JudgedRows, found: GroupReport, cut: float) -> None:
    sizes = found.counts.sum((1, 2)).tolist()
    chart(
        rates(
            [
                GroupRate(name, n, one.value, one.low, one.high)
                for name, n, one in zip(
                    found.groups, sizes, found.rates["selection_rate"], strict=True
                )
            ],
            name="selection rate",
        ),
        key="own-selected",
        title=f"Selected at the threshold {cut:.0%}",
        about=f"{counted(sum(sizes), 'judged row')}. In brackets: rows. Lines: 95 % intervals.",
    )


def _tables(found: GroupReport, between: GroupReport, aucs: Sequence[Interval]) -> None:
    with fold("Rates of each group"):
        st.dataframe(rates_table(found, aucs), hide_index=True)
    st.subheader("Criteria between the groups")
    st.dataframe(
        pd.DataFrame(
            [
                {"criterion": one.title,
                 "value (95 % interval)": interval_text(between.criteria[name]),
                 "meaning": one.sentence}
                for name, one in CRITERIA.items()
            ]
        ),
        hide_index=True,
    )  # fmt: skip
    if left := [g for g in found.groups if g not in between.groups]:
        st.caption(f"Not compared, because rare: {plain('; '.join(left))}.")


def _how(chosen: Chosen, judged: JudgedRows) -> None:
    with how_made():
        st.caption(
            f"Judged: {judged.what}, on {counted(len(judged.labels), 'row')}. The intervals are "
            f"95 % bootstrap intervals. Groups: {plain(judged.groups.title)}. A group of fewer "
            f"than {RARE} judged rows is shown and not compared. sha256 of the table: "
            f"{chosen.own.sha[:12]}."
        )
