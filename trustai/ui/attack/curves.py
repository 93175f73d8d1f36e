"""View of the robustness curves: accuracy against epsilon, as measured or run live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
import torch

from trustai import (
    attacks,
    data,
    seeds,
    zoo,
)
from trustai.plots import charts, colours, pictures
from trustai.ui.attack import MEASURED
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
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.errors import counted, shown_errors
from trustai.ui.kit.export import Export
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.jobs import heavy_job
from trustai.ui.kit.measured import (
    AttackMeasurements,
    accuracy_at,
    attack_measurements,
    first_of_each_class,
)
from trustai.ui.kit.subjects import pictures_at, whole

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
    with st.expander("Run the attack here and now", icon=":material/play_arrow:"):
        _run_live(name, attack, [n.card for n in networks])


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
        title = f"{shown.card.short_title}, random noise"
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
        f"Measured on all {measured['n']:,} test pictures with {attack} "
        f"({_words(measured.get('parameters', {}))}), seed {measured['seed']}. A picture counts as "
        "right at an epsilon while no tried change up to that size has fooled the network."
    )


def _words(parameters: dict[str, Any]) -> str:
    return ", ".join(
        f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
        for k, v in parameters.items()
        if isinstance(v, int | float | str)
    )


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


def _run_live(name: str, attack: str, cards: Sequence[zoo.Card]) -> None:
    if not data.available(name):
        st.info("A live run needs the pictures, which are not on this machine.")
        return
    titles = {card.id: card.short_title for card in cards}
    left, right = st.columns(2)
    chosen = left.multiselect(
        "Networks", list(titles), default=list(titles)[:2], format_func=lambda i: titles[i]
    )
    n = right.select_slider("Pictures", [32, 64, 128, 256], value=64)
    seed = int(right.number_input("Seed", min_value=0, max_value=10_000, value=0))
    start, stop = st.columns(2)
    if start.button("Run", icon=":material/play_arrow:", width="stretch"):
        st.session_state["live_run"] = {}
        # Any click reruns the script, which ends this run; what it had found is kept.
        stop.button("Stop", icon=":material/stop:", width="stretch")
        with shown_errors():
            _attack_all(name, attack, [c for c in cards if c.id in chosen], n, seed)
    elif st.session_state.get("live_run"):
        st.plotly_chart(_live_figure(st.session_state["live_run"]), key="live-kept")
        if not all(run["finished"] for run in st.session_state["live_run"].values()):
            st.caption(
                "Stopped: larger epsilons were not tried on every picture, so the truth lies lower."
            )


def _attack_all(name: str, attack: str, cards: Sequence[zoo.Card], n: int, seed: int) -> None:
    if not cards:
        raise ValueError("expected at least one network, got none")
    positions = seeds.numpy_generator(seed).permutation(data.dataset(name).n_test)[:n]
    with st.spinner("Reading the pictures …"):
        subset = whole(name).take(torch.from_numpy(np.sort(positions)))
    bar = st.progress(0.0, text="Starting …")
    place = st.empty()
    eps = [e / 255 for e in (0, 0.5, 1, 2, 3, 4, 6, 8, 12, 16)]
    runs: dict[str, Any] = {}
    done = [0.0]
    with heavy_job(f"attacking {counted(n, 'picture')}"):
        for i, card in enumerate(cards):
            stream = attacks.sweep_stream(
                classifier(card.id),
                subset.pixels,
                subset.labels,
                attack=attack,
                eps=eps,
                seed=seed,
                on_progress=lambda share: done.__setitem__(0, share),
            )
            for k, partial in enumerate(stream):
                runs[card.id] = {
                    "title": card.short_title,
                    "eps": [255 * e for e in partial.eps.tolist()],
                    "accuracy": partial.accuracy.tolist(),
                    "finished": partial.finished,
                    "seconds": partial.seconds,
                }
                st.session_state["live_run"] = runs
                bar.progress((i + done[0]) / len(cards), text=f"Attacking: {card.short_title}")
                place.plotly_chart(_live_figure(runs), key=f"live-{i}-{k}")
    seconds = sum(run["seconds"] for run in runs.values())
    what = f"{counted(n, 'picture')}, {counted(len(cards), 'network')}, seed {seed}"
    bar.progress(1.0, text=f"{what}: {seconds:.1f} s")


def _live_figure(runs: dict[str, Any]) -> Any:
    return charts.robustness(
        [
            (run["title"], charts.model_colour(model_id), "solid", run["eps"], run["accuracy"])
            for model_id, run in runs.items()
        ],
        x_title="epsilon in 1/255",
    )
