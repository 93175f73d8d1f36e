"""The page on feature visualization: pictures that maximise a class, a channel or a neuron."""

from trustai.ui import kit

# Its gradients follow shapes that people see too.
SIGNS = "Road signs, adversarially trained"

VIEWS = {
    "visualization": kit.View("One picture", "trustai.ui.features.visualization"),
    "four": kit.View("Four ways side by side", "trustai.ui.features.four_ways"),
}

kit.hand_over(__file__)
kit.page(
    "Feature visualization",
    "The computer changes a picture step by step until one class, channel or neuron of a network "
    "answers as strongly as possible. The picture shows what the network looks for.",
    method_link=kit.Link(
        "Feature visualization, an article", "https://distill.pub/2017/feature-visualization/"
    ),
    paper=kit.Link("Erhan et al. 2009; Olah et al. 2017", "https://doi.org/10.23915/distill.00007"),
)
kit.show_view(
    VIEWS,
    default="visualization",
    presets=[
        kit.Preset(
            "Why is the plain picture meaningless?",
            {"model": SIGNS, "class": "stop", "how": "Plain ascent"},
            "The network is certain that it sees the class, but a person sees only noise.",
        ),
        kit.Preset(
            "What do total variation and a random shift add?",
            {"view": VIEWS["four"].title, "class": "hen"},
            "Compare four ways to make a hen with the ImageNet network.",
        ),
        kit.Preset(
            "Does adversarial training change what a network looks for?",
            {"class": "stop", "model": "Road signs, standard"},
            "First look at the standard network. Then choose “Road signs, adversarially trained”. "
            "The same class and the same method give another picture.",
        ),
    ],
)
