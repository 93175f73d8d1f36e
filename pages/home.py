"""The home page: a thumbnail of every page, the networks and the data sets."""

from trustai.ui import kit

VIEWS = {
    "overview": kit.View("Home", "trustai.ui.home.overview"),
}

kit.hand_over(__file__)
kit.page(
    "trustai",
    "See why a neural network decides as it does, how easily it is fooled, and whether it rejects "
    "unfamiliar inputs. For students and lecturers of trustworthy AI. It runs on this computer; no "
    "internet is needed.",
)
kit.show_view(VIEWS, default="overview")
