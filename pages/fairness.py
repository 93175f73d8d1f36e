"""The page on group fairness: whom a model treats worse, what repairs it, and what that costs."""

from trustai.ui import kit

VIEWS = {
    "data": kit.View("The data", "trustai.ui.fairness.data"),
}

kit.hand_over(__file__)
kit.page(
    "Fairness",
    "A network estimates who earns more than 50,000 dollars a year. It does not see sex and race. "
    "Are its predictions the same for **every group**, and what does it cost to repair them?",
    method_link=kit.Link("Fairness in machine learning", "https://fairlearn.org/main/user_guide/"),
    paper=kit.Link("Barocas, Hardt & Narayanan, Fairness and ML", "https://fairmlbook.org"),
)
kit.show_view(VIEWS, default="data")
