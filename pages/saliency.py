"""The page on attributions of pictures: many methods, attacks on them, and their evaluation."""

from trustai.ui import kit

VIEWS = {
    "picture": kit.View("One picture", "trustai.ui.saliency.picture"),
    "sheet": kit.View("Six pictures", "trustai.ui.saliency.sheet"),
    "compare": kit.View("Two pictures", "trustai.ui.saliency.compare"),
    "attack": kit.View("Under attack", "trustai.ui.saliency.attack"),
    "trust": kit.View("Can it be believed?", "trustai.ui.saliency.trust"),
}

kit.hand_over(__file__)
kit.page(
    "Image explanations",
    "Which pixels made the network say what it says, in many methods side by side, each with a "
    "figure of how **faithful** it is.",
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
            "Drag epsilon. Where does each network look when the standard one is fooled?",
        ),
        kit.Preset(
            "Why is guided backpropagation so much crisper than the gradient?",
            {"methods": "Guided backpropagation", "more": "Gradient", "lines": "true"},
            "Compare the two maps. Then see in “Can it be believed?” whether guided "
            "backpropagation still explains the class.",
        ),
        kit.Preset(
            "Does the map notice when the network forgets everything?",
            {"view": VIEWS["trust"].title, "method": "Guided backpropagation"},
            "Layer after layer is replaced by random numbers; a map that stays explains nothing.",
        ),
    ],
)
