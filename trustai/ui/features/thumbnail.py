"""This page's thumbnail on the home page: what the page shows at first, kept as a picture.

The class "hen" of EfficientNet-Lite0, recipe "Good", seed 0: 192 steps take half a minute or more,
which the home page does not wait for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from trustai.plots import colours, pictures
from trustai.ui.kit.access.picture import show_picture

FILE = Path(__file__).with_name("thumbnail.jpg")


def show() -> None:
    with Image.open(FILE) as kept:
        framed = pictures.framed(np.asarray(kept), colours.CLEAN, side=kept.width, border=4)
    show_picture(framed, "The picture to which the class hen responds most")
