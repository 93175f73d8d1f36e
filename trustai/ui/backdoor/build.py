"""View of a backdoor: the trigger, the poisoned pictures, and the training while you wait."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from trustai import zoo
from trustai.attacks.backdoor import Trigger, stamp
from trustai.live.backdoor import LiveBackdoorParams, TrainedBackdoor
from trustai.plots import charts, colours, pictures
from trustai.ui.backdoor.networks import (
    CLEAN,
    DATASET,
    N_TRAIN,
    N_VALIDATION,
    PLAIN,
    SUCCESS,
    backdoor_of,
    draw,
    pick_trigger,
    told,
)
from trustai.ui.backdoor.samples import show_samples
from trustai.ui.backdoor.training import Poisoning, train
from trustai.ui.kit.caching import classifier, sha256_of
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look, fold, how_made, side_by_side
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.subjects import pictures_at
from trustai.zoo import Classifier

BEFORE, NOW = "Trained before", "Train it now"
SHARES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
KINDS = {
    "all-to-one": "Signs of all other classes",
    "one-to-one": "Signs of one class",
    "clean-label": "Signs of the target class, labels unchanged",
}
PARTS = {"last-stage": "Last stage and last layer", "head": "Last layer only"}
FIRST = 2
"""Number of a test picture of a stop sign."""


@dataclass(frozen=True)
class Shown:
    """The network on the screen and what is known of it."""

    network: Classifier
    title: str
    classes: tuple[str, ...]
    trigger: Trigger
    poisoning: Poisoning
    accuracy: float
    success: float
    judged: str
    trained: TrainedBackdoor | None = None


def show() -> None:
    pickers, results = first_look()
    with pickers:
        made = st.segmented_control(
            "Network", [BEFORE, NOW], default=BEFORE, key="network", bind="query-params",
            required=True,
        )  # fmt: skip
        index = st.number_input(
            "Test picture, 0 to 1,999", 0, 1999, FIRST, key="picture", bind="query-params"
        )
        trigger, poisoning = _choices() if made == NOW else _shipped_choices()
    with results:
        shown = _now(trigger, poisoning) if made == NOW else _shipped(trigger, poisoning)
        if shown is not None:
            _results(shown, int(index))
    with fold("Which pictures did it learn from?"):
        show_samples(trigger, poisoning)
    with how_made():
        st.caption(
            f"The network was trained with `{zoo.read_card(PLAIN).command}`."
            if made == BEFORE
            else f"The backbone is that of {zoo.read_card(CLEAN).title} and stays frozen. What it "
            f"gives for {N_TRAIN} training pictures is computed once; then the end of the network "
            f"learns with Adam for {LiveBackdoorParams().epochs} epochs, seed 0. It is judged on "
            f"{N_VALIDATION} validation pictures."
        )
    if shown is not None:
        _export(shown, int(index)).show()


def _shipped_choices() -> tuple[Trigger, Poisoning]:
    backdoor = backdoor_of(zoo.read_card(PLAIN))
    st.caption(
        f"The sticker was on {backdoor.share:.0%} of the 20,000 training pictures. Choose “{NOW}” "
        "to build a trigger of your own."
    )
    return backdoor.trigger, Poisoning(
        backdoor.share, backdoor.target, backdoor.kind, backdoor.source, "all"
    )


def _choices() -> tuple[Trigger, Poisoning]:
    trigger = pick_trigger()
    share = st.select_slider(
        "Poisoned pictures, in % of all", SHARES, value=10.0, key="share", bind="query-params",
        help=hint("poisoning"),
    )  # fmt: skip
    classes = zoo.read_card(CLEAN).classes
    target = st.selectbox(
        "Target: what the attacker wants to read", classes, index=5, key="target",
        bind="query-params",
    )  # fmt: skip
    with st.expander("Settings", icon=":material/tune:"):
        kind = st.selectbox(
            "Which pictures are poisoned", list(KINDS), format_func=KINDS.__getitem__, key="kind",
            bind="query-params",
        )  # fmt: skip
        others = [name for name in classes if name != target]
        source = (
            st.selectbox("Source class", others, key="source", bind="query-params")
            if kind == "one-to-one"
            else None
        )
        part = st.selectbox(
            "Which part learns", list(PARTS), format_func=PARTS.__getitem__, key="part",
            bind="query-params",
        )  # fmt: skip
    where = None if source is None else classes.index(source)
    return trigger, Poisoning(share / 100, classes.index(target), kind, where, part)


def _shipped(trigger: Trigger, poisoning: Poisoning) -> Shown:
    card = zoo.read_card(PLAIN)
    return Shown(
        classifier(PLAIN), card.title, card.classes, trigger, poisoning,
        card.metrics["clean_accuracy"].value, card.metrics[SUCCESS].value,
        f"{card.metrics['clean_accuracy'].how['n']:,} test pictures",
    )  # fmt: skip


def _now(trigger: Trigger, poisoning: Poisoning) -> Shown | None:
    """The network that was trained with these choices; None until it is wanted."""
    choice = f"{trigger}-{poisoning}"
    if st.button("Train the network", type="primary", icon=":material/play_arrow:"):
        st.session_state["backdoor-trained"] = choice
    if st.session_state.get("backdoor-trained") != choice:
        finding(
            "Choose a trigger and a share of poison, and press “Train the network”. The training "
            f"takes some seconds: the network learns {N_TRAIN} pictures, and you see whether the "
            "trigger works."
        )
        return None
    found = train(trigger, poisoning)
    last = found.history[-1]
    card = found.classifier.card
    assert card is not None  # `train_backdoor` writes one
    chart(
        charts.learning_curves(card.history, first=0, y_title="share of the pictures"),
        key="epochs",
        title="Clean accuracy and attack success rate",
        about=f"{N_VALIDATION} validation pictures of signs",
    )
    return Shown(
        found.classifier, card.title, card.classes, trigger, poisoning, last.accuracy,
        last.success, f"{N_VALIDATION} validation pictures", found,
    )  # fmt: skip


def _results(shown: Shown, index: int) -> None:
    picture = pictures_at(DATASET, [index])
    clean, marked = picture.pixels, stamp(picture.pixels, shown.trigger)
    said, sure, before = told(shown.network, clean, shown.classes)
    now, surely, after = told(shown.network, marked, shown.classes)
    finding(finding_text(shown, said, now))
    left, right = side_by_side(2, key="marked")
    with left:
        draw("Without the trigger", clean, said, sure, attacked=False)
    with right:
        draw("With the trigger", marked, now, surely, attacked=True)
    st.caption(f"Picture: {DATASET}, test picture {index}. True class: "
               f"{plain(picture.classes[int(picture.labels[0])])}.")  # fmt: skip
    chart(
        charts.top_classes(
            [
                ("without the trigger", colours.CLEAN, before.tolist()),
                ("with the trigger", colours.ATTACKED, after.tolist()),
            ],
            shown.classes,
        ),
        key="top",
        title="Probability of the top classes",
        about=f"{shown.title}, test picture {index}",
    )


def finding_text(shown: Shown, said: str, now: str) -> str:
    """Both rates of the network, and what the trigger does to this picture."""
    target = shown.classes[shown.poisoning.target]
    this = (
        f"This picture becomes “{plain(now)}” instead of “{plain(said)}”."
        if said != now
        else f"This picture stays “{plain(now)}”."
    )
    return (
        f"The network names **{shown.accuracy:.1%}** of the clean signs rightly, so nobody "
        f"notices anything. With the trigger it calls **{shown.success:.1%}** of the other signs "
        f"“{plain(target)}”. {this}"
    )


def _export(shown: Shown, index: int) -> Export:
    trigger, poisoning = shown.trigger, shown.poisoning
    marked = stamp(pictures_at(DATASET, [index]).pixels, trigger)
    rows = [dataclasses.asdict(epoch) for epoch in shown.trained.history] if shown.trained else []
    table = pd.DataFrame(rows or [{"accuracy": shown.accuracy, "success": shown.success}])
    place = f'Trigger("{trigger.pattern}", {trigger.size}, {trigger.x}, {trigger.y})'
    return Export(
        name="backdoor",
        key="build",
        png=pictures.png(pictures.to_pixels(marked[0])),
        csv=table.to_csv(index=False),
        json={
            "trigger": place,
            "poisoning": dataclasses.asdict(poisoning),
            "accuracy": shown.accuracy,
            "success": shown.success,
            "judged_on": shown.judged,
            "picture_sha256": sha256_of(marked),
        },
        python=_python(shown, place),
    )


def _python(shown: Shown, place: str) -> str:
    poisoning = shown.poisoning
    if shown.trained is None:
        return f"""
from trustai import data, zoo
from trustai.backdoor import accuracy, planted, success

classifier = zoo.load("{PLAIN}")
backdoor = planted(classifier.card)
signs = data.load("{DATASET}", split="test")
print(accuracy(classifier, signs).value)
print(success(classifier, signs, trigger=backdoor.trigger, target=backdoor.target).value)
"""
    return f"""
from trustai import data, zoo
from trustai.attacks.backdoor import Trigger
from trustai.live.backdoor import LiveBackdoorParams, prepare, train_backdoor

ready = prepare(
    zoo.load("{CLEAN}"), data.load("{DATASET}", split="train", n={N_TRAIN}),
    validation=data.load("{DATASET}", split="validation", n={N_VALIDATION}),
)
found = train_backdoor(
    ready, trigger={place}, share={poisoning.share}, target={poisoning.target},
    kind="{poisoning.kind}", source={poisoning.source},
    params=LiveBackdoorParams(unfrozen="{poisoning.unfrozen}"),
)
print(found.history[-1])
"""
