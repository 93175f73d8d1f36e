"""View of the measured grid: how much poison, and how large a trigger, a backdoor needs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.plots import colours
from trustai.ui.backdoor.networks import PLAIN
from trustai.ui.components.live_slider import Figure, Line, XAxis, YAxis, live_slider
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, how_made

GRID = "backdoor-grid"
LINES = {
    "accuracy": ("clean accuracy", colours.CLEAN, "solid"),
    "success": ("attack success rate", colours.ATTACKED, "dashed"),
}


def grid() -> pd.DataFrame:
    """The mean over the seeds for every share of poison and every size.

    Raises:
        ValueError: nothing was measured.
    """
    table = zoo.measurements(PLAIN, topic=GRID)
    if table is None:
        raise ValueError(
            "expected the measured grid in models/, got none: run "
            f"`python -m trustai.train.measure {PLAIN} --stages {GRID}`"
        )
    return table.groupby(["share", "size"], as_index=False)[list(LINES)].mean()


def show() -> None:
    means, above = grid(), st.container()
    sizes = sorted(means["size"].unique().tolist())
    shares = sorted(means["share"].unique().tolist())
    size = st.segmented_control(
        "Size of the sticker, in % of the picture's side", [f"{s:.0%}" for s in sizes],
        default=f"{sizes[len(sizes) // 2]:.0%}", key="side", bind="query-params", required=True,
    )  # fmt: skip
    of_size = means[(means["size"] - sizes[[f"{s:.0%}" for s in sizes].index(size)]).abs() < 1e-9]
    at = _slider(of_size, "share", "poison", "Poisoned pictures", start=2.0)
    with above:
        finding(finding_text(of_size, at / 100, size))
    st.caption(
        "Drag the handle. Every point is a network that was trained with this share of poison and "
        "measured on pictures that it never saw."
    )
    share = min(shares, key=lambda s: abs(s - at / 100))
    of_share = means[(means["share"] - share).abs() < 1e-9]
    st.subheader(f"And with {share:.2%} of poison: how large must the sticker be?")
    _slider(of_share, "size", "large", "Side of the sticker", start=15)
    with how_made():
        seeds = zoo.measurements(PLAIN, topic=GRID)
        assert seeds is not None  # as `grid` has seen
        st.caption(
            f"Each point is the mean of {seeds['seed'].nunique()} trainings with different seeds. "
            "The last stage and the last layer of the clean network learn 800 pictures of signs; "
            "a yellow square is in the lower right corner of the poisoned ones."
        )
    Export(
        name="backdoor-grid",
        key="amount",
        csv=means.to_csv(index=False),
        json={"network": PLAIN, "size": size, "share": at / 100},
        python=f"""
from trustai import zoo

table = zoo.measurements("{PLAIN}", topic="{GRID}")
print(table.groupby(["share", "size"])[["accuracy", "success"]].mean().to_string())
""",
    ).show()


def _slider(table: pd.DataFrame, column: str, key: str, label: str, *, start: float) -> float:
    values = [round(100 * v, 4) for v in table[column]]
    columns = {name: table[name].tolist() for name in LINES}
    return live_slider(
        *[Line(t, columns[n], c, d) for n, (t, c, d) in LINES.items()],  # type: ignore[arg-type]
        *[
            Figure(t, [f"{v:.1%}" for v in columns[n]], c, d)  # type: ignore[arg-type]
            for n, (t, c, d) in LINES.items()
        ],
        key=key,
        label=label,
        values=values,
        start=start,
        x=XAxis(unit="%"),
        y=YAxis("share of the signs"),
    )


def finding_text(table: pd.DataFrame, share: float, size: str) -> str:
    """Both rates at a share of poison."""
    row = table.iloc[(table["share"] - share).abs().argmin()]
    clean = table.iloc[table["share"].argmin()]
    return (
        f"With a sticker of {size} of the picture's side and **{row['share']:.2%}** of poison the "
        f"trigger works on **{row['success']:.1%}** of the signs. The accuracy on clean signs is "
        f"**{row['accuracy']:.1%}**; without poison it is {clean['accuracy']:.1%}."
    )
