"""Vision transformers as timm builds and publishes them; timm is imported when one is built.

A published one is listed with the sha256 of its file, because the file's address does not hold it
as torchvision's addresses do. That is why timm's other networks cannot be named as torchvision's
can: a download that nothing vouches for is not offered.

>>> from trustai.zoo.pretrained.imagenet import find
>>> find("imagenet-vit-tiny-patch16-224").file
'vit_tiny_patch16_224-fecf81b4.safetensors'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import ClassVar

import torch
from torch import Tensor, nn

from trustai.registry import did_you_mean
from trustai.zoo.pretrained.imagenet import INPUT_SIZE, PRETRAINED, Pretrained, Stated, reported
from trustai.zoo.pretrained.transformers import TimmVisionTransformer

N_CLASSES = 1000
NETWORKS = tuple(
    f"vit_{size}_patch{patch}_224"
    for size, patch in (("tiny", 16), ("small", 16), ("small", 32), ("base", 16), ("base", 32))
)
HALF = (0.5, 0.5, 0.5)
"""Mean and standard deviation for which these transformers were trained: pixels from -1 to 1."""


def _blank(network: str, n_classes: int) -> nn.Module:
    if network not in NETWORKS:
        raise ValueError(
            f"expected network to be one of timm's {', '.join(NETWORKS)}, got {network!r}"
            + did_you_mean(network, list(NETWORKS))
        )
    import timm  # takes two seconds, so not with the zoo

    return timm.create_model(network, pretrained=False, num_classes=n_classes)


def build(
    *,
    network: str,
    n_classes: int = 1000,
    mean: Sequence[float] = HALF,
    std: Sequence[float] = HALF,
) -> TimmVisionTransformer:
    """A freshly initialised network of timm, as the zoo's registry of architectures wants.

    Args:
        network: One of `NETWORKS`.
        n_classes: Number of classes, at least 2.
        mean, std: Of the training pixels, see `Classifier`.

    Raises:
        ValueError: no such network, or fewer than two classes.
    """
    if n_classes < 2:
        raise ValueError(f"expected n_classes to be at least 2, got {n_classes}")
    return TimmVisionTransformer(_blank(network, n_classes), mean=mean, std=std)


@dataclass(frozen=True)
class TimmPretrained(Pretrained):
    """One set of weights published by timm.

    Attributes:
        weights: timm's tag of the weights, after the name of the network.
        sha256: Of the file, in full.
        recipe: The paper that says how they were trained.
        parameters: How many numbers they are.
        top1, top5: Accuracies by timm's account, in ``[0, 1]``.
    """

    library: ClassVar[str] = "timm"

    sha256: str = ""
    recipe: str = ""
    parameters: int = 0
    top1: float = 0.0
    top5: float = 0.0

    @property
    def file(self) -> str:
        return f"{self.network}-{self.sha256[:8]}.safetensors"

    @property
    def sha256_prefix(self) -> str:
        return self.sha256

    def stated(self) -> Stated:
        # timm tests with a centre of 0.9 of the picture's short side.
        metrics = reported(
            self.library, top1=self.top1, top5=self.top5, resize=248, crop=INPUT_SIZE
        )
        return Stated(self.recipe, self.parameters, metrics, version("timm"))

    def built(self, tensors: Mapping[str, Tensor]) -> TimmVisionTransformer:
        with torch.device("meta"):  # nothing is drawn and nothing is computed
            empty = _blank(self.network, N_CLASSES)
        try:
            empty.load_state_dict(tensors, strict=True, assign=True)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:300]
            raise ValueError(f"expected the weights of {self.network}, got: {reason}") from None
        return TimmVisionTransformer(empty, mean=self.mean, std=self.std)


# The address names a revision, so that the file behind it never changes.
PRETRAINED.add(
    "imagenet-vit-tiny-patch16-224",
    TimmPretrained(
        id="imagenet-vit-tiny-patch16-224",
        title="ViT-Ti/16 (ImageNet)",
        about="A small transformer: 196 patches of 16×16 pixels, twelve blocks of three heads.",
        network="vit_tiny_patch16_224",
        weights="augreg_in21k_ft_in1k",
        url="https://huggingface.co/timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k/resolve/"
        "7d3afdd0cf93ad84d986eb2d6bcc5812ebd0b106/model.safetensors",
        megabytes=21.8,
        mean=HALF,
        std=HALF,
        sha256="fecf81b492bd13ee7a5297cb74d1d417aac8bf7e1b7d96aed89c4691984587ed",
        recipe="https://arxiv.org/abs/2106.10270",
        parameters=5_717_416,
        top1=0.75452,
        top5=0.92858,
    ),
)
