"""The page on explanations of tables: attributions, counterfactuals and their evaluation."""

from trustai.ui import kit

VIEWS = {
    "data": kit.View("The data", "trustai.ui.diabetes.data"),
    "models": kit.View("The models", "trustai.ui.diabetes.models"),
    "patient": kit.View("One patient", "trustai.ui.diabetes.explanations.patient"),
    "change": kit.View(
        "What would change the decision?",
        "trustai.ui.diabetes.explanations.change",
        older=("What would change it?",),
    ),
    "trust": kit.View(
        "Do the methods agree?",
        "trustai.ui.diabetes.explanations.trust",
        older=("Who is right?",),
    ),
    "own": kit.View("Your own table", "trustai.ui.diabetes.own_table"),
}

kit.hand_over(__file__)
kit.page(
    "Table explanations",
    "A network estimates the risk of diabetes from eight values of a patient. See which values "
    "raise the risk and **what would change the decision**.",
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
            "First compare the order and the signs of the bars. Then compare their lengths. All "
            "bars have the same unit.",
        ),
        kit.Preset(
            "Does the interpretable additive model (NAM) explain better?",
            {"view": VIEWS["models"].title},
            "The curves of NAM are the model itself. Compare its accuracy with the network's.",
        ),
        kit.Preset(
            "How does the probability move on the way to GRACE's sample?",
            {"view": VIEWS["change"].title},
            "GRACE changes values step by step until the decision changes. Which single change has "
            "the largest effect?",
        ),
    ],
)
