"""Metric learning: the loss compares pictures with each other, and no softmax takes part.

Angular loss (Wang et al. 2017, https://arxiv.org/abs/1708.01682) looks at the triangle of two
pictures of one class and one of another, and wants a small angle at the last. An angle does not
change when all three move apart or turn together, which the triplet loss's distances do.
Circle loss (Sun et al. 2020, https://arxiv.org/abs/2002.10857) weights every pair by how far it is
from where it should be. Both take batches with as many pictures of every class.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.represent.knn import features_of_bytes
from trustai.train.images.module import ImageTraining
from trustai.train.images.recipe import ImageRecipe
from trustai.train.recipe import RECIPES
from trustai.types import ImageSet
from trustai.zoo import Classifier
from trustai.zoo.architectures.embedding import EmbeddingResNet18

LOSSES = ("angular", "circle")
MEMORY = 0.9  # of the centres from one batch to the next while training goes on


@dataclass(frozen=True)
class MetricOptions:
    """Settings of the loss.

    Attributes:
        loss: One of `LOSSES`.
        alpha: Of the angular loss, in degrees.
        m, gamma: Relaxation and scale of the circle loss.
        against: What a picture is compared with: the other ``"pictures"`` of the batch, or the
            ``"centres"`` of the classes, which is the paper's form for class labels. Among pairs
            gamma lets the hardest through alone, and these are often not what they are called.
    """

    loss: str = "angular"
    alpha: float = 45.0
    m: float = 0.4
    gamma: float = 80.0
    against: str = "pictures"

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise ValueError(f"expected loss among {', '.join(LOSSES)}, got {self.loss!r}")
        if self.against not in ("pictures", "centres"):
            raise ValueError(f"expected against pictures or centres, got {self.against!r}")

    def criterion(self) -> Callable[..., Tensor]:
        """``(embeddings (N, E), labels (N,)) -> loss``, from pytorch-metric-learning; with
        ``ref_emb (R, E)`` and ``ref_labels (R,)`` against these.

        Raises:
            ValueError: the package is missing.
        """
        try:  # not everywhere: a machine that trains the other networks does without
            from pytorch_metric_learning import losses
        except ModuleNotFoundError as error:
            if error.name != "pytorch_metric_learning":
                raise
            raise ValueError(
                "expected the package pytorch-metric-learning for this recipe, got none: "
                "pip install pytorch-metric-learning"
            ) from None
        if self.loss == "angular":
            criterion: Callable[..., Tensor] = losses.AngularLoss(alpha=self.alpha)
            return criterion
        circle: Callable[..., Tensor] = losses.CircleLoss(m=self.m, gamma=self.gamma)
        return circle


class MetricTraining(ImageTraining):
    """Selected on the share of validation pictures that are nearest to their own class's centre."""

    network: EmbeddingResNet18
    architecture = "resnet18-embedding"
    balanced = True

    def __init__(
        self,
        network: Classifier,
        recipe: ImageRecipe,
        *,
        train: ImageSet,
        validation: ImageSet,
        seed: int,
    ) -> None:
        super().__init__(network, recipe, train=train, validation=validation, seed=seed)
        options = MetricOptions(**recipe.options)
        self.criterion, self.against = options.criterion(), options.against

    def loss(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and logits from the centres as they were before this batch."""
        embeddings = self.network.features(x).float()
        with torch.no_grad():
            logits = self.network.head(embeddings)
            centres = self.network.centres.clone()
            self._move_centres(embeddings, y)
        with torch.autocast(x.device.type, enabled=False):
            if self.against == "pictures":
                return self.criterion(embeddings, y), logits
            classes = torch.arange(len(centres), device=y.device)
            return self.criterion(embeddings, y, ref_emb=centres, ref_labels=classes), logits

    def _move_centres(self, embeddings: Tensor, y: Tensor) -> None:
        centres = self.network.centres
        new = _centres(embeddings, y, n_classes=len(centres))
        centres.copy_(F.normalize(MEMORY * centres + (1 - MEMORY) * new, dim=1))

    def trained(self) -> Classifier:
        """With the centres of all training pictures, and the scale that validation asks for."""
        network = super().trained()
        assert isinstance(network, EmbeddingResNet18)
        train, validation = self._data["train"], self._data["validation"]
        embeddings = features_of_bytes(network, train.images)
        network.centres.copy_(_centres(embeddings, train.labels, n_classes=len(network.centres)))
        cosines = features_of_bytes(network, validation.images) @ network.centres.T
        network.scale.fill_(best_scale(cosines, validation.labels))
        return network


def _centres(embeddings: Tensor, y: Tensor, *, n_classes: int) -> Tensor:
    """``(C, E)``, unit length: mean direction per class; zero where a class is absent."""
    sums = torch.zeros(n_classes, embeddings.shape[1], device=embeddings.device)
    return F.normalize(sums.index_add_(0, y, embeddings), dim=1)


def best_scale(cosines: Tensor, y: Tensor) -> float:
    """The scale whose softmax gives the labels ``(N,)`` the highest likelihood; 1 to 100."""
    scales = torch.logspace(0, math.log10(100), 61)
    return float(min(scales, key=lambda s: float(F.cross_entropy(s * cosines, y))))


_ANGULAR = ImageRecipe(
    title="CIFAR-10, angular loss",
    summary="Places pictures on a sphere in 128 dimensions, alike near each other; trained on "
    "angles between triplets of pictures.",
    training=MetricTraining,
    dataset="cifar10",
    width=16,
    architecture={"embedding": 128},
    epochs=48,
    batch_size=160,
    lr=0.2,
    small=0.5,
    options=dataclasses.asdict(MetricOptions(loss="angular")),
)
RECIPES.add("cifar10-angular", _ANGULAR)
RECIPES.add(
    "cifar10-circle",
    dataclasses.replace(
        _ANGULAR,
        title="CIFAR-10, circle loss",
        summary="Places pictures on a sphere in 512 dimensions, alike near each other; trained on "
        "pictures and the centres of their classes.",
        architecture={"embedding": 512},
        start_from="cifar10-angular",  # there are no centres worth the name before
        epochs=8,
        lr=0.03,
        small=0.0,
        options=dataclasses.asdict(MetricOptions(loss="circle", against="centres")),
    ),
)
