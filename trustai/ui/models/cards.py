"""The model zoo's content: a table of all networks, then one card in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from trustai import data, zoo
from trustai.plots import charts
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import counted, plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, fold, listed
from trustai.ui.kit.measured import HEADLINES, headlines, interval_text, measurements
from trustai.ui.kit.pretrained import list_pretrained
from trustai.ui.kit.subjects import pick_model

TITLES: Mapping[zoo.Kind, str] = {
    "picture": "Networks for pictures",
    "table": "Networks for tables",
    "caption": "Networks that write captions",
    "path": "Networks of a repair, from none to strong",
}
MEANINGS: Mapping[zoo.Kind, str] = {
    "picture": "**Clean accuracy** is the share of test pictures that the network names correctly. "
    "**PGD-20, 8/255** is the accuracy under an attack of 20 steps that changes every pixel by at "
    "most 8/255. **Corrupted pictures** is the accuracy under noise, blur and other accidents. "
    "**Photographs of signs** is the accuracy of a network that learned from drawn signs. Higher "
    "is better everywhere.",
    "table": "**ROC AUC** is the probability that the network gives an ill patient a higher risk "
    "than a healthy one: 0.5 is chance, 1 is perfect. The **means** repeat the training with 5 "
    "random starts and 5 divisions of the data. The **calibration error** is the mean distance "
    "between the predicted and the true risk: 0 is the best.",
    "caption": "**BLEU-1** is the share of the words of a caption that people also wrote. "
    "**BLEU-4** compares sequences of up to four words. 1 is the best.",
    "path": "The **p%-rule** is the share of selected people in the group that is selected least, "
    "divided by that of the group that is selected most: 100 % is equal, and 80 % is a common "
    "limit. The repair raises it and costs some **accuracy**.",
}


def show() -> None:
    if said := cost_of_robustness():
        finding(said)
    for kind, title in TITLES.items():
        cards = zoo.catalog(kind=kind)
        if not cards:
            continue
        if kind == "picture":
            st.subheader(title)
        with st.container() if kind == "picture" else fold(title, icon=":material/table:"):
            st.markdown(MEANINGS[kind])
            _overview(cards, kind)
    list_pretrained()
    st.divider()
    card = pick_model(kind=None)
    st.header(card.title)
    st.markdown(f"{card.summary} `{card.id}`")
    _headlines(card)
    _autoattack(card)
    if parts := _parts(card):
        with fold(listed(parts), icon=":material/monitoring:"):
            left, right = st.columns(2, gap="large")
            with left:
                _learning(card)
            with right:
                _per_class(card)
            _confusion(card)
    with fold("How it was made", icon=":material/settings:"):
        _how(card)
    with st.expander("Every measured number and how it was measured", icon=":material/table:"):
        st.dataframe(metrics_table(card), hide_index=True)
    _export(card).show()


def cost_of_robustness() -> str:
    """What training against attacks costs and gives on CIFAR-10; empty if not measured."""
    names, found = ("clean_accuracy", "pgd20_accuracy"), []
    for card in zoo.catalog():
        if card.id in ("cifar10-resnet18", "cifar10-resnet18-adversarial"):
            found += [f"{card.metrics[n].value:.0%}" for n in names if n in card.metrics]
    if len(found) < 4:
        return ""
    return (
        f"On CIFAR-10, the standard network names {found[0]} of the test pictures correctly, but "
        f"only {found[1]} under attack. The network that was trained on attacked pictures names "
        f"{found[2]} correctly, and {found[3]} under the same attack."
    )


def _parts(card: zoo.Card) -> list[str]:
    """What a card has beside its figures."""
    known = {
        "Learning curves": bool(card.history),
        "accuracy per class": bool(_shares(card)),
        "confusion matrix": bool(card.confusion),
    }
    return [part for part, there in known.items() if there]


def _learning(card: zoo.Card) -> None:
    if card.history:
        st.subheader("Learning curves")
        chart(
            charts.learning_curves(card.history),
            key="curves",
            title="Accuracy while training",
            about=card.title,
        )
        st.caption(
            "The validation curve is measured with the averaged weights. These weights were kept."
        )


def _confusion(card: zoo.Card) -> None:
    if not card.confusion:
        return
    st.subheader("Confusion matrix")
    chart(
        charts.confusion(card.confusion, card.classes),
        key="confusion",
        title="Confusion matrix",
        about=f"{card.title}, test set",
        wide=True,
    )
    st.caption(
        "Rows of the test set. A risk above 0.5 counts as ill. Each number counts rows."
        if zoo.kind_of(card) == "table"
        else "Clean test pictures. Each number counts pictures."
    )


def _export(card: zoo.Card) -> Export:
    measured = measurements(card.id, card.weights_sha256)
    headlines = [name for name in HEADLINES[zoo.kind_of(card)] if name in card.metrics]
    metric = next(iter(headlines or card.metrics))
    return Export(
        name=card.id,
        key="card",
        csv=None if measured is None else measured.to_csv(index=False),
        json=card.as_dict(),
        python=f"""
from trustai import data, zoo

network = zoo.load("{card.id}")
print(network.card.metrics["{metric}"].value)
""",
    )


def _overview(cards: list[zoo.Card], kind: zoo.Kind) -> None:
    rows = [
        {
            "network": card.title,
            "parameters": f"{card.training['parameters']:,}",
        }
        | {words: headlines(card).get(words, "–") for words in HEADLINES[kind].values()}
        for card in cards
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content")


def _headlines(card: zoo.Card) -> None:
    how = {words: card.metrics[n].how for n, words in HEADLINES[zoo.kind_of(card)].items()
           if n in card.metrics}  # fmt: skip
    found = headlines(card)
    for column, (words, text) in zip(st.columns(len(found) or 1), found.items(), strict=False):
        column.metric(words, text, help=_how_words(how[words]), border=True)


def _autoattack(card: zoo.Card) -> None:
    """AutoAttack beside PGD of the same pictures: figures of different ones do not compare."""
    of = {
        "without an attack": "clean_accuracy_same_pictures",
        "under PGD-20": "pgd20_accuracy_same_pictures",
        "under AutoAttack": "autoattack_accuracy",
    }
    found = {words: card.metrics[name] for words, name in of.items() if name in card.metrics}
    if len(found) < len(of):
        return
    told = [
        f"{metric.value:.1%} {words} ({interval_text(*metric.how['interval'])})"
        for words, metric in found.items()
    ]
    how = found["under AutoAttack"].how
    st.markdown(
        f"Of the same {how['n']:,} test pictures, drawn at random, the network names "
        f"{', '.join(told[:-1])} and {told[-1]} correctly; every pixel may change by {how['eps']}. "
        "AutoAttack was asked about the pictures that PGD did not fool."
    )


def _how_words(how: Any) -> str:
    return ", ".join(f"{k} {v}" for k, v in how.items() if not isinstance(v, dict))


def _shares(card: zoo.Card) -> dict[str, float]:
    """Clean accuracy by class, where it was measured."""
    return {
        name: card.metrics[f"clean_accuracy/{name}"].value
        for name in card.classes
        if f"clean_accuracy/{name}" in card.metrics
    }


def _per_class(card: zoo.Card) -> None:
    """Its accuracy per class, beside that of the network of which it is a variant."""
    beside = [c for c in zoo.catalog(kind=None) if c.id == card.id.rpartition("-")[0]]
    shares = {c.short_title: found for c in (card, *beside) if (found := _shares(c))}
    if card.short_title not in shares:
        return
    st.subheader("Accuracy per class")
    st.dataframe(
        pd.DataFrame(shares).rename_axis("class").reset_index(),
        hide_index=True,
        column_config={
            title: st.column_config.ProgressColumn(
                title, format="percent", min_value=0, max_value=1
            )
            for title in shares
        },
    )


def _how(card: zoo.Card) -> None:
    training = card.training
    if "seconds" in training:
        _trained(card)
    else:
        where = plain(card.recipe.removeprefix("published: "))
        st.markdown(
            f"Others trained it and published its weights: {where}. This line fetches them:"
        )
    st.code(card.command, language="bash")
    st.markdown("Configuration and library versions:")
    versions = {"configuration": dict(card.configuration), "versions": dict(card.versions)}
    st.json(versions, expanded=False)


def _trained(card: zoo.Card) -> None:
    training = card.training
    what = "rows" if "training_rows" in training else "pictures"
    n = training[f"training_{what}"]
    seconds = training["seconds"]
    took = f"{seconds / 60:.0f} minutes" if seconds > 90 else f"{seconds:.0f} seconds"
    st.markdown(
        f"{counted(training['epochs'], 'epoch')} on {n:,} {what} of "
        f"{_datasets(card)} in {took} ({training['device']}), seed {card.seed}, "
        f"code revision {card.code_revision}. This line repeats the training:"
    )


def _datasets(card: zoo.Card) -> str:
    """The titles of what it learned from."""
    names = card.dataset.split("+")
    known = {*data.names(), *data.table_names(), *data.caption_names()}
    return " and ".join(data.entry(n).title if n in known else n for n in names)


def metrics_table(card: zoo.Card) -> pd.DataFrame:
    """One row a metric: its name, its value, and how it was measured in words."""
    return pd.DataFrame(
        [
            {"metric": name, "value": round(metric.value, 4), "how": _how_words(metric.how)}
            for name, metric in card.metrics.items()
        ]
    )
