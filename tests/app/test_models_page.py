"""The model zoo in Streamlit's own test runner."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.pages import no_fault, open_page, texts
from trustai import zoo
from trustai.zoo.pretrained.imagenet import PRETRAINED

PAGE = "models"
CARDS = zoo.catalog()
FIRST_OF_A_KIND = {zoo.kind_of(card): card for card in reversed(CARDS)}


def is_shown(card: zoo.Card) -> None:
    """The page of a card says which it is, how it was made and all that was measured."""
    app = open_page(PAGE, model=card.title)
    no_fault(app)
    assert app.header[0].value == card.title
    assert f"`{card.id}`" in texts(app)
    assert card.command in [code.value for code in app.code]
    measured = app.dataframe[-1].value
    assert len(measured) >= len(card.metrics) > 0


@pytest.mark.parametrize("card", FIRST_OF_A_KIND.values(), ids=lambda card: card.id)
def test_a_card_of_each_kind_is_shown(card: zoo.Card) -> None:
    is_shown(card)


def test_a_network_that_others_trained_says_so() -> None:
    card = zoo.read_card("imagenet-efficientnet-lite0")
    is_shown(card)
    app = open_page(PAGE, model=card.title)
    assert "Others trained it and published its weights" in texts(app)
    assert not {"Learning curves", "Accuracy per class"} & {one.value for one in app.subheader}


@pytest.mark.slow
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_card_is_shown(card: zoo.Card) -> None:
    is_shown(card)


def test_the_zoo_lists_the_imagenet_networks_and_fetches_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path))
    here = tmp_path / "weights" / "squeezenet1_1-imagenet.pth"
    here.parent.mkdir()
    here.touch()
    app = open_page(PAGE)
    no_fault(app)
    offered = {b.label for b in app.button if "Download" in b.label}
    wanted = {e for _, e in PRETRAINED if e.id != "imagenet-squeezenet1-1"}
    assert offered == {f"Download, {e.megabytes:.0f} MB" for e in wanted}
    shown = texts(app)
    assert shown.count("on this machine") == 1
    assert all(f"**{e.title}**, {e.megabytes:.0f} MB" in shown for _, e in PRETRAINED)
    assert list(tmp_path.rglob("*.*")) == [here]
