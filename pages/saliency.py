"""The page on attributions of pictures: many methods, attacks on them, and their evaluation."""

from trustai.ui import kit

VIEWS = {
    "picture": kit.View("One picture", "trustai.ui.saliency.picture"),
    "sheet": kit.View("Six pictures", "trustai.ui.saliency.sheet"),
    "compare": kit.View("Two pictures", "trustai.ui.saliency.compare"),
    "attack": kit.View("Under attack", "trustai.ui.saliency.attack"),
    "trust": kit.View(
        "Can we trust the map?", "trustai.ui.saliency.trust", older=("Can it be believed?",)
    ),
}

kit.hand_over(__file__)
kit.page(
    "Image explanations",
    "A map shows which pixels a network used for its answer. Every map has a score that tells how "
    "**faithful** it is.",
    method_link=kit.Link("What a saliency map is", "https://en.wikipedia.org/wiki/Saliency_map"),
    paper=kit.Link("Selvaraju et al. 2017, Grad-CAM", "https://arxiv.org/abs/1610.02391"),
)
# A choice stands in the URL as the person reads it, so the presets are made of the same words.
kit.show_view(
    VIEWS,
    default="picture",
    presets=[
        kit.Preset(
            "Does adversarial training change where the network looks?",
            {"view": VIEWS["attack"].title, "picture": 8, "eps": 8},
            "Drag epsilon. Compare the maps of both networks when the standard network is fooled.",
        ),
        kit.Preset(
            "Why is guided backpropagation so much crisper than the gradient?",
            {"methods": ["Guided backpropagation", "Gradient"], "lines": "true"},
            "Compare the two maps. The view “Can we trust the map?” then tests whether guided "
            "backpropagation depends on what the network learned.",
        ),
        kit.Preset(
            "Does the map change when we erase what the network learned?",
            {"view": VIEWS["trust"].title, "method": "Guided backpropagation"},
            "The layers are replaced by random numbers, one after the other. A map that stays the "
            "same does not show what the network learned.",
        ),
    ],
)
