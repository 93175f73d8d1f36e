"""The model zoo: every card in full."""

from trustai import ui
from trustai.ui import model_cards
from trustai.ui.subjects import title_of

ui.page(
    "Model zoo",
    "Every network that ships was trained by `python -m trustai.train`; every number was measured "
    "by `python -m trustai.train.measure`, and both can be repeated.",
    paper=ui.Link("Mitchell et al. 2019, Model cards", "https://arxiv.org/abs/1810.03993"),
)
with ui.shown_errors():
    model_cards.show()
ui.try_this(
    [
        ui.Preset(
            "Which classes does adversarial training hurt most?",
            {"model": title_of("cifar10-resnet18-adversarial")},
            "Compare its accuracy per class with that of the standard network.",
        ),
        ui.Preset(
            "Which things does a network confuse, and would you?",
            {"model": title_of("cifar10-resnet18")},
            "Look for the brightest cells off the diagonal of the confusion matrix.",
        ),
        ui.Preset(
            "How hard is a data set that we can draw ourselves?",
            {"model": title_of("signs-resnet18")},
            "Clean accuracy beside accuracy under PGD: easy to learn is not hard to fool.",
        ),
    ]
)
