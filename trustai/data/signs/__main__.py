"""Command line of the road signs: ``python -m trustai.data.signs --sheet signs.png`` draws a
contact sheet."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from trustai.data.signs import CLASSES, SIZE, SPLITS, draw


def sheet(*, columns: int, rows: int, seed: int, split: str, zoom: int, size: int) -> Image.Image:
    """The first ``columns * rows`` pictures of a split, enlarged `zoom` times."""
    side = size * zoom
    paper = Image.new("RGB", (columns * side, rows * side))
    for k in range(columns * rows):
        picture = Image.fromarray(draw(seed, k, split=split, size=size).image)
        picture = picture.resize((side, side), Image.Resampling.NEAREST)
        paper.paste(picture, (k % columns * side, k // columns * side))
    return paper


def main() -> None:
    """Write the sheet and say what is on it."""
    parser = argparse.ArgumentParser(prog="python -m trustai.data.signs", description=__doc__)
    parser.add_argument("--sheet", type=Path, required=True, help="where to write the picture")
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--zoom", type=int, default=2, help="enlarge each picture this many times")
    parser.add_argument("--size", type=int, default=SIZE, help="pixels each picture is drawn with")
    chosen = parser.parse_args()
    paper = sheet(
        columns=chosen.columns,
        rows=chosen.rows,
        seed=chosen.seed,
        split=chosen.split,
        zoom=chosen.zoom,
        size=chosen.size,
    )
    paper.save(chosen.sheet)
    print(f"{chosen.columns * chosen.rows} pictures of {len(CLASSES)} classes: {chosen.sheet}")


if __name__ == "__main__":
    main()
