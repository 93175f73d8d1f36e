"""View of the attack on the detector: a rejected picture moved until it is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from trustai import attacks, ood
from trustai.attacks.methods.pgd import PGDParams
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
from trustai.ui.kit.frame import result_caption
from trustai.ui.kit.subjects import Subject, pick_picture
from trustai.ui.ood.axis import round_range
from trustai.ui.ood.pickers import (
    KEEP,
    OODMeasurements,
    about,
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
    pickers, results = st.columns([1, 2.6], gap="medium")
    with pickers:
        measured = pick_network()
        score = pick_score(measured, key="judge", default=accepts_fewest(measured))
        about(score)
        subject = pick_picture(measured.card, first=rejected_picture(measured), warn=False)
        titles = {name: attacks.get(name).title for name in OFFERED}
        attack = st.selectbox(
            "Attack",
            list(titles),
            format_func=lambda n: titles[n],
            key="attack",
            bind="query-params",
            help="It climbs the gradient of the score itself, not of a class: it wants to be "
            "accepted, whatever as.",
        )
    limit = measured.threshold(score)
    with results:
        attacked = _attacked(measured, subject, score, attack, limit)
        at = _live(measured, attacked, score, limit)
        _finding(measured, attacked, score, limit, list(EPS).index(at), at)
        _export(measured, subject, attacked, score, attack, limit).show()


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
    bar = st.empty()

    def compute() -> DetectorAttack:
        detector = ood.Detector(network, score=score, threshold=limit)
        y = torch.full((1,), REJECTED)
        best, lowest = subject.x, float(detector.features(subject.x).detach())
        kept, scores, noise = [], [], []
        for i, eps in enumerate(EPS):
            bar.progress(i / len(EPS), text="Attacking the detector")
            result = _call(attack, detector, subject.x, y, eps)()
            shaken = attacks.run(NOISE, detector, subject.x, y, eps=eps / 255)
            now = float(detector.features(result.adversarial).detach())
            if now < lowest:
                best, lowest = result.adversarial, now
            kept.append(best)
            scores.append(lowest)
            noise.append(float(detector.features(shaken.adversarial).detach()))
        found = torch.cat(kept)
        return DetectorAttack(found, scores, network.predict(found), noise, result.circumstances)

    attacked = cached_call(
        compute,
        subject=subject,
        weights_sha=measured.card.weights_sha256,
        method=f"attack on the detector/{attack}",
        parameters={"score": score, "threshold": limit, "eps": list(EPS)},
        heavy="attacking the detector",
    )
    bar.empty()
    return attacked


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
        f"{'accepted as' if s <= limit else 'rejected, else'} {classes[int(c)]} ({float(p):.0%})"
        for s, p, c in zip(attacked.scores, surest.values, surest.indices, strict=True)
    ]
    shown = [data_uri(pictures.to_pixels(x), longest_side=SIDE) for x in attacked.pictures]
    changes = [pictures.magnified(x - attacked.pictures[0]) for x in attacked.pictures]
    magnified = [data_uri(image, longest_side=SIDE) for image, _ in changes]
    factors = ["none" if f == 1 else f"× {f:.0f}" for _, f in changes]
    return Films(
        [
            Film("the picture", shown, says, colours.ATTACKED),
            Film("the change, magnified", magnified, factors, colours.RANDOM),
        ],
        in_row=2,
    )


def _finding(
    measured: OODMeasurements, attacked: DetectorAttack, score: str, limit: float, i: int, at: float
) -> None:
    inside = [e for e, s in zip(EPS, attacked.scores, strict=True) if s <= limit]
    classes = measured.card.classes
    called = classes[int(attacked.logits[i].argmax())]
    if attacked.scores[0] <= limit:
        st.warning(
            "Accepted before any attack: choose a picture that is rejected, or another score.",
            icon=":material/help:",
        )
    elif inside:
        st.error(
            f"A change of every pixel by at most {inside[0]:g}/255, and the rejected picture is "
            "accepted: a threshold is not a defence.",
            icon=":material/bolt:",
        )
    else:
        st.success(f"Not accepted at any epsilon up to {EPS[-1]}/255.", icon=":material/shield:")
    noisy = [e for e, s in zip(EPS, attacked.noise, strict=True) if s <= limit]
    st.markdown(
        f"At {at:g}/255 its score is {plain(confidence_text(score, attacked.scores[i]))} and the "
        f"network would call it “{plain(called)}”. Random noise of the same size "
        + (f"is accepted from {noisy[0]:g}/255 on." if noisy else "is never accepted.")
    )
    st.caption(
        f"The threshold keeps {KEEP:.0%} of the known test pictures. At each epsilon the best "
        "found up to there counts, as a smaller change is allowed in a larger ball."
    )
    result_caption(attacked.circumstances)


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
