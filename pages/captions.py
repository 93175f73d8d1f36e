"""Not a page: see `trustai.ui.site`, "Cold deep links"."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "app.py"), run_name="__main__")
