"""Captions: what a network says about a picture, and where it looked for every word."""

from trustai import ui
from trustai.ui import (
    captions_attack,
    captions_errors,
    captions_own,
    captions_picture,
    captions_text,
)

VIEWS = {
    "picture": "One picture",
    "attack": "Under attack",
    "errors": "Where it fails",
    "text": "The words",
    "own": "Your own data",
}

ui.page(
    "Captions",
    "A network puts a picture into words, in English and in Persian, and looks at another place "
    "for **every word**. Is where it looked the reason for what it said?",
    method_link=ui.Link(
        "What attention is", "https://en.wikipedia.org/wiki/Attention_(machine_learning)"
    ),
    paper=ui.Link("Xu et al. 2015, Show, Attend and Tell", "https://arxiv.org/abs/1502.03044"),
)

view = ui.pick_view(VIEWS, default="picture")
with ui.shown_errors():
    if view == "attack":
        captions_attack.show()
    elif view == "errors":
        captions_errors.show()
    elif view == "text":
        captions_text.show()
    elif view == "own":
        captions_own.show()
    else:
        captions_picture.show()

# A choice stands in the URL as the person reads it, so the presets are made of the same words.
ui.try_this(
    [
        ui.Preset(
            "Is attention an explanation?",
            {"view": VIEWS["picture"], "picture": 5, "language": "Persian"},
            "Step through the words: does Grad-CAM look there too, and does the word go when that "
            "place is taken away?",
        ),
        ui.Preset(
            "The worst captions: is the fault in looking, or in the data?",
            {"view": VIEWS["errors"]},
            "Read what people wrote beside what it says, then look where it looked.",
        ),
        ui.Preset(
            "Soft against hard attention, and scheduled sampling: what do they change?",
            {"view": VIEWS["text"]},
            "The table of variants: the same data, one switch at a time.",
        ),
    ]
)
