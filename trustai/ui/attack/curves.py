"""View of the robustness curves: accuracy against epsilon, as measured or run live."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from trustai import (
    attacks,
    data,
)
from trustai.attacks.robustness import strategies
from trustai.plots import charts, colours, pictures
from trustai.ui.attack import MEASURED
from trustai.ui.attack.live_run import run_live
from trustai.ui.attack.tightened import TIGHTENED_ATTACK, show_tightened
from trustai.ui.components.live_slider import (
    Dash,
    Figure,
    Line,
    Tile,
    Tiles,
    XAxis,
    YAxis,
    data_uri,
    live_slider,
)
from trustai.ui.kit.export import Export
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.measured import (
    AttackMeasurements,
    accuracy_at,
    attack_measurements,
    first_of_each_class,
)
from trustai.ui.kit.subjects import pictures_at

NOISE = "random_signs"
N_TILES = 10


def show() -> None:
    names = [name for name in data.names() if attack_measurements(name, "pgd_linf")]
    if not names:
        raise ValueError(
            "expected networks with measurements in models/, got none: run "
            "`python -m trustai.train.measure <model id>`"
        )
    left, middle, right = st.columns(3)
    name = left.selectbox(
        "Test pictures",
        names,
        format_func=lambda n: data.dataset(n).title,
        key="data",
        bind="query-params",
    )
    attack = middle.selectbox(
        "Attack",
        list(MEASURED),
        format_func=lambda a: MEASURED[a],
        key="attack",
        bind="query-params",
        help=hint("PGD"),
    )
    networks = attack_measurements(name, attack)
    titles = {n.card.id: n.card.short_title for n in networks}
    shown = right.selectbox(
        "Whose ten pictures",
        list(titles),
        format_func=lambda i: titles[i],
        key="whose",
        bind="query-params",
        help="The ten pictures below the curves show what this network says of them.",
    )
    _live(name, attack, networks, next(n for n in networks if n.card.id == shown))
    _export(name, attack, networks).show()
    if attack == TIGHTENED_ATTACK:
        with st.expander("How loose are these curves?", icon=":material/vertical_align_bottom:"):
            show_tightened([n.card for n in networks])
    with st.expander("Run the attack here and now", icon=":material/play_arrow:"):
        run_live(name, attack, [n.card for n in networks])


def grid(networks: Sequence[AttackMeasurements], attack: str) -> list[float]:
    """0 and every epsilon at which any picture is fooled, in 1/255: where the slider may rest."""
    found = np.concatenate([n.smallest(attack) for n in networks])
    return sorted({0.0, *(float(e) for e in found[np.isfinite(found)])})


def _live(
    name: str, attack: str, networks: Sequence[AttackMeasurements], shown: AttackMeasurements
) -> None:
    eps = grid(networks, attack)
    lines, figures = [], []

    def add(title: str, smallest: np.ndarray, colour: str, dash: Dash = "solid") -> None:
        y = accuracy_at(smallest, eps)
        lines.append(Line(title, y, colour, dash))
        figures.append(Figure(title, [f"{v:.1%}" for v in y], colour, dash))

    for n in networks:
        add(n.card.short_title, n.smallest(attack), charts.model_colour(n.card.id))
    if f"{NOISE}_eps" in shown.table:
        title = f"{shown.card.short_title}, {attacks.get(NOISE).title.lower()}"
        add(title, shown.smallest(NOISE), colours.RANDOM, "dashed")
    live_slider(
        *lines,
        *figures,
        Tiles(_tiles(name, attack, shown.table), title="The same ten test pictures"),
        key="eps",
        label="Epsilon: largest change of any pixel",
        values=eps,
        start=4,
        x=XAxis(unit="/255"),
        y=YAxis("accuracy"),
    )
    measured = shown.card.metrics[f"accuracy/{attack}/8"].how
    st.caption(
        f"Measured on all {measured['n']:,} test pictures with {MEASURED[attack]}, seed "
        f"{measured['seed']}. {_procedure(attack, measured.get('parameters', {}))} A picture "
        "counts as right at an epsilon while no tried change up to that size has fooled the "
        "network. So each curve is an upper bound: a stronger search finds lower ones."
    )


def _procedure(attack: str, measured: Mapping[str, Any]) -> str:
    """What the sweep did, with the parameters that stand on the card."""
    method = attacks.get(attack)
    names = {f.name for f in dataclasses.fields(method.params)}
    params = method.params(**{k: v for k, v in measured.items() if k in names})
    return strategies.in_words(method, params)


def _tiles(name: str, attack: str, measured: pd.DataFrame) -> list[Tile]:
    classes = data.dataset(name).classes
    positions = first_of_each_class(measured["label"].to_numpy(), N_TILES)
    rows = measured.iloc[positions]
    images: list[str | None] = [None] * len(rows)
    if data.available(name):
        found = pictures_at(name, rows["index"].tolist())
        images = [data_uri(pictures.to_pixels(x)) for x in found.pixels]
    else:
        st.caption("The pictures themselves are not on this machine; their measurements are.")
    return [
        Tile(
            title=f"truth: {classes[label]}",
            flips_at=float(flips_at),
            before=classes[predicted],
            after=classes[after],
            image=image,
        )
        for image, label, predicted, flips_at, after in zip(
            images,
            rows["label"].to_numpy(),
            rows["predicted"].to_numpy(),
            rows[f"{attack}_eps"].to_numpy(),
            rows[f"{attack}_label"].to_numpy(),
            strict=True,
        )
    ]


def _export(name: str, attack: str, networks: Sequence[AttackMeasurements]) -> Export:
    eps = grid(networks, attack)
    accuracies = pd.DataFrame(
        {"eps_255": eps} | {n.card.id: accuracy_at(n.smallest(attack), eps) for n in networks}
    )
    cards = [n.card for n in networks]
    return Export(
        name=f"{name}-{attack}-accuracy",
        key="curves",
        csv=accuracies.to_csv(index=False),
        json={
            "attack": attack,
            "dataset": name,
            "models": {c.id: c.weights_sha256 for c in cards},
            "how": dict(cards[0].metrics[f"accuracy/{attack}/8"].how),
            "accuracy": accuracies.to_dict("list"),
        },
        python=f"""
from trustai import zoo

measured = zoo.measurements("{cards[0].id}")
for eps in (0, 1, 2, 4, 8, 16):  # in 1/255
    print(eps, (measured["{attack}_eps"] > eps).mean())
""",
    )
