"""The home page: a thumbnail of every page, the networks and the data sets."""

from trustai.ui import kit

VIEWS = {
    "overview": kit.View("Home", "trustai.ui.home.overview"),
}

kit.hand_over(__file__)
kit.page(
    "trustai",
    "See why a network decided, how little it takes to fool it, and how each number was measured. "
    "Everything runs on this computer, without a network.",
)
kit.show_view(VIEWS, default="overview")
