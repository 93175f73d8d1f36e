"""The leaderboards of attribution methods that the cards hold."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.explain.image import SaliencyLeaderboardRow
from trustai.explain.image.evaluation.nulls import TITLES
from trustai.explain.image.evaluation.pointing import PointingLeaderboardRow
from trustai.plots import saliency as plots_saliency
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain, unfit
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import listed
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.measured import INTERVALS, ends, tied_with_leader, with_ties
from trustai.zoo.leaderboard import Leaderboard

Rows = Sequence[SaliencyLeaderboardRow]
WHAT_A_NULL_IS = (
    "A control map cannot know the answer. There are four of them: a random map of the same "
    "resolution, a blob in the centre of the picture, the same method's map of another picture, "
    "and its map of another class. The score of a map is its insertion minus its deletion. The "
    "lead of a method is its score minus the score of its best control map, on average over the "
    "pictures. Slow methods are not tested with another class. "
)


def show_leaderboard(card: zoo.Card) -> None:
    """The measured leaderboard of a network, at first of that of `card` where it has one."""
    cards = {c.id: c for c in zoo.catalog()}
    found = {i: Leaderboard.from_card(c, SaliencyLeaderboardRow) for i, c in cards.items()}
    boards = {i: board for i, board in found.items() if _judged(board)}
    if card.id not in boards:
        st.info(
            f"There is no leaderboard for {card.short_title} yet. `python -m "
            f"trustai.train.measure {card.id} --stages saliency` measures one."
        )
    if told := grad_cam_beside_nulls(card):
        st.markdown(told)
    if not boards:
        return
    ids = list(boards)
    chosen = st.selectbox(
        "Leaderboard of the network",
        ids,
        index=ids.index(card.id) if card.id in ids else 0,
        format_func=lambda i: cards[i].title,
        key="league",
        bind="query-params",
    )
    _show_board(chosen, boards[chosen])


def grad_cam_beside_nulls(card: zoo.Card) -> str:
    """On how many of all test pictures Grad-CAM beats each null map; empty if not measured."""
    found = {n: m for n in TITLES if (m := card.metrics.get(f"grad_cam/{n}/deletion")) is not None}
    if not found:
        return ""
    parts = [
        f"{TITLES[name]} on {metric.value:.0%} "
        f"({metric.how['interval'][0]:.0%} to {metric.how['interval'][1]:.0%})"
        for name, metric in found.items()
    ]
    n = max(metric.how["n"] for metric in found.values())
    return (
        f"**Grad-CAM on all {n:,} test pictures that {card.short_title} classifies correctly.** "
        "One map beats another if the class loses its probability faster while the pixels that "
        f"the map ranks highest are blurred. Grad-CAM beats {', '.join(parts)} of the pictures. "
        "The numbers in parentheses are 95 % intervals."
    )


def _judged(board: Leaderboard[SaliencyLeaderboardRow]) -> list[SaliencyLeaderboardRow]:
    """The methods that apply and were judged beside null maps."""
    return [row for row in board.rows if row.reason is None and not isnan(row.lead)]


def _show_board(model_id: str, board: Leaderboard[SaliencyLeaderboardRow]) -> None:
    applied = _judged(board)
    applied.sort(key=lambda row: -row.lead)
    st.markdown(_finding(applied))
    chart(
        plots_saliency.cost_and_lead(
            with_ties(applied, "lead"),
            [row.seconds for row in applied],
            [row.lead for row in applied],
            ends(applied, "lead"),
        ),
        key="leaderboard-plot",
        title="Faithfulness against cost",
        about=model_id,
        wide=True,
    )
    st.caption(WHAT_A_NULL_IS + INTERVALS)
    with st.expander("All figures of the leaderboard", icon=":material/table:"):
        _show_table(model_id, board, applied)


def _show_table(model_id: str, board: Leaderboard[SaliencyLeaderboardRow], applied: Rows) -> None:
    """All figures with the controls, how they came about, and the files."""
    table = pd.DataFrame([_line(row) for row in applied] + _controls(applied))
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=_columns(),
        # Where nobody knows the truth, there is no sign to point at.
        column_order=[name for name in _columns() if table[name].notna().any()],
    )
    _off_centre(model_id)
    for row in board.rows:
        if row.reason is not None:
            st.caption(f"{row.title}: {plain(unfit(row.reason))}")
    st.caption(
        f"Means over the {board.n} of {board.how['n']} test pictures that the network classifies "
        f"correctly. The methods and the random maps used one seed ({board.how['seed']}). "
        f"`python -m trustai.train.measure {model_id} --stages saliency` measures it again. The "
        f"values of every picture are in `models/{model_id}/saliency.parquet`."
    )
    Export(
        name=f"{model_id}-leaderboard",
        key="leaderboard-table",
        csv=table.to_csv(index=False),
        json={"pictures": board.n, "how": dict(board.how), "rows": table.to_dict("list")},
    ).show()


def _finding(rows: Rows) -> str:
    """Who leads, who may be as good, and who shows nothing by this test.

    Args:
        rows: The best first.
    """
    best, tied = rows[0], tied_with_leader(rows, "lead")
    said = (
        f"In the deletion and insertion tests **{best.title}** has the largest lead over its best "
        f"control map: {best.lead:.3f}."
    )
    if tied:
        said += f" On these pictures, {listed(tied)} may be as good."
    nothing = [row.title for row in rows if not row.shows_faithfulness]
    if nothing:
        said += (
            f" The lead of {listed(nothing)} may be chance, so this test does not show that "
            "the method is faithful."
        )
    return said + (
        " No test is the truth. Deletion and insertion show the network pictures of a kind that it "
        "never saw in training, and the pointing games ask where a person sees the object."
    )


def _line(row: SaliencyLeaderboardRow) -> dict[str, Any]:
    null, sure = row.best_null, row.intervals.get("lead")
    return {
        "title": row.title,
        "lead": row.lead,
        "interval": "" if sure is None else f"{sure.low:.3f} to {sure.high:.3f}",
        "null": TITLES[null],
        "beats_null": row.beats_null,
        "deletion": row.deletion,
        "null_deletion": getattr(row, f"{null}_deletion"),
        "insertion": row.insertion,
        "null_insertion": getattr(row, f"{null}_insertion"),
        "pointing": row.pointing,
        "inside_share": row.inside_share,
        "seconds": row.seconds,
    }


def _controls(
    rows: Sequence[SaliencyLeaderboardRow | PointingLeaderboardRow],
) -> list[dict[str, Any]]:
    """What maps that know nothing reach, as lines of the table, over the most pictures."""
    row = max(rows, key=lambda row: row.n)
    found: list[dict[str, Any]] = [
        {
            "title": "Control: a blob in the centre",
            "deletion": getattr(row, "blob_deletion", None),
            "insertion": getattr(row, "blob_insertion", None),
            "pointing": row.centre_pointing,
            "inside_share": row.centre_inside,
        }
    ]
    if not isnan(row.chance_pointing):
        found.append(
            {
                "title": "Control: a random pixel, the same value everywhere",
                "pointing": row.chance_pointing,
                "inside_share": row.mask_share,
            }
        )
    return found


def _off_centre(model_id: str) -> None:
    """Both pointing games on pictures whose objects are not in the middle, where measured."""
    board = Leaderboard.from_card(zoo.read_card(model_id), PointingLeaderboardRow)
    if not board.rows:
        return
    st.markdown(
        "In these test pictures the sign is in the centre, so a blob in the centre is a good "
        "guess. The next table uses signs that are near an edge (`signs-off-centre`)."
    )
    lines = [
        {"title": one.title, "pointing": one.pointing, "inside_share": one.inside_share}
        for one in sorted(board.rows, key=lambda one: -one.pointing)
    ]
    lines += _controls(board.rows)
    columns = {name: _columns()[name] for name in ("title", "pointing", "inside_share")}
    st.dataframe(
        pd.DataFrame(lines), hide_index=True, height="content", column_config=columns,
        column_order=list(columns),
    )  # fmt: skip
    tied = tied_with_leader(board.rows, "pointing")
    st.caption(
        f"Means over the {board.n} of {board.how['n']} pictures that the network classifies "
        f"correctly. The first {1 + len(tied)} methods of the pointing game may be equally good. "
        f"`python -m trustai.train.measure {model_id} --stages pointing` measures it again."
    )


def _columns() -> dict[str, Any]:

    def column(label: str, *, help: str = "", format: str = "%.3f") -> Any:
        return st.column_config.NumberColumn(label, help=help or None, format=format)

    of_null = "The best control map of this method."
    return {
        "title": "Method",
        "lead": column("Lead ↑", help="The score minus that of the best control map; 0 is chance."),
        "interval": st.column_config.TextColumn("95 % interval"),
        "null": st.column_config.TextColumn("Best control"),
        "beats_null": column(
            "Better on", help="The share of the pictures with a lead above 0.", format="percent"
        ),
        "deletion": column("Deletion ↓", help=hint("deletion")),
        "null_deletion": column("… control", help=of_null),
        "insertion": column("Insertion ↑", help=hint("insertion")),
        "null_insertion": column("… control", help=of_null),
        "pointing": column(
            "Pointing game",
            help="The share of the maps whose maximum is on the sign. Compare it with the "
            "controls.",
            format="percent",
        ),
        "inside_share": column(
            "Energy-based",
            help="The energy-based pointing game: the share of the map's positive values on the "
            "sign. Compare it with the controls.",
            format="percent",
        ),
        "seconds": column("Seconds", help="Time for one picture."),
    }
