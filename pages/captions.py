"""The page on image captioning: captions, attention, attacks, errors and scores."""

from trustai.ui import kit

VIEWS = {
    "picture": kit.View("One picture", "trustai.ui.captions.picture"),
    "attack": kit.View("Under attack", "trustai.ui.captions.attack"),
    "errors": kit.View("Worst captions", "trustai.ui.captions.errors", older=("Where it fails",)),
    "mechanism": kit.View("How attention works", "trustai.ui.captions.mechanism"),
    "text": kit.View("The text", "trustai.ui.captions.text", older=("The words",)),
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
            "Click the words one by one. Does Grad-CAM mark the same place? Does the word change "
            "when this place is blurred?",
        ),
        kit.Preset(
            "The worst captions: did the network look at the wrong place, or is the data bad?",
            {"view": VIEWS["errors"].title, "model": "Captions of photographs"},
            "Compare the caption of the network with the sentences of people. Then look at the "
            "attention.",
        ),
        kit.Preset(
            "What do hard attention and scheduled sampling change?",
            {"view": VIEWS["mechanism"].title, "model": "Captions of photographs"},
            "Read the formulas. Then compare the rows of the table and the learning curves: each "
            "variant differs in one switch.",
        ),
    ],
)
