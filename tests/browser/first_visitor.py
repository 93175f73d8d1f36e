"""``python -m tests.browser.first_visitor run app.py``: every visitor is the first of the server.

Streamlit decides once per process, from the folder ``pages/``, whether it runs a page's file itself
for a deep link; the first ``st.navigation`` ends that (tried: 1.67). Here it is decided anew for
every session, so that one server shows what nine fresh ones would show.
"""

from __future__ import annotations

import sys
from typing import Any

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

_init = PagesManager.__init__


def _forget_then_init(self: PagesManager, *args: Any, **kwargs: Any) -> None:
    PagesManager.uses_pages_directory = None
    _init(self, *args, **kwargs)


if __name__ == "__main__":
    PagesManager.__init__ = _forget_then_init  # type: ignore[method-assign]
    sys.exit(main())
