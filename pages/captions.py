"""The page on image captioning: captions, attention, attacks, errors and scores."""

from trustai.ui import kit

VIEWS = {
    "picture": kit.View("One picture", "trustai.ui.captions.picture"),
    "attack": kit.View("Under attack", "trustai.ui.captions.attack"),
    "errors": kit.View("Where it fails", "trustai.ui.captions.errors"),
    "mechanism": kit.View("How attention works", "trustai.ui.captions.mechanism"),
    "text": kit.View("The words", "trustai.ui.captions.text"),
    "own": kit.View("Your own data", "trustai.ui.captions.own"),
}

kit.hand_over(__file__)
kit.page(
    "Captions",
    "A network describes a picture in English and in Persian. For **every word** it looks at "
    "another place. Is this place really the reason for the word?",
    method_link=kit.Link(
        "What attention is", "https://en.wikipedia.org/wiki/Attention_(machine_learning)"
    ),
    paper=kit.Link("Xu et al. 2015, Show, Attend and Tell", "https://arxiv.org/abs/1502.03044"),
)
# A choice stands in the URL as the person reads it, so the presets are made of the same words.
kit.show_view(
    VIEWS,
    default="picture",
    presets=[
        kit.Preset(
            "Is attention an explanation?",
            {"view": VIEWS["picture"].title, "picture": 5},
            "Step through the words: does Grad-CAM look there too, and does the word go when that "
            "place is taken away?",
        ),
        kit.Preset(
            "The worst captions: is the fault in looking, or in the data?",
            {"view": VIEWS["errors"].title, "model": "Captions of photographs"},
            "Read what people wrote beside what it says, then look where it looked.",
        ),
        kit.Preset(
            "Soft against hard attention, and scheduled sampling: what do they change?",
            {"view": VIEWS["mechanism"].title, "model": "Captions of photographs"},
            "The formulas, then the table of variants and their curves: one switch at a time.",
        ),
    ],
)
