"""View of the adversarial patch: a sticker that fools a clean network, without any poisoning."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from torch import Tensor

from trustai import zoo
from trustai.attacks.patch import PATCHES, measured_patch, printable, put_on
from trustai.plots import charts, colours, pictures
from trustai.ui.backdoor.amount import GRID
from trustai.ui.backdoor.networks import CLEAN, DATASET, PLAIN, draw, told
from trustai.ui.kit.access.picture import show_picture
from trustai.ui.kit.caching import classifier
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.export import Export
from trustai.ui.kit.frame import finding, first_look, how_made, methods, side_by_side
from trustai.ui.kit.subjects import pictures_at

TABLE, TARGET = "patch", 5
ANYWHERE = "patch"
FIRST = 2


def board() -> pd.DataFrame:
    """Success of the patch by size.

    Raises:
        ValueError: nothing was measured.
    """
    table = zoo.measurements(CLEAN, topic=TABLE)
    if table is None:
        raise ValueError(
            "expected the measured patch in models/, got none: run "
            f"`python -m trustai.train.measure {CLEAN} --stages patch`"
        )
    return table


def show() -> None:
    table, picture = board(), measured_patch(CLEAN)
    assert picture is not None  # measured with the table
    sizes = sorted(table["size"].unique())
    pickers, results = first_look()
    with pickers:
        index = st.number_input(
            "Test picture, 0 to 1,999", 0, 1999, FIRST, key="picture", bind="query-params"
        )
        size = st.select_slider(
            "Side of the sticker, in % of the picture's side", [round(100 * s) for s in sizes],
            value=30, key="side", bind="query-params",
        )  # fmt: skip
        seed = st.number_input("Place and view, by seed", 0, 999, 0, key="seed")
        show_picture(pictures.framed(pictures.to_pixels(picture), colours.ATTACKED), "The sticker")
        st.caption("This is the sticker itself.")
        st.download_button(
            "Sticker to print (PNG)",
            printable(picture),
            "sticker.png",
            "image/png",
            icon=":material/print:",
        )
    x = pictures_at(DATASET, [int(index)])
    marked = put_on(x.pixels, picture, size=size / 100, seed=int(seed))
    with results:
        _results(table, x.pixels, marked, size / 100)
    with how_made():
        n = int(table["n"].max())
        st.caption(
            f"The success was measured on {n} test pictures whose class is not the target, each "
            "with the sticker at a random place, turned, tilted and lit as in the training."
        )
    _export(table, picture, marked, size).show()
    methods(PATCHES.get("adversarial-patch"), label="About the adversarial patch")


def _export(table: pd.DataFrame, picture: Tensor, marked: Tensor, size: int) -> Export:
    return Export(
        name="adversarial-patch",
        key="patch",
        png=pictures.png(pictures.to_pixels(marked[0])),
        csv=table.to_csv(index=False),
        json={"network": CLEAN, "target": zoo.read_card(CLEAN).classes[TARGET], "size": size},
        python=f"""
from trustai import data, zoo
from trustai.attacks.patch import measured_patch, put_on

classifier = zoo.load("{CLEAN}")
signs = data.load("{DATASET}", split="test", n=200)
marked = put_on(signs.pixels, measured_patch("{CLEAN}"), size={size / 100})
print((classifier.predict(marked).argmax(1) == {TARGET}).float().mean())
print(zoo.measurements("{CLEAN}", topic="{TABLE}").to_string())
""",
    )


def _results(table: pd.DataFrame, clean: Tensor, marked: Tensor, size: float) -> None:
    network, card = classifier(CLEAN), zoo.read_card(CLEAN)
    before, after = (told(network, x, card.classes) for x in (clean, marked))
    finding(finding_text(table, size, before[0], after[0], card.classes[TARGET]))
    left, right = side_by_side(2, key="patched")
    with left:
        draw("Without the sticker", clean, *before[:2], attacked=False)
    with right:
        draw("With the sticker", marked, *after[:2], attacked=True)
    chart(
        charts.robustness(
            _lines(table), x_title="side of the sticker in %", y_title="named the target"
        ),
        key="by-size",
        title=f"Signs that are named “{card.classes[TARGET]}”",
        about="Test pictures of signs",
    )
    st.caption(
        "The clean network does not know the yellow square. The network with a backdoor obeys it, "
        "because its training pictures were poisoned. The adversarial patch has the same effect "
        "for another reason: it was made for the weak spots of a clean network."
    )


Drawn = tuple[str, str, str, list[float], list[float]]


def _lines(table: pd.DataFrame) -> list[Drawn]:
    looks = {
        ANYWHERE: ("patch, clean network", colours.ATTACKED, "solid"),
        "yellow square, corner": ("square, clean network", colours.RANDOM, "dot"),
    }
    lines: list[Drawn] = []
    for sticker, (name, colour, dash) in looks.items():
        of = table[table["sticker"] == sticker]
        lines.append((name, colour, dash, *_points(of)))
    grid = zoo.measurements(PLAIN, topic=GRID)
    if grid is not None:
        share = max(grid["share"])
        of = grid[grid["share"] == share].groupby("size", as_index=False)["success"].mean()
        name = "square, backdoor"
        lines.append((name, colours.OTHERS[0], "dash", *_points(of)))
    return lines


def _points(table: pd.DataFrame) -> tuple[list[float], list[float]]:
    """Sizes in per cent, and the success at each."""
    return (100 * table["size"]).round().tolist(), table["success"].tolist()


def finding_text(table: pd.DataFrame, size: float, said: str, now: str, target: str) -> str:
    """The success at a size, and what happens to this picture."""
    of = table[(table["sticker"] == ANYWHERE) & ((table["size"] - size).abs() < 1e-6)].iloc[0]
    this = (
        f"This picture becomes “{plain(now)}” instead of “{plain(said)}”."
        if said != now
        else f"This picture stays “{plain(now)}”."
    )
    return (
        f"No training picture was poisoned. A printed sticker of {size:.0%} of the picture's side "
        f"still makes the clean network call **{of['success']:.0%}** of the other signs "
        f"“{plain(target)}”. {this}"
    )
