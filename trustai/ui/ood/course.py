"""Thresholds on the confidence: those of a student report beside those here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from trustai import data, ood
from trustai.plots import colours
from trustai.plots import ood as plots_ood
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.measured import trained_unlike
from trustai.ui.ood.pickers import (
    CONFIDENT,
    INLIER,
    OODMeasurements,
    accepted_at_usual,
    accepts_fewest,
    ood_measurements,
)

# Quoted, not ours: the confidence that kept 95 % of the known pictures, and the share of the
# left-out class still accepted, of a ResNet-18 of full width trained for 200 epochs.
COURSE = {"frog": (0.694, 0.855), "cat": (0.754, 0.826)}
COLUMNS = (
    "threshold, report",
    "threshold, here",
    "accepted, report",
    "accepted, here",
    "best score here",
)
MARKS = ((colours.CLEAN, "circle"), (colours.OTHERS[0], "diamond"))


def show_course(measured: OODMeasurements) -> None:
    networks = ood_measurements()
    label = "Comparison with a student report, and why thresholds differ"
    # Its figures are of these classes.
    with st.expander(label, icon=":material/school:", expanded=measured.left_out in COURSE):
        st.table(_table(networks).set_index("network"))
        st.caption(
            "The report lowered a threshold on the confidence until 95 % of the familiar pictures "
            "were accepted. “Accepted” is the share of the left-out class that was accepted too. "
            "The figures of the report are quoted; its network was wider. Our figures are measured "
            "on all test pictures. The best score is the score that accepts the smallest share of "
            "the left-out class."
        )
        _why([n for n in networks if n.left_out in COURSE] or [measured])


def _table(networks: Sequence[OODMeasurements]) -> pd.DataFrame:
    rows = []
    for n in networks:
        course = COURSE.get(n.left_out)
        limit = n.threshold(CONFIDENT)
        best = accepts_fewest(n)
        rows.append(
            {
                "network": n.card.title,
                COLUMNS[0]: "–" if course is None else f"{course[0]:.3f}",
                COLUMNS[1]: f"{1 - limit:.3f}",
                COLUMNS[2]: "–" if course is None else f"{course[1]:.1%}",
                COLUMNS[3]: f"{accepted_at_usual(n, CONFIDENT):.1%}",
                COLUMNS[4]: f"{accepted_at_usual(n, best):.1%} ({ood.get(best).title})",
            }
        )
    here = {n.left_out for n in networks}
    for left_out, (confidence, accepted) in COURSE.items():
        if left_out not in here:
            quoted = {"network": f"CIFAR-10 without {left_out}s"}
            quoted |= dict.fromkeys(COLUMNS, "–")
            quoted |= {COLUMNS[0]: f"{confidence:.3f}", COLUMNS[2]: f"{accepted:.1%}"}
            rows.append(quoted)
    return pd.DataFrame(rows)


def _why(networks: Sequence[OODMeasurements]) -> None:
    several = len(networks) > 1
    question = "Why do the two thresholds differ?" if several else "What sets the threshold?"
    st.markdown(f"**{question}**")
    names = [c for c in data.dataset(networks[0].card.dataset).classes
             if any(c in n.card.classes for n in networks)]  # fmt: skip
    weakest = [_least_sure(n, names) for n in networks]
    groups = [
        (n.card.title, *MARKS[i % 2], weak, 1 - n.threshold(CONFIDENT))
        for i, (n, weak) in enumerate(zip(networks, weakest, strict=True))
    ]
    chart(plots_ood.least_sure(groups, names), key="least-sure", title="Lowest confidence by class")
    st.markdown(" ".join(_said(n) for n in networks) + (" " + _answer(networks) if several else ""))
    if several and (unlike := trained_unlike(*(n.card for n in networks[:2]))):
        st.caption(unlike)


def _confidence(measured: OODMeasurements) -> pd.DataFrame:
    rows = measured.table[measured.table["set"] == INLIER]
    classes = np.array(data.dataset(measured.card.dataset).classes)
    return pd.DataFrame(
        {"class": classes[rows["label"]], "confidence": 1 - rows[CONFIDENT].astype(float)}
    )


def _least_sure(measured: OODMeasurements, names: Sequence[str]) -> list[float | None]:
    weak = _confidence(measured).groupby("class")["confidence"].quantile(0.05)
    return [float(weak[name]) if name in weak else None for name in names]


def _rejected(measured: OODMeasurements) -> pd.Series[float]:
    """Each class's share of the familiar pictures that the threshold rejects, largest first."""
    limit = 1 - measured.threshold(CONFIDENT)
    rows = _confidence(measured)
    return rows[rows["confidence"] < limit]["class"].value_counts(normalize=True)


def _said(measured: OODMeasurements) -> str:
    shares = _rejected(measured)
    few = ", ".join(f"{plain(str(name))} {share:.0%}" for name, share in shares.head(3).items())
    limit = 1 - measured.threshold(CONFIDENT)
    return (
        f"**{plain(measured.card.title)}**: 95 % of the familiar pictures have a confidence of at "
        f"least {limit:.3f}. The largest classes among the other 5 % are {few}."
    )


def _answer(networks: Sequence[OODMeasurements]) -> str:
    """From the data: what happens to the unsure ones when a confusable class is taken away."""
    surer, other = sorted(networks, key=lambda n: n.threshold(CONFIDENT))[:2]
    limit = 1 - other.threshold(CONFIDENT)
    gone = surer.left_out
    share = float(_rejected(other).get(gone, 0.0))
    below = float((_confidence(surer)["confidence"] < limit).mean())
    gains = {
        name: float(after - before)
        for name, before, after in zip(
            surer.card.classes,
            _least_sure(other, surer.card.classes),
            _least_sure(surer, surer.card.classes),
            strict=True,
        )
        if before is not None and after is not None
    }
    most = max(gains, key=lambda name: gains[name])
    return (
        "The threshold depends only on the *familiar* pictures that the network is least sure of. "
        f"The class {plain(gone)} makes up {share:.0%} of these. A network without this class does "
        f"not confuse other classes with it: the confidence that 95 % of {plain(most)} reach "
        f"changes by {gains[most]:+.3f}. Then only {below:.1%} of the familiar pictures have a "
        f"confidence below {limit:.3f}, the threshold of the other network, and "
        f"{1 - surer.threshold(CONFIDENT):.3f} is enough to accept 95 %."
    )
