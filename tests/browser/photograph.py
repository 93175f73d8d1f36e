"""``python -m tests.browser.photograph``: a picture of every view, light and dark, wide and narrow.

Look at them after changing a page. ``--docs`` writes those of the README instead.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, TimeoutError, sync_playwright

from tests.browser.chromium import CHROMIUM_ARGS, ROOT, Server, chromium_path, wait_until_ready
from trustai.ui.kit.site import PAGES

VIEWS = {info.topic: f"/{info.url}" for info in PAGES} | {
    "attack": "/attack?view=One+picture",
    "attack-curves": "/attack?view=Accuracy+against+epsilon",
    "attack-noise": "/attack?view=Noise+and+corruptions",
    "backdoor-amount": "/backdoor?view=How+much+poison%3F",
    "backdoor-where": "/backdoor?view=Where+it+looks",
    "backdoor-defend": "/backdoor?view=Defend",
    "backdoor-patch": "/backdoor?view=A+sticker+without+poisoning",
    "fairness-groups": "/fairness?view=Thresholds+by+group",
    "fairness-repairs": "/fairness?view=Repairs",
    "fairness-data": "/fairness?view=The+data",
    "ood-ridge": "/ood?drawn=A+ridge+per+class",
    "ood-scores": "/ood?view=All+scores",
    "ood-own": "/ood?view=Your+own+picture",
    "ood-attack": "/ood?view=Fool+the+detector",
    "ood-calibration": "/ood?view=Calibration",
    "saliency-two": "/saliency?view=Two+pictures&methods=Grad-CAM&methods=SmoothGrad",
    "saliency-sheet": "/saliency?view=Six+pictures",
    "features-four": "/features?view=Four+ways+side+by+side&class=hen",
    "saliency-attack": "/saliency?view=Under+attack",
    "saliency-trust": "/saliency?view=Can+we+trust+the+map%3F",
    "captions-persian": "/captions?picture=5&language=Persian",
    "captions-photo": "/captions?model=Captions+of+photographs&source=Photo&language=Persian",
    "captions-attack": "/captions?view=Under+attack&language=Persian",
    "captions-errors": "/captions?view=Worst+captions",
    "captions-attention": "/captions?view=How+attention+works&model=Captions+of+photographs",
    "captions-text": "/captions?view=The+text&language=Persian",
    "captions-own": "/captions?view=Your+own+data",
    "diabetes-data": "/diabetes?view=The+data",
    "diabetes-models": "/diabetes?view=The+models",
    "diabetes-change": "/diabetes?view=What+would+change+the+decision%3F",
    "diabetes-trust": "/diabetes?view=Do+the+methods+agree%3F",
    "diabetes-own": "/diabetes?view=Your+own+table",
    "fairness-calibration": "/fairness?view=Calibration&step=9",
    "fairness-person": "/fairness?view=One+person",
    "fairness-own": "/fairness?view=Your+own+table",
    "representation-corrupted": "/representation?state=Corrupted&colour=by+error",
    "representation-knn": "/representation?view=Neighbours+as+a+classifier",
    "representation-attack": "/representation?view=Attack+through+the+embedding",
    "representation-own": "/representation?view=Your+own+pictures",
}
README = (ROOT / "README.md").read_text(encoding="utf-8")
WIDTHS = (1280, 390)
LONGEST = 4_000
DRAWN = "!document.querySelector('[data-testid=stSkeleton]')"


def photograph(context: BrowserContext, address: str, file: Path, *, width: int) -> None:
    """The whole page, however long, after everything on it has been drawn."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    wait_until_ready(page, seconds=180)
    # A widget's own script may come later than the page's.
    with contextlib.suppress(TimeoutError):  # what is folded away stays a placeholder
        page.wait_for_function(DRAWN, timeout=8_000)
    time.sleep(1.5)  # charts draw after the script has run
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(int(height), LONGEST)})
    time.sleep(1.0)
    page.screenshot(path=file, timeout=120_000)
    page.close()


def reduce_colours(file: Path) -> None:
    """Write a picture with 256 colours of its own: a third of the size, and hard to tell apart."""
    with Image.open(file) as opened:
        picture = opened.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    picture.save(file, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.photograph", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--only", default="", help="views whose name begins with this")
    parser.add_argument(
        "--docs", action="store_true", help="the README's: light, 1280, to docs/pictures/"
    )
    arguments = parser.parse_args()
    out = ROOT / "docs" / "pictures" if arguments.docs else arguments.out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as logs, sync_playwright() as playwright:
        if arguments.docs:
            # Pictures of other people's data sets stay out of the repository.
            os.environ |= {"TRUSTAI_DATA": logs, "TRUSTAI_CACHE": logs}
        server = Server(ROOT / "app.py", Path(logs) / "server.log")
        try:
            server.wait()
            browser = playwright.chromium.launch(
                executable_path=chromium_path(), args=CHROMIUM_ARGS
            )
            # One context per look: Streamlit's scripts are loaded once for each.
            schemes = ("light",) if arguments.docs else ("light", "dark")
            contexts = {scheme: browser.new_context(color_scheme=scheme) for scheme in schemes}
            for name, path in VIEWS.items():
                if not name.startswith(arguments.only):
                    continue
                if arguments.docs and f"/{name}-light-{WIDTHS[0]}.png" not in README:
                    continue
                for scheme, context in contexts.items():
                    for width in WIDTHS[:1] if arguments.docs else WIDTHS:
                        file = out / f"{name}-{scheme}-{width}.png"
                        photograph(context, server.url + path, file, width=width)
                        if arguments.docs:
                            reduce_colours(file)
                        print(file, flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
