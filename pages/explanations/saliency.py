"""Image explanations: why this class, in many methods, and whether to believe them."""

from trustai import ui
from trustai.ui import saliency_attack, saliency_compare, saliency_picture, saliency_trust

VIEWS = {
    "picture": "One picture",
    "compare": "Two pictures",
    "attack": "Under attack",
    "trust": "Can it be believed?",
}

ui.page(
    "Image explanations",
    "Which pixels made the network say what it says, in many methods side by side, each with a "
    "figure of how **faithful** it is.",
    method_link=ui.Link("What a saliency map is", "https://en.wikipedia.org/wiki/Saliency_map"),
    paper=ui.Link("Selvaraju et al. 2017, Grad-CAM", "https://arxiv.org/abs/1610.02391"),
)

view = ui.pick_view(VIEWS, default="picture")
with ui.shown_errors():
    if view == "compare":
        saliency_compare.show()
    elif view == "attack":
        saliency_attack.show()
    elif view == "trust":
        saliency_trust.show()
    else:
        saliency_picture.show()

# A choice stands in the URL as the person reads it, so the presets are made of the same words.
ui.try_this(
    [
        ui.Preset(
            "Does adversarial training move the gaze?",
            {"view": VIEWS["attack"], "picture": 8, "eps": 8},
            "Drag epsilon: where does each one look once the standard one has changed its mind?",
        ),
        ui.Preset(
            "Why is guided backpropagation so much crisper than the gradient?",
            {"methods": "Guided backpropagation", "lines": "true"},
            "Then ask in the last view whether it still looks at the class at all.",
        ),
        ui.Preset(
            "Does the map notice when the network forgets everything?",
            {"view": VIEWS["trust"], "method": "Guided backpropagation"},
            "Layer after layer is replaced by random numbers; a map that stays explains nothing.",
        ),
    ]
)
