"""The networks of the diabetes table and the baselines in one table, from their cards."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.ui.kit.errors import plain

FIGURES = {
    "roc_auc": ("ROC AUC", "The chance that a patient with diabetes gets a higher probability than "
                "a patient without. 0.5 is chance, 1 is perfect."),
    "average_precision": ("PR AUC", "The area under the precision-recall curve."),
    "accuracy": ("accuracy", "The share of the test patients that are classified correctly."),
    "precision": ("precision", "The share of the positive predictions that are correct."),
    "recall": ("recall", "The share of the patients with diabetes that are found."),
    "f1": ("F1", "The harmonic mean of precision and recall."),
    "brier": ("Brier", "The mean squared error of the probability; lower is better."),
}  # fmt: skip
BASELINES = {
    "logistic_regression": "Logistic regression",
    "gradient_boosting": "Gradient boosting",
    "explainable_boosting": "Explainable boosting (EBM)",
}


def compared(cards: Sequence[zoo.Card]) -> pd.DataFrame:
    """Draws the table of figures with what it says, and returns it."""
    st.subheader("The networks beside simpler models")
    for sentence in reading(cards):
        st.markdown(plain(sentence))
    table = comparison(cards)
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            title: st.column_config.TextColumn(title, help=words)
            for title, words in FIGURES.values()
        },
    )
    metric = cards[0].metrics.get("roc_auc/splits/mean")
    how = metric.how if metric else {}
    st.caption(
        f"The table shows the mean ± standard deviation over {how.get('splits')} splits of the "
        f"data with {how.get('n')} test patients each, at threshold 0.5. The number in brackets is "
        "the model of this app, on split 0. “Over seeds” means that the network was trained again "
        "on split 0 from other random weights."
    )
    return table


def comparison(cards: Sequence[zoo.Card]) -> pd.DataFrame:
    """One row a network and a baseline, one column a figure, in words."""
    rows = [{"model": card.title} | _row(card, "") for card in cards]
    known = [(b, c) for b in BASELINES for c in cards[:1] if f"roc_auc/{b}" in c.metrics]
    rows += [{"model": BASELINES[name]} | _row(card, name) for name, card in known]
    return pd.DataFrame(rows)


def _row(card: zoo.Card, baseline: str) -> dict[str, str]:
    own = f"/{baseline}" if baseline else ""
    found = {}
    for name, (title, _) in FIGURES.items():
        first = card.metrics.get(f"{name}{own}")
        over = _spread(card, f"{name}{own}/splits")
        alone = "–" if first is None else f"{first.value:.3f}"
        found[title] = f"{over} ({alone})" if over else alone
    seeds = "" if baseline else _spread(card, "roc_auc/seeds")
    return {FIGURES["roc_auc"][0]: found["ROC AUC"], "ROC AUC over seeds": seeds or "–", **found}


def _spread(card: zoo.Card, name: str) -> str:
    found = _mean_and_std(card, name)
    return f"{found[0]:.3f} ± {found[1]:.3f}" if found else ""


def reading(cards: Sequence[zoo.Card]) -> list[str]:
    """What the table of figures says, from its numbers."""
    seeds = {card.title: _mean_and_std(card, "roc_auc/seeds") for card in cards}
    said = [
        f"{title} reaches a ROC AUC of {found[0]:.3f} ± {found[1]:.3f} over random starts."
        for title, found in seeds.items()
        if found
    ]
    splits = {card.title: _mean_and_std(card, "roc_auc/splits") for card in cards}
    splits |= {BASELINES[b]: _mean_and_std(cards[0], f"roc_auc/{b}/splits") for b in BASELINES}
    known = {title: found for title, found in splits.items() if found}
    if len(known) > 1:
        best, least = (choose(known, key=lambda t: known[t][0]) for choose in (max, min))
        gap, chance = known[best][0] - known[least][0], max(known[best][1], known[least][1])
        said.append(
            f"Over the splits {best} is best ({known[best][0]:.3f}) and {least} is worst "
            f"({known[least][0]:.3f}). The difference of {gap:.3f} is "
            f"{'smaller' if gap < chance else 'larger'} than the spread of one model over the "
            f"splits (± {chance:.3f})."
        )
    return said


def _mean_and_std(card: zoo.Card, name: str) -> tuple[float, float] | None:
    mean, std = (card.metrics.get(f"{name}/{part}") for part in ("mean", "std"))
    return (mean.value, std.value) if mean and std else None
