"""View of the maps of one or two networks, and their quality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import streamlit as st

from trustai.plots import representation
from trustai.plots.representation import ColourBy
from trustai.represent import PICTURE_STATES
from trustai.represent.picture_states import TRAINING
from trustai.represent.quality import NEIGHBOURS, K
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, fold, how_made, listed
from trustai.ui.kit.glossary import hint
from trustai.ui.representation import picture as representation_picture
from trustai.ui.representation.tables import (
    MAPS,
    MapMeasurements,
    legend,
    measured_maps,
    pick_beside,
    pick_network,
    pick_state,
)

COLOURS = {"class": "by class", "error": "by error"}
ALL = "all"


def show() -> None:
    models = measured_maps()
    pickers, result = first_rows()
    with pickers:
        left, middle, right = st.columns(3)
        with left:
            first = pick_network(models)
        with middle:
            other = pick_beside(models, first)
        with right:
            state = pick_state()
    both = [first] if other is None else [first, other]
    projection, colour_by, only = _pick_drawing(first)
    number = _number(first, state)
    with result:
        finding(finding_text(both, state, projection))
        columns = st.columns(len(both), gap="medium")
        for column, mapped in zip(columns, both, strict=True):
            with column:
                _one(mapped, state, projection, colour_by, only, number)
        if colour_by == "class":
            legend(first.card.classes)
        st.caption(
            "Clusters on a map prove nothing alone. The four numbers below each map say how far "
            "you can trust it."
        )
    representation_picture.show(both, state, number)
    with fold("The same pictures in every state", icon=":material/table:"):
        _states(both, projection)
    with how_made():
        st.caption(_how(first, state, projection))
    _export(both, state, projection).show()


def _pick_drawing(mapped: MapMeasurements) -> tuple[str, ColourBy, str]:
    """Projection, colours, and the one class shown or `ALL`."""
    left, middle, right = st.columns(3)
    with left:
        projection = st.segmented_control(
            "Map", list(MAPS), format_func=lambda m: MAPS[m], default="umap", key="map",
            bind="query-params", required=True,
            help=hint("UMAP"),
        )  # fmt: skip
    with middle:
        colour_by = st.segmented_control(
            "Colour", list(COLOURS), format_func=lambda c: COLOURS[c], default="class",
            key="colour", bind="query-params", required=True,
            help="By error: the network is right for blue points and wrong for red-orange crosses.",
        )  # fmt: skip
    with right:
        only = st.selectbox(
            "Show", [ALL, *mapped.card.classes], format_func=lambda c: "all classes" if c == ALL
            else f"only {c}", key="only", bind="query-params",
        )  # fmt: skip
    return projection, cast(ColourBy, colour_by), only


def finding_text(both: Sequence[MapMeasurements], state: str, projection: str) -> str:
    """How often neighbours on the map are of the right class, in one sentence."""
    shares = [
        f"**{_share(m.figure(state, f'{projection}/knn_accuracy'))}** "
        f"(network “{plain(m.card.short_title)}”)"
        for m in both
    ]
    return (
        f"{PICTURE_STATES.get(state).title} pictures: the {K} nearest training pictures on the map "
        f"vote for the right class in {listed(shares)}."
    )


def _number(mapped: MapMeasurements, state: str) -> int:
    """The picture with the ring, which the URL names: the nearest that is there, or the first."""
    numbers = mapped.view(state)["index"].to_numpy(np.int64)
    asked = st.query_params.get(_key(state))
    if asked is None:
        return int(numbers[0])
    if not (asked.isdecimal() and len(asked) < 9):
        del st.query_params[_key(state)]
        return int(numbers[0])
    found = int(numbers[np.abs(numbers - int(asked)).argmin()])
    if asked != str(found):
        st.query_params[_key(state)] = str(found)
    return found


def _key(state: str) -> str:
    """Training and test pictures are counted apart."""
    return "training" if state == TRAINING else "at"


def _clicked(key: str, state: str) -> None:
    """A click on a point rings its picture, on both maps and in the URL."""
    points = st.session_state[key]["selection"]["points"]
    told = [p["customdata"] for p in points if p.get("customdata")]
    if told:
        st.query_params[_key(state)] = str(int(told[0][0]))


def _one(
    mapped: MapMeasurements,
    state: str,
    projection: str,
    colour_by: ColourBy,
    only: str,
    number: int,
) -> None:
    st.markdown(f"**{plain(mapped.card.short_title)}**")
    classes = mapped.card.classes
    figure = representation.feature_map(
        mapped.cloud(state, projection),
        classes,
        colour_by=colour_by,
        only=classes.index(only) if only in classes else None,
        behind=None if state == TRAINING else mapped.cloud(TRAINING, projection).places,
        ringed=number,
        ranges=mapped.ranges(projection),
    )
    key = f"map-{mapped.card.id}"
    chart(
        figure,
        key=key,
        title="Feature map",
        about=f"{mapped.card.title}, {state} pictures, {projection}",
        on_select=lambda: _clicked(key, state),
        selection_mode="points",
    )
    with st.container(horizontal=True):
        for label, value, help in _quality(mapped, state, projection):
            st.metric(label, value, help=help, width=150)


def _quality(
    mapped: MapMeasurements, state: str, projection: str
) -> Sequence[tuple[str, str, str]]:
    """The figures below a map: label, value, hint."""
    return (
        ("Right on the map", _share(mapped.figure(state, f"{projection}/knn_accuracy")),
         f"The {K} nearest training pictures on the map vote. This share of the votes is right."),
        ("Right in the features", _share(mapped.figure(state, "knn/euclidean")),
         "The same with neighbours in the features themselves. The difference is what the map "
         "loses."),
        ("Silhouette", _number_text(mapped.figure(state, f"{projection}/silhouette")),
         "1 means tight classes that are far apart. 0 means on a border. Below 0 means nearer to "
         "another class. "
         f"In the features: {_number_text(mapped.figure(state, 'features/silhouette'))}."),
        ("Trustworthiness", _number_text(mapped.figure(state, f"{projection}/trustworthiness")),
         f"Are the {NEIGHBOURS} neighbours on the map also neighbours in the features? 1 means "
         "all of them."),
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _number_text(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _how(mapped: MapMeasurements, state: str, projection: str) -> str:
    how = mapped.card.metrics["map/pictures"].how
    view = PICTURE_STATES.get(state)
    behind = "" if state == TRAINING else " The faint points are the training pictures."
    words = f"{view.description}{'' if view.description.endswith('.') else '.'}"
    if projection == "pca":
        first, second = mapped.pca.share
        kept = f"The two axes hold {first + second:.0%} of the variance of the first network."
    else:
        kept = (
            f"UMAP with {how['umap']['n_neighbors']} neighbours, min_dist "
            f"{how['umap']['min_dist']:g}, seed {how['umap']['seed']}."
        )
    return (
        f"{words}{behind} The map shows {len(mapped.view(state)):,} pictures. It was fitted to "
        f"{how['references']:,} training pictures, and all other pictures were placed on it "
        f"afterwards. {kept}"
    )


def _states(both: Sequence[MapMeasurements], projection: str) -> None:
    st.markdown(
        "When features *collapse*, neighbours are no longer of the same class: both columns of "
        "neighbours fall, and the silhouette falls too. Columns with “(map)” are measured on the "
        "map, the others in the features."
    )
    rows = states_table(both, projection)
    percent = {
        c: st.column_config.NumberColumn(c, format="percent")
        for c in rows.columns
        if c not in ("network", "pictures", *_NUMBERS)
    }
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            **percent,
            **{c: st.column_config.NumberColumn(c, format="%.2f") for c in _NUMBERS},
        },
    )


_NUMBERS = ("silhouette", "silhouette (map)", "trust (map)")


def states_table(both: Sequence[MapMeasurements], projection: str) -> pd.DataFrame:
    """All figures of all views, a row for each network and view."""
    wanted: dict[str, str] = {
        "last layer": "accuracy",
        "neighbours": "knn/euclidean",
        "neighbours (map)": f"{projection}/knn_accuracy",
        "silhouette": "features/silhouette",
        "silhouette (map)": f"{projection}/silhouette",
        "trust (map)": f"{projection}/trustworthiness",
    }
    rows: list[dict[str, Any]] = [
        {"network": m.card.short_title, "pictures": PICTURE_STATES.get(view).title}
        | {words: m.figure(view, name) for words, name in wanted.items()}
        for view in PICTURE_STATES.names()
        for m in both
    ]
    return pd.DataFrame(rows)


def _export(both: Sequence[MapMeasurements], state: str, projection: str) -> Export:
    table = pd.concat([m.view(state).assign(network=m.card.id) for m in both])
    return Export(
        name=f"{both[0].card.id}-map-{state}",
        key="map",
        csv=table.to_csv(index=False),
        json={
            "state": state,
            "how": dict(both[0].card.metrics["map/pictures"].how),
            "models": {m.card.id: m.card.weights_sha256 for m in both},
            "figures": states_table(both, projection).to_dict("list"),
        },
        python=f"""
from trustai import represent, zoo

measured = zoo.measurements("{both[0].card.id}", topic="map")
here = measured[measured["view"] == "{state}"]
print(here[["index", "label", "predicted", "{projection}_x", "{projection}_y"]])

fitted = zoo.feature_statistics(zoo.load("{both[0].card.id}"))
projection = represent.{projection}(fitted.reference)  # the same map, made again
""",
    )
