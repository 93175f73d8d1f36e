"""Published networks with weights trained on ImageNet: torchvision's; timm's register here too.

Listing them costs nothing: what is said here of a file (its address, its size, the start of its
sha256) is written down, and torchvision is imported when a card is wanted. All others that
torchvision has are known by its name of them, see `find`. The weights are fetched and read by
`trustai.zoo.pretrained.downloads`.

>>> from trustai.zoo.pretrained.imagenet import PRETRAINED
>>> PRETRAINED.get("imagenet-vgg16").megabytes
527.8
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from torch import Tensor

from trustai.registry import Registry, did_you_mean
from trustai.zoo.cards import Card, Metric
from trustai.zoo.pretrained.torchvision_families import MEAN, STD, Wrapped
from trustai.zoo.pretrained.torchvision_networks import names, with_weights

INPUT_SIZE = 224
_HASHED_NAME = re.compile(r"[A-Za-z0-9_.-]+-([0-9a-f]{8,})\.pth")
PREFIX = "imagenet-"


class Stated(NamedTuple):
    """What a library states of its weights: how they were trained, and how good they are."""

    recipe: str
    parameters: int
    reported: dict[str, Metric]
    version: str


@dataclass(frozen=True)
class Pretrained:
    """One set of weights published by torchvision, and what can be said of it without reading it.

    Attributes:
        library: Who publishes it; also the architecture on its card.
        id: In the catalog.
        title, about: For people: a few words, and one sentence.
        network: torchvision's name of it.
        weights: Member of torchvision's enum, as ``torchvision.models.get_weight`` takes it.
        url: Where torchvision publishes the file; its name holds the start of its sha256.
        megabytes: What a download costs, in torchvision's unit of 2^20 bytes.
        mean, std: Of the training pixels.
    """

    library: ClassVar[str] = "torchvision"

    id: str
    title: str
    about: str
    network: str
    weights: str
    url: str
    megabytes: float
    mean: tuple[float, ...] = MEAN
    std: tuple[float, ...] = STD

    @property
    def file(self) -> str:
        """``"vgg16-397923af.pth"``."""
        return self.url.rsplit("/", 1)[-1]

    @property
    def sha256_prefix(self) -> str:
        """The first 8 or 10 of the 64 hexadecimal digits of the file's sha256."""
        found = _HASHED_NAME.fullmatch(self.file)
        if not found:
            raise ValueError(f"expected a file named <network>-<8 hex digits>.pth, got {self.file}")
        return found[1]

    def card(self, *, weights_sha256: str = "", official: bool = True) -> Card:
        """The card: what the library says of its weights. Reads no weights, measures nothing.

        Args:
            weights_sha256: Of the file that the tensors were read from; empty for none.
            official: Whether they are the library's own. Its accuracy is not claimed for others.
        """
        stated = self.stated()
        classes = categories()
        metrics = stated.reported if official else {}
        return Card(
            id=self.id,
            title=self.title,
            summary=f"{self.about} {self._origin(metrics)}.",
            architecture=self.library,
            arguments={
                "network": self.network, "n_classes": len(classes), "mean": list(self.mean),
                "std": list(self.std),
            },
            classes=classes,
            input_size=INPUT_SIZE,
            dataset="ImageNet-1K",
            split_sha256="",
            recipe=stated.recipe,
            configuration={"weights": self.weights, "url": self.url, "official": official},
            seed=0,
            command=f"trustai.zoo.pretrained.downloads.download({self.id!r})",
            training={"parameters": stated.parameters},
            revision="",
            versions={self.library: stated.version},
            metrics=metrics,
            weights_sha256=weights_sha256,
            photographs=True,
        )  # fmt: skip

    def stated(self) -> Stated:
        """What the library states of these weights."""
        import torchvision

        enum = torchvision.models.get_weight(self.weights)
        told, preparation = enum.meta["_metrics"]["ImageNet-1K"], enum.transforms()
        metrics = reported(
            self.library,
            top1=told["acc@1"] / 100,
            top5=told["acc@5"] / 100,
            resize=preparation.resize_size[0],
            crop=preparation.crop_size[0],
        )
        meta = enum.meta
        return Stated(meta["recipe"], meta["num_params"], metrics, torchvision.__version__)

    def built(self, tensors: Mapping[str, Tensor]) -> Wrapped:
        """The network around these `tensors`, which it takes without a copy.

        Raises:
            ValueError: the tensors are not exactly those of the network.
        """
        return with_weights(self.network, tensors, mean=self.mean, std=self.std)

    def _origin(self, metrics: Mapping[str, Metric]) -> str:
        if not metrics:
            return f"From a file that is not {self.library}'s own, so no accuracy is claimed"
        percent = 100 * metrics["reported_accuracy"].value
        return f"Published by {self.library}; {percent:.1f} % right on ImageNet-1K by its account"


def categories() -> tuple[str, ...]:
    """The names of ImageNet's 1,000 classes in the order of the logits, as torchvision has them."""
    from torchvision.models import ResNet18_Weights

    return tuple(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


def reported(source: str, *, top1: float, top5: float, resize: int, crop: int) -> dict[str, Metric]:
    """The accuracies ``[0, 1]`` that a library states of one of its files of weights."""
    how = {
        "source": source, "dataset": "ImageNet-1K", "split": "validation", "n": 50_000,
        "resize": resize, "crop": crop,
    }  # fmt: skip
    return {
        "reported_accuracy": Metric(top1, how),
        "reported_top5_accuracy": Metric(top5, how),
    }


PRETRAINED: Registry[Pretrained] = Registry("ImageNet network")


def find(model_id: str) -> Pretrained:
    """One of `PRETRAINED`, or ``imagenet-<name>`` of any other network of torchvision.

    >>> find("imagenet-efficientnet-v2-s").file
    'efficientnet_v2_s-dd5fe13b.pth'

    Raises:
        ValueError: torchvision has no such network either.
    """
    if model_id in PRETRAINED.names() or not model_id.startswith(PREFIX):
        return PRETRAINED.get(model_id)
    from torchvision.models import get_model_weights

    known = {PREFIX + name.replace("_", "-"): name for name in names()}
    if model_id not in known:
        raise ValueError(
            f"expected {PREFIX} and the name of a network of torchvision, got {model_id!r}"
            + did_you_mean(model_id, list(known))
        )
    weights = next(iter(get_model_weights(known[model_id])))  # the first: the papers' own training
    preparation = weights.transforms()
    return Pretrained(
        id=model_id,
        title=f"{known[model_id]} (ImageNet)",
        about="Known by torchvision's name of it.",
        network=known[model_id],
        weights=str(weights),
        url=weights.url,
        megabytes=weights.meta["_file_size"],
        mean=tuple(preparation.mean),
        std=tuple(preparation.std),
    )


def _add(
    model_id: str,
    title: str,
    about: str,
    weights: str,
    file: str,
    megabytes: float,
    network: str = "",
) -> None:
    url = f"https://download.pytorch.org/models/{file}"
    network = network or file.rsplit("-", 1)[0]
    PRETRAINED.add(model_id, Pretrained(model_id, title, about, network, weights, url, megabytes))


# Version 1 throughout: the papers' own training, and one way of preparing pictures for all (short
# side 256, centre 224). Version 2, where it exists, is the same network under a modern recipe.
_add(
    "imagenet-vgg16",
    "VGG16 (ImageNet)",
    "Thirteen small convolutions in five blocks, then three wide layers.",
    "VGG16_Weights.IMAGENET1K_V1",
    "vgg16-397923af.pth",
    527.8,
)
_add(
    "imagenet-resnet18",
    "ResNet-18 (ImageNet)",
    "Eighteen layers with shortcuts around every two of them.",
    "ResNet18_Weights.IMAGENET1K_V1",
    "resnet18-f37072fd.pth",
    44.7,
)
_add(
    "imagenet-resnet50",
    "ResNet-50 (ImageNet)",
    "Fifty layers with shortcuts; the network that most papers compare with.",
    "ResNet50_Weights.IMAGENET1K_V1",
    "resnet50-0676ba61.pth",
    97.8,
)
_add(
    "imagenet-mobilenet-v2",
    "MobileNetV2 (ImageNet)",
    "Made for telephones: 3.5 million parameters, a fiftieth of VGG16's work.",
    "MobileNet_V2_Weights.IMAGENET1K_V1",
    "mobilenet_v2-b0353104.pth",
    13.6,
)
_add(
    "imagenet-squeezenet1-1",
    "SqueezeNet 1.1 (ImageNet)",
    "The smallest one: 1.2 million parameters, and a map per class instead of a last layer.",
    "SqueezeNet1_1_Weights.IMAGENET1K_V1",
    "squeezenet1_1-b8a52dc0.pth",
    4.7,
)
_add(
    "imagenet-vit-b-16",
    "ViT-B/16 (ImageNet)",
    "A transformer: 196 patches of 16×16 pixels attend to one another through twelve blocks.",
    "ViT_B_16_Weights.IMAGENET1K_V1",
    "vit_b_16-c867db91.pth",
    330.3,
)
_add(
    "imagenet-efficientnet-b7",
    "EfficientNet-B7 (ImageNet)",
    "An encoder of image captions. Published for 600×600 pixels; here, as there, 224×224.",
    "EfficientNet_B7_Weights.IMAGENET1K_V1",
    "efficientnet_b7_lukemelas-c5b4e57e.pth",
    254.7,
    network="efficientnet_b7",
)
