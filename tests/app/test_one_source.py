"""A fact that is told in two places has one source: figures, titles of attacks, reasons."""

from __future__ import annotations

import pytest

from tests.app.pages import no_fault, open_page, texts
from trustai import attacks, data, zoo
from trustai.ood.ood_sets import SHORT_TITLES
from trustai.ui.attack import MEASURED
from trustai.ui.kit.errors import unfit
from trustai.ui.kit.measured import headlines
from trustai.ui.ood.pickers import OODMeasurements, ood_measurements


def test_the_home_page_and_the_zoo_tell_the_same_figures() -> None:
    home = texts(open_page("home"))
    shown = {"clean accuracy", "ROC AUC", "BLEU-4, English", "BLEU-4, Persian"}
    told = 0
    for card in zoo.catalog():
        zoo_page = headlines(card)
        for words in shown & zoo_page.keys():
            told += 1
            line = next(part for part in home.split("- **") if part.startswith(f"{card.title}**"))
            assert f"{words} {zoo_page[words]}" in line
    assert told >= len(zoo.catalog())
    page = open_page("models", model=zoo.read_card("captions-photos").title)
    no_fault(page)
    tiles = {metric.label: metric.value for metric in page.metric}
    assert tiles == headlines(zoo.read_card("captions-photos"))


@pytest.mark.parametrize("name", MEASURED)
def test_an_attack_has_one_title(name: str) -> None:
    title = attacks.get(name).title
    assert MEASURED[name] == title
    curves = open_page("attack", view="Accuracy against epsilon", attack=title)
    no_fault(curves)
    assert f"with {title}, seed" in texts(curves)
    one = open_page("attack", view="One picture", attack=title, model="Road signs, standard")
    assert one.selectbox(key="attack").value == name


@pytest.mark.parametrize(
    ("topic", "query"),
    [
        ("diabetes", {"view": "Do the methods agree?"}),
        ("saliency", {"view": "Can we trust the map?", "model": "Road signs, standard"}),
    ],
)
def test_no_caption_is_a_raw_error(topic: str, query: dict[str, str]) -> None:
    app = open_page(topic, **query)
    no_fault(app)
    raw = [c.value for c in app.caption if "expected " in c.value.lower() and "got" in c.value]
    assert raw == []
    assert topic != "diabetes" or any("This method needs" in c.value for c in app.caption)


def test_why_a_method_cannot_apply_is_what_it_needs() -> None:
    assert unfit("expected an additive model for 'nam', got an MLP: it has no terms") == (
        "This method needs an additive model: it has no terms."
    )
    assert unfit(ValueError("nothing to explain")) == "Nothing to explain."


@pytest.mark.parametrize("measured", ood_measurements(of_photographs=True), ids=lambda m: m.card.id)
def test_the_warning_has_the_threshold_of_the_page_of_scores(measured: OODMeasurements) -> None:
    known = measured.card.metrics[zoo.MSP_THRESHOLD].value
    assert known == pytest.approx(measured.threshold("msp"), rel=1e-6)


def test_data_sets_have_one_title() -> None:
    assert {"road signs", "textures", "CIFAR-10"} <= set(SHORT_TITLES.values())
    for name, short in SHORT_TITLES.items():
        assert data.dataset(name).title.casefold().startswith(short.casefold())
    page = open_page("models", model="CIFAR-10, standard")
    assert "pictures of CIFAR-10 in" in texts(page)
