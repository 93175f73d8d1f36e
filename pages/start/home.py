"""What can be done here, with a live thumbnail of every page, and what is present."""

from trustai import ui
from trustai.ui import overview

ui.page(
    "trustai",
    "See why a network decided, how little it takes to fool it, and how each number was measured. "
    "Everything runs on this computer, without a network.",
)
with ui.shown_errors():
    overview.show()
