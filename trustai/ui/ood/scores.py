"""View of the leaderboard: every OOD score against every OOD set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
import torch
from torch import Tensor

from trustai import ood
from trustai.ood.leaderboard import OODLeaderboardRow
from trustai.plots import colours
from trustai.plots import ood as plots_ood
from trustai.plots.charts import ShareCurve, share_curves
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, listed, methods
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.measured import INTERVALS, ends, interval_text, tied_with_leader, with_ties
from trustai.ui.ood.pickers import (
    CONFIDENT,
    INLIER,
    KEEP,
    OODMeasurements,
    pick_network,
)
from trustai.zoo.leaderboard import Leaderboard

POINTS = 200
LINES = (colours.CLEAN, *colours.OTHERS, colours.TRAINED_AGAINST)
COLUMNS = {
    "auroc": st.column_config.NumberColumn(
        "AUROC",
        format="%.3f",
        help=hint("AUROC"),
    ),
    "aupr": st.column_config.NumberColumn(
        "AUPR",
        format="%.3f",
        help=hint("AUPR"),
    ),
    "fpr95": st.column_config.NumberColumn(
        "FPR95",
        format="percent",
        help=hint("FPR95"),
    ),
    "accepted": st.column_config.NumberColumn(
        "accepted",
        format="percent",
        help="The same share with a threshold that is chosen on validation pictures, as in use.",
    ),
    "kept": st.column_config.NumberColumn(
        "familiar accepted",
        format="percent",
        help="The share of the familiar test pictures that the same threshold accepts.",
    ),
}


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        left, right = st.columns(2)
        with left:
            measured = pick_network()
        rows = Leaderboard.from_card(measured.card, OODLeaderboardRow).rows
        if not rows:
            raise ValueError(
                f"expected the scores of {measured.card.id} on its card, got none: run "
                f"`python -m trustai.train.measure {measured.card.id} --stages ood`"
            )
        sets = list(dict.fromkeys(row.set for row in rows))
        against = right.selectbox(
            "Unfamiliar pictures",
            sets,
            format_func=measured.name,
            key="against",
            bind="query-params",
            help="Each score should tell these pictures from the familiar pictures.",
        )
    chosen = sorted((r for r in rows if r.set == against), key=lambda r: r.fpr95)
    with result:
        finding(finding_text(measured, chosen, against))
        _bars(measured, chosen, against)
    _ties(chosen)
    _curves(measured, chosen, against)
    _figures(chosen)
    _everything(measured, rows, sets)
    _export(measured, rows).show()
    methods(*(ood.get(r.method) for r in chosen), label="About these scores")


def _bars(measured: OODMeasurements, chosen: Sequence[OODLeaderboardRow], against: str) -> None:
    chart(
        plots_ood.accepted_by_score(
            with_ties(chosen, "fpr95"),
            [r.fpr95 for r in chosen],
            measured.colour(against),
            chance=KEEP,
            name=measured.name(against),
            ends=ends(chosen, "fpr95"),
        ),
        key="accepted-by-score",
        title="Unfamiliar pictures accepted, by score",
        about=f"{measured.card.title}, {measured.name(against)}",
    )


def finding_text(
    measured: OODMeasurements, chosen: Sequence[OODLeaderboardRow], against: str
) -> str:
    """What the best score accepts, and the plain confidence beside it, in one sentence."""
    best, name = chosen[0], plain(measured.name(against))
    place, simple = next((i, r) for i, r in enumerate(chosen, start=1) if r.method == CONFIDENT)
    said = (
        f"If 95 % of the familiar pictures are accepted, the score **{plain(best.title)}** still "
        f"accepts **{best.fpr95:.1%}** of {name}"
    )
    if best is simple:
        return f"{said}, and every other score accepts more."
    return (
        f"{said}, and the {plain(simple.title.lower())} accepts **{simple.fpr95:.1%}** (place "
        f"{place} of {len(chosen)})."
    )


def _ties(chosen: Sequence[OODLeaderboardRow]) -> None:
    """Which scores may be as good as the best one, and what the thin lines are."""
    best = chosen[0]
    if not best.intervals:
        return
    tied = tied_with_leader(chosen, "fpr95")
    st.markdown(
        f"The share of {plain(best.title)} is {best.fpr95:.1%}{_sure(best)}. "
        + (
            f"These {best.n:,} pictures cannot tell it from {plain(listed(tied))}: the difference "
            "may be chance."
            if tied
            else "Every other score accepts more, and chance does not explain the difference."
        )
    )
    st.caption(INTERVALS)


def _sure(row: OODLeaderboardRow) -> str:
    found = row.intervals.get("fpr95")
    return "" if found is None else f" ({interval_text(found.low, found.high)})"


def _figures(chosen: Sequence[OODLeaderboardRow]) -> None:
    table = pd.DataFrame(
        [{"score": r.title, **{c: getattr(r, c) for c in COLUMNS}} for r in chosen]
    )
    with st.expander("All numbers of these scores", icon=":material/table:"):
        st.dataframe(
            table,
            hide_index=True,
            column_config={"score": st.column_config.TextColumn(width=250), **COLUMNS},
            width="stretch",
            height="content",
            row_height=32,
        )
        st.caption("The best score accepts the fewest unfamiliar pictures and is on top.")


def _curves(measured: OODMeasurements, chosen: Sequence[OODLeaderboardRow], against: str) -> None:
    titles = {r.method: r.title for r in chosen}
    first = list(dict.fromkeys([chosen[0].method, CONFIDENT, chosen[-1].method]))
    picked = st.pills(
        "Curves of",
        list(titles),
        selection_mode="multi",
        default=first,
        format_func=lambda s: titles[s],
        key=f"curves-{measured.card.id}-{against}",
        wrap=True,
    )
    by_score = {r.method: r for r in chosen}
    shown = [by_score[name] for name in picked or first]
    about = f"{measured.card.title}, {measured.name(against)}"
    left, right = st.columns(2)
    with left:
        chart(_roc(measured, shown, against), key="roc", title="ROC curve", about=about)
        st.caption("ROC curve: each point is one threshold. The legend gives the area, AUROC.")
    with right:
        figure = _precision_recall(measured, shown, against)
        chart(figure, key="precision-recall", title="Precision and recall", about=about)
        st.caption(
            "Precision and recall of the rejected pictures. The legend gives the area, AUPR."
        )


def _both(measured: OODMeasurements, score: str, against: str) -> tuple[Tensor, Tensor]:
    """The scores of the familiar and of the unfamiliar pictures."""
    familiar, unfamiliar = (torch.from_numpy(measured.of(score, s)) for s in (INLIER, against))
    return familiar, unfamiliar


def _roc(measured: OODMeasurements, shown: Sequence[OODLeaderboardRow], against: str) -> go.Figure:
    lines = []
    for i, row in enumerate(shown):
        accepted, kept, _ = ood.roc(*_both(measured, row.method, against))
        few, colour = _few(len(kept)), LINES[i % len(LINES)]
        name = f"{row.title} {row.auroc:.3f}"
        lines.append(ShareCurve(name, accepted[few].tolist(), kept[few].tolist(), colour))
    return share_curves(
        lines,
        x_title=f"{measured.name(against)} accepted",
        y_title="familiar pictures accepted",
        chance=(0, 1),
    )


def _precision_recall(
    measured: OODMeasurements, shown: Sequence[OODLeaderboardRow], against: str
) -> go.Figure:
    lines = []
    for i, row in enumerate(shown):
        precision, recall, _ = ood.precision_recall(*_both(measured, row.method, against))
        few, colour = _few(len(recall)), LINES[i % len(LINES)]
        name = f"{row.title} {row.aupr:.3f}"
        lines.append(ShareCurve(name, recall[few].tolist(), precision[few].tolist(), colour))
    n = len(measured.of(CONFIDENT, against))
    share = n / (n + len(measured.of(CONFIDENT, INLIER)))
    return share_curves(
        lines,
        x_title="unfamiliar pictures rejected (recall)",
        y_title="unfamiliar among the rejected (precision)",
        chance=(share, share),
    )


def _few(n: int) -> np.ndarray:
    """Positions of at most `POINTS` points of a curve, its ends among them."""
    return np.unique(np.linspace(0, n - 1, POINTS).round().astype(int))


def _everything(
    measured: OODMeasurements, rows: Sequence[OODLeaderboardRow], sets: Sequence[str]
) -> None:
    with st.expander("Every score against every set", icon=":material/grid_on:"):
        figure = st.segmented_control(
            "Figure", ["fpr95", "auroc"], default="fpr95", key="figure", bind="query-params",
            format_func=lambda f: {"fpr95": "Unfamiliar accepted (FPR95)", "auroc": "AUROC"}[f],
            required=True, label_visibility="collapsed",
        )  # fmt: skip
        table = pd.DataFrame(
            {
                measured.name(s): {r.title: getattr(r, figure) for r in rows if r.set == s}
                for s in sets
            }
        )
        form = "percent" if figure == "fpr95" else "%.3f"
        config = {
            name: st.column_config.NumberColumn(name, format=form)
            for name in map(measured.name, sets)
        }
        st.dataframe(table, column_config=config, height="content", row_height=32)
        how = measured.card.metrics["ood/pictures"]
        counts = ", ".join(f"{how.how['sets'][s]['n']:,} {measured.name(s)}" for s in sets)
        st.caption(f"Measured on {how.value:,.0f} familiar test pictures against {plain(counts)}.")


def _export(measured: OODMeasurements, rows: Sequence[OODLeaderboardRow]) -> Export:
    figures = OODLeaderboardRow.figures()
    table = pd.DataFrame(
        {"score": row.method, "title": row.title, "set": row.set, "n": row.n}
        | {figure: getattr(row, figure) for figure in figures}
        | {
            f"{figure}_{end}": getattr(found, end)
            for figure, found in row.intervals.items()
            for end in ("low", "high", "tied")
        }
        for row in rows
    )
    card = measured.card
    return Export(
        name=f"{card.id}-ood-scores",
        key="scores",
        csv=table.to_csv(index=False),
        json={
            "model": card.id,
            "weights_sha256": card.weights_sha256,
            "how": dict(card.metrics["ood/pictures"].how),
            "scores": table.to_dict("list"),
        },
        python=f"""
from trustai import ood, zoo
from trustai.zoo.leaderboard import Leaderboard

for row in Leaderboard.from_card(zoo.read_card("{card.id}"), ood.OODLeaderboardRow).rows:
    print(row.title, row.set, row.auroc, row.aupr, row.fpr95, row.accepted)
""",
    )
