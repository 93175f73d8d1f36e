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
from trustai.ui.kit.datasets import missing_pictures
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_rows, how_made, methods
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.measured import (
    AttackMeasurements,
    accuracy_at,
    attack_measurements,
    first_of_each_class,
)
from trustai.ui.kit.subjects import pictures_at

NOISE = "random_signs"
WHOLE = (1, 2, 3, 4, 6, 8, 12, 16)
"""Epsilons in 1/255, one of which the slider opens at."""
N_TILES = 10


def show() -> None:
    names = [name for name in data.names() if attack_measurements(name, "pgd_linf")]
    if not names:
        raise ValueError(
            "expected networks with measurements in models/, got none: run "
            "`python -m trustai.train.measure <model id>`"
        )
    pickers, result = first_rows()
    with pickers:
        name, attack, networks, shown = _pick(names)
    with result:
        _live(name, attack, networks, shown)
    with how_made():
        st.caption(_how(shown, attack))
    if attack == TIGHTENED_ATTACK:
        label = "How far below these curves can the true accuracy be?"
        with st.expander(label, icon=":material/vertical_align_bottom:"):
            show_tightened([n.card for n in networks])
    with st.expander("Run the attack yourself, here and now", icon=":material/play_arrow:"):
        run_live(name, attack, [n.card for n in networks])
    _export(name, attack, networks).show()
    methods(attacks.get(attack), label=f"About the attack {MEASURED[attack]}")


def _pick(names: list[str]) -> tuple[str, str, list[AttackMeasurements], AttackMeasurements]:
    """Data set, attack, the networks that were measured under it, and that of the ten pictures."""
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
        "Network for the ten pictures",
        list(titles),
        format_func=lambda i: titles[i],
        key="whose",
        bind="query-params",
        help="The ten pictures below the curves show the answers of this network.",
    )
    return name, attack, networks, next(n for n in networks if n.card.id == shown)


def grid(networks: Sequence[AttackMeasurements], attack: str) -> list[float]:
    """0 and every epsilon at which any picture is fooled, in 1/255: where the slider may rest."""
    found = np.concatenate([n.smallest(attack) for n in networks])
    return sorted({0.0, *(float(e) for e in found[np.isfinite(found)])})


def right_at(network: AttackMeasurements, attack: str, eps: float) -> int:
    """How many pictures are named correctly although all changes up to `eps` were tried."""
    return int((network.smallest(attack) > eps).sum())


def rival_of(
    shown: AttackMeasurements, networks: Sequence[AttackMeasurements], attack: str, eps: float
) -> AttackMeasurements | None:
    """The other network that is right most often at `eps`."""
    others = [n for n in networks if n is not shown]
    return max(others, key=lambda n: right_at(n, attack, eps), default=None)


def telling_eps(
    shown: AttackMeasurements, networks: Sequence[AttackMeasurements], attack: str
) -> float:
    """The whole epsilon, in 1/255, at which the networks differ most."""

    def gap(eps: float) -> int:
        rival = rival_of(shown, networks, attack, eps)
        return 0 if rival is None else right_at(rival, attack, eps) - right_at(shown, attack, eps)

    return max(WHOLE, key=gap)


def finding_text(
    shown: AttackMeasurements, networks: Sequence[AttackMeasurements], attack: str, eps: float
) -> str:
    """What the curves say at `eps`, in one sentence."""
    rival = rival_of(shown, networks, attack, eps)
    said = (
        f"At {eps:.3g}/255 the network “{shown.card.short_title}” is right on "
        f"**{right_at(shown, attack, eps):,} of {len(shown.table):,}** pictures"
    )
    if rival is None:
        return f"{said}."
    return f"{said}, “{rival.card.short_title}” on **{right_at(rival, attack, eps):,}**."


def _live(
    name: str, attack: str, networks: Sequence[AttackMeasurements], shown: AttackMeasurements
) -> None:
    above = st.container()
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
    here = data.available(name)
    tiles = [Tiles(_tiles(name, attack, shown.table), title="Ten test pictures")] if here else []
    at = live_slider(
        *lines,
        *figures,
        *tiles,
        key="eps",
        label="Epsilon: largest change of any pixel",
        values=eps,
        start=telling_eps(shown, networks, attack),
        x=XAxis(unit="/255"),
        y=YAxis("accuracy"),
    )
    with above:
        finding(finding_text(shown, networks, attack, at))
    missing_pictures(name, instead="The curves show what was measured on them.")
    st.caption(
        "Drag the handle. A picture counts as right as long as no change up to this size has "
        "fooled the network. Every curve is an upper bound: a stronger attack can find lower ones."
    )


def _how(shown: AttackMeasurements, attack: str) -> str:
    measured = shown.card.metrics[f"accuracy/{attack}/8"].how
    return (
        f"Measured on all {measured['n']:,} test pictures with {MEASURED[attack]}, seed "
        f"{measured['seed']}. {_procedure(attack, measured.get('parameters', {}))}"
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
    found = pictures_at(name, rows["index"].tolist())
    images = [data_uri(pictures.to_pixels(x)) for x in found.pixels]
    return [
        Tile(
            title=f"true class: {classes[label]}",
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
