"""The LightningModule under every recipe for tables: AdamW, one cycle, noise, averaged weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trustai.metrics import binary
from trustai.train.module import TrainingModule
from trustai.train.tables.recipe import TableRecipe
from trustai.types import Table
from trustai.zoo import TabularModel


class RowBatches:
    """An iterable of ``(rows, labels, positions)`` over one part of a table.

    The order of epoch ``e`` depends on ``(seed, e)`` only, so a resumed run sees what the unbroken
    one would have seen. In training an incomplete last batch is dropped: batch norm wants many.
    """

    def __init__(
        self,
        table: Table,
        *,
        batch_size: int,
        train: bool,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        self.rows, self.labels = table.rows.to(device), table.labels.to(device)
        self.batch_size = min(batch_size, len(table)) if train else len(table)
        self.train, self.seed, self.epoch = train, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.labels) // self.batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch)
        n = len(self.labels)
        order = torch.randperm(n, generator=generator) if self.train else torch.arange(n)
        for i in range(len(self)):
            at = order[i * self.batch_size : (i + 1) * self.batch_size].to(self.rows.device)
            yield self.rows[at], self.labels[at], at


class TableTraining(TrainingModule):
    """Logistic loss. The epoch of the smallest loss on validation is kept.

    Other recipes change the `loss`.
    """

    network: TabularModel
    monitor = "val_loss"
    mode = "min"

    def __init__(
        self,
        network: TabularModel,
        recipe: TableRecipe,
        *,
        train: Table,
        validation: Table,
        seed: int,
    ) -> None:
        super().__init__(network, average=recipe.average, weight_decay=recipe.weight_decay)
        self.recipe = recipe
        self.seed = seed
        self._data = {"train": train, "validation": validation}

    def loss(self, encoded: Tensor, labels: Tensor, positions: Tensor) -> Tensor:
        """What is minimised: a scalar of ``(N, D)`` encoded rows, their labels ``(N,)`` and their
        positions ``(N,)`` in the training part."""
        return F.binary_cross_entropy_with_logits(self.network.score(encoded), labels.float())

    def trained(self) -> TabularModel:
        """The averaged network, in eval mode and frozen."""
        network: TabularModel = self.average.module  # type: ignore[assignment]
        return network.freeze()

    # -- Lightning ---------------------------------------------------------------------------

    def train_dataloader(self) -> RowBatches:
        return self._batches("train", train=True)

    def val_dataloader(self) -> RowBatches:
        return self._batches("validation", train=False)

    def _batches(self, split: str, *, train: bool) -> RowBatches:
        return RowBatches(
            self._data[split],
            batch_size=self.recipe.batch_size,
            train=train,
            seed=self.seed,
            device=self.device,
        )

    def on_train_epoch_start(self) -> None:
        self.trainer.train_dataloader.set_epoch(self.current_epoch)

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        rows, labels, positions = batch
        # Of its own for every step, so that a resumed run draws what the unbroken one would.
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.global_step)
        encoded = self.network.encoded(rows)
        noise = torch.randn(encoded.shape, generator=generator).to(encoded.device)
        return self.loss(encoded + self.recipe.noise * noise, labels, positions)

    def on_train_epoch_end(self) -> None:
        self._judge("train")

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> None:
        self._judge("val")

    def _judge(self, name: str) -> None:
        """Log the averaged network's loss, accuracy and ROC AUC on a whole part of the table."""
        part = self._data["train" if name == "train" else "validation"]
        self.average.eval()
        with torch.no_grad():
            logits = self.average(part.rows.to(self.device)).cpu()
        loss = F.binary_cross_entropy_with_logits(logits, part.labels.float())
        accuracy = ((logits > 0) == part.labels.bool()).float().mean()
        auc = binary.roc_auc(part.labels, logits.sigmoid())
        for score, value in (("loss", loss), ("accuracy", accuracy), ("roc_auc", auc)):
            self.log(f"{name}_{score}", value, on_step=False, on_epoch=True, batch_size=1)

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(self.parameter_groups(), lr=self.recipe.lr)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=self.recipe.lr,
            total_steps=int(self.trainer.estimated_stepping_batches),
            pct_start=0.1,
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }
