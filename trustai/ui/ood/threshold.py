"""View of the threshold on an OOD score: histograms, acceptance, confusion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from trustai import data, ood
from trustai.ui.components.live_slider import (
    Area,
    Areas,
    Figure,
    Mark,
    Matrix,
    Strip,
    XAxis,
    YAxis,
    live_slider,
)
from trustai.ui.kit.datasets import missing_pictures
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, how_made, methods
from trustai.ui.kit.glossary import hint
from trustai.ui.ood.axis import (
    Axis,
    accepted,
    axis_of,
)
from trustai.ui.ood.course import show_course
from trustai.ui.ood.nearest import nearest_strip
from trustai.ui.ood.pickers import (
    CONFIDENT,
    INLIER,
    KEEP,
    LEFT_OUT,
    OODMeasurements,
    confidence_text,
    described,
    pick_network,
    pick_score,
)

LEVELS = ("Histograms", "A ridge per class")
THRESHOLD = "threshold"


def show() -> None:
    pickers, result = first_rows()
    with pickers:
        first, second, third, fourth = st.columns([1.4, 1.3, 1, 0.9], vertical_alignment="bottom")
        with first:
            measured = pick_network()
        with second:
            score = pick_score(measured)
        with third:
            keep = _pick_keep()
        with fourth:
            st.button(
                f"Accept {100 * KEEP:.0f} %",
                key="keep_usual",
                icon=":material/my_location:",
                on_click=_keep_usual,
                width="stretch",
                help=f"Back to the threshold that accepts {KEEP:.0%} of the familiar pictures.",
            )
    sets, ridge = _pick_shown(measured)
    axis = axis_of(measured, score, keep=keep)
    strip = nearest_strip(measured, score, axis.start, axis.low, axis.high, sets)
    with result:
        above = st.container()
        at = _live(measured, score, axis, sets, ridge, keep, strip)
        with above:
            finding(finding_text(measured, score, at))
    missing_pictures(
        *(measured.dataset(s) for s in sets), instead="Their scores were measured before."
    )
    _caption(measured, score, axis, sets, len(strip.pins))
    show_course(measured)
    _export(measured, score, axis).show()
    methods(ood.get(score), label=f"About the score {ood.get(score).title}")


def finding_text(measured: OODMeasurements, score: str, threshold: float) -> str:
    """What a threshold accepts of both sides, in one sentence."""
    familiar, other = (
        float((measured.of(score, s) <= threshold).mean()) for s in (INLIER, measured.against)
    )
    return (
        f"This threshold accepts **{familiar:.1%}** of the familiar pictures and **{other:.1%}** "
        f"of the unseen class {plain(measured.name(measured.against))}."
    )


def _pick_keep() -> float:
    percent = st.number_input(
        "Familiar accepted, in %",
        min_value=50.0,
        max_value=100.0,
        value=100 * KEEP,
        step=0.5,
        format="%.1f",
        key="keep",
        bind="query-params",
        help=hint("threshold"),
    )
    return float(percent) / 100


def _keep_usual() -> None:
    st.session_state["keep"] = 100 * KEEP
    st.query_params.pop(THRESHOLD, None)


def _pick_shown(measured: OODMeasurements) -> tuple[list[str], bool]:
    left, right = st.columns([2.2, 1])
    chosen = left.pills(
        "Unfamiliar test sets",
        measured.sets[2:],
        selection_mode="multi",
        default=measured.sets[2:5],
        format_func=measured.name,
        key="strangers",
        bind="query-params",
        help=hint("OOD data set"),
        wrap=True,
    )
    drawn = right.segmented_control(
        "Drawn as", LEVELS, default=LEVELS[0], key="drawn", bind="query-params", required=True
    )
    return [INLIER, LEFT_OUT, *(s for s in measured.sets if s in chosen)], drawn == LEVELS[1]


def _live(
    measured: OODMeasurements,
    score: str,
    axis: Axis,
    sets: Sequence[str],
    ridge: bool,
    keep: float,
    strip: Strip,
) -> float:
    areas = _areas(measured, score, axis, sets, ridge)
    return live_slider(
        Areas(areas, ridge=ridge, sides=("← accepted", "rejected →")),
        Mark(axis.start, f"accepts {100 * keep:g} % of the familiar"),
        *_figures(measured, score, axis.stops, sets),
        strip,
        _confusion(measured, score, axis.stops, sets),
        key=THRESHOLD,
        label=f"Threshold on: {ood.get(score).axis}",
        values=axis.stops,
        start=axis.start,
        x=XAxis(
            value_text=lambda v: confidence_text(score, v), tick_labels=axis.ticks(), log=axis.log
        ),
        y=YAxis("share of each set", (0.0, max(max(area.heights) for area in areas)), root=True),
        of=f"{measured.card.id}/{score}/{keep}",
    )


def _areas(
    measured: OODMeasurements, score: str, axis: Axis, sets: Sequence[str], ridge: bool
) -> list[Area]:
    edges = [float(f"{edge:.6g}") for edge in axis.edges]
    groups = [(measured.name(s), measured.of(score, s), measured.colour(s)) for s in sets]
    if ridge:
        groups = [*_per_class(measured, score), *groups[1:]]
    return [Area(name, edges, axis.heights(values), colour) for name, values, colour in groups]


def _per_class(measured: OODMeasurements, score: str) -> list[tuple[str, NDArray[np.float64], str]]:
    """The familiar classes; the class that the network is least sure of is on top."""
    values, truth = measured.of(score, INLIER), _truth(measured, INLIER)
    colour = measured.colour(INLIER)
    found = [(name, values[truth == name], colour) for name in measured.card.classes]
    return sorted(found, key=lambda group: -float(np.mean(group[1])))


def _truth(measured: OODMeasurements, set_: str) -> NDArray[np.str_]:
    labels = measured.table.loc[measured.table["set"] == set_, "label"].to_numpy()
    return np.array(data.dataset(measured.dataset(set_)).classes)[labels]


def _figures(
    measured: OODMeasurements, score: str, stops: Sequence[float], sets: Sequence[str]
) -> list[Figure]:
    counts = {s: accepted(measured.of(score, s), stops) for s in sets}
    figures = []
    for s in sets:
        shares = counts[s] / len(measured.of(score, s))
        texts = [f"{share:.1%}" for share in shares]
        figures.append(Figure(f"{measured.name(s)} accepted", texts, measured.colour(s)))
    both = counts[INLIER] + counts[LEFT_OUT]
    right = [f"{k / n:.1%}" if n else "–" for k, n in zip(counts[INLIER], both, strict=True)]
    return [*figures, Figure("precision", right, measured.colour(INLIER), "dashed")]


def _confusion(
    measured: OODMeasurements, score: str, stops: Sequence[float], sets: Sequence[str]
) -> Matrix:
    """Of what each stop accepts, how many of each true class were called what."""
    classes = measured.card.classes
    table = measured.table
    rows: list[tuple[str, NDArray[np.bool_], str]] = []
    for s in sets:
        of_set = (table["set"] == s).to_numpy()
        if s != INLIER:
            rows.append((measured.name(s), of_set, measured.colour(s)))
            continue
        label = table["label"].to_numpy()
        names = data.dataset(measured.card.dataset).classes
        rows += [(c, of_set & (label == names.index(c)), measured.colour(s)) for c in classes]
    scores, called = table[score].to_numpy(np.float64), table["predicted"].to_numpy()
    counts = np.array(
        [
            [accepted(scores[of & (called == c)], stops) for c in range(len(classes))]
            for _, of, _ in rows
        ]
    )
    return Matrix(
        "What the accepted pictures were called",
        [name for name, _, _ in rows],
        classes,
        "truth",
        "called",
        counts.transpose(2, 0, 1).tolist(),
        [int(of.sum()) for _, of, _ in rows],
        "accepted",
        [colour for _, _, colour in rows],
        folded=True,
    )


def _caption(
    measured: OODMeasurements, score: str, axis: Axis, sets: Sequence[str], n_shown: int
) -> None:
    st.caption(
        f"{described(score)} Drag the handle. The network accepts every picture whose score is "
        "at most the threshold. Precision is the share of familiar pictures among the accepted "
        f"familiar and {plain(measured.name(LEFT_OUT))} pictures. The heights grow with the square "
        "root of the share, so that small shares are visible, and the outermost bars hold all "
        "pictures beyond them." + (" The axis is logarithmic." if axis.log else "")
    )
    counts = ", ".join(f"{len(measured.of(score, s)):,} {measured.name(s)}" for s in sets)
    kept = measured.card.metrics.get(f"ood/{score}/kept")
    with how_made():
        st.caption(
            f"Measured on test pictures: {plain(counts)}. The two strips show a sample of "
            f"{n_shown:,} pictures, and all pictures next to the threshold. The threshold is "
            "chosen on the same test pictures on which it is judged."
            + (
                ""
                if kept is None
                else f" A threshold that accepts {KEEP:.0%} of the validation pictures accepts "
                f"{kept.value:.1%} of these test pictures."
            )
        )


def _export(measured: OODMeasurements, score: str, axis: Axis) -> Export:
    shares = {
        s: accepted(measured.of(score, s), axis.stops) / len(measured.of(score, s))
        for s in measured.sets
    }
    lines = [",".join([THRESHOLD, *shares])]
    for i, stop in enumerate(axis.stops):
        lines.append(",".join([f"{stop:.6g}", *(f"{share[i]:.5f}" for share in shares.values())]))
    return Export(
        name=f"{measured.card.id}-{score}-accepted",
        key="explorer",
        csv="\n".join(lines) + "\n",
        json={
            "model": measured.card.id,
            "weights_sha256": measured.card.weights_sha256,
            "without": measured.left_out,
            "score": score,
            "accepted_where": "score <= threshold",
            "pictures": {s: len(measured.of(score, s)) for s in measured.sets},
            THRESHOLD: axis.stops,
            "accepted": shares,
        },
        python=f"""
import torch

from trustai import ood, zoo

table = zoo.measurements("{measured.card.id}", topic="ood")
scores = {{name: torch.tensor(rows["{score}"].astype(float).to_numpy())
          for name, rows in table.groupby("set")}}
limit = ood.threshold_at(scores["{INLIER}"], keep={KEEP})
print(limit{", 1 - limit" if score == CONFIDENT else ""})
for name, values in scores.items():
    print(name, ood.accepted_share(values, threshold=limit))
""",
    )
