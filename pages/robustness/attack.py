"""The attack playground: one picture, accuracy against epsilon, and noise for contrast."""

from trustai import ui
from trustai.ui import attack_curves, attack_noise, attack_picture
from trustai.ui.attack_curves import MEASURED

VIEWS = {
    "curves": "Accuracy against epsilon",
    "picture": "One picture",
    "noise": "Noise and corruptions",
}

ui.page(
    "Attack playground",
    "How little it takes to fool a network: a change of every pixel by at most **epsilon**, chosen "
    "by the network's own gradient.",
    method_link=ui.Link(
        "What an adversarial example is",
        "https://en.wikipedia.org/wiki/Adversarial_machine_learning",
    ),
    paper=ui.Link("Goodfellow et al. 2015", "https://arxiv.org/abs/1412.6572"),
)

view = ui.pick_view(VIEWS, default="picture")
with ui.shown_errors():
    if view == "curves":
        attack_curves.show()
    elif view == "noise":
        attack_noise.show()
    else:
        attack_picture.show()

# A choice stands in the URL as the person reads it, so the presets are made of the same words.
ui.try_this(
    [
        ui.Preset(
            "Why is a one-step attack not a test?",
            {"view": VIEWS["curves"], "data": "CIFAR-10", "attack": MEASURED["fgsm"], "eps": 8},
            "Note the accuracies under FGSM at 8/255, then change the attack to PGD.",
        ),
        ui.Preset(
            "Does training against attacks help, and what does it cost?",
            {"view": VIEWS["curves"], "data": "CIFAR-10", "attack": MEASURED["pgd_linf"], "eps": 3},
            "Compare the green line with the red one at 3/255, then both at 0.",
        ),
        ui.Preset(
            "Why does a network shrug off noise but not an attack of the same size?",
            {"view": VIEWS["noise"], "noise": "8/255"},
            "Both change every pixel by at most 8/255; one of them asked the gradient.",
        ),
    ]
)
