"""Tabular explanations: why this patient, what would change it, and which method to believe."""

from trustai import ui

VIEWS = {
    "data": "The data",
    "models": "The models",
    "patient": "One patient",
    "change": "What would change it?",
    "trust": "Who is right?",
    "own": "Your own table",
}

ui.page(
    "Diabetes: why this patient?",
    "Eight measurements, one risk: which of them made the network say so, in several methods side "
    "by side, **what would change it**, and which method to believe.",
    method_link=ui.Link("What a Shapley value is", "https://en.wikipedia.org/wiki/Shapley_value"),
    paper=ui.Link("Lundberg & Lee 2017, SHAP", "https://arxiv.org/abs/1705.07874"),
)

view = ui.pick_view(VIEWS, default="patient")
# Each view is imported when it is opened: together they bring several heavy libraries.
with ui.shown_errors():
    if view == "data":
        from trustai.ui import diabetes_data

        diabetes_data.show()
    elif view == "models":
        from trustai.ui import diabetes_models

        diabetes_models.show()
    elif view == "change":
        from trustai.ui import diabetes_change

        diabetes_change.show()
    elif view == "trust":
        from trustai.ui import diabetes_trust

        diabetes_trust.show()
    elif view == "own":
        from trustai.ui import own_table

        own_table.show()
    else:
        from trustai.ui import diabetes_patient

        diabetes_patient.show()

ui.try_this(
    [
        ui.Preset(
            "Where do LIME and SHAP agree, and where do they differ?",
            {"view": VIEWS["patient"]},
            "Look at the order and the signs first, then at the lengths: they are in one unit.",
        ),
        ui.Preset(
            "Does the additive network explain better?",
            {"view": VIEWS["models"]},
            "Its curves are the model itself. What did that cost in accuracy?",
        ),
        ui.Preset(
            "How does the probability move on the way to GRACE's sample?",
            {"view": VIEWS["change"]},
            "Step by step until the decision turns: which single change did most?",
        ),
    ]
)
