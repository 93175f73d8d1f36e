"""What opening the first page costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("lightning", "torchattacks", "torchvision", "captum", "shap", "lime", "umap", "sklearn")
SCRIPT = """
import json, sys, time
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=120).run()
assert not app.exception, app.exception
print(json.dumps({"cpu": time.process_time(), "modules": sorted(sys.modules)}))
"""


def test_the_first_page_needs_no_heavy_library_and_little_time() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = json.loads(ran.stdout.splitlines()[-1])
    assert not set(HEAVY) & set(told["modules"])
    # Seconds of the processor, not of the clock: other work on the machine must not decide.
    assert told["cpu"] < 10
