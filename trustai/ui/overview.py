"""The home page's content."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import streamlit as st

from trustai.ui.measured import accuracy_at, measured_models
from trustai.ui.site import PAGES, PageInfo, page_of

COLUMNS = 2  # cards in a row


def show() -> None:
    infos = [info for info in PAGES if info.url]
    for first in range(0, len(infos), COLUMNS):
        row = infos[first : first + COLUMNS]
        for column, info in zip(st.columns(COLUMNS, gap="medium"), row, strict=False):
            with column, st.container(border=True, height="stretch"):
                _card(info)
    st.divider()
    left, right = st.columns(2, gap="large")
    with left:
        _models()
    with right:
        _data()


def _card(info: PageInfo) -> None:
    thumbnail = THUMBNAILS.get(info.url)
    if thumbnail is not None:
        # A network that is not here costs its picture, not the page.
        with contextlib.suppress(ValueError):
            thumbnail()
    st.subheader(info.title, anchor=False)
    st.markdown(info.sentence)
    st.page_link(page_of(info), label=f"Open: {info.title}", icon=info.icon)


def _attack_thumbnail() -> None:
    """The measured curves of the signs networks, drawn small."""
    from trustai import plots
    from trustai.ui.attack_curves import short_title

    eps = [0.0, 0.5, 1, 2, 3, 4, 6, 8, 12, 16]
    networks = measured_models("signs", "pgd_linf") or measured_models("cifar10", "pgd_linf")
    curves = [
        (
            short_title(n.card),
            plots.model_colour(n.card.id),
            "solid",
            eps,
            accuracy_at(n.smallest("pgd_linf"), eps),
        )
        for n in networks
    ]
    figure = plots.robustness(curves, x_title="epsilon in 1/255")
    figure.update_layout(height=200, showlegend=False)
    st.plotly_chart(figure, key="thumbnail-attack", config={"staticPlot": True})


def _models_thumbnail() -> None:
    from trustai import plots, zoo
    from trustai.ui.attack_curves import short_title

    labels = {"clean_accuracy": "clean", "pgd20_accuracy": "attacked"}
    judged = [c for c in zoo.catalog(kind="picture") if labels.keys() <= c.metrics.keys()]
    cards = [c for c in judged if c.dataset == "cifar10"] or judged
    groups = [
        (short_title(c), plots.model_colour(c.id), [c.metrics[k].value for k in labels])
        for c in cards
    ]
    figure = plots.grouped_bars(groups, list(labels.values()))
    figure.update_layout(height=200, showlegend=False)
    st.plotly_chart(figure, key="thumbnail-models", config={"staticPlot": True})


def _saliency_thumbnail() -> None:
    """A sign and where the network looked, computed here and now."""
    from trustai import colours, pictures
    from trustai.explain import image
    from trustai.ui.caching import classifier
    from trustai.ui.subjects import DEFAULT_MODEL, pictures_at

    x = pictures_at("signs", [1]).pixels
    found = image.explain("grad_cam", classifier(DEFAULT_MODEL), x)
    looked = pictures.overlay(
        pictures.to_pixels(x[0]), pictures.heat(found.map[0].numpy(), signed=False), opacity=0.6
    )
    left, right = st.columns(2)
    left.image(pictures.framed(pictures.to_pixels(x[0]), colours.CLEAN, side=192, border=4))
    right.image(pictures.framed(looked, colours.CLEAN, side=192, border=4))


def _features_thumbnail() -> None:
    """The filters of the first layer: what maximises a linear filter is the filter itself."""
    from trustai import pictures
    from trustai.ui.caching import classifier
    from trustai.ui.subjects import DEFAULT_MODEL

    weights = next(p for p in classifier(DEFAULT_MODEL).parameters() if p.ndim == 4)[:10]
    st.image(pictures.mosaic([pictures.magnified(w)[0] for w in weights], columns=5, side=64))


def _captions_thumbnail() -> None:
    """A scene in two languages, said here and now."""
    from trustai import colours, pictures
    from trustai.ui import captions_sentences
    from trustai.ui.captions_pickers import captioners, scene_at
    from trustai.ui.captions_said import said_of

    shown = scene_at(3)
    said = said_of(next(iter(captioners().values())), shown, width=5)
    left, right = st.columns([1, 1.7], vertical_alignment="center")
    left.image(pictures.framed(shown.detail, colours.CLEAN, side=192, border=4))
    with right:
        captions_sentences.cards(
            [("", one.beam[0].text, name, "") for name, one in said.items()], small=True
        )


def _diabetes_thumbnail() -> None:
    """How well the networks of the diabetes table know whom to warn."""
    from trustai import plots_models
    from trustai.ui.diabetes_models import judged_networks, roc_lines

    lines = roc_lines(judged_networks())
    figure = plots_models.unit_square(lines, x_title="false alarms", y_title="found", chance=(0, 1))
    figure.update_layout(height=200, showlegend=False)
    st.plotly_chart(figure, key="thumbnail-diabetes", config={"staticPlot": True})


def _ood_thumbnail() -> None:
    """How sure a network is of what it knows, and of the class that it never saw."""
    import numpy as np

    from trustai import plots
    from trustai.ui.ood_pickers import CONFIDENT, INLIER, LEFT_OUT, measured_networks

    measured = measured_networks()[0]
    edges = np.linspace(0, 1, 21)
    shares = {
        set_: np.histogram(1 - measured.of(CONFIDENT, set_), edges)[0]
        / len(measured.of(CONFIDENT, set_))
        for set_ in (INLIER, LEFT_OUT)
    }
    groups = [
        (measured.name(set_), measured.colour(set_), share.tolist())
        for set_, share in shares.items()
    ]
    figure = plots.grouped_bars(groups, [f"{e:.0%}" for e in edges[1:]])
    figure.update_traces(text=None).update_xaxes(title="how sure of its answer, at most")
    figure.update_yaxes(title="pictures", range=None, autorange=True)
    figure.update_layout(height=200, showlegend=False, bargap=0.1)
    st.plotly_chart(figure, key="thumbnail-ood", config={"staticPlot": True})


def _representation_thumbnail() -> None:
    """The map of the test pictures of the first network, by class."""
    from trustai import plots_map
    from trustai.ui.representation_tables import mapped_models

    mapped = next(iter(mapped_models().values()))
    cloud = mapped.cloud("clean", "umap")
    figure = plots_map.feature_map(cloud, mapped.card.classes, height=200)
    st.plotly_chart(figure, key="thumbnail-representation", config={"staticPlot": True})


THUMBNAILS: dict[str, Callable[[], None]] = {
    "saliency": _saliency_thumbnail,
    "captions": _captions_thumbnail,
    "features": _features_thumbnail,
    "diabetes": _diabetes_thumbnail,
    "attack": _attack_thumbnail,
    "ood": _ood_thumbnail,
    "representation": _representation_thumbnail,
    "models": _models_thumbnail,
}


def _models() -> None:
    from trustai import zoo
    from trustai.words import LANGUAGES

    st.subheader("Networks present", anchor=False)
    for card in zoo.catalog(kind="picture"):
        st.markdown(
            f"- **{card.title}**, {card.metrics['clean_accuracy'].value:.1%} of clean test "
            f"pictures right"
        )
    for card in zoo.catalog(kind="table"):
        st.markdown(
            f"- **{card.title}**, ROC AUC {card.metrics['roc_auc'].value:.3f} on test patients"
        )
    for card in zoo.catalog(kind="caption"):
        scores = [
            f"{card.metrics[name].value:.2f} in {language.title}"
            for code, language in LANGUAGES
            if (name := f"test/{code}/bleu4") in card.metrics
        ]
        st.markdown(f"- **{card.title}**, BLEU-4 {', '.join(scores) or 'not measured'}")


def _data() -> None:
    from trustai import data, zoo

    st.subheader("Data present", anchor=False)
    words = {
        "embedded": "drawn by our own code, always here",
        "prepared": "here, from the prepared folder",
        "cache": "here, downloaded before",
    }
    measured = {name for card in zoo.catalog() for name in card.dataset.split("+")}
    for name in (*data.names(), *data.caption_names()):
        dataset = data.entry(name)
        missing = "not here; what was measured on it is" if name in measured else "not here"
        st.markdown(f"- **{dataset.title}**, {words.get(dataset.source() or '', missing)}")
        if dataset.source() is None and dataset.download is not None:
            _offer_download(name)


def _offer_download(name: str) -> None:
    from trustai import data
    from trustai.ui.errors import shown_errors

    dataset = data.dataset(name)
    label = f"Download {dataset.title} ({dataset.download_size})"
    if not st.button(label, key=f"get-{name}", icon=":material/download:"):
        return
    bar = st.progress(0.0, text="Connecting …")
    with shown_errors():
        assert dataset.download is not None
        for share in dataset.download():
            bar.progress(share, text=f"Downloading {dataset.title}: {share:.0%}")
        bar.progress(1.0, text="Here now.")
