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
from trustai.plots.slides.picture_slide import picture_slide
from trustai.types import AttackResult
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import (
    cached_call,
    classifier,
    sha256_of,
)
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Call, Export, Named
from trustai.ui.kit.frame import (
    finding,
    first_look,
    fold,
    how_made,
    methods,
    pixel_units,
    result_caption,
    side_by_side,
)
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.jobs import Countdown
from trustai.ui.kit.measured import LINF_EPS, as_number
from trustai.ui.kit.subjects import (
    Subject,
    answer_of,
    label_of,
    pick_model,
    pick_picture,
)


def show() -> None:
    pickers, results = first_look()
    with pickers:
        card = pick_model()
        subject = pick_picture(card)
        eps = st.select_slider(
            "Epsilon of the noise and of the attack",
            LINF_EPS,
            value="8/255",
            key="noise",
            bind="query-params",
            help=hint("epsilon"),
        )
    y = label_of(card, subject)
    with results:
        attack = _same_size(card, subject, y, eps)
    _corruption(card, subject, y, eps)
    _table(card)
    with how_made():
        result_caption(attack.circumstances)
        st.caption(plain(f"Picture: {subject.title}. {subject.truth_note}"))


def _call(card: zoo.Card, subject: Subject, y: Tensor, name: str, eps: str) -> Call:
    return Call(
        "trustai.attacks.run", name, Named("classifier", classifier(card.id)),
        Named("x", subject.x), Named("y", y), eps=Named(eps, as_number(eps)), seed=0,
    )  # fmt: skip


def _run(card: zoo.Card, subject: Subject, y: Tensor, name: str, eps: str) -> AttackResult:
    call, bar = _call(card, subject, y, name, eps), Countdown(attacks.get(name).title)
    return cached_call(
        lambda: call(on_progress=bar),
        subject=subject,
        weights_sha=card.weights_sha256,
        inputs=[sha256_of(y)],
        method=f"attacks.run/{name}",
        parameters={"eps": eps, "target": None},
        heavy="attacking one picture",
        bar=bar,
    )


def _shown(card: zoo.Card, x: Tensor, logits: Tensor, title: str, colour: str) -> None:
    p = logits.softmax(1)[0]
    said = f"{card.classes[int(p.argmax())]}, {p.max():.1%}"
    show_picture(pictures.framed(pictures.to_pixels(x[0]), colour), f"{title}: {said}")
    st.markdown(f"**{title}**: {said}")


def finding_text(card: zoo.Card, noise: AttackResult, attack: AttackResult) -> str:
    """What noise and attack of the same size did to the answer, in one sentence."""
    was, noisy, attacked = (
        card.classes[int(z.argmax())] for z in (noise.clean_logits, noise.logits, attack.logits)
    )
    size = pixel_units(attack.circumstances.parameters["eps"])

    def became(now: str) -> str:
        return f"keeps the answer “{plain(was)}”" if now == was else (
            f"changes the answer from “{plain(was)}” to “{plain(now)}”"
        )  # fmt: skip

    joined = "too" if (noisy == was) == (attacked == was) else "but"
    first, second = became(noisy), became(attacked)
    if joined == "but":
        return (
            f"Random noise of {size} per pixel **{first}**, but the attack PGD of the same size "
            f"**{second}**."
        )
    return (
        f"Random noise of {size} per pixel **{first}**, and so does the attack PGD of the same "
        f"size: the network says “{plain(attacked)}”."
    )


def _same_size(card: zoo.Card, subject: Subject, y: Tensor, eps: str) -> AttackResult:
    noise = _run(card, subject, y, "random_signs", eps)
    attack = _run(card, subject, y, "pgd_linf", eps)
    finding(finding_text(card, noise, attack))
    clean_column, noise_column, attack_column = side_by_side(3, key="same-size")
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
        f"Every pixel moves by at most {eps} in both. The noise goes in a random direction. A "
        "picture has thousands of dimensions, so a random direction hardly changes the answer. The "
        "attack follows the gradient, the direction that changes the answer most."
    )
    return attack


def _corruption(card: zoo.Card, subject: Subject, y: Tensor, eps: str) -> None:
    st.subheader("Corruptions without an attacker")
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
        first, second = side_by_side(2, key="corrupted")
        with first:
            _shown(card, subject.x, before, "Clean", colours.CLEAN)
        with second:
            title = corruptions.CORRUPTIONS.get(name).title
            _shown(card, changed, after, title, colours.RANDOM)
        states = [
            ("clean", colours.CLEAN, before.softmax(1)[0].tolist()),
            ("corrupted", colours.RANDOM, after.softmax(1)[0].tolist()),
        ]
        figure = charts.top_classes(states, card.classes, k=3)
        chart(figure, key="corrupted-top", title="Top classes", about=card.title)
    noise = (
        _call(card, subject, y, "random_signs", eps),
        _run(card, subject, y, "random_signs", eps),
    )
    _export(card, subject, (call, changed, after), noise).show()
    methods(
        corruptions.CORRUPTIONS.get(name), attacks.get("random_signs"), attacks.get("pgd_linf"),
        label="About this corruption, the noise and the attack",
    )  # fmt: skip


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
        f"{corruption.description} Strength here: {severity * corruption.strongest:.3g} "
        f"{corruption.unit}."
    )
    return name, severity


def _slide(
    card: zoo.Card, subject: Subject, name: str, changed: Tensor, noise: AttackResult
) -> bytes:
    """The clean picture, the corrupted one and the noisy one."""
    return pictures.png(
        picture_slide(
            f"{corruptions.CORRUPTIONS.get(name).title}, random noise and PGD",
            f"{card.title}, {subject.title}",
            [
                ("Clean", pictures.to_pixels(subject.x[0])),
                (corruptions.CORRUPTIONS.get(name).title, pictures.to_pixels(changed[0])),
                ("Random noise", pictures.to_pixels(noise.adversarial[0])),
            ],
            columns=3,
        )
    )


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
        slide=_slide(card, subject, name, changed, noise[1]),
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
    keys = ["clean_accuracy", *(f"corrupted_accuracy/{n}" for n in names), "corrupted_accuracy"]
    labels = ["clean", *(corruptions.CORRUPTIONS.get(n).title for n in names), "mixture of three"]
    groups = [
        (c.short_title, charts.model_colour(c.id), [c.metrics[k].value for k in keys])
        for c in siblings
    ]
    how = siblings[0].metrics[keys[1]].how
    title = data.dataset(card.dataset).title
    with fold(f"All test pictures under every corruption: {title}", icon=":material/bar_chart:"):
        chart(
            charts.grouped_bars(groups, labels),
            key="corruptions",
            title="Accuracy on corrupted pictures",
            about=f"{title}, {how['n']:,} test pictures, severity {how['severity']}",
        )
        st.caption(
            f"Measured on {how['n']:,} test pictures, severity {how['severity']}, seed "
            f"{how['seed']}. The mixture of three is colour jitter, rotation by up to 10 degrees "
            "and Gaussian noise of standard deviation 0.1, one after the other."
        )
        st.dataframe(
            pd.DataFrame({g[0]: g[2] for g in groups}, index=labels).style.format("{:.1%}")
        )
