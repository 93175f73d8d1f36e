"""View of corruptions, and of random noise as large as the attack."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from torch import Tensor

from trustai import (
    attacks,
    data,
    zoo,
)
from trustai.attacks import corruptions
from trustai.plots import charts, colours, pictures
from trustai.types import AttackResult
from trustai.ui.kit.caching import (
    cached_call,
    classifier,
    sha256_of,
)
from trustai.ui.kit.export import Call, Export, Named
from trustai.ui.kit.frame import result_caption
from trustai.ui.kit.measured import LINF_EPS, as_number
from trustai.ui.kit.subjects import (
    Subject,
    answer_of,
    label_of,
    pick_model,
    pick_picture,
)


def show() -> None:
    pickers, results = st.columns([1, 2.3], gap="medium")
    with pickers:
        card = pick_model()
        subject = pick_picture(card)
        eps = st.select_slider(
            "Epsilon of both noise and attack",
            LINF_EPS,
            value="8/255",
            key="noise",
            bind="query-params",
        )
    y = label_of(card, subject)
    with results:
        _same_size(card, subject, y, eps)
    st.divider()
    _corruption(card, subject, y, eps)
    st.divider()
    _table(card)


def _call(card: zoo.Card, subject: Subject, y: Tensor, name: str, eps: str) -> Call:
    return Call(
        "trustai.attacks.run", name, Named("classifier", classifier(card.id)),
        Named("x", subject.x), Named("y", y), eps=Named(eps, as_number(eps)), seed=0,
    )  # fmt: skip


def _run(card: zoo.Card, subject: Subject, y: Tensor, name: str, eps: str) -> AttackResult:
    return cached_call(
        _call(card, subject, y, name, eps),
        subject=subject,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(y)],
        method=f"attacks.run/{name}",
        parameters={"eps": eps, "target": None},
        heavy="attacking one picture",
    )


def _shown(card: zoo.Card, x: Tensor, logits: Tensor, title: str, colour: str) -> None:
    p = logits.softmax(1)[0]
    st.image(pictures.framed(pictures.to_pixels(x[0]), colour))
    st.markdown(f"**{title}**: {card.classes[int(p.argmax())]}, {p.max():.1%}")


def _same_size(card: zoo.Card, subject: Subject, y: Tensor, eps: str) -> None:
    st.subheader("The same size, once at random and once on purpose")
    noise = _run(card, subject, y, "random_signs", eps)
    attack = _run(card, subject, y, "pgd_linf", eps)
    clean_column, noise_column, attack_column = st.columns(3)
    with clean_column:
        _shown(card, subject.x, noise.clean_logits, "Clean", colours.CLEAN)
    with noise_column:
        _shown(
            card, noise.adversarial, noise.logits, attacks.get("random_signs").title, colours.RANDOM
        )
    with attack_column:
        _shown(
            card, attack.adversarial, attack.logits, attacks.get("pgd_linf").title, colours.ATTACKED
        )
    st.markdown(
        f"Every pixel moved by at most {eps} in both. Noise points in a random direction, and in "
        "thousands of dimensions a random direction hardly touches the one that matters; the "
        f"attack asked the gradient for exactly that one. {subject.truth_note}"
    )
    result_caption(attack.circumstances)


def _corruption(card: zoo.Card, subject: Subject, y: Tensor, eps: str) -> None:
    st.subheader("Corruptions: nobody attacks, the world is merely rough")
    left, right = st.columns([1, 2.3], gap="medium")
    with left:
        name, severity = _pick_corruption()
    call = Call(
        "trustai.attacks.corruptions.corrupt",
        name,
        Named("x", subject.x),
        severity=severity,
        seed=0,
    )
    changed = call()
    before, after = answer_of(card, subject), classifier(card.id).predict(changed)
    with right:
        first, second, third = st.columns(3)
        with first:
            _shown(card, subject.x, before, "Clean", colours.CLEAN)
        with second:
            title = corruptions.CORRUPTIONS.get(name).title
            _shown(card, changed, after, title, colours.RANDOM)
        with third:
            states = [
                ("clean", colours.CLEAN, before.softmax(1)[0].tolist()),
                ("corrupted", colours.RANDOM, after.softmax(1)[0].tolist()),
            ]
            st.plotly_chart(
                charts.top_classes(states, card.classes, k=3),
                key="corrupted-top",
                config={"displayModeBar": False},
            )
    noise = (
        _call(card, subject, y, "random_signs", eps),
        _run(card, subject, y, "random_signs", eps),
    )
    _export(card, subject, (call, changed, after), noise).show()


def _pick_corruption() -> tuple[str, float]:
    """Name and severity."""
    titles = {name: c.title for name, c in corruptions.CORRUPTIONS}
    name = st.selectbox(
        "Corruption",
        list(titles),
        format_func=lambda n: titles[n],
        key="corruption",
        bind="query-params",
    )
    corruption = corruptions.CORRUPTIONS.get(name)
    severity = st.slider("Severity", 0.0, 1.0, 0.5, 0.05, key="severity", bind="query-params")
    st.caption(
        f"{corruption.description} Here: {severity * corruption.strongest:.3g} {corruption.unit}."
    )
    return name, severity


def _export(
    card: zoo.Card,
    subject: Subject,
    corrupted: tuple[Call, Tensor, Tensor],
    noise: tuple[Call, AttackResult],
) -> Export:
    """Both pictures, each with the call that made it; of the corrupted one also the logits."""
    corrupt, changed, logits = corrupted
    name = corrupt.arguments[0]
    return Export(
        name=f"{card.id}-{name}",
        key="corrupted",
        png=pictures.png(pictures.to_pixels(changed[0])),
        json={
            "model": card.id,
            "weights_sha256": card.weights_sha256,
            "corruption": name,
            **corrupt.keywords,
            "picture": subject.title,
            "logits": logits,
            "noise": {"circumstances": noise[1].circumstances, "logits": noise[1].logits},
        },
        python=f"""
from trustai import data, zoo
{noise[0].imports}
{corrupt.imports}

classifier = zoo.load("{card.id}")
{subject.python}
changed = {corrupt.python}
print(classifier.predict(changed).tolist())
noisy = {noise[0].python}
print(noisy.success, noisy.logits.tolist())
""",
    )


def _table(card: zoo.Card) -> None:
    """Accuracy under every corruption, all networks of the same data set side by side."""
    names = corruptions.names()
    siblings = [
        c
        for c in zoo.catalog()
        if c.dataset == card.dataset and f"corrupted_accuracy/{names[0]}" in c.metrics
    ]
    if not siblings:
        return
    st.subheader(f"All test pictures of {data.dataset(card.dataset).title}")
    keys = ["clean_accuracy", *(f"corrupted_accuracy/{n}" for n in names), "corrupted_accuracy"]
    labels = ["clean", *(corruptions.CORRUPTIONS.get(n).title for n in names), "course mixture"]
    groups = [
        (c.short_title, charts.model_colour(c.id), [c.metrics[k].value for k in keys])
        for c in siblings
    ]
    st.plotly_chart(
        charts.grouped_bars(groups, labels), key="corruptions", config={"displayModeBar": False}
    )
    how = siblings[0].metrics[keys[1]].how
    st.caption(
        f"Measured on {how['n']:,} test pictures, severity {how['severity']}, seed {how['seed']}; "
        "the course's mixture is colour jitter, rotation to 10 degrees and Gaussian noise of "
        "standard deviation 0.1."
    )
    st.dataframe(pd.DataFrame({g[0]: g[2] for g in groups}, index=labels).style.format("{:.1%}"))
