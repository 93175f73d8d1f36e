"""View of the attack on the detector: a rejected picture moved until it is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from trustai import attacks, ood
from trustai.attacks.methods.pgd import PGDParams
from trustai.explain.base import part_of
from trustai.ood.detector import REJECTED
from trustai.plots import colours, pictures
from trustai.types import Circumstances
from trustai.ui.components.live_slider import (
    Figure,
    Film,
    Films,
    Line,
    XAxis,
    YAxis,
    data_uri,
    live_slider,
)
from trustai.ui.kit.caching import (
    cached_call,
    classifier,
)
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Call, Export, Named
from trustai.ui.kit.frame import finding, first_look, how_made, methods, result_caption
from trustai.ui.kit.jobs import Countdown
from trustai.ui.kit.subjects import Subject, pick_picture
from trustai.ui.ood.axis import round_range
from trustai.ui.ood.pickers import (
    KEEP,
    OODMeasurements,
    accepts_fewest,
    confidence_text,
    pick_network,
    pick_score,
    rejected_picture,
)

EPS = (0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16)
NOISE = "random_signs"
OFFERED = ("pgd_linf", "fgsm")
SIDE = 256


@dataclass(frozen=True, eq=False)
class DetectorAttack:
    """One picture attacked at every epsilon, the best so far at each.

    Attributes:
        pictures: ``(E, 3, H, W)``.
        scores: ``(E,)``, never rising with epsilon.
        logits: ``(E, C)`` of the network itself.
        noise: ``(E,)``: scores of the picture with random signs of the same size.
        circumstances: Of the attack at the largest epsilon.
    """

    pictures: Tensor
    scores: list[float]
    logits: Tensor
    noise: list[float]
    circumstances: Circumstances


def show() -> None:
    pickers, results = first_look(results=2.6)
    with pickers:
        measured = pick_network()
        score = pick_score(measured, key="judge", default=accepts_fewest(measured))
        subject = pick_picture(measured.card, first=rejected_picture(measured), warn=False)
        titles = {name: attacks.get(name).title for name in OFFERED}
        attack = st.selectbox(
            "Attack",
            list(titles),
            format_func=lambda n: titles[n],
            key="attack",
            bind="query-params",
            help="It follows the gradient of the score and not of a class: the detector should "
            "accept the picture, whatever the network calls it.",
        )
    limit = measured.threshold(score)
    with results:
        attacked = _attacked(measured, subject, score, attack, limit)
        finding(finding_text(attacked, limit))
        at = _live(measured, attacked, score, limit)
        _more(measured, attacked, score, limit, list(EPS).index(at), at)
    with how_made():
        result_caption(attacked.circumstances)
        st.caption(
            f"The threshold accepts {KEEP:.0%} of the familiar test pictures. At each epsilon the "
            "best change up to this size counts, because a smaller change is allowed too."
        )
    _export(measured, subject, attacked, score, attack, limit).show()
    methods(ood.get(score), attacks.get(attack), label="About this score and this attack")


def _call(attack: str, detector: Any, x: Any, y: Any, eps: float) -> Call:
    # To the end of its steps, also when it is in already: how low can the score go?
    params = PGDParams(early_exit=False) if attack == "pgd_linf" else None
    return Call(
        "trustai.attacks.run", attack, Named("detector", detector), Named("x", x),
        Named("rejected", y), eps=Named("eps / 255", eps / 255), params=params,
    )  # fmt: skip


def _attacked(
    measured: OODMeasurements, subject: Subject, score: str, attack: str, limit: float
) -> DetectorAttack:
    network = classifier(measured.card.id)
    bar = Countdown("Attacking the detector")

    def compute() -> DetectorAttack:
        detector = ood.Detector(network, score=score, threshold=limit)
        y = torch.full((1,), REJECTED)
        best, lowest = subject.x, float(detector.features(subject.x).detach())
        kept, scores, noise = [], [], []
        for i, eps in enumerate(EPS):
            part = part_of(bar, i, len(EPS))
            result = _call(attack, detector, subject.x, y, eps)(on_progress=part)
            shaken = attacks.run(NOISE, detector, subject.x, y, eps=eps / 255)
            now = float(detector.features(result.adversarial).detach())
            if now < lowest:
                best, lowest = result.adversarial, now
            kept.append(best)
            scores.append(lowest)
            noise.append(float(detector.features(shaken.adversarial).detach()))
        found = torch.cat(kept)
        return DetectorAttack(found, scores, network.predict(found), noise, result.circumstances)

    return cached_call(
        compute,
        subject=subject,
        weights_sha=measured.card.weights_sha256,
        method=f"attack on the detector/{attack}",
        parameters={"score": score, "threshold": limit, "eps": list(EPS)},
        heavy="attacking the detector",
        bar=bar,
    )


def _live(measured: OODMeasurements, attacked: DetectorAttack, score: str, limit: float) -> float:
    numbers = [confidence_text(score, s).split(" (")[0] for s in attacked.scores]
    return live_slider(
        Line("attacked", attacked.scores, colours.ATTACKED),
        Line(attacks.get(NOISE).title.lower(), attacked.noise, colours.RANDOM, "dashed"),
        Line("threshold", [limit] * len(EPS), colours.CLEAN, "dotted"),
        Figure("score, attacked", numbers, colours.ATTACKED),
        Figure("threshold", [confidence_text(score, limit).split(" (")[0]] * len(EPS),
               colours.CLEAN, "dotted"),
        Figure("accepted?", ["yes" if s <= limit else "no" for s in attacked.scores],
               colours.ATTACKED),
        _films(measured, attacked, limit),
        key="eps",
        label="Epsilon: largest change of any pixel",
        values=EPS,
        start=2,
        x=XAxis(unit="/255"),
        y=YAxis(
            "OOD score",
            round_range([*attacked.scores, *attacked.noise, limit]),
            unit="number",
        ),
    )  # fmt: skip


def _films(measured: OODMeasurements, attacked: DetectorAttack, limit: float) -> Films:
    """The picture and its change at every epsilon."""
    classes = measured.card.classes
    surest = attacked.logits.softmax(1).max(1)
    says = [
        f"{'accepted as' if s <= limit else 'rejected, called'} {classes[int(c)]} ({float(p):.0%})"
        for s, p, c in zip(attacked.scores, surest.values, surest.indices, strict=True)
    ]
    shown = [data_uri(pictures.to_pixels(x), longest_side=SIDE) for x in attacked.pictures]
    changes = [pictures.magnified(x - attacked.pictures[0]) for x in attacked.pictures]
    magnified = [data_uri(image, longest_side=SIDE) for image, _ in changes]
    factors = ["none" if f == 1 else f"× {f:.0f}" for _, f in changes]
    return Films(
        [
            Film("the picture", shown, says, colours.ATTACKED),
            Film("the change, enlarged", magnified, factors, colours.RANDOM),
        ],
        in_row=2,
    )


def _first(scores: Sequence[float], limit: float) -> float | None:
    """The smallest epsilon, in 1/255, at which the detector accepts the picture."""
    return next((e for e, s in zip(EPS, scores, strict=True) if s <= limit), None)


def finding_text(attacked: DetectorAttack, limit: float) -> str:
    """From which epsilon on attack and noise are accepted, in one or two sentences."""
    inside, noisy = _first(attacked.scores, limit), _first(attacked.noise, limit)
    if attacked.scores[0] <= limit:
        return (
            "The detector accepts this picture before any attack. Choose a picture that it "
            "rejects, or another score."
        )
    noise = (
        "Random noise of the same size "
        + ("is never accepted." if noisy is None else f"is accepted from {noisy:g}/255.")
    )  # fmt: skip
    if inside is None:
        return f"The detector rejects this picture at every epsilon up to {EPS[-1]}/255. {noise}"
    return (
        f"The detector rejects this picture, but a change of at most **{inside:g}/255** per pixel "
        f"makes it accept the picture. {noise}"
    )


def _more(
    measured: OODMeasurements, attacked: DetectorAttack, score: str, limit: float, i: int, at: float
) -> None:
    called = measured.card.classes[int(attacked.logits[i].argmax())]
    st.markdown(
        f"At {at:g}/255 the score is {plain(confidence_text(score, attacked.scores[i]))}, the "
        f"threshold is {plain(confidence_text(score, limit))}, and the network says "
        f"“{plain(called)}”."
    )


def _export(
    measured: OODMeasurements, subject: Subject, attacked: DetectorAttack, score: str,
    attack: str, limit: float,
) -> Export:  # fmt: skip
    table = pd.DataFrame(
        {
            "eps_255": EPS,
            "score": attacked.scores,
            "accepted": [s <= limit for s in attacked.scores],
            "called": [measured.card.classes[int(c)] for c in attacked.logits.argmax(1)],
            "score_of_noise": attacked.noise,
        }
    )
    accepted = [i for i, s in enumerate(attacked.scores) if s <= limit]
    return Export(
        name=f"{measured.card.id}-{score}-fooled",
        key="fooled",
        png=pictures.png(pictures.to_pixels(attacked.pictures[(accepted or [-1])[0]])),
        csv=table.to_csv(index=False),
        json={
            "picture": subject.title,
            "circumstances": attacked.circumstances,
            "score": score,
            "threshold": limit,
            "table": table.to_dict("list"),
        },
        python=_python(measured, subject, score, attack, limit),
    )


def _python(
    measured: OODMeasurements, subject: Subject, score: str, attack: str, limit: float
) -> str:
    call = _call(attack, None, None, None, 0)
    return f"""
import torch

from trustai import data, ood, zoo
{call.imports}

classifier = zoo.load("{measured.card.id}")
{subject.python}
detector = ood.Detector(classifier, score="{score}", threshold={limit!r})
rejected = torch.tensor([{REJECTED}])
lowest = detector.features(x).item()
for eps in {list(EPS)}:
    result = {call.python}
    lowest = min(lowest, detector.features(result.adversarial).item())
    print(eps, lowest)
"""
