"""The page on adversarial attacks: one picture, robustness curves, and random noise."""

from trustai.ui import kit
from trustai.ui.attack import MEASURED

VIEWS = {
    "picture": kit.View("One picture", "trustai.ui.attack.picture"),
    "curves": kit.View("Accuracy against epsilon", "trustai.ui.attack.curves"),
    "noise": kit.View("Noise and corruptions", "trustai.ui.attack.noise"),
}

kit.hand_over(__file__)
kit.page(
    "Attack playground",
    "An attack changes every pixel a little, by at most **epsilon**, and follows the gradient of "
    "the network. How small a change is enough to fool it?",
    method_link=kit.Link(
        "What an adversarial example is",
        "https://en.wikipedia.org/wiki/Adversarial_machine_learning",
    ),
    paper=kit.Link("Goodfellow et al. 2015", "https://arxiv.org/abs/1412.6572"),
)
# A choice stands in the URL as the person reads it, so the presets are made of the same words.
kit.show_view(
    VIEWS,
    default="picture",
    presets=[
        kit.Preset(
            "Why is a one-step attack not a test?",
            {
                "view": VIEWS["curves"].title,
                "data": "CIFAR-10",
                "attack": MEASURED["fgsm"],
                "eps": 8,
            },
            "Read the accuracies under FGSM at 8/255. Then change the attack to PGD and compare.",
        ),
        kit.Preset(
            "Does training against attacks help, and what does it cost?",
            {
                "view": VIEWS["curves"].title,
                "data": "CIFAR-10",
                "attack": MEASURED["pgd_linf"],
                "eps": 3,
            },
            "Compare the line “adversarially trained” with “standard” at 3/255 and then at 0.",
        ),
        kit.Preset(
            "Why does noise not fool a network, although an attack of the same size does?",
            {"view": VIEWS["noise"].title, "noise": "8/255"},
            "Both change every pixel by at most 8/255. Only the attack follows the gradient.",
        ),
    ],
)
