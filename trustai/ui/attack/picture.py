"""View of one picture under any attack: before, the change, after."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from trustai import attacks, zoo
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
    UNSURE,
    finding,
    first_look,
    how_made,
    in_words,
    methods,
    pixel_units,
    result_caption,
    side_by_side,
)
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.jobs import Countdown
from trustai.ui.kit.measured import LINF_EPS, as_number, right_when_below, seconds_of_a_pass
from trustai.ui.kit.subjects import (
    Subject,
    label_of,
    photo_model,
    pick_model,
    pick_picture,
)

LONG = 60
"""Seconds from which an attack asks before it begins."""
WITH_GRADIENT = 2.5
"""Seconds of a pass with its gradient for every second of one without."""
L2_EPS = ("0", "0.1", "0.25", "0.5", "1", "1.5", "2", "3", "5")


def show() -> None:
    pickers, results = first_look()
    with pickers:
        card = pick_model(default=photo_model(), imagenet=True)
        subject = pick_picture(card)
        name, eps_text, target = _pick_attack(card)
    network = classifier(card.id)
    with results:
        y = label_of(card, subject)
        if not _wanted(name, card, subject):
            return
        call = Call(
            "trustai.attacks.run", name, Named("classifier", network), Named("x", subject.x),
            Named("y", y), eps=Named(eps_text, as_number(eps_text)), target=target, seed=0,
        )  # fmt: skip
        bar = Countdown(attacks.get(name).title, expected=_seconds(name, card))
        result: AttackResult = cached_call(
            lambda: call(on_progress=bar),
            subject=subject,
            weights_sha=card.weights_sha256,
            inputs=[sha256_of(y)],
            method=f"attacks.run/{name}",
            parameters={"eps": eps_text, "target": target},
            heavy="attacking one picture",
            bar=bar,
        )
        finding(finding_text(card, subject, result, target))
        _unsure(card, result)
        _draw(card, subject, result)
        st.caption(f"Picture: {plain(subject.title)}. {subject.truth_note}")
    with how_made():
        result_caption(result.circumstances, f"L2 length {result.l2.item():.3f}")
        st.caption(
            "The figures above are exact. The saved picture has 256 levels per colour, so its "
            "pixels are rounded by up to half a level."
        )
    _export(card, subject, result, name, call).show()
    methods(attacks.get(name), label=f"About the attack {attacks.get(name).title}")


def _pick_attack(card: zoo.Card) -> tuple[str, str, int | None]:
    titles = {name: attacks.get(name).title for name in attacks.names()}
    name = st.selectbox(
        "Attack",
        list(titles),
        index=list(titles).index("pgd_linf"),
        format_func=lambda n: titles[n],
        key="attack",
        bind="query-params",
    )
    attack = attacks.get(name)
    st.caption(attack.description)
    is_linf = attack.norm == "linf"
    eps = st.select_slider(
        "Epsilon: largest change of any pixel"
        if is_linf
        else "Epsilon: length of the whole change (L2)",
        LINF_EPS if is_linf else L2_EPS,
        value="8/255" if is_linf else "1",
        # A key of its own for each norm: the two scales share no position.
        key="eps_linf" if is_linf else "eps_l2",
        bind="query-params",
        help=hint("epsilon") if is_linf else hint("L2 norm"),
    )
    if not attack.targetable:
        st.caption("This attack works without a target class.")
        return name, eps, None
    wanted = st.selectbox(
        "Target class",
        ["any other class", *card.classes],
        key="target",
        bind="query-params",
        help=hint("target class"),
    )
    return name, eps, card.classes.index(wanted) if wanted in card.classes else None


def _wanted(name: str, card: zoo.Card, subject: Subject) -> bool:
    """Whether to attack at once; what may take minutes first asks."""
    seconds = _seconds(name, card)
    if seconds < LONG:
        return True
    st.info(
        f"{attacks.get(name).title} may take up to {math.ceil(seconds / 60)} minutes on "
        f"this picture: {_passes(name, card):,} passes through the network. You can stop it at any "
        "time.",
        icon=":material/hourglass_top:",
    )
    return st.toggle("Run this attack", key=f"wanted-{name}-{card.id}-{subject.sha}")


def _passes(name: str, card: zoo.Card) -> int:
    attack = attacks.get(name)
    return attack.passes(attack.checked(None), n_classes=len(card.classes))


def _seconds(name: str, card: zoo.Card) -> float:
    """How long an attack takes at worst."""
    return WITH_GRADIENT * _passes(name, card) * seconds_of_a_pass(card.id, card.weights_sha256)


def _draw(card: zoo.Card, subject: Subject, result: AttackResult) -> None:
    delta = result.adversarial[0] - subject.x[0]
    magnified, factor = pictures.magnified(delta)
    largest = result.linf.item() * 255
    before = result.clean_logits.softmax(1)[0]
    after = result.logits.softmax(1)[0]
    clean_column, delta_column, attacked_column = side_by_side(3, key="attacked")
    with clean_column:
        framed = pictures.framed(pictures.to_pixels(subject.x[0]), colours.CLEAN)
        show_picture(framed, f"Clean: {card.classes[int(before.argmax())]}, {before.max():.1%}")
        st.markdown(f"**Clean**: {card.classes[int(before.argmax())]}, {before.max():.1%}")
    with delta_column:
        shown = f"shown {factor:.0f} times larger, at most {largest:.2f}/255"
        show_picture(pictures.framed(magnified, colours.RANDOM), f"Change, {shown}")
        st.markdown(f"**Change**: {shown if largest else 'none'}")
    with attacked_column:
        framed = pictures.framed(pictures.to_pixels(result.adversarial[0]), colours.ATTACKED)
        show_picture(framed, f"Attacked: {card.classes[int(after.argmax())]}, {after.max():.1%}")
        st.markdown(f"**Attacked**: {card.classes[int(after.argmax())]}, {after.max():.1%}")
    chart(
        charts.top_classes(
            [
                ("clean", colours.CLEAN, before.tolist()),
                ("attacked", colours.ATTACKED, after.tolist()),
            ],
            card.classes,
        ),
        key="top",
        title="Probability of the top classes",
        about=f"{card.title}, {subject.title}, {attacks.get(result.circumstances.method).title}",
    )


def finding_text(card: zoo.Card, subject: Subject, result: AttackResult, target: int | None) -> str:
    """What the attack did to the answer of the network, in one or two sentences."""
    before, after = (z.softmax(1)[0] for z in (result.clean_logits, result.logits))
    was, now = card.classes[int(before.argmax())], card.classes[int(after.argmax())]
    sure = f"“{plain(now)}” ({after.max():.0%})"
    wanted = None if target is None else card.classes[target]
    if wanted == was:
        return (
            f"The network says “{plain(was)}” before any attack, so there is nothing to attack. "
            "Choose another target class."
        )
    if wanted is None and subject.label is not None and was != card.classes[subject.label]:
        return (
            f"The network is wrong before any attack: the true class is "
            f"“{plain(card.classes[subject.label])}”, and the network says “{plain(was)}”."
        )
    if was == now:
        return (
            f"This attack found no change that helps: the network still says **{sure}**. Another "
            "attack, or more steps, may find one."
        )
    end = "" if wanted is None else (
        ", as the attack wanted" if wanted == now else f", but not the target “{plain(wanted)}”"
    )  # fmt: skip
    return (
        f"{_size(result)} is enough: the network says **{sure}** instead of "
        f"“{plain(was)}” ({before.max():.0%}){end}."
    )


def _size(result: AttackResult) -> str:
    """The change of the picture, as the subject of a sentence."""
    circumstances = result.circumstances
    if attacks.get(circumstances.method).norm != "linf":
        return f"A change of length {result.l2.item():.2f} (L2)"
    return f"A change of at most {pixel_units(circumstances.parameters['eps'])} per pixel"


def _unsure(card: zoo.Card, result: AttackResult) -> None:
    """A warning where the network is not sure of the picture as it is."""
    sure = float(result.clean_logits.softmax(1).max())
    if sure < UNSURE:
        st.warning(
            f"The network {in_words(sure)} before any attack ({sure:.0%}). A small change that "
            "moves such an answer proves little." + right_when_below(card, UNSURE),
            icon=":material/help:",
        )


def _slide(card: zoo.Card, subject: Subject, result: AttackResult) -> bytes:
    """Before, the change, after, with what the network says of each."""
    magnified, factor = pictures.magnified(result.adversarial[0] - subject.x[0])
    before, after = (z.softmax(1)[0] for z in (result.clean_logits, result.logits))
    said = [f"{card.classes[int(p.argmax())]}, {p.max():.1%}" for p in (before, after)]
    made = result.circumstances
    return pictures.png(
        picture_slide(
            f"{attacks.get(made.method).title}: {said[0]} becomes {said[1]}",
            f"{card.title}, {subject.title}, largest change {result.linf.item() * 255:.2f}/255, "
            f"L2 length {result.l2.item():.3f}, seed {made.seed}",
            [
                (f"Clean: {said[0]}", pictures.to_pixels(subject.x[0])),
                (f"Change, {factor:.0f} times larger", magnified),
                (f"Attacked: {said[1]}", pictures.to_pixels(result.adversarial[0])),
            ],
            columns=3,
        )
    )


def _export(
    card: zoo.Card, subject: Subject, result: AttackResult, name: str, call: Call
) -> Export:
    probabilities = pd.DataFrame(
        {
            "class": card.classes,
            "clean": result.clean_logits.softmax(1)[0].tolist(),
            "attacked": result.logits.softmax(1)[0].tolist(),
        }
    )
    return Export(
        name=f"{card.id}-{name}",
        key="one",
        png=pictures.png(pictures.to_pixels(result.adversarial[0])),
        slide=_slide(card, subject, result),
        csv=probabilities.to_csv(index=False),
        json={
            "picture": subject.title,
            "circumstances": result.circumstances,
            "success": result.success,
            "linf": result.linf,
            "l2": result.l2,
            "classes": list(card.classes),
            "clean_logits": result.clean_logits,
            "logits": result.logits,
        },
        python=f"""
from trustai import data, zoo
{call.imports}

classifier = zoo.load("{card.id}")
{subject.python}
result = {call.python}
print(result.success, result.linf.item(), result.l2.item(), result.logits.tolist())
""",
    )
