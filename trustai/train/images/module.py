"""The LightningModule under every recipe for pictures: SGD, one cycle, validation."""

from __future__ import annotations

from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trustai.train.images.batches import Batches
from trustai.train.images.recipe import ImageRecipe
from trustai.train.module import TrainingModule
from trustai.types import ImageSet
from trustai.zoo import Classifier


class ImageTraining(TrainingModule):
    """Standard training. Other recipes change what a batch is (`prepare`) or what is validated."""

    network: Classifier
    learns: tuple[str, ...] = ()  # parts of the network that learn where the others are frozen
    monitor = "val_accuracy"
    architecture = "resnet18-cifar"  # in the zoo
    balanced = False  # whether every batch has as many pictures of each class

    def __init__(
        self,
        network: Classifier,
        recipe: ImageRecipe,
        *,
        train: ImageSet,
        validation: ImageSet,
        seed: int,
    ) -> None:
        network = network.to(memory_format=torch.channels_last)
        super().__init__(network, average=recipe.average, weight_decay=recipe.weight_decay)
        self.recipe = recipe
        self.seed = seed
        network.requires_grad_(not self.learning)
        for name in self.learning:
            network.get_submodule(name).requires_grad_(True)
        self._data = {"train": train, "validation": validation}

    @property
    def learning(self) -> tuple[str, ...]:
        """Names of the parts that learn; empty where all of the network does."""
        return self.learns if self.recipe.frozen else ()

    def train(self, mode: bool = True) -> Self:
        """As ever, but with a frozen backbone all batch norms keep the statistics they have."""
        super().train(mode)
        if self.learning:
            self.network.eval()
        return self

    # -- what recipes override ---------------------------------------------------------------

    def prepare(self, x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
        """The pictures the network learns from, made of clean ones."""
        return x

    def loss(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """What is minimised, a scalar, and the logits ``(N, C)`` that the accuracy is read from."""
        logits = self.network(x)
        return F.cross_entropy(logits, y, label_smoothing=self.recipe.label_smoothing), logits

    def validate(self, network: nn.Module, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Per-picture scores ``(N,)`` whose means are logged; `monitor` must be among them."""
        return {"val_accuracy": (network(x).argmax(1) == y).float()}

    # -- Lightning ---------------------------------------------------------------------------

    def train_dataloader(self) -> Batches:
        return self._batches("train", train=True)

    def val_dataloader(self) -> Batches:
        return self._batches("validation", train=False)

    def _batches(self, split: str, *, train: bool) -> Batches:
        return Batches(
            self._data[split],
            batch_size=self.recipe.batch_size if train else 250,
            train=train,
            seed=self.seed,
            padding=self.recipe.padding,
            flip=self.recipe.flip,
            zoom=self.recipe.zoom,
            small=round(self.recipe.small * self.recipe.epochs),
            balanced=self.balanced,
            device=self.device,
            rank=self.trainer.global_rank,
            world=self.trainer.world_size,
        )

    def on_train_epoch_start(self) -> None:
        self.trainer.train_dataloader.set_epoch(self.current_epoch)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        x, y = batch
        # Of its own for every step, so that a resumed run draws what the unbroken one would.
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.global_step)
        x = self.prepare(x, y, generator).contiguous(memory_format=torch.channels_last)
        loss, logits = self.loss(x, y)
        accuracy = (logits.argmax(1) == y).float().mean()
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        self.log("train_accuracy", accuracy, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        x, y = batch
        self.average.eval()
        for name, score in self.validate(self.average, x, y).items():
            self.log(name, score.mean(), batch_size=len(x), prog_bar=True, sync_dist=True)

    def configure_optimizers(self) -> Any:
        groups = self.parameter_groups()
        optimizer = torch.optim.SGD(groups, lr=self.recipe.lr, momentum=0.9, nesterov=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=self.recipe.lr,
            total_steps=int(self.trainer.estimated_stepping_batches),
            pct_start=0.2,
            anneal_strategy="linear",
            cycle_momentum=False,
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def trained(self) -> Classifier:
        """The averaged network, in eval mode and frozen."""
        network: Classifier = self.average.module  # type: ignore[assignment]
        return network.to(memory_format=torch.contiguous_format).freeze()
