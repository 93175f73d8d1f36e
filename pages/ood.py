"""The page on out-of-distribution detection: a threshold on an OOD score."""

from trustai.ui import kit

VIEWS = {
    "explorer": kit.View("Threshold", "trustai.ui.ood.threshold"),
    "table": kit.View("All scores", "trustai.ui.ood.scores"),
    "own": kit.View("Your own picture", "trustai.ui.ood.own"),
    "attack": kit.View("Fool the detector", "trustai.ui.ood.attack"),
    "calibration": kit.View(
        "Calibration", "trustai.ui.ood.calibration", older=("How sure is it?",)
    ),
}

kit.hand_over(__file__)
kit.page(
    "Spotting unfamiliar inputs",
    "For a picture of a class that it never saw, a network still names one of its own classes. "
    "Can a **threshold** on an out-of-distribution (OOD) score reject such pictures?",
    method_link=kit.Link(
        "Out-of-distribution detection: a survey", "https://arxiv.org/abs/2110.11334"
    ),
    paper=kit.Link("Hendrycks & Gimpel 2017", "https://arxiv.org/abs/1610.02136"),
)
# A choice stands in the URL as the person reads it, so the presets are made of the same words.
kit.show_view(
    VIEWS,
    default="explorer",
    presets=[
        kit.Preset(
            "Why do the two thresholds that accept 95 % differ?",
            {
                "view": VIEWS["explorer"].title,
                "model": "CIFAR-10 without cats",
                "score": "Maximum softmax probability",
            },
            "Below the demo, compare the threshold without cats with the threshold without frogs. "
            "The chart shows which classes set it.",
        ),
        kit.Preset(
            "Is plain confidence a good score at all?",
            {"view": VIEWS["table"].title},
            "Ten scores judge the same pictures with the same network. Find the plain confidence, "
            "“Maximum softmax probability”, in the chart.",
        ),
        kit.Preset(
            "Does a rejected picture stay rejected?",
            {"view": VIEWS["attack"].title},
            "Drag epsilon until the detector accepts the picture. Compare random noise of the same "
            "size.",
        ),
    ],
)
