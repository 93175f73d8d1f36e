"""The model zoo in Streamlit's own test runner."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.pages import no_fault, open_page, texts
from trustai import zoo
from trustai.ui.kit.report.notes import Numbers
from trustai.ui.models.cards import cost_of_robustness
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
    assert shown.count("on this computer") == 1
    assert all(f"**{e.title}**, {e.megabytes:.0f} MB" in shown for _, e in PRETRAINED)
    assert list(tmp_path.rglob("*.*")) == [here]


def test_what_the_numbers_mean_stands_before_the_tables() -> None:
    app = open_page(PAGE)
    no_fault(app)
    meaning = next(
        i for i, e in enumerate(app.main) if "**Clean accuracy**" in str(getattr(e, "value", ""))
    )
    table = next(i for i, e in enumerate(app.main) if e.type == app.dataframe[0].type)
    assert meaning < table
    shown = texts(app)
    for words in ("**Clean accuracy**", "**PGD-20, 8/255**", "**ROC AUC**", "**BLEU-4**"):
        assert words in shown
    assert "-dirty" not in shown
    tables = [one.value for one in app.dataframe]
    parameters = {
        n: p for t in tables[:3] for n, p in zip(t["network"], t["parameters"], strict=True)
    }
    card = zoo.read_card("diabetes-mlp")
    assert parameters[card.title] == f"{card.training['parameters']:,}" == "9,741"


def test_the_finding_is_made_from_the_cards() -> None:
    said = cost_of_robustness()
    for name in ("cifar10-resnet18", "cifar10-resnet18-adversarial"):
        metrics = zoo.read_card(name).metrics
        for figure in ("clean_accuracy", "pgd20_accuracy"):
            assert f" {metrics[figure].value:.0%} " in said


def test_a_revision_that_was_changed_says_so_in_words() -> None:
    dirty = next(card for card in CARDS if card.revision.endswith("-dirty"))
    app = open_page(PAGE, model=dirty.title)
    no_fault(app)
    assert f"code revision {dirty.revision[:12]} with later changes." in texts(app)
    assert "-dirty" not in texts(app)
    notes = app.session_state["notes-of-the-view"].values()
    (numbers,) = [one for one in notes if isinstance(one, Numbers)]
    assert numbers.json is not None
    assert numbers.json["revision"] == f"{dirty.revision[:12]} with later changes"
    assert "-dirty" not in str(numbers), "neither in what is downloaded"
