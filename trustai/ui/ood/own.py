"""View of one picture under every OOD score."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from trustai import (
    data,
    ood,
    zoo,
)
from trustai.data.images import samples
from trustai.plots import charts, colours, pictures
from trustai.plots import ood as plots_ood
from trustai.types import ImageSet
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import (
    cached_call,
    classifier,
)
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.subjects import (
    FIRST_PHOTO,
    Subject,
    pick_picture,
    whole,
)
from trustai.ui.ood.pickers import (
    INLIER,
    KEEP,
    OODMeasurements,
    accepts_fewest,
    confidence_text,
    pick_network,
    pick_score,
    rejected_picture,
)

NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class PictureScores:
    """What the network says of one picture.

    Attributes:
        scores: By name.
        logits: ``(1, C)``.
        features: ``(1, D)``.
    """

    scores: dict[str, float]
    logits: Tensor
    features: Tensor


def show() -> None:
    pickers, results = st.columns([1, 2.3], gap="medium")
    with pickers:
        measured = pick_network(of_photographs=True)
        score = pick_score(measured, key="judge", default=accepts_fewest(measured))
        subject = pick_picture(measured.card, first=rejected_picture(measured), warn=False)
    scored = picture_scores(measured, subject)
    with results:
        if measured.card.without is None:
            known, other = (len(measured.of(score, s)) for s in (INLIER, measured.against))
            st.markdown(
                f"This network knows {len(measured.card.classes):,} classes, and no class was left "
                f"out. Its known pictures are {known:,} photographs of ImageNet. The pictures that "
                f"it should reject are {other:,} drawn {measured.name(measured.against)}."
            )
        _verdict(measured, subject, scored, score)
        _scales(measured, scored)
        if measured.card.without is not None:
            _neighbours(measured, scored)
        _export(measured, subject, scored).show()


def picture_scores(measured: OODMeasurements, subject: Subject) -> PictureScores:
    """Every score of the picture in one pass, its logits and its features."""
    network = classifier(measured.card.id)

    def compute() -> PictureScores:
        found = ood.scores(measured.scores, network, subject.x)
        with torch.no_grad():
            features = network.features(subject.x)
        scores = {name: float(value) for name, value in found.items()}
        return PictureScores(scores, network.predict(subject.x), features)

    return cached_call(
        compute,
        subject=subject,
        weights_sha=measured.card.weights_sha256,
        method="ood.scores",
        parameters={"names": measured.scores},
        heavy="scoring one picture",
    )


def _percentile(measured: OODMeasurements, score: str, value: float) -> float:
    """Share of the known test pictures whose score is at most `value`."""
    return float((measured.of(score, INLIER) <= value).mean())


def _verdict(
    measured: OODMeasurements, subject: Subject, scored: PictureScores, score: str
) -> None:
    limit, value = measured.threshold(score), scored.scores[score]
    p = scored.logits.softmax(1)[0]
    called = measured.card.classes[int(p.argmax())]
    place = _percentile(measured, score, value)
    left, right = st.columns([1, 1.4], vertical_alignment="center")
    accepted = value <= limit
    with left:
        frame = colours.CLEAN if accepted else colours.OTHERS[1]
        word = "Accepted" if accepted else "Rejected"
        show_picture(pictures.framed(subject.seen, frame), f"{word}: {subject.title}")
    with right:
        numbers = (
            f"{confidence_text(score, value)} against a threshold of "
            f"{confidence_text(score, limit)}, which keeps {KEEP:.0%} of the known pictures"
        )
        if accepted:
            say = st.info if measured.card.photographs else st.warning
            say(f"Accepted, and called “{called}”.", icon=":material/check:")
        else:
            st.success(
                f"Rejected. Without a threshold it would have been called “{called}”.",
                icon=":material/block:",
            )
        st.markdown(
            f"{plain(ood.get(score).title)}: score {plain(numbers)}. Higher than "
            f"that of **{place:.1%}** of the known test pictures. Picture: {plain(subject.title)}."
        )
        votes = sum(scored.scores[s] > measured.threshold(s) for s in measured.scores)
        st.markdown(f"**{votes} of {len(measured.scores)}** scores reject it.")
        _explained(measured.card, subject, called)
        chart(
            charts.top_classes(
                [("network", colours.CLEAN, p.tolist())], measured.card.classes, k=3
            ),
            key="called",
        )


def _explained(card: zoo.Card, subject: Subject, called: str) -> None:
    """The way to the same network and picture on the page of explanations."""
    question = f"Which pixels made it “{plain(called)}”?"
    if subject.private:
        # A link opens a new session, which does not have the upload.
        st.markdown(
            f"{question} Open “Image explanations” in the menu and choose “Upload”. Your picture "
            "is in use there too."
        )
        return
    params, state = {"model": card.title}, st.session_state
    if state["source"] == "dataset":
        params |= {"source": "Test", "picture": str(state["picture"])}
    else:  # before an upload the first photograph stands in
        name = state["photo"] if state["source"] == "photo" else FIRST_PHOTO
        params |= {"source": "Photo", "photo": samples.describe(name).title}
    st.markdown(f"[{question}](saliency?{urlencode(params)})")


def _scales(measured: OODMeasurements, scored: PictureScores) -> None:
    st.subheader("The same picture on every scale")
    scales = []
    for name in measured.scores:
        limit, own = measured.threshold(name), scored.scores[name]
        word = "rejected" if own > limit else "accepted"
        place = _percentile(measured, name, own)
        scales.append(
            plots_ood.OODScoreScale(
                ood.get(name).title,
                measured.of(name, INLIER),
                measured.of(name, measured.against),
                limit,
                own,
                f"{word}, higher than {place:.1%}",
            )
        )
    chart(plots_ood.own_on_scales(scales, left_out=measured.name(measured.against)), key="scales")
    st.caption(
        f"Percentages are of the known test pictures. Each line has a unit of its own; dotted is "
        f"the threshold that keeps {KEEP:.0%} of them. A cross is rejected, a disc accepted. "
        "Heights grow with the square root of the share."
    )
    st.dataframe(
        _table(measured, scored),
        hide_index=True,
        width="stretch",
        height="content",
        row_height=32,
        column_config={
            "score": st.column_config.TextColumn(width=235),  # the longest title in full
            "higher than": st.column_config.ProgressColumn(
                "higher than", format="percent", min_value=0, max_value=1
            ),
        },
    )


def _table(measured: OODMeasurements, scored: PictureScores) -> pd.DataFrame:
    rows = []
    for name in measured.scores:
        limit, own = measured.threshold(name), scored.scores[name]
        rows.append(
            {
                "score": ood.get(name).title,
                "this picture": f"{own:.4g}",
                "threshold": f"{limit:.4g}",
                "higher than": _percentile(measured, name, own),
                "verdict": "rejected" if own > limit else "accepted",
            }
        )
    return pd.DataFrame(rows)


def _neighbours(measured: OODMeasurements, scored: PictureScores) -> None:
    st.subheader("Its nearest neighbours among the training pictures")
    card = measured.card
    fitted = zoo.feature_statistics(classifier(card.id))
    distance = torch.cdist(scored.features, fitted.reference)[0]
    nearest = distance.argsort()[:NEIGHBOURS]
    indices = fitted.indices[nearest].tolist()
    names = [card.classes[c] for c in fitted.labels[nearest].tolist()]
    if data.available(card.dataset):
        found = _training_pictures(card.dataset, indices)
        with st.container(horizontal=True):
            for image, name, d in zip(found.pixels, names, distance[nearest].tolist(), strict=True):
                framed = pictures.framed(pictures.to_pixels(image), colours.CLEAN, side=160)
                show_picture(framed, f"{name}: {d:.2f} away", caption=True, width=112)
    else:
        st.markdown(", ".join(f"{plain(n)} ({d:.2f})" for n, d in
                              zip(names, distance[nearest].tolist(), strict=True)))  # fmt: skip
        st.caption("The pictures themselves are not on this machine.")
    usual = _usual_distance(fitted)
    st.caption(
        f"Nearest in the {fitted.reference.shape[1]} features before the last layer, among "
        f"{len(fitted.reference):,} training pictures that are remembered. Those lie about "
        f"{usual:.2f} from their own nearest neighbour (median)."
    )


def _training_pictures(name: str, indices: list[int]) -> ImageSet:
    draw = data.dataset(name).draw
    if draw is not None:
        return draw("train", indices)
    train = whole(name, "train")
    rows = [int((train.indices == i).nonzero()[0, 0]) for i in indices]
    return train.take(torch.tensor(rows))


def _usual_distance(fitted: zoo.FeatureStatistics) -> float:
    few = fitted.reference[:: max(1, len(fitted.reference) // 300)]
    apart = torch.cdist(few, fitted.reference)
    apart[apart == 0] = torch.inf  # itself
    return float(np.median(apart.amin(1).numpy()))


def _export(measured: OODMeasurements, subject: Subject, scored: PictureScores) -> Export:
    card = measured.card
    return Export(
        name=f"{card.id}-own-picture",
        key="own-scores",
        png=pictures.png(pictures.to_pixels(subject.x[0])),
        csv=_table(measured, scored).to_csv(index=False),
        json={
            "model": card.id,
            "weights_sha256": card.weights_sha256,
            "picture": subject.title,
            "classes": list(card.classes),
            "logits": scored.logits,
            "scores": scored.scores,
            "thresholds": {name: measured.threshold(name) for name in measured.scores},
        },
        python=f"""
import torch

from trustai import data, ood, zoo

classifier = zoo.load("{card.id}")
{subject.python}
table = zoo.measurements("{card.id}", topic="ood")
known = table[table["set"] == "{INLIER}"]
for name, value in ood.scores({measured.scores}, classifier, x).items():
    limit = ood.threshold_at(torch.tensor(known[name].astype(float).to_numpy()), keep={KEEP})
    print(name, float(value), "rejected" if value > limit else "accepted")
""",
    )
