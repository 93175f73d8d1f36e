"""The home page's thumbnail of the page on backdoors: a sign with its sticker, and both answers."""

from __future__ import annotations

from trustai import zoo
from trustai.plots import charts, colours
from trustai.ui.backdoor.networks import CLEAN, PLAIN, SUCCESS
from trustai.ui.kit.charts import thumbnail


def show() -> None:
    """What the shipped network does: accuracy on clean signs, success on marked ones."""
    card, clean = zoo.read_card(PLAIN).metrics, zoo.read_card(CLEAN).metrics
    figure = charts.grouped_bars(
        [
            (
                "clean network", colours.RANDOM,
                (clean["clean_accuracy"].value, card[f"{SUCCESS}/{CLEAN}"].value),
            ),
            (
                "with a backdoor", colours.ATTACKED,
                (card["clean_accuracy"].value, card[SUCCESS].value),
            ),
        ],
        ["accuracy", "success"],
        y_title="",
    )  # fmt: skip
    figure.update_layout(height=200)
    thumbnail(figure, key="thumbnail-backdoor", title="A network with a backdoor")
