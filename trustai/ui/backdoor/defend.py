"""View of the defences: suspicious pictures, inputs and networks, and what repairs a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
import torch

from trustai import zoo
from trustai.attacks.backdoor import stamp
from trustai.backdoor import accuracy, attacked, defences, planted, success
from trustai.metrics.detection import auroc
from trustai.plots import charts, colours, pictures
from trustai.plots.backdoor import defences as plots
from trustai.types import Circumstances, ImageSet
from trustai.ui.backdoor.defend_python import (
    N_INPUTS,
    N_INSPECTED,
    N_JUDGED,
    N_REPAIR,
    python_of,
)
from trustai.ui.backdoor.networks import PLAIN, backdoor_of, signs_of, titles
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cached_call, classifier
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import (
    finding,
    first_look,
    how_made,
    methods,
    result_caption,
    side_by_side,
)
from trustai.ui.kit.jobs import Countdown
from trustai.zoo import Card

R = TypeVar("R")
SECONDS = {"strip": 15, "neural-cleanse": 60, "unlearning": 70, "fine-pruning": 20}


def show() -> None:
    names = titles()
    pickers, results = first_look()
    with pickers:
        title = st.selectbox(
            "Network", list(names.values()), index=1, key="network", bind="query-params"
        )
        card = zoo.read_card(next(of for of, said in names.items() if said == title))
        known = {name: defences.get(name).title for name in defences.names()}
        name = st.selectbox(
            "Defence", list(known), format_func=known.__getitem__, key="defence",
            bind="query-params",
        )  # fmt: skip
        entry = defences.get(name)
        st.caption(f"{entry.description} The defender needs this: {entry.needs}")
    with results:
        {
            "training-data": _training_data,
            "input": _inputs,
            "network": _network,
            "repair": _repair,
        }[entry.kind](card, name)
    methods(entry, label=f"About {entry.title}")


def _run(card: Card, name: str, compute: Callable[[Countdown], R], **parameters: object) -> R:
    """What a defence finds, from memory where it was found before."""
    bar = Countdown(defences.get(name).title, expected=SECONDS.get(name, 8))
    return cached_call(
        lambda: compute(bar), subject=None, weights_sha=card.weights_sha256,
        method=f"backdoor.defences/{name}", parameters=parameters, heavy="looking for a backdoor",
        bar=bar,
    )  # fmt: skip


def _training_data(card: Card, name: str) -> None:
    """Suspicious training pictures, label by label."""
    learned, marked = _learned(card)
    found = _run(
        card, name,
        lambda bar: defences.inspect_training_data(
            name, classifier(card.id), learned, on_progress=bar
        ),
    )  # fmt: skip
    label = backdoor_of(zoo.read_card(PLAIN)).target
    one = found.of_label(label)
    here = marked[one.rows]
    finding(_found_text(card, name, found, here))
    chart(
        plots.latents(one.points.numpy(), here.numpy(), one.group.numpy().astype(bool)),
        key="latents",
        title=f"Features of the pictures with the label “{card.classes[label]}”",
        about=f"{card.title}, {len(one.rows)} training pictures",
    )
    st.caption(
        "Every mark is a training picture. Crosses have the trigger, and the defender does not "
        "know that. Open marks are the ones that the defence tells from the rest."
    )
    _suspicion(card, name, one, here)
    _finish(
        card,
        name,
        found.circumstances,
        {
            "scores": one.scores,
            "marked": here,
            "figures": dict(one.figures),
            "flagged": int(found.flagged.sum()),
        },
    )


def _suspicion(card: Card, name: str, one: defences.ClassInspection, here: torch.Tensor) -> None:
    """The scores of the pictures of one label, clean and marked, and the limit."""
    chart(
        plots.score_histogram(
            one.scores[~here].tolist(), one.scores[here].tolist(),
            limit=float(one.scores[one.flagged].min()) if one.flagged.any() else
            float(one.scores.max()),
        ),
        key="scores",
        title="How suspicious each picture is",
        about=f"{card.title}, {defences.get(name).title}",
    )  # fmt: skip


def _found_text(
    card: Card, name: str, found: defences.TrainingDataInspection, here: torch.Tensor
) -> str:
    """How well the defence finds the marked pictures `here` of the target's label."""
    label, title = backdoor_of(zoo.read_card(PLAIN)).target, defences.get(name).title
    one = found.of_label(label)
    if not bool(here.any()):
        share = float(found.flagged.float().mean())
        return (
            f"No training picture of this network has a trigger. {title} raises an alarm for "
            f"**{share:.1%}** of the clean pictures."
        )
    told = auroc(one.scores[~here], one.scores[here])
    return (
        f"Of {len(one.rows)} training pictures with the label “{plain(card.classes[label])}”, "
        f"{int(here.sum())} have the trigger. {title} ranks them with an AUROC of **{told:.2f}**: "
        "1 finds all of them, and 0.5 is chance."
    )


def _learned(card: Card) -> tuple[ImageSet, torch.Tensor]:
    """Training pictures as the network got them, and which have the trigger."""
    pictures_ = signs_of("train", N_INSPECTED)
    backdoor = planted(card)
    if backdoor is None:
        return pictures_, torch.zeros(len(pictures_), dtype=torch.bool)
    poisoned = backdoor.poison(pictures_, seed=card.seed)
    return poisoned.pictures, poisoned.marked


def _inputs(card: Card, name: str) -> None:
    """Suspicious inputs: clean and marked test pictures."""
    backdoor = backdoor_of(zoo.read_card(PLAIN))
    test = attacked(signs_of("test", N_JUDGED), target=backdoor.target)
    ours, theirs = test.pixels[:N_INPUTS], test.pixels[N_INPUTS:]
    alarms = st.select_slider(
        "False alarms that you accept", (0.01, 0.02, 0.05, 0.1, 0.2), value=0.05,
        format_func=lambda share: f"{share:.0%}", key="alarms", bind="query-params",
    )  # fmt: skip
    found = _run(
        card, name,
        lambda bar: defences.inspect_inputs(
            name, classifier(card.id), torch.cat([ours, stamp(ours, backdoor.trigger)]),
            clean=theirs, on_progress=bar,
        ),
    )  # fmt: skip
    limit = found.threshold_at(false_alarms=alarms)
    clean, marked = found.scores[: len(ours)], found.scores[len(ours) :]
    finding(
        f"{defences.get(name).title} raises an alarm for **{(marked > limit).float().mean():.0%}** "
        f"of the signs with the sticker and for **{(clean > limit).float().mean():.0%}** of the "
        f"clean signs. The AUROC is **{auroc(clean, marked):.2f}**."
    )
    chart(
        plots.score_histogram(clean.tolist(), marked.tolist(), limit=limit),
        key="scores",
        title="How suspicious each picture is",
        about=f"{card.title}, {len(ours)} test pictures, clean and with the sticker",
    )
    st.caption(
        "The dashed line is the threshold. It was chosen on other clean pictures, so that it gives "
        "no more false alarms than you accept."
    )
    _finish(
        card,
        name,
        found.circumstances,
        {"clean": clean, "marked": marked, "alarms": (marked > limit).float().mean()},
    )


def _network(card: Card, name: str) -> None:
    """The smallest trigger for every class."""
    found = _cleanse(card, name)
    suspects = [plain(card.classes[k]) for k in found.suspects]
    smallest = int(found.norms.argmin())
    finding(
        f"The smallest sticker that makes the network say “{plain(card.classes[smallest])}” has a "
        f"size of **{found.norms[smallest]:.1f} pixels**; the median of all classes is "
        f"{found.norms.median():.1f}. "
        + (f"**Alarm** for {', '.join(suspects)}." if suspects else "There is **no alarm**.")
    )
    backdoor = backdoor_of(zoo.read_card(PLAIN))
    columns = side_by_side(2, key="triggers")
    grey = torch.full((1, 3, *found.masks.shape[-2:]), 0.5)
    for column, title, x in (
        (columns[0], "The true sticker of the backdoor", stamp(grey, backdoor.trigger)),
        (
            columns[1],
            f"Found for {card.classes[backdoor.target]}",
            found.stamp(grey, backdoor.target),
        ),
    ):
        with column:
            show_picture(pictures.framed(pictures.to_pixels(x[0]), colours.RANDOM), title)
            st.markdown(f"**{plain(title)}**")
    chart(
        plots.mask_sizes(card.classes, found.norms.tolist(), found.flagged.tolist()),
        key="norms",
        title="Size of the trigger found for every class",
        about=f"{card.title}, {N_REPAIR} clean pictures",
    )
    _finish(card, name, found.circumstances, {"norms": found.norms, "index": found.index})


def _cleanse(card: Card, name: str) -> defences.NetworkInspection:
    return _run(
        card, name,
        lambda bar: defences.inspect_network(
            name, classifier(card.id), signs_of("validation", N_REPAIR).pixels, on_progress=bar
        ),
    )  # fmt: skip


def _repair(card: Card, name: str) -> None:
    """Accuracy and success before and after a repair."""
    known = _cleanse(card, "neural-cleanse") if name == "unlearning" else None
    made, shares = _run(card, name, lambda bar: _repaired(card, name, known, bar))
    finding(
        f"Before the repair the trigger works on **{shares['before'][1]:.1%}** of the signs, and "
        f"after it on **{shares['after'][1]:.1%}**. The accuracy on clean signs was "
        f"{shares['before'][0]:.1%} and is **{shares['after'][0]:.1%}**."
    )
    chart(
        charts.grouped_bars(
            [
                ("before", colours.RANDOM, shares["before"]),
                ("after", colours.TRAINED_AGAINST, shares["after"]),
            ],
            ["clean accuracy", "attack success rate"],
            y_title="share of the signs",
        ),
        key="repaired",
        title="Before and after the repair",
        about=f"{card.title}, {N_JUDGED} test pictures",
    )
    st.caption(
        f"The repair used {N_REPAIR} clean pictures with their labels, which the network had not "
        "learned from."
    )
    _finish(card, name, made, {"shares": shares})


def _repaired(
    card: Card, name: str, known: defences.NetworkInspection | None, bar: Countdown
) -> tuple[Circumstances, dict[str, tuple[float, float]]]:
    """Repair the network; accuracy and success before and after it."""
    network, test = classifier(card.id), signs_of("test", N_JUDGED)
    found = defences.repair(
        name, network, signs_of("validation", N_REPAIR), reconstructed=known, on_progress=bar
    )
    backdoor = backdoor_of(zoo.read_card(PLAIN))
    shares = {}
    for when, one in (("before", network), ("after", found.classifier)):
        marked = success(one, test, trigger=backdoor.trigger, target=backdoor.target)
        shares[when] = accuracy(one, test).value, marked.value
    return found.circumstances, shares


def _finish(card: Card, name: str, circumstances: Circumstances, figures: dict[str, Any]) -> None:
    with how_made():
        result_caption(circumstances)
    Export(
        name=f"{card.id}-{name}",
        key="defend",
        json={"network": card.id, "defence": name, "circumstances": circumstances, **figures},
        python=python_of(card, name),
    ).show()
