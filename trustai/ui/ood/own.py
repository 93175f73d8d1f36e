"""View of one picture under every OOD score."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from trustai import (
    ood,
    zoo,
)
from trustai.data.images import samples
from trustai.plots import charts, colours, pictures
from trustai.plots import ood as plots_ood
from trustai.plots.slides.picture_slide import picture_slide
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import (
    cached_call,
    classifier,
)
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look, how_made, methods
from trustai.ui.kit.subjects import (
    FIRST_PHOTO,
    Subject,
    pick_picture,
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
from trustai.ui.ood.similar import show_similar


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
    pickers, results = first_look()
    with pickers:
        measured = pick_network(of_photographs=True)
        score = pick_score(measured, key="judge", default=accepts_fewest(measured))
        subject = pick_picture(measured.card, first=rejected_picture(measured), warn=False)
    scored = picture_scores(measured, subject)
    with results:
        finding(finding_text(measured, scored, score))
        _verdict(measured, subject, scored, score)
    _scales(measured, scored)
    if measured.card.without is not None:
        show_similar(measured.card, scored.features)
    with how_made():
        st.caption(_how(measured))
    _export(measured, subject, scored).show()
    methods(*map(ood.get, measured.scores), label="About these scores")


def _how(measured: OODMeasurements) -> str:
    familiar, other = (len(measured.of(measured.scores[0], s)) for s in (INLIER, measured.against))
    if measured.card.without is not None:
        return (
            f"The thresholds accept {KEEP:.0%} of {familiar:,} familiar test pictures. The other "
            f"group is {other:,} pictures of {plain(measured.name(measured.against))}."
        )
    return (
        f"This network knows {len(measured.card.classes):,} classes, and no class was left out. "
        f"Its familiar pictures are {familiar:,} photographs of ImageNet. The pictures that it "
        f"should reject are {other:,} drawn {measured.name(measured.against)}."
    )


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
    """Share of the familiar test pictures whose score is at most `value`."""
    return float((measured.of(score, INLIER) <= value).mean())


def finding_text(measured: OODMeasurements, scored: PictureScores, score: str) -> str:
    """Whether the score accepts the picture, in one sentence."""
    limit, value = measured.threshold(score), scored.scores[score]
    called = plain(measured.card.classes[int(scored.logits.argmax())])
    votes = sum(scored.scores[s] > measured.threshold(s) for s in measured.scores)
    title = plain(ood.get(score).title)
    n = len(measured.scores)
    some = {0: f"None of the {n} scores rejects it.", n: f"All {n} scores reject it."}
    rejecting = some.get(votes, f"{votes} of {n} scores reject it.")
    if value <= limit:
        return (
            f"The score {title} **accepts** this picture, and the network says “{called}”. "
            f"{rejecting}"
        )
    return (
        f"The score {title} **rejects** this picture. Without a threshold the network would say "
        f"“{called}”. {rejecting}"
    )


def _verdict(
    measured: OODMeasurements, subject: Subject, scored: PictureScores, score: str
) -> None:
    card, limit, value = measured.card, measured.threshold(score), scored.scores[score]
    p = scored.logits.softmax(1)[0]
    called = card.classes[int(p.argmax())]
    place = _percentile(measured, score, value)
    left, right = st.columns([1, 1.4], vertical_alignment="center")
    with left:
        frame = colours.CLEAN if value <= limit else colours.OTHERS[1]
        word = "Accepted" if value <= limit else "Rejected"
        show_picture(pictures.framed(subject.seen, frame), f"{word}: {subject.title}")
    with right:
        st.markdown(
            f"Its score is **{plain(confidence_text(score, value))}**, the threshold is "
            f"{plain(confidence_text(score, limit))}. The score is higher than the score of "
            f"**{place:.1%}** of the familiar test pictures. Picture: {plain(subject.title)}."
        )
        figure = charts.top_classes([("network", colours.CLEAN, p.tolist())], card.classes, k=3)
        about = f"{card.title}, {subject.title}"
        chart(figure, key="called", title="Probability of the top classes", about=about)
        _explained(card, subject, called)


def _explained(card: zoo.Card, subject: Subject, called: str) -> None:
    """The way to the same network and picture on the page of explanations."""
    question = f"Which pixels led to the answer “{plain(called)}”?"
    if subject.private:
        # A link opens a new session, which does not have the upload.
        st.markdown(
            f"{question} Open “Image explanations” in the menu and choose “Upload”. The page shows "
            "your picture."
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
    st.subheader("The same picture with every score")
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
    figure = plots_ood.own_on_scales(scales, left_out=measured.name(measured.against))
    chart(figure, key="scales", title="This picture on every scale", about=measured.card.title)
    st.caption(
        f"Each line has its own unit. The dotted line is the threshold that accepts {KEEP:.0%} of "
        "the familiar test pictures. A cross means rejected, a disc accepted. The percentage is "
        "the share of familiar test pictures with a lower score. The heights grow with the square "
        "root of the share."
    )
    with st.expander("The same scores as a table", icon=":material/table:"):
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


def _slide(measured: OODMeasurements, subject: Subject, scored: PictureScores) -> bytes:
    """The picture with its scores and their thresholds."""
    return pictures.png(
        picture_slide(
            f"Is this familiar to {measured.card.title}?",
            "Score and threshold: "
            + "; ".join(
                f"{ood.get(n).title} {scored.scores[n]:.3g} ({measured.threshold(n):.3g})"
                for n in measured.scores
            ),
            [(subject.title, subject.seen)],
            columns=1,
            side=480,
        )
    )


def _export(measured: OODMeasurements, subject: Subject, scored: PictureScores) -> Export:
    card = measured.card
    return Export(
        name=f"{card.id}-own-picture",
        key="own-scores",
        png=pictures.png(pictures.to_pixels(subject.x[0])),
        slide=_slide(measured, subject, scored),
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
