"""What importing and opening the first page costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "captum", "lightning", "lime", "numba", "pynndescent", "scipy", "shap", "skimage", "sklearn",
    "timm", "torchattacks", "torchvision", "umap",
}  # fmt: skip
OPEN = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({file!r}, default_timeout=120).run()
assert not app.exception, app.exception
assert app.title
"""
DOWNLOADS = """
from trustai.zoo.pretrained import downloads, imagenet
listed = [(e.title, downloads.available(e)) for _, e in imagenet.PRETRAINED]
assert sum("ImageNet" in title for title, _ in listed) == 8
"""
MAPS = """
import torch
from trustai.represent import pca
pca(torch.randn(9, 4)).place(torch.randn(2, 4))
"""
# What is done one after another in one fresh interpreter, and which heavy libraries it may import.
STEPS: dict[str, tuple[str, set[str]]] = {
    "tables": ("import trustai.explain.tabular as t; assert t.names()", set()),
    "pictures": ("import trustai.explain.image as i; assert i.names()", set()),
    "attacks": ("import trustai.attacks as a; assert a.names()", set()),
    "downloads": (DOWNLOADS, set()),
    "maps": (MAPS, set()),
    "home": (OPEN.format(file="app.py"), {"scipy", "skimage"}),
    "representation": (
        OPEN.format(file="pages/representation.py") + "assert app.metric",
        HEAVY - {"umap", "numba", "pynndescent"},
    ),
}
SCRIPT = """
import json, sys, time
for name, code in json.load(sys.stdin):
    exec(code, {})
    print(json.dumps([name, time.process_time(), sorted({m.split(".")[0] for m in sys.modules})]))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[float, set[str]]]:
    """After each step: seconds of the processor, and which libraries are there."""
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        input=json.dumps([(name, code) for name, (code, _) in STEPS.items()]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    steps = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("[")]
    return {name: (seconds, set(modules)) for name, seconds, modules in steps}


@pytest.mark.parametrize("step", STEPS)
def test_heavy_libraries_are_imported_only_when_asked_for(
    step: str, told: dict[str, tuple[float, set[str]]]
) -> None:
    _, modules = told[step]
    assert "trustai" in modules
    assert HEAVY & modules <= STEPS[step][1]


def test_the_first_page_needs_little_time(told: dict[str, tuple[float, set[str]]]) -> None:
    # Seconds of the processor, not of the clock: other work on the machine must not decide.
    assert told["home"][0] < 10


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
