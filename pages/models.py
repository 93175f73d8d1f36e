"""The page on the model zoo: every card in full."""

from trustai.ui import kit
from trustai.ui.kit.subjects import title_of

VIEWS = {
    "cards": kit.View("All models", "trustai.ui.models.cards"),
}

kit.hand_over(__file__)
kit.page(
    "Model zoo",
    "All networks of this app, with every number that was measured. One command trains a network "
    "again, and another command measures it again.",
    paper=kit.Link("Mitchell et al. 2019, Model cards", "https://arxiv.org/abs/1810.03993"),
)
kit.show_view(
    VIEWS,
    default="cards",
    presets=[
        kit.Preset(
            "Which classes does adversarial training hurt most?",
            {"model": title_of("cifar10-resnet18-adversarial")},
            "Compare its accuracy per class with that of the standard network.",
        ),
        kit.Preset(
            "Which classes does a network confuse? Would you confuse them too?",
            {"model": title_of("cifar10-resnet18")},
            "Look for the brightest cells outside the diagonal of the confusion matrix.",
        ),
        kit.Preset(
            "How hard is a data set that we can draw ourselves?",
            {"model": title_of("signs-resnet18")},
            "Compare the clean accuracy with the accuracy under PGD. The task is easy to learn, "
            "and the network is still easy to fool.",
        ),
    ],
)
