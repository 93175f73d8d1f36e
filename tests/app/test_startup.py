"""What opening the first page costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("chosen", [None, "77"])
def test_threads_are_told_how_to_wait_before_torch_is_there(chosen: str | None) -> None:
    """Once torch is loaded it is too late, and a choice of the user's own stands."""
    script = "import os, sys, trustai; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"
    environment = {k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"}
    if chosen:
        environment["GOMP_SPINCOUNT"] = chosen
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == [chosen or "2000", "False"]
