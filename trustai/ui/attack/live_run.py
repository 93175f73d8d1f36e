"""An epsilon sweep that is run on the page, drawn while it goes on, and kept when it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
import torch

from trustai import attacks, data, seeds, zoo
from trustai.plots import charts
from trustai.types import ImageSet, OnProgress, RobustnessCurve
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted, shown_errors
from trustai.ui.kit.jobs import heavy_job, seconds_left
from trustai.ui.kit.subjects import whole

EPS = [e / 255 for e in (0, 0.5, 1, 2, 3, 4, 6, 8, 12, 16)]
TITLE = "Accuracy against epsilon"
Run = dict[str, Any]


def run_live(name: str, attack: str, cards: Sequence[zoo.Card]) -> None:
    """Pickers and a button; the curves are drawn while they fall.

    Args:
        name: Of the data set.
        attack: Of the registry.
        cards: Networks to choose from.
    """
    if not data.available(name):
        st.caption("A live run needs the pictures. The button above downloads them.")
        return
    titles = {card.id: card.short_title for card in cards}
    left, right = st.columns(2)
    chosen = left.multiselect(
        "Networks", list(titles), default=list(titles)[:2], format_func=lambda i: titles[i]
    )
    n = right.select_slider("Pictures", [32, 64, 128, 256], value=64)
    seed = int(right.number_input("Seed", min_value=0, max_value=10_000, value=0))
    harder = left.toggle(
        "Search harder afterwards",
        help="The search then takes four random starts of 20 steps and a second loss at every "
        "smaller epsilon. It takes several times as long.",
        disabled=attacks.get(attack).norm != "linf",
    )
    start, stop = st.columns(2)
    if start.button("Run", icon=":material/play_arrow:", width="stretch"):
        st.session_state["live_run"] = {}
        # Any click reruns the script, which ends this run; what it had found is kept.
        stop.button("Stop", icon=":material/stop:", width="stretch")
        with shown_errors():
            _attack_all(name, attack, [c for c in cards if c.id in chosen], n, seed, harder)
    elif st.session_state.get("live_run"):
        chart(_live_figure(st.session_state["live_run"]), key="live-kept", title=TITLE)
        if not all(run["finished"] for run in st.session_state["live_run"].values()):
            st.caption(
                "You stopped the run. Larger epsilons were not tried on every picture, so the true "
                "accuracy is lower."
            )


def _attack_all(
    name: str, attack: str, cards: Sequence[zoo.Card], n: int, seed: int, harder: bool
) -> None:
    if not cards:
        raise ValueError("expected at least one network, got none")
    positions = seeds.numpy_generator(seed).permutation(data.dataset(name).n_test)[:n]
    with st.spinner("Reading the pictures …"):
        subset = whole(name).take(torch.from_numpy(np.sort(positions)))
    bar = st.progress(0.0, text="The attack starts …")
    place = st.empty()
    runs: dict[str, Run] = {}
    started = time.perf_counter()

    def progress(i: int, doing: str, share: float) -> None:
        done = (i + share) / len(cards)
        left = seconds_left(done, time.perf_counter() - started)
        bar.progress(done, text=f"{doing} the network “{cards[i].short_title}”: {left}.")

    with heavy_job(f"attacking {counted(n, 'picture')}"):
        for i, card in enumerate(cards):
            for k, (key, run) in enumerate(
                _curves(card, subset, attack, seed, harder, partial(progress, i))
            ):
                runs[key] = run
                st.session_state["live_run"] = runs
                chart(_live_figure(runs), key=f"live-{i}-{k}", title=TITLE, on=place)
    seconds = sum(run["seconds"] for run in runs.values())
    what = f"{counted(n, 'picture')}, {counted(len(cards), 'network')}, seed {seed}"
    bar.progress(1.0, text=f"Done in {seconds:.1f} s: {what}")


def _curves(
    card: zoo.Card,
    subset: ImageSet,
    attack: str,
    seed: int,
    harder: bool,
    progress: Callable[[str, float], None],
) -> Iterator[tuple[str, Run]]:
    """The curve of a network as it falls, and then, if `harder`, the tightened one."""
    network, x, y = classifier(card.id), subset.pixels, subset.labels
    on_progress: OnProgress = partial(progress, "Attacking")
    for curve in attacks.sweep_stream(
        network, x, y, attack=attack, eps=EPS, seed=seed, on_progress=on_progress
    ):
        yield card.id, _run_of(card.short_title, card.id, "solid", curve)
    if harder:
        tight = attacks.tighten(
            network,
            x,
            y,
            curve=curve,
            seed=seed,
            on_progress=partial(progress, "Searching harder against"),
        )
        title = f"{card.short_title}, harder search"
        yield f"{card.id}/harder", _run_of(title, card.id, "dash", tight)


def _run_of(title: str, model_id: str, dash: str, curve: RobustnessCurve) -> Run:
    return {
        "title": title,
        "model": model_id,
        "dash": dash,
        "eps": [255 * e for e in curve.eps.tolist()],
        "accuracy": curve.accuracy.tolist(),
        "finished": curve.finished,
        "seconds": curve.seconds,
    }


def _live_figure(runs: dict[str, Run]) -> Any:
    return charts.robustness(
        [
            (r["title"], charts.model_colour(r["model"]), r["dash"], r["eps"], r["accuracy"])
            for r in runs.values()
        ],
        x_title="epsilon in 1/255",
    )
