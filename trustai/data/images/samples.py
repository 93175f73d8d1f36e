"""Sample photographs: those inside the wheels of scikit-image, matplotlib and scikit-learn.

Only files that the installed packages carry are read; nothing is ever downloaded.
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
        file: Its name inside the folder.
        title: What it shows.
        credit: Who made it and under which terms, as the package's documentation states.
        folder: Inside the installed package, whose import name comes first.
        classes: Those of ImageNet that are right for it, as far as a person can tell; empty where
            ImageNet has no class for what it shows.
    """

    file: str
    title: str
    credit: str
    folder: str = "skimage/data"
    classes: tuple[str, ...] = ()


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
        classes=("tabby", "tiger cat", "Egyptian cat"),  # her coat; her breed nobody tells
    ),
)
SAMPLES.add(
    "coffee",
    Sample(
        file="coffee.png",
        title="A cup of coffee",
        credit="Rachel Michetti, courtesy of Pikolo Espresso Bar. No copyright restrictions, CC0 "
        "by the photographer.",
        classes=("espresso",),
    ),
)
SAMPLES.add(
    "photographer",
    Sample(
        file="camera.png",
        title="A photographer and his tripod",
        credit="Lav Varshney. No copyright restrictions, CC0 by the photographer.",
        classes=("tripod",),
    ),
)
SAMPLES.add(
    "hopper",
    Sample(
        file="grace_hopper.jpg",
        title="Rear Admiral Grace Hopper",
        credit="James S. Davis, United States Navy. Public domain. From matplotlib.",
        folder="matplotlib/mpl-data/sample_data",
        classes=("military uniform",),
    ),
)
SAMPLES.add(
    "palace",
    Sample(
        file="china.jpg",
        title="A tower of the Summer Palace in Beijing",
        credit="danielbuechele on Flickr. Creative Commons Attribution 2.0. From scikit-learn.",
        folder="sklearn/datasets/images",
        classes=("palace",),
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
    """The photographs that the installed packages carry, in order of the menu."""
    return [name for name, sample in SAMPLES if _is_here(sample)]


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
        FileNotFoundError: The installed package does not carry its file.
    """
    sample = SAMPLES.get(name)
    path = _folder(sample) / sample.file
    if not path.is_file():
        package = sample.folder.split("/")[0]
        raise FileNotFoundError(f"the installed {package} does not carry {path.name}: reinstall it")
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def _is_here(sample: Sample) -> bool:
    try:
        return (_folder(sample) / sample.file).is_file()
    except FileNotFoundError:
        return False


def _folder(sample: Sample) -> Path:
    # The package is located without being imported: that costs half a second, and the packages'
    # own loaders would download what is missing.
    package, _, inside = sample.folder.partition("/")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the package {package} is not installed")
    return Path(spec.origin).parent / inside
