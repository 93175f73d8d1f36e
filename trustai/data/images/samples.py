"""Sample photographs: those inside scikit-image's wheel.

Only files that the installed package carries are read; nothing is ever downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trustai.registry import Registry


@dataclass(frozen=True)
class Sample:
    """One photograph.

    Attributes:
        file: Its name inside scikit-image's data folder.
        title: What it shows.
        credit: Who made it and under which terms, as scikit-image's documentation states.
    """

    file: str
    title: str
    credit: str


SAMPLES: Registry[Sample] = Registry("sample photograph")
SAMPLES.add(
    "astronaut",
    Sample(
        file="astronaut.png",
        title="The astronaut Eileen Collins",
        credit="NASA Great Images database. No known copyright restrictions, public domain.",
    ),
)
SAMPLES.add(
    "cat",
    Sample(
        file="chelsea.png",
        title="Chelsea the cat",
        credit="Stefan van der Walt. No copyright restrictions, CC0 by the photographer.",
    ),
)
SAMPLES.add(
    "coffee",
    Sample(
        file="coffee.png",
        title="A cup of coffee",
        credit="Rachel Michetti, courtesy of Pikolo Espresso Bar. No copyright restrictions, CC0 "
        "by the photographer.",
    ),
)
SAMPLES.add(
    "rocket",
    Sample(
        file="rocket.jpg",
        title="The launch of DSCOVR on a Falcon 9",
        credit="SpaceX Photos. Released in the public domain.",
    ),
)
SAMPLES.add(
    "motorcycle",
    Sample(
        file="motorcycle_left.png",
        title="A motorcycle in a garage",
        credit="Middlebury 2014 stereo benchmark: Nera Nesic, Porter Westling, Xi Wang, York "
        "Kitajima, Greg Krathwohl, Daniel Scharstein (Middlebury College).",
    ),
)
SAMPLES.add(
    "deep-field",
    Sample(
        file="hubble_deep_field.jpg",
        title="The Hubble eXtreme Deep Field",
        credit="NASA, from HubbleSite. May be freely used in the public domain.",
    ),
)
SAMPLES.add(
    "retina",
    Sample(
        file="retina.jpg",
        title="A human retina",
        credit="Mikael Häggström, Wikimedia Commons. CC0 1.0 Universal Public Domain Dedication.",
    ),
)
SAMPLES.add(
    "tissue",
    Sample(
        file="ihc.png",
        title="Colonic glands, immunohistochemical staining",
        credit="Center for Microscopy And Molecular Imaging (CMMI). No known copyright "
        "restrictions.",
    ),
)


def names() -> list[str]:
    """The photographs that the installed scikit-image carries, in order of the menu."""
    folder = _folder()
    return [name for name, sample in SAMPLES if (folder / sample.file).is_file()]


def describe(name: str) -> Sample:
    """Title and credit of a photograph.

    Raises:
        ValueError: There is no photograph of this name.
    """
    return SAMPLES.get(name)


def load(name: str) -> NDArray[np.uint8]:
    """The photograph `name`: ``uint8 (H, W, 3)``, RGB; a new array with every call.

    Raises:
        ValueError: There is no photograph of this name.
        FileNotFoundError: The installed scikit-image does not carry its file.
    """
    path = _folder() / SAMPLES.get(name).file
    if not path.is_file():
        raise FileNotFoundError(
            f"the installed scikit-image does not carry {path.name}: reinstall scikit-image"
        )
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def _folder() -> Path:
    # The package is located without being imported: its import costs half a second, and its own
    # loaders would download what is missing.
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("scikit-image is not installed: pip install scikit-image")
    return Path(spec.origin).parent / "data"
