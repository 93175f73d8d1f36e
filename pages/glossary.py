"""The page of the glossary: every term in one or two sentences."""

from trustai.ui import kit

VIEWS = {
    "terms": kit.View("All terms", "trustai.ui.glossary.all_terms"),
}

kit.hand_over(__file__)
kit.page(
    "Glossary",
    "Every term of this app in one to three sentences. On the other pages, a dotted line marks a "
    "term: point at it, tap it, or move to it with the Tab key.",
)
kit.show_view(VIEWS, default="terms")
