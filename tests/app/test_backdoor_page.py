"""The page on backdoors: findings from the shipped networks, live training, defences."""

from __future__ import annotations

import re

import pytest
import torch

from tests.app.pages import found_in, no_fault, open_page, texts
from trustai import data, zoo
from trustai.backdoor import planted, success
from trustai.ui.backdoor.where import inside
from trustai.zoo import Classifier


def test_the_shipped_backdoor_is_shown_at_once() -> None:
    app = open_page("backdoor")
    no_fault(app)
    said = found_in(app)
    card = zoo.read_card("signs-backdoor")
    assert f"{card.metrics['clean_accuracy'].value:.1%}" in said
    assert f"{card.metrics['attack_success_rate'].value:.1%}" in said
    assert "becomes “speed limit 80” instead of “stop”" in said
    assert "with the trigger" in texts(app)


def test_a_network_is_trained_with_a_trigger_of_ones_own() -> None:
    app = open_page("backdoor", network="Train it now")
    assert "press “Train the network”" in found_in(app)
    app.select_slider(key="share").set_value(20.0).run()
    app.button[0].click().run()
    no_fault(app)
    accuracy, rate = (float(v) for v in re.findall(r"\*\*([\d.]+)%\*\*", found_in(app)))
    assert accuracy > 95
    assert rate > 90, "a fifth of the pictures is poisoned"
    app.selectbox(key="trigger").set_value("checkerboard").run()
    assert "press “Train the network”" in found_in(app), "the result belonged to another trigger"


def test_the_backdoored_network_looks_at_the_sticker() -> None:
    app = open_page("backdoor", view="Where it looks")
    no_fault(app)
    said = found_in(app)
    covered, poisoned, clean = (float(v) for v in re.findall(r"\*\*([\d.]+)%\*\*", said))
    assert poisoned > 3 * covered
    assert clean < poisoned
    app.slider(key="sticker-x").set_value(0.0).run()
    no_fault(app)


def test_the_share_inside_a_mask_by_hand() -> None:
    values = torch.tensor([[2.0, 2.0], [4.0, -9.0]])
    assert inside(values, torch.tensor([[True, False], [False, True]])) == pytest.approx(0.25)
    assert inside(-values.abs(), torch.ones(2, 2, dtype=torch.bool)) == 0


@pytest.mark.parametrize(
    ("network", "least", "most"),
    [("Road signs with a backdoor", 0.95, 1.0), ("Road signs with a hidden backdoor", 0.0, 0.75)],
)
def test_clustering_finds_the_plain_backdoor_and_not_the_hidden_one(
    network: str, least: float, most: float
) -> None:
    app = open_page("backdoor", view="Defend", network=network)
    no_fault(app)
    found = re.search(r"AUROC of \*\*([\d.]+)\*\*", found_in(app))
    assert found
    assert least <= float(found[1]) <= most


def test_a_clean_network_has_no_marked_picture() -> None:
    app = open_page("backdoor", view="Defend", network="Road signs, standard")
    no_fault(app)
    assert "No training picture of this network has a trigger" in found_in(app)


@pytest.mark.slow
@pytest.mark.parametrize("defence", ["strip", "neural-cleanse", "fine-tuning", "unlearning"])
def test_every_kind_of_defence_is_shown(defence: str) -> None:
    app = open_page("backdoor", view="Defend", defence=defence)
    no_fault(app)
    assert re.search(r"\*\*[\d.]+", found_in(app))


def test_the_patch_fools_more_signs_when_it_is_larger() -> None:
    rates = []
    for side in ("15", "40"):
        app = open_page("backdoor", view="A sticker without poisoning", side=side)
        no_fault(app)
        found = re.search(r"\*\*(\d+)%\*\*", found_in(app))
        assert found
        rates.append(int(found[1]))
    assert rates[0] < 20 < 90 < rates[1]


def test_poison_and_success_of_the_measured_grid() -> None:
    app = open_page("backdoor", view="How much poison?", poison="10")
    no_fault(app)
    share, rate, accuracy = (float(v) for v in re.findall(r"\*\*([\d.]+)%\*\*", found_in(app)))
    assert share == 10
    assert rate > 90 < accuracy


def test_the_page_says_what_is_measured_again() -> None:
    """The finding's success rate, on other pictures than the card's."""
    card, test = zoo.read_card("signs-backdoor"), data.load("signs", split="test", n=200)
    backdoor = planted(card)
    assert backdoor
    again = success(
        zoo.load(card.id, kind=Classifier), test, trigger=backdoor.trigger, target=backdoor.target
    )
    assert again.value > 0.98
