"""The page on the model zoo: every card in full."""

from trustai.ui import kit
from trustai.ui.kit.subjects import title_of

VIEWS = {
    "cards": kit.View("All models", "trustai.ui.models.cards"),
}

kit.hand_over(__file__)
kit.page(
    "Model zoo",
    "Our networks were trained by `python -m trustai.train`. The others were published, and their "
    "cards say so. Every number that we state was measured by `python -m trustai.train.measure`. "
    "Both can be repeated.",
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
            "Which things does a network confuse, and would you?",
            {"model": title_of("cifar10-resnet18")},
            "Look for the brightest cells off the diagonal of the confusion matrix.",
        ),
        kit.Preset(
            "How hard is a data set that we can draw ourselves?",
            {"model": title_of("signs-resnet18")},
            "Clean accuracy beside accuracy under PGD: easy to learn is not hard to fool.",
        ),
    ],
)
