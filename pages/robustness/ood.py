"""Does it know what it does not know: a threshold on how strange a picture looks to a network."""

from trustai import ui
from trustai.ui import ood_attack, ood_calibration, ood_explorer, ood_own, ood_scores

VIEWS = {
    "explorer": "Threshold",
    "table": "All scores",
    "own": "Your own picture",
    "attack": "Fool the detector",
    "calibration": "How sure is it?",
}

ui.page(
    "Does it know what it does not know?",
    "A network was never shown one class. Asked about it all the same, it names something it "
    "knows. Can a **threshold** on how strange a picture looks to it refuse the answer?",
    method_link=ui.Link(
        "Out-of-distribution detection: a survey", "https://arxiv.org/abs/2110.11334"
    ),
    paper=ui.Link("Hendrycks & Gimpel 2017", "https://arxiv.org/abs/1610.02136"),
)

view = ui.pick_view(VIEWS, default="explorer")
with ui.shown_errors():
    if view == "table":
        ood_scores.show()
    elif view == "own":
        ood_own.show()
    elif view == "attack":
        ood_attack.show()
    elif view == "calibration":
        ood_calibration.show()
    else:
        ood_explorer.show()

# A choice stands in the URL as the person reads it, so the presets are made of the same words.
ui.try_this(
    [
        ui.Preset(
            "Why do the two thresholds that keep 95 % differ?",
            {"view": VIEWS["explorer"], "model": "CIFAR-10 without cats"},
            "Note it without cats, then without frogs; the last chart shows who decides it.",
        ),
        ui.Preset(
            "Is plain confidence a good score at all?",
            {"view": VIEWS["table"]},
            "Nine other scores read the same network; look where plain confidence stands.",
        ),
        ui.Preset(
            "Does a refused picture stay refused?",
            {"view": VIEWS["attack"]},
            "Drag epsilon until the detector lets it in; noise of the same size does not help.",
        ),
    ]
)
