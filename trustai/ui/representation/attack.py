"""View of the attack through the embedding, beside the usual attack on the softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd
import streamlit as st
from torch import Tensor

from trustai.plots import charts, colours, pictures, representation
from trustai.plots.representation import Marker
from trustai.plots.slides.picture_slide import picture_slide
from trustai.represent import EmbeddingAttackResult, KNNClassifier
from trustai.represent.attack import OBJECTIVES, DistanceTo, EmbeddingPGDParams
from trustai.represent.quality import K
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import cached_call, sha256_of
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Call, Export, Named
from trustai.ui.kit.frame import (
    finding,
    first_look,
    fold,
    how_made,
    result_caption,
    side_by_side,
)
from trustai.ui.kit.glossary import hint
from trustai.ui.kit.jobs import Countdown
from trustai.ui.kit.measured import LINF_EPS, as_number
from trustai.ui.kit.subjects import Subject, label_of, pick_picture
from trustai.ui.representation.tables import (
    MapMeasurements,
    legend,
    measured_maps,
    pick_network,
    reference_cloud,
)

Attacks = dict[str, EmbeddingAttackResult]
"""By objective."""
OBJECTIVE_TITLES = {"softmax": "through the softmax", "distance": "through the distance"}
DISTANCE_TITLES = {"centre": "the centre of the class", "nearest": "its nearest training pictures"}


def show() -> None:
    models = measured_maps()
    pickers, results = first_look(results=2.6)
    with pickers:
        mapped = pick_network(models)
        subject = pick_picture(mapped.card)
        eps = st.select_slider(
            "Epsilon: largest change of any pixel", LINF_EPS, value="8/255", key="eps",
            bind="query-params", help=hint("epsilon"),
        )  # fmt: skip
        away = st.selectbox(
            "The distance is to", list(DISTANCE_TITLES), key="away",
            format_func=lambda a: DISTANCE_TITLES[a],
            bind="query-params",
            help="The mean of all training pictures of the class, or its three nearest training "
            "pictures, which are searched again at every step.",
        )  # fmt: skip
    params = EmbeddingPGDParams(distance_to=cast(DistanceTo, away))
    with results:
        y = label_of(mapped.card, subject)
        found = _attacks(mapped, subject, y, eps, params)
        finding(finding_text(mapped, found, y))
        _pictures(mapped, subject, found, y)
    _path(mapped, found)
    _words()
    _measured(mapped)
    with how_made():
        result_caption(found["distance"].circumstances, "cosine distance")
        if subject.truth_note:
            st.caption(subject.truth_note)
    _export(mapped, subject, found, y, eps, params).show()


def finding_text(mapped: MapMeasurements, found: Attacks, y: Tensor) -> str:
    """What the last layer and the neighbours say after each attack, in one sentence."""
    table = table_of(mapped, found, y).set_index("picture")
    last, near = table["last layer says"], table[f"{K} neighbours say"]

    def says(row: str) -> str:
        if last[row] == near[row]:
            return f"both say **“{plain(last[row])}”**"
        return (
            f"the last layer says **“{plain(last[row])}”** and the {K} nearest neighbours say "
            f"**“{plain(near[row])}”**"
        )

    through = [f"After the attack {words} {says(words)}." for words in OBJECTIVE_TITLES.values()]
    clean = says("clean").replace("both", f"the last layer and the {K} nearest neighbours", 1)
    return " ".join([f"For the clean picture, {clean}.", *through])


def _call(
    mapped: MapMeasurements, subject: Subject, y: Tensor, eps: str, objective: str,
    params: EmbeddingPGDParams,
) -> Call:  # fmt: skip
    fitted = Named("zoo.feature_statistics(classifier)", mapped.fitted)
    return Call(
        "trustai.represent.embedding_attack", Named("classifier", mapped.network),
        Named("x", subject.x), Named("y", y), eps=Named(eps, as_number(eps)), objective=objective,
        fitted=fitted, params=params,
    )  # fmt: skip


def _attacks(
    mapped: MapMeasurements, subject: Subject, y: Tensor, eps: str, params: EmbeddingPGDParams
) -> Attacks:
    found: Attacks = {}
    for objective in OBJECTIVES:
        call = _call(mapped, subject, y, eps, objective, params)
        bar = Countdown(f"Attacking the picture {OBJECTIVE_TITLES[objective]}")
        found[objective] = cached_call(
            lambda call=call, bar=bar: call(on_progress=bar),  # type: ignore[misc]
            subject=subject,
            weights_sha=mapped.card.weights_sha256,
            inputs=[sha256_of(y), sha256_of(mapped.fitted.means)],
            method=f"represent.embedding_attack/{objective}",
            parameters={"eps": eps, "distance_to": params.distance_to},
            heavy="attacking one picture",
            bar=bar,
        )
    return found


def table_of(mapped: MapMeasurements, found: Attacks, y: Tensor) -> pd.DataFrame:
    """What last layer and neighbours say of the picture, clean and under each attack."""
    knn = KNNClassifier.of(mapped.fitted)
    classes = mapped.card.classes
    rows: list[dict[str, Any]] = []
    states = [("clean", found["distance"].clean_features, found["distance"].clean_logits,
               found["distance"].clean_distance)]  # fmt: skip
    states += [(OBJECTIVE_TITLES[t], a.features, a.logits, a.distance) for t, a in found.items()]
    for name, features, logits, distance in states:
        near = knn.neighbours(features, k=K)
        rows.append(
            {
                "picture": name,
                "last layer says": classes[int(logits.argmax())],
                "sure": logits.softmax(1).max().item(),
                f"{K} neighbours say": classes[int(near.vote(K, n_classes=knn.n_classes))],
                "distance to its class": distance.item(),
                "to the nearest training picture": near.distances[0, 0].item(),
            }
        )
    return pd.DataFrame(rows)


def _pictures(mapped: MapMeasurements, subject: Subject, found: Attacks, y: Tensor) -> None:
    shown = [("Clean", subject.x, colours.CLEAN)]
    shown += [
        (OBJECTIVE_TITLES[t].capitalize(), a.adversarial, colours.ATTACKED)
        for t, a in found.items()
    ]
    for column, (title, x, colour) in zip(side_by_side(3, key="embedding"), shown, strict=True):
        with column:
            show_picture(pictures.framed(pictures.to_pixels(x[0]), colour), title)
            st.markdown(f"**{title}**")
    st.dataframe(
        table_of(mapped, found, y),
        hide_index=True,
        column_config={
            "picture": st.column_config.TextColumn(width=142),
            "last layer says": st.column_config.TextColumn(width=104),
            "sure": st.column_config.NumberColumn("sure", format="percent", width=66),
            f"{K} neighbours say": st.column_config.TextColumn(width=118),
            "distance to its class": st.column_config.NumberColumn(
                "to its class", format="%.3f", width=88,
                help="Distance to the class that the attack moves the picture away from.",
            ),
            "to the nearest training picture": st.column_config.NumberColumn(
                "to nearest", format="%.3f", width=84,
                help="Distance to the nearest training picture.",
            ),
        },
    )  # fmt: skip
    known = "" if subject.label is not None else ", the answer to the clean picture"
    away = plain(mapped.card.classes[int(y)])
    st.caption(f"The attacks move the picture away from the class “{away}”{known}.")


def _path(mapped: MapMeasurements, found: Attacks) -> None:
    st.subheader("The way of the picture on the map")
    pca = mapped.pca
    places = [
        pca.place(f)[0].tolist()
        for f in (found["distance"].clean_features, *(a.features for a in found.values()))
    ]
    marks = (
        ("clean", colours.CLEAN, "star"),
        ("softmax", colours.ATTACKED, "diamond"),
        ("distance", colours.ATTACKED, "square"),
    )
    stars = [
        Marker(x, y, word, colour, symbol)
        for (x, y), (word, colour, symbol) in zip(places, marks, strict=True)
    ]
    cloud = reference_cloud(mapped, pca.points.numpy())
    legend(mapped.card.classes)
    chart(
        representation.with_stars(cloud, stars, mapped.card.classes, paths=True, height=420),
        key="attack-path",
        title="The way of the attacked picture",
        about=f"{mapped.card.title}, PCA of the features",
    )
    first, second = pca.share
    st.caption(
        f"The PCA map of the training pictures, which holds {first + second:.0%} of their "
        "variance, with the picture before and after the attacks. UMAP bends the space, so a path "
        "means little on a UMAP map."
    )


def _words() -> None:
    with st.expander("How do the two attacks differ?", icon=":material/help:"):
        st.markdown(
            "**Through the softmax** the attack raises the cross entropy. It compares classes and "
            "moves the picture towards another class. Its gradient is small while the network is "
            "sure and right, and large after another class has won.\n\n"
            "**Through the distance** the attack knows only the class of the picture and moves "
            "away from it. A classifier of nearest neighbours has only this kind of gradient, "
            "because votes do not change by small amounts.\n\n"
            "Neither attack is always stronger: the gradient of the distance is small near the "
            "centre of a class, where a typical picture starts. So a network is only as safe as "
            "the lower of its two bars. Start, steps, epsilon and seed are the same for both."
        )


def _measured(mapped: MapMeasurements) -> None:
    how = mapped.card.metrics["map/pictures"].how
    states = ("clean", "attacked", "distance")
    groups = [
        (f"{K} nearest neighbours", colours.OTHERS[2], "knn/cosine"),
        ("the network's last layer", colours.OTHERS[1], "accuracy"),
    ]
    with fold("Accuracy under both attacks, over all test pictures", icon=":material/bar_chart:"):
        chart(
            charts.grouped_bars(
                [(n, c, [mapped.figure(s, f) or 0.0 for s in states]) for n, c, f in groups],
                ["clean", *OBJECTIVE_TITLES.values()],
            ),
            key="attack-measured",
            title="Accuracy under both attacks",
            about=f"{mapped.card.title}, {how['n']:,} test pictures, epsilon {how['eps']}",
        )
        st.caption(
            f"The network “{plain(mapped.card.short_title)}”, measured on {how['n']:,} test "
            f"pictures: PGD with {how['attack']['steps']} steps at {how['eps']}. The distance is "
            f"to {DISTANCE_TITLES[_distance_to(how['attack'])]}."
        )


def _distance_to(attack: Mapping[str, Any]) -> str:
    """Of the attack that a card tells of; older cards call it ``away_from``."""
    return str(attack.get("distance_to") or attack["away_from"])


def _export(
    mapped: MapMeasurements, subject: Subject, found: Attacks, y: Tensor, eps: str,
    params: EmbeddingPGDParams,
) -> Export:  # fmt: skip
    table = table_of(mapped, found, y)
    calls = [_call(mapped, subject, y, eps, objective, params) for objective in found]
    shown = [("clean", subject.x)]
    shown += [(OBJECTIVE_TITLES[o], a.adversarial) for o, a in found.items()]
    tiles = [(name, pictures.to_pixels(x[0])) for name, x in shown]
    about = f"{mapped.card.title}, {subject.title}"
    return Export(
        name=f"{mapped.card.id}-embedding-attack",
        key="embedding-attack",
        png=pictures.png(picture_slide("Two attacks on a picture", about, tiles, columns=3)),
        csv=table.to_csv(index=False),
        json={
            "picture": subject.title,
            "class": mapped.card.classes[int(y)],
            "attacks": {o: a.circumstances for o, a in found.items()},
            "linf": {o: (a.adversarial - subject.x).abs().max() for o, a in found.items()},
            "table": table.to_dict("list"),
        },
        python=f"""
from trustai import data, zoo
{calls[0].imports}

classifier = zoo.load("{mapped.card.id}")
{subject.python}
for found in (
    {calls[0].python},
    {calls[1].python},
):
    print(found.logits.argmax(1), found.clean_distance.item(), found.distance.item())
""",
    )
