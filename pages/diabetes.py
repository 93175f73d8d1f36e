"""The page on explanations of tables: attributions, counterfactuals and their evaluation."""

from trustai.ui import kit

VIEWS = {
    "data": kit.View("The data", "trustai.ui.diabetes.data"),
    "models": kit.View("The models", "trustai.ui.diabetes.models"),
    "patient": kit.View("One patient", "trustai.ui.diabetes.explanations.patient"),
    "change": kit.View("What would change it?", "trustai.ui.diabetes.explanations.change"),
    "trust": kit.View("Who is right?", "trustai.ui.diabetes.explanations.trust"),
    "own": kit.View("Your own table", "trustai.ui.diabetes.own_table"),
}

kit.hand_over(__file__)
kit.page(
    "Table explanations",
    "Patients and their risk of diabetes, or a table of your own: which values made the network "
    "say so, in several methods side by side, **what would change it**, and which method to "
    "believe.",
    method_link=kit.Link("What a Shapley value is", "https://en.wikipedia.org/wiki/Shapley_value"),
    paper=kit.Link("Lundberg & Lee 2017, SHAP", "https://arxiv.org/abs/1705.07874"),
)
kit.show_view(
    VIEWS,
    default="patient",
    presets=[
        kit.Preset(
            "Where do LIME and SHAP agree, and where do they differ?",
            {"view": VIEWS["patient"].title},
            "Look at the order and the signs first, then at the lengths: they are in one unit.",
        ),
        kit.Preset(
            "Does the additive network explain better?",
            {"view": VIEWS["models"].title},
            "Its curves are the model itself. What did that cost in accuracy?",
        ),
        kit.Preset(
            "How does the probability move on the way to GRACE's sample?",
            {"view": VIEWS["change"].title},
            "Step by step until the decision turns: which single change did most?",
        ),
    ],
)
